"""What is well formed is never answered with a CALLERROR, however little sense it makes: unknown ids, wrong states, others' ids."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from e2e.server_process import ServerProcess
from voltway.modules.gateway.dialects.base import Dialect
from voltway.station.conformance.operators import VoltwayDriver
from voltway.station.conformance.play import Play
from voltway.station.conformance.say_2 import Transaction
from voltway.station.conformance.scripted import ScriptedStation
from wire.schema_strategy import example, schemas

VERSIONS = {"ocpp1.6": "v16", "ocpp2.0.1": "v201", "ocpp2.1": "v21"}
EACH_PROTOCOL = pytest.mark.parametrize("protocol", VERSIONS)
DIALECTS = {"ocpp1.6": "ocpp16", "ocpp2.0.1": "ocpp201", "ocpp2.1": "ocpp21"}


def ours(protocol: str) -> list[str]:
    """What a station may ask and we have a row for."""
    dialect: Dialect = importlib.import_module(f"voltway.modules.gateway.dialects.{DIALECTS[protocol]}").DIALECT
    actions = importlib.import_module(f"voltway.wire.ocpp.{VERSIONS[protocol]}").ACTIONS
    return [name for name in dialect.reports if actions[name].response is not None]


@pytest.fixture
async def play(whole_platform: ServerProcess, key: str, protocol: str) -> Any:
    play = Play(whole_platform.stations_url, protocol, "BUSINESS", VoltwayDriver(whole_platform.api, key))
    yield play
    await play.end()


@EACH_PROTOCOL
async def test_every_message_with_ids_that_nobody_knows_gets_a_business_answer(play: Play, protocol: str) -> None:
    """The fullest and the barest message of each kind: ids, tokens and places that exist nowhere, in no sensible state."""
    station = await play.station()
    for action in ours(protocol):
        schema = schemas(VERSIONS[protocol])[f"{action}Request"]
        for full in (True, False):
            await station.call(action, example(schema, schema, full=full))  # a CALLERROR fails here
    await play.boot(station)
    await station.call("Heartbeat")


async def started(play: Play, station: ScriptedStation, token: str) -> Any:
    if play.is_16:
        request = {"connectorId": 1, "idTag": token, "meterStart": 1000, "timestamp": play.now()}
        return (await station.call("StartTransaction", request))["transactionId"]
    transaction = Transaction(play, station)
    await transaction.charge(token)
    return transaction.transaction_id


async def stop(play: Play, station: ScriptedStation, transaction_id: Any) -> None:
    if play.is_16:
        request = {"transactionId": transaction_id, "meterStop": 2000, "timestamp": play.now()}
        await station.call("StopTransaction", request)
        return
    transaction = Transaction(play, station, first=1)
    transaction.transaction_id = transaction_id
    await transaction.say("Ended", "EVDeparted", "Idle", wh=2000, stoppedReason="EVDisconnected")


@EACH_PROTOCOL
async def test_stop_of_another_stations_transaction_is_answered_and_leaves_it_alone(play: Play, protocol: str) -> None:
    mine, other = await play.station(), await play.station()
    number = await started(play, mine, await play.driver.token("accepted"))
    await play.shows_session(mine, number, state="active")
    await stop(play, other, number)
    await play.shows_session(mine, number, state="active", meter_start_wh=1000)
    await stop(play, mine, number)
    await play.shows_session(mine, number, state="ended", energy_wh=1000)


@EACH_PROTOCOL
async def test_wrong_order_and_repetition_are_answered(play: Play, protocol: str) -> None:
    """A stop before its start, a stop twice, a start on an EVSE that charges already."""
    station, token = await play.station(), await play.driver.token("accepted")
    await stop(play, station, 4711 if play.is_16 else "never-started")
    first = await started(play, station, token)
    second = await started(play, station, token)
    await stop(play, station, first)
    await stop(play, station, second)
    await stop(play, station, second)
    await play.shows_session(station, second, state="ended")

"""Commands and raw calls: over the link, and how they ended."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from voltway.contracts.station_link import CallStation, CheckCommand, ExecuteCommand, FindUnsayable, ReportVariables
from voltway.contracts.vocabulary import CommandState, Registration
from voltway.kernel.errors import InvalidField
from voltway.modules.gateway.errors import CallQueueFull, CommandNotSupported, StationRejected

from .conftest import Network, StartNetwork  # noqa: TID252  (tests are not installed)
from .neighbours import replace  # noqa: TID252
from .raw_station import RawStation  # noqa: TID252


def id_of(network: Network, identity: str = "CS1") -> str:
    return next(r.station_id for r in network.neighbours.records.values() if r.identity == identity)


def order(network: Network, kind: str, arguments: dict[str, Any] | None = None, **options: Any) -> asyncio.Future[Any]:
    request = ExecuteCommand(station_id=id_of(network), command_id="c", type=kind, arguments=arguments or {}, **options)
    return asyncio.ensure_future(network.runtime.ask(request))


def call(network: Network, action: str, payload: Any = None, **options: Any) -> asyncio.Future[Any]:
    request = CallStation(station_id=id_of(network), action=action, payload=payload or {}, **options)
    return asyncio.ensure_future(network.runtime.ask(request))


async def answer(station: RawStation, payload: Any) -> tuple[str, Any]:
    """Answer the next call of ours; its action and payload."""
    kind, message_id, action, request = await station.heard()
    assert kind == 2
    assert len(message_id) <= 36
    station.say(json.dumps([3, message_id, payload]))
    return action, request


@pytest.mark.parametrize(
    ("status", "state"), [("Accepted", CommandState.ACCEPTED), ("Rejected", CommandState.REJECTED)]
)
async def test_command_ends_as_the_station_says(network: Network, status: str, state: CommandState) -> None:
    station = await network.connect("CS1")
    ordered = order(network, "clear_cache")
    assert await answer(station, {"status": status}) == ("ClearCache", {})
    outcome = await ordered
    assert (outcome.state, outcome.wire_status) == (state, status)


async def test_nobody_holding_the_link_is_offline_at_once(network: Network) -> None:
    assert (await order(network, "clear_cache")).state is CommandState.OFFLINE
    assert (await call(network, "ClearCache")).outcome == "offline"


async def test_station_that_does_not_answer_times_out_and_takes_the_next_call(network: Network) -> None:
    station = await network.connect("CS1")
    assert (await order(network, "clear_cache", timeout_s=0.05)).state is CommandState.TIMED_OUT
    await station.heard()
    ordered = order(network, "clear_cache")
    await answer(station, {"status": "Accepted"})
    assert (await ordered).state is CommandState.ACCEPTED


async def test_lost_link_leaves_it_open_what_happened_but_not_for_those_still_waiting(network: Network) -> None:
    station = await network.connect("CS1")
    sent, waiting = order(network, "clear_cache"), order(network, "clear_cache")
    await station.heard()
    await station.hang_up()
    assert (await sent).state is CommandState.TIMED_OUT
    assert (await waiting).state is CommandState.OFFLINE


async def test_call_error_is_a_failure_and_not_supported_a_conflict(network: Network) -> None:
    station = await network.connect("CS1")
    ordered = order(network, "clear_cache")
    _, message_id, _, _ = await station.heard()
    station.say(json.dumps([4, message_id, "InternalError", "out of order", {"x": 1}]))
    outcome = await ordered
    assert (outcome.state, outcome.wire_status) == (CommandState.FAILED, "InternalError")
    assert outcome.result["description"] == "out of order"
    ordered = order(network, "clear_cache")
    _, message_id, _, _ = await station.heard()
    station.say(json.dumps([4, message_id, "NotSupported", "", {}]))
    with pytest.raises(CommandNotSupported):
        await ordered


@pytest.mark.parametrize(("protocol", "is_told"), [("ocpp1.6", False), ("ocpp2.1", True)])
async def test_answer_that_is_none_fails_the_call(network: Network, protocol: str, is_told: bool) -> None:
    station = await network.connect("CS1", protocol)
    called = call(network, "ClearCache")
    _, message_id, _, _ = await station.heard()
    station.say(json.dumps([3, message_id, {"status": "Perhaps"}]))
    assert (await called).outcome == "error"
    if is_told:  # CALLRESULTERROR is new in 2.1
        assert (await station.heard())[:2] == [5, message_id]
    assert (await station.exchange("h", "Heartbeat", {}))[0] == 3


async def test_dialect_without_a_row_is_a_capability_that_is_missing(network: Network) -> None:
    await network.connect("CS1")
    with pytest.raises(CommandNotSupported):
        await order(network, "fly")
    for protocol in ("ocpp1.6", "ocpp2.0.1", "ocpp2.1"):
        check = CheckCommand(protocol=protocol, type="clear_cache", arguments={})
        await network.runtime.ask(check)
    with pytest.raises(CommandNotSupported):
        await network.runtime.ask(CheckCommand(protocol="ocpp1.6", type="fly", arguments={}))
    with pytest.raises(CommandNotSupported):
        await network.runtime.ask(CheckCommand(protocol="smoke signals", type="clear_cache", arguments={}))


async def test_rejected_station_is_sent_nothing(start_network: StartNetwork) -> None:
    network = await start_network({"CS1": {"registration": Registration.REJECTED}})
    await network.connect("CS1")
    with pytest.raises(StationRejected):
        await order(network, "clear_cache")


async def test_raw_call_is_held_against_its_schema(network: Network) -> None:
    await network.connect("CS1")
    with pytest.raises(InvalidField) as refused:
        await call(network, "Reset", {"type": "Sideways"})
    assert refused.value.context["errors"][0]["path"] == "$.payload.type"
    with pytest.raises(InvalidField) as refused:
        await call(network, "SetChargingProfile", {"connectorId": "one"})
    assert refused.value.context["errors"][0]["path"] == "$.payload.connectorId"
    for action in ("Teleport", "BootNotification"):
        with pytest.raises(InvalidField) as refused:
            await call(network, action)
        assert refused.value.context["errors"][0]["path"] == "$.action"


async def test_raw_call_returns_the_answer_as_json(network: Network) -> None:
    station = await network.connect("CS1")
    called = call(network, "GetConfiguration", {"key": ["HeartbeatInterval"]})
    key = {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
    assert await answer(station, {"configurationKey": [key]}) == ("GetConfiguration", {"key": ["HeartbeatInterval"]})
    assert (await called).payload == {"configurationKey": [key]}


async def test_too_many_calls_in_a_row_are_refused(start_network: StartNetwork) -> None:
    network = await start_network(calls_waiting_max=2)
    station = await network.connect("CS1")
    calls = [call(network, "ClearCache") for _ in range(3)]
    done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    with pytest.raises(CallQueueFull):
        done.pop().result()
    for _ in range(2):
        await answer(station, {"status": "Accepted"})
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [getattr(outcome, "outcome", "refused") for outcome in outcomes].count("result") == 2


async def test_calls_cross(network: Network) -> None:
    station = await network.connect("CS1")
    ordered = order(network, "clear_cache")
    _, message_id, _, _ = await station.heard()
    assert (await station.exchange("h", "Heartbeat", {}))[:2] == [3, "h"]
    station.say(json.dumps([3, message_id, {"status": "Accepted"}]))
    assert (await ordered).state is CommandState.ACCEPTED


async def test_accepted_boot_is_followed_by_a_look_at_the_settings(network: Network) -> None:
    station = await network.connect("CS1")
    boot = {"chargePointVendor": "Acme", "chargePointModel": "One"}
    assert (await station.exchange("b", "BootNotification", boot))[2]["status"] == "Accepted"
    key = {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
    action, _ = await answer(station, {"configurationKey": [key]})
    assert action == "GetConfiguration"
    async with asyncio.timeout(30):
        while not network.neighbours.of(ReportVariables):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    [report] = network.neighbours.of(ReportVariables)
    assert [(variable.variable, variable.value) for variable in report.variables] == [("HeartbeatInterval", "300")]


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_station_that_never_booted_here_is_asked_who_it_is(start_network: StartNetwork, protocol: str) -> None:
    network = await start_network({"CS1": {"has_booted": False}}, ask_boot_after_s=0.05)
    station = await network.connect("CS1", protocol)
    action, payload = await answer(station, {"status": "Accepted"})
    assert (action, payload["requestedMessage"]) == ("TriggerMessage", "BootNotification")


async def test_station_accepted_by_a_person_hears_of_it_at_once(start_network: StartNetwork) -> None:
    network = await start_network({"CS1": {"registration": Registration.PENDING}})
    station = await network.connect("CS1")
    record = next(iter(network.neighbours.records.values()))
    await network.record(replace(record, registration=Registration.ACCEPTED))
    action, payload = await answer(station, {"status": "Accepted"})
    assert (action, payload["requestedMessage"]) == ("TriggerMessage", "BootNotification")
    assert (await station.exchange("h", "Heartbeat", {}))[0] == 3


async def test_station_that_has_booted_is_not_asked_when_it_comes_back(start_network: StartNetwork) -> None:
    network = await start_network({"CS1": {"has_booted": False}}, ask_boot_after_s=0.1)
    first = await network.connect("CS1")
    await first.exchange("b", "BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"})
    await first.hang_up()
    second = await network.connect("CS1")
    await asyncio.sleep(0.2)
    await second.exchange("h", "Heartbeat", {})
    assert second.orders == []


async def test_station_that_boots_by_itself_is_not_asked(start_network: StartNetwork) -> None:
    network = await start_network({"CS1": {"has_booted": False}}, ask_boot_after_s=0.15)
    station = await network.connect("CS1")
    await station.exchange("b", "BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"})
    await asyncio.sleep(0.25)
    await station.exchange("h", "Heartbeat", {})
    assert [heard[2] for heard in station.orders] == ["GetConfiguration"]


async def test_a_protocol_says_which_commands_it_has_no_word_for(network: Network) -> None:
    def ask(protocol: str) -> Any:
        types = ("reset", "get_base_report", "set_der_control")
        return network.runtime.ask(FindUnsayable(protocol=protocol, types=types))

    assert await ask("ocpp2.1") == {}
    assert await ask("ocpp2.0.1") == {"set_der_control": "ocpp2.0.1 has no set_der_control."}
    assert set(await ask("ocpp1.6")) == {"get_base_report", "set_der_control"}
    assert set(await ask("soap")) == {"reset", "get_base_report", "set_der_control"}

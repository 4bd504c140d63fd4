"""F41: the end is told before the start, and the server dies between the two; or the start is never told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders import eventually
from conformance.device_model_stations import PASSWORD, V21, V201, ScriptedStation, linked
from e2e.server_process import ServerProcess
from fleet.beside_server import open_database, until_heard
from fleet.conftest import PATIENCE_S
from fleet.furnishing import MODULES, PRICES, TOKEN, new_installation
from fleet.history import Books, KeptSession
from fleet.reading import books_of
from servers import database_on_server
from services import needs_postgresql
from voltway.kernel.database import Database

BEGIN_WH, END_WH = 1_000_000, 1_007_250


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> Iterator[ServerProcess]:
    """A server on a database of each kind; not started."""
    if request.param == "sqlite":
        server = new_installation(tmp_path / "data")
        yield server
        server.kill()
        return
    with database_on_server(Database(needs_postgresql()).url, f"endings_{worker_id}") as url:
        server = new_installation(tmp_path / "data", url.render_as_string(hide_password=False))
        yield server
        server.kill()


def told(kind: str, number: int, transaction: str, minute: int, register_wh: int, **fields: Any) -> dict[str, Any]:
    """A TransactionEvent with what the meter shows."""
    at = f"2026-03-01T12:{minute:02}:00Z"
    context = {"Started": "Transaction.Begin", "Updated": "Sample.Periodic", "Ended": "Transaction.End"}[kind]
    energy = {"value": register_wh, "measurand": "Energy.Active.Import.Register", "context": context}
    return {
        "eventType": kind,
        "timestamp": at,
        "triggerReason": {"Started": "Authorized", "Updated": "MeterValuePeriodic", "Ended": "StopAuthorized"}[kind],
        "seqNo": number,
        "offline": True,
        "transactionInfo": {"transactionId": transaction, **({"stoppedReason": "Local"} if kind == "Ended" else {})},
        "evse": {"id": 1, "connectorId": 1},
        "meterValue": [{"timestamp": at, "sampledValue": [energy]}],
        **fields,
    }


def a_start(transaction: str) -> dict[str, Any]:
    token = {"idToken": TOKEN, "type": "ISO14443"}
    return told("Started", 0, transaction, 0, BEGIN_WH, idToken=token)


def the_rest(transaction: str) -> list[dict[str, Any]]:
    """What follows a start, the last first."""
    return [told("Ended", 2, transaction, 30, END_WH), told("Updated", 1, transaction, 15, BEGIN_WH + 4_000)]


async def say(server: ServerProcess, protocol: str, *events: dict[str, Any]) -> None:
    """Over a link of its own, each after the answer to the one before."""
    async with linked(server.stations_url, f"END-{protocol}", protocol, PASSWORD) as station:
        await boot(station)
        for event in events:
            await station.call("TransactionEvent", event)


async def boot(station: ScriptedStation) -> None:
    station.answers["GetBaseReport"] = {"status": "NotSupported"}
    who = {"vendorName": "Acme", "model": "One"}

    async def is_accepted() -> bool:
        answer = await station.call("BootNotification", {"reason": "PowerUp", "chargingStation": who})
        return bool(answer["status"] == "Accepted")

    await eventually(is_accepted, PATIENCE_S)


async def books(server: ServerProcess) -> Books:
    """What the database says once everybody has heard everything."""
    await until_heard(server)
    database = open_database(server)
    try:
        return await books_of(database)
    finally:
        await database.close()


async def session(server: ServerProcess, transaction: str) -> KeptSession:
    [found] = [one for one in (await books(server)).sessions if one.transaction_id == transaction]
    return found


@pytest.mark.parametrize("protocol", [V201, V21])
async def test_f41_end_before_its_start_waits_through_a_crash_and_is_billed_once_when_the_start_comes(
    server: ServerProcess, protocol: str
) -> None:
    await asyncio.to_thread(server.start, *MODULES)
    await say(server, protocol, *the_rest("T-1"))
    waiting = await session(server, "T-1")
    assert waiting.state == "ended"
    assert "start_missing" in waiting.review.split()
    assert (await books(server)).cdrs == ()
    server.kill()
    await asyncio.to_thread(server.start, *MODULES)
    # The start comes, and then all of it again, under other ids.
    await say(server, protocol, a_start("T-1"), *the_rest("T-1"), a_start("T-1"))
    found = await books(server)
    [complete], [cdr] = found.sessions, found.cdrs
    energy_wh = END_WH - BEGIN_WH
    assert (complete.state, complete.review, complete.token) == ("ended", "", TOKEN)
    assert (complete.meter_start_wh, complete.meter_stop_wh, complete.energy_wh) == (BEGIN_WH, END_WH, energy_wh)
    assert (cdr.session_id, cdr.energy_wh, cdr.total_minor) == (complete.id, energy_wh, PRICES.total_minor(energy_wh))


@pytest.mark.parametrize("protocol", [V201, V21])
async def test_f41_charge_whose_start_never_comes_is_not_billed_says_why_and_spoils_no_other(
    server: ServerProcess, protocol: str
) -> None:
    await asyncio.to_thread(server.start, *MODULES)
    await say(server, protocol, *the_rest("T-1"), a_start("T-2"), *the_rest("T-2"))
    server.kill()
    await asyncio.to_thread(server.start, *MODULES)
    lost, whole = await session(server, "T-1"), await session(server, "T-2")
    assert "start_missing" in lost.review.split()
    assert whole.review == ""
    found = await books(server)
    assert [cdr.session_id for cdr in found.cdrs] == [whole.id]
    assert found.quarantined == ()

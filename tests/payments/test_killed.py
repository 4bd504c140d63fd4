"""The server is killed at every step of one paid visit, by SIGKILL; in the end what is owed is taken, once, and nothing is held."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from builders import eventually
from conformance.access_network import BOOT_16, PASSWORD, Station
from e2e.server_process import ServerProcess
from gateway.raw_station import RawStation
from voltway.kernel import clock

SETTINGS = {
    "VOLTWAY_PAYMENTS__PROVIDERS": '["sandbox"]',
    "VOLTWAY_PAYMENTS__CALL_TIMEOUT_S": "1",
    "VOLTWAY_PAYMENTS__LEASE_S": "2",
    "VOLTWAY_PAYMENTS__RETRY_S": "0",
}
KEY = {"Idempotency-Key": "a guest's own random key"}
START = {"station_identity": "CS1", "evse_number": 1, "method": "card", "source": "card_ok"}


async def connect(server: ServerProcess) -> Station:
    raw = await RawStation.dial(server.ocpp_port)
    response = await raw.ask("/ocpp/CS1", protocols="ocpp1.6", password=PASSWORD)
    assert response.status == 101, response.raw
    station = Station(raw, "ocpp1.6")
    station.answers["RemoteStartTransaction"] = {"status": "Accepted"}
    assert (await station.call("BootNotification", BOOT_16))["status"] == "Accepted"
    return station


def asked(data_dir: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(data_dir / "voltway.db", timeout=10)) as database:
        return list(database.execute(statement))


async def test_server_is_killed_at_every_step_of_a_paid_visit(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data", environment=SETTINGS)
    server.start()
    headers = {"Authorization": f"Bearer {server.make_key()}"}
    station: Station | None = None

    async def killed_and_back() -> Station:
        nonlocal station
        if station is not None:
            await station.hang_up()
        server.kill()
        await asyncio.to_thread(server.start)
        station = await connect(server)
        return station

    async def send(method: str, path: str, **options: Any) -> httpx.Response:
        async with httpx.AsyncClient(base_url=server.api, trust_env=False, timeout=20) as client:
            return await client.request(method, path, **options)

    try:
        tariff = (
            await send(
                "POST", "/tariffs", headers=headers, json={"name": "x", "currency": "EUR", "price_per_kwh": "0.6"}
            )
        ).json()
        targets = {"targets": [{"kind": "operator"}]}
        await send("PUT", f"/tariffs/{tariff['id']}/assignments", headers=headers, json=targets)
        await send("POST", "/charging-stations", headers=headers, json={"identity": "CS1", "password": PASSWORD})

        # while the hold is asked for: nobody is at the station yet, and the answer is not waited for
        begun = asyncio.create_task(send("POST", "/charging-starts", headers=KEY, json=START))
        await _until_called(tmp_path / "data", "hold")
        station = await killed_and_back()
        await asyncio.gather(begun, return_exceptions=True)
        visit = (await send("POST", "/charging-starts", headers=KEY, json=START)).json()

        async def shown() -> dict[str, Any]:
            found: dict[str, Any] = (await send("GET", f"/charging-starts/{visit['payment_id']}/{visit['key']}")).json()
            return found

        async def is_(**wanted: Any) -> bool:
            found = await shown()
            return all(found[name] == value for name, value in wanted.items())

        await eventually(lambda: is_(state="held"), 30)

        # when the order has gone out
        await eventually(lambda: station is not None and station.told("RemoteStartTransaction"), 30)
        token = station.told("RemoteStartTransaction")[0]["idTag"]
        station = await killed_and_back()

        # while the car charges
        at = clock.to_rfc3339(clock.now())
        started = await station.call(
            "StartTransaction", {"connectorId": 1, "idTag": token, "meterStart": 0, "timestamp": at}
        )
        assert started["idTagInfo"]["status"] == "Accepted"
        station = await killed_and_back()
        await eventually(lambda: is_(start="running"), 30)

        # when the station has been told that its stop is recorded, before anything is captured
        stop = {"transactionId": started["transactionId"], "meterStop": 10_000, "timestamp": at, "reason": "Local"}
        await station.call("StopTransaction", stop)
        station = await killed_and_back()
        await eventually(lambda: is_(state="captured"), 30)
        assert (await shown())["captured"] == {"minor": 600, "currency": "EUR"}
    finally:
        if station is not None:
            await station.hang_up()
        server.kill()
    books = asked(tmp_path / "data", "SELECT kind, amount_minor, outcome FROM payments_sandbox ORDER BY done_at")
    assert books == [("hold", 1500, "done"), ("capture", 600, "done")]
    told = asked(
        tmp_path / "data",
        "SELECT name FROM kernel_outbox WHERE name LIKE 'Payment%' OR name LIKE 'Hold%' ORDER BY position",
    )
    assert told == [("PaymentHeld",), ("PaymentCaptured",), ("HoldReleased",)]
    assert asked(tmp_path / "data", "SELECT count(*) FROM payments_calls WHERE open_id IS NOT NULL") == [(0,)]


async def _until_called(data_dir: Path, kind: str) -> None:
    """Until a call of this kind stands in the database, which is before its answer is noted."""

    async def holds() -> bool:
        return bool(asked(data_dir, f"SELECT id FROM payments_calls WHERE kind = '{kind}'"))

    await eventually(holds)

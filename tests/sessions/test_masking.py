"""Who sees the value of a token: nobody but those who may, wherever it stands; and no line of the log."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import structlog

from builders import ClientOf, MakeRuntime
from gateway.raw_station import RawStation
from voltway.app import catalog
from voltway.kernel.log import mask
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.gateway import gateway_of

CARD = "04A1B2C3D4E5F6"
MASKED = "***E5F6"
PASSWORD = "9f3c1b7e0d5a4826e1c9"
SEEING = ("platform_admin", "operator_admin", "operations", "support")
NOT_SEEING = ("finance", "auditor", "field_technician", "site_host")


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(*catalog.load(), settings={"gateway": {"port": 0, "unknown_stations": "reject"}})


@pytest.fixture
async def charging(runtime: Runtime, client_of: ClientOf) -> AsyncIterator[dict[str, Any]]:
    """A station at a location that charges with the card, and was told to start with it."""
    admin: httpx.AsyncClient = await client_of(runtime)
    await admin.post("/id-tokens", json={"value": CARD})
    location = (await admin.post("/locations", json={"name": "Depot", "time_zone": "UTC"})).json()["id"]
    body = {"identity": "CS1", "password": PASSWORD, "location_id": location}
    station_id = (await admin.post("/charging-stations", json=body)).json()["id"]
    station = await RawStation.dial(gateway_of(runtime).port.port)
    assert (await station.ask("/ocpp/CS1", password=PASSWORD)).status == 101
    await station.exchange("b", "BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"})
    await station.exchange("a", "Authorize", {"idTag": CARD})
    start = {"connectorId": 1, "idTag": CARD, "meterStart": 0, "timestamp": "2026-05-01T12:00:00Z"}
    await station.exchange("s", "StartTransaction", start)
    order = {"type": "start_transaction", "id_token": CARD, "evse_number": 2}
    assert (await admin.post(f"/charging-stations/{station_id}/commands", json=order)).status_code == 202
    yield {"station_id": station_id, "location_id": location, "admin": admin}
    await station.hang_up()


async def test_value_is_whole_for_who_may_see_it_and_masked_for_all_others_wherever_it_stands(
    runtime: Runtime, client_of: ClientOf, charging: dict[str, Any]
) -> None:
    await gateway_of(runtime).log._write_all()  # type: ignore[union-attr]  # the message log is written twice a second
    station = f"/charging-stations/{charging['station_id']}"
    paths = (
        "/sessions",
        f"/sessions?id_token={CARD.lower()}",
        f"{station}/commands",
        f"{station}/messages",
        "/id-tokens",
    )
    seen = dict.fromkeys(paths, 0)
    for role in (*SEEING, *NOT_SEEING):
        who = await client_of(runtime, role, location_ids=[charging["location_id"]] if role == "site_host" else None)
        for path in paths:
            answer = await who.get(path)
            if answer.status_code == 403:
                continue
            assert answer.status_code == 200, answer.text
            assert answer.json()["items"], (role, path)
            assert (CARD in answer.text) is (role in SEEING), (role, path)
            assert (MASKED in answer.text) is (role not in SEEING), (role, path)
            seen[path] += role in NOT_SEEING
    assert all(seen.values())  # each of them is read by somebody who may not see it


async def test_value_stands_in_no_line_of_the_log(
    runtime: Runtime, charging: dict[str, Any], client_of: ClientOf
) -> None:
    with structlog.testing.capture_logs(processors=[mask]) as lines:
        await charging["admin"].post("/id-tokens/import", content=f"value\n{CARD}\n")
        await charging["admin"].get("/id-tokens/export")
        station = await RawStation.dial(gateway_of(runtime).port.port)
        assert (await station.ask("/ocpp/CS1", password=PASSWORD)).status == 101
        await station.exchange("a", "Authorize", {"idTag": CARD})
        stop = {"transactionId": 1, "idTag": CARD, "meterStop": 5, "timestamp": "2026-05-01T13:00:00Z"}
        await station.exchange("t", "StopTransaction", stop)
        structlog.get_logger().info("token.shown", id_token=CARD, query={"id_token": CARD})
        await station.hang_up()
    assert any(line["event"] == "token.shown" for line in lines)
    assert CARD not in json.dumps(lines, default=str)

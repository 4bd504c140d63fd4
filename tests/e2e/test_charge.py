"""A station that none of us wrote connects, a car charges, the operator stops it, and the session is priced to the cent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from e2e.ocpp_stations import STATIONS, connected
from e2e.server_process import ServerProcess

TARIFF = {
    "name": "Everyday",
    "currency": "EUR",
    "start_fee": "0.35",
    "price_per_kwh": "0.39",
    "price_per_minute": "0.05",
    "vat_percent": "19",
}
LASTS = timedelta(minutes=37)
REGISTER_WH, HALF_WH, ENERGY_WH = 1_000_000, 6_000, 12_345
# 0.35 + 12.345 kWh × 0.39 (4.81455 → 4.81) + 37 min × 0.05 (1.85) = 7.01; VAT 19 % = 1.3319 → 1.33
EXCL_VAT_MINOR, INCL_VAT_MINOR = 701, 834
PATIENCE_S = 10.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("charge") / "data", environment=on_database)
    server.start()
    yield server
    assert server.stop() == 0
    assert '"level": "error"' not in server.log


@pytest.fixture(scope="module")
def key(server: ServerProcess) -> str:
    return server.make_key()


@pytest.fixture
async def api(server: ServerProcess, key: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=server.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False
    ) as client:
        yield client


async def made(api: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def session_of(api: httpx.AsyncClient, identity: str) -> dict[str, Any]:
    answer = await api.get("/sessions", params={"station_identity": identity})
    (session,) = answer.json()["items"]
    return dict(session)


async def until(api: httpx.AsyncClient, identity: str, **wanted: Any) -> dict[str, Any]:
    """The station's session, once it has these values."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            session = await session_of(api, identity)
            if all(session[name] == value for name, value in wanted.items()):
                return session
            await asyncio.sleep(0.02)


async def until_logged(api: httpx.AsyncClient, station_id: str, actions: set[str]) -> None:
    """Until the message log, which is written beside the work, has these."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = await api.get(f"/charging-stations/{station_id}/messages", params={"limit": 100})
            if actions <= {message["action"] for message in answer.json()["items"]}:
                return
            await asyncio.sleep(0.05)


@pytest.mark.mariadb
@pytest.mark.parametrize("protocol", STATIONS)
async def test_car_charges_at_a_foreign_station_and_is_priced_to_the_cent(
    server: ServerProcess, api: httpx.AsyncClient, protocol: str
) -> None:
    identity, token = f"E2E-{protocol}", f"04AB{protocol.removeprefix('ocpp').replace('.', 'F')}"
    location = await made(
        api,
        "/locations",
        {"name": f"Yard {protocol}", "address": "1 Main Street", "city": "Utrecht", "country": "NL"}
        | {"latitude": 52.09, "longitude": 5.12, "time_zone": "Europe/Amsterdam"},
    )
    station = await made(
        api,
        "/charging-stations",
        {"identity": identity, "location_id": location["id"], "evses": [{"evse_number": 1, "power_w_max": 22_000}]}
        | {
            "evses": [
                {"evse_number": 1, "power_w_max": 22_000, "connectors": [{"connector_number": 1, "type": "cType2"}]}
            ]
        },
    )
    await made(api, "/id-tokens", {"value": token, "kind": "ISO14443"})
    tariff = await made(api, "/tariffs", TARIFF | {"name": f"Everyday {protocol}"})
    targets = {"targets": [{"kind": "location", "id": location["id"]}]}
    assert (await api.put(f"/tariffs/{tariff['id']}/assignments", json=targets)).is_success

    now = datetime.now(UTC)
    started_at = now - LASTS  # the start comes late, as one that waited while the network was away
    async with connected(server.stations_url, identity, protocol, station["password"]) as charger:
        assert await charger.boot() == "Accepted"
        await charger.say_status(now, is_occupied=True)
        assert await charger.authorize(token) == "Accepted"
        assert await charger.authorize("NOBODY") == "Invalid"
        transaction_id = await charger.begin(token, started_at, REGISTER_WH)
        await charger.meter(started_at + LASTS / 2, REGISTER_WH + HALF_WH)

        session = await until(api, identity, energy_wh=HALF_WH)
        assert session["state"] == "active"
        assert session["transaction_id"] == transaction_id
        assert session["id_token"].casefold() == token.casefold()
        assert session["cost"]["minor"] > 0
        seen = (await api.get(f"/charging-stations/{station['id']}")).json()
        assert (seen["is_online"], seen["protocol"], seen["vendor"]) == (True, protocol, "Vendor")
        assert seen["evses"][0]["connectors"][0]["status"] == "Occupied"

        assert (await api.post(f"/sessions/{session['id']}/stop")).is_success
        async with asyncio.timeout(PATIENCE_S):
            await charger.stop_asked.wait()
        await charger.end(now, REGISTER_WH + ENERGY_WH)
        await charger.say_status(now, is_occupied=False)
        session = await until(api, identity, state="ended", is_cost_final=True)

    assert session["energy_wh"] == ENERGY_WH
    assert (session["meter_start_wh"], session["meter_stop_wh"]) == (REGISTER_WH, REGISTER_WH + ENERGY_WH)
    assert session["stop_reason"] == "Remote"
    assert session["cost"] == {"minor": INCL_VAT_MINOR, "currency": "EUR"}
    assert session["cost_excl_vat"] == {"minor": EXCL_VAT_MINOR, "currency": "EUR"}
    assert [line["amount"]["minor"] for line in session["cost_lines"]] == [35, 481, 185]
    assert session["tariff_id"] == tariff["id"]
    assert session["review"] == []
    samples = (await api.get(f"/sessions/{session['id']}/samples")).json()["items"]
    assert REGISTER_WH + HALF_WH in [sample["energy_wh"] for sample in samples]
    await until_logged(api, station["id"], {"BootNotification", "Authorize"})

"""New hardware in the place of old: the record, its history and its tariff stay; what the old hardware was is forgotten."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from builders import ClientOf, MakeRuntime, a_boot, a_status
from voltway.app import catalog
from voltway.contracts.station_link import FindCredential
from voltway.contracts.vocabulary import ConnectorStatus
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.stations.store import stations as store

MODULES = ("audit", "stations", "billing")
TARIFF = {"name": "Day", "currency": "EUR", "price_per_kwh": "0.50", "vat_percent": "19"}


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(*catalog.load(MODULES))


async def a_station(runtime: Runtime, client: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    """A station that has booted and told of a connector."""
    evse = {"evse_number": 1, "connectors": [{"connector_number": 1, "type": "cType2"}]}
    made = await client.post("/charging-stations", json={"identity": "OLD-1", "evses": [evse], **given})
    assert made.status_code == 201, made.text
    station: dict[str, Any] = made.json()
    of_it = {"station_id": station["id"], "station_identity": "OLD-1"}
    await runtime.commits.record(a_boot(**of_it, serial_number="S-OLD"))
    await runtime.commits.record(a_status(ConnectorStatus.FAULTED, **of_it, error_code="GroundFailure"))
    return station


async def test_history_and_tariff_stay_and_the_new_hardware_has_a_password_of_its_own(
    runtime: Runtime, client_of: ClientOf
) -> None:
    client = await client_of(runtime)
    station = await a_station(runtime, client)
    tariff = (await client.post("/tariffs", json=TARIFF)).json()
    targets = {"targets": [{"kind": "station", "id": station["id"]}]}
    assert (await client.put(f"/tariffs/{tariff['id']}/assignments", json=targets)).status_code == 200
    body = {"identity": "NEW-1", "reason": "lightning"}
    answer = await client.post(f"/charging-stations/{station['id']}/replacement", json=body)
    assert answer.status_code == 200, answer.text
    new = answer.json()
    assert (new["id"], new["identity"], new["vendor"], new["serial_number"]) == (station["id"], "NEW-1", None, None)
    assert new["password"] not in (None, station["password"])
    connector = new["evses"][0]["connectors"][0]
    assert (connector["type"], connector["status"], connector["error_code"]) == ("cType2", None, None)
    told = (await client.get(f"/tariffs/{tariff['id']}")).json()
    assert [target["id"] for target in told["targets"]] == [station["id"]]
    assert await runtime.ask(FindCredential(identity="OLD-1")) == []
    (credential,) = await runtime.ask(FindCredential(identity="new-1"))
    assert credential.station_id == station["id"]
    again = await client.post("/charging-stations", json={"identity": "OLD-1"})
    assert again.status_code == 201  # its identity is free


async def test_an_identity_of_another_station_and_a_station_that_is_connected_are_refused(
    runtime: Runtime, client_of: ClientOf
) -> None:
    client = await client_of(runtime)
    station = await a_station(runtime, client)
    path = f"/charging-stations/{station['id']}/replacement"
    await client.post("/charging-stations", json={"identity": "TAKEN"})
    taken = await client.post(path, json={"identity": "taken", "reason": "x"})
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/identity-taken")
    assert (await client.post(path, json={"identity": "a:b", "reason": "x"})).status_code == 422
    assert (await client.post(path, json={"identity": "NEW-1"})).status_code == 422  # no reason

    async def connect(tx: Tx) -> None:
        await store.change_silently(tx, station["id"], {"is_online": True})

    async with runtime.database.begin() as tx:
        await connect(tx)
    still = await client.post(path, json={"reason": "x"})
    assert (still.status_code, still.json()["type"]) == (409, "/problems/station-still-connected")


async def test_a_station_of_profile_3_begins_anew_by_password(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    station = await a_station(runtime, client, security_profile=3)
    answer = await client.post(f"/charging-stations/{station['id']}/replacement", json={"reason": "new board"})
    assert (answer.json()["security_profile"], answer.json()["identity"]) == (2, "OLD-1")
    assert answer.json()["password"]

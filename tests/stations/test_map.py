"""Where an operator's stations stand: on a map that is never crowded, and nobody else's among them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from builders import ClientOf, MakeRuntime
from voltway.app import catalog
from voltway.contracts.vocabulary import ConnectorStatus
from voltway.kernel.runtime import Runtime
from voltway.modules.stations.tables import connectors, stations

HAMBURG, LYON = (53.54, 9.99), (45.77, 4.85)


async def a_location(client: httpx.AsyncClient, name: str, point: tuple[float, float] | None) -> str:
    body: dict[str, Any] = {"name": name, "time_zone": "Europe/Berlin"}
    if point is not None:
        body |= {"latitude": point[0], "longitude": point[1]}
    answer = await client.post("/locations", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def a_station(
    runtime: Runtime,
    client: httpx.AsyncClient,
    identity: str,
    location_id: str,
    *statuses: ConnectorStatus,
    is_online: bool = True,
) -> str:
    evses = [
        {"evse_number": number, "connectors": [{"connector_number": 1, "type": "cCCS2"}]}
        for number, _ in enumerate(statuses, start=1)
    ]
    body = {"identity": identity, "location_id": location_id, "evses": evses}
    answer = await client.post("/charging-stations", json=body)
    assert answer.status_code == 201, answer.text
    station_id = str(answer.json()["id"])
    async with runtime.database.begin() as tx:
        await tx.execute(stations.update().where(stations.c.id == station_id).values(is_online=is_online))
        for number, status in enumerate(statuses, start=1):
            where = (connectors.c.station_id == station_id, connectors.c.evse_number == number)
            await tx.execute(connectors.update().where(*where).values(status=status.value))
    return station_id


async def clusters(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/station-clusters", params=query)
    assert answer.status_code == 200, answer.text
    return sorted(answer.json()["items"], key=lambda each: -each["latitude"])


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(*catalog.load(("stations", "users", "audit")))


@pytest.mark.mariadb
async def test_every_station_is_counted_once_in_its_worst_state(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    harbour = await a_location(client, "Harbour", HAMBURG)
    lyon = await a_location(client, "Lyon", LYON)
    nowhere = await a_location(client, "Nowhere", None)
    free, taken, broken = ConnectorStatus.AVAILABLE, ConnectorStatus.OCCUPIED, ConnectorStatus.FAULTED
    await a_station(runtime, client, "A", harbour, free, free)
    await a_station(runtime, client, "B", harbour, free, taken)
    await a_station(runtime, client, "C", harbour, taken, broken)
    await a_station(runtime, client, "D", harbour, broken, is_online=False)
    only = await a_station(runtime, client, "E", lyon)
    await a_station(runtime, client, "F", nowhere, free)
    north, south = await clusters(client, zoom=5)
    states = ("available", "in_use", "faulted", "offline", "stations")
    assert [north[state] for state in states] == [1, 1, 1, 1, 4]
    assert (north["name"], north["location_id"], north["station_id"]) == ("Harbour", harbour, None)
    assert [south[state] for state in states] == [1, 0, 0, 0, 1]
    assert south["station_id"] == only
    (world,) = await clusters(client, zoom=0)
    assert (world["locations"], world["stations"], world["location_id"]) == (2, 5, None)
    assert [each["name"] for each in await clusters(client, bbox="9,53,11,54", zoom=5)] == ["Harbour"]
    assert await clusters(client, bbox="170,-10,-170,10", zoom=5) == []


async def test_who_looks_after_some_locations_sees_those(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    harbour, lyon = await a_location(client, "Harbour", HAMBURG), await a_location(client, "Lyon", LYON)
    await a_station(runtime, client, "A", harbour)
    await a_station(runtime, client, "B", lyon)
    other = await client_of(runtime, location_ids=[lyon])
    assert [each["name"] for each in await clusters(other, zoom=5)] == ["Lyon"]


@pytest.mark.parametrize("bbox", ["1,2,3", "0,10,5,5", "nan,0,1,1", "x,0,1,1"])
async def test_what_is_no_part_of_a_map_is_refused(runtime: Runtime, client_of: ClientOf, bbox: str) -> None:
    answer = await (await client_of(runtime)).get("/station-clusters", params={"bbox": bbox})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/bad-map-box"

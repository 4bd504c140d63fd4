from __future__ import annotations

from typing import Any

import pytest

from builders import ClientOf
from voltway.contracts.stations import LocationExists
from voltway.kernel.auth import DEFAULT_OPERATOR_ID

from .network import Network  # noqa: TID252

BERLIN = {
    "name": "Depot",
    "address": "Hauptstraße 1",
    "city": "Berlin",
    "postal_code": "10115",
    "country": "DE",
    "latitude": 52.5,
    "longitude": 13.4,
    "time_zone": "Europe/Berlin",
}


async def test_a_location_reads_as_it_was_written(network: Network) -> None:
    made = await network.location(**BERLIN)
    assert made.items() >= BERLIN.items()
    assert (await network.client.get(f"/locations/{made['id']}")).json() == made
    items = (await network.client.get("/locations", params={"text": "hauptSTR"})).json()["items"]
    assert items == [made]
    assert (await network.client.get("/locations", params={"text": "Hamburg"})).json()["items"] == []


@pytest.mark.parametrize(
    "wrong",
    [{"time_zone": "Mars/Base"}, {"latitude": 91}, {"longitude": -181}, {"country": "Germany"}, {"name": ""}],
)
async def test_a_wrong_field_is_named(network: Network, wrong: dict[str, Any]) -> None:
    answer = await network.client.post("/locations", json=BERLIN | wrong)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == f"$.{next(iter(wrong))}"


async def test_changes_are_kept_and_versions_compared(network: Network) -> None:
    made = await network.location(**BERLIN)
    url = f"/locations/{made['id']}"
    etag = (await network.client.get(url)).headers["etag"]
    answer = await network.client.patch(
        url, json={"city": None, "name": None, "time_zone": "Asia/Tokyo"}, headers={"if-match": etag}
    )
    assert answer.json() == made | {"city": None, "time_zone": "Asia/Tokyo"}
    assert (await network.client.patch(url, json={"name": "x"}, headers={"if-match": etag})).status_code == 412


async def test_a_location_goes_only_when_no_station_stands_there(network: Network) -> None:
    made = await network.location()
    station = await network.station(location_id=made["id"])
    url = f"/locations/{made['id']}"
    answer = await network.client.delete(url)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/location-in-use")
    await network.client.delete(f"/charging-stations/{station['id']}")
    assert (await network.client.delete(url)).status_code == 204
    assert (await network.client.get(url)).status_code == 404
    assert (await network.read(station))["location_id"] == made["id"]


async def test_a_strangers_location_is_not_there(network: Network, client_of: ClientOf, stranger_id: str) -> None:
    made = await network.location()
    stranger = await client_of(network.runtime, operator_id=stranger_id)
    assert (await stranger.get("/locations")).json()["items"] == []
    for method in ("GET", "DELETE"):
        assert (await stranger.request(method, f"/locations/{made['id']}")).status_code == 404
    assert (await stranger.patch(f"/locations/{made['id']}", json={})).status_code == 404
    body = {"identity": "CS-9", "location_id": made["id"]}
    assert (await stranger.post("/charging-stations", json=body)).status_code == 422


async def test_others_can_ask_whether_a_location_exists(network: Network, stranger_id: str) -> None:
    made = await network.location()
    for operator_id, location_id, exists in (
        (DEFAULT_OPERATOR_ID, made["id"], True),
        (stranger_id, made["id"], False),
        (DEFAULT_OPERATOR_ID, "nowhere", False),
    ):
        question = LocationExists(operator_id=operator_id, location_id=location_id)
        assert await network.runtime.ask(question) is exists

"""What everybody sees: as soon as it is published, with its price, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, NamedTuple

import httpx
import pytest

from builders import ClientOf, MakeRuntime, a_status, a_transaction_report, app_of, eventually
from stations.network import a_link
from voltway.app import catalog
from voltway.contracts.station_link import Phase
from voltway.contracts.vocabulary import ConnectorStatus
from voltway.kernel import clock
from voltway.kernel.runtime import Runtime
from voltway.modules.directory import handlers
from voltway.modules.directory.index import Index

SITE = {
    "name": "Harbour",
    "address": "Quay 1",
    "city": "Hamburg",
    "postal_code": "20457",
    "country": "DE",
    "latitude": 53.54,
    "longitude": 9.99,
    "time_zone": "Europe/Berlin",
    "is_published": True,
    "help_phone": "+49 40 1234567",
    "facilities": ["CAFE", "WIFI"],
}
EVSES = [{"evse_number": 1, "power_w_max": 150_000, "connectors": [{"connector_number": 1, "type": "cCCS2"}]}]
TARIFF = {
    "name": "Day",
    "currency": "EUR",
    "start_fee": "0.50",
    "price_per_kwh": "0.40",
    "price_per_minute": "0",
    "vat_percent": "19",
}


class Network(NamedTuple):
    runtime: Runtime
    staff: httpx.AsyncClient
    anybody: httpx.AsyncClient
    pages: httpx.AsyncClient

    async def names(self, **query: Any) -> list[str]:
        await handlers.keep_in_step(self.runtime)
        answer = await self.anybody.get("/public/locations", params=query)
        assert answer.status_code == 200, answer.text
        return [each["name"] for each in answer.json()["items"]]

    async def place_named(self, name: str) -> dict[str, Any]:
        answer = (await self.anybody.get("/public/locations", params={"text": name})).json()
        return next(dict(each) for each in answer["items"] if each["name"] == name)

    async def place(self) -> dict[str, Any]:
        (found,) = (await self.anybody.get("/public/locations")).json()["items"]
        return dict(found)


@pytest.fixture
async def network(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[Network]:
    runtime = await make_runtime(*catalog.load(("stations", "billing", "sessions", "users", "audit", "directory")))
    transport = httpx.ASGITransport(app_of(runtime))
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://localhost/api/v1") as anybody,
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as pages,
    ):
        yield Network(runtime, await client_of(runtime), anybody, pages)


async def made(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def a_site(network: Network, **changes: Any) -> tuple[str, str]:
    """A location with one station: their ids."""
    location = await made(network.staff, "/locations", SITE | changes)
    body = {"identity": "CS-SECRET-1", "location_id": location["id"], "evses": EVSES}
    return location["id"], (await made(network.staff, "/charging-stations", body))["id"]


async def test_only_what_is_published_is_shown_and_at_once(network: Network) -> None:
    location_id, _ = await a_site(network, is_published=False)
    assert await network.names() == []
    assert (await network.anybody.get(f"/public/locations/{location_id}")).status_code == 404
    path = f"/locations/{location_id}"
    assert (await network.staff.patch(path, json={"is_published": True})).json()["is_published"] is True
    await eventually(lambda: network.runtime.state(Index).changed_locations)
    assert await network.names() == ["Harbour"]
    assert (await network.staff.patch(path, json={"name": "Pier"})).status_code == 200
    await eventually(lambda: network.runtime.state(Index).changed_locations)
    assert await network.names() == ["Pier"]
    await network.staff.patch(path, json={"is_published": False})
    await eventually(lambda: network.runtime.state(Index).changed_locations)
    assert await network.names() == []


async def test_place_has_its_price_in_words_and_its_station_no_identity(network: Network) -> None:
    location_id, station_id = await a_site(network)
    tariff = await made(network.staff, "/tariffs", TARIFF)
    target = {"targets": [{"kind": "location", "id": location_id}]}
    assert (await network.staff.put(f"/tariffs/{tariff['id']}/assignments", json=target)).is_success
    assert await network.names() == ["Harbour"]
    answer = await network.anybody.get(f"/public/locations/{location_id}", params={"locale": "de"})
    (evse,) = answer.json()["evses"]
    assert "0,476" in evse["price"] or "0,48" in evse["price"], evse["price"]
    assert "0,60" in evse["price"] or "0,595" in evse["price"], evse["price"]
    page = await network.pages.get(f"/places/{location_id}")
    for text in (answer.text, page.text):
        assert "CS-SECRET" not in text
        assert station_id not in text


async def test_status_follows_the_station(network: Network) -> None:
    location_id, station_id = await a_site(network)
    assert await network.names(is_free=True) == []
    about: dict[str, Any] = {"station_id": station_id, "station_identity": "CS-SECRET-1", "location_id": location_id}
    await network.runtime.commits.record(a_link(**about))
    states = []
    for status in (ConnectorStatus.AVAILABLE, ConnectorStatus.OCCUPIED, ConnectorStatus.FAULTED):
        await network.runtime.commits.record(a_status(status, received_at=clock.now(), **about))
        await eventually(lambda: station_id in network.runtime.state(Index).changed_stations)
        await network.names()
        states.append((await network.place())["evses"][0]["state"])
    assert states == ["free", "taken", "out_of_order"]
    assert (await network.place())["evses"][0]["told_at"] is not None


async def test_success_of_an_evse_is_counted_from_its_sessions(network: Network) -> None:
    location_id, station_id = await a_site(network)
    await network.names()
    place = await network.place()
    assert (place["evses"][0]["success_percent"], place["evses"][0]["last_success_at"]) == (None, None)
    now = clock.now().replace(microsecond=0)
    for number, energy in enumerate((5_000, 0, 7_000)):
        about: dict[str, Any] = {
            "station_id": station_id,
            "station_identity": "CS-SECRET-1",
            "location_id": location_id,
        }
        begin = now - timedelta(hours=number + 1)
        start = a_transaction_report(occurred_at=begin, received_at=begin, meter_wh=0, message_id=f"a{number}", **about)
        receipt = await network.runtime.commits.record(start)
        end = begin + timedelta(minutes=30)
        about |= {"transaction_id": receipt.transaction_id, "message_id": f"b{number}"}
        await network.runtime.commits.record(
            a_transaction_report(Phase.ENDED, occurred_at=end, received_at=end, meter_wh=energy, **about)
        )
    network.runtime.state(Index).counted_at.clear()
    await handlers.count_charges(network.runtime)
    (evse,) = (await network.place())["evses"]
    assert evse["success_percent"] == 67
    assert evse["last_success_at"] is not None


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"bbox": "1,2,3"}, 422),
        ({"bbox": "0,10,5,5"}, 422),
        ({"bbox": "nan,0,1,1"}, 422),
        ({"latitude": 91, "longitude": 0}, 422),
        ({"limit": 0}, 422),
        ({"price_per_kwh_max": "0.5"}, 422),
        ({"price_per_kwh_max": "-1", "currency": "EUR"}, 422),
        ({"access": "secret"}, 422),
        ({"cursor": "x"}, 422),
        ({"text": "x" * 101}, 422),
        ({"cursor": "999999"}, 200),
        ({"bbox": "9,53,11,54"}, 200),
    ],
)
async def test_bad_questions_have_a_clear_answer(network: Network, query: dict[str, Any], status: int) -> None:
    answer = await network.anybody.get("/public/locations", params=query)
    assert answer.status_code == status, answer.text


async def test_lists_go_on_where_they_ended(network: Network) -> None:
    for number in range(5):
        await made(network.staff, "/locations", SITE | {"name": f"Site {number}"})
    assert len(await network.names()) == 5
    names, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = (await network.anybody.get("/public/locations", params=query)).json()
        names += [each["name"] for each in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert names == [f"Site {number}" for number in range(5)]
    clusters = (await network.anybody.get("/public/location-clusters", params={"bbox": "9,53,11,54"})).json()["items"]
    assert [(each["places"], each["location_id"]) for each in clusters] == [(5, None)]


async def test_a_single_place_on_the_map_says_which_it_is_and_how_it_stands(network: Network) -> None:
    location_id, _ = await a_site(network)
    await network.names()
    query: dict[str, Any] = {"bbox": "9,53,11,54", "zoom": 12}
    (one,) = (await network.anybody.get("/public/location-clusters", params=query)).json()["items"]
    assert (one["location_id"], one["name"], one["evses"], one["unknown"], one["free"]) == (
        location_id,
        "Harbour",
        1,
        1,
        0,
    )
    assert (one["west"], one["north"]) == (9.99, 53.54)
    none = await network.anybody.get("/public/location-clusters", params=query | {"is_free": True})
    assert none.json() == {"items": []}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"opening_hours": [{"weekday": 8, "begin": "08:00", "end": "20:00"}]}, "weekday"),
        ({"opening_hours": [{"weekday": 1, "begin": "8", "end": "20:00"}]}, "begin"),
        ({"help_phone": "call me"}, "help_phone"),
        ({"facilities": ["POOL"]}, "facilities"),
        ({"directions": "x" * 501}, "directions"),
    ],
)
async def test_nonsense_about_a_location_is_refused_by_its_field(
    network: Network, body: dict[str, Any], path: str
) -> None:
    answer = await network.staff.post("/locations", json=SITE | body)
    assert answer.status_code == 422
    assert path in answer.json()["errors"][0]["path"]


async def test_pages_need_no_script_and_speak_three_languages(network: Network) -> None:
    location_id, _ = await a_site(network)
    await network.names()
    listed = await network.pages.get("/places", params={"text": "hamburg"}, headers={"accept-language": "de-DE,de"})
    assert listed.status_code == 200
    assert 'lang="de"' in listed.text
    assert "1 Standorte" in listed.text
    assert f"/places/{location_id}" in listed.text
    policy = listed.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    page = (await network.pages.get(f"/places/{location_id}", params={"lang": "zh"})).text
    assert "tel:+49401234567" in page
    assert "geo:53.54,9.99" in page
    missing = await network.pages.get("/places/none")
    assert missing.status_code == 404
    assert "There is no such place" in missing.text
    for nonsense in ("-1", "x", "9" * 30):
        assert (await network.pages.get("/places", params={"begin": nonsense})).status_code == 200


async def test_the_printed_code_is_told_to_staff_before_the_place_is_published(network: Network) -> None:
    location_id, station_id = await a_site(network, is_published=False)
    answer = await network.staff.get(f"/charging-stations/{station_id}/public-code")
    code = answer.json()["code"]
    assert answer.json()["address"] is None
    assert (await network.staff.get(f"/charging-stations/{location_id}/public-code")).status_code == 404
    assert (await network.anybody.get(f"/charging-stations/{station_id}/public-code")).status_code == 401
    sheet = {"station_id": station_id, "code": code, "address": None, "help_phone": "+49 40 1234567"}
    for about in ({"location_id": location_id}, {"station_id": [station_id, "not-ours"]}):
        assert (await network.staff.get("/public-codes", params=about)).json() == {"items": [sheet]}
    assert (await network.staff.get("/public-codes")).json() == {"items": []}
    await network.staff.patch(f"/locations/{location_id}", json={"is_published": True})
    await eventually(lambda: network.runtime.state(Index).changed_locations)
    await network.names()
    assert (await network.place())["evses"][0]["id"] == f"{code}-1"


async def test_places_are_found_by_the_tariff_that_holds_there_as_soon_as_it_does(network: Network) -> None:
    location_id, _ = await a_site(network)
    await made(network.staff, "/locations", SITE | {"name": "Pier"})

    async def names(price: str, **query: Any) -> list[str]:
        await handlers.look_up_prices(network.runtime)
        return await network.names(price_per_kwh_max=price, currency="EUR", **query)

    await network.names()
    assert await names("0.10", is_free=False) == ["Harbour"], (
        "what has no price stays; a place without EVSEs has none to fit"
    )
    assert (await network.place_named("Harbour"))["price_per_kwh_from"] is None
    tariff = await made(network.staff, "/tariffs", TARIFF)
    path = f"/tariffs/{tariff['id']}/assignments"
    assert (await network.staff.put(path, json={"targets": [{"kind": "operator"}]})).is_success
    await eventually(lambda: not network.runtime.state(Index).priced_at)
    assert await names("0.47") == []
    assert await names("0.476") == ["Harbour"]
    shown = await network.place_named("Harbour")
    assert shown["price_per_kwh_from"] == {"amount": "0.4760", "currency": "EUR"}
    assert shown["evses"][0]["price_per_kwh"] == {"amount": "0.4760", "currency": "EUR"}
    ranges = (await network.anybody.get("/public/price-ranges")).json()["items"]
    assert ranges == [{"currency": "EUR", "lowest": "0.4760", "highest": "0.4760"}]
    # A new version takes over, and the map follows the same rule.
    changed = await network.staff.put(f"/tariffs/{tariff['id']}", json=TARIFF | {"price_per_kwh": "0.60"})
    assert changed.is_success, changed.text
    await eventually(lambda: not network.runtime.state(Index).priced_at)
    assert await names("0.476") == []
    query = {"bbox": "9,53,11,54", "price_per_kwh_max": "0.476", "currency": "EUR"}
    assert (await network.anybody.get("/public/location-clusters", params=query)).json() == {"items": []}
    query["price_per_kwh_max"] = "0.72"
    (point,) = (await network.anybody.get("/public/location-clusters", params=query)).json()["items"]
    assert point["location_id"] == location_id


async def test_who_may_drive_in_is_shown_as_soon_as_it_is_said(network: Network) -> None:
    location_id, _ = await a_site(network)
    assert await network.names(access="public") == []
    answer = await network.staff.patch(f"/locations/{location_id}", json={"access": "restricted"})
    assert answer.json()["access"] == "restricted"
    await eventually(lambda: network.runtime.state(Index).changed_locations)
    assert (await network.names(access="public"), await network.names(access="restricted")) == ([], ["Harbour"])
    assert (await network.place())["access"] == "restricted"
    page = await network.pages.get(f"/places/{location_id}")
    assert "Only for some" in page.text
    refused = await network.staff.patch(f"/locations/{location_id}", json={"access": "members"})
    assert refused.status_code == 422

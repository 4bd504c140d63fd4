"""/tariffs and their assignments; CDRs and revenue, which sessions that end make."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from voltway.charging.pricing import Tariff
from voltway.contracts.billing import FindTariffs, SessionPriced, SummarizeRevenue, TariffQuery
from voltway.contracts.sessions import SessionEnded
from voltway.contracts.stations import FindStations, LocationExists, StationName
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.module import Manifest
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.billing.module import MANIFEST
from voltway.modules.billing.tables import cdrs

ClientOf = Callable[..., Awaitable[httpx.AsyncClient]]
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
STATION = "11111111-0000-7000-8000-000000000001"
TARIFF = {
    "name": "Day",
    "currency": "EUR",
    "start_fee": "1.00",
    "price_per_kwh": "0.50",
    "price_per_minute": "0.02",
    "vat_percent": "20",
}


async def find_stations(runtime: Runtime, request: FindStations) -> list[StationName]:
    if request.operator_id != DEFAULT_OPERATOR_ID or STATION not in request.station_ids:
        return []
    return [StationName(station_id=STATION, operator_id=DEFAULT_OPERATOR_ID, identity="CS-1", location_id="location-1")]


async def location_exists(runtime: Runtime, request: LocationExists) -> bool:
    return (request.operator_id, request.location_id) == (DEFAULT_OPERATOR_ID, "location-1")


STATIONS = Manifest("stations", answers={FindStations: find_stations, LocationExists: location_exists})


@pytest.fixture
async def runtime(make_runtime: Any) -> Runtime:
    made: Runtime = await make_runtime(MANIFEST, STATIONS)
    return made


@pytest.fixture
async def client(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(runtime)


async def added(client: httpx.AsyncClient, **fields: Any) -> str:
    response = await client.post("/tariffs", json={**TARIFF, **fields})
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def assign(client: httpx.AsyncClient, tariff_id: str, *targets: tuple[str, str | None]) -> httpx.Response:
    body = {"targets": [{"kind": kind} | ({} if id_ is None else {"id": id_}) for kind, id_ in targets]}
    return await client.put(f"/tariffs/{tariff_id}/assignments", json=body)


async def tariff_at(runtime: Runtime, evse_number: int | None = 1, **changes: Any) -> str | None:
    """The id of the tariff that holds at an EVSE of the station."""
    place = {"operator_id": DEFAULT_OPERATOR_ID, "location_id": "location-1", "station_id": STATION, **changes}
    (found,) = await runtime.ask(FindTariffs(queries=(TariffQuery(evse_number=evse_number, **place),)))
    return found.tariff_id if found else None


# ---- tariffs


async def test_tariff_reads_as_it_was_added(client: httpx.AsyncClient) -> None:
    response = await client.post("/tariffs", json=TARIFF)
    assert response.status_code == 201
    body = response.json()
    said = {**TARIFF, "id": body["id"], "version": 1, "targets": []}
    assert said.items() <= body.items()
    assert body.keys() - said.keys() == {"family_id", "takes_over_at", "ocpi", "sentences"}
    assert (body["family_id"], body["ocpi"]) == (body["id"], None)
    assert (await client.get(f"/tariffs/{body['id']}")).json() == body


async def test_prices_left_out_are_nothing_and_numbers_are_exact(client: httpx.AsyncClient) -> None:
    body = (await client.post("/tariffs", json={"name": "N", "currency": "JPY", "price_per_kwh": 0.1})).json()
    assert (body["start_fee"], body["price_per_kwh"], body["vat_percent"]) == ("0", "0.1", "0")


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"currency": "eur"},
        {"currency": "EURO"},
        {"start_fee": "-0.01"},
        {"price_per_kwh": "free"},
        {"price_per_kwh": "NaN"},
        {"price_per_minute": "1000001"},
        {"price_per_kwh": "0.1234567"},
        {"vat_percent": "100.1"},
        {"vat_percent": None},
        {"id": "mine"},
    ],
    ids=str,
)
async def test_tariff_that_cannot_be_is_refused(client: httpx.AsyncClient, change: dict[str, Any]) -> None:
    response = await client.post("/tariffs", json={**TARIFF, **change})
    assert response.status_code == 422, response.text
    assert response.json()["errors"][0]["path"] == f"$.{next(iter(change))}"


async def test_list_is_newest_first_and_goes_on_page_by_page(client: httpx.AsyncClient) -> None:
    added_ids = [await added(client, name=f"T{number}") for number in range(3)]
    await assign(client, added_ids[0], ("operator", None))
    first = (await client.get("/tariffs", params={"limit": 2})).json()
    rest = (await client.get("/tariffs", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    items = first["items"] + rest["items"]
    assert [item["id"] for item in items] == added_ids[::-1]
    assert [item["targets"] for item in items] == [[], [], [{"kind": "operator", "id": None}]]
    assert rest["next_cursor"] is None


# ---- assignments


async def test_assignments_are_exactly_those_given(runtime: Runtime, client: httpx.AsyncClient) -> None:
    tariff_id = await added(client)
    response = await assign(
        client,
        tariff_id,
        ("operator", None),
        ("location", "location-1"),
        ("station", STATION),
        ("evse", f"{STATION}:2"),
    )
    assert response.status_code == 200, response.text
    assert response.json()["targets"] == [
        {"kind": "evse", "id": f"{STATION}:2"},
        {"kind": "location", "id": "location-1"},
        {"kind": "operator", "id": None},
        {"kind": "station", "id": STATION},
    ]
    assert (await client.get(f"/tariffs/{tariff_id}")).json() == response.json()
    response = await assign(client, tariff_id, ("evse", f"{STATION}:2"))
    assert response.json()["targets"] == [{"kind": "evse", "id": f"{STATION}:2"}]
    assert await tariff_at(runtime, 2) == tariff_id
    assert await tariff_at(runtime, 1) is None
    assert (await assign(client, tariff_id)).json()["targets"] == []
    assert await tariff_at(runtime, 2) is None


async def test_target_moves_to_the_tariff_that_takes_it(runtime: Runtime, client: httpx.AsyncClient) -> None:
    old, new = await added(client), await added(client)
    await assign(client, old, ("operator", None), ("station", STATION))
    await assign(client, new, ("station", STATION))
    assert (await client.get(f"/tariffs/{old}")).json()["targets"] == [{"kind": "operator", "id": None}]
    assert await tariff_at(runtime) == new
    assert await tariff_at(runtime, station_id="another") == old


async def test_nearest_assignment_holds(runtime: Runtime, client: httpx.AsyncClient) -> None:
    ids = {kind: await added(client, name=kind) for kind in ("operator", "location", "station", "evse")}
    await assign(client, ids["operator"], ("operator", None))
    await assign(client, ids["location"], ("location", "location-1"))
    await assign(client, ids["station"], ("station", STATION))
    await assign(client, ids["evse"], ("evse", f"{STATION}:1"))
    assert await tariff_at(runtime, 1) == ids["evse"]
    assert await tariff_at(runtime, 2) == ids["station"]
    assert await tariff_at(runtime, None) == ids["station"]
    assert await tariff_at(runtime, station_id="another") == ids["location"]
    assert await tariff_at(runtime, station_id="another", location_id=None) == ids["operator"]


async def test_target_named_twice_is_one(client: httpx.AsyncClient) -> None:
    response = await assign(client, await added(client), ("station", STATION), ("station", STATION))
    assert (response.status_code, len(response.json()["targets"])) == (200, 1)


@pytest.mark.parametrize(
    "target",
    [
        ("location", "nowhere"),
        ("location", None),
        ("station", "none"),
        ("station", f"{STATION}:1"),
        ("evse", STATION),
        ("evse", "none:1"),
        ("evse", f"{STATION}:one"),
        ("evse", f"{STATION}:0"),
        ("evse", f"{STATION}:01"),  # would never be found
        ("evse", f"{STATION}:²"),
        ("evse", f"{STATION}:1:1"),
    ],
)
async def test_target_that_is_not_there_is_refused_and_nothing_changes(
    client: httpx.AsyncClient, target: tuple[str, str | None]
) -> None:
    tariff_id = await added(client)
    await assign(client, tariff_id, ("operator", None))
    response = await assign(client, tariff_id, ("station", STATION), target)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/target-not-found")
    assert response.json()["context"]["kind"] == target[0]
    assert (await client.get(f"/tariffs/{tariff_id}")).json()["targets"] == [{"kind": "operator", "id": None}]


@pytest.mark.parametrize("body", [{}, {"targets": [{"kind": "country"}]}, {"targets": [{"id": "x"}]}], ids=str)
async def test_assignments_that_say_nothing_are_refused(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await client.put(f"/tariffs/{await added(client)}/assignments", json=body)).status_code == 422


async def test_tariff_for_everybody_needs_no_stations_module(make_runtime: Any, client_of: ClientOf) -> None:
    runtime = await make_runtime(MANIFEST)
    client = await client_of(runtime)
    tariff_id = await added(client)
    assert (await assign(client, tariff_id, ("operator", None))).status_code == 200
    assert await tariff_at(runtime) == tariff_id


# ---- who may


async def test_tariff_of_another_operator_is_not_there(
    runtime: Runtime, client: httpx.AsyncClient, client_of: ClientOf, stranger_id: str
) -> None:
    tariff_id = await added(client)
    await assign(client, tariff_id, ("operator", None))
    stranger = await client_of(runtime, operator_id=stranger_id)
    for response in (
        await stranger.get(f"/tariffs/{tariff_id}"),
        await assign(stranger, tariff_id, ("operator", None)),
    ):
        assert (response.status_code, response.json()["type"]) == (404, "/problems/tariff-not-found")
    assert (await stranger.get("/tariffs")).json()["items"] == []
    assert await tariff_at(runtime, operator_id=stranger_id) is None
    assert (await assign(stranger, await added(stranger), ("station", STATION))).status_code == 422
    assert await tariff_at(runtime) == tariff_id


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/tariffs"), ("POST", "/tariffs"), ("GET", "/tariffs/some"), ("PUT", "/tariffs/some/assignments")],
)
async def test_nobody_gets_401(runtime: Runtime, client_of: ClientOf, method: str, path: str) -> None:
    assert (await (await client_of(runtime, None)).request(method, path)).status_code == 401


async def test_who_may_read_may_not_write(runtime: Runtime, client: httpx.AsyncClient, client_of: ClientOf) -> None:
    tariff_id = await added(client)
    operations = await client_of(runtime, "operations")
    assert (await operations.get(f"/tariffs/{tariff_id}")).status_code == 200
    assert (await operations.post("/tariffs", json=TARIFF)).status_code == 403
    assert (await assign(operations, tariff_id)).status_code == 403


# ---- CDRs and revenue


@dataclass
class Heard:
    """The prices that were published."""

    runtime: Runtime

    def __post_init__(self) -> None:
        self.prices: list[SessionPriced] = []
        self.runtime.events.hear(lambda event: self.prices.append(event) if isinstance(event, SessionPriced) else None)

    async def after(self, *events: SessionEnded) -> list[SessionPriced]:
        async with self.runtime.database.begin() as tx:
            tx.publish(*events)
        async with asyncio.timeout(30):
            while any(self.runtime.events.backlogs().values()):  # noqa: ASYNC110 - what is waited for tells nobody
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)  # live handlers follow the durable ones
        return self.prices


def an_end(session_id: str = "session-1", **changes: Any) -> SessionEnded:
    """An hour, 7 kWh: 6.84 EUR with VAT."""
    prices = {name: Decimal(value) for name, value in TARIFF.items() if name not in ("name", "currency")}
    event = SessionEnded(
        operator_id=DEFAULT_OPERATOR_ID,
        at=NOON,
        session_id=session_id,
        station_id=STATION,
        station_identity="CS-1",
        location_id="location-1",
        evse_number=1,
        id_token="CARD-1",
        started_at=NOON,
        ended_at=NOON + timedelta(hours=1),
        energy_wh=7_000,
        tariff=Tariff(tariff_id="tariff-1", version=1, name="Day", currency="EUR", **prices),
    )
    return replace(event, **changes)


async def all_cdrs(runtime: Runtime) -> list[Any]:
    async with runtime.database.read() as tx:
        return list((await tx.execute(sa.select(cdrs).order_by(cdrs.c.id))).all())


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
async def test_end_that_is_heard_twice_makes_one_cdr_and_one_price(runtime: Runtime, together: bool) -> None:
    heard = Heard(runtime)
    if together:
        prices = await heard.after(an_end(), an_end(), an_end("session-2"))
    else:
        await heard.after(an_end())
        await heard.after(an_end())
        prices = await heard.after(an_end("session-2"))
    rows = await all_cdrs(runtime)
    assert [(row.session_id, row.incl_vat_minor, row.excl_vat_minor, row.currency) for row in rows] == [
        ("session-1", 684, 570, "EUR"),
        ("session-2", 684, 570, "EUR"),
    ]
    assert [(price.cdr_id, price.session_id) for price in prices] == [(row.id, row.session_id) for row in rows]
    assert (rows[0].tariff_id, rows[0].energy_wh, rows[0].id_token) == ("tariff-1", 7_000, "CARD-1")
    assert (rows[0].started_at, rows[0].ended_at) == (NOON, NOON + timedelta(hours=1))


async def test_session_without_a_tariff_makes_no_cdr(runtime: Runtime) -> None:
    assert await Heard(runtime).after(an_end(tariff=None)) == []
    assert await all_cdrs(runtime) == []


async def test_revenue_is_summed_by_currency_since_an_instant(runtime: Runtime, stranger_id: str) -> None:
    yen = replace(an_end().tariff, currency="JPY", start_fee=Decimal(100))
    await Heard(runtime).after(
        an_end("1"),
        an_end("2"),
        an_end("3", tariff=yen),
        an_end("4", ended_at=NOON),
        an_end("5", operator_id=stranger_id),
    )

    async def revenue(operator_id: str, since: datetime) -> list[Money]:
        return await runtime.ask(SummarizeRevenue(operator_id=operator_id, since=since))

    # In yen: 100 + 3.5 -> 4 + 1.2 -> 1, and 20 % VAT of 105
    assert await revenue(DEFAULT_OPERATOR_ID, NOON + timedelta(minutes=1)) == [Money(1_368, "EUR"), Money(126, "JPY")]
    assert await revenue(stranger_id, NOON) == [Money(684, "EUR")]
    assert await revenue(DEFAULT_OPERATOR_ID, NOON + timedelta(hours=2)) == []

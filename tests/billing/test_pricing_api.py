"""POST /tariffs/price: any tariff and any session in the terms of OCPI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from voltway.modules.billing.module import MANIFEST

ClientOf = Callable[..., Awaitable[httpx.AsyncClient]]
Body = dict[str, Any]


@pytest.fixture
async def client(make_runtime: Any, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(await make_runtime(MANIFEST))


def a_tariff(*components: Body, **more: Any) -> Body:
    return {"currency": "EUR", "elements": [{"price_components": list(components)}], **more}


def a_session(tariff: Body, *periods: tuple[str, list[tuple[str, float]]], **more: Any) -> Body:
    """Periods by their start (a time on 2026-03-02, UTC); the session ends at 13:00."""
    return {
        "tariff": tariff,
        "time_zone": "Europe/Berlin",
        "start_date_time": "2026-03-02T10:00:00Z",
        "end_date_time": "2026-03-02T13:00:00Z",
        "charging_periods": [
            {
                "start_date_time": f"2026-03-02T{at}:00Z",
                "dimensions": [{"type": kind, "volume": volume} for kind, volume in dimensions],
            }
            for at, dimensions in periods
        ],
        **more,
    }


ENERGY = {"type": "ENERGY", "price": 0.25, "vat": 10, "step_size": 1}
FLAT = {"type": "FLAT", "price": "0.50", "vat": "20"}
PARKING = {"type": "PARKING_TIME", "price": 2.0, "vat": 20, "step_size": 900}
SESSION = (("10:00", [("ENERGY", 20.0), ("TIME", 2.0)]), ("12:00", [("PARKING_TIME", 40 / 60)]))


async def test_session_is_priced_line_by_line(client: httpx.AsyncClient) -> None:
    answer = await client.post("/tariffs/price", json=a_session(a_tariff(ENERGY, FLAT, PARKING), *SESSION))
    assert answer.status_code == 200, answer.text
    priced = answer.json()
    assert priced["total_cost"] == {"excl_vat": "7.00", "incl_vat": "7.90"}
    assert priced["unrounded"] == {"excl_vat": "7", "incl_vat": "7.9"}
    assert [(line["description"], line["quantity"], line["unit"], line["amount"]) for line in priced["lines"]] == [
        ("Energy", "20", "kWh", "5.00"),
        ("Start fee", "1", "session", "0.50"),
        ("Parking time", "0.75", "h", "1.50"),
    ]
    assert [warning["code"] for warning in priced["warnings"]] == ["no_price"]


async def test_unknown_fields_of_partners_are_passed_over(client: httpx.AsyncClient) -> None:
    tariff = a_tariff(ENERGY, country_code="DE", party_id="ABC", id="1", last_updated="2026-01-01T00:00:00Z")
    assert (await client.post("/tariffs/price", json=a_session(tariff, *SESSION))).status_code == 200


async def test_session_without_periods_costs_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.post("/tariffs/price", json=a_session(a_tariff(ENERGY, FLAT)))
    assert (answer.status_code, answer.json()["total_cost"]) == (200, {"excl_vat": "0.00", "incl_vat": "0.00"})


@pytest.mark.parametrize(
    "limit", [{"excl_vat": 4, "incl_vat": 4.4}, {"before_taxes": 4, "taxes": [{"name": "VAT", "amount": 0.4}]}]
)
async def test_limit_may_be_written_as_either_version_does(client: httpx.AsyncClient, limit: Body) -> None:
    body = a_session(a_tariff(ENERGY, max_price=limit), *SESSION)
    priced = (await client.post("/tariffs/price", json=body)).json()
    assert priced["total_cost"] == {"excl_vat": "4.00", "incl_vat": "4.40"}


async def test_reservation_is_priced_with_the_session_that_came_of_it(client: httpx.AsyncClient) -> None:
    reserved = {"type": "TIME", "price": 5, "vat": 20, "step_size": 60}
    tariff = a_tariff(FLAT, ENERGY)
    tariff["elements"].insert(0, {"price_components": [reserved], "restrictions": {"reservation": "RESERVATION"}})
    reservation = {"start_date_time": "2026-03-02T09:45:00Z", "end_date_time": "2026-03-02T10:00:00Z", "expired": False}
    body = a_session(tariff, ("10:00", [("ENERGY", 20)]), reservation=reservation)
    priced = (await client.post("/tariffs/price", json=body)).json()
    assert priced["total_cost"] == {"excl_vat": "6.75", "incl_vat": "7.60"}


async def test_restrictions_hold_by_the_clock_of_the_location(client: httpx.AsyncClient) -> None:
    tariff = {
        "currency": "EUR",
        "elements": [
            {"price_components": [{**ENERGY, "price": 1}], "restrictions": {"end_time": "12:00"}},
            {"price_components": [{**ENERGY, "price": 2}]},
        ],
    }
    # 10:00 UTC is 11:00 in Berlin: half of the two hours are before noon.
    priced = (await client.post("/tariffs/price", json=a_session(tariff, *SESSION))).json()
    assert priced["total_cost"]["excl_vat"] == "30.00"


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("tariff.currency", {"tariff": {**a_tariff(ENERGY), "currency": "euro"}}),
        ("tariff.elements", {"tariff": {"currency": "EUR", "elements": []}}),
        ("tariff.elements[0].price_components[0].price", {"tariff": a_tariff({**ENERGY, "price": -1})}),
        ("tariff.elements[0].price_components[0].price", {"tariff": a_tariff({**ENERGY, "price": 1e300})}),
        ("tariff.elements[0].price_components[1].vat", {"tariff": a_tariff(ENERGY, {**FLAT, "vat": 101})}),
        ("tariff.elements[0].price_components[0].step_size", {"tariff": a_tariff({**ENERGY, "step_size": -5})}),
        ("tariff.elements[0].price_components[0].type", {"tariff": a_tariff({**ENERGY, "type": "WATER"})}),
        ("time_zone", {"time_zone": "Mars/Olympus"}),
        ("end_date_time", {"end_date_time": "2026-03-02T13:00:00"}),
    ],
)
async def test_bad_input_is_refused_with_the_field_named(client: httpx.AsyncClient, path: str, change: Body) -> None:
    answer = await client.post("/tariffs/price", json=a_session(a_tariff(ENERGY), *SESSION) | change)
    assert answer.status_code == 422
    assert path in answer.text.replace('"$.', '"')


@pytest.mark.parametrize(
    "change",
    [
        {"end_date_time": "2026-03-02T09:00:00Z"},
        {"end_date_time": "2036-03-02T09:00:00Z"},
        {"charging_periods": [{"start_date_time": "2026-03-02T09:59:00Z", "dimensions": []}]},
        {"reservation": {"start_date_time": "2026-03-02T10:00:00Z", "end_date_time": "2026-03-02T09:00:00Z"}},
    ],
)
async def test_session_that_cannot_be_is_refused(client: httpx.AsyncClient, change: Body) -> None:
    answer = await client.post("/tariffs/price", json=a_session(a_tariff(ENERGY), *SESSION) | change)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_session_that_might_be_is_priced(client: httpx.AsyncClient) -> None:
    night = {"price_components": [{**ENERGY, "price": "0.10"}], "restrictions": {"start_time": "22:00"}}
    tariff = {"currency": "EUR", "elements": [night, {"price_components": [ENERGY, PARKING]}]}
    body = {
        "tariff": tariff,
        "starts_at": "2026-11-28T20:40:00Z",  # Saturday, 21:40 in Berlin
        "time_zone": "Europe/Berlin",
        "energy_kwh": 20,
        "charging_minutes": 40,
        "parking_minutes": 30,
    }
    priced = (await client.post("/tariffs/simulate", json=body)).json()
    # 10 kWh at 0.25, 10 at 0.10, half an hour parked.
    assert priced["total_cost"]["excl_vat"] == "4.50"


@pytest.mark.parametrize("change", [{"energy_kwh": -1}, {"charging_minutes": 0}, {"starts_at": "soon"}])
async def test_session_that_could_not_be_is_refused(client: httpx.AsyncClient, change: Body) -> None:
    body = {"tariff": a_tariff(ENERGY), "starts_at": "2026-11-28T20:40:00Z", "time_zone": "UTC"}
    body |= {"energy_kwh": 1, "charging_minutes": 1} | change
    assert (await client.post("/tariffs/simulate", json=body)).status_code == 422


async def test_check_names_the_element_and_tells_the_sentence(client: httpx.AsyncClient) -> None:
    tariff = a_tariff(ENERGY)
    tariff["elements"].append({"price_components": [ENERGY]})
    checked = (await client.post("/tariffs/check", json={"tariff": tariff})).json()
    assert [(found["code"], found["severity"], found["element"]) for found in checked["findings"]] == [
        ("unreachable", "error", 1)
    ]
    assert checked["sentences"]["en"].startswith("0.275 EUR per kWh")
    assert set(checked["sentences"]) == {"en", "de", "zh"}

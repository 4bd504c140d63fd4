"""What a station can be told of a tariff, and of which it would compute another cost."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from voltway.charging.tariff_telling import prices_of, why_not
from voltway.charging.tariffs import (
    Component,
    Dimension,
    Element,
    ReservationRule,
    Restrictions,
    Tariff,
    Taxes,
)

ENERGY, TIME, PARKING, FLAT = Dimension.ENERGY, Dimension.TIME, Dimension.PARKING_TIME, Dimension.FLAT
NIGHT = Restrictions(start_time=time(22), end_time=time(6))


def component(dimension: Dimension = ENERGY, price: str = "0.40", **more: Any) -> Component:
    return Component(dimension=dimension, price=Decimal(price), **{"vat_percent": Decimal(19), **more})


def tariff(*elements: Element, **more: Any) -> Tariff:
    return Tariff(currency="EUR", elements=elements, **more)


def element(*components: Component, when: Restrictions | None = None) -> Element:
    return Element(components=components) if when is None else Element(components=components, restrictions=when)


PLAIN = tariff(element(component(price="0.30"), when=NIGHT), element(component(), component(PARKING, "6")))


def test_what_can_be_said_is_told() -> None:
    assert why_not(PLAIN) is None


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (tariff(element(component(step_size=500))), "it bills in steps"),
        (tariff(element(component()), taxes=Taxes.INCLUDED), "its prices include VAT"),
        (
            tariff(element(component(), when=NIGHT), element(component(vat_percent=Decimal(7)))),
            "prices of one kind have different VAT",
        ),
        (tariff(element(component(FLAT, "1"), when=NIGHT)), "its flat price is not the same at every start"),
        (tariff(element(component()), valid_until=datetime(2027, 1, 1, tzinfo=UTC)), "it ends on a day"),
    ],
)
def test_what_a_station_would_compute_otherwise_is_not(told: Tariff, reason: str) -> None:
    assert why_not(told) == reason


def test_included_prices_without_tax_are_the_same_either_way() -> None:
    assert why_not(tariff(element(component(vat_percent=None)), taxes=Taxes.INCLUDED)) is None


def test_a_station_may_take_less() -> None:
    assert why_not(PLAIN, conditions=False) == "the station takes no conditions"
    assert why_not(PLAIN, elements_max=2) == "the station takes at most 2 prices"
    assert why_not(PLAIN, elements_max=3) is None
    assert why_not(tariff(element(component(), component(FLAT, "1"))), conditions=False) is None


def test_what_prices_a_reservation_is_no_matter_of_the_charge() -> None:
    reserved = element(component(FLAT, "4", step_size=60), when=Restrictions(reservation=ReservationRule.USED))
    assert why_not(tariff(reserved, element(component()))) is None
    assert prices_of(tariff(reserved, element(component())), FLAT) == []


def test_what_stands_behind_a_price_that_always_holds_is_left_out() -> None:
    never = element(component(step_size=100), when=Restrictions(start_date=date(2026, 1, 1)))
    told = tariff(element(component(price="0.5")), never)
    assert [str(price.price) for price, _ in prices_of(told, ENERGY)] == ["0.5"]
    assert why_not(told) is None

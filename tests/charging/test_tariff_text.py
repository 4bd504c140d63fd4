"""The sentence that a driver reads: kWh first, then minutes, then the session, with taxes."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest

from voltway.charging.tariff_text import LANGUAGES, describe
from voltway.charging.tariffs import (
    Component,
    Dimension,
    Element,
    Limit,
    ReservationRule,
    Restrictions,
    Tariff,
    Taxes,
)

ENERGY, TIME, PARKING, FLAT = Dimension


def part(dimension: Dimension, price: str, vat: str | None = "19") -> Component:
    return Component(dimension=dimension, price=Decimal(price), vat_percent=None if vat is None else Decimal(vat))


FULL = Tariff(
    currency="EUR",
    elements=(
        Element(
            components=(part(FLAT, "1"), part(PARKING, "6")),
            restrictions=Restrictions(min_duration=4 * 3600),
        ),
        Element(components=(part(ENERGY, "0.30"),), restrictions=Restrictions(start_time=time(22), end_time=time(6))),
        Element(components=(part(ENERGY, "0.50"),)),
        Element(components=(part(TIME, "3"),), restrictions=Restrictions(reservation=ReservationRule.USED)),
    ),
    max_price=Limit(excl_vat=Decimal(50), incl_vat=Decimal("59.5")),
)


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [
        (
            "en-GB",
            "0.357 EUR per kWh (22:00–06:00); 0.595 EUR per kWh; 0.119 EUR per minute when the car no longer charges "
            "(after 4 h); 1.19 EUR per session (after 4 h); for a reservation: 0.0595 EUR per minute of charging; "
            "at most 59.50 EUR",
        ),
        (
            "de",
            "0,357 EUR je kWh (22:00–06:00 Uhr); 0,595 EUR je kWh; 0,119 EUR je Minute, wenn das Auto nicht mehr lädt "
            "(nach 4 h); 1,19 EUR je Ladevorgang (nach 4 h); für eine Reservierung: 0,0595 EUR je Minute Ladezeit; "
            "höchstens 59,50 EUR",
        ),
        (
            "zh",
            "每千瓦时 0.357 EUR (22:00–06:00)；每千瓦时 0.595 EUR；停止充电后每分钟 0.119 EUR (4 h 后)；"
            "每次 1.19 EUR (4 h 后)；预约：充电每分钟 0.0595 EUR；最高 59.50 EUR",
        ),
    ],
)
def test_tariff_is_told_in_order(locale: str, sentence: str) -> None:
    assert describe(FULL, locale) == sentence


def test_unknown_language_is_english() -> None:
    assert describe(FULL, "tlh") == describe(FULL, "en")


@pytest.mark.parametrize("locale", LANGUAGES)
def test_tariff_that_takes_nothing_is_free(locale: str) -> None:
    free = Tariff(currency="EUR", elements=(Element(components=(part(ENERGY, "0"),)),))
    assert describe(free, locale) == LANGUAGES[locale].free


def test_prices_with_taxes_are_told_as_they_are() -> None:
    gross = Tariff(currency="EUR", elements=(Element(components=(part(ENERGY, "0.5"),)),), taxes=Taxes.INCLUDED)
    assert describe(gross) == "0.50 EUR per kWh"


@pytest.mark.parametrize(
    ("restrictions", "when"),
    [
        (Restrictions(weekdays=frozenset(range(5))), "Mon–Fri"),
        (Restrictions(weekdays=frozenset({0, 2})), "Mon, Wed"),
        (Restrictions(end_time=time(0), start_time=time(20)), "20:00–24:00"),
        (Restrictions(start_time=time(20)), "from 20:00"),
        (Restrictions(end_date=date(2026, 5, 1)), "until 2026-05-01"),
        (Restrictions(min_power=Decimal(22), max_power=Decimal(50)), "from 22 kW, below 50 kW"),
        (Restrictions(max_duration=1800), "in the first 30 min"),
    ],
)
def test_restrictions_are_told_behind_the_price(restrictions: Restrictions, when: str) -> None:
    tariff = Tariff(
        currency="EUR", elements=(Element(components=(part(ENERGY, "1", None),), restrictions=restrictions),)
    )
    assert describe(tariff) == f"1.00 EUR per kWh ({when})"

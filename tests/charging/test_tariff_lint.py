"""What is odd about a tariff is said, with the element named; and what is not odd is not."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from voltway.charging.tariff_lint import lint
from voltway.charging.tariffs import (
    Component,
    Dimension,
    Element,
    Limit,
    ReservationRule,
    Restrictions,
    Tariff,
)


def part(
    dimension: Dimension = Dimension.ENERGY, price: str = "0.30", vat: str | None = "19", step: int = 1
) -> Component:
    percent = None if vat is None else Decimal(vat)
    return Component(dimension=dimension, price=Decimal(price), vat_percent=percent, step_size=step)


def element(*parts: Component, **restrictions: Any) -> Element:
    return Element(components=parts or (part(),), restrictions=Restrictions(**restrictions))


def tariff(*elements: Element, **more: Any) -> Tariff:
    return Tariff(currency=more.pop("currency", "EUR"), elements=elements, **more)


ENERGY, TIME, PARKING, FLAT = Dimension
PLAIN = element(part(), part(PARKING, "6"), part(FLAT, "1"))
NIGHT = {"start_time": time(22), "end_time": time(6)}


def test_ordinary_tariff_has_nothing_odd() -> None:
    assert lint(tariff(element(part(price="0.25"), **NIGHT), PLAIN)) == []


@pytest.mark.parametrize(
    ("odd", "code", "severity", "number"),
    [
        pytest.param(tariff(PLAIN, element()), "unreachable", "error", 1, id="hidden by one that always holds"),
        pytest.param(
            tariff(element(min_kwh=Decimal(5)), element(min_kwh=Decimal(6), max_kwh=Decimal(9)), PLAIN),
            "unreachable",
            "error",
            1,
            id="hidden by a wider range",
        ),
        pytest.param(
            tariff(element(weekdays=frozenset({5, 6})), element(weekdays=frozenset({6})), PLAIN),
            "unreachable",
            "error",
            1,
            id="hidden by more weekdays",
        ),
        pytest.param(
            tariff(PLAIN, element(part(), part(TIME, "1"))), "partly_hidden", "warning", 1, id="partly hidden"
        ),
        pytest.param(
            tariff(element(min_kwh=Decimal(5), max_kwh=Decimal(5)), PLAIN), "never_holds", "error", 0, id="kWh"
        ),
        pytest.param(
            tariff(element(min_duration=60, max_duration=30), PLAIN), "never_holds", "error", 0, id="duration"
        ),
        pytest.param(
            tariff(element(start_date=date(2026, 1, 2), end_date=date(2026, 1, 2)), PLAIN),
            "never_holds",
            "error",
            0,
            id="dates",
        ),
        pytest.param(
            tariff(element(start_time=time(8), end_time=time(8)), PLAIN), "never_holds", "error", 0, id="times"
        ),
        pytest.param(
            tariff(
                element(
                    start_date=date(2026, 11, 23), end_date=date(2026, 11, 25), weekdays=frozenset({6})
                ),  # Mon, Tue
                PLAIN,
            ),
            "never_holds",
            "error",
            0,
            id="weekdays that the dates do not have",
        ),
        pytest.param(
            tariff(element(part(), reservation=ReservationRule.USED), PLAIN),
            "never_holds",
            "error",
            0,
            id="reservation",
        ),
        pytest.param(tariff(element(part(), part(price="0.40"))), "several_prices", "error", 0, id="two of a kind"),
        pytest.param(tariff(element(**NIGHT)), "no_default", "warning", None, id="free by day"),
        pytest.param(
            tariff(element(part(FLAT, "1"), **NIGHT), element(part(), part(FLAT, "2"))),
            "flat_twice",
            "warning",
            1,
            id="two fees",
        ),
        pytest.param(tariff(element(part(step=500))), "step_size", "warning", 0, id="step"),
        pytest.param(tariff(element(part(vat=None))), "vat_missing", "warning", 0, id="VAT"),
        pytest.param(tariff(element(part(price="49"))), "price_high", "warning", 0, id="cents for euros"),
        pytest.param(tariff(element(part(TIME, "6"))), "no_energy_price", "warning", None, id="time alone"),
        pytest.param(
            tariff(PLAIN, min_price=Limit(excl_vat=Decimal(5)), max_price=Limit(excl_vat=Decimal(4))),
            "limits_crossed",
            "error",
            None,
            id="limits",
        ),
        pytest.param(
            tariff(PLAIN, max_price=Limit(excl_vat=Decimal(5), incl_vat=Decimal(4))),
            "limits_crossed",
            "error",
            None,
            id="less with VAT",
        ),
        pytest.param(
            tariff(PLAIN, valid_from=datetime(2026, 2, 1, tzinfo=UTC), valid_until=datetime(2026, 1, 1, tzinfo=UTC)),
            "never_holds",
            "error",
            None,
            id="validity",
        ),
    ],
)
def test_what_is_odd_is_said(odd: Tariff, code: str, severity: str, number: int | None) -> None:
    assert [(found.code, found.severity, found.element) for found in lint(odd)] == [(code, severity, number)]


@pytest.mark.parametrize(
    "fine",
    [
        tariff(element(part(), **NIGHT), element(start_time=time(6), end_time=time(22)), PLAIN),
        tariff(element(part(TIME, "5"), reservation=ReservationRule.USED), PLAIN),
        tariff(element(part(price="49")), currency="JPY"),
        tariff(element(part(), start_date=date(2026, 1, 1), end_date=date(2026, 1, 8), weekdays=frozenset({6})), PLAIN),
    ],
)
def test_what_only_looks_odd_is_not_said(fine: Tariff) -> None:
    assert lint(fine) == []

"""What is odd about a tariff, before anybody pays by it. Pure.

An error is something that cannot be meant and is refused; a warning is something to look at. Each names the element, from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Literal

import msgspec

from voltway.charging.tariffs import Component, Dimension, Element, Restrictions, Tariff, Taxes

SANITY: dict[Dimension, Decimal] = {
    Dimension.ENERGY: Decimal(5),
    Dimension.TIME: Decimal(60),
    Dimension.PARKING_TIME: Decimal(60),
    Dimension.FLAT: Decimal(50),
}
"""Beyond this a price in a currency of about a euro is more likely a slip: per kWh, per hour, per hour, per session."""
_LARGE_UNITS = frozenset(
    {
        "CLP",
        "COP",
        "CRC",
        "CZK",
        "HUF",
        "IDR",
        "INR",
        "ISK",
        "JPY",
        "KRW",
        "KZT",
        "LKR",
        "MMK",
        "NGN",
        "PHP",
        "PKR",
        "PYG",
    }
    | {"RSD", "RUB", "THB", "TRY", "TWD", "TZS", "UGX", "UZS", "VND", "XAF", "XOF"}
)
"""Currencies in which such figures are small change."""
_RANGES = (
    ("min_kwh", "max_kwh"),
    ("min_current", "max_current"),
    ("min_power", "max_power"),
    ("min_duration", "max_duration"),
    ("start_date", "end_date"),
)
Severity = Literal["error", "warning"]


class Finding(msgspec.Struct, frozen=True):
    """Something odd. `element` None: about the whole tariff."""

    code: str
    severity: Severity
    element: int | None
    text: str


def lint(tariff: Tariff) -> list[Finding]:
    """Everything that is odd, errors first."""
    found = [finding for check in _CHECKS for finding in check(tariff)]
    return sorted(found, key=lambda finding: (finding.severity != "error", finding.element or 0))


def _never_holds(tariff: Tariff) -> Iterator[Finding]:
    for index, element in enumerate(tariff.elements):
        rule = element.restrictions
        for least, below in _RANGES:
            low, high = getattr(rule, least), getattr(rule, below)
            if low is not None and high is not None and low >= high:
                yield Finding("never_holds", "error", index, f"{least} {low} is not below {below} {high}.")
        if rule.start_time is not None and rule.start_time == rule.end_time:
            yield Finding("never_holds", "error", index, f"start_time and end_time are both {rule.start_time:%H:%M}.")
        if _no_such_weekday(rule):
            yield Finding("never_holds", "error", index, "None of its weekdays lies between its dates.")
        if rule.reservation is not None and not any(
            part.dimension in (Dimension.FLAT, Dimension.TIME) for part in element.components
        ):
            yield Finding("never_holds", "error", index, "A reservation has a FLAT and a TIME price only.")


def _no_such_weekday(rule: Restrictions) -> bool:
    if rule.weekdays is None or rule.start_date is None or rule.end_date is None:
        return False
    days = (rule.end_date - rule.start_date).days
    between = {(rule.start_date + timedelta(days=number)).weekday() for number in range(min(days, 7))}
    return days > 0 and between.isdisjoint(rule.weekdays)


def _unreachable(tariff: Tariff) -> Iterator[Finding]:
    for index, element in enumerate(tariff.elements):
        hidden = [_hiding(tariff.elements[:index], element, part.dimension) for part in element.components]
        if None not in hidden:
            by = ", ".join(str(one) for one in sorted({one for one in hidden if one is not None}))
            yield Finding("unreachable", "error", index, f"Whatever it prices, element {by} has priced before.")
        elif any(one is not None for one in hidden):
            yield Finding(
                "partly_hidden", "warning", index, "Some of its prices never hold: an earlier element has them."
            )


def _hiding(before: Sequence[Element], element: Element, dimension: Dimension) -> int | None:
    """The element that always holds when this one does, and has the dimension."""
    return next(
        (
            number
            for number, earlier in enumerate(before)
            if earlier.component(dimension) is not None and _covers(earlier.restrictions, element.restrictions)
        ),
        None,
    )


def _covers(wide: Restrictions, narrow: Restrictions) -> bool:
    """Whether `wide` holds wherever `narrow` does."""
    for least, below in _RANGES:
        low, high = getattr(wide, least), getattr(wide, below)
        if low is not None and (getattr(narrow, least) is None or getattr(narrow, least) < low):
            return False
        if high is not None and (getattr(narrow, below) is None or getattr(narrow, below) > high):
            return False
    clock = (wide.start_time, wide.end_time)
    return (
        (clock == (None, None) or clock == (narrow.start_time, narrow.end_time))
        and (wide.weekdays is None or (narrow.weekdays is not None and narrow.weekdays <= wide.weekdays))
        and wide.reservation is narrow.reservation
    )


def _several(tariff: Tariff) -> Iterator[Finding]:
    for index, element in enumerate(tariff.elements):
        dimensions = [part.dimension for part in element.components]
        for dimension in dict.fromkeys(dimensions):
            if dimensions.count(dimension) > 1:
                text = f"It has several {dimension} prices; only the first can hold."
                yield Finding("several_prices", "error", index, text)


def _no_default(tariff: Tariff) -> Iterator[Finding]:
    """A dimension that is priced at times and free at all others may be meant; often a default was forgotten."""
    for dimension in (Dimension.ENERGY, Dimension.TIME, Dimension.PARKING_TIME):
        priced = [
            one
            for one in tariff.elements
            if one.component(dimension) is not None and one.restrictions.reservation is None
        ]
        if priced and not any(one.restrictions == Restrictions() for one in priced):
            text = f"{dimension} is free wherever none of its elements holds."
            yield Finding("no_default", "warning", None, text)


def _flat_twice(tariff: Tariff) -> Iterator[Finding]:
    having = [
        index
        for index, one in enumerate(tariff.elements)
        if one.component(Dimension.FLAT) is not None and one.restrictions.reservation is None
    ]
    for index in having[1:]:
        yield Finding(
            "flat_twice", "warning", index, "A FLAT price is owed once: the first element that holds decides."
        )


def _limits(tariff: Tariff) -> Iterator[Finding]:
    least, most = tariff.min_price, tariff.max_price
    for name in ("excl_vat", "incl_vat"):
        low, high = getattr(least, name, None), getattr(most, name, None)
        if low is not None and high is not None and low > high:
            yield Finding("limits_crossed", "error", None, f"min_price {low} is above max_price {high} ({name}).")
    for name, limit in (("min_price", least), ("max_price", most)):
        if (
            limit is not None
            and limit.excl_vat is not None
            and limit.incl_vat is not None
            and limit.incl_vat < limit.excl_vat
        ):
            yield Finding("limits_crossed", "error", None, f"{name} is less with VAT than without.")
    if tariff.valid_from is not None and tariff.valid_until is not None and tariff.valid_from >= tariff.valid_until:
        yield Finding("never_holds", "error", None, "It ends before it begins.")


def _components(tariff: Tariff) -> Iterator[tuple[int, Component]]:
    for index, element in enumerate(tariff.elements):
        for part in element.components:
            yield index, part


def _steps(tariff: Tariff) -> Iterator[Finding]:
    for index, part in _components(tariff):
        if part.step_size > 1 and part.dimension is not Dimension.FLAT:
            unit = "Wh" if part.dimension is Dimension.ENERGY else "s"
            text = f"{part.dimension} is rounded up to {part.step_size} {unit}: drivers pay for what they did not use."
            yield Finding("step_size", "warning", index, text)


def _vat(tariff: Tariff) -> Iterator[Finding]:
    if tariff.taxes is Taxes.NONE:
        return
    for index, part in _components(tariff):
        if part.vat_percent is None:
            yield Finding("vat_missing", "warning", index, f"{part.dimension} does not say its VAT, which is not 0 %.")


def _sane(tariff: Tariff) -> Iterator[Finding]:
    if tariff.currency in _LARGE_UNITS:
        return
    for index, part in _components(tariff):
        if part.price > SANITY[part.dimension]:
            text = f"{part.price} {tariff.currency} for {part.dimension} is a lot. Prices of time are per hour."
            yield Finding("price_high", "warning", index, text)


def _orderable(tariff: Tariff) -> Iterator[Finding]:
    """AFIR, article 5(4): at 50 kW and more an ad hoc price is per kWh first; a fee for the occupancy may be added per minute."""
    used = [one for one in tariff.elements if one.restrictions.reservation is None]
    has_energy = any(one.component(Dimension.ENERGY) is not None for one in used)
    if not has_energy and any(one.component(Dimension.TIME) is not None for one in used):
        text = "Time is priced and energy is not: at 50 kW and more the EU demands a price per kWh (AFIR, article 5)."
        yield Finding("no_energy_price", "warning", None, text)


_CHECKS: tuple[Callable[[Tariff], Iterator[Finding]], ...] = (
    _never_holds,
    _unreachable,
    _several,
    _limits,
    _no_default,
    _flat_twice,
    _steps,
    _vat,
    _sane,
    _orderable,
)

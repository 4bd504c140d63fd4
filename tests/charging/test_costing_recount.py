"""Prices held against a recount from one second after the other, and what must hold of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from charging.test_costing import BERLIN, use
from voltway.charging.costing import bill, to_decimal
from voltway.charging.tariffs import Component, Dimension, Element, Restrictions, Tariff, Taxes
from voltway.charging.usage import Usage


@dataclass
class Second:
    """What one second of a session is."""

    at: datetime
    since_s: int
    before_wh: int
    wh: int
    is_parked: bool
    power_kw: Fraction
    amperes: Fraction | None


def seconds_of(usage: Usage) -> Iterator[Second]:
    before_wh = 0
    for period in usage.periods:
        length = int((period.end - period.start).total_seconds())
        wh = int(period.energy_kwh * 1000) // length
        for number in range(length):
            at = period.start + timedelta(seconds=number)
            since_s = int((at - usage.start).total_seconds())
            power_kw = Fraction(wh * 3600, 1000)
            yield Second(at, since_s, before_wh, wh, bool(period.parking_h), power_kw, period.current_a)
            before_wh += wh


def holds(rule: Restrictions, second: Second) -> bool:
    local = second.at.astimezone(BERLIN)
    clock, checks = local.time(), []
    if rule.start_time and rule.end_time and rule.end_time < rule.start_time and rule.end_time != time(0):
        checks.append(clock >= rule.start_time or clock < rule.end_time)
    else:
        checks.append(rule.start_time is None or clock >= rule.start_time)
        checks.append(rule.end_time in (None, time(0)) or clock < rule.end_time)
    checks.append(rule.weekdays is None or local.weekday() in rule.weekdays)
    checks.append(rule.start_date is None or local.date() >= rule.start_date)
    checks.append(rule.end_date is None or local.date() < rule.end_date)
    for value, least, below in (
        (Fraction(second.before_wh, 1000), rule.min_kwh, rule.max_kwh),
        (Fraction(second.since_s), rule.min_duration, rule.max_duration),
        (second.power_kw, rule.min_power, rule.max_power),
        (second.amperes, rule.min_current, rule.max_current),
    ):
        is_bound = least is not None or below is not None
        checks.append(not is_bound or value is not None)
        if value is not None:
            checks.append(least is None or value >= Fraction(least))
            checks.append(below is None or value < Fraction(below))
    return all(checks)


def recount(prices: Tariff, usage: Usage) -> Fraction:
    """The sum without tax, from one second after the other; no steps, no limits."""
    total, is_flat_owed = Fraction(0), False
    for second in seconds_of(usage):
        offered = [one for one in prices.elements if holds(one.restrictions, second)]
        used = {Dimension.ENERGY: Fraction(second.wh, 1000)}
        used[Dimension.PARKING_TIME if second.is_parked else Dimension.TIME] = Fraction(1, 3600)
        if not is_flat_owed:
            used[Dimension.FLAT] = Fraction(1)
        for dimension, volume in used.items():
            found = next((part for one in offered for part in one.components if part.dimension is dimension), None)
            if found is not None and volume:
                total += volume * Fraction(found.price)
                is_flat_owed |= dimension is Dimension.FLAT
    return total


prices_of = st.decimals("0", "9.99", places=2)
components_of = st.lists(
    st.builds(
        lambda dimension, price: Component(dimension=dimension, price=price, vat_percent=Decimal(19), step_size=0),
        st.sampled_from(Dimension),
        prices_of,
    ),
    min_size=1,
    max_size=3,
).map(tuple)
quarters = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30]))
days_of = st.dates(date(2026, 10, 24), date(2026, 10, 26)) | st.dates(date(2026, 3, 28), date(2026, 3, 30))


def bounds(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


restrictions_of = st.builds(
    Restrictions,
    start_time=bounds(quarters),
    end_time=bounds(quarters),
    start_date=bounds(days_of),
    end_date=bounds(days_of),
    min_kwh=bounds(st.integers(0, 8).map(Decimal)),
    max_kwh=bounds(st.integers(1, 12).map(Decimal)),
    min_duration=bounds(st.integers(0, 9000)),
    max_duration=bounds(st.integers(1, 9000)),
    min_power=bounds(st.sampled_from([Decimal(5), Decimal("7.2")])),
    max_power=bounds(st.sampled_from([Decimal(5), Decimal("7.2")])),
    min_current=bounds(st.just(Decimal(20))),
    max_current=bounds(st.just(Decimal(20))),
    weekdays=bounds(st.frozensets(st.integers(0, 6), min_size=1)),
)
tariffs_of = st.lists(
    st.builds(lambda parts, rules: Element(components=parts, restrictions=rules), components_of, restrictions_of),
    min_size=1,
    max_size=4,
).map(lambda elements: Tariff(currency="EUR", elements=tuple(elements)))
parts_of = st.lists(
    st.tuples(
        st.sampled_from(["charge", "park"]),
        st.integers(1, 70),
        st.sampled_from([0, 1, 2]),
        st.sampled_from([None, 10, 32]),
    ),
    min_size=1,
    max_size=4,
)
starts_of = st.sampled_from(["2026-03-29 00:40", "2026-10-25 00:40", "2026-10-24 22:50", "2026-03-02 12:07"])


def usage_of(at: str, parts: list[tuple[str, int, int, int | None]]) -> Usage:
    """Minutes with a whole number of Wh in each second."""
    return use(
        *[
            (kind, minutes, Fraction(minutes * 60 * wh, 1000), {"current_a": amperes and Fraction(amperes)})
            for kind, minutes, wh, amperes in parts
        ],
        at=at,
    )


@settings(max_examples=60, deadline=None)
@given(tariffs_of, starts_of, parts_of)
def test_sum_is_that_of_all_seconds(prices: Tariff, at: str, parts: list[tuple[str, int, int, int | None]]) -> None:
    assume(all(wh != 2 for _, _, wh, _ in parts) or not _has_energy_bounds(prices))
    usage = usage_of(at, parts)
    assert bill(prices, usage).unrounded.excl_vat == _as_decimal(recount(prices, usage))


def _has_energy_bounds(prices: Tariff) -> bool:
    rules = [one.restrictions for one in prices.elements]
    return any(rule.min_kwh is not None or rule.max_kwh is not None for rule in rules)


def _as_decimal(exact: Fraction) -> Decimal:
    return to_decimal(exact)


@settings(max_examples=80, deadline=None)
@given(tariffs_of, starts_of, parts_of, st.integers(1, 59))
def test_cutting_an_interval_changes_nothing(
    prices: Tariff, at: str, parts: list[tuple[str, int, int, int | None]], minute: int
) -> None:
    usage = usage_of(at, parts)
    whole = usage.periods[0]
    share = Fraction(minute, 60)
    middle = whole.start + (whole.end - whole.start) * minute / 60
    halves = [
        msgspec.structs.replace(
            whole,
            start=start,
            end=end,
            energy_kwh=whole.energy_kwh * of,
            time_h=whole.time_h * of,
            parking_h=whole.parking_h * of,
        )
        for start, end, of in ((whole.start, middle, share), (middle, whole.end, 1 - share))
    ]
    cut = msgspec.structs.replace(usage, periods=(*halves, *usage.periods[1:]))
    before, after = bill(prices, usage), bill(prices, cut)
    assert (after.unrounded, after.total) == (before.unrounded, before.total)


@settings(max_examples=60, deadline=None)
@given(tariffs_of, starts_of, parts_of, st.sampled_from([0, 1, 100, 900]), st.booleans())
def test_lines_are_the_total_and_more_use_never_costs_less(
    prices: Tariff, at: str, parts: list[tuple[str, int, int, int | None]], step: int, is_included: bool
) -> None:
    prices = msgspec.structs.replace(
        prices,
        taxes=Taxes.INCLUDED if is_included else Taxes.EXCLUDED,
        elements=tuple(
            msgspec.structs.replace(
                one, components=tuple(msgspec.structs.replace(part, step_size=step) for part in one.components)
            )
            for one in prices.elements
        ),
    )
    longer, shorter = bill(prices, usage_of(at, parts)), bill(prices, usage_of(at, parts[:-1] or parts))
    for made in (longer, shorter):
        sum_of_lines = sum((line.amount for line in made.lines), Decimal(0))
        assert sum_of_lines == (made.total.incl_vat if is_included else made.total.excl_vat)
        assert made.total.incl_vat >= made.total.excl_vat >= 0
    if step == 0:
        assert longer.unrounded.excl_vat >= shorter.unrounded.excl_vat

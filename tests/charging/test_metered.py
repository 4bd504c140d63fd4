"""From what a meter said to what a tariff prices: nothing is lost, nothing is made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.charging.metered import Metered, Reading, usage_of
from voltway.charging.pricing import price_usage
from voltway.charging.tariffs import Component, Dimension, Element, Restrictions, Tariff, Taxes
from voltway.charging.usage import Period

BEGIN = datetime(2026, 5, 4, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def at(minutes: float) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


def a_session(
    energy_wh: int, minutes: float, *readings: tuple[float, int], idle: float | None = None, register: int = 1_000
) -> Metered:
    return Metered(
        started_at=BEGIN,
        known_until=at(minutes),
        meter_start_wh=register,
        energy_wh=energy_wh,
        idle_from=None if idle is None else at(idle),
        readings=tuple(Reading(at(minute), register + used) for minute, used in readings),
    )


def periods(metered: Metered) -> tuple[Period, ...]:
    return usage_of(metered, BERLIN).periods


def shown(metered: Metered) -> list[tuple[float, float, float, float]]:
    """(kWh, hours charging, hours parked, minutes from the start) of each period."""
    return [
        (
            float(one.energy_kwh),
            float(one.time_h),
            float(one.parking_h),
            (one.start - BEGIN).total_seconds() / 60,
        )
        for one in periods(metered)
    ]


@pytest.mark.parametrize(
    ("metered", "expected"),
    [
        pytest.param(a_session(6_000, 60), [(6.0, 1.0, 0.0, 0)], id="no readings"),
        pytest.param(
            a_session(6_000, 60, (30, 4_000)), [(4.0, 0.5, 0.0, 0), (2.0, 0.5, 0.0, 30)], id="a reading in the middle"
        ),
        pytest.param(
            a_session(6_000, 60, idle=30), [(3.0, 0.5, 0.0, 0), (3.0, 0.0, 0.5, 30)], id="energy flows evenly"
        ),
        pytest.param(
            a_session(6_000, 60, (30, 6_000), idle=30),
            [(6.0, 0.5, 0.0, 0), (0.0, 0.0, 0.5, 30)],
            id="full at half time",
        ),
        pytest.param(
            a_session(6_000, 60, (20, 4_000), (30, 3_000), (40, 5_000)),
            [(4.0, 1 / 3, 0.0, 0), (1.0, 1 / 3, 0.0, 20), (1.0, 1 / 3, 0.0, 40)],
            id="a register that goes back is left out",
        ),
        pytest.param(a_session(6_000, 60, (30, 9_000)), [(6.0, 1.0, 0.0, 0)], id="more than there was in the end"),
        pytest.param(
            a_session(6_000, 60, (70, 5_000), (-5, 0)), [(6.0, 1.0, 0.0, 0)], id="before and after the session"
        ),
        pytest.param(a_session(6_000, 60, (30, -500)), [(6.0, 1.0, 0.0, 0)], id="before the first register"),
        pytest.param(
            a_session(0, 60, idle=0), [(0.0, 0.0, 1.0, 0)], id="the car never asked for power: all of it is parking"
        ),
        pytest.param(a_session(500, 0), [(0.5, 0.0, 0.0, 0)], id="no time at all"),
        pytest.param(
            a_session(6_000, 60, (30, 3_000), (30, 3_500)),
            [(3.0, 0.5, 0.0, 0), (3.0, 0.5, 0.0, 30)],
            id="two readings of one instant: the first",
        ),
        pytest.param(
            a_session(6_000, 60, (40, 4_000), (20, 1_000)),
            [(1.0, 1 / 3, 0.0, 0), (3.0, 1 / 3, 0.0, 20), (2.0, 1 / 3, 0.0, 40)],
            id="readings that came in another order",
        ),
        pytest.param(a_session(6_000, 60, idle=60), [(6.0, 1.0, 0.0, 0)], id="charged until the end"),
        pytest.param(a_session(6_000, 60, idle=90), [(6.0, 1.0, 0.0, 0)], id="stopped after what we know"),
    ],
)
def test_periods(metered: Metered, expected: list[tuple[float, float, float, float]]) -> None:
    assert shown(metered) == [pytest.approx(one) for one in expected]


readings = st.lists(st.tuples(st.integers(-10, 200), st.integers(-500, 60_000)), max_size=12)


@given(readings, st.integers(0, 50_000), st.integers(0, 180), st.none() | st.integers(0, 200))
def test_nothing_is_lost_or_made_up(
    told: list[tuple[int, int]], energy_wh: int, minutes: int, idle: int | None
) -> None:
    found = periods(a_session(energy_wh, minutes, *told, idle=idle))
    assert sum(one.energy_kwh for one in found) == Fraction(energy_wh, 1000)
    assert sum(one.time_h + one.parking_h for one in found) == Fraction(minutes, 60)
    assert all(one.energy_kwh >= 0 for one in found)
    assert [one.start for one in found[1:]] == [one.end for one in found[:-1]]


@given(readings, st.integers(1, 50_000), st.integers(1, 180), st.integers(0, 180))
def test_a_flat_price_does_not_depend_on_the_readings(
    told: list[tuple[int, int]], energy_wh: int, minutes: int, idle: int
) -> None:
    tariff = Tariff(
        currency="EUR",
        elements=(
            Element(
                components=(Component(dimension=Dimension.ENERGY, price=Decimal("0.39"), vat_percent=Decimal(19)),)
            ),
        ),
    )
    one = price_usage(tariff, usage_of(a_session(energy_wh, minutes, *told, idle=idle), BERLIN))
    other = price_usage(tariff, usage_of(a_session(energy_wh, minutes), BERLIN))
    assert (one.lines, one.incl_vat) == (other.lines, other.incl_vat)


NIGHT = Tariff(
    currency="EUR",
    taxes=Taxes.INCLUDED,
    elements=(
        Element(
            components=(Component(dimension=Dimension.ENERGY, price=Decimal("0.20"), vat_percent=Decimal(19)),),
            restrictions=Restrictions(start_time=datetime(1, 1, 1, 22).time(), end_time=datetime(1, 1, 1, 6).time()),
        ),
        Element(components=(Component(dimension=Dimension.ENERGY, price=Decimal("0.40"), vat_percent=Decimal(19)),)),
    ),
)


@pytest.mark.parametrize(
    ("begin", "hours", "cents"),
    [
        # (UTC, 1 kWh each hour) by the clock of Berlin
        ("2026-05-04T18:00", 4, 2 * 40 + 2 * 20),  # 20:00 to 24:00
        ("2026-05-04T03:00", 2, 20 + 40),  # 05:00 to 07:00
        ("2026-03-28T20:30", 10, 30 * 2 - 20 + 20 * 8 + 60),  # the night that has 23 hours: 21:30 to 08:30
        ("2026-10-24T19:30", 11, 20 + 20 * 9 + 30),  # the night that has 25 hours: 21:30 to 07:30, less
    ],
)
def test_night_prices_follow_the_wall_clock(begin: str, hours: int, cents: int) -> None:
    start = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    metered = Metered(
        started_at=start, known_until=start + timedelta(hours=hours), meter_start_wh=0, energy_wh=1_000 * hours
    )
    by_hand = Decimal(0)
    for minute in range(hours * 60):  # the recount: minute by minute on the wall
        clock = (start + timedelta(minutes=minute)).astimezone(BERLIN).hour
        by_hand += (Decimal(20) if clock >= 22 or clock < 6 else Decimal(40)) / 60
    cost = price_usage(NIGHT, usage_of(metered, BERLIN))
    assert cost.incl_vat.minor == round(by_hand)
    assert cost.prices_include_vat
    if hours in (2, 4):
        assert cost.incl_vat.minor == cents

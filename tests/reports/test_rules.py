"""Days, periods, opening hours, taxes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.charging.pricing import Cost, CostLine
from voltway.kernel.money import Money
from voltway.modules.reports import rules

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [BERLIN, *map(ZoneInfo, ("UTC", "America/Santiago", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Kathmandu"))]
zones = st.sampled_from(ZONES)
starts = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 1)).map(lambda at: at.replace(tzinfo=UTC, microsecond=0))


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_day_of_the_clock_change_has_its_own_length(day: str, hours: int) -> None:
    on = date.fromisoformat(day)
    length = rules.begins_at(on + timedelta(days=1), BERLIN) - rules.begins_at(on, BERLIN)
    assert length == timedelta(hours=hours)


@given(starts, st.integers(0, 4 * 1440), zones)
def test_seconds_of_a_session_fall_on_their_local_days(at: datetime, minutes: int, zone: ZoneInfo) -> None:
    recount: dict[str, int] = {}
    for minute in range(minutes):  # all zones of today change on whole minutes
        day = rules.day_of(at.replace(second=0) + timedelta(minutes=minute), zone)
        recount[day] = recount.get(day, 0) + 60
    begins = at.replace(second=0)
    assert rules.days_of(begins, begins + timedelta(minutes=minutes), zone) == recount


@given(starts, zones)
def test_a_day_begins_on_itself(at: datetime, zone: ZoneInfo) -> None:
    on = at.date()
    begins = rules.begins_at(on, zone)
    assert rules.day_of(begins, zone) == on.isoformat()
    assert rules.day_of(begins - timedelta(seconds=1), zone) == (on - timedelta(days=1)).isoformat()


def test_periods() -> None:
    assert rules.period_of("2026-03-01", "week") == "2026-02-23"
    assert rules.period_of("2026-03-31", "month") == "2026-03-01"
    assert rules.next_period(date(2026, 12, 1), "month") == date(2027, 1, 1)
    assert rules.period_before(date(2026, 3, 1), "month") == (date(2026, 2, 1), date(2026, 3, 1))
    assert rules.period_before(date(2026, 3, 4), "week") == (date(2026, 2, 23), date(2026, 3, 2))


def test_closed_over_night_and_when_the_clock_changes() -> None:
    begins, ends = (int(rules.begins_at(date(2026, 3, day), BERLIN).timestamp()) for day in (29, 30))
    windows = [{"weekdays": [5, 6], "begins": "22:00", "ends": "06:00"}]
    closed = rules.closed_spans(windows, BERLIN, begins, ends)
    # Open from midnight (Saturday's window) to 6, which is five hours that night, and from 22.
    assert [(span.begins - begins, span.ends - begins) for span in closed] == [(5 * 3600, 21 * 3600)]
    assert rules.closed_spans(None, BERLIN, begins, ends) == []


lines = st.lists(st.tuples(st.integers(0, 100_000), st.sampled_from(["0", "7", "19", "5.5"])), min_size=1, max_size=5)


@given(lines, st.integers(-2, 2))
def test_taxes_of_rates_sum_up_to_what_was_billed(wanted: list[tuple[int, str]], off: int) -> None:
    made = tuple(
        CostLine(
            description="x",
            quantity=Decimal(1),
            unit="session",
            unit_price=Decimal(1),
            vat_percent=Decimal(rate),
            amount=Money(minor, "EUR"),
        )
        for minor, rate in wanted
    )
    net = sum(minor for minor, _ in wanted)
    exact = sum((Decimal(minor) * Decimal(rate) / 100 for minor, rate in wanted), Decimal(0))
    vat = int(exact) + off
    cost = Cost(
        lines=made,
        excl_vat=Money(net, "EUR"),
        vat=Money(vat, "EUR"),
        incl_vat=Money(net + vat, "EUR"),
        unrounded_incl_vat=net + exact,
    )
    taxes = rules.taxes_of(cost)
    assert sum(each[2] for each in taxes) == vat
    assert {rate: amount for rate, amount, _ in taxes} == {
        rate: sum(minor for minor, each in wanted if each == rate) for _, rate in wanted
    }


def test_why_a_start_is_no_success() -> None:
    assert rules.cause_of_session(0, 100, was_faulted=True) == "no_energy"
    assert rules.cause_of_session(99, 100, was_faulted=False) == "too_little_energy"
    assert rules.cause_of_session(100, 100, was_faulted=True) == "fault_while_charging"
    assert rules.cause_of_session(100, 100, was_faulted=False) is None
    assert rules.cause_of_start("timed_out", None) == "start_timed_out"
    assert rules.cause_of_start("accepted", "no_session") == "no_transaction"
    assert rules.cause_of_start("accepted", None) is None
    assert rules.cause_of_start("accepted", "done") is None

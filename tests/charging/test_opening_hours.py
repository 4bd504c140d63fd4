"""When a location is open: midnight, weekends, and the nights on which clocks change."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.charging.opening_hours import OpeningHours, OpenPeriod, changes_at, is_open

BERLIN = ZoneInfo("Europe/Berlin")
SHOP: OpeningHours = tuple(OpenPeriod(weekday=day, begin=time(8), end=time(20)) for day in range(5))
BAR: OpeningHours = (OpenPeriod(weekday=5, begin=time(20), end=time(4)),)
WHOLE_SUNDAY: OpeningHours = (OpenPeriod(weekday=6, begin=time(0), end=time(0)),)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        (None, "2026-03-08T03:00", True),
        ((), "2026-03-09T12:00", False),
        (SHOP, "2026-03-09T08:00", True),
        (SHOP, "2026-03-09T20:00", False),
        (SHOP, "2026-03-08T12:00", False),
        (BAR, "2026-03-07T19:59", False),
        (BAR, "2026-03-07T23:00", True),
        (BAR, "2026-03-08T03:59", True),
        (BAR, "2026-03-08T04:00", False),
        (BAR, "2026-03-07T03:00", False),
        (WHOLE_SUNDAY, "2026-03-08T00:00", True),
        (WHOLE_SUNDAY, "2026-03-08T23:59", True),
        (WHOLE_SUNDAY, "2026-03-09T00:00", False),
        (BAR, "2026-03-29T01:30", True),
    ],
)
def test_open(hours: OpeningHours | None, at: str, expected: bool) -> None:
    assert is_open(hours, BERLIN, local(at)) is expected


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        (None, "2026-03-08T03:00", None),
        ((), "2026-03-08T03:00", None),
        (SHOP, "2026-03-06T19:00", "2026-03-06T20:00"),
        (SHOP, "2026-03-06T21:00", "2026-03-09T08:00"),
        (BAR, "2026-03-08T03:00", "2026-03-08T04:00"),
        (BAR, "2026-03-08T05:00", "2026-03-14T20:00"),
    ],
)
def test_what_changes_next(hours: OpeningHours | None, at: str, expected: str | None) -> None:
    assert changes_at(hours, BERLIN, local(at)) == (None if expected is None else local(expected))


periods = st.builds(
    OpenPeriod,
    weekday=st.integers(0, 6),
    begin=st.times(timezones=st.none()).map(lambda at: at.replace(second=0, microsecond=0)),
    end=st.times(timezones=st.none()).map(lambda at: at.replace(second=0, microsecond=0)),
)


@given(st.lists(periods, max_size=5).map(tuple), st.integers(0, 7 * 24 * 60))
def test_it_stays_as_it_is_until_it_changes(hours: OpeningHours, minutes: int) -> None:
    at = datetime(2026, 5, 4, tzinfo=BERLIN) + timedelta(minutes=minutes)
    change = changes_at(hours, BERLIN, at)
    ahead = at
    while change is not None and ahead < change:
        assert is_open(hours, BERLIN, ahead) is is_open(hours, BERLIN, at)
        ahead += timedelta(minutes=37)
    if change is not None:
        assert is_open(hours, BERLIN, change) is not is_open(hours, BERLIN, at)

"""Days, weeks and months begin at midnight where people live."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from voltway.charging import periods


@pytest.mark.parametrize(
    ("span", "since"),
    [
        ("day", datetime(2026, 3, 31, 22, tzinfo=UTC)),
        ("week", datetime(2026, 3, 29, 22, tzinfo=UTC)),
        ("month", datetime(2026, 3, 31, 22, tzinfo=UTC)),
    ],
)
def test_span_begins_at_midnight_of_its_time_zone(span: str, since: datetime) -> None:
    # A Wednesday, the first of April there, and the last of March in UTC.
    assert periods.began(span, "Europe/Berlin", datetime(2026, 3, 31, 23, tzinfo=UTC)) == since


def test_month_with_a_change_of_the_clocks_is_an_hour_shorter() -> None:
    since, until = periods.month_of("2026-03", "Europe/Berlin")
    assert (since, until) == (datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC))


def test_december_ends_in_the_next_year() -> None:
    assert periods.month_of("2026-12", "UTC")[1] == datetime(2027, 1, 1, tzinfo=UTC)

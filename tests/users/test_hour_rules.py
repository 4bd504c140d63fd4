"""At which hours a token may charge."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from voltway.modules.users.hour_rules import is_within


def hours(begins: str, ends: str, *weekdays: int) -> dict[str, Any]:
    windows = [{"weekdays": list(weekdays or range(1, 8)), "begins": begins, "ends": ends}]
    return {"time_zone": "Europe/Berlin", "windows": windows}


@pytest.mark.parametrize(
    ("window", "at", "expected"),
    [
        (hours("08:00", "18:00"), "2026-05-04T06:00", True),  # 08:00 in Berlin
        (hours("08:00", "18:00"), "2026-05-04T05:59", False),
        (hours("08:00", "18:00"), "2026-05-04T16:00", False),  # it ends at 18:00
        (hours("08:00", "18:00"), "2026-12-07T06:30", False),  # 07:30 in winter
        (hours("08:00", "18:00", 1), "2026-05-04T10:00", True),  # a Monday
        (hours("08:00", "18:00", 2), "2026-05-04T10:00", False),
        (hours("22:00", "06:00", 7), "2026-05-03T21:00", True),  # Sunday, 23:00
        (hours("22:00", "06:00", 7), "2026-05-04T03:00", True),  # the night of Sunday goes on
        (hours("22:00", "06:00", 1), "2026-05-04T03:00", False),  # that of Monday has not begun
        (hours("22:00", "06:00", 7), "2026-05-04T04:00", False),  # 06:00
        (hours("00:00", "00:00", 1), "2026-05-04T10:00", True),  # all day
        (hours("22:00", "06:00", 1), "2026-05-03T22:30", False),  # 00:30 on Monday, the night of Sunday
    ],
)
def test_hours_are_those_of_the_place(window: dict[str, Any], at: str, expected: bool) -> None:
    assert is_within(window, datetime.fromisoformat(at).replace(tzinfo=UTC)) is expected


def test_one_window_of_several_is_enough() -> None:
    both = hours("08:00", "09:00")
    both["windows"] += hours("12:00", "13:00")["windows"]
    assert is_within(both, datetime(2026, 5, 4, 10, 30, tzinfo=UTC))
    assert not is_within(both, datetime(2026, 5, 4, 9, 30, tzinfo=UTC))

"""At which hours a token may charge. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo


def is_within(hours: Mapping[str, Any], at: datetime) -> bool:
    """Whether an instant lies in one of the windows of `{"time_zone", "windows": [{"weekdays", "begins", "ends"}]}`.

    Weekdays are 1 (Monday) to 7; a window that ends before it begins goes on after midnight and belongs to the day it began.
    """
    local = at.astimezone(ZoneInfo(hours["time_zone"]))
    minute, today = local.hour * 60 + local.minute, local.isoweekday()
    yesterday = (today - 2) % 7 + 1
    for window in hours["windows"]:
        begins, ends = _minute(window["begins"]), _minute(window["ends"])
        if begins < ends:
            if today in window["weekdays"] and begins <= minute < ends:
                return True
        elif (today in window["weekdays"] and minute >= begins) or (yesterday in window["weekdays"] and minute < ends):
            return True
    return False


def _minute(clock_time: str) -> int:
    hour, minute = clock_time.split(":")
    return int(hour) * 60 + int(minute)

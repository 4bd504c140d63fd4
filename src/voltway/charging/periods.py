"""Days, weeks and months as people count them: from midnight, in a time zone. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


def began(span: str, time_zone: str, at: datetime) -> datetime:
    """When the day, week (from Monday) or month that holds this instant began, in UTC."""
    today = at.astimezone(ZoneInfo(time_zone)).date()
    first = {
        "day": today,
        "week": today - timedelta(days=today.weekday()),
        "month": today.replace(day=1),
    }[span]
    return _midnight(first, time_zone)


def month_of(month: str, time_zone: str) -> tuple[datetime, datetime]:
    """The first instant of a month (`2026-11`), and of the next one, in UTC."""
    first = date.fromisoformat(f"{month}-01")
    after = (first + timedelta(days=32)).replace(day=1)
    return _midnight(first, time_zone), _midnight(after, time_zone)


def _midnight(day: date, time_zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone)).astimezone(UTC)

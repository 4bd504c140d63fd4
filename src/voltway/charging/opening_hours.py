"""When a location is open, by its own wall clock. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

DAYS = 7


class OpenPeriod(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Open on a weekday (0: Monday) from `begin` until `end`; an `end` that is not after the `begin` is of the next day."""

    weekday: int
    begin: time
    end: time


OpeningHours = tuple[OpenPeriod, ...]
"""None of them: always closed."""


def is_open(hours: OpeningHours | None, zone: ZoneInfo, at: datetime) -> bool:
    """Whether it is open at an instant; no hours at all (None): always."""
    if hours is None:
        return True
    local = at.astimezone(zone)
    return any(_covers(period, local) for period in hours)


def _covers(period: OpenPeriod, local: datetime) -> bool:
    clock, today = local.time(), local.weekday()
    if period.begin < period.end:
        return today == period.weekday and period.begin <= clock < period.end
    yesterday = (today - 1) % DAYS
    return (today == period.weekday and clock >= period.begin) or (yesterday == period.weekday and clock < period.end)


def changes_at(hours: OpeningHours | None, zone: ZoneInfo, at: datetime) -> datetime | None:
    """When it opens or closes next, within a week; None: it does not."""
    if hours is None:
        return None
    now = is_open(hours, zone, at)
    local = at.astimezone(zone)
    edges = sorted(
        edge
        for day in range(DAYS + 1)
        for edge in _edges(hours, local + timedelta(days=day), zone)
        if edge > at and is_open(hours, zone, edge) != now
    )
    return edges[0] if edges else None


def _edges(hours: Sequence[OpenPeriod], day: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants of a day at which a period begins or ends."""
    clocks = {clock for period in hours for clock in (period.begin, period.end)}
    return [datetime.combine(day.date(), clock, zone) for clock in clocks]

"""Schedules to choose from: a car that stays longer than it needs can charge in the cheap or the green hours. Pure.

A schedule has limits over time in one unit (W, or A per phase); a charge is that unit times hours. In hours that are left out
nothing is drawn. Source: OCPP 2.0.1 part 2, K15.FR.07, .22; ISO 15118-2 (at most three).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any, NamedTuple

PERIODS_MAX = 24
"""Periods of a plan: few cars and stations take more."""
LOSSES = 1.1
"""What is drawn for what arrives in the battery."""
HOUR_S = 3600


class Goal(StrEnum):
    """What a schedule is good for beside being as fast as may be, which the first one always is."""

    CHEAPEST = "cheapest"
    GREENEST = "greenest"


class Hours(NamedTuple):
    """How dear each hour of a day is, in whatever unit: 24 numbers, by the clock of a zone."""

    ranks: Sequence[float]
    zone: tzinfo


class Part(NamedTuple):
    """From `start_s` on so much is allowed, until the next part. None: nothing limits."""

    start_s: int
    limit: float | None


class Slot(NamedTuple):
    """A stretch with one limit that lies within one hour of the clock."""

    start_s: int
    end_s: int
    limit: float
    rank: float

    @property
    def brings(self) -> float:
        return self.limit * (self.end_s - self.start_s) / HOUR_S


def offers(
    parts: Sequence[Part],
    since: datetime,
    length_s: int,
    needed: float,
    hours: Mapping[Goal, Hours],
    periods_max: int,
) -> list[list[dict[str, Any]]]:
    """The periods of one schedule per goal. One that would have more periods than are taken is left out: what does not fit
    into it would be missing from the battery."""
    found = (_cheapest(_slots(parts, since, length_s, hours[goal]), needed * LOSSES) for goal in Goal if goal in hours)
    return [periods for periods in found if len(periods) <= periods_max]


def _slots(parts: Sequence[Part], since: datetime, length_s: int, hours: Hours) -> list[Slot]:
    starts = {part.start_s for part in parts}
    first_s = HOUR_S - (since.minute * 60 + since.second)  # all zones of today are a whole quarter of an hour off
    starts |= set(range(first_s % 900, length_s, 900))
    marks = [start for start in sorted(starts | {0}) if start < length_s]
    slots = []
    for start, end in zip(marks, [*marks[1:], length_s], strict=True):
        limit = next(part.limit for part in reversed(parts) if part.start_s <= start)
        hour = (since + timedelta(seconds=start)).astimezone(hours.zone).hour
        slots.append(Slot(start, end, limit or 0.0, hours.ranks[hour]))
    return slots


def _cheapest(slots: Sequence[Slot], needed: float) -> list[dict[str, Any]]:
    """The periods that bring what is needed in the hours of the lowest ranks; among those of one rank the earliest."""
    chosen: set[int] = set()
    left = needed
    for slot in sorted(slots, key=lambda slot: (slot.rank, slot.start_s)):
        if left <= 0:
            break
        chosen.add(slot.start_s)
        left -= slot.brings
    periods: list[dict[str, Any]] = []
    for slot in slots:
        limit = slot.limit if slot.start_s in chosen else 0.0
        if not periods or periods[-1]["limit"] != limit:
            periods.append({"start_period": slot.start_s, "limit": limit})
    return periods


def add_period(periods: list[dict[str, Any]], start_s: int, limit: float, periods_max: int = PERIODS_MAX) -> None:
    """Another period; where there is no room for it, the last one has the lowest limit of all that follow."""
    if periods and (periods[-1]["limit"] == limit or periods[-1]["start_period"] == start_s):
        periods[-1]["limit"] = limit
    elif len(periods) >= periods_max:
        periods[-1]["limit"] = min(periods[-1]["limit"], limit)
    else:
        periods.append({"start_period": start_s, "limit": limit})

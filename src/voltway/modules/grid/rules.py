"""What becomes of what stations say of the grid. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from voltway.contracts.grid import ReportDerAlarm, Stream

NO_FAULT = ""
"""The key of an alarm that names no fault."""


def admitted(streams: Sequence[Stream], open_numbers: Collection[int], streams_max: int) -> list[Stream]:
    """The streams that may be open: those that are, and new ones while there is room."""
    taken = set(open_numbers)
    found = []
    for stream in streams:
        if stream.stream_number not in taken and len(taken) >= streams_max:
            continue
        taken.add(stream.stream_number)
        found.append(stream)
    return found


def ends(alarm: Any, report: ReportDerAlarm) -> bool:
    """Whether a report that an alarm is over means this one: the same control, the same fault if it names one, and not one
    that began later."""
    return (
        alarm.ended_at is None
        and alarm.control_type == report.control_type
        and report.grid_fault in (None, alarm.grid_fault)
        and _not_after(alarm.started_at, report.occurred_at)
    )


def _not_after(started_at: datetime | None, at: datetime) -> bool:
    return started_at is None or started_at <= at

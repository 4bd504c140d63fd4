"""What becomes of a ticket. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any


class TicketKind(StrEnum):
    """What it is about."""

    PROBLEM = "problem"
    PAYMENT = "payment"
    DAMAGE = "damage"
    QUESTION = "question"
    OTHER = "other"


class TicketState(StrEnum):
    """Whose turn it is."""

    OPEN = "open"
    WAITING = "waiting"
    """For the driver, a technician, a maker."""
    SOLVED = "solved"


class TicketPriority(StrEnum):
    """How soon somebody must look."""

    URGENT = "urgent"
    NORMAL = "normal"
    LOW = "low"


SUBJECT_LENGTH = 120


def subject_of(text: str) -> str:
    """What stands above a report that has no subject of its own: how it begins."""
    line = " ".join(text.split())
    return line if len(line) <= SUBJECT_LENGTH else line[: SUBJECT_LENGTH - 1].rstrip() + "…"


def changed(row: Any, wanted: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The columns that change when a ticket is to be as wanted; empty where it is so already. A ticket that is solved has the
    time when it was; one that is taken up again has none."""
    changes = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if "state" in changes:
        changes["solved_at"] = now if changes["state"] == TicketState.SOLVED else None
    return changes


def told(changes: Mapping[str, Any]) -> str:
    """The line in the ticket's notes about a change."""
    shown = {name: value for name, value in changes.items() if name in ("state", "priority", "assignee", "subject")}
    return ", ".join(f"{name}: {value if value is not None else '–'}" for name, value in shown.items())

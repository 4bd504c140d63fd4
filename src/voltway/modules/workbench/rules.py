"""What may be ordered of many stations at once, and what the end of an order means. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from voltway.contracts.stations import CommandView
from voltway.contracts.vocabulary import CommandState

WAITING, ORDERED, SKIPPED = "waiting", "ordered", "skipped"
TIMED_OUT, ACCEPTED = CommandState.TIMED_OUT.value, CommandState.ACCEPTED.value
APPLY_TEMPLATE = "apply_template"
PARALLEL_MAX = 20
"""So many stations of a process are told at once: a reset of a whole network must not bring it back in one second."""
WAIT_S = 90.0
LEFT_BEHIND = timedelta(minutes=5)
"""Longer than any order takes: whoever gave it has died."""
_OPEN = (CommandState.PENDING, CommandState.SENT)
_DETAIL_LENGTH_MAX = 300


def ended(command: CommandView) -> dict[str, Any]:
    """The columns of a station whose command has come back; one that has not ended yet by then has timed out."""
    state = CommandState.TIMED_OUT if command.state in _OPEN else command.state
    return {"state": state.value, "detail": word_of(command), "command_id": command.command_id}


def word_of(command: CommandView) -> str | None:
    """What the station said besides yes or no, or why the platform could not ask."""
    problem = command.result.get("detail") if isinstance(command.result, dict) else None
    word = command.wire_status or problem
    return None if word is None else str(word)[:_DETAIL_LENGTH_MAX]


def skipped(why: str) -> dict[str, Any]:
    """The columns of a station that was not told, with why."""
    return {"state": SKIPPED, "detail": why[:_DETAIL_LENGTH_MAX]}

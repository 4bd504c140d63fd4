"""What a station's answer says of a transaction that has been silent for long, and what follows. Pure.

Sources: OCPP 2.0.1 part 2, E14 (GetTransactionStatus; of a transaction that the station does not know it says that it is not
ongoing, E14.FR.01); OCPP 1.6 sections 4.9 and 5.17: a connector says by its status whether a transaction runs on it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from voltway.contracts.vocabulary import CommandState

GONE_TIMES = 2
"""The transaction is no more if the station has said so this often, with nothing of it in between."""
UNKNOWN_TIMES = 3
"""After so many answers that say nothing a person should look."""
SETTLES = timedelta(seconds=60)
"""How long a 1.6 station gets to send the status that it was asked for."""


class Answer(StrEnum):
    """What a station says of a transaction. WAITS: reports of it are still in its queue. AWAY: nobody could be asked."""

    GOES_ON = "goes_on"
    WAITS = "waits"
    GONE = "gone"
    UNKNOWN = "unknown"
    AWAY = "away"


_RUNS = frozenset({"Charging", "SuspendedEV", "SuspendedEVSE", "Finishing"})
_RUNS_NOT = frozenset({"Available", "Preparing", "Reserved"})
_NOT_REACHED = frozenset({CommandState.OFFLINE, CommandState.TIMED_OUT, CommandState.SENT, CommandState.PENDING})


def answer_of(state: CommandState, result: Any) -> Answer:
    """What GetTransactionStatus came to (2.x)."""
    if state in _NOT_REACHED:
        return Answer.AWAY
    if state is not CommandState.ACCEPTED or not isinstance(result, dict):
        return Answer.UNKNOWN
    if result.get("has_queued_messages"):
        return Answer.WAITS
    is_ongoing = result.get("is_ongoing")
    if is_ongoing is None:
        return Answer.UNKNOWN
    return Answer.GOES_ON if is_ongoing else Answer.GONE


def answer_of_word(word: str | None) -> Answer:
    """What the status of a connector says (1.6)."""
    if word in _RUNS:
        return Answer.GOES_ON
    return Answer.GONE if word in _RUNS_NOT else Answer.UNKNOWN


class Step(NamedTuple):
    """What follows from an answer."""

    due_at: datetime
    gone_count: int
    unknown_count: int
    is_over: bool = False
    """The session is to be ended."""
    is_odd: bool = False
    """A person should look."""


def next_step(
    answer: Answer, gone_count: int, unknown_count: int, now: datetime, silence: timedelta, again: timedelta
) -> Step:
    """What follows. The counts are of the answers before this one, since the session's last report."""
    match answer:
        case Answer.GOES_ON:
            return Step(now + silence, 0, 0)
        case Answer.WAITS:
            return Step(now + again, 0, 0)
        case Answer.AWAY:
            return Step(now + again, gone_count, unknown_count)
        case Answer.GONE:
            return Step(now + again, gone_count + 1, 0, is_over=gone_count + 1 >= GONE_TIMES)
        case Answer.UNKNOWN:
            count = unknown_count + 1
            return Step(now + (silence if count >= UNKNOWN_TIMES else again), 0, count, is_odd=count == UNKNOWN_TIMES)

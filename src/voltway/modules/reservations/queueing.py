"""The queue of a location: which state leads where, who is next, and what is due when. Pure.

    waiting -> called (an EVSE is held for some minutes) -> served
            -> snoozed -> waiting                          expired | left

A place in the queue has a number that never changes: whoever came first is first, also after they let others pass (snoozed).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from voltway.modules.reservations.booking import Place


class State(StrEnum):
    """Where a place in the queue is. The last three are ends."""

    WAITING = "waiting"
    CALLED = "called"
    SNOOZED = "snoozed"
    SERVED = "served"
    EXPIRED = "expired"
    LEFT = "left"


class Act(StrEnum):
    """What happens to a place in the queue."""

    CALL = "call"
    SERVE = "serve"
    """A session has begun with the person's token."""
    SNOOZE = "snooze"
    WAKE = "wake"
    LOSE = "lose"
    """The EVSE they were called to cannot be had: they are first in line again."""
    EXPIRE = "expire"
    LEAVE = "leave"


S, A = State, Act
OPEN = frozenset({S.WAITING, S.CALLED, S.SNOOZED})

TRANSITIONS: Mapping[tuple[State, Act], State] = {
    (S.WAITING, A.CALL): S.CALLED,
    (S.WAITING, A.SNOOZE): S.SNOOZED,
    (S.CALLED, A.SNOOZE): S.SNOOZED,
    (S.CALLED, A.LOSE): S.WAITING,
    (S.SNOOZED, A.WAKE): S.WAITING,
    **{(state, A.SERVE): S.SERVED for state in OPEN},
    **{(state, A.LEAVE): S.LEFT for state in OPEN},
    **{(state, A.EXPIRE): S.EXPIRED for state in OPEN},
}
"""Everything that can happen; what is not in it cannot."""


def after(state: State, act: Act) -> State | None:
    """The state after something has happened; None: it cannot happen to a place in this state."""
    return TRANSITIONS.get((state, act))


def may_snooze(state: State, snoozes: int, snoozes_max: int) -> bool:
    """Whether somebody may let others pass once more."""
    return after(state, Act.SNOOZE) is not None and snoozes < snoozes_max


class Queued(NamedTuple):
    """A place in the queue, as far as it matters for who is next. `at`: the EVSE that is held for it."""

    id: str
    number: int
    state: State
    wants: frozenset[str] = frozenset()
    """Types of connectors that suit; none: all do."""
    at: Place | None = None
    until: datetime | None = None
    """When the hold, or the snooze, ends."""


class FreeEvse(NamedTuple):
    """An EVSE that is free, and the types of its connectors (none: it has not told)."""

    place: Place
    types: frozenset[str] = frozenset()


def ahead(queue: Iterable[Queued], number: int) -> int:
    """How many people are before this number, also those who let others pass."""
    return sum(one.state in OPEN and one.number < number for one in queue)


def due(queue: Iterable[Queued], now: datetime) -> list[tuple[str, Act]]:
    """What the clock alone does: holds that nobody came for expire, snoozes end."""
    by_state = {State.CALLED: Act.EXPIRE, State.SNOOZED: Act.WAKE}
    return [
        (one.id, by_state[one.state])
        for one in queue
        if one.state in by_state and one.until is not None and one.until <= now
    ]


def call_ups(queue: Sequence[Queued], free: Iterable[FreeEvse]) -> list[tuple[str, Place]]:
    """Who is called to which EVSE: in the order of the numbers each gets the first that suits. An EVSE that is held for somebody
    is not free, nobody is called twice."""
    held = {one.at for one in queue if one.state is State.CALLED}
    left = [evse for evse in free if evse.place not in held]
    calls: list[tuple[str, Place]] = []
    for one in sorted(queue, key=lambda queued: queued.number):
        if one.state is not State.WAITING:
            continue
        evse = next((evse for evse in left if suits(one.wants, evse.types)), None)
        if evse is not None:
            left.remove(evse)
            calls.append((one.id, evse.place))
    return calls


def suits(wants: frozenset[str], types: frozenset[str]) -> bool:
    """Whether an EVSE has a connector that suits; of one that has not told its types we think the best."""
    return not wants or not types or bool(wants & types)

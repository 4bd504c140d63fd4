"""What becomes of a reservation. Pure.

pending: the station has not taken it (not yet told, or what it answered is not known). accepted: it has. active: it says that
the EVSE stands reserved. The others are ends: rejected, used (a transaction named it), cancelled, expired, offline (the station
was, when it was to be told at once).
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a reservation is."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    ACTIVE = "active"
    USED = "used"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    OFFLINE = "offline"


OPEN = frozenset({State.PENDING, State.ACCEPTED, State.ACTIVE})
HELD = frozenset({State.ACCEPTED, State.ACTIVE})
"""The station holds it."""

_UPDATES = {"Expired": State.EXPIRED, "Removed": State.CANCELLED, "NoTransaction": State.EXPIRED}
"""2.0.1 H04: it ran out. H01: the station has removed it. 2.1: it was used, and nothing was charged."""


def answered(state: State, about: str, word: str) -> State:
    """The state after a station has spoken of a reservation; `word` is the wire's.

    A reservation that is over stays what it is, except that an answer to an order made since takes it up again (the same
    number again changes a reservation, H01.FR.02), and that the station says of one it used that nothing was charged.
    """
    if about == "reserve":
        if word == "Accepted":
            return state if state in (State.ACTIVE, State.USED) else State.ACCEPTED
        return State.REJECTED if state is State.PENDING else state
    if about == "cancel":
        return State.CANCELLED if word == "Accepted" and state in OPEN else state
    if word == "NoTransaction" and state is State.USED:
        return State.EXPIRED
    return _UPDATES.get(word, state) if state in OPEN else state


def unreached(state: State, *, is_scheduled: bool) -> State:
    """The state after its station was found offline. One that was made for a later time is told when the station is back."""
    return State.OFFLINE if state is State.PENDING and not is_scheduled else state


def met(state: State) -> State:
    """The state after a transaction has named it: also where it came late, from a station that was offline."""
    return state if state in (State.REJECTED, State.CANCELLED) else State.USED


def reserved(state: State) -> State:
    """The state after the EVSE has said that it is reserved."""
    return State.ACTIVE if state is State.ACCEPTED else state

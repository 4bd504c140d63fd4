"""Uptime as regulators count it: one history of an EVSE, several definitions as data.

All instants are whole seconds of Unix time; a span is half open, `[begins, ends)`. Nothing here knows a database or a clock.
Sources: NEVI 23 CFR 680.116(b); California CEC charger reliability rules; UK Public Charge Point Regulations 2023, regulation 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

DAY_S = 86_400


class State(StrEnum):
    """What an EVSE is. `unknown`: nothing was heard of it yet."""

    AVAILABLE = "available"
    OCCUPIED = "occupied"
    RESERVED = "reserved"
    UNAVAILABLE = "unavailable"
    FAULTED = "faulted"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class Exclusion(StrEnum):
    """Why a time when an EVSE was down is not held against its operator."""

    UTILITY_OUTAGE = "utility_outage"
    VEHICLE_FAULT = "vehicle_fault"
    PLANNED_MAINTENANCE = "planned_maintenance"
    VANDALISM = "vandalism"
    NATURAL_DISASTER = "natural_disaster"
    OUTSIDE_HOURS = "outside_hours"


class Span(NamedTuple):
    """A piece of time."""

    begins: int
    ends: int


class StateSpan(NamedTuple):
    """A piece of time in which an EVSE was one thing."""

    begins: int
    ends: int
    state: State


class ExcludedSpan(NamedTuple):
    """A record of a time that may be excluded."""

    begins: int
    ends: int
    kind: Exclusion


class Definition(NamedTuple):
    """How one rule counts. `caps`: no more of a kind than so many seconds, for each record or for the whole period."""

    name: str
    required_percent: float
    down: frozenset[State]
    excluded: frozenset[Exclusion]
    only_open_hours: bool = False
    """Times outside the opening hours do not exist: neither as time nor as outage."""
    cap_of_record_s: Mapping[Exclusion, int] = {}
    cap_of_year_s: Mapping[Exclusion, int] = {}
    """For a period of 365 days; a shorter one has its part of it."""


_BROKEN = frozenset({State.FAULTED, State.UNAVAILABLE})
_ALL = frozenset(Exclusion)
NEVI = Definition("nevi", 97.0, _BROKEN | {State.OFFLINE}, _ALL)
CEC = Definition(
    "cec",
    97.0,
    _BROKEN | {State.OFFLINE},
    _ALL - {Exclusion.VEHICLE_FAULT},
    cap_of_record_s={Exclusion.VANDALISM: 10 * DAY_S},
    cap_of_year_s={Exclusion.PLANNED_MAINTENANCE: 72 * 3600},
)
UK = Definition("uk", 99.0, _BROKEN, frozenset({Exclusion.OUTSIDE_HOURS}), only_open_hours=True)
DEFINITIONS = (NEVI, UK, CEC)


class Uptime(NamedTuple):
    """What a definition makes of a history, in seconds. `percent` is None where no time was counted."""

    counted_s: int
    outage_s: int
    """Down, before anything is excluded."""
    excluded_s: int
    """Of the outage."""

    @property
    def percent(self) -> float | None:
        """(counted - (outage - excluded)) / counted, in per cent."""
        if self.counted_s == 0:
            return None
        return 100.0 * (self.counted_s - self.outage_s + self.excluded_s) / self.counted_s

    def __add__(self, other: object) -> Uptime:
        """Of several EVSEs together: every second of each counts alike."""
        assert isinstance(other, Uptime)
        return Uptime(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


NOTHING = Uptime(0, 0, 0)

# ---- sets of spans


def union(spans: Iterable[tuple[int, int]]) -> list[Span]:
    """The spans in order, none empty, none touching another."""
    merged: list[Span] = []
    for begins, ends in sorted(spans):
        if ends <= begins:
            continue
        if merged and begins <= merged[-1].ends:
            merged[-1] = Span(merged[-1].begins, max(ends, merged[-1].ends))
        else:
            merged.append(Span(begins, ends))
    return merged


def common(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """What two unions share."""
    found: list[Span] = []
    at = behind = 0
    while at < len(one) and behind < len(other):
        begins, ends = max(one[at].begins, other[behind].begins), min(one[at].ends, other[behind].ends)
        if begins < ends:
            found.append(Span(begins, ends))
        if one[at].ends <= other[behind].ends:
            at += 1
        else:
            behind += 1
    return found


def without(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """What is in the first union and not in the second."""
    found: list[Span] = []
    behind = 0
    for begins, ends in one:
        while behind < len(other) and other[behind].ends <= begins:
            behind += 1
        at = behind
        while at < len(other) and other[at].begins < ends:
            if begins < other[at].begins:
                found.append(Span(begins, other[at].begins))
            begins = max(begins, other[at].ends)
            at += 1
        if begins < ends:
            found.append(Span(begins, ends))
    return found


def length(spans: Iterable[Span]) -> int:
    """How many seconds."""
    return sum(span.ends - span.begins for span in spans)


# ---- a history


class Change(NamedTuple):
    """Something that was told: a connector's status (`connector` > 0), the station's own (`connector` 0), or its link (-1)."""

    at: int
    connector: int
    state: State


_BEST_FIRST = (State.OCCUPIED, State.AVAILABLE, State.RESERVED, State.UNAVAILABLE, State.FAULTED)
LINK = -1


def timeline(changes: Iterable[Change], begins: int, ends: int) -> list[StateSpan]:
    """What an EVSE was from `begins` to `ends`, without gaps; neighbours differ.

    An EVSE charges one EV at a time: it is occupied if one of its connectors is, else as good as the best of them. A station
    that is unavailable or faulted as a whole is so at every EVSE; one without a link is offline, whatever it said before.
    """
    told: dict[int, State] = {}
    found: list[StateSpan] = []
    at = begins
    for change in sorted(changes, key=lambda change: change.at):
        if change.at >= ends:
            break
        if change.at > at:
            _extend(found, at, change.at, _amounts_to(told))
            at = change.at
        told[change.connector] = change.state
    if at < ends:
        _extend(found, at, ends, _amounts_to(told))
    return found


def _extend(found: list[StateSpan], begins: int, ends: int, state: State) -> None:
    if found and found[-1].state is state:
        begins = found.pop().begins
    found.append(StateSpan(begins, ends, state))


def _amounts_to(told: Mapping[int, State]) -> State:
    connectors = {state for connector, state in told.items() if connector > 0}
    if not connectors:
        return State.UNKNOWN
    if told.get(LINK) is State.OFFLINE:
        return State.OFFLINE
    if told.get(0) in _BROKEN:
        return told[0]
    return next((state for state in _BEST_FIRST if state in connectors), State.UNKNOWN)


# ---- the arithmetic


def measure(
    definition: Definition,
    history: Sequence[StateSpan],
    exclusions: Iterable[ExcludedSpan] = (),
    closed: Sequence[Span] = (),
) -> Uptime:
    """What a definition makes of the history of one EVSE. `closed`: outside the opening hours, a union.

    Time in which nothing was known yet does not count. A second that several records exclude is excluded once; a cap takes
    the first seconds of the outage.
    """
    known = union((span.begins, span.ends) for span in history if span.state is not State.UNKNOWN)
    down = union((span.begins, span.ends) for span in history if span.state in definition.down)
    if definition.only_open_hours:
        known, down = without(known, closed), without(down, closed)
    excluded: list[Span] = []
    if Exclusion.OUTSIDE_HOURS in definition.excluded:
        excluded = common(down, list(closed))
    for kind in Exclusion:
        if kind in definition.excluded:
            mine = [record for record in exclusions if record.kind is kind]
            excluded = union([*excluded, *_of_kind(definition, kind, mine, down, length(known))])
    return Uptime(length(known), length(down), length(common(down, excluded)))


def _of_kind(
    definition: Definition, kind: Exclusion, records: Sequence[ExcludedSpan], down: Sequence[Span], known_s: int
) -> list[Span]:
    of_record = definition.cap_of_record_s.get(kind)
    pieces: list[Span] = []
    for record in records:
        hit = common(down, union([(record.begins, record.ends)]))
        pieces.extend(hit if of_record is None else _first(hit, of_record))
    together = union(pieces)
    of_year = definition.cap_of_year_s.get(kind)
    return together if of_year is None else _first(together, of_year * min(known_s, 365 * DAY_S) // (365 * DAY_S))


def _first(spans: Sequence[Span], seconds: int) -> list[Span]:
    """The first so many seconds of a union."""
    found: list[Span] = []
    for begins, ends in spans:
        taken = min(ends - begins, seconds)
        if taken > 0:
            found.append(Span(begins, begins + taken))
            seconds -= taken
    return found

"""How a campaign goes on: who is next, when a wave is over, when enough is enough. Pure.

A station in a campaign is `waiting`, `ordered` (told, and busy with it), then `done`, `failed` or `skipped` (it cannot do it, or
has newer firmware). A campaign is a `draft`, `running` or `paused`, then `done` or `stopped`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

WAITING, ORDERED, DONE, FAILED, SKIPPED = "waiting", "ordered", "done", "failed", "skipped"
OPEN = frozenset({WAITING, ORDERED})
DRAFT, RUNNING, PAUSED, STOPPED = "draft", "running", "paused", "stopped"
OVER = frozenset({DONE, STOPPED})
RETRY = timedelta(minutes=5)
"""A station that was offline is tried again after this."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Member(NamedTuple):
    """A station in a campaign. `due_at`: not before this; `ended_at`: of one that is done, failed or skipped."""

    station_id: str
    wave: int
    state: str
    due_at: datetime | None = None
    ended_at: datetime | None = None


class Bounds(NamedTuple):
    """What a campaign may do."""

    failures_max: int
    parallel_max: int
    soak: timedelta
    window: tuple[time, time] | None = None


class Decision(NamedTuple):
    """What to do now: the stations to tell, the wave that is on, and how the campaign is to end or rest (None: it goes on)."""

    to_order: tuple[str, ...] = ()
    wave: int = 1
    state: str | None = None
    reason: str | None = None


def split(count: int, waves: Sequence[int]) -> list[int]:
    """The wave of each of so many stations, in their order: as many in each as it says, and the rest in one more."""
    numbers = [number for number, size in enumerate(waves, start=1) for _ in range(size)]
    return [*numbers, *[len(waves) + 1] * count][:count]


def is_within(window: tuple[time, time] | None, now: time) -> bool:
    """Whether it is the time of day; a window may go over midnight."""
    if window is None:
        return True
    begins, ends = window
    return begins <= now < ends if begins < ends else now >= begins or now < ends


def decide(members: Sequence[Member], bounds: Bounds, now: datetime, local_time: time) -> Decision:
    """What a running campaign does next."""
    failures = sum(1 for each in members if each.state == FAILED)
    still = [each for each in members if each.state in OPEN]
    last = max((each.wave for each in members), default=1)
    if failures > bounds.failures_max:
        return Decision((), min((each.wave for each in still), default=last), PAUSED, "too_many_failures")
    if not still:
        return Decision((), last, DONE)
    wave = min(each.wave for each in still)
    if not is_within(bounds.window, local_time) or now < _soaked_at(members, wave, bounds.soak):
        return Decision((), wave)
    mine = [each for each in still if each.wave == wave]
    room = bounds.parallel_max - sum(1 for each in mine if each.state == ORDERED)
    ready = [each for each in mine if each.state == WAITING and (each.due_at is None or each.due_at <= now)]
    return Decision(tuple(each.station_id for each in ready[: max(room, 0)]), wave)


def _soaked_at(members: Sequence[Member], wave: int, soak: timedelta) -> datetime:
    """When the wave may begin: a while after the last station of those before has ended; one that has begun may go on."""
    has_begun = any(each.wave == wave and each.state != WAITING for each in members)
    ends = [each.ended_at for each in members if each.wave < wave and each.ended_at is not None]
    return _LONG_AGO if has_begun or not ends else max(ends) + soak


def after_end(outcome: str, status: str | None, now: datetime) -> dict[str, object]:
    """What becomes of a station whose order has ended like this (a word of files' outcomes)."""
    if outcome == "done":
        return {"state": DONE, "detail": status, "ended_at": now}
    if outcome == "offline":
        return {"state": WAITING, "detail": outcome, "due_at": now + RETRY}
    return {"state": FAILED, "detail": status or outcome, "ended_at": now}

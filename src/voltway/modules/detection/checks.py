"""The few ways in which a rule looks at its signals. Pure: a check is data, `see` and `tick` are given its memory.

Each keeps what it needs of one key (a station, a prefix, a token) and no more: the entries that can still matter, never the
signals themselves. A verdict is None (nothing new), RAISED, GRAVE or RECOVERED.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from voltway.contracts.detection import Severity
from voltway.modules.detection.signals import Signal

Parameters = Mapping[str, float]
Memory = Any
"""What a check keeps of one key: made by the check itself, None before its first signal."""

CLEAR = False
"""The memory of a state that is known not to be: that it is not is told once, not each time."""
BUCKETS = 60
"""Into so many parts a window is cut: what a key needs is bounded, and an instant is right to a sixtieth of the window."""


class Verdict(StrEnum):
    """What a signal, or time alone, has shown."""

    RAISED = "raised"
    GRAVE = "grave"
    """Raised, and critical whatever the rule says."""
    RECOVERED = "recovered"


Seen = tuple[Memory, Verdict | None]
"""The memory of the key as it is then (None: nothing is to be kept), and the verdict."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all. `on`: kinds of signals; `when`: what a signal's facts must be for it to count; `by`: the facts that make
    the key. `severity`: another than the rule's."""

    on: tuple[str, ...]
    by: tuple[str, ...] = ("station_id",)
    when: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    severity: Severity | None = None

    is_state = False
    """Whether it tells of a state that lasts until it recovers, rather than of something that happens."""

    @property
    def watches(self) -> tuple[str, ...]:
        """All kinds of signals that it must be shown."""
        return self.on

    def takes(self, signal: Signal) -> bool:
        """Whether a signal says what this check is about: its facts fit, and it names every part of the key."""
        return all(signal.fact(name) in wanted for name, wanted in self.when) and all(
            signal.fact(name) is not None for name in self.by
        )

    def see(self, memory: Memory, signal: Signal, given: Parameters) -> Seen:
        """What a signal shows; by itself nothing."""
        return memory, None

    def tick(self, memory: Memory, now: datetime, given: Parameters) -> Seen:
        """What the passing of time shows."""
        return memory, None

    def since(self, memory: Memory) -> datetime | None:
        """When the state began that the memory tells of."""
        return None


class Each(Check, frozen=True, kw_only=True):
    """Every signal."""

    def see(self, memory: Memory, signal: Signal, given: Parameters) -> Seen:
        return None, Verdict.RAISED


class Count(Check, frozen=True, kw_only=True):
    """More than `limit` signals within `window`. `weight`: the fact that says for how many each counts; `of`, `over`: only
    those count whose fact `of` is above the parameter `over`."""

    limit: str = "more_than"
    window: str = "window_s"
    weight: str = ""
    of: str = ""
    over: str = ""

    def see(self, memory: deque[tuple[datetime, float]] | None, signal: Signal, given: Parameters) -> Seen:
        if self.of and (signal.fact(self.of) or 0) <= given[self.over]:
            return memory, None
        seen = memory if memory is not None else deque()
        weight = signal.count * float((signal.fact(self.weight) or 0) if self.weight else 1)
        if seen and signal.at - seen[-1][0] < timedelta(seconds=given[self.window] / BUCKETS):
            at, before = seen.pop()
            seen.append((at, before + weight))
        else:
            seen.append((signal.at, weight))
        oldest = signal.at - timedelta(seconds=given[self.window])
        while seen and seen[0][0] < oldest:
            seen.popleft()
        if sum(count for _, count in seen) > given[self.limit]:
            return None, Verdict.RAISED  # counts anew: what goes on is seen again
        return seen, None


class Distinct(Check, frozen=True, kw_only=True):
    """More than `limit` different values of the fact `of` within `window`."""

    of: str
    limit: str = "more_than"
    window: str = "window_s"

    def takes(self, signal: Signal) -> bool:
        return super().takes(signal) and signal.fact(self.of) is not None

    def see(self, memory: dict[Any, datetime] | None, signal: Signal, given: Parameters) -> Seen:
        seen = memory if memory is not None else {}
        value = signal.fact(self.of)
        seen.pop(value, None)
        seen[value] = signal.at
        oldest = signal.at - timedelta(seconds=given[self.window])
        for stale in [value for value, at in seen.items() if at < oldest]:
            del seen[stale]
        if len(seen) > given[self.limit]:
            return None, Verdict.RAISED
        return seen, None


class Ratio(Check, frozen=True, kw_only=True):
    """The facts `of` are more than `limit` of the facts `total` within `window`, of at least `least` altogether."""

    of: str
    total: str
    limit: str = "ratio"
    least: str = "at_least"
    window: str = "window_s"

    def see(self, memory: deque[tuple[datetime, float, float]] | None, signal: Signal, given: Parameters) -> Seen:
        seen = memory if memory is not None else deque()
        of, total = float(signal.fact(self.of) or 0), float(signal.fact(self.total) or 0)
        step = timedelta(seconds=given[self.window] / BUCKETS)
        if seen and signal.at - seen[-1][0] < step:
            at, of_before, total_before = seen.pop()
            seen.append((at, of_before + of, total_before + total))
        else:
            seen.append((signal.at, of, total))
        oldest = signal.at - timedelta(seconds=given[self.window])
        while seen and seen[0][0] < oldest:
            seen.popleft()
        totals = sum(entry[2] for entry in seen)
        if totals >= given[self.least] and sum(entry[1] for entry in seen) > given[self.limit] * totals:
            return None, Verdict.RAISED  # counts anew
        return seen, None


class Level(Check, frozen=True, kw_only=True):
    """The fact `of` is above `limit` (`is_below`: below it), and perhaps beyond `graver` as well; it recovers when it is
    above neither."""

    of: str
    limit: str = "above"
    graver: str = ""
    is_below: bool = False

    is_state = True

    def takes(self, signal: Signal) -> bool:
        return super().takes(signal) and isinstance(signal.fact(self.of), int | float)

    def see(self, memory: Memory, signal: Signal, given: Parameters) -> Seen:
        value = signal.fact(self.of)
        if not self._is_beyond(value, given[self.limit]):
            return CLEAR, None if memory is CLEAR else Verdict.RECOVERED
        is_grave = bool(self.graver) and self._is_beyond(value, given[self.graver])
        since, was_grave = memory or (signal.at, False)
        kept = (since, is_grave or was_grave)
        if is_grave and not was_grave:
            return kept, Verdict.GRAVE
        return kept, None if memory else Verdict.RAISED

    def _is_beyond(self, value: float, limit: float) -> bool:
        return value < limit if self.is_below else value > limit

    def since(self, memory: Memory) -> datetime | None:
        return memory[0] if isinstance(memory, tuple) else None


class Lasting(Check, frozen=True, kw_only=True):
    """The fact `of` has been true for longer than `limit`; it recovers when it is false."""

    of: str
    limit: str = "longer_than_s"

    is_state = True

    def see(self, memory: Memory, signal: Signal, given: Parameters) -> Seen:
        if not signal.fact(self.of):
            return CLEAR, None if memory is CLEAR else Verdict.RECOVERED
        return memory or (signal.at, False), None

    def tick(self, memory: Memory, now: datetime, given: Parameters) -> Seen:
        if memory is CLEAR:
            return memory, None
        since, is_told = memory
        if is_told or now - since <= timedelta(seconds=given[self.limit]):
            return memory, None
        return (since, True), Verdict.RAISED

    def since(self, memory: Memory) -> datetime | None:
        return memory[0] if isinstance(memory, tuple) else None


class Changed(Check, frozen=True, kw_only=True):
    """The fact `of` is another than the last time."""

    of: str

    def takes(self, signal: Signal) -> bool:
        return super().takes(signal) and signal.fact(self.of) is not None

    def see(self, memory: Memory, signal: Signal, given: Parameters) -> Seen:
        value = signal.fact(self.of)
        return value, None if memory in (None, value) else Verdict.RAISED


class Followed(Check, frozen=True, kw_only=True):
    """A signal of `on` within `window` after one of `after`."""

    after: tuple[str, ...]
    window: str = "window_s"

    @property
    def watches(self) -> tuple[str, ...]:
        return (*self.after, *self.on)

    def see(self, memory: datetime | None, signal: Signal, given: Parameters) -> Seen:
        if signal.kind in self.after:
            return signal.at, None
        if memory is None:
            return None, None
        is_soon = timedelta() <= signal.at - memory <= timedelta(seconds=given[self.window])
        return (None, Verdict.RAISED) if is_soon else (memory, None)


class Without(Followed, frozen=True, kw_only=True):
    """A signal of `on` that none of `after` came before within `window`."""

    def see(self, memory: datetime | None, signal: Signal, given: Parameters) -> Seen:
        if signal.kind in self.after:
            return signal.at, None
        is_explained = memory is not None and signal.at - memory <= timedelta(seconds=given[self.window])
        return memory, None if is_explained else Verdict.RAISED


class Outside(Check, frozen=True, kw_only=True):
    """A signal at an hour (UTC) that is not from `start` up to `end`; equal hours: the whole day is inside."""

    start: str = "from_hour"
    end: str = "until_hour"

    def see(self, memory: Memory, signal: Signal, given: Parameters) -> Seen:
        start, end, hour = given[self.start], given[self.end], signal.at.hour
        is_inside = start <= hour < end if start < end else hour >= start or hour < end
        return None, None if is_inside else Verdict.RAISED

"""From measured values to faults that stand: thresholds with their delays, and what ends a fault. Pure: time comes in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from voltway.station.faults import ROWS, TABLE, Fault, Reaction, Recovery


@dataclass(frozen=True, slots=True)
class Noticed:
    """A fault's cause has come (`is_present`) or gone."""

    fault: Fault
    is_present: bool


class FaultWatch:
    """Compares measured values with the thresholds of the table; tells when the cause of a fault comes and goes."""

    def __init__(self) -> None:
        self._since_s: dict[Fault, float] = {}
        self._present: set[Fault] = set()

    def sample(self, values: Mapping[str, float], now_s: float) -> list[Noticed]:
        """What changed by these values, named by their measure. A measure that is not given stays as it was."""
        return list(self._changes(values, now_s))

    def _changes(self, values: Mapping[str, float], now_s: float) -> Iterator[Noticed]:
        for row in ROWS:
            value = values.get(row.measure)
            if value is None:
                continue
            is_present = row.fault in self._present
            if not row.is_beyond(value, is_raised=is_present):
                self._since_s.pop(row.fault, None)
                if is_present:
                    self._present.discard(row.fault)
                    yield Noticed(row.fault, False)
            elif not is_present and now_s - self._since_s.setdefault(row.fault, now_s) >= row.delay_s:
                self._present.add(row.fault)
                yield Noticed(row.fault, True)


@dataclass(slots=True)
class Standing:
    """A fault that stands: its cause may be gone already, and its end still outstanding."""

    fault: Fault
    since_s: float
    is_present: bool = True
    was_unplugged: bool = False
    retry_at_s: float | None = None


class FaultRegister:
    """The faults that stand, from the moment their cause came until their recovery class lets them go."""

    def __init__(self) -> None:
        self._standing: dict[Fault, Standing] = {}
        self._tries: dict[Fault, int] = {}

    def __contains__(self, fault: Fault) -> bool:
        return fault in self._standing

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._standing)

    @property
    def blocks(self) -> bool:
        """Whether any of them forbids to close the contactor."""
        return any(TABLE[fault].reaction.blocks for fault in self._standing)

    @property
    def opens(self) -> bool:
        """Whether any of them wants the contactor open at once."""
        return any(TABLE[fault].reaction is Reaction.OPEN for fault in self._standing)

    @property
    def latched(self) -> bool:
        """Whether any of them blocks until an operator resets it."""
        rows = (TABLE[fault] for fault in self._standing)
        return any(row.reaction.blocks and row.recovery is Recovery.LATCHED for row in rows)

    @property
    def share(self) -> float:
        """The share of the station's current that they leave."""
        return min((TABLE[fault].derate for fault in self._standing), default=1.0)

    @property
    def next_retry_s(self) -> float | None:
        """When the next of them is given another try."""
        times = (one.retry_at_s for one in self._standing.values() if one.retry_at_s is not None and not one.is_present)
        return min(times, default=None)

    def come(self, fault: Fault, now_s: float, *, closed_for_s: float | None = None) -> None:
        """The cause of a fault has come; `closed_for_s` is how long the contactor was closed at that moment."""
        standing = self._standing.get(fault)
        if standing is None:
            standing = self._standing[fault] = Standing(fault, now_s)
            self._plan_retry(standing, now_s, closed_for_s)
        standing.is_present = True
        standing.was_unplugged = False

    def _plan_retry(self, standing: Standing, now_s: float, closed_for_s: float | None) -> None:
        retry = TABLE[standing.fault].retry
        if retry is None:
            return
        self._tries[standing.fault] = tries = self._tries.get(standing.fault, 0) + 1
        too_soon = closed_for_s is not None and closed_for_s < retry.not_within_s
        if tries <= retry.attempts and not too_soon:
            standing.retry_at_s = now_s + retry.after_s

    def go(self, fault: Fault) -> None:
        """The cause of a fault has gone; the fault itself ends by its recovery class."""
        if standing := self._standing.get(fault):
            standing.is_present = False
            if TABLE[fault].recovery is Recovery.SELF or standing.was_unplugged:
                del self._standing[fault]

    def unplugged(self) -> None:
        """The vehicle is gone: faults that waited for it end, unless their cause is still there."""
        self._tries.clear()
        for standing in list(self._standing.values()):
            if TABLE[standing.fault].recovery is Recovery.UNPLUG:
                standing.was_unplugged = True
                if not standing.is_present:
                    del self._standing[standing.fault]

    def tick(self, now_s: float) -> None:
        """Let faults go whose time for another try has come, and whose cause is gone."""
        for standing in list(self._standing.values()):
            if standing.retry_at_s is not None and now_s >= standing.retry_at_s and not standing.is_present:
                del self._standing[standing.fault]

    def reset(self) -> bool:
        """An operator resets latched faults; whether all of them went, which a cause that is still there prevents."""
        for standing in list(self._standing.values()):
            if TABLE[standing.fault].recovery is Recovery.LATCHED and not standing.is_present:
                del self._standing[standing.fault]
        return not self.latched

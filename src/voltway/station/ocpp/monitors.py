"""Monitors of OCPP 2.x (N01 to N08): which variable is watched for what, and what is to be told after a look. Pure.

A look gives the present values; the time is seconds of a clock that only grows, and an instant for what is aligned to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from voltway.station.metering import aligned_after

MONITORS_MAX = 100
SEVERITY_MAX = 9
PERIOD_S_MAX = 86_400


class Sort(StrEnum):
    """What a monitor watches for, in OCPP's words."""

    UPPER = "UpperThreshold"
    LOWER = "LowerThreshold"
    DELTA = "Delta"
    PERIODIC = "Periodic"
    ALIGNED = "PeriodicClockAligned"


PERIODIC = frozenset({Sort.PERIODIC, Sort.ALIGNED})
TRIGGERS = {Sort.UPPER: "Alerting", Sort.LOWER: "Alerting", Sort.DELTA: "Delta"}
"""Why an event is told; of the others: Periodic."""


class Monitor(msgspec.Struct, frozen=True, kw_only=True):
    """One monitor. `variable` is the name of a row of the settings; `value` a threshold, a difference, or seconds."""

    number: int
    variable: str
    sort: Sort
    value: float
    severity: int
    only_in_transaction: bool = False


class Noticed(msgspec.Struct, frozen=True, kw_only=True):
    """What a monitor has noticed. `is_over`: the value is on the right side of its threshold again."""

    monitor: Monitor
    value: str
    is_over: bool = False

    @property
    def trigger(self) -> str:
        """Why it is told, in OCPP's words."""
        return TRIGGERS.get(self.monitor.sort, "Periodic")


Read = Callable[[str], str]


class Monitors(msgspec.Struct):
    """The monitors by number, and the least serious that is told (a higher number is less serious)."""

    standing: dict[int, Monitor] = {}
    level: int = SEVERITY_MAX
    last: int = 0

    def set(self, monitor: Monitor, *, is_numeric: bool) -> tuple[str, int | None]:
        """Take a monitor; with number 0 it gets one, else it replaces that of its number. The word of the answer, the number.

        Source: OCPP 2.0.1 N04.
        """
        if monitor.sort in (Sort.UPPER, Sort.LOWER) and not is_numeric:
            return "UnsupportedMonitorType", None
        known = self.standing.get(monitor.number)
        if not _is_sensible(monitor) or (monitor.number and (known is None or known.variable != monitor.variable)):
            return "Rejected", None
        others = (one for one in self.standing.values() if one.number != monitor.number)
        alike = ("variable", "sort", "severity")
        if any(all(getattr(one, name) == getattr(monitor, name) for name in alike) for one in others):
            return "Duplicate", None
        if not monitor.number:
            if len(self.standing) >= MONITORS_MAX:
                return "Rejected", None
            self.last += 1
            monitor = msgspec.structs.replace(monitor, number=self.last)
        self.standing[monitor.number] = monitor
        return "Accepted", monitor.number

    def clear(self, number: int) -> bool:
        """Forget one; whether there was one."""
        return self.standing.pop(number, None) is not None

    def clear_all(self) -> None:
        """Forget all that the CSMS has set: there are no others."""
        self.standing.clear()

    def of(self, variables: Iterable[str] | None, sorts: frozenset[Sort]) -> list[Monitor]:
        """Those of some variables (None: of all) that watch in one of these ways."""
        wanted = None if variables is None else set(variables)
        return [
            one for one in self.standing.values() if one.sort in sorts and (wanted is None or one.variable in wanted)
        ]


def _is_sensible(monitor: Monitor) -> bool:
    if not 0 <= monitor.severity <= SEVERITY_MAX:
        return False
    if monitor.sort in PERIODIC:
        return 1 <= monitor.value <= PERIOD_S_MAX
    return monitor.sort is not Sort.DELTA or monitor.value >= 0


class Watch:
    """What was seen at the last look, so that a change can be. Not kept over a reboot: the first look begins anew."""

    __slots__ = ("_due", "_excited", "_told")

    def __init__(self) -> None:
        self._told: dict[Monitor, str] = {}
        self._excited: set[Monitor] = set()
        self._due: dict[Monitor, float | datetime] = {}

    def look(
        self, monitors: Monitors, read: Read, has_transaction: Callable[[str], bool], now_s: float, now: datetime
    ) -> list[Noticed]:
        """What there is to tell, in the order of the monitors."""
        noticed = []
        for monitor in monitors.standing.values():
            if monitor.only_in_transaction and not has_transaction(monitor.variable):
                self.forget(monitor)
                continue
            found = self._one(monitor, read(monitor.variable), now_s, now)
            if found is not None and monitor.severity <= monitors.level:
                noticed.append(found)
        return noticed

    def forget(self, monitor: Monitor) -> None:
        """Begin anew with one."""
        self._told.pop(monitor, None)
        self._excited.discard(monitor)
        self._due.pop(monitor, None)

    def _one(self, monitor: Monitor, value: str, now_s: float, now: datetime) -> Noticed | None:
        match monitor.sort:
            case Sort.UPPER | Sort.LOWER:
                return self._threshold(monitor, value)
            case Sort.DELTA:
                return self._delta(monitor, value)
            case Sort.PERIODIC:
                return self._period(monitor, value, now_s, now_s + monitor.value)
        return self._period(monitor, value, now, aligned_after(now, int(monitor.value)))

    def _threshold(self, monitor: Monitor, value: str) -> Noticed | None:
        number = float(value)
        is_beyond = number > monitor.value if monitor.sort is Sort.UPPER else number < monitor.value
        if is_beyond is (monitor in self._excited):
            return None
        (self._excited.add if is_beyond else self._excited.discard)(monitor)
        return Noticed(monitor=monitor, value=value, is_over=not is_beyond)

    def _delta(self, monitor: Monitor, value: str) -> Noticed | None:
        """Since it was told last; at first, since the first look. Of a text any change counts (N04)."""
        before = self._told.setdefault(monitor, value)
        try:
            has_changed = abs(float(value) - float(before)) >= monitor.value and value != before
        except ValueError:
            has_changed = value != before
        if not has_changed:
            return None
        self._told[monitor] = value
        return Noticed(monitor=monitor, value=value)

    def _period(
        self, monitor: Monitor, value: str, now: float | datetime, following: float | datetime
    ) -> Noticed | None:
        due = self._due.setdefault(monitor, following)
        if now < due:  # type: ignore[operator]  # both are seconds, or both instants
            return None
        self._due[monitor] = following
        return Noticed(monitor=monitor, value=value)

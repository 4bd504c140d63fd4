"""Limits that hold only for so long while nobody can change them (OCPP 2.1: maxOfflineDuration, invalidAfterOfflineDuration)."""

from __future__ import annotations

import asyncio
from typing import Any

MARGIN_S = 0.5
"""Timers may fire a little early."""


class OfflineLimits:
    """Those of one station; they stand among its limits, and which of them hold, `limits.in_force` says."""

    __slots__ = ("_station", "_timers")

    def __init__(self, station: Any) -> None:
        self._station = station
        self._timers: list[asyncio.TimerHandle] = []

    def link_down(self) -> None:
        """From now on time counts against them."""
        self.stop()
        lengths = {limit.offline_s_max for limit in self._station.limits if limit.offline_s_max is not None}
        self._timers = [self._station.clock.after(length_s + MARGIN_S, self._ended) for length_s in sorted(lengths)]

    def link_up(self) -> None:
        """Those that may come back hold again."""
        self.stop()
        if any(limit.offline_s_max is not None for limit in self._station.limits):
            self._station.replace_limits(self._station.limits)

    def stop(self) -> None:
        """Look no more."""
        for timer in self._timers:
            timer.cancel()
        self._timers = []

    def _ended(self) -> None:
        """Time has run out for some: those that end for good are forgotten, the others wait for the link."""
        station = self._station
        away_s = station.offline_s(station.clock.now())
        kept = tuple(limit for limit in station.limits if not (limit.is_gone_offline and limit.is_over(away_s)))
        station.replace_limits(kept)

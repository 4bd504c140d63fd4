"""Time as simulated stations live it: it starts at the true instant and runs a chosen number of times as fast.

Only what belongs to charging runs on it (time stamps, sampling, heartbeats, stays). What belongs to the network
(time-outs, back-off) runs on true time, because the network does not get faster.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from voltway.kernel import clock


class VirtualClock:
    """Instants and timers of a fleet; `speed` virtual seconds pass in one true second."""

    __slots__ = ("_began_at", "_began_monotonic", "_loop", "speed")

    def __init__(self, speed: float = 1.0, loop: asyncio.AbstractEventLoop | None = None) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be positive, not {speed}")
        self.speed = speed
        self._loop = loop or asyncio.get_running_loop()
        self._began_at = clock.now()
        self._began_monotonic = clock.monotonic()

    def now(self) -> datetime:
        """The virtual instant, UTC."""
        true_s = clock.monotonic() - self._began_monotonic
        return self._began_at + timedelta(seconds=true_s * self.speed)

    def elapsed_s(self) -> float:
        """Virtual seconds since the beginning; no correction touches them, and they never go back."""
        return (clock.monotonic() - self._began_monotonic) * self.speed

    def correct(self, seconds: float) -> None:
        """Somebody knows the time better: go on from so much later."""
        self._began_at += timedelta(seconds=seconds)

    def after(self, virtual_s: float, action: Callable[[], object]) -> asyncio.TimerHandle:
        """Run `action` once so many virtual seconds have passed."""
        return self._loop.call_later(virtual_s / self.speed, action)

    def after_true(self, true_s: float, action: Callable[[], object]) -> asyncio.TimerHandle:
        """Run `action` once so many true seconds have passed: for time-outs and back-off on the network."""
        return self._loop.call_later(true_s, action)

    def soon(self, action: Callable[[], object]) -> asyncio.Handle:
        """Run `action` as soon as what runs now has returned."""
        return self._loop.call_soon(action)

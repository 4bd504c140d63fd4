"""Dynamic limits of OCPP 2.1 (K28): a profile of one value, that the CSMS changes or that the station asks for at an interval."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from voltway.station.ocpp.caller import OutgoingCall
from voltway.station.ocpp.vocabulary import Verdict

if TYPE_CHECKING:
    from voltway.station.ocpp.limits import Limit


class DynamicLimits:
    """Those of one station; the values themselves stand among its limits."""

    __slots__ = ("_station", "_timers")

    def __init__(self, station: Any) -> None:
        self._station = station
        self._timers: dict[int, asyncio.TimerHandle] = {}

    def start(self) -> None:
        """Ask for those from before a reboot."""
        for limit in self._station.limits:
            self.follow(limit)

    def stop(self) -> None:
        """Ask no more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def follow(self, limit: Limit) -> None:
        """Ask for new values of a limit from now on, if it says how often."""
        if (timer := self._timers.pop(limit.profile_id, None)) is not None:
            timer.cancel()
        if limit.is_dynamic and limit.update_every_s:
            due = partial(self._due, limit.profile_id)
            self._timers[limit.profile_id] = self._station.clock.after(limit.update_every_s, due)

    def update(self, profile_id: int, value: float | None) -> Verdict:
        """A new value for a limit; it holds from now on. Rejected for one that is not dynamic, and for no value."""
        station, limit = self._station, self._find(profile_id)
        if limit is None or value is None or value < 0:
            return Verdict.REJECTED
        fresh = replace(limit, periods=((0, value),), updated_at=station.clock.now())
        station.replace_limits(tuple(fresh if one is limit else one for one in station.limits))
        return Verdict.ACCEPTED

    def _find(self, profile_id: int) -> Limit | None:
        wanted = (one for one in self._station.limits if one.profile_id == profile_id and one.is_dynamic)
        return next(wanted, None)

    def _due(self, profile_id: int) -> None:
        limit, station = self._find(profile_id), self._station
        if limit is None:
            self._timers.pop(profile_id, None)
            return
        request = station.dialect.pull(profile_id)
        if request is not None and station.is_online:
            heard = lambda answer: self.update(profile_id, station.dialect.read_pull(answer))  # noqa: E731
            station.caller.submit(OutgoingCall(request, heard))
        self.follow(limit)

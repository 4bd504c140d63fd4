"""Monitors at work: what is measured at the EVSEs is looked at each second, while there is a monitor at all."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from voltway.station.ocpp.monitors import SEVERITY_MAX, Monitor, Monitors, Watch
from voltway.station.ocpp.variables import Variable
from voltway.station.ocpp.vocabulary import Context

if TYPE_CHECKING:
    from voltway.station.ocpp.keeping import Memory
    from voltway.wire.ocpp.shapes import Shape

EVERY_S = 1.0
MISSED_MAX = 100
"""So many messages wait for the link; of more, the oldest are forgotten."""


class Monitoring:
    """The monitors of one station. What is serious enough and noticed while nobody is linked is told later, unless the station
    reboots before (N07, `OfflineQueuingSeverity`)."""

    __slots__ = ("_missed", "_station", "_timer", "_watch", "monitors")

    def __init__(self, station: Any) -> None:
        self._station = station
        self._watch = Watch()
        self._timer: asyncio.TimerHandle | None = None
        self._missed: list[Shape] = []
        self.monitors = Monitors()

    def start(self) -> None:
        """Look from now on."""
        self._await_look()

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def take_up(self, memory: Memory) -> None:
        """The monitors from before a reboot."""
        self.monitors = memory.load("monitors", Monitors) or self.monitors

    def value_of(self, variable: Variable) -> str:
        """What a variable says now: a setting, or what is seen or measured at its EVSE, in OCPP's words and units."""
        station = self._station
        if not variable.live:
            text: str = station.settings.text(variable)
            return text
        evse = station.evses[(variable.evse_number or 1) - 1]
        if variable.live == "state":
            word: str = station.dialect.status_word(evse.state)
            return word
        return str(getattr(evse.hardware.sample(station.clock.now(), Context.TRIGGER, ()), variable.live))

    def set(self, monitor: Monitor, *, is_numeric: bool) -> tuple[str, int | None]:
        """Take a monitor; the word of the answer, and its number."""
        replaced = self.monitors.standing.get(monitor.number)
        word, number = self.monitors.set(monitor, is_numeric=is_numeric)
        if number is not None:
            if replaced is not None:
                self._watch.forget(replaced)
            self._station.keep("monitors")
            self._station.clock.soon(self.look)
        return word, number

    def clear(self, number: int) -> bool:
        """Forget a monitor; whether there was one."""
        known = self.monitors.standing.get(number)
        if known is None:
            return False
        self.monitors.clear(number)
        self._watch.forget(known)
        self._station.keep("monitors")
        return True

    def set_level(self, severity: int) -> bool:
        """The least serious that is told from now on; False for what is no severity."""
        if not 0 <= severity <= SEVERITY_MAX:
            return False
        self.monitors.level = severity
        self._station.keep("monitors")
        return True

    def look(self) -> None:
        """Compare what is measured with the monitors, tell what was noticed, and look again in a second."""
        self.stop()
        station = self._station
        variables = {variable.name: variable for variable in station.settings.device_model() if variable.live}

        def has_transaction(name: str) -> bool:
            return station.evses[(variables[name].evse_number or 1) - 1].transaction is not None

        now = station.clock.now()
        noticed = self._watch.look(
            self.monitors, lambda name: self.value_of(variables[name]), has_transaction, station.clock.elapsed_s(), now
        )
        if not station.is_online:
            severity_max = station.settings.integer("offline_severity")
            noticed = [one for one in noticed if one.monitor.severity <= severity_max]
        if noticed:
            request = station.dialect.monitored(station, noticed, now, station.new_event_ids(len(noticed)))
            if request is not None:
                station.clock.soon(partial(self.tell, request))
        self._await_look()

    def tell(self, request: Shape) -> None:
        """Tell something that was noticed, now or when the station is linked again."""
        if self._station.is_online:
            self._station.call(request)
        else:
            self._missed = [*self._missed, request][-MISSED_MAX:]

    def tell_missed(self) -> None:
        """The station is online: what was noticed meanwhile is told in its order."""
        missed, self._missed = self._missed, []
        for request in missed:
            self._station.call(request)

    def forget_missed(self) -> None:
        """What waits is in the words of another protocol."""
        self._missed = []

    def _await_look(self) -> None:
        if self.monitors.standing and self._timer is None:
            self._timer = self._station.clock.after(EVERY_S, self.look)

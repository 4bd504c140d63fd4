"""A fleet of simulated stations with their drivers, run as one thing."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from voltway.station.ocpp.dialects import DIALECTS
from voltway.station.ocpp.virtual_time import VirtualClock
from voltway.station.ocpp.vocabulary import Counters, IdToken, StationSpec
from voltway.station.simulator.control import SimulatedStation, build, give_seals
from voltway.station.simulator.driver import SimulatedDriver, hand_of
from voltway.station.simulator.ledger import Ledger
from voltway.station.simulator.machine import MachineEvse
from voltway.station.simulator.quirks import spoiler
from voltway.station.simulator.scenarios import Range, Scenario

CONNECTS_AT_ONCE = 50
# Stations switch on one after the other, at this pace and within this time.
STARTS_PER_S = 200
START_SPREAD_S_MAX = 10.0
LOOK_S = 0.2
DRAIN_S = 30.0


class CannotConnect(Exception):
    """No station of the fleet has ever got through; the text says why."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How a fleet stands at one moment."""

    stations: int
    online: int
    waiting: int
    active: int
    done: int
    messages: int
    energy_wh: int
    errors: int
    undelivered: int


class Fleet:
    """Stations of the given specs against one CSMS. Build it inside the event loop that is to run it.

    `url` is the CSMS's address without the identity, `tokens` are what drivers present, `rng` decides everything that is
    left to chance. A fleet runs once.
    """

    def __init__(
        self,
        specs: Sequence[StationSpec],
        url: str,
        scenario: Scenario,
        rng: random.Random,
        *,
        tokens: Sequence[IdToken],
        speed: float = 1.0,
        visits_max: int | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.clock = VirtualClock(speed)
        self.began_at = self.clock.now()
        self.ledger = Ledger()
        self.counters = Counters()
        self._scenario = scenario if visits_max is None else replace(scenario, visits_max=visits_max)
        self._rng = rng
        gate = asyncio.Semaphore(CONNECTS_AT_ONCE)
        self.stations = [self._station(spec, url, gate, ssl_context) for spec in specs]
        evses = [evse for station in self.stations for evse in station.evses]
        self._drivers = [
            SimulatedDriver(
                evse,
                self._scenario,
                random.Random(rng.getrandbits(64)),
                hand_of(tokens, seat, len(evses)),
                self._finished,
            )
            for seat, evse in enumerate(evses)
        ]
        self._busy_drivers = len(self._drivers)
        self._troubles: dict[object, asyncio.TimerHandle] = {}
        """What is to go wrong next, by what it happens to."""

    def _station(
        self, spec: StationSpec, url: str, gate: asyncio.Semaphore, ssl_context: ssl.SSLContext | None
    ) -> SimulatedStation:
        # One generator each, so that what one station does is not decided by how fast another one is.
        rng = random.Random(self._rng.getrandbits(64))
        station = SimulatedStation(
            spec,
            DIALECTS[spec.protocol],
            url,
            clock=self.clock,
            rng=rng,
            ledger=self.ledger,
            counters=self.counters,
            gate=gate,
            ssl_context=ssl_context,
            build=lambda station, number: build(station, number, float(rng.randrange(10_000, 5_000_000))),
        )
        if spec.signs:
            give_seals(station)
        if spec.quirks:
            station.link.spoil = spoiler(spec.quirks)
        return station

    async def run(self, stop: asyncio.Event, *, drain_s: float = DRAIN_S, is_failing_fast: bool = False) -> None:
        """Run until `stop` is set or every driver is done; then let all leave, deliver what is queued, switch off.

        Raises CannotConnect if `is_failing_fast` and the first connections of the fleet all fail.
        """
        spread_s = min(START_SPREAD_S_MAX, len(self.stations) / STARTS_PER_S)
        for number, station in enumerate(self.stations):
            station.start(spread_s * number / len(self.stations))
            self._plan(station.link, self._scenario.link_lasts_s, partial(self._lose_link, station))
            self._plan(station, self._scenario.fault_every_s, partial(self._break, station))
        self._plan(self, self._scenario.outage_every_s, self._lose_all)
        for driver in self._drivers:
            driver.begin()
        try:
            while not stop.is_set() and self._busy_drivers:
                if is_failing_fast and not self.counters.connects and self.counters.connect_failure is not None:
                    raise CannotConnect(self.counters.connect_failure)
                await _wait(stop, LOOK_S)
            await self._drain(drain_s)
        finally:
            self._switch_off()

    def snapshot(self) -> Snapshot:
        now = self.clock.now()
        charging_wh = 0
        for station in self.stations:
            for evse in station.evses:
                if evse.transaction is not None:
                    evse.hardware.advance(now)
                    charging_wh += evse.hardware.register_wh - evse.transaction.meter_start_wh
        counters = self.counters
        return Snapshot(
            stations=len(self.stations),
            online=sum(station.is_online for station in self.stations),
            waiting=sum(station.is_waiting for station in self.stations),
            active=self.ledger.active,
            done=self.ledger.ended_count,
            messages=counters.calls_sent + counters.calls_received,
            energy_wh=self.ledger.energy_wh + charging_wh,
            errors=counters.call_errors + counters.timeouts + counters.connect_failures,
            undelivered=self._undelivered(),
        )

    async def _drain(self, drain_s: float) -> None:
        """Everybody leaves, every link comes back, every report is given its time to be delivered."""
        for trouble in self._troubles.values():
            trouble.cancel()
        for driver in self._drivers:
            driver.wind_down()
        for station in self.stations:
            station.link.hurry()
        loop = asyncio.get_running_loop()
        deadline, left = loop.time() + drain_s, self._undelivered()
        while loop.time() < deadline:
            if all(station.caller.is_idle for station in self.stations):
                return
            await asyncio.sleep(LOOK_S)
            if self._undelivered() < left:  # it is slow, but it goes on
                deadline, left = loop.time() + drain_s, self._undelivered()

    def _undelivered(self) -> int:
        return sum(len(station.caller.queued) for station in self.stations)

    def _switch_off(self) -> None:
        for trouble in self._troubles.values():
            trouble.cancel()
        for driver in self._drivers:
            driver.close()
        for station in self.stations:
            station.stop()

    def _finished(self) -> None:
        self._busy_drivers -= 1

    def _plan(self, what: object, range_s: Range | None, happen: Callable[[], None]) -> None:
        """Have something go wrong after a while, again and again."""
        if range_s is not None:
            self._troubles[what] = self.clock.after(
                self._rng.uniform(*range_s), lambda: self._happen(what, range_s, happen)
            )

    def _happen(self, what: object, range_s: Range, happen: Callable[[], None]) -> None:
        happen()
        self._plan(what, range_s, happen)

    def _lose_link(self, station: SimulatedStation, away_s: float | None = None) -> None:
        if away_s is None:
            away_s = self._rng.uniform(*self._scenario.link_away_s)
        self.counters.links_lost += 1
        station.link.drop(away_s / self.clock.speed)

    def _lose_all(self) -> None:
        """Everybody is away, and everybody comes back at one moment."""
        away_s = self._rng.uniform(*self._scenario.outage_lasts_s)
        for station in self.stations:
            self._lose_link(station, away_s)

    def _break(self, station: SimulatedStation) -> None:
        """One AC EVSE of a station has a fault for a while; DC is computed, and has none."""
        breakable = [evse.hardware for evse in station.evses if isinstance(evse.hardware, MachineEvse)]
        if breakable:
            hardware, fault = self._rng.choice(breakable), self._rng.choice(self._scenario.faults)
            self.counters.faults += 1
            hardware.inject(fault)
            lasts_s = self._rng.uniform(*self._scenario.fault_lasts_s)
            self.clock.after(lasts_s, partial(hardware.inject, fault, is_present=False))


async def _wait(stop: asyncio.Event, true_s: float) -> None:
    try:
        async with asyncio.timeout(true_s):
            await stop.wait()
    except TimeoutError:
        return

"""The network of the simulation: what a station's WebSocket link is otherwise, with everything that happens to messages."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voltway.modules.gateway.admission import Approach, Welcome
from voltway.modules.gateway.handshake import Target
from voltway.modules.gateway.link import Link

if TYPE_CHECKING:
    from fleet.simulation.world import World
    from voltway.station.simulator.control import SimulatedStation

STABLE_S = 30.0


@dataclass(frozen=True)
class Weather:
    """How likely things are. Per message: that it comes twice, that the connection breaks with it on its way, that it takes
    longer than a station waits. Per connection: that it ends without either side's knowing (half-open), and how long it lasts."""

    twice: float = 0.0
    break_with_it: float = 0.0
    very_late: float = 0.0
    half_open: float = 0.0
    lasts_s: float | None = None
    away_s: float = 60.0
    latency_s: float = 0.05


CALM = Weather()
STORMY = Weather(
    twice=0.02, break_with_it=0.01, very_late=0.003, half_open=0.3, lasts_s=7200.0, away_s=900.0, latency_s=0.2
)


class Wire:
    """One connection. To the platform it is the transport of a link; messages of one direction keep their order."""

    def __init__(self, end: StationEnd, link: Link, world: World) -> None:
        self._end, self._link, self._world = end, link, world
        self._loop = asyncio.get_running_loop()
        self._free_at = {"up": 0.0, "down": 0.0}
        self._held: list[bytes] | None = None
        self.is_dead = False
        """Nothing gets through any more; who has noticed is another matter."""
        lasts_s = world.weather.lasts_s
        self._life = (
            None if lasts_s is None else self._loop.call_later(world.rng.expovariate(1 / lasts_s), self._wear_out)
        )

    # ---- what the link does (its Transport)

    def send(self, message: bytes) -> None:
        self._carry("down", lambda: self._end.received(self, message))

    def ping(self) -> None:
        self._carry("down", lambda: self._carry("up", self._link.ponged))

    def pause(self) -> None:
        self._held = self._held or []

    def resume(self) -> None:
        held, self._held = self._held, None
        for message in held or ():
            self._arrive(message)

    def close(self, code: int, reason: str) -> None:
        self.resume()
        self._carry("down", lambda: self._end.lost(self))
        self._link.lost(reason)

    def abort(self) -> None:
        self.cut(platform_notices=True, station_notices=True)

    # ---- what the station does

    def say(self, message: bytes) -> None:
        """Send a message to the platform."""
        self._carry("up", lambda: self._arrive(message))
        if self._world.rng.random() < self._world.weather.twice:
            self._carry("up", lambda: self._arrive(message))

    def cut(self, *, platform_notices: bool, station_notices: bool) -> None:
        """The connection is gone, and what is on its way with it."""
        self.is_dead = True
        if self._life is not None:
            self._life.cancel()
        if platform_notices:
            self._loop.call_soon(self._link.lost, "connection lost")
        if station_notices:
            self._loop.call_soon(self._end.lost, self)

    # ---- inside

    def _wear_out(self) -> None:
        """It ends by itself: for both sides, for one of them, or for none."""
        rng, half_open = self._world.rng, self._world.weather.half_open
        self._world.count("connections lost")
        self.cut(platform_notices=rng.random() >= half_open, station_notices=rng.random() >= half_open)

    def _arrive(self, message: bytes) -> None:
        if self._held is not None:
            self._held.append(message)
        elif self._link.transport is self:
            self._link.received(message)

    def _carry(self, way: str, deliver: Callable[[], object]) -> None:
        world, rng, weather = self._world, self._world.rng, self._world.weather
        if self.is_dead:
            return
        if rng.random() < weather.break_with_it:
            world.count("messages lost with their connection")
            self.cut(platform_notices=rng.random() < 0.7, station_notices=rng.random() < 0.7)
            return
        takes_s = rng.expovariate(1 / weather.latency_s)
        if rng.random() < weather.very_late:
            world.count("messages later than a station waits")
            takes_s += rng.uniform(20, 90)
        at = self._free_at[way] = max(self._free_at[way] + 1e-6, self._loop.time() + takes_s)
        self._loop.call_at(at, lambda: None if self.is_dead else deliver())


class StationEnd:
    """The station's side: takes the place of its WebSocket link, and finds its way back as that does."""

    def __init__(self, station: SimulatedStation, world: World, rng: random.Random) -> None:
        self._station, self._world, self._rng = station, world, rng
        self.subprotocol = station.dialect.subprotocol
        self._wire: Wire | None = None
        self._is_wanted = False
        self._retry: asyncio.TimerHandle | None = None
        self._attempts = 0
        self._up_since_s = 0.0

    # ---- what the station does (see station/simulator/link.py)

    @property
    def is_up(self) -> bool:
        return self._wire is not None

    def use_password(self, identity: str, password: str) -> None:
        raise AssertionError("stations of the simulation have no passwords")

    def start(self, after_true_s: float = 0.0) -> None:
        self._is_wanted = True
        self._schedule(after_true_s)

    def send(self, frame: bytes) -> None:
        if self._wire is not None:
            self._wire.say(frame)

    def abandon(self) -> None:
        if self._wire is not None:
            self._wire.cut(platform_notices=False, station_notices=True)

    def drop(self, for_true_s: float) -> None:
        self._hang_up()
        self._schedule(for_true_s)

    def hurry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
            self._schedule(0.0)

    def stop(self) -> None:
        self._is_wanted = False
        self._hang_up()

    # ---- what the connection tells

    def received(self, wire: Wire, message: bytes) -> None:
        if wire is self._wire:
            self._station.receive(message)

    def lost(self, wire: Wire) -> None:
        if wire is not self._wire:
            return
        self._wire = None
        loop = asyncio.get_running_loop()
        if loop.time() - self._up_since_s >= STABLE_S:
            self._attempts = 0
        self._station.link_down()
        away_s = self._rng.expovariate(1 / self._world.weather.away_s) if self._world.weather.lasts_s else 0.0
        self._schedule(self._back_off_s() + away_s)

    # ---- inside

    def _hang_up(self) -> None:
        wire, self._wire = self._wire, None
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if wire is not None:
            self._station.link_down()
            wire.cut(platform_notices=True, station_notices=False)

    def _schedule(self, after_s: float) -> None:
        if self._is_wanted and self._retry is None and self._wire is None:
            self._retry = asyncio.get_running_loop().call_later(after_s, self._begin)

    def _begin(self) -> None:
        self._world.spawn(self._connect())

    def _back_off_s(self) -> float:
        settings = self._station.settings
        doublings = min(self._attempts, settings.integer("backoff_repeats"))
        self._attempts += 1
        random_s = self._rng.uniform(0, settings.integer("backoff_random_s"))
        return float(settings.integer("backoff_minimum_s") * 2.0**doublings + random_s)

    async def _connect(self) -> None:
        """Knock as the gateway's port does for a station (gateway/server.py)."""
        link = None
        try:
            link = await self._knock()
        finally:  # also when the platform dies meanwhile
            self._retry = None
            if link is None:
                self._schedule(self._back_off_s())
        if link is None or not self._is_wanted or self._wire is not None:
            return
        wire = self._wire = Wire(self, link, self._world)
        link.transport = wire
        self._up_since_s = asyncio.get_running_loop().time()
        link.opened()
        self._station.link_up()

    async def _knock(self) -> Link | None:
        gateway = self._world.gateway
        if gateway is None or self._world.is_apart or gateway.doorkeeper.is_too_much():
            return None
        approach = Approach(Target(None, self._station.spec.identity), None, (self.subprotocol,))
        verdict = gateway.doorkeeper.judge(approach) or await gateway.doorkeeper.judge_again(approach, "10.0.0.1")
        if not isinstance(verdict, Welcome) or verdict.credential is None or verdict.protocol is None:
            return None
        if gateway.doorkeeper.comes_too_often(verdict):
            return None
        return gateway._make_link(verdict, "10.0.0.1")

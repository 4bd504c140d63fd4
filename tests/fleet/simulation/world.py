"""A simulated world: the platform, its stations and their drivers, and the faults that a seed decides on."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import structlog

from fleet.furnishing import MODULES, PRICES, SEEDS, TOKEN, seed_platform
from fleet.history import Finding, check
from fleet.reading import books_of, history_of
from fleet.simulation import memory_database
from fleet.simulation.memory_database import Disk
from fleet.simulation.network import CALM, STORMY, StationEnd, Weather
from fleet.simulation.virtual_loop import VirtualLoop, run_virtually
from voltway.app import catalog
from voltway.kernel import outbound
from voltway.kernel.bus import events
from voltway.kernel.module import Manifest
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.gateway import Gateway, gateway_of
from voltway.modules.gateway.server import StationPort
from voltway.modules.gateway.settings import GatewaySettings
from voltway.modules.stations.settings import StationsSettings
from voltway.station.ocpp.caller import OutgoingCall
from voltway.station.ocpp.dialects import DIALECTS
from voltway.station.ocpp.virtual_time import VirtualClock
from voltway.station.ocpp.vocabulary import Counters, IdToken, StationSpec, TransactionReport
from voltway.station.simulator.control import SimulatedControl, SimulatedStation, build
from voltway.station.simulator.driver import SimulatedDriver
from voltway.station.simulator.ledger import Ledger
from voltway.station.simulator.scenarios import Scenario

DAY_S = 86_400.0
SETTLES_WITHIN_S = 6 * 3600.0
SECRET = b"the secret of a simulated installation"
DRIVERS = Scenario(
    "simulated", "some hours each", first_arrival_s=(0, 7200), gap_s=(900, 14_400), stay_s=(1200, 14_400)
)
SAMPLE_S, HEARTBEAT_S = 900, 7200
JOBS_EVERY_S = 600.0  # what comes round each second would be most of the work of a quiet day
PING_TICK_S = 30.0
SETTINGS = {
    "gateway": GatewaySettings(
        unknown_stations="accept",
        log_messages=False,
        ask_boot_after_s=3600,
        ping_interval_s=20,
        lease_s=4 * JOBS_EVERY_S,
    ),
    "stations": StationsSettings(heartbeat_interval_s=HEARTBEAT_S),
}


@dataclass(frozen=True)
class Plan:
    """How a run goes. The faults come as they like, so many times a day; with all of them 0 and calm weather nothing happens."""

    seed: int
    stations: int = 12
    days: float = 1.0
    weather: Weather = STORMY
    crashes: float = 4.0
    full_disks: float = 2.0
    outages: float = 2.0
    """All links are lost at once."""
    partitions: float = 0.5
    """Nobody reaches the platform, for `partition_s` on average; stations go on charging and queue."""
    partition_s: float = 3 * 3600.0
    clock_jumps: float = 1.0
    """Of each station's clock, by up to some hours."""
    shuffles: float = 6.0
    """A 2.x station mixes up what it has queued of a transaction."""
    looks: float = 12.0
    """How often what must never be is looked for."""


@dataclass
class Outcome:
    """What came of a run."""

    seed: int
    findings: list[Finding]
    station_days: float
    charges: int
    facts: int
    commits: int
    trace: str
    """The same for the same seed, or something is left to chance that should not be."""
    counts: Counter[str] = field(default_factory=Counter)


class StationClock(VirtualClock):
    """A clock that is wrong: by how much is its own affair."""

    __slots__ = ("offset_s",)

    def __init__(self, offset_s: float) -> None:
        super().__init__()
        self.offset_s = offset_s

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.offset_s)


class World:
    """Everything of one run. `gateway` is None while the platform is dead."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rng = random.Random(plan.seed)
        self.weather = plan.weather
        self.gateway: Gateway | None = None
        self.runtime: Runtime | None = None
        self.disk = Disk(random.Random(self.rng.getrandbits(64)), SEEDS)
        self.ledger = Ledger()
        self.ledger.deliveries = []
        self.counts: Counter[str] = Counter()
        self.is_apart = False
        gate = asyncio.Semaphore(1)
        counters = Counters()
        self.stations: list[SimulatedStation] = []
        self.drivers: list[SimulatedDriver] = []
        for number in range(plan.stations):
            protocol = sorted(DIALECTS)[number % len(DIALECTS)]
            station = SimulatedStation(
                StationSpec(f"SIM-{number:03}", protocol),
                DIALECTS[protocol],
                "ws://nowhere",
                clock=StationClock(self.rng.uniform(-90, 90) if plan.clock_jumps else 0.0),
                rng=random.Random(self.rng.getrandbits(64)),
                ledger=self.ledger,
                counters=counters,
                gate=gate,
                build=self._evse,
            )
            station.link = StationEnd(station, self, random.Random(self.rng.getrandbits(64)))  # type: ignore[assignment]
            station.settings.store("sample_interval_s", str(SAMPLE_S))
            self.stations.append(station)
            self.drivers += [
                SimulatedDriver(evse, DRIVERS, random.Random(self.rng.getrandbits(64)), (IdToken(TOKEN),), lambda: None)
                for evse in station.evses
            ]

    def count(self, what: str) -> None:
        self.counts[what] += 1

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.get_running_loop().create_task(work)

    # ---- the platform

    async def start_platform(self) -> None:
        """A process starts on what is on the disk."""
        self.runtime = Runtime(
            (outbound.MANIFEST, *map(_unhurried, catalog.load(MODULES))),
            memory_database.open_database(),
            settings=SETTINGS,
            secret=SECRET,
        )
        await self.runtime.start()
        self.gateway = gateway_of(self.runtime)

    async def kill_platform(self) -> None:
        """The process dies between two steps of whatever it does; what it has committed is all that is left of it."""
        self.gateway = self.runtime = None
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        self.disk.rollback()
        for station in self.stations:
            end = station.link
            assert isinstance(end, StationEnd)
            if end._wire is not None:
                end._wire.cut(platform_notices=False, station_notices=True)
        await asyncio.gather(*tasks, return_exceptions=True)
        self.disk.rollback()

    # ---- faults

    async def crash(self) -> None:
        """The platform is killed, and somebody starts it again."""
        await self.kill_platform()
        await asyncio.sleep(self.rng.expovariate(1 / 60))
        await self.start_platform()

    async def fill_disk(self) -> None:
        """Nothing can be written for some minutes."""
        self.disk.is_full = True
        await asyncio.sleep(self.rng.expovariate(1 / 300))
        self.disk.is_full = False

    async def lose_links(self) -> None:
        """Every link breaks at one moment."""
        for station in self.stations:
            end = station.link
            assert isinstance(end, StationEnd)
            if end._wire is not None:
                end._wire.cut(platform_notices=self.rng.random() < 0.5, station_notices=True)

    async def part(self) -> None:
        """Nobody reaches the platform for some time."""
        self.is_apart = True
        await self.lose_links()
        await asyncio.sleep(self.rng.expovariate(1 / self.plan.partition_s))
        self.is_apart = False

    async def jump_clock(self) -> None:
        """A station's clock is set."""
        clock = self.rng.choice(self.stations).clock
        assert isinstance(clock, StationClock)
        clock.offset_s = self.rng.choice((self.rng.uniform(-90, 90), self.rng.uniform(-7200, 7200)))

    async def shuffle(self) -> None:
        """A station mixes up what it has queued of each transaction, but for what is under way."""
        numbered = [station for station in self.stations if station.dialect.gives_transaction_ids]
        for station in numbered:
            queue = station.caller.queued
            by_transaction: dict[int, list[int]] = {}
            for index, call in enumerate(queue):
                if index:
                    by_transaction.setdefault(id(_transaction_of(call)), []).append(index)
            for indexes in by_transaction.values():
                if len(indexes) > 1:
                    self.count("queues shuffled")
                    mixed = [queue[index] for index in indexes]
                    self.rng.shuffle(mixed)
                    for index, call in zip(indexes, mixed, strict=True):
                        queue[index] = call

    # ---- a run

    async def run(self) -> Outcome:
        """Safety, then liveness."""
        await self.start_platform()
        assert self.runtime is not None
        await seed_platform(self.runtime.database)
        for station in self.stations:
            station.start(self.rng.uniform(0, 60))
        for driver in self.drivers:
            driver.begin()
        findings = await self._be_in_trouble()
        findings += await self._come_to_rest()
        history = history_of(self.stations)
        trace = random.Random(repr(history)).getrandbits(64)
        await self.kill_platform()
        return Outcome(
            seed=self.plan.seed,
            findings=findings,
            station_days=self.plan.stations * self.plan.days,
            charges=len(history.charges),
            facts=len(history.facts),
            commits=self.disk.commits,
            trace=f"{trace:016x}",
            counts=self.counts,
        )

    async def _be_in_trouble(self) -> list[Finding]:
        plan, loop = self.plan, asyncio.get_running_loop()
        faults: dict[str, tuple[Callable[[], Coroutine[Any, Any, None]], float]] = {
            "crashes": (self.crash, plan.crashes),
            "full disks": (self.fill_disk, plan.full_disks),
            "outages": (self.lose_links, plan.outages),
            "partitions": (self.part, plan.partitions),
            "clock jumps": (self.jump_clock, plan.clock_jumps * plan.stations),
            "shuffles": (self.shuffle, plan.shuffles),
            "looks": (self._look, plan.looks),
        }
        names = [name for name, (_, a_day) in faults.items() if a_day]
        rates = [faults[name][1] for name in names]
        ends_at = loop.time() + plan.days * DAY_S
        self._findings: list[Finding] = []
        while loop.time() < ends_at and not self._findings:
            await asyncio.sleep(min(self.rng.expovariate(sum(rates) / DAY_S), ends_at - loop.time()))
            (name,) = self.rng.choices(names, rates)
            self.count(name)
            await faults[name][0]()
        return self._findings

    async def _look(self) -> None:
        if self.runtime is not None:
            books = await books_of(self.runtime.database)
            self._findings += check(history_of(self.stations), books, PRICES, is_over=False)

    async def _come_to_rest(self) -> list[Finding]:
        """Nothing is wrong any more and nobody comes any more: within hours all must be said and done."""
        self.weather = CALM
        for driver in self.drivers:
            driver.wind_down()
        deadline = asyncio.get_running_loop().time() + SETTLES_WITHIN_S
        while not self._is_at_rest():
            if asyncio.get_running_loop().time() > deadline:
                waiting = [station.spec.identity for station in self.stations if not station.caller.is_idle]
                return [Finding("liveness", ", ".join(waiting), f"not at rest after {SETTLES_WITHIN_S / 3600:g} hours")]
            await asyncio.sleep(60)
        await asyncio.sleep(2 * JOBS_EVERY_S)
        assert self.runtime is not None
        may_hold = frozenset({"time_implausible"} if self.plan.clock_jumps else ())
        return check(history_of(self.stations), await books_of(self.runtime.database), PRICES, may_hold=may_hold)

    def _evse(self, station: SimulatedStation, number: int) -> SimulatedControl:
        return build(station, number, float(self.rng.randrange(10_000, 5_000_000)))

    def _is_at_rest(self) -> bool:
        assert self.runtime is not None
        heard = not any(self.runtime.events.backlogs().values())
        said = all(station.caller.is_idle and station.is_online for station in self.stations)
        return heard and said and not self.runtime.commits.is_working and not self.ledger.active


def _transaction_of(call: OutgoingCall) -> object:
    report, _ = call.tag
    assert isinstance(report, TransactionReport)
    return report.transaction


def _unhurried(manifest: Manifest) -> Manifest:
    """The module with jobs that come round seldom, and pings with them."""
    jobs = tuple(replace(job, every_s=PING_TICK_S if job.name == "ping" else JOBS_EVERY_S) for job in manifest.jobs)
    return replace(manifest, jobs=jobs)


@contextmanager
def _silence() -> Iterator[None]:
    """Nobody reads what is logged in months of simulated time, and writing it takes longer than anything else."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)


async def _nothing(port: StationPort, *_: object) -> None:
    """There is no socket in the simulation."""


def simulate(plan: Plan) -> Outcome:
    """Run a plan from beginning to end; nothing of it depends on anything but the plan."""

    async def main(loop: VirtualLoop) -> Outcome:
        world = World(plan)
        with memory_database.on(world.disk):
            return await world.run()

    with (
        _silence(),
        mock.patch.object(StationPort, "start", _nothing),
        mock.patch.object(StationPort, "stop", _nothing),
        mock.patch.object(events, "POLL_S", 3600.0),
    ):
        return run_virtually(main, plan.seed)

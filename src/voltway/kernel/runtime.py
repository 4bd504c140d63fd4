"""One running process: its database, its bus, its group commit, its modules."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import structlog

from voltway.kernel import clock
from voltway.kernel.batching import GroupCommit
from voltway.kernel.bus.asks import Ask, Asks, Reply
from voltway.kernel.bus.events import Events, Listener
from voltway.kernel.database import Database
from voltway.kernel.ids import new_id
from voltway.kernel.module import Job, Manifest, Settings
from voltway.kernel.processes.carriers.port import Carrier
from voltway.kernel.processes.elsewhere import Elsewhere
from voltway.kernel.processes.job_leases import JobLeases
from voltway.kernel.processes.relays.port import EventBroker
from voltway.kernel.processes.relays.relay import Relay
from voltway.kernel.processes.settings import BusSettings
from voltway.kernel.secrets import derive_key

log = structlog.get_logger()

BUS_PURPOSE = "bus"
"""`derive_key(secret, BUS_PURPOSE)` seals what processes say to each other."""
S = TypeVar("S", bound=Settings)
T = TypeVar("T")


class Runtime:
    """What a module's functions get to work with.

    `settings(UsersSettings)` gives a module's settings, `state(Registry)` what it keeps in memory in this process.
    """

    def __init__(
        self,
        manifests: Sequence[Manifest],
        database: Database,
        *,
        settings: Mapping[str, Settings] | None = None,
        data_dir: Path | None = None,
        secret: bytes = b"",
        stalled_after_s: float = 5.0,
        own_url: str = "",
        carrier: Carrier | None = None,
        bus: BusSettings | None = None,
        event_broker: EventBroker | None = None,
    ) -> None:
        self.manifests = tuple(manifests)
        self.database = database
        self.data_dir = data_dir
        self.secret = secret
        """Key of this installation (>= 32 bytes): peppers and signatures are derived from it."""
        self.own_url = own_url
        """Where this process's HTTP port is on this machine; modules that hand out addresses have a setting besides."""
        self.node_id = new_id()
        """This process, for as long as it runs."""
        self.started_at = clock.now()
        self.asks = Asks()
        self.events = Events(database)
        self.commits = GroupCommit(database, stalled_after_s=stalled_after_s)
        self.elsewhere: Elsewhere | None = None
        """The other processes of this installation; None: there can be none."""
        self.leases: JobLeases | None = None
        """Which jobs come round here; None: all."""
        if carrier is not None:
            once = [f"{each.name}.{job.name}" for each in self.manifests for job in each.jobs if not job.everywhere]
            self.leases = JobLeases(self.node_id, database, once)
            self.elsewhere = Elsewhere(
                self.node_id,
                database,
                carrier,
                bus or BusSettings(),
                derive_key(secret, BUS_PURPOSE),
                asks=self.asks,
                commits=self.commits,
                events=self.events,
                leases=self.leases,
            )
        self.relay: Relay | None = None
        """Hands the events on to a broker, if one is set."""
        if event_broker is not None:
            self.relay = Relay(
                database,
                self.events,
                event_broker,
                consumer=f"relay:{type(event_broker).__name__}",
                partitions=(bus or BusSettings()).partitions,
                is_ours=self._is_first,
            )
        self.is_ready = False
        self._settings = dict(settings or {})
        self._state: dict[type[Any], Any] = {}
        self._jobs: list[asyncio.Task[None]] = []
        for manifest in self.manifests:
            self.asks.answer({request: partial(answer, self) for request, answer in manifest.answers.items()})
            self.commits.handle({report: build(self) for report, build in manifest.batches.items()})
            self.events.know(manifest.publishes)
            self.events.listen(
                Listener(manifest.name, {kind: partial(handler, self) for kind, handler in manifest.listens.items()})
            )

    def settings(self, kind: type[S]) -> S:
        """The settings of the module that declares this class."""
        for manifest in self.manifests:
            if manifest.settings is kind:
                found = self._settings.get(manifest.name)
                return found if isinstance(found, kind) else kind()
        return kind()

    def state(self, kind: type[T]) -> T:
        """The one object of this class in this process, made at first use with `kind()`: a module's memory."""
        found = self._state.get(kind)
        if found is None:
            found = self._state[kind] = kind()
        instance: T = found
        return instance

    def keep(self, instance: object) -> None:
        """Keep an object that needs arguments to be made; `state(type)` finds it."""
        self._state[type(instance)] = instance

    async def ask(self, request: Ask[Reply], *, timeout_s: float | None = None, node_id: str | None = None) -> Reply:
        """Short for `asks.ask`."""
        return await self.asks.ask(request, timeout_s=timeout_s, node_id=node_id)

    async def ask_or(self, request: Ask[Reply], default: Reply) -> Reply:
        """The reply to a request, or the default where no module answers it, here or in another process. A module that runs
        and does not answer in time is another matter, AskTimedOut; so is one whose process has just gone, AnswererAway."""
        return await self.asks.ask(request) if self.asks.is_answered(type(request)) else default

    async def start(self) -> None:
        """Start the bus, then the modules in their order, then their jobs."""
        await self.events.start()
        await self.commits.start()
        if self.elsewhere is not None:
            await self.elsewhere.start()
        if self.relay is not None:
            await self.relay.start()
        for manifest in self.manifests:
            if manifest.start is not None:
                await manifest.start(self)
        for manifest in self.manifests:
            for job in manifest.jobs:
                name = f"{manifest.name}.{job.name}"
                task = asyncio.create_task(self._come_round(name, job), name=f"job:{name}")
                self._jobs.append(task)
        if self.elsewhere is not None:
            await self.elsewhere.open()
        self.is_ready = True

    async def stop(self) -> None:
        """Stop in the opposite order: no new work, then what waits is committed, then the connections close."""
        self.is_ready = False
        for task in self._jobs:
            task.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)
        for manifest in reversed(self.manifests):
            if manifest.stop is not None:
                await manifest.stop(self)
        if (
            self.elsewhere is not None
        ):  # not before: a gateway that sends its stations off takes orders for them meanwhile
            await self.elsewhere.close()
        await self.commits.stop()
        if self.relay is not None:
            await self.relay.stop()
        await self.events.stop()
        if self.elsewhere is not None:
            await self.elsewhere.stop()
        await self.database.close()

    def _is_first(self) -> bool:
        """Whether this process does what one process of an installation does."""
        return self.elsewhere is None or all(self.node_id < node.id for node in self.elsewhere.others)

    async def _come_round(self, name: str, job: Job) -> None:
        while True:
            await asyncio.sleep(job.every_s)
            try:
                if self.leases is None or job.everywhere:
                    await job.run(self)
                else:
                    await self.leases.come_round(name, partial(job.run, self))
            except Exception as error:
                log.error("job.failed", job=name, exc_info=error)

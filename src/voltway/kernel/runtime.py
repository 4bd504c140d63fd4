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

log = structlog.get_logger()

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

    async def ask(self, request: Ask[Reply], *, timeout_s: float | None = None) -> Reply:
        """Short for `asks.ask`."""
        return await self.asks.ask(request, timeout_s=timeout_s)

    async def start(self) -> None:
        """Start the bus, then the modules in their order, then their jobs."""
        await self.events.start()
        await self.commits.start()
        for manifest in self.manifests:
            if manifest.start is not None:
                await manifest.start(self)
        for manifest in self.manifests:
            for job in manifest.jobs:
                task = asyncio.create_task(self._come_round(job), name=f"job:{manifest.name}.{job.name}")
                self._jobs.append(task)
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
        await self.commits.stop()
        await self.events.stop()
        await self.database.close()

    async def _come_round(self, job: Job) -> None:
        while True:
            await asyncio.sleep(job.every_s)
            try:
                await job.run(self)
            except Exception as error:
                log.error("job.failed", job=job.name, exc_info=error)

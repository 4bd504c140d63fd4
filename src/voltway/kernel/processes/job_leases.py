"""Who runs which job: where several processes have a module, each of its jobs comes round in one of them at a time.

A row names the process that has a job, and how often it has changed hands (the epoch). It holds as long as that process is alive
in the directory (nodes.py), so that keeping it costs nothing. A process that was stopped for so long that another has taken its
job cannot write any more in the round it was in: each of the round's transactions looks at the epoch as its last statement.

Among the living, a job belongs to one by arithmetic that all do alike, so that jobs spread over the processes: a newcomer is
handed its part between two rounds, and what a dead process had falls to all others.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

import sqlalchemy as sa
import structlog

from voltway.kernel import bulk, clock
from voltway.kernel.database import Database, Tx, UtcDateTime, before_commit_here, metadata

log = structlog.get_logger()

job_leases = sa.Table(
    "kernel_job_leases",
    metadata,
    sa.Column("name", sa.String(120), primary_key=True, comment="module.job"),
    sa.Column("node_id", sa.String(36), nullable=False, comment="the process that runs it, as long as that one lives"),
    sa.Column("epoch", sa.BigInteger, nullable=False, comment="one more each time that it changes hands"),
    sa.Column("taken_at", UtcDateTime, nullable=False),
)


class LeaseLost(Exception):
    """Another process has this job by now: nothing of this transaction is written."""


class Lease(NamedTuple):
    """What a row says."""

    node_id: str
    epoch: int


def belongs_to(job: str, node_ids: Collection[str]) -> str:
    """Which of the living runs a job: the one that draws the highest number for it. One that joins or leaves moves its own part
    of the jobs and no other (rendezvous hashing)."""
    return max(node_ids, key=lambda node_id: hashlib.blake2b(f"{job} {node_id}".encode(), digest_size=8).digest())


class JobLeases:
    """The jobs of this process, as far as one process of the installation runs them."""

    def __init__(self, node_id: str, database: Database, jobs: Sequence[str]) -> None:
        self._node_id, self._database = node_id, database
        self.jobs = tuple(sorted(jobs))
        self._held: dict[str, int] = {}
        self._sure_until = 0.0
        self._rounds: dict[str, asyncio.Timeout] = {}
        self._heirs: dict[str, str] = {}

    @property
    def held(self) -> tuple[str, ...]:
        """The jobs that come round here."""
        return tuple(sorted(self._held))

    def sure_until(self, until: float) -> None:
        """Our place in the directory holds until then, by the loop's clock: no round goes on for longer."""
        self._sure_until = until
        for limit in self._rounds.values():
            if not limit.expired():
                limit.reschedule(until)

    async def keep(self, able: Mapping[str, Collection[str]], living: Collection[str]) -> None:
        """Take what falls to us, give up what has been taken, name heirs. `able`: the living that have a job, ourselves among
        them; `living`: all that run, whether or not they have it."""
        if not self.jobs:
            return
        async with self._database.read() as tx:
            found = await _read(tx, self.jobs)
        for job in self._held.keys() - {job for job, lease in found.items() if lease.node_id == self._node_id}:
            self._lose(job)
        ours = {job for job in self.jobs if belongs_to(job, able[job]) == self._node_id}
        free = {job for job, lease in found.items() if lease.node_id not in living}
        new = sorted(job for job in ours if job not in found or job in free)
        if new:
            found |= await self._take(new, found)
        self._held = {job: lease.epoch for job, lease in found.items() if lease.node_id == self._node_id}
        self._heirs = {job: belongs_to(job, able[job]) for job in self._held if job not in ours}
        for job in tuple(self._heirs):
            if job not in self._rounds:
                await self._hand_over(job)

    async def come_round(self, job: str, work: Callable[[], Awaitable[None]]) -> None:
        """One round of a job, if it is ours."""
        loop = asyncio.get_running_loop()
        if job not in self._held or loop.time() >= self._sure_until:
            return
        limit = asyncio.timeout_at(self._sure_until)
        try:
            async with limit, _fenced(job, self._held[job]):
                self._rounds[job] = limit
                await work()
        except (TimeoutError, LeaseLost) as error:
            if isinstance(error, TimeoutError) and not limit.expired():
                raise
            self._held.pop(job, None)
            log.warning("job.lost", job=job)
        finally:
            self._rounds.pop(job, None)
        if job in self._heirs:
            await self._hand_over(job)

    async def _take(self, jobs: Sequence[str], found: Mapping[str, Lease]) -> dict[str, Lease]:
        """Take jobs that are free, and see which we have got: another may have been first."""
        async with self._database.begin() as tx:
            for job in jobs:
                if job in found:
                    await _move(tx, job, found[job].epoch, self._node_id)
            rows = [
                {"name": job, "node_id": self._node_id, "epoch": 1, "taken_at": clock.now()}
                for job in jobs
                if job not in found
            ]
            await bulk.insert_if_absent(tx, job_leases, rows)
            after = await _read(tx, jobs)
        log.info("jobs.taken", jobs=[job for job, lease in after.items() if lease.node_id == self._node_id])
        return after

    async def _hand_over(self, job: str) -> None:
        """Give a job to whom it belongs; between two rounds only."""
        epoch, heir = self._held.pop(job, None), self._heirs.pop(job, None)
        if epoch is not None and heir is not None:
            async with self._database.begin() as tx:
                await _move(tx, job, epoch, heir)
            log.info("job.handed_over", job=job, to=heir)

    def _lose(self, job: str) -> None:
        self._held.pop(job, None)
        limit = self._rounds.get(job)
        if limit is not None and not limit.expired():
            limit.reschedule(0)


async def _read(tx: Tx, jobs: Sequence[str]) -> dict[str, Lease]:
    statement = sa.select(job_leases).where(job_leases.c.name.in_(jobs))
    return {row.name: Lease(row.node_id, row.epoch) for row in (await tx.execute(statement)).all()}


async def _move(tx: Tx, job: str, epoch: int, node_id: str) -> None:
    """Give a job to a process, unless it has changed hands meanwhile."""
    await tx.execute(
        sa.update(job_leases)
        .where(job_leases.c.name == job, job_leases.c.epoch == epoch)
        .values(node_id=node_id, epoch=epoch + 1, taken_at=clock.now())
    )


@asynccontextmanager
async def _fenced(job: str, epoch: int) -> AsyncIterator[None]:
    """Transactions in this block commit only while the job is ours: whoever takes it waits for those that look just now. What
    the round has set going and does not wait for is no part of it once the block has ended."""
    is_over = False

    async def check(tx: Tx) -> None:
        if is_over:
            return
        statement = sa.select(job_leases.c.epoch).where(job_leases.c.name == job, job_leases.c.epoch == epoch)
        if tx.dialect != "sqlite":  # there the writer is alone
            statement = statement.with_for_update(read=True)
        if (await tx.execute(statement)).first() is None:
            raise LeaseLost(job)

    token = before_commit_here.set(check)
    try:
        yield
    finally:
        is_over = True
        before_commit_here.reset(token)

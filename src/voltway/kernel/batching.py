"""Group commit: many reports, one transaction, then all the answers.

What waits while one commit runs is the next batch: under load the batches grow by themselves, and an idle system commits
one report at a time with no added wait. Each kind of report has a `BatchHandler`; one batch holds reports of several kinds
and commits them all at once, so that there is one fsync for everything that is being said.

A handler works in two stages. `prepare` may ask other modules and has no transaction; `record` has the transaction and
never waits for anybody. A batch that fails is split until the report that poisons it stands alone; that one goes to
`quarantine` and is answered all the same. A database that is away poisons nothing: the batch waits, and is given up when
`stalled_after_s` has passed, so that the edge can close its links rather than keep stations waiting on a silent socket.
A module that is not loaded does not come by waiting: what asks it is poison, and handlers say what holds without it
(`Runtime.ask_or`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import structlog
from sqlalchemy.exc import IntegrityError

from voltway.kernel import clock
from voltway.kernel.bus.asks import NobodyAnswers
from voltway.kernel.bus.others import Others
from voltway.kernel.database import Database, Tx, is_conflict, is_unavailable
from voltway.kernel.errors import Unavailable
from voltway.kernel.latency import Latencies

log = structlog.get_logger()


class NothingCommits(Unavailable):
    """The database has not taken anything for some seconds."""

    title = "Nothing can be stored at the moment"


class BatchHandler(Protocol):
    """What a module does with a batch of one kind of report."""

    async def prepare(self, reports: Sequence[Any]) -> Any:
        """Ask others what `record` must know. No transaction is open."""
        ...

    async def record(self, tx: Tx, reports: Sequence[Any], prepared: Any) -> Sequence[Any]:
        """Store the reports; one receipt for each, in their order. Awaits nothing but the database."""
        ...

    async def quarantine(self, tx: Tx, report: Any, error: Exception) -> Any:
        """Keep a report that `record` cannot take, for a person to look at; the receipt to answer with."""
        ...


Done = Callable[[Any], None]
"""Gets the receipt, or an exception (NothingCommits) if the report was not stored."""


class _Waiting(msgspec.Struct, frozen=True, gc=False):  # a struct: one is made for every report
    report: Any
    done: Done
    since: float


class GroupCommit:
    """Collects reports and commits them in batches. `submit` and the answers run on the event loop, without tasks."""

    def __init__(self, database: Database, *, batch_max: int = 500, stalled_after_s: float = 5.0) -> None:
        self._database = database
        self._handlers: dict[type[Any], BatchHandler] = {}
        self._waiting: deque[_Waiting] = deque()
        self._batch_max = batch_max
        self._stalled_after_s = stalled_after_s
        self._work = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._inflight_since: float | None = None
        self.elsewhere: Others | None = None
        """The other processes, if there are any: they take the reports that nobody records here."""
        self.on_stall: list[Callable[[], None]] = []
        """Called when nothing could be committed for `stalled_after_s`."""
        self.on_commit: list[Callable[[Sequence[tuple[Any, Any, float]]], None]] = []
        """Called after the answers of a batch, with its reports, receipts and when each came (monotonic)."""
        self.committed = 0
        self.batches = 0
        self.quarantined = 0
        self.given_up = 0
        """Reports that were refused because nothing could be committed; stations keep them and say them again."""
        self.latencies = Latencies()
        """From the arrival of a report to its answer."""

    def handle(self, handlers: Mapping[type[Any], BatchHandler]) -> None:
        """Say who records which kind of report. The order of registration is the order inside a transaction."""
        self._handlers.update(handlers)

    def records(self, kind: type[Any]) -> bool:
        """Whether somebody records this kind of report."""
        return kind in self._handlers or (self.elsewhere is not None and self.elsewhere.answers(kind))

    @property
    def recorded(self) -> tuple[type[Any], ...]:
        """The kinds of reports that are recorded here."""
        return tuple(self._handlers)

    def submit(self, report: Any, done: Done) -> None:
        """Record a report with the next batch and call `done(receipt)` after its commit."""
        if self.elsewhere is not None and type(report) not in self._handlers and self.elsewhere.answers(type(report)):
            self.elsewhere.submit(report, done, self._stalled_after_s)
            return
        self._waiting.append(_Waiting(report, done, clock.monotonic()))
        if not self._work.is_set():
            self._work.set()

    async def record(self, report: Any) -> Any:
        """The receipt of a report, for callers that are coroutines. Raises NothingCommits."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def done(receipt: Any) -> None:
            if future.cancelled():
                return
            if isinstance(receipt, Exception):
                future.set_exception(receipt)
            else:
                future.set_result(receipt)

        self.submit(report, done)
        return await future

    @property
    def backlog(self) -> int:
        """How many reports wait for their commit."""
        return len(self._waiting)

    @property
    def is_working(self) -> bool:
        """Whether a report is being recorded, or waits to be."""
        return self._inflight_since is not None or bool(self._waiting)

    @property
    def is_stalled(self) -> bool:
        """Whether reports have waited for their commit for longer than `stalled_after_s`."""
        waiting_since = self._inflight_since or (self._waiting[0].since if self._waiting else None)
        return waiting_since is not None and clock.monotonic() - waiting_since > self._stalled_after_s

    async def start(self) -> None:
        """Begin committing."""
        self._task = asyncio.create_task(self._run(), name="group-commit")

    async def stop(self) -> None:
        """Commit what waits, then stop."""
        if self._task is None:
            return
        deadline = clock.monotonic() + self._stalled_after_s
        while (self._waiting or self._inflight_since) and clock.monotonic() < deadline:  # noqa: ASYNC110 - at shutdown only
            await asyncio.sleep(0.01)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    async def _run(self) -> None:
        while True:
            if not self._waiting:
                self._work.clear()
                await self._work.wait()
            await asyncio.sleep(0)  # whatever has reached the process by now is in this batch
            count = min(len(self._waiting), self._batch_max)
            batch = [self._waiting.popleft() for _ in range(count)]
            self._inflight_since = batch[0].since
            await self._commit_or_split(batch)
            self._inflight_since = None

    async def _commit_or_split(self, batch: list[_Waiting], *, is_again: bool = False) -> None:
        """Commit a batch; halve it where it fails, until the report that cannot be recorded stands alone.

        One that meets a taken key is tried once more: another node has just made the row, and now it can be seen.
        """
        try:
            receipts = await self._commit_patiently(batch)
        except NothingCommits as stalled:
            self._give_up(batch, stalled)
            return
        except Exception as error:
            if len(batch) > 1:
                log.warning("batch.split", size=len(batch), error=repr(error)[:500])
                middle = len(batch) // 2
                await self._commit_or_split(batch[:middle])
                await self._commit_or_split(batch[middle:])
                return
            if isinstance(error, IntegrityError) and not is_again:
                await self._commit_or_split(batch, is_again=True)
                return
            receipts = [await self._quarantine(batch[0], error)]
        self.committed += len(batch)
        self.batches += 1
        for waiting, receipt in zip(batch, receipts, strict=True):
            _answer(waiting, receipt)
        now = clock.monotonic()
        self.latencies.add([now - waiting.since for waiting in batch])
        for callback in self.on_commit:
            callback(
                [(waiting.report, receipt, waiting.since) for waiting, receipt in zip(batch, receipts, strict=True)]
            )

    async def _commit_patiently(self, batch: list[_Waiting]) -> list[Any]:
        """Commit; try again while the database is away or another node is in the way. Raises NothingCommits, or what is
        wrong with the batch."""
        pause_s = 0.05
        while True:
            try:
                async with asyncio.timeout(self._stalled_after_s):
                    return await self._commit(batch)
            except Exception as error:
                if not _may_pass(error):
                    raise
                if clock.monotonic() - batch[0].since > self._stalled_after_s:
                    raise NothingCommits(repr(error)[:200]) from error
                log.warning("batch.retried", error=repr(error)[:300])
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, 1.0)

    async def _commit(self, batch: list[_Waiting]) -> list[Any]:
        by_kind: dict[type[Any], list[int]] = {}
        for index, waiting in enumerate(batch):
            by_kind.setdefault(type(waiting.report), []).append(index)
        work = [
            (handler, indexes, [batch[index].report for index in indexes])
            for kind, handler in self._handlers.items()
            if (indexes := by_kind.pop(kind, None)) is not None
        ]
        if by_kind:
            raise TypeError(f"Nobody records {', '.join(kind.__name__ for kind in by_kind)}")
        prepared = [await handler.prepare(reports) for handler, _, reports in work]
        receipts: list[Any] = [None] * len(batch)
        async with self._database.begin() as tx:
            for (handler, indexes, reports), known in zip(work, prepared, strict=True):
                for index, receipt in zip(indexes, await handler.record(tx, reports, known), strict=True):
                    receipts[index] = receipt
        return receipts

    async def _quarantine(self, waiting: _Waiting, error: Exception) -> Any:
        self.quarantined += 1
        report = waiting.report
        log.error("report.quarantined", kind=type(report).__name__, exc_info=error)
        handler = self._handlers.get(type(report))
        if handler is None:
            return error
        try:
            async with self._database.begin() as tx:
                return await handler.quarantine(tx, report, error)
        except Exception as worse:
            log.error("quarantine.failed", kind=type(report).__name__, exc_info=worse)
            return worse

    def _give_up(self, batch: list[_Waiting], stalled: NothingCommits) -> None:
        """Answer everything that waits with the failure: the stations keep it and say it again."""
        log.error("commit.stalled", waiting=len(batch) + len(self._waiting), reason=stalled.detail)
        given_up = [*batch, *self._waiting]
        self.given_up += len(given_up)
        self._waiting.clear()
        for callback in self.on_stall:
            try:
                callback()
            except Exception as error:
                log.error("stall.unheard", exc_info=error)
        for waiting in given_up:
            _answer(waiting, stalled)


def _may_pass(error: Exception) -> bool:
    """Whether the same batch may be taken a moment later."""
    if isinstance(error, NobodyAnswers):
        return False
    return is_unavailable(error) or is_conflict(error) or isinstance(error, Unavailable)


def _answer(waiting: _Waiting, receipt: Any) -> None:
    try:
        waiting.done(receipt)
    except Exception as error:  # a bug in one link must not keep the others from their answers
        log.error("answer.failed", kind=type(waiting.report).__name__, exc_info=error)

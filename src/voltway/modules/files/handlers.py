"""What comes over the bus: how stations answer orders about files, and how they get on. These messages are rare: a few
statements for each are fine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog

from voltway.contracts.files import FileOrderEnded, ReportJobAnswer, ReportJobStatus
from voltway.contracts.station_link import ReportNotRecorded
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.files import rules, storage, store
from voltway.modules.files.settings import FilesSettings

log = structlog.get_logger()


class FilesHandler:
    """Base of the handlers: nobody has to be asked, and a report that cannot be recorded is logged."""

    def __init__(self, runtime: Runtime) -> None:
        pass

    async def prepare(self, reports: Sequence[Any]) -> None:
        """Nothing to ask."""

    async def quarantine(self, tx: Tx, report: Any, error: Exception) -> None:
        """The message log has the frame; this says which one is missing here."""
        log.error(
            "files.not_recorded", kind=type(report).__name__, station_id=report.station_id, message_id=report.message_id
        )
        tx.publish(ReportNotRecorded.of(report, error))


class JobAnswerHandler(FilesHandler):
    """Records how stations answer. A status may have come before: what the station has gone on to do holds."""

    async def record(self, tx: Tx, reports: Sequence[ReportJobAnswer], prepared: None) -> list[None]:
        for report in reports:
            await self._record_one(tx, report)
        return [None] * len(reports)

    async def _record_one(self, tx: Tx, report: ReportJobAnswer) -> None:
        job = await store.find_job(tx, report.station_id, None, report.request_number)
        if job is None:
            log.warning("job.not_known", station_id=report.station_id, request_number=report.request_number)
            return
        now = report.received_at
        values: dict[str, Any] = {"answer": report.wire_status and report.wire_status[:100], "changed_at": now}
        if report.file_name:
            values["file_name"] = rules.plain_name(report.file_name)
        if not report.is_accepted and job.outcome is None:
            values["outcome"] = rules.REJECTED
        await store.change_job(tx, job.id, values)
        if report.cancels_others:
            await store.cancel_others(tx, job, {"outcome": rules.CANCELED, "changed_at": now})


class JobStatusHandler(FilesHandler):
    """Records how stations get on: every status in the history, and what it means for its job."""

    async def record(self, tx: Tx, reports: Sequence[ReportJobStatus], prepared: None) -> list[None]:
        for report in reports:
            await self._record_one(tx, report)
        return [None] * len(reports)

    async def _record_one(self, tx: Tx, report: ReportJobStatus) -> None:
        if report.status == rules.IDLE:
            await store.add_status(tx, report, None, is_expected=True)
            return
        job = await store.find_job(tx, report.station_id, report.kind.value, report.request_number)
        if job is None:
            await store.add_status(tx, report, None, is_expected=False)
            return
        step = rules.step(report.kind, job.status, job.outcome, report.status)
        await store.add_status(tx, report, job.id, is_expected=step.is_expected)
        values = {"status": step.status, "outcome": step.outcome, "changed_at": report.received_at}
        await store.change_job(tx, job.id, values)


async def on_order_ended(runtime: Runtime, tx: Tx, events: Sequence[FileOrderEnded]) -> None:
    """Orders of which nothing comes: their jobs end, and their addresses with them. One that a station has begun on goes on."""
    for event in events:
        job = await store.find_job(tx, event.station_id, None, event.request_number)
        outcome = rules.BY_COMMAND.get(event.state)
        if job is not None and outcome is not None and job.outcome is None and job.status is None:
            await store.change_job(tx, job.id, {"outcome": outcome, "changed_at": event.at})


async def forget_old(runtime: Runtime) -> None:
    """Job: files and jobs that are older than they are to be kept, in chunks. The row goes first: a file without one is
    nobody's, a row without its file would promise one."""
    settings, now = runtime.settings(FilesSettings), clock.now()
    while True:
        async with runtime.database.begin() as tx:
            gone = await store.old_uploads(tx, now - timedelta(days=settings.upload_days))
            await store.remove_uploads(tx, gone)
            count = await store.forget_jobs(tx, now - timedelta(days=settings.job_days))
        for file_id in gone:
            await storage.remove(runtime, storage.UPLOADS, file_id)
        if max(len(gone), count) < store.PURGE_ROWS:
            return

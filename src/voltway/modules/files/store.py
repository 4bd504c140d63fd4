"""Reads and writes of the files module's tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.contracts.files import ReportJobStatus
from voltway.kernel import bulk
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.files.errors import FileNotFound, ImageNotFound, JobNotFound
from voltway.modules.files.rules import FINAL
from voltway.modules.files.tables import images, jobs, makers, statuses, uploads

Row = Any
PURGE_ROWS = 200

# ---- firmware images


async def add_image(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add an image without its content."""
    await bulk.insert(tx, images, [row])


async def get_image(tx: Tx, operator_id: str, image_id: str) -> Row:
    """An image. Raises ImageNotFound."""
    statement = sa.select(images).where(images.c.id == image_id, images.c.operator_id == operator_id)
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        raise ImageNotFound(f"There is no firmware image {image_id[:50]}.")
    return row


async def complete_image(tx: Tx, image_id: str, values: Mapping[str, Any]) -> bool:
    """Note an image's content; whether it had none before."""
    statement = sa.update(images).where(images.c.id == image_id, images.c.complete_at.is_(None)).values(**values)
    return (await tx.execute(statement)).rowcount == 1


async def is_being_fetched(tx: Tx, image_id: str, now: datetime) -> bool:
    """Whether an address for an image holds that a station has not done with."""
    is_open = sa.or_(jobs.c.outcome.is_(None), jobs.c.outcome.not_in(FINAL))
    statement = sa.select(jobs.c.id).where(jobs.c.image_id == image_id, jobs.c.expires_at > now, is_open)
    return (await tx.execute(statement.limit(1))).first() is not None


async def remove_image(tx: Tx, image_id: str) -> None:
    """Remove an image."""
    await tx.execute(sa.delete(images).where(images.c.id == image_id))


async def certificates_of(tx: Tx, operator_id: str, vendor: str) -> list[str]:
    """The certificates (PEM) that an operator has stored of a maker."""
    mine = (makers.c.operator_id == operator_id, sa.func.lower(makers.c.vendor) == vendor.lower())
    return list((await tx.execute(sa.select(makers.c.certificate).where(*mine))).scalars())


# ---- jobs


async def add_job(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add a job."""
    await bulk.insert(tx, jobs, [row])


async def get_job(tx: Tx, operator_id: str, job_id: str) -> Row:
    """A job. Raises JobNotFound."""
    statement = sa.select(jobs).where(jobs.c.id == job_id, jobs.c.operator_id == operator_id)
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        raise JobNotFound(f"There is no file job {job_id[:50]}.")
    return row


async def find_job_by_token(tx: Tx, token_hash: str) -> Row | None:
    """The job whose address holds this token."""
    return (await tx.execute(sa.select(jobs).where(jobs.c.token_hash == token_hash))).one_or_none()


async def find_job(tx: Tx, station_id: str, kind: str | None, request_number: int | None) -> Row | None:
    """The job with this number, or the latest of a kind; locked."""
    statement = sa.select(jobs).where(jobs.c.station_id == station_id)
    if kind is not None:
        statement = statement.where(jobs.c.kind == kind)
    if request_number is not None:
        statement = statement.where(jobs.c.request_number == request_number)
    return (await tx.execute(bulk.locked(statement.order_by(jobs.c.id.desc()).limit(1), tx))).one_or_none()


async def change_job(tx: Tx, job_id: str, values: Mapping[str, Any]) -> None:
    """Change a job."""
    await tx.execute(sa.update(jobs).where(jobs.c.id == job_id).values(**values))


async def cancel_others(tx: Tx, job: Row, values: Mapping[str, Any]) -> None:
    """End the earlier jobs of the same kind at the same station that go on."""
    statement = sa.update(jobs).where(
        jobs.c.station_id == job.station_id,
        jobs.c.kind == job.kind,
        jobs.c.id < job.id,
        sa.or_(jobs.c.outcome.is_(None), jobs.c.outcome.not_in(FINAL)),
    )
    await tx.execute(statement.values(**values))


async def add_status(tx: Tx, report: ReportJobStatus, job_id: str | None, *, is_expected: bool) -> None:
    """Add a status to the history."""
    row = {
        "id": new_id(),
        "operator_id": report.operator_id,
        "station_id": report.station_id,
        "job_id": job_id,
        "kind": report.kind.value,
        "request_number": report.request_number,
        "status": report.status[:50],
        "is_expected": is_expected,
        "reason": report.reason and report.reason[:50],
        "locations": list(report.locations) or None,
        "received_at": report.received_at,
    }
    await bulk.insert(tx, statuses, [row])


async def statuses_of(tx: Tx, job_id: str) -> Sequence[Row]:
    """What a station has said of a job, in the order in which it came."""
    return (await tx.execute(sa.select(statuses).where(statuses.c.job_id == job_id).order_by(statuses.c.id))).all()


# ---- what stations have brought


async def add_upload(tx: Tx, row: Mapping[str, Any]) -> bool:
    """Add a file; whether its job had none before."""
    statement = sa.update(jobs).where(jobs.c.id == row["job_id"], jobs.c.file_id.is_(None)).values(file_id=row["id"])
    if (await tx.execute(statement)).rowcount != 1:
        return False
    await bulk.insert(tx, uploads, [row])
    return True


async def get_upload(tx: Tx, station_id: str, file_id: str) -> Row:
    """A file of a station. Raises FileNotFound."""
    statement = sa.select(uploads).where(uploads.c.id == file_id, uploads.c.station_id == station_id)
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        raise FileNotFound(f"The charging station has brought no file {file_id[:50]}.")
    return row


async def remove_uploads(tx: Tx, file_ids: Sequence[str]) -> None:
    """Remove files."""
    await tx.execute(sa.delete(uploads).where(uploads.c.id.in_(file_ids)))


async def old_uploads(tx: Tx, before: datetime) -> list[str]:
    """A chunk of the files that came before this."""
    statement = sa.select(uploads.c.id).where(uploads.c.received_at < before).order_by(uploads.c.id).limit(PURGE_ROWS)
    return list((await tx.execute(statement)).scalars())


async def forget_jobs(tx: Tx, before: datetime) -> int:
    """Remove a chunk of the jobs older than this, with what was said of them; how many."""
    statement = sa.select(jobs.c.id).where(jobs.c.requested_at < before, jobs.c.expires_at < before)
    ids = list((await tx.execute(statement.order_by(jobs.c.id).limit(PURGE_ROWS))).scalars())
    if ids:
        await tx.execute(sa.delete(statuses).where(statuses.c.job_id.in_(ids)))
        await tx.execute(sa.delete(jobs).where(jobs.c.id.in_(ids)))
    await tx.execute(sa.delete(statuses).where(statuses.c.job_id.is_(None), statuses.c.received_at < before))
    return len(ids)

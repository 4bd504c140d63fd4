"""What a station has brought becomes its job's file, by whatever way it came."""

from __future__ import annotations

from typing import Any

import structlog

from voltway.kernel import clock
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.files import storage, store

log = structlog.get_logger()


async def keep_upload(runtime: Runtime, job: Any, received: storage.Received, name: str) -> bool:
    """The first whole file is the one: whether it was this."""
    row = {
        "id": new_id(),
        "operator_id": job.operator_id,
        "station_id": job.station_id,
        "job_id": job.id,
        "log_kind": job.log_kind,
        "name": name,
        "size_bytes": received.size_bytes,
        "sha256": received.sha256,
        "received_at": clock.now(),
    }
    place = storage.place_of(runtime, storage.UPLOADS, row["id"])
    await received.keep_as(place)  # before the commit: a row promises its file
    is_kept = False
    try:
        async with runtime.database.begin() as tx:
            is_kept = await store.add_upload(tx, row)
    finally:
        if not is_kept:
            await storage.remove(runtime, storage.UPLOADS, row["id"])
    if is_kept:
        log.info("upload.received", station_id=job.station_id, job_id=job.id, size_bytes=received.size_bytes)
    return is_kept

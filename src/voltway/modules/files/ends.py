"""How orders to install firmware have ended, for who gave many of them."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.contracts.files import FindFirmwareEnds, FirmwareEnd, JobKind
from voltway.kernel.runtime import Runtime
from voltway.modules.files.tables import jobs


async def find_firmware_ends(runtime: Runtime, request: FindFirmwareEnds) -> dict[str, FirmwareEnd]:
    """Of each station the latest order of the image, if that has ended."""
    statement = (
        sa.select(jobs.c.station_id, jobs.c.requested_at, jobs.c.outcome, jobs.c.status)
        .where(
            jobs.c.operator_id == request.operator_id,
            jobs.c.station_id.in_(request.station_ids),
            jobs.c.kind == JobKind.FIRMWARE.value,
            jobs.c.image_id == request.image_id,
            jobs.c.requested_at >= request.since,
        )
        .order_by(jobs.c.id)
    )
    async with runtime.database.read() as tx:
        latest = {row.station_id: row for row in (await tx.execute(statement)).all()}
    return {
        station_id: FirmwareEnd(requested_at=row.requested_at, outcome=row.outcome, status=row.status)
        for station_id, row in latest.items()
        if row.outcome is not None
    }

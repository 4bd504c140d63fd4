"""What this module knows of a station's hour: the incidents that rules raised about it."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.contracts.timeline import Moment, TellIncidents
from voltway.kernel.runtime import Runtime
from voltway.modules.detection.tables import incidents

FACTS = ("title", "severity", "state", "count", "subject")


async def tell_incidents(runtime: Runtime, request: TellIncidents) -> list[Moment]:
    """The incidents that were raised, or raised again, in this time."""
    table = incidents.c
    statement = (
        sa.select(incidents)
        .where(
            table.operator_id == request.operator_id,
            table.station_id == request.station_id,
            table.raised_at >= request.since,
            table.raised_at < request.until,
        )
        .order_by(table.id.desc())
        .limit(request.limit)
    )
    async with runtime.database.read(request.operator_id) as tx:
        rows = (await tx.execute(statement)).all()
    return [
        Moment(
            id=f"incident.{row.id}",
            at=row.raised_at,
            kind=row.rule_id,
            subject_id=row.id,
            facts={name: getattr(row, name) for name in FACTS},
        )
        for row in rows
    ]

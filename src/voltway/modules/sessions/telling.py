"""What this module knows of a station's hour: when sessions began, stopped charging and ended."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from voltway.contracts.timeline import Moment, TellSessions
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import masked
from voltway.modules.sessions.tables import progress, sessions, whole

KINDS = {
    "started": "started_at",
    "charging_ended": "charging_ended_at",
    "ended": "ended_at",
    "unplugged": "unplugged_at",
}


async def tell_sessions(runtime: Runtime, request: TellSessions) -> list[Moment]:
    """The turning points of the sessions that touch this time."""
    table = sessions.c
    statement = (
        sa.select(sessions, progress.c.energy_wh, progress.c.charging_state)
        .select_from(whole)
        .where(
            table.operator_id == request.operator_id,
            table.station_id == request.station_id,
            table.started_at < request.until,
            sa.or_(table.ended_at.is_(None), table.ended_at >= request.since, table.unplugged_at >= request.since),
        )
        .order_by(table.id.desc())
        .limit(request.limit)
    )
    async with runtime.database.read(request.operator_id) as tx:
        rows = (await tx.execute(statement)).all()
    found = [_moment(row, kind, getattr(row, column)) for row in rows for kind, column in KINDS.items()]
    return [moment for moment in found if moment is not None and moment.at < request.until and _shows(moment, request)]


def _shows(moment: Moment, request: TellSessions) -> bool:
    return moment.at >= request.since or moment.kind == "started"


def _moment(row: Any, kind: str, at: Any) -> Moment | None:
    if at is None:
        return None
    return Moment(
        id=f"session.{row.id}.{kind}",
        at=at,
        kind=kind,
        evse_number=row.evse_number,
        subject_id=row.id,
        facts={
            "id_token": None if row.id_token is None else masked(row.id_token),
            "energy_wh": row.energy_wh,
            "charging_state": row.charging_state,
            "stop_reason": row.stop_reason,
            "state": row.state,
            "review": row.review or None,
            "transaction_id": row.transaction_id,
        },
    )

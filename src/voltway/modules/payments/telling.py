"""What this module knows of a station's hour: payments that were opened for it, and what they came to."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from voltway.contracts.timeline import Moment, TellPayments
from voltway.kernel.runtime import Runtime
from voltway.modules.payments.tables import payments


async def tell_payments(runtime: Runtime, request: TellPayments) -> list[Moment]:
    """When payments at the station were opened, and when they last changed."""
    table = payments.c
    statement = (
        sa.select(payments)
        .where(
            table.operator_id == request.operator_id,
            table.station_id == request.station_id,
            table.created_at < request.until,
            table.changed_at >= request.since,
        )
        .order_by(table.id.desc())
        .limit(request.limit)
    )
    async with runtime.database.read(request.operator_id) as tx:
        rows = (await tx.execute(statement)).all()
    told = [moment for row in rows for moment in (_moment(row, "opened", row.created_at), _last(row))]
    return [moment for moment in told if request.since <= moment.at < request.until]


def _last(row: Any) -> Moment:
    return _moment(row, row.state, row.changed_at)


def _moment(row: Any, kind: str, at: Any) -> Moment:
    amount = {"held": row.held_minor, "captured": row.captured_minor}.get(kind, row.limit_minor)
    return Moment(
        id=f"payment.{row.id}.{kind}",
        at=at,
        kind=kind,
        evse_number=row.evse_number,
        subject_id=row.id,
        facts={
            "amount": {"minor": amount, "currency": row.currency},
            "provider": row.provider,
            "method": row.method,
            "reason": row.reason,
            "start": row.start_state,
        },
    )

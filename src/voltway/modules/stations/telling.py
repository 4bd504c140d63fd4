"""What this module knows of a station's hour: the statuses of its connectors, the commands that it was given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from voltway.contracts.timeline import Moment, TellCommands, TellMoments, TellStatuses
from voltway.kernel.runtime import Runtime
from voltway.modules.stations.tables import commands, status_history

BEFORE_MAX = 100
"""So many statuses from before are looked at for the last one of each connector."""
STATUS_FACTS = ("connector_number", "status", "wire_status", "error_code", "vendor_error_code", "info", "occurred_at")
COMMAND_FACTS = ("state", "wire_status", "effect", "requested_by", "finished_at")


async def tell_statuses(runtime: Runtime, request: TellStatuses) -> list[Moment]:
    """What connectors said they were, and what each was when the time began."""
    table = status_history.c
    mine = sa.select(status_history).where(*_of(status_history, request)).order_by(table.id.desc())
    within = mine.where(table.received_at >= request.since, table.received_at < request.until).limit(request.limit)
    before = mine.where(table.received_at < request.since).limit(BEFORE_MAX)
    async with runtime.database.read(request.operator_id) as tx:
        found = [_status(row) for row in (await tx.execute(within)).all()]
        return found + _last_of_each((await tx.execute(before)).all())


async def tell_commands(runtime: Runtime, request: TellCommands) -> list[Moment]:
    """The commands that were asked for in this time."""
    table = commands.c
    statement = (
        sa.select(commands)
        .where(*_of(commands, request), table.requested_at >= request.since, table.requested_at < request.until)
        .order_by(table.id.desc())
        .limit(request.limit)
    )
    async with runtime.database.read(request.operator_id) as tx:
        rows = (await tx.execute(statement)).all()
    return [
        Moment(
            id=f"command.{row.id}",
            at=row.requested_at,
            kind=row.type,
            evse_number=row.arguments.get("evse_number"),
            subject_id=row.id,
            facts={name: getattr(row, name) for name in COMMAND_FACTS},
        )
        for row in rows
    ]


def _of(table: sa.Table, request: TellMoments) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.operator_id == request.operator_id, table.c.station_id == request.station_id


def _status(row: Any, *, is_before: bool = False) -> Moment:
    return Moment(
        id=f"status.{row.id}",
        at=row.received_at,
        kind=row.status,
        evse_number=row.evse_number,
        is_before=is_before,
        facts={name: getattr(row, name) for name in STATUS_FACTS},
    )


def _last_of_each(rows: Iterable[Any]) -> list[Moment]:
    latest: dict[tuple[int, int], Moment] = {}
    for row in rows:
        latest.setdefault((row.evse_number, row.connector_number), _status(row, is_before=True))
    return list(latest.values())

"""What this module knows of a station's hour: when it was connected."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from voltway.charging.uptime import LINK, State
from voltway.contracts.timeline import Moment, TellLinks
from voltway.kernel.runtime import Runtime
from voltway.modules.reports.tables import changes


async def tell_links(runtime: Runtime, request: TellLinks) -> list[Moment]:
    """When the link came and went, and whether it was there when the time began."""
    table = changes.c
    mine = (
        sa.select(changes)
        .where(
            table.operator_id == request.operator_id,
            table.station_id == request.station_id,
            table.connector_number == LINK,
        )
        .order_by(table.at.desc())
    )
    within = mine.where(table.at >= request.since, table.at < request.until).limit(request.limit)
    before = mine.where(table.at < request.since).limit(1)
    async with runtime.database.read(request.operator_id) as tx:
        found = [_link(row) for row in (await tx.execute(within)).all()]
        return found + [_link(row, is_before=True) for row in (await tx.execute(before)).all()]


def _link(row: Any, *, is_before: bool = False) -> Moment:
    kind = "offline" if row.state == State.OFFLINE else "online"
    return Moment(id=f"link.{row.at.timestamp():.3f}.{kind}", at=row.at, kind=kind, is_before=is_before)

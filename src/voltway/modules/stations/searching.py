"""Stations that a text may mean."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.contracts.desk import Found, SearchStations
from voltway.kernel.runtime import Runtime
from voltway.modules.stations.tables import stations


async def search_stations(runtime: Runtime, request: SearchStations) -> list[Found]:
    """Stations that are not retired, by identity, name, serial number, vendor or model; whose identity begins so first."""
    table = stations.c
    columns = (table.identity, table.name, table.serial_number, table.vendor, table.model)
    statement = sa.select(stations).where(
        table.operator_id == request.operator_id,
        table.retired_at.is_(None),
        sa.or_(*(column.icontains(request.text, autoescape=True) for column in columns)),
    )
    if request.location_ids is not None:
        statement = statement.where(table.location_id.in_(request.location_ids))
    begins = table.identity_key.startswith(request.text.casefold(), autoescape=True)
    order = sa.case((begins, 0), else_=1), table.identity_key
    async with runtime.database.read(request.operator_id) as tx:
        rows = (await tx.execute(statement.order_by(*order).limit(request.limit))).all()
    return [
        Found(
            id=row.id,
            title=row.identity,
            hint=" ".join(filter(None, (row.name, row.vendor, row.model))) or None,
            state="online" if row.is_online else "offline",
        )
        for row in rows
    ]

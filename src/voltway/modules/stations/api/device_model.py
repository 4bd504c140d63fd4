"""REST of what stations tell of their device model: monitors, events, display messages, vendors' messages."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Query

from voltway.kernel.http import Page
from voltway.modules.stations.api.dependencies import MayReadStations, PagePart, ReadTx
from voltway.modules.stations.schemas.orders_device_model import (
    DataTransferOut,
    DisplayMessageOut,
    MonitorOut,
    StationEventOut,
)
from voltway.modules.stations.store import stations as store
from voltway.modules.stations.tables import data_transfers, display_messages, monitors, station_events

router = APIRouter(tags=["device model"])

Named = Annotated[str | None, Query(max_length=100)]


@router.get("/charging-stations/{station_id}/monitors")
async def list_monitors(
    station_id: str, principal: MayReadStations, tx: ReadTx, page: PagePart, component: Named = None
) -> Page[MonitorOut]:
    """The monitors of a charging station as it last told them."""
    await store.get(tx, station_id, store.visible_to(principal))
    statement = sa.select(monitors).where(monitors.c.station_id == station_id)
    if component is not None:
        statement = statement.where(sa.func.lower(monitors.c.component) == component.lower())
    rows, next_cursor = await page.fetch(tx, statement, monitors.c.id)
    return Page(items=[MonitorOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get("/charging-stations/{station_id}/events")
async def list_events(
    station_id: str,
    principal: MayReadStations,
    tx: ReadTx,
    page: PagePart,
    component: Named = None,
    is_cleared: bool | None = None,
    severity_max: Annotated[int | None, Query(ge=0, le=9, description="this severe or worse (0 is worst)")] = None,
) -> Page[StationEventOut]:
    """What a charging station noticed, newest first. An event without a severity of its own has that of its monitor."""
    await store.get(tx, station_id, store.visible_to(principal))
    severity = sa.func.coalesce(station_events.c.severity, monitors.c.severity)
    columns = [column for column in station_events.c if column.name != "severity"]
    on_monitor = sa.and_(
        monitors.c.station_id == station_events.c.station_id, monitors.c.number == station_events.c.monitor_number
    )
    statement = (
        sa.select(*columns, severity.label("severity"))
        .select_from(station_events.outerjoin(monitors, on_monitor))
        .where(station_events.c.station_id == station_id)
    )
    if component is not None:
        statement = statement.where(sa.func.lower(station_events.c.component) == component.lower())
    if is_cleared is not None:
        statement = statement.where(station_events.c.is_cleared.is_(is_cleared))
    if severity_max is not None:
        statement = statement.where(severity <= severity_max)
    rows, next_cursor = await page.fetch(tx, statement, station_events.c.id)
    return Page(items=[StationEventOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get("/charging-stations/{station_id}/display-messages")
async def list_display_messages(
    station_id: str, principal: MayReadStations, tx: ReadTx, page: PagePart
) -> Page[DisplayMessageOut]:
    """The messages on a charging station's display as far as we know them."""
    await store.get(tx, station_id, store.visible_to(principal))
    statement = sa.select(display_messages).where(display_messages.c.station_id == station_id)
    rows, next_cursor = await page.fetch(tx, statement, display_messages.c.id)
    return Page(items=[DisplayMessageOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get("/charging-stations/{station_id}/data-transfers")
async def list_data_transfers(
    station_id: str, principal: MayReadStations, tx: ReadTx, page: PagePart, vendor_id: Named = None
) -> Page[DataTransferOut]:
    """Vendors' own messages that a charging station has sent, newest first."""
    await store.get(tx, station_id, store.visible_to(principal))
    statement = sa.select(data_transfers).where(data_transfers.c.station_id == station_id)
    if vendor_id is not None:
        statement = statement.where(data_transfers.c.vendor_id == vendor_id)
    rows, next_cursor = await page.fetch(tx, statement, data_transfers.c.id)
    return Page(items=[DataTransferOut.model_validate(row) for row in rows], next_cursor=next_cursor)

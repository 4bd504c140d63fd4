"""REST of what OCPP 2.1 stations tell beside charging."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Query

from voltway.contracts.stations import FindStations
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.http import Page, PageQuery, page_query, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.grid import store
from voltway.modules.grid.errors import StationNotFound
from voltway.modules.grid.schemas import (
    BatterySwapOut,
    DerAlarmOut,
    DerControlOut,
    StreamOut,
    StreamValueOut,
    alarm_out,
    battery_swap_out,
    control_out,
    stream_out,
)
from voltway.modules.grid.tables import battery_swaps, der_alarms, der_controls, stream_values, streams

router = APIRouter(tags=["grid"])

MayRead = Annotated[Principal, Depends(allowed(Permission.STATIONS_READ))]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
PagePart = Annotated[PageQuery, Depends(page_query)]


@router.get("/charging-stations/{station_id}/der-controls")
async def list_der_controls(
    station_id: str, principal: MayRead, runtime: OurRuntime, page: PagePart
) -> Page[DerControlOut]:
    """The DER controls of a charging station, newest first: told by it, or set by us and accepted."""
    rows, next_cursor = await _rows(runtime, principal, station_id, der_controls, page)
    return Page(items=[control_out(row) for row in rows], next_cursor=next_cursor)


@router.get("/charging-stations/{station_id}/der-alarms")
async def list_der_alarms(
    station_id: str,
    principal: MayRead,
    runtime: OurRuntime,
    page: PagePart,
    is_open: Annotated[bool | None, Query(description="only those that are not over, or only those that are")] = None,
) -> Page[DerAlarmOut]:
    """The alarms of a charging station's DER controls, newest first."""
    ended_at = der_alarms.c.ended_at
    wanted = () if is_open is None else (ended_at.is_(None) if is_open else ended_at.is_not(None),)
    rows, next_cursor = await _rows(runtime, principal, station_id, der_alarms, page, *wanted)
    return Page(items=[alarm_out(row) for row in rows], next_cursor=next_cursor)


@router.get("/charging-stations/{station_id}/battery-swaps")
async def list_battery_swaps(
    station_id: str, principal: MayRead, runtime: OurRuntime, page: PagePart
) -> Page[BatterySwapOut]:
    """The battery swaps of a charging station, step by step, newest first."""
    rows, next_cursor = await _rows(runtime, principal, station_id, battery_swaps, page)
    return Page(items=[battery_swap_out(row, principal.shown) for row in rows], next_cursor=next_cursor)


@router.get("/charging-stations/{station_id}/event-streams")
async def list_event_streams(
    station_id: str, principal: MayRead, runtime: OurRuntime, page: PagePart
) -> Page[StreamOut]:
    """The periodic event streams of a charging station, newest first; closed ones too."""
    rows, next_cursor = await _rows(runtime, principal, station_id, streams, page)
    return Page(items=[stream_out(row) for row in rows], next_cursor=next_cursor)


@router.get("/charging-stations/{station_id}/event-streams/{stream_number}/values")
async def list_stream_values(
    station_id: str,
    stream_number: Annotated[int, Path(ge=0, le=2**63 - 1)],
    principal: MayRead,
    runtime: OurRuntime,
    page: PagePart,
) -> Page[StreamValueOut]:
    """The values of a stream, newest first, as long as they are kept."""
    await _require_station(runtime, principal, station_id)
    async with runtime.database.read(principal.operator_id) as tx:
        stream = await store.get_stream(tx, station_id, stream_number)
        statement = sa.select(stream_values).where(stream_values.c.stream_id == stream.id)
        rows, next_cursor = await page.fetch(tx, statement, stream_values.c.id)
    items = [StreamValueOut(id=row.id, at=row.at, value=row.value) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


async def _rows(
    runtime: Runtime,
    principal: Principal,
    station_id: str,
    table: sa.Table,
    page: PageQuery,
    *wanted: sa.ColumnElement[bool],
) -> tuple[Any, str | None]:
    await _require_station(runtime, principal, station_id)
    statement = sa.select(table).where(visible(principal, table), table.c.station_id == station_id, *wanted)
    async with runtime.database.read(principal.operator_id) as tx:
        return await page.fetch(tx, statement, table.c.id)


async def _require_station(runtime: Runtime, principal: Principal, station_id: str) -> None:
    """Raise StationNotFound for a station that the caller may not see."""
    found = await runtime.ask(FindStations(operator_id=principal.operator_id, station_ids=(station_id,)))
    if not found or not principal.reaches(found[0].location_id):
        raise StationNotFound(f"There is no charging station {station_id}.")

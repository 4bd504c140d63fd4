"""REST of what stations may draw, and what cars want."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Query

from voltway.contracts.stations import FindStations
from voltway.kernel import audit
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.http import Page, PageQuery, Schema, page_query, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.energy import rules, store
from voltway.modules.energy.errors import StationNotFound
from voltway.modules.energy.schemas import (
    CarScheduleOut,
    ChargingLimitOut,
    ChargingNeedsOut,
    InstalledProfileOut,
    PriorityOut,
    ProfileValues,
)
from voltway.modules.energy.tables import car_schedules, limits, needs, priorities, profiles

router = APIRouter(tags=["energy"])
S = TypeVar("S", bound=Schema)

MayRead = Annotated[Principal, Depends(allowed(Permission.STATIONS_READ))]
MaySend = Annotated[Principal, Depends(allowed(Permission.COMMANDS_SEND))]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
PagePart = Annotated[PageQuery, Depends(page_query)]
OnlyCurrent = Annotated[bool | None, Query(description="only what holds now, or only what does not any more")]
ProfileNumber = Annotated[int, Path(ge=-(2**31), le=2**31 - 1)]


@router.get("/charging-stations/{station_id}/charging-profiles")
async def list_charging_profiles(
    station_id: str,
    principal: MayRead,
    runtime: OurRuntime,
    page: PagePart,
    evse_number: Annotated[int | None, Query(ge=0, le=10_000, description="0: the station as a whole")] = None,
) -> Page[InstalledProfileOut]:
    """The charging profiles that a station has, newest first. The order get_charging_profiles asks it anew."""
    wanted = () if evse_number is None else (profiles.c.evse_number == evse_number,)
    return await _page(runtime, principal, station_id, profiles, InstalledProfileOut, page, *wanted)


@router.put("/charging-stations/{station_id}/charging-profiles/{charging_profile_id}/values")
async def set_dynamic_values(
    station_id: str, charging_profile_id: ProfileNumber, body: ProfileValues, principal: MaySend, runtime: OurRuntime
) -> InstalledProfileOut:
    """Set the values of a dynamic profile that its station fetches by itself (OCPP 2.1). The order update_dynamic_schedule
    sends them at once."""
    await _require_station(runtime, principal, station_id)
    async with runtime.database.begin(principal.operator_id) as tx:
        row = await store.get_dynamic(tx, station_id, charging_profile_id)
        document = rules.with_values(row.document, body.model_dump(exclude_none=True))
        await store.change_profile(tx, row.id, document=document)
        told = {"charging_profile_id": charging_profile_id, **body.model_dump(mode="json", exclude_none=True)}
        audit.note(tx, principal, "charging_profile.values_set", ("station", station_id), after=told)
        return _out(await store.get_dynamic(tx, station_id, charging_profile_id), InstalledProfileOut)


@router.get("/charging-stations/{station_id}/charging-limits")
async def list_charging_limits(
    station_id: str, principal: MayRead, runtime: OurRuntime, page: PagePart, is_current: OnlyCurrent = None
) -> Page[ChargingLimitOut]:
    """The limits from outside that a station has told of, newest first."""
    ended_at = limits.c.ended_at
    wanted = () if is_current is None else (ended_at.is_(None) if is_current else ended_at.is_not(None),)
    return await _page(runtime, principal, station_id, limits, ChargingLimitOut, page, *wanted)


@router.get("/charging-stations/{station_id}/charging-needs")
async def list_charging_needs(
    station_id: str, principal: MayRead, runtime: OurRuntime, page: PagePart, is_current: OnlyCurrent = None
) -> Page[ChargingNeedsOut]:
    """What cars at a station wanted, newest first, and the profiles that were made for them."""
    wanted = () if is_current is None else (needs.c.is_current.is_(is_current),)
    return await _page(runtime, principal, station_id, needs, ChargingNeedsOut, page, *wanted)


@router.get("/charging-stations/{station_id}/car-schedules")
async def list_car_schedules(
    station_id: str, principal: MayRead, runtime: OurRuntime, page: PagePart
) -> Page[CarScheduleOut]:
    """How cars at a station meant to charge, newest first."""
    return await _page(runtime, principal, station_id, car_schedules, CarScheduleOut, page)


@router.get("/charging-stations/{station_id}/priority-charging")
async def list_priority_charging(
    station_id: str, principal: MayRead, runtime: OurRuntime, page: PagePart
) -> Page[PriorityOut]:
    """Which transactions of a station charge, or charged, with priority, newest first."""
    return await _page(runtime, principal, station_id, priorities, PriorityOut, page)


async def _page(
    runtime: Runtime,
    principal: Principal,
    station_id: str,
    table: sa.Table,
    kind: type[S],
    page: PageQuery,
    *wanted: sa.ColumnElement[bool],
) -> Page[S]:
    await _require_station(runtime, principal, station_id)
    statement = sa.select(table).where(visible(principal, table), table.c.station_id == station_id, *wanted)
    async with runtime.database.read(principal.operator_id) as tx:
        rows, next_cursor = await page.fetch(tx, statement, table.c.id)
    return Page[kind](items=[_out(row, kind) for row in rows], next_cursor=next_cursor)  # type: ignore[valid-type]


def _out(row: Any, kind: type[S]) -> S:
    return kind(**{name: getattr(row, name) for name in kind.model_fields})


async def _require_station(runtime: Runtime, principal: Principal, station_id: str) -> None:
    """Raise StationNotFound for a station that the caller may not see."""
    found = await runtime.ask(FindStations(operator_id=principal.operator_id, station_ids=(station_id,)))
    if not found or not principal.reaches(found[0].location_id):
        raise StationNotFound(f"There is no charging station {station_id}.")

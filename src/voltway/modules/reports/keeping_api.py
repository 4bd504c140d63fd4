"""REST of what people add: excluded times, what a location adds, schedules."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from fastapi import APIRouter, Depends

from voltway.contracts.stations import FindStations, LocationExists
from voltway.kernel import audit, bulk, clock
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField
from voltway.kernel.http import Page, PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.reports import scheduling
from voltway.modules.reports.errors import ExcludedTimeNotFound, PlaceNotFound, ScheduleNotFound
from voltway.modules.reports.schemas import (
    ExcludedTimeIn,
    ExcludedTimeOut,
    ReportPlace,
    ScheduleIn,
    ScheduleOut,
)
from voltway.modules.reports.settings import ReportsSettings
from voltway.modules.reports.tables import excluded_times, places, schedules

router = APIRouter(tags=["reports"])

MayRead = Annotated[Principal, Depends(allowed(Permission.REPORTS_READ))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.REPORTS_WRITE))]
MaySchedule = Annotated[Principal, Depends(allowed(Permission.REPORTS_WRITE, everywhere=True))]
MayReadSchedules = Annotated[Principal, Depends(allowed(Permission.REPORTS_READ, everywhere=True))]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
Paged = Annotated[PageQuery, Depends(page_query)]

# ---- excluded times


@router.get("/excluded-times")
async def list_excluded_times(principal: MayRead, tx: ReadTx, page: Paged) -> Page[ExcludedTimeOut]:
    """The records of times that may be excluded from outages, newest first."""
    statement = sa.select(excluded_times).where(visible(principal, excluded_times))
    rows, next_cursor = await page.fetch(tx, statement, excluded_times.c.id)
    return Page(items=[_excluded_out(row) for row in rows], next_cursor=next_cursor)


@router.post("/excluded-times", status_code=201)
async def add_excluded_time(body: ExcludedTimeIn, principal: MayWrite, runtime: OurRuntime) -> ExcludedTimeOut:
    """Say that a time is not to be held against the operator, why, and where the proof is. Which definitions take it is their
    own: see docs/reports.md. Raises PlaceNotFound."""
    location_id = await _place(runtime, principal, body.location_id, body.station_id)
    told = body.model_dump() | {"location_id": location_id}
    row = {**told, "id": new_id(), "operator_id": principal.operator_id, "recorded_by": principal.name[:200]}
    row["created_at"] = clock.now()
    async with runtime.database.begin(principal.operator_id) as tx:
        await tx.execute(sa.insert(excluded_times).values(row))
        after = body.model_dump(mode="json")
        audit.note(tx, principal, "excluded_time.added", ("excluded_time", row["id"]), after=after, reason=body.reason)
        return _excluded_out(await _excluded(tx, principal, row["id"]))


@router.delete("/excluded-times/{excluded_time_id}", status_code=204)
async def remove_excluded_time(excluded_time_id: str, principal: MayWrite, tx: OpenTx) -> None:
    """Take a record back; the audit log keeps what it said."""
    row = await _excluded(tx, principal, excluded_time_id)
    await tx.execute(sa.delete(excluded_times).where(excluded_times.c.id == row.id))
    before = _excluded_out(row).model_dump(mode="json")
    audit.note(tx, principal, "excluded_time.removed", ("excluded_time", row.id), before=before)


async def _excluded(tx: Tx, principal: Principal, excluded_time_id: str) -> Any:
    statement = sa.select(excluded_times).where(
        visible(principal, excluded_times), excluded_times.c.id == excluded_time_id
    )
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        raise ExcludedTimeNotFound(f"There is no excluded time {excluded_time_id}.")
    return row


def _excluded_out(row: Any) -> ExcludedTimeOut:
    return ExcludedTimeOut(**{name: getattr(row, name) for name in ExcludedTimeOut.model_fields})


async def _place(runtime: Runtime, principal: Principal, location_id: str | None, station_id: str | None) -> str | None:
    """The location of what is named. Raises PlaceNotFound for what the caller may not see."""
    if station_id is not None:
        question = FindStations(operator_id=principal.operator_id, station_ids=(station_id,))
        found = await runtime.ask(question)
        if found and principal.reaches(found[0].location_id):
            return found[0].location_id
        raise PlaceNotFound(f"There is no charging station {station_id}.")
    is_there = LocationExists(operator_id=principal.operator_id, location_id=location_id or "")
    if not principal.reaches(location_id) or not await runtime.ask(is_there):
        raise PlaceNotFound(f"There is no location {location_id}.")
    return location_id


# ---- what a location adds


@router.get("/locations/{location_id}/reporting")
async def get_location_reporting(location_id: str, principal: MayRead, runtime: OurRuntime) -> ReportPlace:
    """A location's opening hours and the CO2 of its grid, as reports take them."""
    await _place(runtime, principal, location_id, None)
    async with runtime.database.read(principal.operator_id) as tx:
        return await _reporting(tx, principal, location_id)


@router.put("/locations/{location_id}/reporting")
async def set_location_reporting(
    location_id: str, body: ReportPlace, principal: MayWrite, runtime: OurRuntime
) -> ReportPlace:
    """Set them. They hold for all reports that are made from now on, also of times before."""
    await _place(runtime, principal, location_id, None)
    async with runtime.database.begin(principal.operator_id) as tx:
        before = await _reporting(tx, principal, location_id)
        row = {"location_id": location_id, "operator_id": principal.operator_id, **body.model_dump(mode="json")}
        await bulk.upsert(tx, places, [row], key=("location_id",), update=("co2_g_per_kwh", "opening_hours"))
        was, now = before.model_dump(mode="json"), body.model_dump(mode="json")
        audit.note(tx, principal, "location_reporting.set", ("location", location_id), before=was, after=now)
    return body


async def _reporting(tx: Tx, principal: Principal, location_id: str) -> ReportPlace:
    statement = sa.select(places).where(visible(principal, places), places.c.location_id == location_id)
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        return ReportPlace()
    return ReportPlace(co2_g_per_kwh=row.co2_g_per_kwh, opening_hours=row.opening_hours)


# ---- schedules


@router.get("/report-schedules")
async def list_report_schedules(principal: MayReadSchedules, tx: ReadTx, page: Paged) -> Page[ScheduleOut]:
    """The reports that are mailed, newest first."""
    statement = sa.select(schedules).where(visible(principal, schedules))
    rows, next_cursor = await page.fetch(tx, statement, schedules.c.id)
    return Page(items=[_schedule_out(row) for row in rows], next_cursor=next_cursor)


@router.post("/report-schedules", status_code=201)
async def add_report_schedule(body: ScheduleIn, principal: MaySchedule, tx: OpenTx, runtime: OurRuntime) -> ScheduleOut:
    """Mail a report when each day, week or month is over. Raises ReportNotFound, GroupNotKnown."""
    settings, now = runtime.settings(ReportsSettings), clock.now()
    row = body.model_dump(mode="json") | {"id": new_id(), "operator_id": principal.operator_id, "created_at": now}
    row["created_by"] = principal.name[:200]
    row["next_at"] = scheduling.next_at(body.period, ZoneInfo(settings.time_zone), now)
    counted = sa.select(sa.func.count()).select_from(schedules).where(visible(principal, schedules))
    if (await tx.execute(counted)).scalar_one() >= settings.schedules_max:
        raise InvalidField.at("$", f"there are {settings.schedules_max} schedules already")
    await tx.execute(sa.insert(schedules).values(row))
    found = await _schedule(tx, principal, row["id"])
    scheduling.wanted_of(found, now.date(), now.date() + timedelta(days=1)).check()
    audit.note(
        tx, principal, "report_schedule.added", ("report_schedule", found.id), after=body.model_dump(mode="json")
    )
    return _schedule_out(found)


@router.delete("/report-schedules/{schedule_id}", status_code=204)
async def remove_report_schedule(schedule_id: str, principal: MaySchedule, tx: OpenTx) -> None:
    """Mail it no more."""
    row = await _schedule(tx, principal, schedule_id)
    await tx.execute(sa.delete(schedules).where(schedules.c.id == row.id))
    before = _schedule_out(row).model_dump(mode="json")
    audit.note(tx, principal, "report_schedule.removed", ("report_schedule", row.id), before=before)


async def _schedule(tx: Tx, principal: Principal, schedule_id: str) -> Any:
    statement = sa.select(schedules).where(visible(principal, schedules), schedules.c.id == schedule_id)
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        raise ScheduleNotFound(f"There is no schedule {schedule_id}.")
    return row


def _schedule_out(row: Any) -> ScheduleOut:
    return ScheduleOut(**{name: getattr(row, name) for name in ScheduleOut.model_fields})

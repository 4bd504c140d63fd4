"""REST of limits and of templates of charging profiles."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends

from voltway.contracts.stations import DescribeLocations, FindStations, LocationExists, StationName
from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.http import Page, PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.allocation import feeding, store, telling
from voltway.modules.allocation.errors import LocationNotFound, StationNotFound
from voltway.modules.allocation.schemas import (
    AppliedOut,
    ApplyIn,
    ChargingProfileIn,
    ChargingProfileOut,
    FeederReadingIn,
    FeederReadingOut,
    LocationLimitIn,
    LocationLimitOut,
    ShareOut,
)
from voltway.modules.allocation.tables import templates

router = APIRouter(tags=["allocation"])

MayReadLocations = Annotated[Principal, Depends(allowed(Permission.LOCATIONS_READ))]
MayWriteLocations = Annotated[Principal, Depends(allowed(Permission.LOCATIONS_WRITE))]
MayRead = Annotated[Principal, Depends(allowed(Permission.STATIONS_READ))]
MayWriteTemplates = Annotated[Principal, Depends(allowed(Permission.STATIONS_WRITE, everywhere=True))]
MayOrder = Annotated[Principal, Depends(allowed(Permission.COMMANDS_SEND))]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]

SHARES_MAX = 1000


# ---- limits


@router.put("/locations/{location_id}/limit")
async def set_location_limit(
    location_id: str, body: LocationLimitIn, principal: MayWriteLocations, runtime: OurRuntime
) -> LocationLimitOut:
    """Set what the stations of a location may draw together. It is shared equally among the sessions that run there; who cannot
    have 6 A pauses. Stations are told within a second or two, less before more."""
    await _require_location(runtime, principal, location_id)
    async with runtime.database.begin(principal.operator_id) as tx:
        await store.put_limit(tx, principal.operator_id, location_id, body.unit, body.limit)
        told = body.model_dump(mode="json")
        audit.note(tx, principal, "location_limit.set", ("location", location_id), after=told)
    return await _limit_out(runtime, location_id)


@router.get("/locations/{location_id}/limit")
async def get_location_limit(location_id: str, principal: MayReadLocations, runtime: OurRuntime) -> LocationLimitOut:
    """The limit of a location and how it is shared just now."""
    await _require_location(runtime, principal, location_id)
    return await _limit_out(runtime, location_id)


@router.delete("/locations/{location_id}/limit", status_code=204)
async def remove_location_limit(location_id: str, principal: MayWriteLocations, runtime: OurRuntime) -> None:
    """Take the limit away, and its profiles from the stations; from those that are offline when they are back."""
    await _require_location(runtime, principal, location_id)
    async with runtime.database.begin(principal.operator_id) as tx:
        limit = await store.get_limit(tx, location_id)
        await store.put_limit(tx, principal.operator_id, location_id, limit.unit, None)
        told = {"unit": limit.unit, "limit": limit.limit_value}
        audit.note(tx, principal, "location_limit.removed", ("location", location_id), before=told)


@router.post("/locations/{location_id}/feeder-readings", status_code=201)
async def add_feeder_reading(
    location_id: str, body: FeederReadingIn, principal: MayWriteLocations, runtime: OurRuntime
) -> FeederReadingOut:
    """Tell what the meter of a location's feeder reads, best every minute: a difference to its stations that lasts is an incident
    (D27). The feeder must feed these stations and nothing else."""
    await _require_location(runtime, principal, location_id)
    question = DescribeLocations(operator_id=principal.operator_id, location_ids=(location_id,))
    (location,) = await runtime.ask(question)
    found, now = await feeding.balance(runtime, principal.operator_id, location_id), clock.now()
    told = feeding.told(principal.operator_id, location_id, location.name, now, body.power_w, found)
    async with runtime.database.begin(principal.operator_id) as tx:
        tx.publish(told)
    return FeederReadingOut(
        at=now,
        power_w=body.power_w,
        stations_w=found.stations_w,
        unknown_sessions=found.unknown,
        is_off=told.facts["is_off"],
    )


async def _limit_out(runtime: Runtime, location_id: str) -> LocationLimitOut:
    async with runtime.database.read() as tx:
        limit = await store.get_limit(tx, location_id)
        controlled = await store.controls_of(tx, location_id)
    question = FindStations(operator_id=limit.operator_id, location_ids=(location_id,))
    here = [station.station_id for station in await runtime.ask(question)]
    async with runtime.database.read() as tx:
        rows = (await store.claims_of(tx, here))[:SHARES_MAX]
    return LocationLimitOut(
        location_id=location_id,
        unit=limit.unit,
        limit=limit.limit_value,
        changed_at=limit.changed_at,
        is_settled=limit.due_at is None,
        controlled_station_ids=sorted(controlled),
        shares=[ShareOut(**{name: getattr(row, name) for name in ShareOut.model_fields}) for row in rows],
    )


async def _require_location(runtime: Runtime, principal: Principal, location_id: str) -> None:
    """Raise LocationNotFound for a location that the caller may not see."""
    question = LocationExists(operator_id=principal.operator_id, location_id=location_id)
    if not principal.reaches(location_id) or not await runtime.ask(question):
        raise LocationNotFound(f"There is no location {location_id}.")


# ---- templates


@router.post("/charging-profiles", status_code=201)
async def add_charging_profile(body: ChargingProfileIn, principal: MayWriteTemplates, tx: OpenTx) -> ChargingProfileOut:
    """Keep a charging profile under a name, to be applied to stations."""
    document = body.charging_profile | {"charging_profile_purpose": body.purpose.value}
    row = await store.add_template(tx, principal.operator_id, body.name, body.purpose.value, document)
    told = {"name": body.name, "charging_profile": document}
    audit.note(tx, principal, "charging_profile.added", ("charging_profile", row.id), after=told)
    return _template_out(row)


@router.get("/charging-profiles")
async def list_charging_profile_templates(
    principal: MayRead, tx: ReadTx, page: Annotated[PageQuery, Depends(page_query)]
) -> Page[ChargingProfileOut]:
    """The templates of charging profiles, newest first."""
    statement = sa.select(templates).where(visible(principal, templates))
    rows, next_cursor = await page.fetch(tx, statement, templates.c.id)
    return Page(items=[_template_out(row) for row in rows], next_cursor=next_cursor)


@router.get("/charging-profiles/{profile_id}")
async def get_charging_profile(profile_id: str, principal: MayRead, tx: ReadTx) -> ChargingProfileOut:
    """One template."""
    return _template_out(await store.get_template(tx, principal.operator_id, profile_id))


@router.delete("/charging-profiles/{profile_id}", status_code=204)
async def remove_charging_profile(profile_id: str, principal: MayWriteTemplates, tx: OpenTx) -> None:
    """Delete a template. What stations have of it stays with them."""
    row = await store.get_template(tx, principal.operator_id, profile_id)
    await store.remove_template(tx, row.id)
    told = {"name": row.name, "charging_profile": row.document}
    audit.note(tx, principal, "charging_profile.removed", ("charging_profile", row.id), before=told)


@router.post("/charging-profiles/{profile_id}/apply")
async def apply_charging_profile(
    profile_id: str, body: ApplyIn, principal: MayOrder, runtime: OurRuntime
) -> list[AppliedOut]:
    """Set a profile at a station, an EVSE, or all stations of a location; how each station has taken it."""
    async with runtime.database.read(principal.operator_id) as tx:
        template = await store.get_template(tx, principal.operator_id, profile_id)
    stations = await _stations(runtime, principal, body)
    arguments: dict[str, Any] = {"charging_profile": template.document}
    if body.evse_number is not None:
        arguments["evse_number"] = body.evse_number
    answers = await asyncio.gather(
        *(
            telling.tell(
                runtime,
                principal.operator_id,
                station.station_id,
                "set_charging_profile",
                arguments,
                principal.name,
            )
            for station in stations
        )
    )
    return [
        AppliedOut(
            station_id=station.station_id,
            state=answer.state,
            wire_status=answer.wire_status,
            command_id=answer.command_id,
            detail=answer.detail,
        )
        for station, answer in zip(stations, answers, strict=True)
    ]


async def _stations(runtime: Runtime, principal: Principal, body: ApplyIn) -> list[StationName]:
    if body.location_id is not None:
        await _require_location(runtime, principal, body.location_id)
        question = FindStations(operator_id=principal.operator_id, location_ids=(body.location_id,))
        return await runtime.ask(question)
    found = await runtime.ask(FindStations(operator_id=principal.operator_id, station_ids=(body.station_id or "",)))
    if not found or not principal.reaches(found[0].location_id):
        raise StationNotFound(f"There is no charging station {body.station_id}.")
    return found


def _template_out(row: Any) -> ChargingProfileOut:
    return ChargingProfileOut(
        id=row.id, name=row.name, purpose=row.purpose, charging_profile=row.document, created_at=row.created_at
    )

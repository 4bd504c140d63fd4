"""REST of locations (the outside contract: /locations)."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from voltway.contracts.directory import LocationChanged
from voltway.kernel import audit, clock
from voltway.kernel.http import Page, etag_of, require_match
from voltway.modules.stations import service
from voltway.modules.stations.api.dependencies import (
    MayAddLocations,
    MayReadLocations,
    MayWriteLocations,
    OpenTx,
    PagePart,
    ReadTx,
)
from voltway.modules.stations.schemas import LocationIn, LocationOut, LocationPatch, location_out, to_columns
from voltway.modules.stations.store import locations as store
from voltway.modules.stations.tables import locations

router = APIRouter(tags=["locations"])

_NEVER_EMPTY = ("name", "time_zone")


@router.get("/locations")
async def list_locations(
    principal: MayReadLocations, tx: ReadTx, page: PagePart, text: str | None = None
) -> Page[LocationOut]:
    """The operator's locations, newest first. `text`: part of a name, address or city."""
    statement = store.listed().where(store.visible_to(principal))
    if text:
        statement = statement.where(store.mentions(text))
    rows, next_cursor = await page.fetch(tx, statement, locations.c.id)
    return Page(items=[location_out(row) for row in rows], next_cursor=next_cursor)


@router.post("/locations", status_code=201)
async def add_location(body: LocationIn, principal: MayAddLocations, tx: OpenTx, response: Response) -> LocationOut:
    """Add a location."""
    row = await service.add_location(tx, principal, to_columns(body.model_dump(mode="json"), None))
    etag_of(row.version, response)
    return location_out(row)


@router.get("/locations/{location_id}")
async def get_location(location_id: str, principal: MayReadLocations, tx: ReadTx, response: Response) -> LocationOut:
    """One location."""
    row = await store.get(tx, location_id, store.visible_to(principal))
    etag_of(row.version, response)
    return location_out(row)


@router.patch("/locations/{location_id}")
async def change_location(
    location_id: str,
    body: LocationPatch,
    principal: MayWriteLocations,
    tx: OpenTx,
    request: Request,
    response: Response,
) -> LocationOut:
    """Change what is given; null empties a field (but the name and the time zone)."""
    row = await store.get_locked(tx, location_id, store.visible_to(principal))
    require_match(request, row.version)
    given = to_columns(body.model_dump(mode="json", exclude_unset=True), row.published_at)
    values = {name: value for name, value in given.items() if value is not None or name not in _NEVER_EMPTY}
    before = {name: getattr(row, name) for name in values}
    await store.change(tx, location_id, values)
    tx.publish(LocationChanged(operator_id=row.operator_id, at=clock.now(), location_id=location_id))
    audit.note(tx, principal, "location.edited", ("location", location_id), **audit.changes(before, values))
    row = await store.get(tx, location_id)
    etag_of(row.version, response)
    return location_out(row)


@router.delete("/locations/{location_id}", status_code=204)
async def delete_location(location_id: str, principal: MayWriteLocations, tx: OpenTx, request: Request) -> None:
    """Remove a location at which no station stands; what happened there still names it."""
    row = await store.get_locked(tx, location_id, store.visible_to(principal))
    require_match(request, row.version)
    await service.retire_location(tx, principal, row)

"""REST of locations (the outside contract: /locations)."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from voltway.kernel.http import Page, etag_of, require_match
from voltway.modules.stations import service
from voltway.modules.stations.api.dependencies import MayReadLocations, MayWriteLocations, OpenTx, PagePart, ReadTx
from voltway.modules.stations.schemas import LocationIn, LocationOut, LocationPatch
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
    return Page(items=[LocationOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.post("/locations", status_code=201)
async def add_location(body: LocationIn, principal: MayWriteLocations, tx: OpenTx, response: Response) -> LocationOut:
    """Add a location."""
    row = await service.add_location(tx, principal, body.model_dump())
    etag_of(row.version, response)
    return LocationOut.model_validate(row)


@router.get("/locations/{location_id}")
async def get_location(location_id: str, principal: MayReadLocations, tx: ReadTx, response: Response) -> LocationOut:
    """One location."""
    row = await store.get(tx, location_id, store.visible_to(principal))
    etag_of(row.version, response)
    return LocationOut.model_validate(row)


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
    given = body.model_dump(exclude_unset=True)
    values = {name: value for name, value in given.items() if value is not None or name not in _NEVER_EMPTY}
    await store.change(tx, location_id, values)
    row = await store.get(tx, location_id)
    etag_of(row.version, response)
    return LocationOut.model_validate(row)


@router.delete("/locations/{location_id}", status_code=204)
async def delete_location(location_id: str, principal: MayWriteLocations, tx: OpenTx, request: Request) -> None:
    """Remove a location at which no station stands; what happened there still names it."""
    row = await store.get_locked(tx, location_id, store.visible_to(principal))
    require_match(request, row.version)
    await service.retire_location(tx, location_id)

"""REST of charging stations (the outside contract: /charging-stations)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request, Response

from voltway.contracts.vocabulary import ConnectorStatus, Registration
from voltway.kernel.database import Tx
from voltway.kernel.http import Page, etag_of, page_answer, require_match
from voltway.modules.stations import replacing, rules, service
from voltway.modules.stations.api.dependencies import (
    MayReadStations,
    MayWriteStations,
    OpenTx,
    OurRuntime,
    PagePart,
    ReadTx,
)
from voltway.modules.stations.schemas import (
    ReplacementIn,
    StationCreated,
    StationIn,
    StationOut,
    StationPatch,
    VariableOut,
    station_out,
    variable_out,
)
from voltway.modules.stations.settings import StationsSettings
from voltway.modules.stations.store import stations as store
from voltway.modules.stations.tables import stations, variables

router = APIRouter(tags=["charging stations"])

StationSort = Literal[
    "-created", "created", "identity", "-identity", "vendor", "-vendor", "status", "-status", "last_seen", "-last_seen"
]
_EMPTIED_BY_NULL = ("name", "location_id", "password", "connector_map")


@router.get("/charging-stations", response_model=Page[StationOut])
async def list_stations(
    principal: MayReadStations,
    tx: ReadTx,
    page: PagePart,
    identity: str | None = None,
    location_id: str | None = None,
    is_online: bool | None = None,
    status: ConnectorStatus | None = None,
    registration: Registration | None = None,
    is_quarantined: Annotated[
        bool | None, Query(description="came by itself, and nobody has said what is to become of it")
    ] = None,
    text: Annotated[
        str | None, Query(max_length=100, description="part of a name, vendor, model, serial number")
    ] = None,
    include_retired: bool = False,
    sort: Annotated[StationSort, Query(description="a minus: the other way round")] = "-created",
) -> Response:
    """The operator's charging stations, newest first unless something else is asked for."""
    statement = store.LISTING.select(tx).where(store.visible_to(principal))
    if identity is not None:
        statement = statement.where(stations.c.identity_key == rules.identity_key(identity))
    if location_id is not None:
        statement = statement.where(stations.c.location_id == location_id)
    if is_online is not None:
        statement = statement.where(stations.c.is_online.is_(is_online))
    if status is not None:
        statement = statement.where(stations.c.status == status.value)
    if registration is not None:
        statement = statement.where(stations.c.registration == registration.value)
    if is_quarantined is not None:
        is_waiting = stations.c.quarantined_at.is_not(None)
        statement = statement.where(is_waiting if is_quarantined else sa.not_(is_waiting))
    if text:
        statement = statement.where(store.mentions(text))
    if not include_retired:
        statement = statement.where(stations.c.retired_key == "")
    key, is_down = store.SORT_KEYS[sort.removeprefix("-")], sort.startswith("-")
    keys: list[sa.ColumnElement[Any]] = [stations.c.id]
    if key is not stations.c.id:
        keys = [key.label("sort_key"), stations.c.id]
        statement = statement.add_columns(keys[0])
    rows, next_cursor = await page.fetch(tx, statement, *keys, newest_first=is_down)
    found = store.LISTING.read(tx, rows)
    layouts = await store.layouts(tx, [row.id for row in found])
    return page_answer((station_out(row, layouts[row.id]) for row in found), next_cursor)


@router.post("/charging-stations", status_code=201)
async def add_station(
    body: StationIn, principal: MayWriteStations, tx: OpenTx, runtime: OurRuntime, response: Response
) -> StationCreated:
    """Register a charging station. The password that is made up for it is shown in this answer only."""
    saved = await service.add_station(
        tx, principal, body.model_dump(), runtime.secret, runtime.settings(StationsSettings)
    )
    return await _shown(tx, saved, response)


@router.get("/charging-stations/{station_id}")
async def get_station(station_id: str, principal: MayReadStations, tx: ReadTx, response: Response) -> StationOut:
    """One charging station."""
    row = await store.get(tx, station_id, store.visible_to(principal))
    etag_of(row.version, response)
    return StationOut(**station_out(row, (await store.layouts(tx, [row.id]))[row.id]))


@router.patch("/charging-stations/{station_id}")
async def change_station(
    station_id: str,
    body: StationPatch,
    principal: MayWriteStations,
    tx: OpenTx,
    runtime: OurRuntime,
    request: Request,
    response: Response,
) -> StationCreated:
    """Change what is given. A new password holds from the next connection on; one that is made up is shown in this answer
    only."""
    station = await store.get_locked(tx, station_id, store.visible_to(principal))
    require_match(request, station.version)
    said = body.model_fields_set
    given = {
        name: value
        for name, value in body.model_dump().items()
        if name in said and (value is not None or name in _EMPTIED_BY_NULL)
    }
    settings = runtime.settings(StationsSettings)
    saved = await service.change_station(tx, principal, station, given, runtime.secret, settings)
    return await _shown(tx, saved, response)


@router.post("/charging-stations/{station_id}/replacement")
async def replace_station(
    station_id: str,
    body: ReplacementIn,
    principal: MayWriteStations,
    tx: OpenTx,
    runtime: OurRuntime,
    response: Response,
) -> StationCreated:
    """Put new hardware in the place of old: history, tariff, token list and limits stay with the record. The new password is
    shown in this answer only."""
    station = await store.get_locked(tx, station_id, store.visible_to(principal))
    saved = await replacing.replace_hardware(tx, principal, station, body.identity, body.reason, runtime.secret)
    return await _shown(tx, saved, response)


@router.delete("/charging-stations/{station_id}", status_code=204)
async def retire_station(station_id: str, principal: MayWriteStations, tx: OpenTx, request: Request) -> None:
    """Retire a charging station: it may not connect any more, its history stays, its identity may be used again."""
    station = await store.get_locked(tx, station_id, store.visible_to(principal))
    require_match(request, station.version)
    await service.retire_station(tx, principal, station)


@router.get("/charging-stations/{station_id}/variables")
async def list_variables(
    station_id: str,
    principal: MayReadStations,
    tx: ReadTx,
    page: PagePart,
    component: str | None = None,
    variable: str | None = None,
    text: Annotated[str | None, Query(max_length=100, description="part of a component, variable or value")] = None,
) -> Page[VariableOut]:
    """A station's settings as it last told them: configuration keys (1.6) and device-model variables (2.x)."""
    await store.get(tx, station_id, store.visible_to(principal))
    statement = sa.select(variables).where(variables.c.station_id == station_id)
    for column, wanted in ((variables.c.component, component), (variables.c.variable, variable)):
        if wanted is not None:
            statement = statement.where(sa.func.lower(column) == wanted.lower())
    if text:
        columns = (variables.c.component, variables.c.variable, variables.c.value)
        statement = statement.where(sa.or_(*(column.icontains(text, autoescape=True) for column in columns)))
    rows, next_cursor = await page.fetch(tx, statement, variables.c.id, newest_first=False)
    return Page(items=[variable_out(row) for row in rows], next_cursor=next_cursor)


async def _shown(tx: Tx, saved: service.Saved, response: Response) -> StationCreated:
    etag_of(saved.row.version, response)
    layout = (await store.layouts(tx, [saved.row.id]))[saved.row.id]
    return StationCreated(**station_out(saved.row, layout), password=saved.password)

"""REST of the map of stations."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Query

from voltway.kernel.geo import WORLD, Cell, Cells, box_in, cells_across
from voltway.modules.stations.api.dependencies import MayReadStations, ReadTx
from voltway.modules.stations.errors import BadMapBox
from voltway.modules.stations.schemas.mapping import StationCluster, StationClusters
from voltway.modules.stations.store import mapping as store

router = APIRouter(tags=["charging stations"])

CLUSTER_PX, ACROSS_MAX, ACROSS_USUAL = 80, 40, 12


@router.get("/station-clusters")
async def list_station_clusters(
    principal: MayReadStations,
    tx: ReadTx,
    bbox: Annotated[str | None, Query(max_length=100, description="west,south,east,north in degrees")] = None,
    zoom: Annotated[float | None, Query(ge=0, le=24, description="of the map; its world is 512 px wide at 0")] = None,
) -> StationClusters:
    """The operator's stations on a part of the map, those close together as one point; stations without a location with coordinates
    are not on it."""
    try:
        box = WORLD if bbox is None else box_in(bbox)
    except ValueError as error:
        raise BadMapBox(str(error)) from None
    at: dict[str, list[sa.Row[Any]]] = defaultdict(list)
    for row in await store.count_by_location(tx, principal, box):
        at[row.location_id].append(row)
    cells: Cells[list[sa.Row[Any]]] = Cells(cells_across(box, zoom, CLUSTER_PX, ACROSS_MAX, ACROSS_USUAL))
    for rows in at.values():
        cells.add(rows[0].latitude, rows[0].longitude, {row.state: int(row.stations) for row in rows}, rows)
    return StationClusters(items=[_out(cell) for cell in cells.all()])


def _out(cell: Cell[list[sa.Row[Any]]]) -> StationCluster:
    first, total = cell.first[0], sum(cell.counts.values())
    is_single = cell.things == 1
    return StationCluster(
        latitude=cell.latitude,
        longitude=cell.longitude,
        west=cell.west,
        south=cell.south,
        east=cell.east,
        north=cell.north,
        locations=cell.things,
        stations=total,
        available=cell.counts[store.AVAILABLE],
        in_use=cell.counts[store.IN_USE],
        faulted=cell.counts[store.FAULTED],
        offline=cell.counts[store.OFFLINE],
        location_id=first.location_id if is_single else None,
        name=first.name if is_single else None,
        station_id=first.station_id if total == 1 else None,
    )

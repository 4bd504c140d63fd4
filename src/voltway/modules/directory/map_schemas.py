"""The map that everybody may look at, as the API shows it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from voltway.contracts.directory import PublishedLocation
from voltway.kernel.geo import Cell
from voltway.kernel.http import Schema
from voltway.modules.directory import rules


class PublicCluster(Schema):
    """Places that are drawn as one on a map, and how their EVSEs stand; `location_id` and `name` of a single one."""

    latitude: float
    longitude: float
    west: float
    south: float
    east: float
    north: float
    places: int
    evses: int
    free: int
    taken: int
    out_of_order: int
    unknown: int
    location_id: str | None
    name: str | None

    @classmethod
    def of(cls, cell: Cell[PublishedLocation]) -> PublicCluster:
        """As it is shown."""
        single = cell.first if cell.things == 1 else None
        return cls(
            latitude=cell.latitude,
            longitude=cell.longitude,
            west=cell.west,
            south=cell.south,
            east=cell.east,
            north=cell.north,
            places=cell.things,
            evses=sum(cell.counts.values()),
            free=cell.counts[rules.FREE],
            taken=cell.counts[rules.TAKEN],
            out_of_order=cell.counts[rules.DOWN],
            unknown=cell.counts[rules.UNKNOWN],
            location_id=None if single is None else single.location_id,
            name=None if single is None else single.name,
        )


class PublicClusters(Schema):
    """A part of the map."""

    items: list[PublicCluster]


class PublicTown(Schema):
    """A town to be written on a map; `people` says how large."""

    name: str
    people: int
    latitude: float
    longitude: float


class PublicTowns(Schema):
    """The largest towns of a part of the map."""

    items: list[PublicTown]


class PublicSpot(Schema):
    """Where something is. `bbox`: west, south, east, north in degrees, of something large."""

    name: str
    detail: str = Field(description="where that lies, in words; may be empty")
    country: str | None = Field(description="ISO 3166-1, two letters")
    latitude: float
    longitude: float
    bbox: list[float] | None
    source: Literal["geocoder", "gazetteer"]


class PublicSpots(Schema):
    """What was found, the best first, and whose data it is, to be shown beside it."""

    items: list[PublicSpot]
    attributions: list[str]


class PublicMap(Schema):
    """What the map is drawn on."""

    style_url: str | None
    tiles_url: str | None
    tiles_zoom_max: int
    pmtiles_url: str | None
    attribution: str
    has_geocoder: bool

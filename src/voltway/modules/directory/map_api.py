"""REST for the map that everybody may look at: what is on it, what it is drawn on, and where something is."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Query

from voltway.contracts.directory import PublishedLocation
from voltway.integrations.geocoding import Query as Question
from voltway.integrations.geocoding import Spot
from voltway.kernel.auth import anybody
from voltway.kernel.geo import WORLD, Cells, cells_across
from voltway.modules.directory import gazetteer, rules, showing
from voltway.modules.directory.api import TEXT_MAX, Locale, OurRuntime, Wanted, box_of
from voltway.modules.directory.map_schemas import (
    PublicCluster,
    PublicClusters,
    PublicMap,
    PublicSpot,
    PublicSpots,
    PublicTown,
    PublicTowns,
)
from voltway.modules.directory.settings import DirectorySettings
from voltway.modules.directory.spots import Geography, ask_geocoder

router = APIRouter(prefix="/public", tags=["public"], dependencies=[Depends(anybody)])

CLUSTER_PX, TOWN_PX = 80, 110
ACROSS_MAX, ACROSS_USUAL = 40, 12
"""So many clusters lie beside each other at most, and where no zoom is given."""
TOWNS_MAX, SPOTS_MAX = 80, 8
Zoom = Annotated[float | None, Query(ge=0, le=24, description="of the map, whose world is 512 pixels wide at 0")]


@router.get("/location-clusters")
async def list_public_clusters(runtime: OurRuntime, search: Wanted, zoom: Zoom = None) -> PublicClusters:
    """A part of the map (`bbox`; else all of it), with places that lie close together as one point; about 1600 at most."""
    box = search.box or WORLD
    cells: Cells[PublishedLocation] = Cells(cells_across(box, zoom, CLUSTER_PX, ACROSS_MAX, ACROSS_USUAL))
    async for part in showing.fitting(runtime, search):
        rules.put_on_map(cells, part)
    return PublicClusters(items=[PublicCluster.of(each) for each in cells.all()])


@router.get("/towns")
async def list_public_towns(
    runtime: OurRuntime, bbox: Annotated[str, Query(max_length=TEXT_MAX)], zoom: Annotated[float, Query(ge=0, le=24)]
) -> PublicTowns:
    """The largest towns of a part of the map, to write on it; not more than can be read side by side."""
    box = box_of(bbox) or WORLD
    across = cells_across(box, zoom, TOWN_PX, ACROSS_MAX, ACROSS_USUAL)
    towns = (await runtime.state(Geography).towns()).largest(box, zoom, across, TOWNS_MAX)
    return PublicTowns(items=[PublicTown.model_validate(town, from_attributes=True) for town in towns])


@router.get("/places")
async def find_public_spots(
    runtime: OurRuntime,
    q: Annotated[str, Query(min_length=1, max_length=TEXT_MAX, description="what somebody types: a town, a street")],
    latitude: Annotated[float | None, Query(ge=-90, le=90, description="what is near here is preferred")] = None,
    longitude: Annotated[float | None, Query(ge=-180, le=180)] = None,
    is_typed: Annotated[bool, Query(description="nothing more is to follow: now every geocoder may be asked")] = False,
    locale: Locale = "en",
) -> PublicSpots:
    """Where something is: what the geocoder says if there is one, then the towns that the platform knows by itself."""
    near = None if latitude is None or longitude is None else (latitude, longitude)
    spots = await ask_geocoder(runtime, Question(q, locale, near, SPOTS_MAX), is_typed=is_typed)
    found = [_spot_out(each) for each in spots]
    towns = (
        (await runtime.state(Geography).towns()).find(q, near, SPOTS_MAX - len(found)) if len(found) < SPOTS_MAX else []
    )
    found += [_town_out(each) for each in towns if not _is_among(each, spots)]
    named = [runtime.settings(DirectorySettings).geocoder_attribution] if spots else []
    return PublicSpots(items=found, attributions=[*named, *([gazetteer.ATTRIBUTION] if towns else [])])


@router.get("/map")
async def get_public_map(runtime: OurRuntime) -> PublicMap:
    """What the map is drawn on. With all addresses null: on the map that the app brings along."""
    settings = runtime.settings(DirectorySettings)
    return PublicMap(
        style_url=settings.map_style_url or None,
        tiles_url=settings.map_tiles_url or None,
        tiles_zoom_max=settings.map_tiles_zoom_max,
        pmtiles_url=settings.map_pmtiles_url or None,
        attribution=settings.map_attribution,
        has_geocoder=bool(settings.geocoder),
    )


def origins(settings: DirectorySettings) -> list[str]:
    """The servers from which the map is fetched, for the policy of the pages."""
    urls = (settings.map_style_url, settings.map_tiles_url, settings.map_pmtiles_url, *settings.map_origins)
    parts = [urlsplit(url) for url in urls if "://" in url]
    return [f"{part.scheme}://{part.netloc}" for part in parts]


def _is_among(town: gazetteer.Town, spots: list[Spot]) -> bool:
    """Whether the geocoder has named it as well; about ten kilometres off are the same town."""
    return any(
        spot.name == town.name
        and abs(spot.latitude - town.latitude) < 0.1
        and abs(spot.longitude - town.longitude) < 0.2
        for spot in spots
    )


def _spot_out(spot: Spot) -> PublicSpot:
    return PublicSpot(
        name=spot.name,
        detail=spot.detail,
        country=None,
        latitude=spot.latitude,
        longitude=spot.longitude,
        bbox=None if spot.box is None else list(spot.box),
        source="geocoder",
    )


def _town_out(town: gazetteer.Town) -> PublicSpot:
    return PublicSpot(
        name=town.name,
        detail=town.region,
        country=town.country,
        latitude=town.latitude,
        longitude=town.longitude,
        bbox=None,
        source="gazetteer",
    )

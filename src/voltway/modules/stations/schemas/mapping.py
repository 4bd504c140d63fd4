"""Stations on a map, as the API shows them."""

from __future__ import annotations

from pydantic import Field

from voltway.kernel.http import Schema


class StationCluster(Schema):
    """Stations that are drawn as one on a map: `available`, `in_use`, `faulted` and `offline` add up to `stations`. Every station is
    counted once: what is offline is not known to be faulted, one with a faulted connector is."""

    latitude: float
    longitude: float
    west: float
    south: float
    east: float
    north: float
    locations: int
    stations: int
    available: int
    in_use: int
    faulted: int
    offline: int
    location_id: str | None = Field(description="of a single location")
    name: str | None = Field(description="of a single location")
    station_id: str | None = Field(description="of a single station")


class StationClusters(Schema):
    """A part of the map."""

    items: list[StationCluster]

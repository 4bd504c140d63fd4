"""Where things are on the Earth and on a map: distances, boxes, and the cells in which a map puts things together. Pure.

Points are latitude and longitude in degrees (WGS 84). A map is the square of Web Mercator (EPSG:3857), from 0 to 1 from west to
east and from north to south; at zoom 0 it is `MAP_PX` wide, and each zoom doubles it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec

Thing = TypeVar("Thing")
EARTH_M = 6_371_000
MAP_PX = 512
"""How wide MapLibre draws the world at zoom 0."""
MERCATOR_MAX = 85.051129
"""Beyond these latitudes there is no map."""


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The way of the crow between two points (latitude, longitude in degrees), by the haversine formula."""
    (south, west), (north, east) = (tuple(map(math.radians, point)) for point in (one, other))
    half = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(min(half, 1.0)))


def on_map(latitude: float, longitude: float) -> tuple[float, float]:
    """Where a point lies on the map: x, y from 0 to 1."""
    held = math.radians(max(-MERCATOR_MAX, min(MERCATOR_MAX, latitude)))
    return (longitude + 180) / 360, (1 - math.asinh(math.tan(held)) / math.pi) / 2


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the map, in degrees. A `west` beyond the `east` goes over the date line."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, latitude: float, longitude: float) -> bool:
        """Whether a point lies in it."""
        if not self.south <= latitude <= self.north:
            return False
        if self.west <= self.east:
            return self.west <= longitude <= self.east
        return longitude >= self.west or longitude <= self.east

    @property
    def width(self) -> float:
        """From west to east, in degrees; more than none."""
        return (self.east - self.west) % 360 or 360.0

    def touches(self, square: tuple[int, int]) -> bool:
        """Whether some of a square of one degree (as `square_of` names it) may lie in it."""
        north, east = square
        if not math.floor(self.south) <= north <= self.north:
            return False
        if self.west <= self.east:
            return math.floor(self.west) <= east <= self.east
        return east >= math.floor(self.west) or east <= self.east


def box_in(text: str) -> Box:
    """west,south,east,north in degrees. Raises ValueError, with words for who wrote it."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError("bbox is west,south,east,north in degrees.") from None
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise ValueError("bbox is west,south,east,north in degrees; the south is not above the north.")
    return Box(west=west, south=south, east=east, north=north)


WORLD = Box(west=-180, south=-90, east=180, north=90)


def square_of(latitude: float, longitude: float) -> tuple[int, int]:
    """The square of one degree in which a point lies."""
    return math.floor(latitude), math.floor(longitude)


def cells_across(box: Box, zoom: float | None, cell_px: float, most: int, usual: int) -> float:
    """How many cells lie side by side around the Earth, so that one is `cell_px` wide at this zoom, and a box has not more than about
    `most` of them in each direction. Without a zoom: `usual` in the width of the box.

    They depend on nothing else, so that what is together stays together while the map is moved.
    """
    height = abs(on_map(box.north, 0)[1] - on_map(box.south, 0)[1]) or 1.0
    asked = usual * 360 / box.width if zoom is None else 2**zoom * MAP_PX / cell_px
    return min(asked, most * 360 / box.width, most / height)


class Cell(Generic[Thing]):
    """Things that are drawn as one on a map; the point is the middle of them."""

    def __init__(self, first: Thing) -> None:
        self.first = first
        self.things = 0
        self.counts: Counter[str] = Counter()
        self.west, self.south, self.east, self.north = 180.0, 90.0, -180.0, -90.0
        self._latitudes, self._longitudes = 0.0, 0.0

    def add(self, latitude: float, longitude: float, counts: Mapping[str, int]) -> None:
        """One more thing that lies here."""
        self.things += 1
        for word, count in counts.items():
            self.counts[word] += count
        self._latitudes += latitude
        self._longitudes += longitude
        self.west, self.east = min(self.west, longitude), max(self.east, longitude)
        self.south, self.north = min(self.south, latitude), max(self.north, latitude)

    @property
    def latitude(self) -> float:
        return self._latitudes / self.things

    @property
    def longitude(self) -> float:
        return self._longitudes / self.things


class Cells(Generic[Thing]):
    """Puts things that lie in one cell of the map together; so many cells lie side by side around the Earth (`cells_across`)."""

    def __init__(self, across: float) -> None:
        self._across = across
        self._cells: dict[tuple[int, int], Cell[Thing]] = {}

    def add(
        self,
        latitude: float,
        longitude: float,
        counts: Mapping[str, int],
        thing: Thing,
        at: tuple[float, float] | None = None,
    ) -> None:
        """One more thing. `at`: where that is on the map, if it is known already."""
        x, y = at or on_map(latitude, longitude)
        key = (int(x * self._across), int(y * self._across))
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = Cell(thing)
        cell.add(latitude, longitude, counts)

    def all(self) -> list[Cell[Thing]]:
        """The cells that hold something, in no order."""
        return list(self._cells.values())

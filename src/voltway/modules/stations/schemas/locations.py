"""Locations as the API shows and takes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from voltway.kernel import clock
from voltway.kernel.http import Instant, Schema


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("must be a time zone of the IANA database, such as Europe/Berlin")
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone), Field(max_length=64, examples=["Europe/Berlin"])]
ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]


class Facility(StrEnum):
    """What else is there; the words are those of OCPI 2.2.1, Facility."""

    HOTEL = "HOTEL"
    RESTAURANT = "RESTAURANT"
    CAFE = "CAFE"
    MALL = "MALL"
    SUPERMARKET = "SUPERMARKET"
    SPORT = "SPORT"
    RECREATION_AREA = "RECREATION_AREA"
    NATURE = "NATURE"
    MUSEUM = "MUSEUM"
    BIKE_SHARING = "BIKE_SHARING"
    BUS_STOP = "BUS_STOP"
    TAXI_STAND = "TAXI_STAND"
    TRAM_STOP = "TRAM_STOP"
    METRO_STATION = "METRO_STATION"
    TRAIN_STATION = "TRAIN_STATION"
    AIRPORT = "AIRPORT"
    PARKING_LOT = "PARKING_LOT"
    CARPOOL_PARKING = "CARPOOL_PARKING"
    FUEL_STATION = "FUEL_STATION"
    WIFI = "WIFI"


class LocationAccess(StrEnum):
    """Who may drive in to charge: everybody, or only some (staff, guests of a hotel, members)."""

    PUBLIC = "public"
    RESTRICTED = "restricted"


class OpeningHourBody(Schema):
    """Open on a weekday between two times of its wall clock. An end that is not after the begin is of the next day."""

    weekday: int = Field(ge=1, le=7, description="1: Monday")
    begin: ClockTime = Field(examples=["08:00"])
    end: ClockTime = Field(examples=["20:00"])


OpeningHours = Annotated[list[OpeningHourBody], Field(max_length=50)]
Phone = Annotated[str, Field(max_length=30, pattern=r"^\+?[0-9][0-9 ()/-]{2,28}$", examples=["+49 30 1234567"])]
Facilities = Annotated[list[Facility], Field(max_length=len(Facility))]


class LocationIn(Schema):
    """A new location. Drivers see it once it is published; `opening_hours` null: always open."""

    name: str = Field(min_length=1, max_length=100)
    address: str | None = Field(default=None, max_length=200)
    city: str | None = Field(default=None, max_length=100)
    postal_code: str | None = Field(default=None, max_length=20)
    country: Country | None = None
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    time_zone: TimeZone = "UTC"
    is_published: bool = False
    access: LocationAccess | None = Field(default=None, description="who may drive in; null: not said")
    opening_hours: OpeningHours | None = None
    help_phone: Phone | None = None
    directions: str | None = Field(default=None, max_length=500)
    facilities: Facilities = Field(default_factory=list)


class LocationPatch(Schema):
    """What may be changed; a field that is left out stays, null empties it (but the name and the time zone)."""

    name: str | None = Field(default=None, min_length=1, max_length=100)
    address: str | None = Field(default=None, max_length=200)
    city: str | None = Field(default=None, max_length=100)
    postal_code: str | None = Field(default=None, max_length=20)
    country: Country | None = None
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    time_zone: TimeZone | None = None
    is_published: bool | None = None
    access: LocationAccess | None = None
    opening_hours: OpeningHours | None = None
    help_phone: Phone | None = None
    directions: str | None = Field(default=None, max_length=500)
    facilities: Facilities | None = None


class LocationOut(Schema):
    """A location."""

    id: str
    name: str
    address: str | None
    city: str | None
    postal_code: str | None
    country: str | None
    latitude: float | None
    longitude: float | None
    time_zone: str
    is_published: bool
    access: str | None
    opening_hours: list[OpeningHourBody] | None
    help_phone: str | None
    directions: str | None
    facilities: list[str]
    created_at: Instant


def location_out(row: Any) -> LocationOut:
    """A location as the API shows it."""
    fields = {name: value for name, value in row._mapping.items() if name in LocationOut.model_fields}
    return LocationOut.model_validate(
        {**fields, "is_published": row.published_at is not None, "facilities": row.facilities or []}
    )


def to_columns(given: Mapping[str, Any], published_at: datetime | None) -> dict[str, Any]:
    """The columns of what was given. `published_at`: since when it has been published; None: it was not."""
    columns = dict(given)
    if "is_published" in columns:
        columns["published_at"] = (published_at or clock.now()) if columns.pop("is_published") else None
    return columns

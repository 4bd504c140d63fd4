"""What an operator publishes: where one can charge, and how it stands there."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from voltway.charging.opening_hours import OpeningHours
from voltway.kernel.bus.asks import Ask
from voltway.kernel.bus.event import Event


class PublishedConnector(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A connector. `status` is a word of ConnectorStatus; None: it has not said."""

    connector_number: int
    type: str | None
    status: str | None
    status_at: datetime | None


class PublishedEvse(msgspec.Struct, frozen=True, kw_only=True):
    """An EVSE: one car at a time."""

    evse_number: int
    power_w_max: float | None
    connectors: tuple[PublishedConnector, ...]


class PublishedStation(msgspec.Struct, frozen=True, kw_only=True):
    """A station. Its identity is nobody's business: whoever knows it could try to connect by its name."""

    station_id: str
    name: str | None
    is_online: bool
    evses: tuple[PublishedEvse, ...]


class PublishedLocation(msgspec.Struct, frozen=True, kw_only=True):
    """A location that its operator publishes. `opening_hours` None: always open. `access`: who may drive in; None: not said."""

    location_id: str
    operator_id: str
    operator_name: str
    name: str
    address: str | None
    city: str | None
    postal_code: str | None
    country: str | None
    latitude: float | None
    longitude: float | None
    time_zone: str
    access: Literal["public", "restricted"] | None = None
    opening_hours: OpeningHours | None
    help_phone: str | None
    directions: str | None
    facilities: tuple[str, ...]
    stations: tuple[PublishedStation, ...]


class ListPublished(Ask[list[PublishedLocation]], frozen=True, kw_only=True):
    """Published locations: those with these ids, or with these stations; else the next `limit` of all, by their id."""

    location_ids: tuple[str, ...] = ()
    station_ids: tuple[str, ...] = ()
    after_id: str = ""
    limit: int = 200


class PublicPoint(msgspec.Struct, frozen=True, kw_only=True):
    """An EVSE as its printed code names it, and where it is. `code` opens nothing: it says where somebody stands."""

    code: str
    location: PublishedLocation
    station: PublishedStation
    station_number: int
    """Which station of the location it is, from 1: its name where it has none."""
    evse_number: int


class FindPublicPoint(Ask[PublicPoint | None], frozen=True, kw_only=True):
    """An EVSE by its code as somebody read or typed it, or by its station and number; None: nothing such is published."""

    code: str | None = None
    station_id: str | None = None
    evse_number: int | None = None


class LocationChanged(Event, frozen=True, kw_only=True, gc=False):
    """A location's record changed: added, edited or retired."""

    location_id: str

    def key(self) -> str:
        return self.location_id


class ChargeRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How charging went at an EVSE: sessions that have ended, and those with energy among them."""

    station_id: str
    evse_number: int
    attempts: int
    successes: int
    last_success_at: datetime | None


class SummarizeCharges(Ask[list[ChargeRecord]], frozen=True, kw_only=True):
    """Sum up what ended at these stations since an instant; EVSEs without a session are left out."""

    station_ids: tuple[str, ...]
    since: datetime

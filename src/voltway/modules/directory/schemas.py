"""Places as the public API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import Field

from voltway.charging.opening_hours import OpenPeriod, changes_at, is_open
from voltway.contracts.bookings import PublicQueue
from voltway.contracts.directory import PublishedConnector, PublishedEvse, PublishedLocation, PublishedStation
from voltway.kernel.geo import distance_m
from voltway.kernel.http import Instant, Schema
from voltway.modules.directory import rules
from voltway.modules.directory.index import Index
from voltway.modules.directory.prices import EvseKey, Rate, Rates

EvseState = Literal["free", "taken", "out_of_order", "unknown"]


class Prices(NamedTuple):
    """What it costs: in words by station and EVSE, and a kWh."""

    sentences: Mapping[EvseKey, str]
    rates: Rates


class PublicRate(Schema):
    """A price with taxes, in major units."""

    amount: Decimal
    currency: str

    @classmethod
    def of(cls, rate: Rate | None) -> PublicRate | None:
        """As it is shown."""
        return None if rate is None else cls(amount=rate.amount, currency=rate.currency)


class PublicPriceRange(Schema):
    """What a kWh costs in a currency: the lowest and the highest price of all places."""

    currency: str
    lowest: Decimal
    highest: Decimal


class PublicPriceRanges(Schema):
    """One for each currency."""

    items: list[PublicPriceRange]


class PublicConnector(Schema):
    """A plug or socket."""

    connector_number: int
    type: str | None
    status: str | None


class PublicEvse(Schema):
    """Where one car charges at a time. `success_percent`: of the attempts of the last days."""

    id: str
    station_name: str
    evse_number: int
    state: EvseState
    told_at: Instant | None = Field(description="when its connectors last said how they are")
    power_w_max: float | None
    connectors: list[PublicConnector]
    success_percent: int | None
    last_success_at: Instant | None
    price_per_kwh: PublicRate | None = Field(
        description="for whoever begins now; null: not known, or not priced by kWh"
    )
    price: str | None = Field(description="in words, in the order that AFIR demands, with taxes")


class OpenPeriodOut(Schema):
    """Open from `begin` until `end` of a weekday (1: Monday)."""

    weekday: int
    begin: str
    end: str


class PublicPlace(Schema):
    """A location that its operator publishes. `opening_hours` null: always open."""

    id: str
    operator_name: str
    name: str
    address: str | None
    city: str | None
    postal_code: str | None
    country: str | None
    latitude: float | None
    longitude: float | None
    time_zone: str
    distance_m: int | None = Field(description="from the point that was given")
    access: Literal["public", "restricted"] | None = Field(description="who may drive in; null: not said")
    is_open: bool
    opening_hours: list[OpenPeriodOut] | None
    opens_or_closes_at: Instant | None
    help_phone: str | None
    directions: str | None
    facilities: list[str]
    free_count: int
    price_per_kwh_from: PublicRate | None = Field(description="the lowest of its EVSEs; null: none is known")
    is_bookable: bool = Field(description="time slots can be booked, by drivers of its operator")
    queue_length: int | None = Field(description="people who wait for an EVSE; null: there is no queue")
    evses: list[PublicEvse]


def place_out(
    place: PublishedLocation,
    index: Index,
    prices: Prices,
    secret: bytes,
    at: datetime,
    near: tuple[float, float] | None = None,
    queue: PublicQueue | None = None,
) -> PublicPlace:
    """A place as everybody sees it at an instant."""
    zone = ZoneInfo(place.time_zone)
    evses = [
        _evse(
            station,
            evse,
            index,
            prices.sentences.get((station.station_id, evse.evse_number)),
            prices.rates.of((station.station_id, evse.evse_number), place.time_zone, evse.power_w_max or 0),
            rules.evse_code(secret, station.station_id, evse.evse_number),
            number,
        )
        for number, station in enumerate(place.stations, start=1)
        for evse in station.evses
    ]
    rates = [evse.price_per_kwh for evse in evses if evse.price_per_kwh is not None]
    has_point = near is not None and place.latitude is not None and place.longitude is not None
    return PublicPlace(
        id=place.location_id,
        operator_name=place.operator_name,
        name=place.name,
        address=place.address,
        city=place.city,
        postal_code=place.postal_code,
        country=place.country,
        latitude=place.latitude,
        longitude=place.longitude,
        time_zone=place.time_zone,
        distance_m=round(distance_m(near, (place.latitude or 0.0, place.longitude or 0.0)))
        if near is not None and has_point
        else None,
        access=place.access,
        is_open=is_open(place.opening_hours, zone, at),
        opening_hours=None if place.opening_hours is None else [_period(each) for each in place.opening_hours],
        opens_or_closes_at=changes_at(place.opening_hours, zone, at),
        help_phone=place.help_phone,
        directions=place.directions,
        facilities=list(place.facilities),
        free_count=sum(evse.state == rules.FREE for evse in evses),
        price_per_kwh_from=min(rates, key=lambda rate: rate.amount, default=None),
        is_bookable=queue is not None and queue.is_bookable,
        queue_length=None if queue is None else queue.queue_length,
        evses=evses,
    )


def _evse(
    station: PublishedStation,
    evse: PublishedEvse,
    index: Index,
    sentence: str | None,
    rate: Rate | None,
    code: str,
    number: int,
) -> PublicEvse:
    key = (station.station_id, evse.evse_number)
    record = index.charges.get(key)
    return PublicEvse.model_validate(
        {
            "id": code,
            "station_name": station.name or str(number),
            "evse_number": evse.evse_number,
            "state": rules.evse_state(station, evse),
            "told_at": rules.told_at(evse),
            "power_w_max": evse.power_w_max,
            "connectors": [_connector(each) for each in evse.connectors],
            "success_percent": rules.success_percent(record),
            "last_success_at": None if record is None else record.last_success_at,
            "price_per_kwh": PublicRate.of(rate),
            "price": sentence,
        }
    )


def _connector(connector: PublishedConnector) -> PublicConnector:
    return PublicConnector(connector_number=connector.connector_number, type=connector.type, status=connector.status)


def _period(period: OpenPeriod) -> OpenPeriodOut:
    return OpenPeriodOut(weekday=period.weekday + 1, begin=f"{period.begin:%H:%M}", end=f"{period.end:%H:%M}")

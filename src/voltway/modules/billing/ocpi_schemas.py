"""Tariffs and sessions as OCPI writes them (2.2.1 and 2.3.0), and what they are to the pricing functions.

Partners send more fields than prices need, and newer versions add some: what is not known here is passed over, as OCPI asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, model_validator

from voltway.charging.tariffs import (
    Component,
    Dimension,
    Element,
    Limit,
    ReservationRule,
    Restrictions,
    Tariff,
    Taxes,
)
from voltway.charging.usage import Period, Reservation, Usage
from voltway.kernel.http.schema import Instant

ELEMENTS_MAX, COMPONENTS_MAX, PERIODS_MAX = 50, 10, 5_000
LENGTH_MAX = timedelta(days=366)
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


class OcpiSchema(BaseModel):
    """Base of what partners write: what we do not know of it is ignored."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


def as_text(value: Decimal) -> str:
    """A decimal without an exponent."""
    return format(value, "f")


Amount = Annotated[
    Decimal,
    Field(ge=0, le=1_000_000, max_digits=16, decimal_places=9, allow_inf_nan=False),
    PlainSerializer(as_text, return_type=str),
]
Percent = Annotated[
    Decimal,
    Field(ge=0, le=100, max_digits=9, decimal_places=6, allow_inf_nan=False),
    PlainSerializer(as_text, return_type=str),
]
Bound = Annotated[
    Decimal,
    Field(ge=0, le=10**9, max_digits=18, decimal_places=6, allow_inf_nan=False),
    PlainSerializer(as_text, return_type=str),
]
Volume = Annotated[Decimal, Field(ge=-(10**9), le=10**9, max_digits=28, decimal_places=18, allow_inf_nan=False)]


def _is_a_clock_time(text: str) -> str:
    time.fromisoformat(text)
    return text


Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$"), AfterValidator(_is_a_clock_time)]


def _is_a_time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is no time zone; write it as Europe/Berlin")
    return name


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_is_a_time_zone)]


class PriceComponent(OcpiSchema):
    """A price, excl. VAT unless the tariff says that taxes are included; per kWh, per hour or flat."""

    type: Literal["ENERGY", "FLAT", "PARKING_TIME", "TIME"]
    price: Amount
    vat: Percent | None = None
    step_size: int = Field(default=1, ge=0, le=1_000_000)

    def component(self) -> Component:
        return Component(
            dimension=Dimension(self.type), price=self.price, vat_percent=self.vat, step_size=self.step_size
        )


class TariffRestrictions(OcpiSchema):
    """When an element holds."""

    start_time: Clock | None = None
    end_time: Clock | None = None
    start_date: date | None = None
    end_date: date | None = None
    min_kwh: Bound | None = None
    max_kwh: Bound | None = None
    min_current: Bound | None = None
    max_current: Bound | None = None
    min_power: Bound | None = None
    max_power: Bound | None = None
    min_duration: int | None = Field(default=None, ge=0, le=366 * 86_400)
    max_duration: int | None = Field(default=None, ge=0, le=366 * 86_400)
    day_of_week: list[Literal["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]] | None = (
        Field(default=None, max_length=7)
    )
    reservation: Literal["RESERVATION", "RESERVATION_EXPIRES"] | None = None

    def restrictions(self) -> Restrictions:
        return Restrictions(
            start_time=None if self.start_time is None else time.fromisoformat(self.start_time),
            end_time=None if self.end_time is None else time.fromisoformat(self.end_time),
            weekdays=frozenset(map(WEEKDAYS.index, self.day_of_week)) if self.day_of_week else None,
            reservation=None if self.reservation is None else ReservationRule(self.reservation),
            **self.model_dump(include=set(_AS_THEY_ARE)),
        )


_AS_THEY_ARE = (
    "start_date",
    "end_date",
    "min_kwh",
    "max_kwh",
    "min_current",
    "max_current",
    "min_power",
    "max_power",
    "min_duration",
    "max_duration",
)


class TariffElement(OcpiSchema):
    """Prices, and when they hold."""

    price_components: list[PriceComponent] = Field(min_length=1, max_length=COMPONENTS_MAX)
    restrictions: TariffRestrictions | None = None

    def element(self) -> Element:
        return Element(
            components=tuple(one.component() for one in self.price_components),
            restrictions=(self.restrictions or TariffRestrictions()).restrictions(),
        )


class TaxAmount(OcpiSchema):
    """2.3.0: one of the taxes on a price."""

    name: str = Field(max_length=100)
    amount: Amount


class PriceLimit(OcpiSchema):
    """A least or greatest price: 2.2.1 says `excl_vat` and `incl_vat`, 2.3.0 `before_taxes` and `taxes`."""

    excl_vat: Amount | None = None
    incl_vat: Amount | None = None
    before_taxes: Amount | None = None
    taxes: list[TaxAmount] | None = Field(default=None, max_length=20)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.excl_vat is None and self.incl_vat is None and self.before_taxes is None:
            raise ValueError("say excl_vat, incl_vat or before_taxes")
        return self

    def limit(self) -> Limit:
        if self.before_taxes is None:
            return Limit(excl_vat=self.excl_vat, incl_vat=self.incl_vat)
        taxes = None if self.taxes is None else sum((tax.amount for tax in self.taxes), Decimal(0))
        return Limit(excl_vat=self.before_taxes, incl_vat=None if taxes is None else self.before_taxes + taxes)


class OcpiTariff(OcpiSchema):
    """A tariff of OCPI 2.2.1 or 2.3.0."""

    currency: str = Field(pattern="^[A-Z]{3}$")
    elements: list[TariffElement] = Field(min_length=1, max_length=ELEMENTS_MAX)
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None
    tax_included: Literal["YES", "NO", "N/A"] | None = None
    start_date_time: Instant | None = None
    end_date_time: Instant | None = None

    def tariff(self) -> Tariff:
        """As the pricing functions know it."""
        return Tariff(
            currency=self.currency,
            elements=tuple(one.element() for one in self.elements),
            min_price=None if self.min_price is None else self.min_price.limit(),
            max_price=None if self.max_price is None else self.max_price.limit(),
            taxes=Taxes(self.tax_included or Taxes.EXCLUDED),
            valid_from=self.start_date_time,
            valid_until=self.end_date_time,
        )


# ---- sessions


class CdrDimension(OcpiSchema):
    """A volume of a charging period: kWh, hours, A (all phases) or kW."""

    type: str = Field(max_length=40)
    volume: Volume


class ChargingPeriod(OcpiSchema):
    """A part of a session, up to the start of the next one."""

    start_date_time: Instant
    dimensions: list[CdrDimension] = Field(max_length=40)

    def volume(self, *types: str) -> Fraction | None:
        """Of the first of these types that it has, its volumes together."""
        for kind in types:
            found = [Fraction(one.volume) for one in self.dimensions if one.type == kind]
            if found:
                return sum(found, Fraction(0))
        return None


class ReservationBody(OcpiSchema):
    """The time that an EVSE was held: up to the session's start, or its expiry."""

    start_date_time: Instant
    end_date_time: Instant
    expired: bool = False

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        _check_length("reservation", self.start_date_time, self.end_date_time)
        return self


class PriceRequest(OcpiSchema):
    """A session and the tariff to price it with."""

    tariff: OcpiTariff
    time_zone: TimeZone
    start_date_time: Instant
    end_date_time: Instant
    charging_periods: list[ChargingPeriod] = Field(max_length=PERIODS_MAX)
    reservation: ReservationBody | None = None

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        _check_length("session", self.start_date_time, self.end_date_time)
        starts = [period.start_date_time for period in self.charging_periods]
        if starts != sorted(starts):
            raise ValueError("charging_periods must stand in the order of their start_date_time")
        if starts and not self.start_date_time <= starts[0] <= starts[-1] <= self.end_date_time:
            raise ValueError("charging_periods must lie between start_date_time and end_date_time")
        return self

    def usage(self) -> Usage:
        """As the pricing functions know it."""
        return Usage(
            start=self.start_date_time,
            periods=tuple(_periods(self.charging_periods, self.end_date_time)),
            zone=ZoneInfo(self.time_zone),
            reservation=self._reserved(),
        )

    def _reserved(self) -> Reservation | None:
        if self.reservation is not None:
            body = self.reservation
            return Reservation(start=body.start_date_time, end=body.end_date_time, is_expired=body.expired)
        for period in self.charging_periods:
            hours = period.volume("RESERVATION_TIME")
            if hours is not None and hours > 0:
                length = timedelta(microseconds=round(hours * 3_600_000_000))
                return Reservation(start=period.start_date_time, end=period.start_date_time + length)
        return None


def _periods(periods: Sequence[ChargingPeriod], end: datetime) -> Iterator[Period]:
    ends = [*(period.start_date_time for period in periods[1:]), end]
    for period, until in zip(periods, ends, strict=False):  # no period has no end
        yield Period(
            start=period.start_date_time,
            end=until,
            energy_kwh=period.volume("ENERGY", "ENERGY_IMPORT") or Fraction(0),
            time_h=period.volume("TIME") or Fraction(0),
            parking_h=period.volume("PARKING_TIME") or Fraction(0),
            power_kw=period.volume("POWER", "MAX_POWER", "MIN_POWER"),
            current_a=period.volume("CURRENT", "MAX_CURRENT", "MIN_CURRENT"),
        )


def _check_length(what: str, start: datetime, end: datetime) -> None:
    if end < start:
        raise ValueError(f"a {what} cannot end before it begins")
    if end - start > LENGTH_MAX:
        raise ValueError(f"a {what} of more than {LENGTH_MAX.days} days is not priced")


class Supposition(OcpiSchema):
    """A session that might be: so much energy in so many minutes, then so many minutes at the plug, from a moment on."""

    starts_at: Instant
    time_zone: TimeZone
    energy_kwh: Annotated[Decimal, Field(ge=0, le=10_000, max_digits=12, decimal_places=6, allow_inf_nan=False)]
    charging_minutes: int = Field(ge=1, le=7 * 24 * 60)
    parking_minutes: int = Field(default=0, ge=0, le=31 * 24 * 60)
    reserved_minutes: int = Field(default=0, ge=0, le=7 * 24 * 60)

    def usage(self) -> Usage:
        """As the pricing functions know it."""
        charged = self.starts_at + timedelta(minutes=self.charging_minutes)
        charge = Period(
            start=self.starts_at,
            end=charged,
            energy_kwh=Fraction(self.energy_kwh),
            time_h=Fraction(self.charging_minutes, 60),
        )
        stay = Period(
            start=charged,
            end=charged + timedelta(minutes=self.parking_minutes),
            parking_h=Fraction(self.parking_minutes, 60),
        )
        reserved = timedelta(minutes=self.reserved_minutes)
        return Usage(
            start=self.starts_at,
            periods=(charge, stay) if self.parking_minutes else (charge,),
            zone=ZoneInfo(self.time_zone),
            reservation=Reservation(start=self.starts_at - reserved, end=self.starts_at) if reserved else None,
        )


class SimulateRequest(Supposition):
    """What a session that might be would cost by a tariff."""

    tariff: OcpiTariff


class CheckRequest(OcpiSchema):
    """A tariff to look at before anybody pays by it."""

    tariff: OcpiTariff

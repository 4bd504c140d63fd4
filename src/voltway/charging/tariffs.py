"""A tariff with everything that OCPI lets one say: elements, restrictions, steps, limits, taxes.

The shape is that of OCPI 2.2.1 and 2.3.0, module Tariffs; prices are decimals in major units of the currency. A tariff is never
edited once it is used. What it comes to is in costing.py, what is odd about it in tariff_lint.py.
"""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum

import msgspec


class Dimension(StrEnum):
    """What a price is for. TIME: while the car charges or could; PARKING_TIME: while it asks for no power. Both per hour."""

    ENERGY = "ENERGY"
    TIME = "TIME"
    PARKING_TIME = "PARKING_TIME"
    FLAT = "FLAT"


UNITS = {Dimension.ENERGY: "kWh", Dimension.TIME: "h", Dimension.PARKING_TIME: "h", Dimension.FLAT: "session"}


class Taxes(StrEnum):
    """Whether prices hold the taxes already (2.3.0 `tax_included`; 2.2.1: NO)."""

    INCLUDED = "YES"
    EXCLUDED = "NO"
    NONE = "N/A"
    """No taxes apply."""


class ReservationRule(StrEnum):
    """An element that prices a reservation: one that was used, or one that nobody came for."""

    USED = "RESERVATION"
    EXPIRED = "RESERVATION_EXPIRES"


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """A price of one dimension. `step_size` in Wh or s: what is billed is rounded up to a multiple. `vat_percent` None: not said,
    which is not 0."""

    dimension: Dimension
    price: Decimal
    vat_percent: Decimal | None = None
    step_size: int = 1


class Restrictions(msgspec.Struct, frozen=True, kw_only=True):
    """When an element holds; all that are given must be met. Lower bounds are inclusive, upper ones exclusive.

    Times and dates are those of the location's wall clock; an `end_time` before the `start_time` is of the next day, 00:00 is the
    end of the day. kWh and seconds are those of the session so far, amperes the sum of the phases.
    """

    start_time: time | None = None
    end_time: time | None = None
    start_date: date | None = None
    end_date: date | None = None
    min_kwh: Decimal | None = None
    max_kwh: Decimal | None = None
    min_current: Decimal | None = None
    max_current: Decimal | None = None
    min_power: Decimal | None = None
    max_power: Decimal | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    weekdays: frozenset[int] | None = None
    """0: Monday."""
    reservation: ReservationRule | None = None


ALWAYS = Restrictions()


class Element(msgspec.Struct, frozen=True, kw_only=True):
    """Prices, and when they hold."""

    components: tuple[Component, ...]
    restrictions: Restrictions = ALWAYS

    def component(self, dimension: Dimension) -> Component | None:
        """Its price of a dimension: the first one, where it has several."""
        return next((one for one in self.components if one.dimension is dimension), None)


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A total that may not be passed, without taxes and with; both hold, each by itself. None: not said."""

    excl_vat: Decimal | None = None
    incl_vat: Decimal | None = None


class Tariff(msgspec.Struct, frozen=True, kw_only=True):
    """What a session costs. Of each dimension, the first element holds that matches and has it; none: it is free."""

    currency: str
    elements: tuple[Element, ...]
    min_price: Limit | None = None
    max_price: Limit | None = None
    taxes: Taxes = Taxes.EXCLUDED
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @property
    def prices_reservations(self) -> bool:
        """Whether it has a price for an EVSE that was held and used."""
        return any(element.restrictions.reservation is ReservationRule.USED for element in self.elements)

"""What a kWh costs at an EVSE for whoever begins there at an instant and pays in the app: by the tariff of the place. Pure.

What a group has agreed on for its cards is left out: nobody can know it of a visitor.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from voltway.charging.costing import first_kwh, to_decimal
from voltway.charging.pricing import Tariff, in_elements

_PLACES = Decimal("0.0001")
EvseKey = tuple[str, int]
"""A station's id and the EVSE's number."""


class Rate(NamedTuple):
    """A price per kWh with taxes, in major units, to four places as it is shown."""

    amount: Decimal
    currency: str


def rate(tariff: Tariff, zone: ZoneInfo, power_w: float, at: datetime) -> Rate | None:
    """What a kWh costs by a tariff, in a session that would begin at this instant; None: it has no price per kWh."""
    power_kw = Fraction(power_w) / 1000 if power_w else None
    price = first_kwh(in_elements(tariff), at.astimezone(zone), power_kw)
    return None if price is None else Rate(to_decimal(price).quantize(_PLACES, ROUND_HALF_UP), tariff.currency)


class Rates:
    """The prices at an instant. Many EVSEs have the same tariff: each is worked out once."""

    def __init__(self, tariffs: Mapping[EvseKey, Tariff], at: datetime) -> None:
        self._tariffs = tariffs
        self._at = at
        self._known: dict[tuple[str, str, float], Rate | None] = {}

    def of(self, key: EvseKey, time_zone: str, power_w: float) -> Rate | None:
        """What a kWh costs at an EVSE; None: it has no tariff, or one without a price per kWh."""
        tariff = self._tariffs.get(key)
        if tariff is None:
            return None
        which = (tariff.tariff_id, time_zone, power_w)
        if which not in self._known:
            self._known[which] = rate(tariff, ZoneInfo(time_zone), power_w, self._at)
        return self._known[which]

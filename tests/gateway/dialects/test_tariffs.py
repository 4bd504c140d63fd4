"""A tariff as OCPP 2.1 writes it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import msgspec

from voltway.charging.pricing import Tariff
from voltway.charging.tariffs import Component, Dimension, Element, Limit, Restrictions
from voltway.charging.tariffs import Tariff as FullTariff
from voltway.modules.gateway.dialects.tariffs import tariff_21
from voltway.wire.ocpp import v21

NOTHING = Decimal(0)


def told(**changes: Any) -> Any:
    """What the wire has."""
    values = {
        "tariff_id": "t-1",
        "version": 1,
        "name": "Day and night",
        "currency": "EUR",
        "start_fee": NOTHING,
        "price_per_kwh": NOTHING,
        "price_per_minute": NOTHING,
        "vat_percent": NOTHING,
        **changes,
    }
    return msgspec.json.decode(msgspec.json.encode(tariff_21(Tariff(**values))))


def component(dimension: Dimension, price: str) -> Component:
    return Component(dimension=dimension, price=Decimal(price), vat_percent=Decimal(19))


HEAD = {
    "tariffId": "t-1",
    "currency": "EUR",
    "description": [{"format": "UTF8", "content": "Day and night"}],
}
VAT = [{"type": "VAT", "tax": 19.0}]


def test_the_simple_form_costs_from_start_to_end() -> None:
    prices = {"start_fee": Decimal("0.5"), "price_per_kwh": Decimal("0.49"), "price_per_minute": Decimal("0.02")}
    assert told(**prices, vat_percent=Decimal(19)) == {
        **HEAD,
        "energy": {"prices": [{"priceKwh": 0.49}], "taxRates": VAT},
        "chargingTime": {"prices": [{"priceMinute": 0.02}], "taxRates": VAT},
        "idleTime": {"prices": [{"priceMinute": 0.02}], "taxRates": VAT},
        "fixedFee": {"prices": [{"priceFixed": 0.5}], "taxRates": VAT},
    }


def test_what_is_free_says_so() -> None:
    assert told() == {**HEAD, "energy": {"prices": [{"priceKwh": 0.0}]}}


def test_the_full_form_has_its_prices_in_their_order_with_their_conditions() -> None:
    night = Restrictions(
        start_time=time(22),
        end_time=time(6),
        start_date=date(2026, 1, 1),
        end_date=date(2026, 12, 31),
        weekdays=frozenset({4, 5}),
        min_kwh=Decimal("0.5"),
        max_kwh=Decimal(50),
        min_power=Decimal("3.7"),
        max_power=Decimal(22),
        min_current=Decimal(6),
        max_current=Decimal(32),
        min_duration=60,
        max_duration=7200,
    )
    full = FullTariff(
        currency="EUR",
        elements=(
            Element(components=(component(Dimension.ENERGY, "0.30"),), restrictions=night),
            Element(
                components=(
                    component(Dimension.ENERGY, "0.45"),
                    component(Dimension.TIME, "3"),
                    component(Dimension.PARKING_TIME, "6"),
                    component(Dimension.FLAT, "1"),
                )
            ),
        ),
        min_price=Limit(excl_vat=Decimal("0.50")),
        max_price=Limit(excl_vat=Decimal(40), incl_vat=Decimal("47.60")),
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    )
    wire = told(full=full)
    conditions = {
        "startTimeOfDay": "22:00",
        "endTimeOfDay": "06:00",
        "dayOfWeek": ["Friday", "Saturday"],
        "validFromDate": "2026-01-01",
        "validToDate": "2026-12-31",
        "minEnergy": 500.0,
        "maxEnergy": 50000.0,
        "minCurrent": 6.0,
        "maxCurrent": 32.0,
        "minPower": 3700.0,
        "maxPower": 22000.0,
        "minTime": 60,
        "maxTime": 7200,
    }
    assert msgspec.convert(wire, v21.Tariff).valid_from == wire.pop("validFrom") == "2026-01-01T00:00:00.000Z"
    assert wire == {
        **HEAD,
        "energy": {"prices": [{"priceKwh": 0.3, "conditions": conditions}, {"priceKwh": 0.45}], "taxRates": VAT},
        "chargingTime": {"prices": [{"priceMinute": 0.05}], "taxRates": VAT},
        "idleTime": {"prices": [{"priceMinute": 0.1}], "taxRates": VAT},
        "fixedFee": {"prices": [{"priceFixed": 1.0}], "taxRates": VAT},
        "minCost": {"exclTax": 0.5},
        "maxCost": {"exclTax": 40.0, "inclTax": 47.6},
    }

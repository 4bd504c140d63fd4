"""Our tariff as OCPP 2.1 writes one: a price is the same decimal on the wire, and VAT stands beside it.

What cannot be said in this way is not told (`voltway.charging.tariff_telling`).
"""

from __future__ import annotations

from decimal import Decimal

from voltway.charging import pricing, tariffs
from voltway.charging.tariff_telling import prices_of
from voltway.charging.tariffs import ALWAYS, Component, Dimension, Limit, Restrictions
from voltway.wire.ocpp import v21
from voltway.wire.ocpp.times import format_instant

VAT = "VAT"
WH_PER_KWH = W_PER_KW = 1000
MINUTES_PER_HOUR = 60
DAYS = tuple(
    v21.DayOfWeekEnum(day) for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
)


def tariff_21(tariff: pricing.Tariff) -> v21.Tariff:
    """A tariff for a station. The simple form's price per minute runs from start to end: while it charges and while it does not.

    A tariff that costs nothing says so by an energy price of 0: one without any price would say nothing.
    """
    full = pricing.in_elements(tariff)
    energy = _energy(full)
    charging, idle = _time(full, Dimension.TIME), _time(full, Dimension.PARKING_TIME)
    fixed = _fixed(full)
    if not (energy or charging or idle or fixed):
        energy = v21.TariffEnergy(prices=[v21.TariffEnergyPrice(price_kwh=0.0)], tax_rates=_taxes(tariff.vat_percent))
    return v21.Tariff(
        tariff_id=tariff.tariff_id,
        currency=tariff.currency,
        description=[v21.MessageContent(format=v21.MessageFormatEnum.UTF8, content=tariff.name)],
        energy=energy,
        charging_time=charging,
        idle_time=idle,
        fixed_fee=fixed,
        valid_from=None if full.valid_from is None else format_instant(full.valid_from),
        min_cost=_limit(full.min_price),
        max_cost=_limit(full.max_price),
    )


def _energy(tariff: tariffs.Tariff) -> v21.TariffEnergy | None:
    prices = prices_of(tariff, Dimension.ENERGY)
    told = [v21.TariffEnergyPrice(price_kwh=number(price.price), conditions=conditions(when)) for price, when in prices]
    return v21.TariffEnergy(prices=told, tax_rates=_taxes_of(prices)) if told else None


def _time(tariff: tariffs.Tariff, dimension: Dimension) -> v21.TariffTime | None:
    prices = prices_of(tariff, dimension)
    told = [
        v21.TariffTimePrice(price_minute=number(price.price / MINUTES_PER_HOUR), conditions=conditions(when))
        for price, when in prices
    ]
    return v21.TariffTime(prices=told, tax_rates=_taxes_of(prices)) if told else None


def _fixed(tariff: tariffs.Tariff) -> v21.TariffFixed | None:
    prices = prices_of(tariff, Dimension.FLAT)
    told = [v21.TariffFixedPrice(price_fixed=number(price.price)) for price, _ in prices]
    return v21.TariffFixed(prices=told, tax_rates=_taxes_of(prices)) if told else None


def _taxes_of(prices: list[tuple[Component, Restrictions]]) -> list[v21.TaxRate] | None:
    return _taxes(next((price.vat_percent for price, _ in prices), None))


def _taxes(percent: Decimal | None) -> list[v21.TaxRate] | None:
    return [v21.TaxRate(type=VAT, tax=number(percent))] if percent else None


def _limit(limit: Limit | None) -> v21.Price | None:
    if limit is None:
        return None
    excl_tax, incl_tax = (None if amount is None else number(amount) for amount in (limit.excl_vat, limit.incl_vat))
    return v21.Price(excl_tax=excl_tax, incl_tax=incl_tax)


def conditions(when: Restrictions) -> v21.TariffConditions | None:
    """When a price holds; None: always. Bounds are inclusive below and exclusive above on both sides."""
    if when == ALWAYS:
        return None
    weekdays = None if when.weekdays is None else [DAYS[day] for day in sorted(when.weekdays)]
    return v21.TariffConditions(
        start_time_of_day=None if when.start_time is None else f"{when.start_time:%H:%M}",
        end_time_of_day=None if when.end_time is None else f"{when.end_time:%H:%M}",
        day_of_week=weekdays,
        valid_from_date=None if when.start_date is None else when.start_date.isoformat(),
        valid_to_date=None if when.end_date is None else when.end_date.isoformat(),
        min_energy=_scaled(when.min_kwh, WH_PER_KWH),
        max_energy=_scaled(when.max_kwh, WH_PER_KWH),
        min_current=_scaled(when.min_current, 1),
        max_current=_scaled(when.max_current, 1),
        min_power=_scaled(when.min_power, W_PER_KW),
        max_power=_scaled(when.max_power, W_PER_KW),
        min_time=when.min_duration,
        max_time=when.max_duration,
    )


def _scaled(value: Decimal | None, by: int) -> float | None:
    return None if value is None else number(value * by)


def number(exact: Decimal) -> float:
    """A decimal as the wire's number. Up to 15 digits come back from a float as they were; our prices have at most 12."""
    return float(exact)

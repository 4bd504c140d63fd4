"""Our tariff as OCPP 2.1 writes one, exactly: a price is the same decimal on the wire, and VAT stands beside it."""

from __future__ import annotations

from decimal import Decimal

from voltway.charging.pricing import Tariff
from voltway.wire.ocpp import v21

VAT = "VAT"


def tariff_21(tariff: Tariff) -> v21.Tariff:
    """A tariff for a station. Our price per minute runs from start to end: while it charges and while it does not.

    A tariff that costs nothing says so by an energy price of 0: one without any price would say nothing.
    """
    taxes = [v21.TaxRate(type=VAT, tax=number(tariff.vat_percent))] if tariff.vat_percent else None
    is_free = not (tariff.start_fee or tariff.price_per_kwh or tariff.price_per_minute)
    energy = v21.TariffEnergy(prices=[v21.TariffEnergyPrice(price_kwh=number(tariff.price_per_kwh))], tax_rates=taxes)
    minutes = v21.TariffTime(
        prices=[v21.TariffTimePrice(price_minute=number(tariff.price_per_minute))], tax_rates=taxes
    )
    start = v21.TariffFixed(prices=[v21.TariffFixedPrice(price_fixed=number(tariff.start_fee))], tax_rates=taxes)
    return v21.Tariff(
        tariff_id=tariff.tariff_id,
        currency=tariff.currency,
        description=[v21.MessageContent(format=v21.MessageFormatEnum.UTF8, content=tariff.name)],
        energy=energy if tariff.price_per_kwh or is_free else None,
        charging_time=minutes if tariff.price_per_minute else None,
        idle_time=minutes if tariff.price_per_minute else None,
        fixed_fee=start if tariff.start_fee else None,
    )


def number(exact: Decimal) -> float:
    """A decimal as the wire's number. Up to 15 digits come back from a float as they were; our prices have at most 12."""
    return float(exact)

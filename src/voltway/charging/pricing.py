"""What a session costs: pure, exact, explainable.

Prices are decimals in major units without VAT. A line is rounded once, half up, to the currency's minor unit; VAT is rounded
once per rate on the sum of its lines; the total is the sum of what was rounded, and the unrounded figure is kept beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from voltway.kernel.money import Money

_WH_PER_KWH = 1000
_S_PER_MINUTE = 60


class Tariff(msgspec.Struct, frozen=True, kw_only=True):
    """One form: a fee at the start, a price per kWh, a price per minute from start to end; one VAT rate.

    Prices are major units of `currency`, excl. VAT; `vat_percent` 19 means 19 %. Never edited: a change is a new `version`.
    """

    tariff_id: str
    version: int
    name: str
    currency: str
    start_fee: Decimal
    price_per_kwh: Decimal
    price_per_minute: Decimal
    vat_percent: Decimal


class CostLine(msgspec.Struct, frozen=True, kw_only=True):
    """One priced line. `quantity` in `unit` (session, kWh, min), `unit_price` in major units, `amount` excl. VAT, rounded."""

    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    vat_percent: Decimal
    amount: Money


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a session costs. `unrounded_incl_vat` in major units."""

    lines: tuple[CostLine, ...]
    excl_vat: Money
    vat: Money
    incl_vat: Money
    unrounded_incl_vat: Decimal


def price(tariff: Tariff, *, energy_wh: int, duration_s: int) -> Cost:
    """The cost of a session of so much energy (Wh) and so much time (s). Components with the price 0 give no line."""
    components: Sequence[tuple[str, int, int, str, Decimal]] = (
        ("Start fee", 1, 1, "session", tariff.start_fee),
        ("Energy", max(energy_wh, 0), _WH_PER_KWH, "kWh", tariff.price_per_kwh),
        ("Time", max(duration_s, 0), _S_PER_MINUTE, "min", tariff.price_per_minute),
    )
    # Multiplied before it is divided: a third of a minute has no exact decimal, its price may lie right on a tie.
    amounts = [count * unit_price / per_unit for _, count, per_unit, _, unit_price in components]
    lines = tuple(
        CostLine(
            description=description,
            quantity=round(Decimal(count) / per_unit, 6).normalize() + 0,
            unit=unit,
            unit_price=unit_price,
            vat_percent=tariff.vat_percent,
            amount=Money.round_from(amount, tariff.currency),
        )
        for (description, count, per_unit, unit, unit_price), amount in zip(components, amounts, strict=True)
        if unit_price
    )
    excl_vat = sum((line.amount for line in lines), Money(0, tariff.currency))
    vat = Money.round_from(excl_vat.to_decimal() * tariff.vat_percent / 100, tariff.currency)
    return Cost(
        lines=lines,
        excl_vat=excl_vat,
        vat=vat,
        incl_vat=excl_vat + vat,
        unrounded_incl_vat=sum(amounts, Decimal(0)) * (1 + tariff.vat_percent / 100),
    )

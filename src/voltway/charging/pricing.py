"""What a session costs: pure, exact, explainable.

Prices are decimals in major units without VAT. A line is rounded once, half up, to the currency's minor unit; VAT is rounded
once per rate on the sum of its lines; the total is the sum of what was rounded, and the unrounded figure is kept beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from voltway.charging import tariffs
from voltway.charging.costing import Bill, Line, bill
from voltway.charging.tariffs import Dimension, Taxes
from voltway.charging.usage import Usage
from voltway.kernel.money import Money

_WH_PER_KWH = 1000
_S_PER_MINUTE = 60
_MINUTES_PER_HOUR = 60
_PRICE = Decimal("0.000001")


class Tariff(msgspec.Struct, frozen=True, kw_only=True):
    """What a session is priced by, as it holds it from its start. The simple form: a fee at the start, a price per kWh, a price per
    minute from start to end; one VAT rate. Or, in `full`, everything that OCPI lets one say: then the simple prices are 0.

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
    full: tariffs.Tariff | None = None


class CostLine(msgspec.Struct, frozen=True, kw_only=True):
    """One priced line. `quantity` in `unit` (session, kWh, min, h), `unit_price` in major units, `amount` rounded: excl. VAT, unless
    the prices of the cost hold it."""

    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    vat_percent: Decimal
    amount: Money


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a session costs. `unrounded_incl_vat` in major units; `prices_include_vat`: those of the lines do; `warnings`: what a
    person should know of it, as words of costing.py."""

    lines: tuple[CostLine, ...]
    excl_vat: Money
    vat: Money
    incl_vat: Money
    unrounded_incl_vat: Decimal
    prices_include_vat: bool = False
    warnings: tuple[str, ...] = ()


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


def price_usage(full: tariffs.Tariff, usage: Usage) -> Cost:
    """The cost of what was used, by a tariff of the full form."""
    made = bill(full, usage)
    excl_vat, incl_vat = (_money(amount, made) for amount in (made.total.excl_vat, made.total.incl_vat))
    return Cost(
        lines=tuple(_cost_line(line, made) for line in made.lines),
        excl_vat=excl_vat,
        vat=Money(incl_vat.minor - excl_vat.minor, made.currency),
        incl_vat=incl_vat,
        unrounded_incl_vat=made.unrounded.incl_vat,
        prices_include_vat=full.taxes is Taxes.INCLUDED,
        warnings=tuple(dict.fromkeys(warned.code for warned in made.warnings)),
    )


def free(currency: str) -> Cost:
    """The cost of a session that is free."""
    nothing = Money(0, currency)
    return Cost(lines=(), excl_vat=nothing, vat=nothing, incl_vat=nothing, unrounded_incl_vat=Decimal(0))


def _cost_line(line: Line, made: Bill) -> CostLine:
    return CostLine(
        description=line.description,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        vat_percent=line.vat_percent or Decimal(0),
        amount=_money(line.amount, made),
    )


def _money(amount: Decimal, made: Bill) -> Money:
    return Money.round_from(amount, made.currency)


def net_lines(cost: Cost) -> tuple[CostLine, ...]:
    """The lines without VAT, whatever the prices hold: they add up to `excl_vat`, what rounding leaves is the largest one's."""
    if not cost.prices_include_vat or not cost.lines:
        return cost.lines
    nets = [
        Money.round_from(line.amount.to_decimal() * 100 / (100 + line.vat_percent), line.amount.currency).minor
        for line in cost.lines
    ]
    largest = max(range(len(nets)), key=lambda index: abs(nets[index]))
    nets[largest] += cost.excl_vat.minor - sum(nets)
    return tuple(
        replace(
            line,
            amount=Money(net, line.amount.currency),
            unit_price=(line.unit_price * 100 / (100 + line.vat_percent)).quantize(_PRICE),
        )
        for line, net in zip(cost.lines, nets, strict=True)
    )


def in_elements(tariff: Tariff) -> tariffs.Tariff:
    """A tariff, said with the elements of OCPI. The simple form's time counts whether the car charges or not."""
    if tariff.full is not None:
        return tariff.full
    prices = (
        (Dimension.ENERGY, tariff.price_per_kwh),
        (Dimension.TIME, tariff.price_per_minute * _MINUTES_PER_HOUR),
        (Dimension.PARKING_TIME, tariff.price_per_minute * _MINUTES_PER_HOUR),
        (Dimension.FLAT, tariff.start_fee),
    )
    components = tuple(
        tariffs.Component(dimension=dimension, price=price, vat_percent=tariff.vat_percent)
        for dimension, price in prices
        if price
    )
    return tariffs.Tariff(currency=tariff.currency, elements=(tariffs.Element(components=components),))

"""What a session costs by any tariff: pure, exact, explainable.

Everything is counted in fractions and rounded once: a line to the currency's minor unit, half up; the tax once per rate on the sum
of its lines; totals are sums of what was rounded, and the unrounded figures stand beside them. OCPI says nothing about rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from math import ceil
from typing import NamedTuple

import msgspec

from voltway.charging.tariffs import (
    UNITS,
    Component,
    Dimension,
    Element,
    Limit,
    ReservationRule,
    Restrictions,
    Tariff,
    Taxes,
)
from voltway.charging.usage import ZERO, Piece, Usage, pieces, reserved_pieces
from voltway.kernel.money import exponent

_STEP = {Dimension.ENERGY: 1000, Dimension.TIME: 3600, Dimension.PARKING_TIME: 3600}
"""Steps in a unit: Wh in a kWh, seconds in an hour."""
_DIGITS = Context(prec=34)
_ONE = Fraction(1)

NO_PRICE, VAT_MISSING, POWER_UNKNOWN, CURRENT_UNKNOWN = "no_price", "vat_missing", "power_unknown", "current_unknown"
NOT_VALID, EXPORT_UNPRICED = "not_valid_then", "export_unpriced"


class Warned(msgspec.Struct, frozen=True):
    """Something about a price that a person should know: a word of the constants above, and a sentence."""

    code: str
    text: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One priced line. `element` counts from 0, None for what follows from a limit. Amounts in major units: as they are, and rounded
    to the minor unit. With taxes included `amount` holds them."""

    dimension: Dimension | None
    element: int | None
    is_reservation: bool
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    vat_percent: Decimal | None
    amount: Decimal
    amount_exact: Decimal


class Total(msgspec.Struct, frozen=True):
    """A sum without taxes and with them, in major units."""

    excl_vat: Decimal
    incl_vat: Decimal


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """What a session costs: `total` is what is owed, `unrounded` how it came about."""

    currency: str
    total: Total
    unrounded: Total
    lines: tuple[Line, ...]
    warnings: tuple[Warned, ...]


class Used(NamedTuple):
    """Which price was used: (element, is it of the reservation)."""

    element: int
    dimension: Dimension
    is_reservation: bool


class _Priced(NamedTuple):
    """A line before it is written: in exact figures, and what it is rounded to."""

    used: Used
    component: Component
    quantity: Fraction
    exact: Fraction
    amount: Decimal


def bill(tariff: Tariff, usage: Usage) -> Bill:
    """What a session costs."""
    warnings: dict[str, Warned] = {}
    priced = [_priced(tariff, used, quantity) for used, quantity in _quantities(tariff, usage, warnings).items()]
    if tariff.taxes is not Taxes.NONE and any(one.component.vat_percent is None for one in priced):
        _warn(warnings, VAT_MISSING, "A price does not say its VAT; none is added.")
    if not _is_valid(tariff, usage):
        _warn(warnings, NOT_VALID, "The session did not begin while the tariff was valid.")
    unrounded, total = _sums(tariff, priced)
    limited, lines = _within_limits(tariff, unrounded), [_line(one) for one in priced]
    # What is within a limit may be rounded beyond it.
    owed = limited if limited != unrounded else _within_limits(tariff, (Fraction(total[0]), Fraction(total[1])))
    owed_excl, owed_incl = (rounded(amount, tariff.currency) for amount in owed)
    if (owed_excl, owed_incl) != total:
        lines.append(_limiting_line(tariff, total, (owed_excl, owed_incl)))
    return Bill(
        currency=tariff.currency,
        total=Total(owed_excl, owed_incl),
        unrounded=Total(*map(to_decimal, limited)),
        lines=tuple(lines),
        warnings=tuple(warnings.values()),
    )


def first_kwh(tariff: Tariff, local: datetime, power_kw: Fraction | None = None) -> Fraction | None:
    """What a kWh costs, with taxes and in major units, in a session that would begin at a wall clock of the location, with the power
    that the EVSE is rated at. 0 where it costs nothing then; None where the tariff has prices, but never one of energy."""
    elements = [one for one in tariff.elements if one.restrictions.reservation is None]
    priced = [component for one in elements for component in one.components if component.price]
    if not any(component.dimension is Dimension.ENERGY for component in priced):
        return None if priced or tariff.min_price is not None else ZERO
    start = Piece(
        local=local,
        kwh_before=ZERO,
        s_before=ZERO,
        energy_kwh=ZERO,
        time_h=ZERO,
        parking_h=ZERO,
        power_kw=power_kw,
        current_a=None,
    )
    found = _price([each for each in enumerate(elements) if _holds(each[1].restrictions, start, {})], Dimension.ENERGY)
    if found is None:
        return ZERO
    return Fraction(found[1].price) * (1 if tariff.taxes is Taxes.INCLUDED else _factor(tariff, found[1].vat_percent))


# ---- what is billed, by which price


def _quantities(tariff: Tariff, usage: Usage, warnings: dict[str, Warned]) -> dict[Used, Fraction]:
    """How much of each price was used, in the order of first use; steps are added."""
    found: dict[Used, Fraction] = {}
    if usage.reservation is not None:
        kinds = (
            (ReservationRule.EXPIRED, ReservationRule.USED) if usage.reservation.is_expired else (ReservationRule.USED,)
        )
        offered = [
            (index, element)
            for kind in kinds
            for index, element in enumerate(tariff.elements)
            if element.restrictions.reservation is kind
        ]
        cut = reserved_pieces(usage.reservation, usage.zone, _restrictions(offered))
        _use(found, offered, cut, warnings, is_reservation=True)
    offered = [
        (index, element) for index, element in enumerate(tariff.elements) if element.restrictions.reservation is None
    ]
    _use(found, offered, pieces(usage, _restrictions(offered)), warnings, is_reservation=False)
    return {used: quantity for used, quantity in found.items() if quantity}


def _restrictions(offered: Sequence[tuple[int, Element]]) -> list[Restrictions]:
    return [element.restrictions for _, element in offered]


def _use(
    found: dict[Used, Fraction],
    offered: Sequence[tuple[int, Element]],
    cut: Iterable[Piece],
    warnings: dict[str, Warned],
    *,
    is_reservation: bool,
) -> None:
    """Add up what the pieces use of the elements on offer, then round up to the steps."""
    latest: dict[Dimension, tuple[Used, Component]] = {}
    has_flat = False
    for piece in cut:
        matching = [(index, element) for index, element in offered if _holds(element.restrictions, piece, warnings)]
        for dimension, volume in _volumes(piece):
            if volume < 0:
                _warn(warnings, EXPORT_UNPRICED, "Energy that the car gave back is not priced by this tariff.")
                continue
            price = _price(matching, dimension)
            if price is None:
                if not is_reservation:
                    _warn(warnings, f"{NO_PRICE}:{dimension}", f"{dimension} is free for a part of the session.")
                continue
            used = Used(price[0], dimension, is_reservation)
            found[used] = found.get(used, ZERO) + volume
            latest.pop(dimension, None)
            latest[dimension] = (used, price[1])
        if not has_flat and (flat := _price(matching, Dimension.FLAT)) is not None:
            has_flat = True
            found[Used(flat[0], Dimension.FLAT, is_reservation)] = _ONE
    _round_up(found, latest)


def _volumes(piece: Piece) -> list[tuple[Dimension, Fraction]]:
    volumes = (
        (Dimension.ENERGY, piece.energy_kwh),
        (Dimension.TIME, piece.time_h),
        (Dimension.PARKING_TIME, piece.parking_h),
    )
    return [(dimension, volume) for dimension, volume in volumes if volume]


def _price(matching: Sequence[tuple[int, Element]], dimension: Dimension) -> tuple[int, Component] | None:
    for index, element in matching:
        component = element.component(dimension)
        if component is not None:
            return index, component
    return None


def _round_up(found: dict[Used, Fraction], latest: Mapping[Dimension, tuple[Used, Component]]) -> None:
    """The step of the price that was used last rounds the whole of its dimension up, once, and the surplus is that price's.

    Of charging and parking only the one that came last is rounded.
    """
    times = [dimension for dimension in latest if dimension in (Dimension.TIME, Dimension.PARKING_TIME)]
    for dimension in [*(one for one in latest if one is Dimension.ENERGY), *times[-1:]]:
        used, component = latest[dimension]
        if component.step_size <= 0:
            continue
        whole = sum(
            quantity
            for one, quantity in found.items()
            if one.dimension is dimension and one.is_reservation == used.is_reservation
        )
        steps = Fraction(whole) * _STEP[dimension] / component.step_size
        found[used] += (ceil(steps) - steps) * component.step_size / _STEP[dimension]


def _holds(rule: Restrictions, piece: Piece, warnings: dict[str, Warned]) -> bool:
    """Whether an element holds for a piece. What is not known meets no bound."""
    return (
        _is_at(rule, piece)
        and _is_within(piece.kwh_before, rule.min_kwh, rule.max_kwh)
        and _is_within(piece.s_before, rule.min_duration, rule.max_duration)
        and _is_measured(piece.power_kw, rule.min_power, rule.max_power, POWER_UNKNOWN, "power", warnings)
        and _is_measured(piece.current_a, rule.min_current, rule.max_current, CURRENT_UNKNOWN, "current", warnings)
    )


def _is_at(rule: Restrictions, piece: Piece) -> bool:
    local = piece.local
    if rule.weekdays is not None and local.weekday() not in rule.weekdays:
        return False
    if rule.start_date is not None and local.date() < rule.start_date:
        return False
    if rule.end_date is not None and local.date() >= rule.end_date:
        return False
    start, end, now = rule.start_time, rule.end_time, local.time()
    is_after_start = start is None or now >= start
    is_before_end = end is None or end == end.min or now < end
    if start is not None and end is not None and end != end.min and end < start:  # past midnight
        return is_after_start or is_before_end
    return is_after_start and is_before_end


def _is_within(value: Fraction, least: Decimal | int | None, below: Decimal | int | None) -> bool:
    return (least is None or value >= Fraction(least)) and (below is None or value < Fraction(below))


def _is_measured(
    value: Fraction | None,
    least: Decimal | None,
    below: Decimal | None,
    code: str,
    word: str,
    warnings: dict[str, Warned],
) -> bool:
    if least is None and below is None:
        return True
    if value is None:
        _warn(warnings, code, f"The tariff depends on the {word}, which is not known for a part of the session.")
        return False
    return _is_within(value, least, below)


def _warn(warnings: dict[str, Warned], code: str, text: str) -> None:
    warnings.setdefault(code, Warned(code.partition(":")[0], text))


def _is_valid(tariff: Tariff, usage: Usage) -> bool:
    return (tariff.valid_from is None or usage.start >= tariff.valid_from) and (
        tariff.valid_until is None or usage.start < tariff.valid_until
    )


# ---- what that amounts to


_WORDS = {
    Dimension.ENERGY: "Energy",
    Dimension.TIME: "Charging time",
    Dimension.PARKING_TIME: "Parking time",
    Dimension.FLAT: "Start fee",
}
_RESERVED_WORDS = {Dimension.TIME: "Reservation time", Dimension.FLAT: "Reservation fee"}


def _priced(tariff: Tariff, used: Used, quantity: Fraction) -> _Priced:
    component = tariff.elements[used.element].component(used.dimension)
    assert component is not None
    exact = quantity * Fraction(component.price)
    return _Priced(used, component, quantity, exact, rounded(exact, tariff.currency))


def _line(priced: _Priced) -> Line:
    used, component = priced.used, priced.component
    words = _RESERVED_WORDS if used.is_reservation else _WORDS
    return Line(
        dimension=used.dimension,
        element=used.element,
        is_reservation=used.is_reservation,
        description=words.get(used.dimension, _WORDS[used.dimension]),
        quantity=to_decimal(priced.quantity),
        unit=UNITS[used.dimension],
        unit_price=component.price,
        vat_percent=component.vat_percent,
        amount=priced.amount,
        amount_exact=to_decimal(priced.exact),
    )


def _sums(tariff: Tariff, priced: Sequence[_Priced]) -> tuple[tuple[Fraction, Fraction], tuple[Decimal, Decimal]]:
    """The sums (excl., incl. taxes) as they are; and of the rounded lines, with the tax rounded once per rate."""
    exact_excl = exact_incl = ZERO
    excl = incl = rounded(ZERO, tariff.currency)
    by_rate: dict[Decimal | None, list[_Priced]] = {}
    for one in priced:
        by_rate.setdefault(one.component.vat_percent, []).append(one)
    for rate, group in by_rate.items():
        factor = _factor(tariff, rate)
        exact = sum((one.exact for one in group), ZERO)
        whole = sum((one.amount for one in group), Decimal(0))
        if tariff.taxes is Taxes.INCLUDED:
            exact_incl, exact_excl = exact_incl + exact, exact_excl + exact / factor
            incl, excl = incl + whole, excl + rounded(Fraction(whole) / factor, tariff.currency)
        else:
            exact_excl, exact_incl = exact_excl + exact, exact_incl + exact * factor
            excl, incl = excl + whole, incl + whole + rounded(Fraction(whole) * (factor - 1), tariff.currency)
    return (exact_excl, exact_incl), (excl, incl)


def _factor(tariff: Tariff, vat_percent: Decimal | None) -> Fraction:
    """What an amount without tax is multiplied with for the amount with it."""
    return _ONE if vat_percent is None or tariff.taxes is Taxes.NONE else 1 + Fraction(vat_percent) / 100


def _within_limits(tariff: Tariff, sums: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
    """The sums within the least and the greatest price. A limit that says one of the two sums only moves the other in
    proportion."""
    for limit, clamp in ((tariff.min_price, max), (tariff.max_price, min)):
        if limit is not None:
            sums = _limited(tariff, sums, limit, clamp)
    return sums


def _limited(
    tariff: Tariff, sums: tuple[Fraction, Fraction], limit: Limit, clamp: Callable[[Fraction, Fraction], Fraction]
) -> tuple[Fraction, Fraction]:
    excl, incl = sums
    ratio = incl / excl if excl else _highest_factor(tariff)
    if limit.excl_vat is not None:
        excl = clamp(excl, Fraction(limit.excl_vat))
        incl = excl * ratio if limit.incl_vat is None else incl
    if limit.incl_vat is not None:
        incl = clamp(incl, Fraction(limit.incl_vat))
        excl = incl / ratio if limit.excl_vat is None else excl
    return excl, incl


def _highest_factor(tariff: Tariff) -> Fraction:
    """The ratio of the sums where nothing was used that would tell it."""
    components = [component for element in tariff.elements for component in element.components]
    return max((_factor(tariff, component.vat_percent) for component in components), default=_ONE)


def _limiting_line(tariff: Tariff, total: tuple[Decimal, Decimal], owed: tuple[Decimal, Decimal]) -> Line:
    """What makes up the difference to a limit, in the sum that the lines are in."""
    excl, incl = owed[0] - total[0], owed[1] - total[1]
    difference = incl if tariff.taxes is Taxes.INCLUDED else excl
    is_raised = excl > 0 or incl > 0
    return Line(
        dimension=None,
        element=None,
        is_reservation=False,
        description="Minimum price" if is_raised else "Maximum price",
        quantity=Decimal(1),
        unit="session",
        unit_price=difference,
        vat_percent=None,
        amount=difference,
        amount_exact=difference,
    )


def rounded(exact: Fraction, currency: str) -> Decimal:
    """An amount in whole minor units, half up, away from zero on a tie."""
    digits = exponent(currency)
    scaled = abs(exact) * 10**digits
    minor = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(minor if exact >= 0 else -minor).scaleb(-digits)


def to_decimal(exact: Fraction) -> Decimal:
    """A fraction as a decimal: exactly where it ends, else to 12 places."""
    found = _DIGITS.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    if Fraction(found) != exact:
        found = found.quantize(Decimal("1e-12"), rounding=ROUND_HALF_UP)
    return found.normalize(_DIGITS) + 0

"""Meter values: from what stations write to `MeterSample`, the one place where units are converted.

Energy becomes Wh (round half even), power W, temperature degrees Celsius; kilo units and multipliers are gone afterwards.
One sample stands for the values of one instant, one context and one location. Signed values are never numbers: they are kept
as received. What cannot be read is dropped and flagged: a wrong guess would be billed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

import msgspec

from voltway.contracts.vocabulary import MeterSample
from voltway.modules.gateway.dialects.station_clock import note_flag, read_time
from voltway.wire.ocpp import v16, v201

VALUE_UNREADABLE = "value_unreadable"
UNIT_UNFIT = "unit_unfit"

# OCPP 1.6 §7.33-7.44 and 2.0.1 part 2, SampledValueType: what an absent field means.
DEFAULT_MEASURAND = "Energy.Active.Import.Register"
DEFAULT_CONTEXT = "Sample.Periodic"
DEFAULT_LOCATION = "Outlet"

NUMBER_MAX = 2.0**53
"""No meter shows more; beyond it floats skip integers, and registers do not fit the database for ever."""
_NUMBER_MIN = -NUMBER_MAX
_SIGNED = v16.ValueFormat.SignedData  # looking a member up costs more than what is done with it
NUMBER_LENGTH_MAX = 32
"""A longer text that is no number is a signed value whose station forgot to say so."""


Plan = tuple[tuple[str, str], str, str, str | None, int, str | None, Callable[[float], float] | None]
"""What to do with a value, found once for each kind of value and kept (a plain tuple: it is unpacked a million times).

The place (context, location), whose sample it belongs to; the field of MeterSample, empty where it has none of its own; the
measurand; the phase; the power of ten to our unit; a flag to raise; a conversion that is no power of ten.
"""

Reading = tuple[Plan, float | None, Any]
"""A value understood: where it belongs, its number in our unit (None: unreadable or signed), its signed form."""

_FIELDS: dict[str, tuple[str, tuple[str | None, ...]]] = {
    "Energy.Active.Import.Register": ("energy_wh", (None, "Wh", "kWh", "MWh")),
    "Power.Active.Import": ("power_w", (None, "W", "kW", "MW")),
    "Current.Import": ("current_a", (None, "A")),
    "Voltage": ("voltage_v", (None, "V", "kV")),
    "SoC": ("soc_percent", (None, "Percent", "%")),
}
_UNBOUNDED = frozenset({"power_w", "current_a", "voltage_v"})
_EXPONENTS: dict[str | None, int] = dict.fromkeys(("kWh", "kvarh", "kVAh", "kW", "kvar", "kVA", "kV"), 3)
_EXPONENTS |= dict.fromkeys(("MWh", "MW"), 6)
_TO_CELSIUS: dict[str | None, Callable[[float], float]] = {
    "K": lambda kelvin: round(kelvin - 273.15, 6),
    "Fahrenheit": lambda fahrenheit: round((fahrenheit - 32) / 1.8, 6),
}

# A phase to neutral is that phase; line-to-line and neutral keep their names.
_PHASES = {"L1-N": "L1", "L2-N": "L2", "L3-N": "L3"} | {word: word for word in v16.Phase if not word.endswith("-N")}
_LINES = ("L1", "L2", "L3")


def samples_16(meter_values: Iterable[v16.MeterValue], instead: datetime, flags: list[str]) -> tuple[MeterSample, ...]:
    """Samples of OCPP 1.6 values; `instead` is the time where theirs cannot be read."""
    return _gather(meter_values, _read_16, instead, flags)


def samples_2(meter_values: Iterable[v201.MeterValue], instead: datetime, flags: list[str]) -> tuple[MeterSample, ...]:
    """Samples of OCPP 2.x values (2.1 has the same fields); `instead` is the time where theirs cannot be read."""
    return _gather(meter_values, _read_2, instead, flags)


def scaled(text: str, exponent: int) -> float | None:
    """The number in a text times ten to the exponent, rounded once; None if it holds no number that a meter can show."""
    try:
        number = float(f"{text}e{exponent}") if exponent else float(text)
    except ValueError:
        number = _scaled_slowly(text, exponent)
    return number if _NUMBER_MIN < number < NUMBER_MAX and "_" not in text else None


def _scaled_slowly(text: str, exponent: int) -> float:
    """For a text with an exponent of its own; not a number where it holds none."""
    try:
        return float(Decimal(text).scaleb(exponent))
    except (ArithmeticError, ValueError):
        return float("nan")


@cache
def _place(context: str | None, location: str | None) -> tuple[str, str]:
    """One object for each place, so that `is` tells them apart."""
    return str(context or DEFAULT_CONTEXT), str(location or DEFAULT_LOCATION)


@lru_cache(maxsize=4096)  # 2.x lets stations name units as they like
def _plan(
    measurand: str | None, unit: str | None, context: str | None, location: str | None, phase: str | None
) -> Plan:
    word = DEFAULT_MEASURAND if measurand is None else str(measurand)
    # The state of charge is the car's, whatever place the station names: it belongs beside what is billed.
    place = _place(context, None if word == "SoC" else location)
    line = None if phase is None else _PHASES[phase]
    exponent = _EXPONENTS.get(unit, 0)
    if word not in _FIELDS:
        return place, "", word, line, exponent, None, _TO_CELSIUS.get(unit)
    field, units = _FIELDS[word]
    if unit not in units:  # nothing that may be billed, but not to be lost either
        return place, "", f"{word} ({unit})", line, 0, UNIT_UNFIT, None
    return place, field, word, line, exponent, None, None


def _read_16(values: Iterable[v16.SampledValue]) -> list[Reading]:
    """Values of OCPP 1.6: each a text, with its unit."""
    readings: list[Reading] = []
    for sampled in values:
        text = sampled.value
        plan = _plan(sampled.measurand, sampled.unit, sampled.context, sampled.location, sampled.phase)
        number = scaled(text, plan[4]) if sampled.format is not _SIGNED else None
        is_signed = number is None and (sampled.format is _SIGNED or len(text) > NUMBER_LENGTH_MAX)
        readings.append((plan, number, msgspec.to_builtins(sampled) if is_signed else None))
    return readings


def _read_2(values: Iterable[v201.SampledValue]) -> list[Reading]:
    """Values of OCPP 2.x: each a number with a unit and a power of ten; the signed form stands beside it."""
    readings: list[Reading] = []
    for sampled in values:
        measure = sampled.unit_of_measure
        unit, exponent = (None, 0) if measure is None else (measure.unit, measure.multiplier or 0)
        plan = _plan(sampled.measurand, unit, sampled.context, sampled.location, sampled.phase)
        exponent += plan[4]
        number: float | None = sampled.value
        if exponent or not _NUMBER_MIN < sampled.value < NUMBER_MAX:
            number = scaled(repr(number), exponent)
        signed = sampled.signed_meter_value
        readings.append((plan, number, None if signed is None else msgspec.to_builtins(signed)))
    return readings


def _gather(
    meter_values: Iterable[Any], read: Callable[[Any], list[Reading]], instead: datetime, flags: list[str]
) -> tuple[MeterSample, ...]:
    samples: list[MeterSample] = []
    for meter_value in meter_values:
        at = read_time(meter_value.timestamp, instead, flags)
        groups: dict[tuple[str, str], dict[str, Any]] = {}
        group: dict[str, Any] = {}
        last_place = None
        for plan, number, signed in read(meter_value.sampled_value):
            place, field, measurand, phase, _, _, _ = plan
            if place is not last_place:
                group = groups.setdefault(place, {})
                last_place = place
            if signed is not None:
                group.setdefault("signed", []).append(signed)
            if number is None:
                if signed is None:
                    note_flag(flags, VALUE_UNREADABLE)
            elif phase is None and field in _UNBOUNDED:
                group[field] = number
            elif phase is None and field == "energy_wh":
                group[field] = round(number)
            elif field in _UNBOUNDED:
                group.setdefault("phases", {}).setdefault(measurand, {})[phase] = number
            else:
                _put(group, plan, number, flags)
        for (context, location), group in groups.items():
            if group:
                if "phases" in group:
                    _sum_up(group)
                samples.append(MeterSample(at=at, context=context, location=location, **group))
    return tuple(samples)


def _put(group: dict[str, Any], plan: Plan, number: float, flags: list[str]) -> None:
    """Put a number where it belongs in its sample's fields."""
    _, field, measurand, phase, _, flag, convert = plan
    if field == "soc_percent" and not 0 <= number <= 100:
        note_flag(flags, VALUE_UNREADABLE)
        return
    if field == "energy_wh":
        number = round(number)
    if flag is not None:
        note_flag(flags, flag)
    if convert is not None:
        number = convert(number)
    if phase is not None:
        group.setdefault("phases", {}).setdefault(measurand, {})[phase] = number
    elif field:
        group[field] = number
    else:
        group.setdefault("extra", {})[measurand] = number


def _sum_up(group: dict[str, Any]) -> None:
    """Fill what a station says only by phase: the sum of energy and power, the largest current, the mean voltage."""
    for measurand, by_phase in group["phases"].items():
        if measurand not in _FIELDS:
            continue
        lines = [by_phase[line] for line in _LINES if line in by_phase]
        if not lines:
            continue
        field = _FIELDS[measurand][0]
        if field == "current_a":
            group[field] = max(lines)
        elif field == "voltage_v":
            group[field] = sum(lines) / len(lines)
        else:
            group.setdefault(field, sum(lines))

"""What a driver used, from what a meter said: readings of its register become periods, cut where the car stopped asking for power.

Energy flows evenly between two readings. A register only rises: a reading below one before it, or beyond the last, is left out.
The time after `idle_from` is PARKING_TIME, all before it TIME; the station's own pauses (SuspendedEVSE) are TIME. Nothing is
counted after `known_until`: of a session that nobody ended we know no more than its last report. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from voltway.charging.usage import Period, Reservation, Usage

_HOUR = timedelta(hours=1)
_US = timedelta(microseconds=1)


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What a meter said at an instant: register (Wh), power (W), current (A, all phases)."""

    at: datetime
    energy_wh: int
    power_w: float | None = None
    current_a: float | None = None


class Metered(msgspec.Struct, frozen=True, kw_only=True):
    """A session as it was metered. `idle_from`: since when the car has asked for no power; None: it has not stopped."""

    started_at: datetime
    known_until: datetime
    meter_start_wh: int
    energy_wh: int
    idle_from: datetime | None = None
    readings: tuple[Reading, ...] = ()


PEAK_S = 60
"""Mean power is looked at between readings at least so far apart: then the rounding of their registers does not matter."""


def mean_peak_w(used: Metered) -> float:
    """The greatest mean power between two readings, W."""
    peak, begin, energy = 0.0, used.started_at, used.meter_start_wh
    ends = [(reading.at, reading.energy_wh) for reading in sorted(used.readings, key=lambda each: each.at)]
    for at, register in [*ends, (used.known_until, used.meter_start_wh + used.energy_wh)]:
        seconds = (at - begin).total_seconds()
        if seconds >= PEAK_S:
            peak = max(peak, (register - energy) * 3600 / seconds)
            begin, energy = at, register
    return peak


class _Point(NamedTuple):
    at: datetime
    energy_wh: Fraction
    power_w: float | None
    current_a: float | None


def usage_of(metered: Metered, zone: ZoneInfo, reservation: Reservation | None = None) -> Usage:
    """The usage that a tariff prices. `zone`: of the location."""
    return Usage(start=metered.started_at, periods=tuple(_periods(metered)), zone=zone, reservation=reservation)


def _periods(metered: Metered) -> Iterator[Period]:
    idle_from = metered.idle_from or metered.known_until
    for begin, end in pairwise(_cut(_points(metered), idle_from)):
        length = end.at - begin.at
        hours = Fraction(length // _US, _HOUR // _US)
        is_idle = begin.at >= idle_from
        yield Period(
            start=begin.at,
            end=end.at,
            energy_kwh=(end.energy_wh - begin.energy_wh) / 1000,
            time_h=Fraction(0) if is_idle else hours,
            parking_h=hours if is_idle else Fraction(0),
            power_kw=None if end.power_w is None else Fraction(end.power_w) / 1000,
            current_a=None if end.current_a is None else Fraction(end.current_a),
        )


def _points(metered: Metered) -> list[_Point]:
    """The readings that count, from the start with nothing used to the end with all of it."""
    points = [_Point(metered.started_at, Fraction(0), None, None)]
    for reading in sorted(metered.readings, key=lambda each: each.at):
        used = Fraction(reading.energy_wh - metered.meter_start_wh)
        is_inside = metered.started_at < reading.at < metered.known_until
        if is_inside and points[-1].energy_wh <= used <= metered.energy_wh and reading.at > points[-1].at:
            points.append(_Point(reading.at, used, reading.power_w, reading.current_a))
    last = _Point(max(metered.known_until, metered.started_at), Fraction(metered.energy_wh), None, None)
    return [*points, last]


def _cut(points: Iterable[_Point], at: datetime) -> Iterator[_Point]:
    """The points, with one more where the car stopped: as much as flowed until then, evenly."""
    before: _Point | None = None
    for point in points:
        if before is not None and before.at < at < point.at:
            share = Fraction((at - before.at) // _US, (point.at - before.at) // _US)
            energy = before.energy_wh + share * (point.energy_wh - before.energy_wh)
            yield _Point(at, energy, point.power_w, point.current_a)
        yield point
        before = point

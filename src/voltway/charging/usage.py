"""What a driver used, cut where a tariff changes: pieces in which everything is the same from beginning to end.

A piece begins where a charging period does, where the wall clock of the location passes a time or a date that the tariff names,
and where the energy or the length of the session reaches one of its bounds. Energy between two readings flows evenly. All
figures are fractions: cutting a session into pieces changes nothing of what they add up to.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

from voltway.charging import wall_time
from voltway.charging.tariffs import Restrictions

ZERO = Fraction(0)
_DAY = timedelta(days=1)
_MIDNIGHT = time(0)


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a session that the meter tells as one: its volumes, even from its start to its end. `power_kw` and `current_a`
    (sum of the phases) where they are known; without a power it is the energy by the length."""

    start: datetime
    end: datetime
    energy_kwh: Fraction = ZERO
    time_h: Fraction = ZERO
    parking_h: Fraction = ZERO
    power_kw: Fraction | None = None
    current_a: Fraction | None = None


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """The time that an EVSE was held, up to the start of the session or, if nobody came, its expiry."""

    start: datetime
    end: datetime
    is_expired: bool = False


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """A session, or a reservation that nobody came for (no periods)."""

    start: datetime
    periods: tuple[Period, ...]
    zone: ZoneInfo
    """Of the location."""
    reservation: Reservation | None = None


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """Volumes for which the same prices hold. `kwh_before` and `s_before`: of the session, when the piece begins; `local`: the
    wall clock then."""

    local: datetime
    kwh_before: Fraction
    s_before: Fraction
    energy_kwh: Fraction
    time_h: Fraction
    parking_h: Fraction
    power_kw: Fraction | None
    current_a: Fraction | None


def pieces(usage: Usage, restrictions: Iterable[Restrictions]) -> Iterator[Piece]:
    """The session in pieces, in their order."""
    rules = list(restrictions)
    yield from _cut(usage.periods, usage.start, usage.zone, rules)


def reserved_pieces(reservation: Reservation, zone: ZoneInfo, restrictions: Iterable[Restrictions]) -> Iterator[Piece]:
    """The reservation in pieces: nothing but time."""
    length_h = Fraction(_microseconds(reservation.end - reservation.start), 3_600_000_000)
    period = Period(start=reservation.start, end=reservation.end, time_h=length_h)
    yield from _cut((period,), reservation.start, zone, list(restrictions))


def _cut(periods: Sequence[Period], begin: datetime, zone: ZoneInfo, rules: list[Restrictions]) -> Iterator[Piece]:
    if not periods:
        return
    first, last = min(period.start for period in periods), max(period.end for period in periods)
    moments = sorted({*clock_bounds(rules, zone, first, last), *_duration_bounds(rules, begin)})
    levels = sorted({Fraction(level) for rule in rules for level in (rule.min_kwh, rule.max_kwh) if level is not None})
    kwh = ZERO
    for period in periods:
        length = _microseconds(period.end - period.start)
        cuts = {ZERO, Fraction(1)}
        inside = moments[bisect_right(moments, period.start) : bisect_left(moments, period.end)]
        cuts |= {Fraction(_microseconds(at - period.start), length) for at in inside}
        if period.energy_kwh > 0:
            cuts |= {(level - kwh) / period.energy_kwh for level in levels if kwh < level < kwh + period.energy_kwh}
        ordered = sorted(cuts)
        power_kw = _power(period, length)
        for at, until in pairwise(ordered):
            share, since = until - at, at * length
            moment = period.start + timedelta(microseconds=int(since))
            yield Piece(
                local=moment.astimezone(zone),
                kwh_before=kwh + at * period.energy_kwh,
                s_before=(_microseconds(period.start - begin) + since) / 1_000_000,
                energy_kwh=share * period.energy_kwh,
                time_h=share * period.time_h,
                parking_h=share * period.parking_h,
                power_kw=power_kw,
                current_a=period.current_a,
            )
        kwh += period.energy_kwh


def _power(period: Period, length_us: int) -> Fraction | None:
    if period.power_kw is not None or length_us <= 0:
        return period.power_kw
    return period.energy_kwh * 3_600_000_000 / length_us


def _duration_bounds(rules: list[Restrictions], begin: datetime) -> Iterator[datetime]:
    for rule in rules:
        for seconds in (rule.min_duration, rule.max_duration):
            if seconds is not None:
                yield begin + timedelta(seconds=seconds)


def clock_bounds(rules: Sequence[Restrictions], zone: ZoneInfo, first: datetime, last: datetime) -> set[datetime]:
    """The instants (UTC) between two others at which the wall clock passes a time, a midnight or a date that the rules name,
    or is set (summer time): a time may come twice in a night, or never."""
    times = {bound for rule in rules for bound in (rule.start_time, rule.end_time) if bound is not None}
    if any(rule.weekdays is not None or rule.start_date or rule.end_date for rule in rules):
        times.add(_MIDNIGHT)
    if not times:
        return set()
    found = set(wall_time.changes(zone, first, last))
    for day in _days(first.astimezone(zone).date(), last.astimezone(zone).date() + _DAY):
        for bound in times:
            found |= set(wall_time.instants(datetime.combine(day, bound, tzinfo=UTC), zone))
    return {at for at in found if first < at < last}


def _days(day: date, last: date) -> Iterator[date]:
    while day <= last:
        yield day
        day += _DAY


def _microseconds(length: timedelta) -> int:
    return length // timedelta(microseconds=1)

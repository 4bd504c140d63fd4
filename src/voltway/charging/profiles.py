"""Charging profiles, and what holds when several of them do: the composite schedule. Pure; cloud and station share it.

A *purpose* says what a profile is for. In each purpose the highest stack level that has something to say holds; the lowest of the
purposes limits. A transaction's own profile stands in for the default, priority charging stands in for both, and what is
generated locally comes on top of the result. OCPP 1.6 has the first three purposes, 2.0.1 the fourth, 2.1 all.

Source: OCPP 1.6 §3.13, §5.16; 2.0.1 K01-K15 with the errata of 2025-09; 2.1 K.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from zlib import crc32

import msgspec

from voltway.charging import both_ways, wall_time
from voltway.charging.both_ways import Also

AC_VOLTAGE_V = 230.0
DC_VOLTAGE_V = 400.0
AC_CURRENT_A_MIN = 6.0
"""IEC 61851-1: the least current that an AC station can offer."""

PHASES_DEFAULT = 3
"""OCPP 1.6 §7.13, 2.0.1 K01.FR.49: a period that does not say its number of phases has three."""


class Purpose(StrEnum):
    """What a profile is for, in the words of OCPP 2.1."""

    STATION_MAX = "ChargingStationMaxProfile"
    TX_DEFAULT = "TxDefaultProfile"
    TX = "TxProfile"
    EXTERNAL = "ChargingStationExternalConstraints"
    PRIORITY = "PriorityCharging"
    LOCAL_GENERATION = "LocalGeneration"


OF_THE_CAR = (Purpose.PRIORITY, Purpose.TX, Purpose.TX_DEFAULT)
"""What limits one EVSE; the first of these that says something holds (K02.FR.08)."""

OF_THE_CONNECTION = (Purpose.STATION_MAX, Purpose.EXTERNAL)
"""What limits the station as a whole; the lowest of them holds (K08.FR.04)."""


class Kind(StrEnum):
    """What the seconds of a schedule are counted from."""

    ABSOLUTE = "Absolute"
    RECURRING = "Recurring"
    RELATIVE = "Relative"
    DYNAMIC = "Dynamic"


class Unit(StrEnum):
    """W in all, or A per phase (K01.FR.51)."""

    W = "W"
    A = "A"


class Recurrency(StrEnum):
    """How often a recurring schedule begins anew."""

    DAILY = "Daily"
    WEEKLY = "Weekly"


RECURRENCE_S = {Recurrency.DAILY: 86_400, Recurrency.WEEKLY: 7 * 86_400}
"""In UTC: a day of summer time's beginning or end is no shorter or longer; in local time it is (K01.FR.91)."""


class Period(msgspec.Struct, frozen=True):
    """From `start_s` after the schedule's beginning a limit in the schedule's unit; None in 2.1, where something else is said."""

    start_s: int
    limit: float | None
    number_phases: int | None = None
    phase_to_use: int | None = None
    also: Also | None = None


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Limits over time. Without `duration_s` the last one holds for ever (K01.FR.10).

    `is_local`: `starts_at` is what a clock at the station shows, whatever its offset says (K01.FR.90). Each period but the
    first one may begin up to `delay_s_max` later (K01.FR.92). From `soc_percent` on no more than `limit_at_soc` (K01.FR.100).
    """

    unit: Unit
    periods: tuple[Period, ...]
    schedule_id: int = 0
    starts_at: datetime | None = None
    duration_s: int | None = None
    rate_min: float | None = None
    is_local: bool = False
    delay_s_max: int = 0
    soc_percent: int | None = None
    limit_at_soc: float | None = None


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A charging profile. `evse_number` 0 is the whole station, or each of its EVSEs; `updated_at` is of dynamic profiles."""

    profile_id: int
    purpose: Purpose
    schedules: tuple[Schedule, ...]
    kind: Kind = Kind.ABSOLUTE
    stack_level: int = 0
    evse_number: int = 0
    recurrency: Recurrency | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    transaction_id: str | None = None
    updated_at: datetime | None = None


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction. `schedule_id`: which of a profile's schedules the car has chosen (ISO 15118). `seed`: what its random
    delays are drawn from (K01.FR.93); None: whoever asks does not know them."""

    started_at: datetime
    transaction_id: str | None = None
    schedule_id: int | None = None
    has_priority: bool = False
    seed: int | None = None
    soc_percent: float | None = None


class Outlet(msgspec.Struct, frozen=True, kw_only=True):
    """An EVSE as far as limits go. `phases` is 0 for DC; `power_w_max` is what it can give at most, if that is known; `zone` is
    what clocks at the station show."""

    evse_number: int
    phases: int = 3
    power_w_max: float | None = None
    running: Running | None = None
    zone: tzinfo = UTC

    @property
    def voltage_v(self) -> float:
        """Nominal: what amperes are converted with (K01.FR.50)."""
        return AC_VOLTAGE_V if self.phases else DC_VOLTAGE_V


class Window(msgspec.Struct, frozen=True):
    """From an instant, for so long."""

    starts_at: datetime
    duration_s: int


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """From `start_s` after the window's beginning this holds. `limit` None: nobody limits. `delay_s`: up to so much later what
    was before may still hold, by a delay that is drawn at the station."""

    start_s: int
    limit: float | None
    number_phases: int | None = None
    phase_to_use: int | None = None
    rate_min: float | None = None
    also: Also | None = None
    delay_s: int = 0


class Said(msgspec.Struct, frozen=True):
    """What one profile says at an instant. `delay_s`: for so long yet it may be that it does not say it."""

    unit: Unit
    period: Period
    rate_min: float | None = None
    delay_s: int = 0


class PhaseConflict(ValueError):
    """Two profiles that hold together name different phases (errata 2.36): the later one is to be rejected."""


# ---- one profile


def first_beginning(profile: Profile, schedule: Schedule, started_at: datetime) -> datetime:
    """When a schedule begins for the first time. A relative one begins with the car (`started_at`), and so does an absolute
    one that says no start, which OCPP 1.6 allows; a dynamic one begins with each update."""
    if profile.kind is Kind.RELATIVE:
        return started_at
    if profile.kind is Kind.DYNAMIC and profile.updated_at is not None:
        return profile.updated_at
    return schedule.starts_at or started_at


def beginning(profile: Profile, schedule: Schedule, started_at: datetime, at: datetime) -> datetime | None:
    """When the run of a schedule that goes on at an instant began; None before the first one. Of a local schedule both
    instants are those of the clock at the station."""
    begin = first_beginning(profile, schedule, started_at)
    if at < begin:
        return None
    if profile.kind is Kind.RECURRING and profile.recurrency is not None:
        every = timedelta(seconds=RECURRENCE_S[profile.recurrency])
        return begin + (at - begin) // every * every
    return begin


def said_at(profile: Profile, outlet: Outlet, at: datetime, started_at: datetime) -> Said | None:
    """What a profile says at an instant. Valid from its beginning until before its end (K01.FR.36, .37)."""
    if (profile.valid_from and at < profile.valid_from) or (profile.valid_to and at >= profile.valid_to):
        return None
    schedule, zone = placed(chosen(profile, outlet.running), outlet)
    shown = wall_time.shown(at, zone)
    begin = beginning(profile, schedule, started_at, shown)
    if begin is None:
        return None
    passed_s = (shown - begin) / timedelta(seconds=1)
    if schedule.duration_s is not None and passed_s >= schedule.duration_s:  # K01.FR.11, .12; .94: delayed by nothing
        return None
    starts = starts_of(profile, schedule, outlet.running)
    index = next((index for index in range(len(starts) - 1, -1, -1) if starts[index] <= passed_s), None)
    if index is None:
        return None
    period, is_unsure = schedule.periods[index], index > 0 and _draws(outlet) is None
    open_s = math.ceil(starts[index] + schedule.delay_s_max - passed_s) if is_unsure else 0
    return Said(schedule.unit, _capped(period, schedule, outlet.running), schedule.rate_min, max(open_s, 0))


def placed(schedule: Schedule, outlet: Outlet) -> tuple[Schedule, tzinfo]:
    """A schedule with its start on the clock that it goes by, and the zone of that clock."""
    if not schedule.is_local or schedule.starts_at is None:
        return schedule, UTC
    return msgspec.structs.replace(schedule, starts_at=schedule.starts_at.replace(tzinfo=UTC)), outlet.zone


def starts_of(profile: Profile, schedule: Schedule, running: Running | None) -> list[int]:
    """When the periods of a schedule begin, in seconds. Delays are the same for a whole transaction (K01.FR.93)."""
    seed = running.seed if running is not None else None
    if not schedule.delay_s_max or seed is None:
        return [period.start_s for period in schedule.periods]
    return [
        period.start_s + (index and _drawn(schedule.delay_s_max, seed, profile.profile_id, schedule.schedule_id, index))
        for index, period in enumerate(schedule.periods)
    ]


def _draws(outlet: Outlet) -> int | None:
    return outlet.running.seed if outlet.running is not None else None


def _drawn(most_s: int, *of: int) -> int:
    """A whole number of seconds up to the most; evenly spread, and the same each time."""
    return crc32(repr(of).encode()) % (most_s + 1)


def _capped(period: Period, schedule: Schedule, running: Running | None) -> Period:
    """A period for a battery that is nearly full. Without a state of charge nothing is capped (K01.FR.100)."""
    soc_percent, cap = running.soc_percent if running is not None else None, schedule.limit_at_soc
    if cap is None or soc_percent is None or schedule.soc_percent is None or soc_percent < schedule.soc_percent:
        return period
    also = period.also
    if also is not None and also.setpoint is not None:
        also = msgspec.structs.replace(also, setpoint=min(also.setpoint, cap))
    limit = cap if period.limit is None else min(period.limit, cap)
    return msgspec.structs.replace(period, limit=limit, also=also)


def chosen(profile: Profile, running: Running | None) -> Schedule:
    """The schedule that the car has chosen, or else the first (K15.FR.22)."""
    wanted = running.schedule_id if running is not None else None
    return next((one for one in profile.schedules if one.schedule_id == wanted), profile.schedules[0])


def applies(profile: Profile, outlet: Outlet) -> bool:
    """Whether a profile is meant for an EVSE and what runs there."""
    if profile.evse_number not in (0, outlet.evse_number):
        return False
    running = outlet.running
    if profile.purpose is Purpose.PRIORITY:
        return running is not None and running.has_priority
    if profile.purpose is Purpose.TX:
        return running is not None and profile.transaction_id in (None, running.transaction_id)
    return True


def changes_within(profile: Profile, outlet: Outlet, window: Window, started_at: datetime) -> Iterator[datetime]:
    """Every instant of a window at which a profile may begin to say something else."""
    ends_at = window.starts_at + timedelta(seconds=window.duration_s)
    yield from (at for at in (profile.valid_from, profile.valid_to) if at is not None)
    schedule, zone = placed(chosen(profile, outlet.running), outlet)
    marks = starts_of(profile, schedule, outlet.running)
    if schedule.duration_s is not None:
        marks.append(schedule.duration_s)
    begins_at, until = wall_time.shown(window.starts_at, zone), wall_time.latest(ends_at, zone)
    run = beginning(profile, schedule, started_at, begins_at) or first_beginning(profile, schedule, started_at)
    if zone is not UTC:
        yield from wall_time.changes(zone, window.starts_at, ends_at)
        run -= wall_time.SHIFT_MAX  # a clock that is set back shows a run of before again
        run = beginning(profile, schedule, started_at, run) or first_beginning(profile, schedule, started_at)
    while run < until:
        for mark in (0, *marks):
            yield from wall_time.instants(run + timedelta(seconds=mark), zone)
        if profile.kind is not Kind.RECURRING or profile.recurrency is None:
            return
        run += timedelta(seconds=RECURRENCE_S[profile.recurrency])


# ---- several profiles


def prevailing(profiles: Iterable[Profile], outlet: Outlet, at: datetime, started_at: datetime) -> dict[Purpose, Said]:
    """What holds in each purpose at an instant: the highest stack level of those that say something.

    At one level the EVSE's own profile has taken the place of that of all EVSEs (OCPP 1.6 §5.16; 2.0.1 has no such pair).
    """
    meant = [profile for profile in profiles if applies(profile, outlet)]
    own = {(one.purpose, one.stack_level) for one in meant if one.evse_number}
    found: dict[Purpose, tuple[int, Said]] = {}
    for profile in meant:
        if not profile.evse_number and (profile.purpose, profile.stack_level) in own:
            continue
        best = found.get(profile.purpose)
        if best is not None and best[0] >= profile.stack_level:
            continue
        said = said_at(profile, outlet, at, started_at)
        if said is not None:
            found[profile.purpose] = (profile.stack_level, said)
    return {purpose: said for purpose, (_, said) in found.items()}


def merged(
    all_said: dict[Purpose, Said], outlet: Outlet, unit: Unit, purposes: Sequence[Purpose] = tuple(Purpose)
) -> Step:
    """What the purposes amount to, as a step at 0 (K08.FR.04 of 2.1). `purposes` are those that are looked at.

    The lowest number of phases holds and converts (C20), so that a limit in A never becomes more W than its wires give.
    Raises PhaseConflict.
    """
    heard = {purpose: one for purpose, one in all_said.items() if purpose in purposes}
    of_the_car = next((heard[purpose] for purpose in OF_THE_CAR if purpose in heard), None)
    limiting = [heard[purpose] for purpose in OF_THE_CONNECTION if purpose in heard]
    if of_the_car is not None:
        limiting.append(of_the_car)
    if not limiting:
        return Step(start_s=0, limit=None)
    phases = _phases([one.period for one in limiting], outlet)
    used = {one.period.phase_to_use for one in limiting if one.period.phase_to_use is not None}
    if len(used) > 1:
        raise PhaseConflict(f"phases {sorted(used)}")

    def said(one: Said) -> both_ways.Said:
        return one.period.also, lambda value: converted(value, one.unit, unit, outlet, phases)

    least = [converted(one.rate_min, one.unit, unit, outlet, phases) for one in limiting if one.rate_min is not None]
    told = [
        converted(one.period.limit, one.unit, unit, outlet, phases) for one in limiting if one.period.limit is not None
    ]
    limit = min(told, default=None)
    generated = heard.get(Purpose.LOCAL_GENERATION)
    if limit is not None and generated is not None and generated.period.limit is not None:
        limit += converted(generated.period.limit, generated.unit, unit, outlet, phases)
    limit = None if limit is None else rounded(limit)
    return Step(
        start_s=0,
        limit=limit,
        number_phases=phases if outlet.phases else None,
        phase_to_use=used.pop() if used and phases == 1 else None,
        rate_min=max(least, default=None),
        also=both_ways.merged([said(one) for one in limiting], None if of_the_car is None else said(of_the_car), limit),
        delay_s=max(one.delay_s for one in limiting),
    )


def _phases(periods: Sequence[Period], outlet: Outlet) -> int:
    if not outlet.phases:
        return 1
    return min(outlet.phases, *((period.number_phases or PHASES_DEFAULT) for period in periods))


def converted(value: float, unit: Unit, wanted: Unit, outlet: Outlet, phases: int) -> float:
    """A limit in another unit: A are per phase, and the voltage is the nominal one (K01.FR.50, .51)."""
    if unit is wanted:
        return value
    watts_per_ampere = outlet.voltage_v * phases
    return value * watts_per_ampere if wanted is Unit.W else value / watts_per_ampere


def rounded(limit: float) -> float:
    """One decimal, as OCPP 1.6 can say it, and never more than was allowed."""
    return math.floor(limit * 10 + 1e-6) / 10


# ---- over time


def composite(
    profiles: Sequence[Profile],
    outlet: Outlet,
    window: Window,
    unit: Unit,
    purposes: Sequence[Purpose] = tuple(Purpose),
) -> tuple[Step, ...]:
    """What holds at one EVSE in a window, as steps whose neighbours differ; the first one starts at 0.

    Without a transaction it is as if one began with the window (K08.FR.06). Raises PhaseConflict.
    """
    started_at = outlet.running.started_at if outlet.running else window.starts_at
    meant = [profile for profile in profiles if applies(profile, outlet)]

    def step(at: datetime) -> Step:
        return merged(prevailing(meant, outlet, at, started_at), outlet, unit, purposes)

    marks = (at for one in meant for at in changes_within(one, outlet, window, started_at))
    return _steps(marks, window, step)


def station_composite(
    profiles: Sequence[Profile], outlets: Sequence[Outlet], window: Window, unit: Unit
) -> tuple[Step, ...]:
    """What a whole station may draw (K08.FR.03): the sum over its EVSEs, and never more than its connection gives.

    An EVSE that nobody limits counts with what it can give. Amperes are summed as if all were on one phase.
    """
    whole = Outlet(evse_number=0, phases=max((outlet.phases for outlet in outlets), default=0))
    of_all = [profile for profile in profiles if profile.evse_number == 0]
    starts = {outlet: outlet.running.started_at if outlet.running else window.starts_at for outlet in outlets}

    def share(outlet: Outlet, at: datetime) -> float | None:
        own = merged(prevailing(profiles, outlet, at, starts[outlet]), outlet, unit, OF_THE_CAR).limit
        most = outlet.power_w_max
        if most is not None:
            most = converted(most, Unit.W, unit, outlet, outlet.phases or 1)
        return min((limit for limit in (own, most) if limit is not None), default=None)

    def step(at: datetime) -> Step:
        said = prevailing(of_all, whole, at, window.starts_at)
        shares = [share(outlet, at) for outlet in outlets]
        total = None if None in shares else sum(one for one in shares if one is not None)
        top = merged(said, whole, unit, OF_THE_CONNECTION).limit
        limits = [limit for limit in (total, top) if limit is not None]
        if not limits:
            return Step(start_s=0, limit=None)
        generated = said.get(Purpose.LOCAL_GENERATION)
        phases = whole.phases or 1
        extra = converted(generated.period.limit or 0.0, generated.unit, unit, whole, phases) if generated else 0.0
        return Step(start_s=0, limit=rounded(min(limits) + extra), number_phases=whole.phases or None)

    places = [(one, outlet, starts[outlet]) for outlet in outlets for one in profiles if applies(one, outlet)]
    places += [(one, whole, window.starts_at) for one in of_all if applies(one, whole)]
    marks = (at for one, outlet, begin in places for at in changes_within(one, outlet, window, begin))
    return _steps(marks, window, step)


def _steps(marks: Iterable[datetime], window: Window, step: Callable[[datetime], Step]) -> tuple[Step, ...]:
    """One step per mark in the window, on whole seconds, equal neighbours joined."""
    seconds = {math.ceil((at - window.starts_at) / timedelta(seconds=1)) for at in marks}
    steps: list[Step] = []
    for second in sorted({0, *seconds}):
        if second and not 0 < second < window.duration_s:
            continue
        one = step(window.starts_at + timedelta(seconds=second))
        if not steps or _plain(steps[-1]) != _plain(one):
            steps.append(msgspec.structs.replace(one, start_s=second))
    return tuple(steps)


def _plain(step: Step) -> Step:
    return msgspec.structs.replace(step, start_s=0, delay_s=0)


def in_force(steps: Sequence[Step], passed_s: float) -> Step:
    """The step of a composite that holds so many seconds after its beginning."""
    return next(step for step in reversed(steps) if step.start_s <= passed_s)


def can_charge(step: Step, outlet: Outlet, unit: Unit, *, is_charging: bool, margin_a: float = 0.0) -> bool:
    """Whether a car can charge at all under a limit: below 6 A an AC station can only pause it, and below the schedule's least
    rate the car does not want it. One that was paused waits for `margin_a` more, so that it does not flutter."""
    if step.limit is None:
        return True
    if step.limit <= 0 or (step.rate_min is not None and step.limit < step.rate_min):
        return False
    if not outlet.phases:
        return True
    amperes = converted(step.limit, unit, Unit.A, outlet, step.number_phases or outlet.phases)
    return amperes >= AC_CURRENT_A_MIN + (0.0 if is_charging else margin_a)

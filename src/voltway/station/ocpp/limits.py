"""The limits that the CSMS has set, and which of them holds at an instant.

Absolute, recurring and relative profiles, with up to three schedules of which a simulated car takes the first. What goes
beyond it (local time, random delays, both directions) is refused when it is set, never half obeyed. What
several limits amount to is the shared knowledge of `charging.profiles`; a limit of the whole station is shared out evenly among
its EVSEs here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise, zip_longest
from zlib import crc32

from voltway.charging import profiles
from voltway.charging.profiles import (
    AC_VOLTAGE_V,
    DC_VOLTAGE_V,
    Kind,
    Outlet,
    Period,
    Profile,
    Recurrency,
    Running,
    Schedule,
    Step,
    Unit,
    Window,
)
from voltway.station.ocpp.vocabulary import EvseSpec, Transaction

LIMITS_MAX, SCHEDULES_MAX = 20, 3
UNLIMITED = Step(start_s=0, limit=None)


class Purpose(IntEnum):
    """What a limit is for: the whole station, any transaction, or one transaction (which overrules the one before)."""

    STATION_MAX = 0
    TX_DEFAULT = 1
    TX = 2


@dataclass(frozen=True, slots=True)
class Limit:
    """One charging profile. `evse_number` 0 means every EVSE; `starts_at` None means from the transaction's start."""

    profile_id: int
    purpose: Purpose
    stack_level: int
    evse_number: int
    is_ampere: bool
    periods: tuple[tuple[int, float], ...]  # seconds after the start, limit in W or in A per phase
    starts_at: datetime | None = None
    duration_s: int | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    transaction_id: str | None = None
    recurrency: Recurrency | None = None
    number_phases: tuple[int | None, ...] = ()
    """For each period on how many phases; empty, or None: on three (K01.FR.49)."""
    is_local: bool = False
    """`starts_at` is what a clock at the station shows (2.1)."""
    delay_s_max: int = 0
    """Each period but the first begins up to so much later, by chance (2.1)."""
    others: tuple[Schedule, ...] = ()
    """The schedules after the first: a car that can choose may take one of them (K15.FR.22)."""
    is_dynamic: bool = False
    """One value that is changed by others (2.1); its schedule runs from `updated_at`."""
    updated_at: datetime | None = None
    update_every_s: int = 0
    """How often the station asks for the value; 0: never."""
    offline_s_max: int | None = None
    """For so long it holds while the station is offline (2.1)."""
    is_gone_offline: bool = False
    """After that it never holds again; else it does when the station is back."""

    def is_over(self, offline_s: float) -> bool:
        """Whether a station that is offline for so long may not follow it any more."""
        return self.offline_s_max is not None and offline_s >= self.offline_s_max


def schedule_of(
    unit: str,
    periods: Iterable[tuple[int, float, int | None]],
    starts_at: datetime | None,
    duration_s: int | None,
    schedule_id: int,
    *,
    is_local: bool = False,
    delay_s_max: int = 0,
) -> Schedule:
    """A further schedule of a profile."""
    told = tuple(Period(start_s, value, phases) for start_s, value, phases in periods)
    return Schedule(
        unit=Unit(unit),
        periods=told,
        starts_at=starts_at,
        duration_s=duration_s,
        schedule_id=schedule_id,
        is_local=is_local,
        delay_s_max=delay_s_max,
    )


def is_acceptable(limit: Limit, evses: tuple[EvseSpec, ...], transaction: Transaction | None) -> bool:
    """Whether the station can obey a limit at all (OCPP 2.0.1 K01.FR.09, .16, .31, .35, .38)."""
    several = [limit.periods, *([(one.start_s, one.limit or 0.0) for one in other.periods] for other in limit.others)]
    if len(several) > SCHEDULES_MAX or not all(map(_is_in_order, several)):
        return False
    if not 0 <= limit.evse_number <= len(evses):
        return False
    if limit.recurrency is not None and limit.starts_at is None:
        return False
    if any((other.starts_at is None) is not (limit.starts_at is None) for other in limit.others):
        return False
    if limit.purpose is Purpose.STATION_MAX:
        if limit.delay_s_max or any(other.delay_s_max for other in limit.others):
            return False  # K01.FR.95
        return limit.evse_number == 0 and (limit.starts_at is not None or limit.is_dynamic)
    if limit.purpose is Purpose.TX:
        is_meant = transaction is not None and limit.transaction_id in (None, transaction.transaction_id)
        return limit.evse_number > 0 and is_meant
    return True


def _is_in_order(periods: Sequence[tuple[int, float]]) -> bool:
    starts = [start_s for start_s, _ in periods]
    is_rising = bool(starts) and starts[0] == 0 and all(a < b for a, b in pairwise(starts))
    return is_rising and all(value >= 0 for _, value in periods)


def installed(limits: Iterable[Limit], limit: Limit) -> tuple[Limit, ...]:
    """The limits after one more is set: it replaces that of the same id, and that of the same place in the stack."""
    place = (limit.purpose, limit.stack_level, limit.evse_number)
    kept = (
        old
        for old in limits
        if old.profile_id != limit.profile_id and (old.purpose, old.stack_level, old.evse_number) != place
    )
    return (*kept, limit)


def in_force(limits: Sequence[Limit], offline_s: float) -> Sequence[Limit]:
    """The limits that hold at a station that has been offline for so long; 0: it is not."""
    return limits if offline_s <= 0 else [limit for limit in limits if not limit.is_over(offline_s)]


def allowed(
    limits: Sequence[Limit],
    evse_number: int,
    evses: tuple[EvseSpec, ...],
    transaction: Transaction | None,
    at: datetime,
    zone: tzinfo = UTC,
) -> Step:
    """The power in W that an EVSE may draw at an instant (None if nobody limits it), and on how many phases.

    The limits of the whole station are shared out evenly, so that they are kept whatever the EVSEs do.
    Source: OCPP 1.6 §3.13.3, 2.0.1 K08.
    """
    if not limits:
        return UNLIMITED
    own = _shared_out(limits, len(evses))
    outlet = _outlet(evse_number, evses[evse_number - 1], transaction, zone)
    said = profiles.prevailing(own, outlet, at, transaction.started_at if transaction else at)
    return profiles.merged(said, outlet, Unit.W)


def limit_w(
    limits: Sequence[Limit],
    evse_number: int,
    evses: tuple[EvseSpec, ...],
    transaction: Transaction | None,
    at: datetime,
) -> float | None:
    """The power of `allowed` alone."""
    return allowed(limits, evse_number, evses, transaction, at).limit


def phases_of_limit(phases: int, allowed_phases: int | None, used_phases: int) -> int:
    """The phases over which an EVSE spreads a limit in W: those that the CSMS has in mind, or more if the vehicle takes more of those
    that are there. A limit for one phase is not tripled by a vehicle on three, nor cut to a third for one that takes one alone.
    """
    return min(phases, max(allowed_phases or phases, used_phases))


def composite(
    limits: Sequence[Limit],
    evse_number: int,
    evses: tuple[EvseSpec, ...],
    transactions: Sequence[Transaction | None],
    window: Window,
    unit: Unit,
    zone: tzinfo = UTC,
) -> tuple[Step, ...]:
    """What an EVSE may draw in a window, or the station as a whole for EVSE 0; where nobody limits, what its hardware can."""
    outlets = [
        _outlet(number, spec, transaction, zone)
        for number, (spec, transaction) in enumerate(zip(evses, transactions, strict=True), 1)
    ]
    if evse_number == 0:
        return profiles.station_composite([_profile(limit) for limit in limits], outlets, window, unit)
    known = (*_shared_out(limits, len(evses)), _hardware(evse_number, evses[evse_number - 1]))
    return profiles.composite(known, outlets[evse_number - 1], window, unit)


_PURPOSES = {
    Purpose.STATION_MAX: profiles.Purpose.STATION_MAX,
    Purpose.TX_DEFAULT: profiles.Purpose.TX_DEFAULT,
    Purpose.TX: profiles.Purpose.TX,
}


@lru_cache(maxsize=1024)
def _profile(limit: Limit, divisor: int = 1) -> Profile:
    """A limit as the shared knowledge has it. Asked for at each step of the physics, hence kept."""
    schedule = Schedule(
        unit=Unit.A if limit.is_ampere else Unit.W,
        periods=tuple(
            Period(start_s, value / divisor, phases)
            for (start_s, value), phases in zip_longest(limit.periods, limit.number_phases)
        ),
        starts_at=limit.starts_at,
        duration_s=limit.duration_s,
        is_local=limit.is_local,
        delay_s_max=limit.delay_s_max,
    )
    return Profile(
        profile_id=limit.profile_id,
        purpose=_PURPOSES[limit.purpose],
        kind=_kind_of(limit),
        recurrency=limit.recurrency,
        stack_level=limit.stack_level,
        evse_number=limit.evse_number,
        valid_from=limit.valid_from,
        valid_to=limit.valid_to,
        transaction_id=limit.transaction_id,
        schedules=(schedule, *limit.others),
        updated_at=limit.updated_at,
    )


def _kind_of(limit: Limit) -> Kind:
    if limit.is_dynamic:
        return Kind.DYNAMIC
    if limit.starts_at is None:
        return Kind.RELATIVE
    return Kind.ABSOLUTE if limit.recurrency is None else Kind.RECURRING


def _shared_out(limits: Iterable[Limit], evses: int) -> list[Profile]:
    return [_profile(limit, evses if limit.purpose is Purpose.STATION_MAX else 1) for limit in limits]


def _hardware(evse_number: int, spec: EvseSpec) -> Profile:
    """What an EVSE can give at most, as a limit that nobody has set."""
    amperes = spec.power_w_max / watts_per_ampere(spec)
    schedule = Schedule(unit=Unit.A, periods=(Period(0, amperes),), starts_at=datetime(2000, 1, 1, tzinfo=UTC))
    return Profile(profile_id=0, purpose=profiles.Purpose.EXTERNAL, evse_number=evse_number, schedules=(schedule,))


def _outlet(evse_number: int, spec: EvseSpec, transaction: Transaction | None, zone: tzinfo) -> Outlet:
    running = None
    if transaction is not None:
        # The key outlives a reboot, and nobody else's is the same: delays are drawn once for each transaction (K01.FR.93).
        seed = crc32(transaction.key.encode())
        running = Running(started_at=transaction.started_at, transaction_id=transaction.transaction_id, seed=seed)
    return Outlet(evse_number=evse_number, phases=spec.phases, power_w_max=spec.power_w_max, running=running, zone=zone)


def watts_per_ampere(evse: EvseSpec) -> float:
    """A limit in amperes is per phase (OCPP 2.0.1 K01.FR.51)."""
    return DC_VOLTAGE_V if evse.is_dc else evse.phases * AC_VOLTAGE_V

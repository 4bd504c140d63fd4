"""The limits that the CSMS has set, and which of them holds at an instant.

A small part of smart charging: one schedule per profile, absolute or relative to the start of the transaction. What goes
beyond it (recurring profiles, several schedules) is refused when it is set, never half obeyed. What several limits amount to is
the shared knowledge of `charging.profiles`; a limit of the whole station is shared out evenly among its EVSEs here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise

from voltway.charging import profiles
from voltway.charging.profiles import DC_VOLTAGE_V, Kind, Outlet, Period, Profile, Running, Schedule, Step, Unit, Window
from voltway.station.simulator.car import NOMINAL_VOLTAGE_V
from voltway.station.simulator.vocabulary import EvseSpec, Transaction

LIMITS_MAX = 20


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


def is_acceptable(limit: Limit, evses: tuple[EvseSpec, ...], transaction: Transaction | None) -> bool:
    """Whether the station can obey a limit at all (OCPP 2.0.1 K01.FR.09, .16, .31, .35, .38)."""
    starts = [start_s for start_s, _ in limit.periods]
    if not starts or starts[0] != 0 or any(a >= b for a, b in pairwise(starts)):
        return False
    if not 0 <= limit.evse_number <= len(evses) or any(value < 0 for _, value in limit.periods):
        return False
    if limit.purpose is Purpose.STATION_MAX:
        return limit.evse_number == 0 and limit.starts_at is not None
    if limit.purpose is Purpose.TX:
        is_meant = transaction is not None and limit.transaction_id in (None, transaction.transaction_id)
        return limit.evse_number > 0 and is_meant
    return True


def installed(limits: Iterable[Limit], limit: Limit) -> tuple[Limit, ...]:
    """The limits after one more is set: it replaces that of the same id, and that of the same place in the stack."""
    place = (limit.purpose, limit.stack_level, limit.evse_number)
    kept = (
        old
        for old in limits
        if old.profile_id != limit.profile_id and (old.purpose, old.stack_level, old.evse_number) != place
    )
    return (*kept, limit)


def limit_w(
    limits: Iterable[Limit],
    evse_number: int,
    evses: tuple[EvseSpec, ...],
    transaction: Transaction | None,
    at: datetime,
) -> float | None:
    """The power that an EVSE may draw at an instant, or None if nobody limits it.

    The limits of the whole station are shared out evenly, so that they are kept whatever the EVSEs do.
    Source: OCPP 1.6 §3.13.3, 2.0.1 K08.
    """
    own = _shared_out(limits, len(evses))
    outlet = _outlet(evse_number, evses[evse_number - 1], transaction)
    said = profiles.prevailing(own, outlet, at, transaction.started_at if transaction else at)
    return profiles.merged(said, outlet, Unit.W).limit


def composite(
    limits: Sequence[Limit],
    evse_number: int,
    evses: tuple[EvseSpec, ...],
    transactions: Sequence[Transaction | None],
    window: Window,
    unit: Unit,
) -> tuple[Step, ...]:
    """What an EVSE may draw in a window, or the station as a whole for EVSE 0; where nobody limits, what its hardware can."""
    outlets = [
        _outlet(number, spec, transaction)
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
        periods=tuple(Period(start_s, value / divisor) for start_s, value in limit.periods),
        starts_at=limit.starts_at,
        duration_s=limit.duration_s,
    )
    return Profile(
        profile_id=limit.profile_id,
        purpose=_PURPOSES[limit.purpose],
        kind=Kind.RELATIVE if limit.starts_at is None else Kind.ABSOLUTE,
        stack_level=limit.stack_level,
        evse_number=limit.evse_number,
        valid_from=limit.valid_from,
        valid_to=limit.valid_to,
        transaction_id=limit.transaction_id,
        schedules=(schedule,),
    )


def _shared_out(limits: Iterable[Limit], evses: int) -> list[Profile]:
    return [_profile(limit, evses if limit.purpose is Purpose.STATION_MAX else 1) for limit in limits]


def _hardware(evse_number: int, spec: EvseSpec) -> Profile:
    """What an EVSE can give at most, as a limit that nobody has set."""
    amperes = spec.power_w_max / watts_per_ampere(spec)
    schedule = Schedule(unit=Unit.A, periods=(Period(0, amperes),), starts_at=datetime(2000, 1, 1, tzinfo=UTC))
    return Profile(profile_id=0, purpose=profiles.Purpose.EXTERNAL, evse_number=evse_number, schedules=(schedule,))


def _outlet(evse_number: int, spec: EvseSpec, transaction: Transaction | None) -> Outlet:
    running = None
    if transaction is not None:
        running = Running(started_at=transaction.started_at, transaction_id=transaction.transaction_id)
    return Outlet(evse_number=evse_number, phases=spec.phases, power_w_max=spec.power_w_max, running=running)


def watts_per_ampere(evse: EvseSpec) -> float:
    """A limit in amperes is per phase (OCPP 2.0.1 K01.FR.51)."""
    return DC_VOLTAGE_V if evse.is_dc else evse.phases * NOMINAL_VOLTAGE_V

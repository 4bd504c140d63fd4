"""Which charging profiles a station takes, what they replace, and how long plans are made short. Pure.

Source: OCPP 1.6 §3.13, §5.4, §5.16; 2.0.1 K01, K02, K10 with the errata of 2025-09.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise

import msgspec

from voltway.charging.profiles import (
    OF_THE_CONNECTION,
    Kind,
    Outlet,
    Period,
    Profile,
    Purpose,
    Schedule,
    Unit,
)

SCHEDULES_MAX = 3
"""OCPP 2.0.1 K01.FR.34."""


class Version(StrEnum):
    """Whose rules hold."""

    V16 = "1.6"
    V201 = "2.0.1"
    V21 = "2.1"


PURPOSES: dict[Version, frozenset[Purpose]] = {
    Version.V16: frozenset((Purpose.STATION_MAX, Purpose.TX_DEFAULT, Purpose.TX)),
    Version.V201: frozenset((Purpose.STATION_MAX, Purpose.TX_DEFAULT, Purpose.TX, Purpose.EXTERNAL)),
    Version.V21: frozenset(Purpose),
}


class Refusal(StrEnum):
    """Why a station rejects a profile."""

    PURPOSE = "the version has no such purpose"
    SCHEDULES = "there are too few or too many schedules"
    FIRST_PERIOD = "the first period does not start at 0"
    ORDER = "periods do not follow each other"
    LIMIT = "a limit is below 0, or lacks"
    DELAY = "only what limits cars may begin at random"
    DURATION = "priority lasts as long as its transaction"
    UNIT = "the station does not take this unit"
    PERIODS = "there are too many periods"
    STACK_LEVEL = "the stack level is too high"
    ENTRIES = "too many profiles are installed"
    EVSE = "the purpose and the EVSE do not go together"
    KIND = "the purpose and the kind do not go together"
    START = "the kind and the start of the schedule do not go together"
    PHASES = "the phase to use needs one phase and a station that can switch"
    TRANSACTION = "the transaction does not run"
    DUPLICATE = "another profile has this place"


class Maxima(msgspec.Struct, frozen=True, kw_only=True):
    """What a station has room for."""

    stack_level: int = 9
    periods: int = 24
    entries: int = 20
    units: frozenset[Unit] = frozenset(Unit)
    can_switch_phases: bool = False


def refusal(
    profile: Profile,
    installed_ones: Sequence[Profile],
    outlets: Sequence[Outlet],
    version: Version = Version.V201,
    maxima: Maxima | None = None,
) -> Refusal | None:
    """Why a station must reject a profile, or None if it is to be accepted."""
    maxima = maxima or Maxima()
    if profile.purpose not in PURPOSES[version]:
        return Refusal.PURPOSE
    if not 1 <= len(profile.schedules) <= (1 if version is Version.V16 else SCHEDULES_MAX):
        return Refusal.SCHEDULES
    if profile.stack_level > maxima.stack_level:
        return Refusal.STACK_LEVEL
    is_new = all(profile.profile_id != one.profile_id for one in installed_ones)
    if is_new and len(installed_ones) >= maxima.entries:
        return Refusal.ENTRIES
    flaws = (_schedule_flaw(profile, schedule, maxima, version) for schedule in profile.schedules)
    flaw = next((flaw for flaw in flaws if flaw is not None), None)
    return flaw or _place_flaw(profile, outlets, version) or _duplicate(profile, installed_ones, version)


def _schedule_flaw(profile: Profile, schedule: Schedule, maxima: Maxima, version: Version) -> Refusal | None:
    periods = schedule.periods
    if not periods or periods[0].start_s != 0:
        return Refusal.FIRST_PERIOD  # K01.FR.31
    if any(after.start_s <= before.start_s for before, after in pairwise(periods)):
        return Refusal.ORDER  # K01.FR.35
    if any((0 if period.limit is None else period.limit) < 0 for period in periods):
        return Refusal.LIMIT
    if version is not Version.V21 and any(period.limit is None for period in periods):
        return Refusal.LIMIT
    if schedule.delay_s_max and profile.purpose not in (Purpose.TX, Purpose.TX_DEFAULT):
        return Refusal.DELAY  # K01.FR.95
    if profile.purpose is Purpose.PRIORITY and schedule.duration_s is not None:
        return Refusal.DURATION  # K01.FR.70
    if schedule.unit not in maxima.units:
        return Refusal.UNIT  # K01.FR.26
    if len(periods) > maxima.periods:
        return Refusal.PERIODS
    for period in periods:
        is_allowed = maxima.can_switch_phases and period.number_phases == 1
        if period.phase_to_use is not None and not is_allowed:
            return Refusal.PHASES  # K01.FR.19, .20
    if profile.kind is Kind.RELATIVE and schedule.starts_at is not None:
        return Refusal.START  # K01.FR.41
    needs_start = profile.kind is Kind.RECURRING or (profile.kind is Kind.ABSOLUTE and version is not Version.V16)
    if needs_start and schedule.starts_at is None:
        return Refusal.START  # K01.FR.40
    if profile.kind is Kind.RECURRING and profile.recurrency is None:
        return Refusal.KIND
    return None


def _place_flaw(profile: Profile, outlets: Sequence[Outlet], version: Version) -> Refusal | None:
    if profile.kind is Kind.DYNAMIC and version is not Version.V21:
        return Refusal.KIND
    if profile.evse_number and all(outlet.evse_number != profile.evse_number for outlet in outlets):
        return Refusal.EVSE
    if profile.purpose in OF_THE_CONNECTION:
        if profile.kind is Kind.RELATIVE:
            return Refusal.KIND  # K01.FR.38
        if profile.purpose is Purpose.STATION_MAX and profile.evse_number:
            return Refusal.EVSE
    if profile.purpose is Purpose.TX:
        if not profile.evse_number:
            return Refusal.EVSE  # K01.FR.16
        if profile.transaction_id is None and version is not Version.V16:
            return Refusal.TRANSACTION  # K01.FR.03
        running = next((one.running for one in outlets if one.evse_number == profile.evse_number), None)
        if running is None or profile.transaction_id not in (None, running.transaction_id):
            return Refusal.TRANSACTION  # K01.FR.09, .33
    return None


def _duplicate(profile: Profile, installed_ones: Iterable[Profile], version: Version) -> Refusal | None:
    """1.6 replaces; 2.x rejects a second profile of one place whose validity overlaps (K01.FR.06, .39, .52, .53)."""
    if version is Version.V16:
        return None
    for one in installed_ones:
        if one.profile_id == profile.profile_id or one.purpose is not profile.purpose:
            continue
        if one.stack_level != profile.stack_level or one.transaction_id != profile.transaction_id:
            continue
        is_same_evse = one.evse_number == profile.evse_number
        # A default of all EVSEs and one of a single EVSE do not stand beside each other at one level.
        is_mixed = profile.purpose is Purpose.TX_DEFAULT and 0 in (one.evse_number, profile.evse_number)
        if (is_same_evse or is_mixed) and _overlap(one, profile):
            return Refusal.DUPLICATE
    return None


_EVER = datetime.max.replace(tzinfo=UTC)
_NEVER = datetime.min.replace(tzinfo=UTC)


def _overlap(one: Profile, other: Profile) -> bool:
    return (one.valid_from or _NEVER) < (other.valid_to or _EVER) and (other.valid_from or _NEVER) < (
        one.valid_to or _EVER
    )


def installed(profiles: Iterable[Profile], profile: Profile, version: Version = Version.V201) -> tuple[Profile, ...]:
    """The profiles after one more is set. It replaces that of its id, and in 1.6 that of its place in the stack; one that
    somebody else has set outside is replaced by nothing that we send (K01.FR.05)."""
    place = _place(profile)

    def is_kept(old: Profile) -> bool:
        if old.purpose is Purpose.EXTERNAL is not profile.purpose:
            return True
        return old.profile_id != profile.profile_id and (version is not Version.V16 or _place(old) != place)

    return (*(old for old in profiles if is_kept(old)), profile)


def _place(profile: Profile) -> tuple[Purpose, int, int]:
    return profile.purpose, profile.stack_level, profile.evse_number


def cleared(
    profiles: Iterable[Profile],
    *,
    profile_id: int | None = None,
    evse_number: int | None = None,
    purpose: Purpose | None = None,
    stack_level: int | None = None,
) -> tuple[Profile, ...]:
    """The profiles that are left. An id names one; else all filters must fit. External ones stay (K10.FR.04, .08, .09)."""

    def is_meant(one: Profile) -> bool:
        if one.purpose is Purpose.EXTERNAL:
            return False
        if profile_id is not None:
            return one.profile_id == profile_id
        return (
            evse_number in (None, one.evse_number)
            and purpose in (None, one.purpose)
            and stack_level in (None, one.stack_level)
        )

    return tuple(one for one in profiles if not is_meant(one))


def ended(profiles: Iterable[Profile], evse_number: int) -> tuple[Profile, ...]:
    """The profiles that outlive the end of an EVSE's transaction (K02.FR.05)."""
    return tuple(one for one in profiles if (one.purpose, one.evse_number) != (Purpose.TX, evse_number))


def compressed(periods: Sequence[Period], periods_max: int) -> tuple[Period, ...]:
    """A plan in as few periods as a station takes: equal neighbours are joined, and the tail becomes one period.

    The tail keeps its lowest limit: what was not allowed must not become so.
    """
    joined: list[Period] = []
    for period in periods:
        if not joined or msgspec.structs.replace(joined[-1], start_s=period.start_s) != period:
            joined.append(period)
    if len(joined) <= periods_max:
        return tuple(joined)
    head, tail = joined[: periods_max - 1], joined[periods_max - 1 :]
    lowest = min(tail, key=lambda period: math.inf if period.limit is None else period.limit)
    return (*head, msgspec.structs.replace(lowest, start_s=tail[0].start_s))

"""The limits that the CSMS has set, and which of them holds at an instant.

A small part of smart charging: one schedule per profile, absolute or relative to the start of the transaction. What goes
beyond it (recurring profiles, several schedules) is refused when it is set, never half obeyed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from itertools import pairwise

from voltway.station.simulator.car import NOMINAL_VOLTAGE_V
from voltway.station.simulator.vocabulary import EvseSpec, Transaction

DC_VOLTAGE_V = 400.0
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

    def value_at(self, at: datetime, transaction: Transaction | None) -> float | None:
        """The limit in its own unit at an instant, or None where the profile says nothing."""
        if (self.valid_from and at < self.valid_from) or (self.valid_to and at >= self.valid_to):
            return None
        begin = self.starts_at or (transaction.started_at if transaction else at)
        passed_s = (at - begin) / timedelta(seconds=1)
        if passed_s < 0 or (self.duration_s is not None and passed_s >= self.duration_s):
            return None
        return next((value for start_s, value in reversed(self.periods) if start_s <= passed_s), None)


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

    The highest stack level of a purpose counts, TX overrules TX_DEFAULT, the lowest of the purposes holds. A limit of
    the whole station is shared out evenly, so that it is kept whatever the EVSEs do.
    Source: OCPP 1.6 §3.13.3, 2.0.1 K08.
    """
    prevailing: dict[Purpose, tuple[tuple[int, bool], float]] = {}
    for limit in limits:
        if limit.evse_number not in (0, evse_number):
            continue
        value = limit.value_at(at, transaction)
        if value is None:
            continue
        watts = value * watts_per_ampere(evses[evse_number - 1]) if limit.is_ampere else value
        if limit.purpose is Purpose.STATION_MAX:
            watts /= len(evses)
        # At one level the profile of the EVSE itself goes before that of all EVSEs.
        rank = (limit.stack_level, limit.evse_number > 0)
        if limit.purpose not in prevailing or rank > prevailing[limit.purpose][0]:
            prevailing[limit.purpose] = (rank, watts)
    if Purpose.TX in prevailing:
        prevailing.pop(Purpose.TX_DEFAULT, None)
    return min((watts for _, watts in prevailing.values()), default=None)


def watts_per_ampere(evse: EvseSpec) -> float:
    """A limit in amperes is per phase (OCPP 2.0.1 K01.FR.51)."""
    return DC_VOLTAGE_V if evse.is_dc else evse.phases * NOMINAL_VOLTAGE_V

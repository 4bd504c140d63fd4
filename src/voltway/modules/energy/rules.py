"""How much a car may draw, and the profile that says so. Pure.

Profiles and schedules have the shape of OCPP 2.x, names in snake_case. Source: OCPP 2.0.1 part 2, K01, K15-K17.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from voltway.contracts.energy import CarNeeds, NeedsStatus

Document = Mapping[str, Any]

EXTERNAL, STATION_MAX = "ChargingStationExternalConstraints", "ChargingStationMaxProfile"
TX_DEFAULT, TX = "TxDefaultProfile", "TxProfile"
PURPOSES_OF_PLANS = (STATION_MAX, EXTERNAL, TX_DEFAULT)
"""What a plan for a car must stay within."""
PURPOSES_OF_CARS = (STATION_MAX, EXTERNAL, TX)
"""What a car must stay within: a TxProfile overrules the default (K01)."""
DYNAMIC = "DynamicControl"
HORIZON = timedelta(days=1)
PERIODS_MAX = 24
"""Periods of a plan: few cars and stations take more."""
VOLTAGE_V = 230.0
PHASES = {"AC_single_phase": 1, "AC_two_phase": 2}
PHASES_DEFAULT = 3  # 2.0.1 part 2, ChargingSchedulePeriodType: three unless said otherwise
TOLERANCE = 1.01
"""Cars and stations round."""
_EVERY = {"Daily": timedelta(days=1), "Weekly": timedelta(days=7)}
VALUES = tuple(
    f"{name}{phase}"
    for name in ("limit", "discharge_limit", "setpoint", "setpoint_reactive")
    for phase in ("", "_l2", "_l3")
)
"""What of a dynamic profile can be changed while it runs (2.1 part 2, ChargingScheduleUpdateType)."""


class Ceiling(NamedTuple):
    """One schedule that limits, of a profile or from outside. Of the ceilings of a group the highest level counts."""

    group: str
    level: int
    schedule: Document
    told_at: datetime
    evse_number: int = 0
    every: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None


def ceilings_of(
    profiles: Sequence[Any], limits: Sequence[Any], evse_number: int, purposes: Sequence[str]
) -> list[Ceiling]:
    """All that limits an EVSE: rows of profiles with one of these purposes, and of limits from outside."""
    found = [
        Ceiling(
            row.purpose,
            row.stack_level,
            schedule,
            row.told_at,
            row.evse_number,
            row.document.get("recurrency_kind"),
            instant(row.document.get("valid_from")),
            instant(row.document.get("valid_to")),
        )
        for row in profiles
        if row.purpose in purposes and row.evse_number in (0, evse_number)
        for schedule in row.document["charging_schedule"][:1]
    ]
    for row in limits:
        if row.evse_number in (0, evse_number):
            found += [Ceiling(row.id, 0, schedule, row.began_at) for schedule in row.schedules]
    return found


def instant(text: str | None) -> datetime | None:
    """A time of a document."""
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


# ---- how much is allowed


def ceiling_at(ceilings: Sequence[Ceiling], at: datetime, unit: str, phases: int) -> float | None:
    """The lowest limit at an instant; None where nothing limits."""
    highest: dict[tuple[str, int], tuple[int, float]] = {}
    for ceiling in ceilings:
        limit = _limit_at(ceiling, at, unit, phases)
        key = ceiling.group, ceiling.evse_number
        if limit is not None and (key not in highest or ceiling.level > highest[key][0]):
            highest[key] = ceiling.level, limit
    return min((limit for _, limit in highest.values()), default=None)


def _limit_at(ceiling: Ceiling, at: datetime, unit: str, phases: int) -> float | None:
    if (ceiling.valid_from is not None and at < ceiling.valid_from) or (
        ceiling.valid_to is not None and at >= ceiling.valid_to
    ):
        return None
    offset = at - _start_of(ceiling)
    if ceiling.every in _EVERY:
        offset %= _EVERY[ceiling.every]
    duration = ceiling.schedule.get("duration")
    if offset < timedelta() or (duration is not None and offset >= timedelta(seconds=duration)):
        return None
    running = [
        period
        for period in ceiling.schedule["charging_schedule_period"]
        if timedelta(seconds=period["start_period"]) <= offset
    ]
    if not running or running[-1].get("limit") is None:
        return None
    return _converted(running[-1]["limit"], ceiling.schedule["charging_rate_unit"], unit, phases)


def _start_of(ceiling: Ceiling) -> datetime:
    """A relative schedule starts with its transaction; that we know of it is soon after."""
    return instant(ceiling.schedule.get("start_schedule")) or ceiling.told_at


def _converted(limit: float, unit: str, wanted: str, phases: int) -> float:
    if unit == wanted:
        return float(limit)
    return limit * VOLTAGE_V * phases if wanted == "W" else limit / (VOLTAGE_V * phases)


def _changes(ceilings: Sequence[Ceiling], since: datetime, until: datetime) -> list[datetime]:
    """When a limit may become another one, `since` included."""
    found = {since}
    for ceiling in ceilings:
        found |= {at for at in _instants(ceiling, since, until) if since < at < until}
    return sorted(found)


def _instants(ceiling: Ceiling, since: datetime, until: datetime) -> Iterator[datetime]:
    yield from (at for at in (ceiling.valid_from, ceiling.valid_to) if at is not None)
    start = _start_of(ceiling)
    offsets = [timedelta(seconds=period["start_period"]) for period in ceiling.schedule["charging_schedule_period"]]
    if ceiling.schedule.get("duration") is not None:
        offsets.append(timedelta(seconds=ceiling.schedule["duration"]))
    every = _EVERY.get(ceiling.every or "")
    if every is not None:
        start += (since - start) // every * every
    while start < until:
        yield from (start + offset for offset in offsets)
        if every is None:
            return
        start += every


# ---- what a car is told


def status_of(needs: CarNeeds, has_session: bool, modes: Sequence[str], is_limited: bool) -> NeedsStatus:
    """What to say to a car's needs. `modes`: those that its driver may use, none: any; `is_limited`: there is something to
    tell it."""
    if modes and needs.transfer_mode not in modes:
        return NeedsStatus.REJECTED
    if not is_limited and (needs.control_mode == DYNAMIC or _own_limit(needs) is None):
        return NeedsStatus.NO_CHARGING_PROFILE
    return NeedsStatus.ACCEPTED if has_session else NeedsStatus.PROCESSING


def unit_of(needs: Any) -> str:
    """A for a car that names a current, W for one that names a power."""
    return "A" if needs.power_w_max is None and needs.transfer_mode.startswith("AC") else "W"


def _own_limit(needs: Any) -> float | None:
    found: float | None = needs.current_a_max if unit_of(needs) == "A" else needs.power_w_max
    return found


def plan(needs: Any, ceilings: Sequence[Ceiling], now: datetime, charging_profile_id: int) -> dict[str, Any] | None:
    """The TxProfile for a car: as much as it can take and everything allows. None where there is nothing to say.

    A car under dynamic control gets the limit of now, and another one when that changes; any other gets what is known of a
    day, or until it leaves.
    """
    unit, phases = unit_of(needs), PHASES.get(needs.transfer_mode, PHASES_DEFAULT)
    is_dynamic = needs.control_mode == DYNAMIC
    until = now + HORIZON
    if needs.departure_at is not None and needs.departure_at > now:
        until = min(until, needs.departure_at)
    periods: list[dict[str, Any]] = []
    for at in _changes(ceilings, now, until)[: 1 if is_dynamic else None]:
        known = [limit for limit in (_own_limit(needs), ceiling_at(ceilings, at, unit, phases)) if limit is not None]
        if not known:  # from here on nothing limits: the plan ends
            until = at
            break
        _add(periods, round((at - now).total_seconds()), round(min(known), 1))
    if not periods:
        return None
    schedule: dict[str, Any] = {"id": 1, "charging_rate_unit": unit, "charging_schedule_period": periods}
    if not is_dynamic:
        start = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        schedule |= {"start_schedule": start, "duration": max(1, round((until - now).total_seconds()))}
    return {
        "id": charging_profile_id,
        "stack_level": 0,
        "charging_profile_purpose": TX,
        "charging_profile_kind": "Dynamic" if is_dynamic else "Absolute",
        "charging_schedule": [schedule],
    }


def _add(periods: list[dict[str, Any]], start_s: int, limit: float) -> None:
    """Another period; where there is no room for it, the last one has the lowest limit of all that follow."""
    if periods and (periods[-1]["limit"] == limit or periods[-1]["start_period"] == start_s):
        periods[-1]["limit"] = limit
    elif len(periods) >= PERIODS_MAX:
        periods[-1]["limit"] = min(periods[-1]["limit"], limit)
    else:
        periods.append({"start_period": start_s, "limit": limit})


def is_within(schedule: Document, time_base_at: datetime, ceilings: Sequence[Ceiling], phases: int) -> bool:
    """Whether a car's schedule asks for no more than is allowed, at any time."""
    unit = schedule["charging_rate_unit"]
    own = Ceiling("car", 0, {**schedule, "start_schedule": None}, time_base_at)
    end = schedule.get("duration") or HORIZON.total_seconds()
    for at in _changes([own, *ceilings], time_base_at, time_base_at + timedelta(seconds=end)):
        wanted = _limit_at(own, at, unit, phases)
        allowed = ceiling_at(ceilings, at, unit, phases)
        if wanted is not None and allowed is not None and wanted > allowed * TOLERANCE:
            return False
    return True


# ---- dynamic profiles


def values_of(document: Document) -> dict[str, float]:
    """The values of a dynamic profile."""
    (period, *_) = document["charging_schedule"][0]["charging_schedule_period"]
    return {name: period[name] for name in VALUES if period.get(name) is not None}


def lowered(values: dict[str, float], ceiling: float | None) -> dict[str, float]:
    """Values that stay under a ceiling."""
    if ceiling is None:
        return values
    return {name: min(value, ceiling) if name.startswith(_TAKING) else value for name, value in values.items()}


_TAKING = ("limit", "setpoint")


def with_values(document: Document, values: Mapping[str, float]) -> dict[str, Any]:
    """A dynamic profile with other values."""
    (schedule, *others) = document["charging_schedule"]
    (period, *_) = schedule["charging_schedule_period"]
    changed = {**schedule, "charging_schedule_period": [{**period, **values}]}
    return {**document, "charging_schedule": [changed, *others]}

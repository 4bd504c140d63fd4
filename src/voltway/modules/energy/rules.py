"""How much a car may draw, and the profiles that say so. Pure.

Profiles and schedules have the shape of OCPP 2.x, names in snake_case; what several of them amount to is reckoned by
`charging.profiles`. Source: OCPP 2.0.1 part 2, K01, K15-K17.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from msgspec.structs import replace

from voltway.charging.documents import profile_of, schedule_of
from voltway.charging.profiles import (
    Kind,
    Outlet,
    Profile,
    Purpose,
    Running,
    Unit,
    Window,
    composite,
    merged,
    prevailing,
)
from voltway.contracts.energy import CarNeeds, NeedsStatus
from voltway.modules.energy.offers import PERIODS_MAX, Goal, Hours, Part, add_period, offers

Document = Mapping[str, Any]

EXTERNAL, STATION_MAX = Purpose.EXTERNAL.value, Purpose.STATION_MAX.value
TX_DEFAULT, TX = Purpose.TX_DEFAULT.value, Purpose.TX.value
PURPOSES_OF_PLANS = (STATION_MAX, EXTERNAL, TX_DEFAULT)
"""What a plan for a car must stay within."""
PURPOSES_OF_CARS = (STATION_MAX, EXTERNAL, TX)
"""What a car must stay within: a TxProfile overrules the default (K01)."""
DYNAMIC = "DynamicControl"
HORIZON = timedelta(days=1)
PHASES = {"AC_single_phase": 1, "AC_two_phase": 2}
PHASES_DEFAULT = 3  # 2.0.1 part 2, ChargingSchedulePeriodType: three unless said otherwise
TOLERANCE = 1.01
"""Cars and stations round."""
VALUES = tuple(
    f"{name}{phase}"
    for name in ("limit", "discharge_limit", "setpoint", "setpoint_reactive")
    for phase in ("", "_l2", "_l3")
)
"""What of a dynamic profile can be changed while it runs (2.1 part 2, ChargingScheduleUpdateType)."""


class Car(NamedTuple):
    """A car at an EVSE, as far as limits go."""

    evse_number: int
    started_at: datetime
    phases: int = PHASES_DEFAULT
    schedule_id: int | None = None
    """Which of its schedules it has chosen."""


class Ceilings(NamedTuple):
    """All that limits a car: groups of profiles. In a group the purposes and stack levels of OCPP hold; the lowest of all
    groups limits. A limit from outside is a group of its own: whoever has set it knows nothing of our levels."""

    groups: tuple[tuple[Profile, ...], ...]
    outlet: Outlet
    started_at: datetime


def ceilings_of(profiles: Sequence[Any], limits: Sequence[Any], car: Car, purposes: Sequence[str]) -> Ceilings:
    """What limits a car: rows of profiles with one of these purposes, and of limits from outside. What is generated locally
    lifts the limits (K27)."""
    ours = [
        replace(profile_of(row.document, row.evse_number, row.told_at), transaction_id=None)
        for row in profiles
        if row.purpose in purposes and row.evse_number in (0, car.evse_number)
    ]
    outside: list[Profile] = []
    for row in limits:
        if row.evse_number in (0, car.evse_number):
            several = [_from_outside(row, document) for document in row.schedules]
            (ours if row.is_local_generation else outside).extend(several)
    running = Running(started_at=car.started_at, schedule_id=car.schedule_id)
    outlet = Outlet(evse_number=car.evse_number, phases=car.phases, running=running)
    return Ceilings((tuple(ours), *((one,) for one in outside)), outlet, car.started_at)


def _from_outside(row: Any, document: Document) -> Profile:
    """A schedule of a limit from outside; without a start it holds from when we were told of it."""
    schedule = schedule_of(document)
    return Profile(
        profile_id=0,
        purpose=Purpose.LOCAL_GENERATION if row.is_local_generation else Purpose.EXTERNAL,
        evse_number=row.evse_number,
        schedules=(replace(schedule, starts_at=schedule.starts_at or row.began_at),),
    )


# ---- how much is allowed


def ceiling_at(ceilings: Ceilings, at: datetime, unit: str) -> float | None:
    """The lowest limit at an instant; None where nothing limits."""
    steps = (
        merged(prevailing(group, ceilings.outlet, at, ceilings.started_at), ceilings.outlet, Unit(unit))
        for group in ceilings.groups
    )
    return min((step.limit for step in steps if step.limit is not None), default=None)


def parts_of(ceilings: Ceilings, since: datetime, until: datetime, unit: str) -> list[Part]:
    """What is allowed over time: each part until the next."""
    window = Window(since, max(1, round((until - since).total_seconds())))
    told = [composite(group, ceilings.outlet, window, Unit(unit)) for group in ceilings.groups]
    starts = sorted({0, *(step.start_s for steps in told for step in steps)})
    return [Part(start_s, ceiling_at(ceilings, since + timedelta(seconds=start_s), unit)) for start_s in starts]


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


def car_of(needs: Any, evse_number: int, started_at: datetime, schedule_id: int | None = None) -> Car:
    """The car that a row of needs is of; without one, a car of which nothing is known."""
    phases = PHASES_DEFAULT if needs is None else PHASES.get(needs.transfer_mode, PHASES_DEFAULT)
    return Car(evse_number, started_at, phases, schedule_id)


def plan(
    needs: Any,
    ceilings: Ceilings,
    now: datetime,
    charging_profile_id: int,
    hours: Mapping[Goal, Hours] | None = None,
) -> dict[str, Any] | None:
    """The TxProfile for a car: as much as it can take and everything allows. None where there is nothing to say.

    A car under dynamic control gets the limit of now, and another one when that changes; any other gets what is known of a
    day, or until it leaves: as fast as may be, and by the `hours` that are known also as cheap and as green as may be, where
    that comes to something else (K15.FR.07: at most three).
    """
    unit = unit_of(needs)
    is_dynamic = needs.control_mode == DYNAMIC
    until = now + HORIZON
    if needs.departure_at is not None and needs.departure_at > now:
        until = min(until, needs.departure_at)
    parts: list[Part] = []
    for part in parts_of(ceilings, now, until, unit)[: 1 if is_dynamic else None]:
        known = [limit for limit in (_own_limit(needs), part.limit) if limit is not None]
        if not known:  # from here on nothing limits: the plan ends
            until = now + timedelta(seconds=part.start_s)
            break
        parts.append(Part(part.start_s, round(min(known), 1)))
    if not parts:
        return None
    if is_dynamic:
        return _profile(charging_profile_id, "Dynamic", unit, [_periods(parts, 1)], {})
    length_s = max(1, round((until - now).total_seconds()))
    periods_max = min(needs.periods_max or PERIODS_MAX, PERIODS_MAX)
    watts = 1.0 if unit == Unit.W else ceilings.outlet.voltage_v * ceilings.outlet.phases
    told = [_periods(parts, max(periods_max, 1))]
    if hours and needs.energy_wh is not None and needs.departure_at is not None and needs.departure_at > now:
        told += offers(parts, now, length_s, needs.energy_wh / watts, hours, periods_max)
    start = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    unlike = [periods for index, periods in enumerate(told) if periods not in told[:index]]
    return _profile(charging_profile_id, "Absolute", unit, unlike, {"start_schedule": start, "duration": length_s})


def _periods(parts: Sequence[Part], periods_max: int) -> list[dict[str, Any]]:
    periods: list[dict[str, Any]] = []
    for part in parts:
        add_period(periods, part.start_s, part.limit or 0.0, periods_max)
    return periods


def _profile(
    number: int, kind: str, unit: str, told: Sequence[Sequence[Document]], when: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "id": number,
        "stack_level": 0,
        "charging_profile_purpose": TX,
        "charging_profile_kind": kind,
        "charging_schedule": [
            {"id": index, "charging_rate_unit": unit, "charging_schedule_period": list(periods), **when}
            for index, periods in enumerate(told, 1)
        ],
    }


def is_pause(plan: Document) -> bool:
    """Whether a plan gives a car nothing, now and for as long as it lasts."""
    periods = [period for schedule in plan["charging_schedule"] for period in schedule["charging_schedule_period"]]
    return all(period.get("limit") == 0 and len(period) == len(("start_period", "limit")) for period in periods)


def is_within(document: Document, time_base_at: datetime, ceilings: Ceilings) -> bool:
    """Whether a car's schedule asks for no more than is allowed, at any time."""
    unit = document["charging_rate_unit"]
    own = replace(schedule_of(document), starts_at=time_base_at)
    wanted = Profile(profile_id=0, purpose=Purpose.TX, kind=Kind.ABSOLUTE, schedules=(own,))
    both = ceilings._replace(groups=((wanted,), *ceilings.groups))
    until = time_base_at + timedelta(seconds=own.duration_s or HORIZON.total_seconds())
    for start_s in (part.start_s for part in parts_of(both, time_base_at, until, unit)):
        at = time_base_at + timedelta(seconds=start_s)
        asked, allowed = ceiling_at(both._replace(groups=((wanted,),)), at, unit), ceiling_at(ceilings, at, unit)
        if asked is not None and allowed is not None and asked > allowed * TOLERANCE:
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


def battery_wh(needs: Document) -> int | None:
    """How much a car's battery holds, if its needs say so: evEnergyCapacity of DCChargingParametersType."""
    size = (needs.get("dc_charging_parameters") or {}).get("ev_energy_capacity")
    return round(size) if isinstance(size, int | float) and size > 0 else None

"""How much a car may draw, and the profile that says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.contracts.energy import CarNeeds, NeedsStatus
from voltway.modules.energy import rules
from voltway.modules.energy.offers import PERIODS_MAX, Goal, Hours
from voltway.modules.energy.rules import Ceilings

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR_S = 3600


def a_schedule(*periods: tuple[int, float], unit: str = "A", **more: Any) -> dict[str, Any]:
    """Limits over time, from noon on."""
    return {
        "charging_rate_unit": unit,
        "start_schedule": "2026-05-01T12:00:00Z",
        "charging_schedule_period": [{"start_period": start, "limit": limit} for start, limit in periods],
        **more,
    }


def a_ceiling(*periods: tuple[int, float], purpose: str = rules.STATION_MAX, level: int = 0, **more: Any) -> Any:
    """The row of a profile that limits."""
    fields = {name: more.pop(name) for name in ("recurrency_kind", "valid_from", "valid_to") if name in more}
    document = {
        "id": level,
        "stack_level": level,
        "charging_profile_purpose": purpose,
        "charging_profile_kind": "Recurring" if "recurrency_kind" in fields else "Absolute",
        "charging_schedule": [a_schedule(*periods, **more)],
        **fields,
    }
    return SimpleNamespace(purpose=purpose, evse_number=0, told_at=NOON, document=document)


def a_limit(*periods: tuple[int, float], is_local_generation: bool = False) -> Any:
    """The row of a limit from outside."""
    documents = [a_schedule(*periods)]
    return SimpleNamespace(evse_number=0, schedules=documents, began_at=NOON, is_local_generation=is_local_generation)


def ceilings_of(*rows: Any, limits: tuple[Any, ...] = (), phases: int = 3, purposes: Any = None) -> Ceilings:
    return rules.ceilings_of(rows, limits, rules.Car(1, NOON, phases), purposes or rules.PURPOSES_OF_PLANS)


def needs(mode: str = "AC_three_phase", **more: Any) -> CarNeeds:
    return CarNeeds(transfer_mode=mode, document={}, **{"current_a_max": 32.0, **more})


def at(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


def limit_at(ceilings: list[Any], seconds: int, unit: str = "A", phases: int = 3) -> float | None:
    return rules.ceiling_at(ceilings_of(*ceilings, phases=phases), at(seconds), unit)


def periods_of(plan: dict[str, Any] | None) -> list[tuple[int, float]]:
    assert plan is not None
    (schedule,) = plan["charging_schedule"]
    return [(period["start_period"], period["limit"]) for period in schedule["charging_schedule_period"]]


# ---- ceilings


def test_nothing_limits_before_a_schedule_starts_and_after_it_ends() -> None:
    ceilings = [a_ceiling((0, 16.0), (60, 6.0), duration=120)]
    assert [limit_at(ceilings, second) for second in (-1, 0, 59, 60, 119, 120)] == [None, 16.0, 16.0, 6.0, 6.0, None]


def test_a_daily_schedule_comes_round() -> None:
    ceilings = [a_ceiling((0, 16.0), (8 * HOUR_S, 6.0), recurrency_kind="Daily")]
    assert [limit_at(ceilings, day * 86_400 + 9 * HOUR_S) for day in (0, 3)] == [6.0, 6.0]
    assert limit_at(ceilings, -86_400 + 9 * HOUR_S) is None  # before it has begun for the first time
    assert limit_at(ceilings, 3 * 86_400 + HOUR_S) == 16.0


def test_a_profile_holds_while_it_is_valid() -> None:
    ceilings = [a_ceiling((0, 16.0), valid_from=at(10).isoformat(), valid_to=at(20).isoformat())]
    assert [limit_at(ceilings, second) for second in (9, 10, 19, 20)] == [None, 16.0, 16.0, None]


def test_the_highest_level_of_a_purpose_counts_and_the_lowest_of_all_purposes() -> None:
    ceilings = [
        a_ceiling((0, 6.0), level=0),
        a_ceiling((0, 20.0), level=1),
        a_ceiling((0, 10.0), purpose=rules.TX_DEFAULT),
    ]
    assert limit_at(ceilings[:2], 0) == 20.0
    assert limit_at(ceilings, 0) == 10.0


@pytest.mark.parametrize(("unit", "phases", "limit"), [("A", 3, 16.0), ("W", 3, 11_040.0), ("W", 1, 3_680.0)])
def test_limits_are_converted_by_phases(unit: str, phases: int, limit: float) -> None:
    assert limit_at([a_ceiling((0, 16.0))], 0, unit, phases) == limit


def test_profiles_of_other_evses_and_purposes_do_not_limit() -> None:
    def row(purpose: str, evse_number: int, limit: float) -> Any:
        found = a_ceiling((0, limit), purpose=purpose)
        found.evse_number = evse_number
        return found

    rows = [row(rules.TX_DEFAULT, 2, 6.0), row(rules.TX, 1, 7.0), row(rules.TX_DEFAULT, 1, 10.0)]
    assert limit_at(rows, 0) == 10.0
    assert rules.ceiling_at(ceilings_of(*rows, purposes=rules.PURPOSES_OF_CARS), at(0), "A") == 7.0


def test_each_limit_from_outside_counts_and_what_is_generated_lifts() -> None:
    station = a_ceiling((0, 16.0))
    outside = ceilings_of(station, limits=(a_limit((0, 10.0)), a_limit((0, 20.0), (60, 6.0))))
    assert [rules.ceiling_at(outside, at(second), "A") for second in (0, 60)] == [10.0, 6.0]
    assert (
        rules.ceiling_at(ceilings_of(station, limits=(a_limit((0, 4.0), is_local_generation=True),)), at(0), "A")
        == 20.0
    )


def test_several_periods_and_levels_bind_as_the_composite_says() -> None:
    top = a_ceiling((0, 32.0), level=1, duration=HOUR_S)
    parts = rules.parts_of(ceilings_of(a_ceiling((0, 8.0)), top), NOON, at(2 * HOUR_S), "A")
    assert [tuple(part) for part in parts] == [(0, 32.0), (HOUR_S, 8.0)]


# ---- plans


def test_a_plan_follows_the_ceilings_of_a_day_and_never_passes_the_car() -> None:
    ceilings = [a_ceiling((0, 40.0), (HOUR_S, 10.0), (2 * HOUR_S, 20.0))]
    plan = rules.plan(needs(), ceilings_of(*ceilings), NOON, 9)
    assert plan is not None
    assert periods_of(plan) == [(0, 32.0), (HOUR_S, 10.0), (2 * HOUR_S, 20.0)]
    assert plan["charging_schedule"][0]["duration"] == 86_400
    assert (plan["id"], plan["charging_profile_purpose"], plan["charging_profile_kind"]) == (9, rules.TX, "Absolute")


def test_a_plan_ends_when_the_car_leaves() -> None:
    ceilings = [a_ceiling((0, 16.0), (HOUR_S, 10.0))]
    plan = rules.plan(needs(departure_at=at(1800)), ceilings_of(*ceilings), NOON, 9)
    assert periods_of(plan) == [(0, 16.0)]
    assert plan is not None
    assert plan["charging_schedule"][0]["duration"] == 1800


def test_a_car_under_dynamic_control_gets_the_limit_of_now() -> None:
    ceilings = [a_ceiling((0, 16.0), (HOUR_S, 10.0))]
    plan = rules.plan(needs(control_mode=rules.DYNAMIC), ceilings_of(*ceilings), NOON, 9)
    assert periods_of(plan) == [(0, 16.0)]
    assert plan is not None
    assert plan["charging_profile_kind"] == "Dynamic"
    assert "start_schedule" not in plan["charging_schedule"][0]


def test_there_is_no_plan_where_nothing_limits() -> None:
    assert rules.plan(needs(current_a_max=None), ceilings_of(), NOON, 9) is None


def test_a_plan_that_nothing_limits_any_more_ends_there() -> None:
    plan = rules.plan(needs(current_a_max=None), ceilings_of(a_ceiling((0, 16.0), duration=600)), NOON, 9)
    assert periods_of(plan) == [(0, 16.0)]
    assert plan is not None
    assert plan["charging_schedule"][0]["duration"] == 600


@given(st.lists(st.integers(min_value=6, max_value=63), min_size=1, max_size=100))
def test_a_plan_stays_under_its_ceilings_at_any_time(limits: list[int]) -> None:
    ceilings = [a_ceiling(*((index * 300, float(limit)) for index, limit in enumerate(limits)))]
    plan = rules.plan(needs(), ceilings_of(*ceilings), NOON, 9)
    found = periods_of(plan)
    assert len(found) <= PERIODS_MAX
    assert found[0][0] == 0
    assert plan is not None
    assert rules.is_within(plan["charging_schedule"][0], NOON, ceilings_of(*ceilings))


# ---- schedules to choose from

CHEAP_AT_NIGHT = {Goal.CHEAPEST: Hours([30.0] * 6 + [10.0] * 2 + [30.0] * 16, timezone(timedelta(hours=2)))}
"""Cheap from 6 to 8 o'clock in a zone two hours ahead: from 4 to 6 UTC."""


def schedules_of(plan: dict[str, Any] | None) -> list[list[tuple[int, float]]]:
    assert plan is not None
    return [
        [(period["start_period"], period["limit"]) for period in schedule["charging_schedule_period"]]
        for schedule in plan["charging_schedule"]
    ]


def a_stay(hours: int = 20, energy_wh: int = 20_000, **more: Any) -> CarNeeds:
    """A car that leaves after so many hours and can take 32 A of three phases: 22 kW."""
    return needs(departure_at=at(hours * HOUR_S), energy_wh=energy_wh, **more)


def test_a_car_that_stays_is_offered_the_cheap_hours_beside_the_fastest_schedule() -> None:
    plan = rules.plan(a_stay(), ceilings_of(), NOON, 9, CHEAP_AT_NIGHT)
    # 22 kWh with losses take an hour of the two that are cheap.
    assert schedules_of(plan) == [[(0, 32.0)], [(0, 0.0), (16 * HOUR_S, 32.0), (17 * HOUR_S, 0.0)]]
    assert plan is not None
    assert [each["id"] for each in plan["charging_schedule"]] == [1, 2]
    assert {each["duration"] for each in plan["charging_schedule"]} == {20 * HOUR_S}


def test_three_goals_are_three_schedules_and_the_same_one_is_told_once() -> None:
    hours = {**CHEAP_AT_NIGHT, Goal.GREENEST: Hours([9.0] * 15 + [1.0] + [9.0] * 8, UTC)}
    told = schedules_of(rules.plan(a_stay(), ceilings_of(), NOON, 9, hours))
    assert told[2] == [(0, 0.0), (3 * HOUR_S, 32.0), (4 * HOUR_S, 0.0)]
    same = dict.fromkeys(Goal, CHEAP_AT_NIGHT[Goal.CHEAPEST])
    assert len(schedules_of(rules.plan(a_stay(), ceilings_of(), NOON, 9, same))) == 2


def test_a_car_that_has_no_time_to_lose_is_offered_the_fastest_only() -> None:
    for car in (a_stay(hours=1, energy_wh=90_000), needs(energy_wh=20_000), a_stay(control_mode=rules.DYNAMIC)):
        assert schedules_of(rules.plan(car, ceilings_of(), NOON, 9, CHEAP_AT_NIGHT)) == [[(0, 32.0)]]


def test_a_car_that_takes_few_periods_is_not_offered_what_needs_more() -> None:
    plan = rules.plan(
        a_stay(periods_max=2), ceilings_of(a_ceiling((0, 16.0), (60, 10.0), (120, 20.0))), NOON, 9, CHEAP_AT_NIGHT
    )
    assert schedules_of(plan) == [[(0, 16.0), (60, 10.0)]]


@given(
    st.lists(st.integers(6, 32), min_size=1, max_size=12),
    st.lists(st.integers(0, 5), min_size=24, max_size=24),
    st.integers(1, 23),
    st.integers(1_000, 60_000),
)
def test_every_schedule_stays_within_what_is_allowed_and_a_cheap_one_brings_as_much_as_can_be(
    limits: list[int], costs: list[int], stay_h: int, energy_wh: int
) -> None:
    ceilings = ceilings_of(a_ceiling(*((index * 1800, float(limit)) for index, limit in enumerate(limits))))
    plan = rules.plan(a_stay(stay_h, energy_wh), ceilings, NOON, 9, {Goal.CHEAPEST: Hours(costs, UTC)})
    assert plan is not None
    schedules = plan["charging_schedule"]
    assert all(rules.is_within(schedule, NOON, ceilings) for schedule in schedules)
    brought = [_watt_hours(schedule["charging_schedule_period"], stay_h * HOUR_S) for schedule in schedules]
    assert all(found >= min(energy_wh, brought[0]) - 1 for found in brought)


def _watt_hours(periods: list[dict[str, Any]], until_s: int) -> float:
    ends: list[int] = [*(period["start_period"] for period in periods[1:]), until_s]
    return sum(
        690.0 * float(period["limit"]) * (end - period["start_period"]) / HOUR_S
        for period, end in zip(periods, ends, strict=True)
    )


# ---- what a car is answered


@pytest.mark.parametrize(
    ("car", "has_session", "modes", "is_limited", "status"),
    [
        (needs(), True, (), False, NeedsStatus.ACCEPTED),
        (needs(), False, (), False, NeedsStatus.PROCESSING),
        (needs("AC_BPT"), True, ("AC_three_phase",), True, NeedsStatus.REJECTED),
        (needs("AC_BPT"), True, ("AC_BPT",), True, NeedsStatus.ACCEPTED),
        (needs(control_mode=rules.DYNAMIC), True, (), True, NeedsStatus.ACCEPTED),
        (needs(control_mode=rules.DYNAMIC), True, (), False, NeedsStatus.NO_CHARGING_PROFILE),
        (needs(current_a_max=None), True, (), False, NeedsStatus.NO_CHARGING_PROFILE),
    ],
)
def test_needs_are_answered(
    car: CarNeeds, has_session: bool, modes: tuple[str, ...], is_limited: bool, status: NeedsStatus
) -> None:
    assert rules.status_of(car, has_session, modes, is_limited) is status


@pytest.mark.parametrize(
    ("periods", "is_within"),
    [
        ([(0, 16.0)], True),
        ([(0, 16.1)], True),  # rounded
        ([(0, 17.0)], False),
        ([(0, 6.0), (600, 17.0)], False),
    ],
)
def test_a_schedule_of_a_car_is_within_what_is_allowed(periods: list[tuple[int, float]], is_within: bool) -> None:
    assert rules.is_within(a_schedule(*periods), NOON, ceilings_of(a_ceiling((0, 16.0)))) is is_within


def test_a_car_that_does_not_slow_down_when_the_limit_falls_is_not_within() -> None:
    assert not rules.is_within(a_schedule((0, 16.0)), NOON, ceilings_of(a_ceiling((0, 16.0), (600, 6.0))))


# ---- dynamic profiles


def test_values_of_a_dynamic_profile_are_changed_and_read() -> None:
    document = {"id": 1, "charging_schedule": [a_schedule((0, 16.0))]}
    changed = rules.with_values(document, {"setpoint": -5.0, "limit": 8.0})
    assert rules.values_of(document) == {"limit": 16.0}
    assert rules.values_of(changed) == {"limit": 8.0, "setpoint": -5.0}


def test_a_ceiling_lowers_what_is_taken_not_what_is_given_back() -> None:
    values = {"limit": 16.0, "setpoint": -20.0, "discharge_limit": -30.0}
    assert rules.lowered(values, 10.0) == {"limit": 10.0, "setpoint": -20.0, "discharge_limit": -30.0}
    assert rules.lowered(values, None) == values

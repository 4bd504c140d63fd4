"""How much a car may draw, and the profile that says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.contracts.energy import CarNeeds, NeedsStatus
from voltway.modules.energy import rules
from voltway.modules.energy.rules import Ceiling

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


def a_ceiling(*periods: tuple[int, float], group: str = rules.STATION_MAX, level: int = 0, **more: Any) -> Ceiling:
    fields = {name: more.pop(name) for name in ("every", "valid_from", "valid_to") if name in more}
    return Ceiling(group, level, a_schedule(*periods, **more), NOON, **fields)


def needs(mode: str = "AC_three_phase", **more: Any) -> CarNeeds:
    return CarNeeds(transfer_mode=mode, document={}, **{"current_a_max": 32.0, **more})


def at(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


def limit_at(ceilings: list[Ceiling], seconds: int, unit: str = "A", phases: int = 3) -> float | None:
    return rules.ceiling_at(ceilings, at(seconds), unit, phases)


def periods_of(plan: dict[str, Any] | None) -> list[tuple[int, float]]:
    assert plan is not None
    (schedule,) = plan["charging_schedule"]
    return [(period["start_period"], period["limit"]) for period in schedule["charging_schedule_period"]]


# ---- ceilings


def test_nothing_limits_before_a_schedule_starts_and_after_it_ends() -> None:
    ceilings = [a_ceiling((0, 16.0), (60, 6.0), duration=120)]
    assert [limit_at(ceilings, second) for second in (-1, 0, 59, 60, 119, 120)] == [None, 16.0, 16.0, 6.0, 6.0, None]


def test_a_daily_schedule_comes_round() -> None:
    ceilings = [a_ceiling((0, 16.0), (8 * HOUR_S, 6.0), every="Daily")]
    assert [limit_at(ceilings, day * 86_400 + 9 * HOUR_S) for day in (-1, 0, 3)] == [6.0, 6.0, 6.0]
    assert limit_at(ceilings, 3 * 86_400 + HOUR_S) == 16.0


def test_a_profile_holds_while_it_is_valid() -> None:
    ceilings = [a_ceiling((0, 16.0), valid_from=at(10), valid_to=at(20))]
    assert [limit_at(ceilings, second) for second in (9, 10, 19, 20)] == [None, 16.0, 16.0, None]


def test_the_highest_level_of_a_purpose_counts_and_the_lowest_of_all_purposes() -> None:
    ceilings = [
        a_ceiling((0, 6.0), level=0),
        a_ceiling((0, 20.0), level=1),
        a_ceiling((0, 10.0), group=rules.TX_DEFAULT),
    ]
    assert limit_at(ceilings[:2], 0) == 20.0
    assert limit_at(ceilings, 0) == 10.0


@pytest.mark.parametrize(("unit", "phases", "limit"), [("A", 3, 16.0), ("W", 3, 11_040.0), ("W", 1, 3_680.0)])
def test_limits_are_converted_by_phases(unit: str, phases: int, limit: float) -> None:
    assert limit_at([a_ceiling((0, 16.0))], 0, unit, phases) == limit


def test_profiles_of_other_evses_and_purposes_do_not_limit() -> None:
    def row(purpose: str, evse_number: int) -> SimpleNamespace:
        document = {"charging_schedule": [a_schedule((0, 6.0))]}
        return SimpleNamespace(purpose=purpose, evse_number=evse_number, stack_level=0, told_at=NOON, document=document)

    rows = [row(rules.STATION_MAX, 0), row(rules.TX_DEFAULT, 1), row(rules.TX_DEFAULT, 2), row(rules.TX, 1)]
    found = rules.ceilings_of(rows, [], 1, rules.PURPOSES_OF_PLANS)
    assert [(each.group, each.evse_number) for each in found] == [(rules.STATION_MAX, 0), (rules.TX_DEFAULT, 1)]


# ---- plans


def test_a_plan_follows_the_ceilings_of_a_day_and_never_passes_the_car() -> None:
    ceilings = [a_ceiling((0, 40.0), (HOUR_S, 10.0), (2 * HOUR_S, 20.0))]
    plan = rules.plan(needs(), ceilings, NOON, 9)
    assert plan is not None
    assert periods_of(plan) == [(0, 32.0), (HOUR_S, 10.0), (2 * HOUR_S, 20.0)]
    assert plan["charging_schedule"][0]["duration"] == 86_400
    assert (plan["id"], plan["charging_profile_purpose"], plan["charging_profile_kind"]) == (9, rules.TX, "Absolute")


def test_a_plan_ends_when_the_car_leaves() -> None:
    ceilings = [a_ceiling((0, 16.0), (HOUR_S, 10.0))]
    plan = rules.plan(needs(departure_at=at(1800)), ceilings, NOON, 9)
    assert periods_of(plan) == [(0, 16.0)]
    assert plan is not None
    assert plan["charging_schedule"][0]["duration"] == 1800


def test_a_car_under_dynamic_control_gets_the_limit_of_now() -> None:
    ceilings = [a_ceiling((0, 16.0), (HOUR_S, 10.0))]
    plan = rules.plan(needs(control_mode=rules.DYNAMIC), ceilings, NOON, 9)
    assert periods_of(plan) == [(0, 16.0)]
    assert plan is not None
    assert plan["charging_profile_kind"] == "Dynamic"
    assert "start_schedule" not in plan["charging_schedule"][0]


def test_there_is_no_plan_where_nothing_limits() -> None:
    assert rules.plan(needs(current_a_max=None), [], NOON, 9) is None


def test_a_plan_that_nothing_limits_any_more_ends_there() -> None:
    plan = rules.plan(needs(current_a_max=None), [a_ceiling((0, 16.0), duration=600)], NOON, 9)
    assert periods_of(plan) == [(0, 16.0)]
    assert plan is not None
    assert plan["charging_schedule"][0]["duration"] == 600


@given(st.lists(st.integers(min_value=6, max_value=63), min_size=1, max_size=100))
def test_a_plan_stays_under_its_ceilings_at_any_time(limits: list[int]) -> None:
    ceilings = [a_ceiling(*((index * 300, float(limit)) for index, limit in enumerate(limits)))]
    plan = rules.plan(needs(), ceilings, NOON, 9)
    found = periods_of(plan)
    assert len(found) <= rules.PERIODS_MAX
    assert found[0][0] == 0
    assert plan is not None
    assert rules.is_within(plan["charging_schedule"][0], NOON, ceilings, 3)


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
    assert rules.is_within(a_schedule(*periods), NOON, [a_ceiling((0, 16.0))], 3) is is_within


def test_a_car_that_does_not_slow_down_when_the_limit_falls_is_not_within() -> None:
    assert not rules.is_within(a_schedule((0, 16.0)), NOON, [a_ceiling((0, 16.0), (600, 6.0))], 3)


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

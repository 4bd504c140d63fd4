"""The tricky cases of charging profiles (C01-C30), and a reference that looks at every second."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from voltway.charging.installation import Maxima, Refusal, Version, cleared, compressed, ended, installed, refusal
from voltway.charging.profiles import (
    Kind,
    Outlet,
    Period,
    PhaseConflict,
    Profile,
    Purpose,
    Recurrency,
    Running,
    Schedule,
    Step,
    Unit,
    Window,
    can_charge,
    composite,
    in_force,
    station_composite,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY, WEEK = 3600, 86_400, 604_800


def at(hour: int, minute: int = 0, *, day: int = 2) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def a_schedule(*periods: Any, unit: Unit = Unit.A, starts_at: datetime | None = NOON, **more: Any) -> Schedule:
    """Periods are (start, limit, ...)."""
    return Schedule(unit=unit, periods=tuple(Period(*period) for period in periods), starts_at=starts_at, **more)


def a_profile(*periods: Any, purpose: Purpose = Purpose.TX_DEFAULT, profile_id: int = 1, **more: Any) -> Profile:
    """Absolute from noon, in A, of all EVSEs; relative and dynamic ones without a start."""
    kind = more.get("kind", Kind.ABSOLUTE)
    shape = {name: more.pop(name) for name in ("unit", "duration_s", "starts_at", "rate_min") if name in more}
    if kind in (Kind.RELATIVE, Kind.DYNAMIC):
        shape.setdefault("starts_at", None)
    return Profile(profile_id=profile_id, purpose=purpose, schedules=(a_schedule(*periods, **shape),), **more)


def an_outlet(started_at: datetime | None = NOON, **more: Any) -> Outlet:
    running = None if started_at is None else Running(started_at=started_at, transaction_id="t1")
    return Outlet(**{"evse_number": 1, "running": running, **more})


def limits(
    profiles: Iterable[Profile],
    *,
    outlet: Outlet | None = None,
    begin: datetime = NOON,
    duration_s: int = HOUR,
    unit: Unit = Unit.A,
) -> list[tuple[int, float | None]]:
    """The composite as (start, limit)."""
    steps = composite(tuple(profiles), outlet or an_outlet(), Window(begin, duration_s), unit)
    return [(step.start_s, step.limit) for step in steps]


TX: dict[str, Any] = {"purpose": Purpose.TX, "evse_number": 1, "transaction_id": "t1"}
MAX: dict[str, Any] = {"purpose": Purpose.STATION_MAX, "profile_id": 9}


def test_c01_top_level_without_duration_never_falls_back() -> None:
    top = a_profile((0, 10), (60, 20), stack_level=2, profile_id=2)
    low = a_profile((0, 6))
    assert limits([low, top], duration_s=10 * DAY) == [(0, 10), (60, 20)]


def test_c02_duration_shorter_than_recurrence_falls_to_the_next_lower_level_else_to_none() -> None:
    top = a_profile((0, 10), kind=Kind.RECURRING, recurrency=Recurrency.DAILY, duration_s=HOUR, stack_level=1)
    low = a_profile((0, 6), profile_id=2)
    assert limits([top, low], duration_s=2 * DAY) == [(0, 10), (HOUR, 6), (DAY, 10), (DAY + HOUR, 6)]
    assert limits([top], duration_s=2 * DAY) == [(0, 10), (HOUR, None), (DAY, 10), (DAY + HOUR, None)]


def test_c03_periods_at_or_past_the_duration_are_not_executed_and_the_last_holds_to_it() -> None:
    profile = a_profile((0, 10), (100, 16), (200, 20), (300, 25), duration_s=200)
    assert limits([profile]) == [(0, 10), (100, 16), (200, None)]


def test_c04_a_replaced_profile_with_a_future_beginning_leaves_the_default_until_then() -> None:
    old = a_profile((0, 20), **TX)
    new = a_profile((0, 16), profile_id=2, valid_from=NOON + timedelta(seconds=600), **TX)
    default = a_profile((0, 8), profile_id=3)
    profiles = installed((default, old), new, Version.V16)
    assert limits(profiles) == [(0, 8), (600, 16)]
    in_the_past = replace(new, valid_from=NOON - timedelta(seconds=1))
    assert limits(installed((default, old), in_the_past, Version.V16)) == [(0, 16)]


def test_c05_a_gap_between_profiles_is_unlimited_and_a_default_at_level_0_closes_it() -> None:
    before = a_profile((0, 10), duration_s=60)
    after = a_profile((0, 12), profile_id=2, starts_at=NOON + timedelta(seconds=120))
    floor = a_profile((0, 6), profile_id=3)
    raised = [replace(profile, stack_level=1) for profile in (before, after)]
    assert limits([before, replace(after, stack_level=1)]) == [(0, 10), (60, None), (120, 12)]
    assert limits([floor, raised[0], replace(raised[1], stack_level=2)]) == [(0, 10), (60, 6), (120, 12)]


@pytest.mark.parametrize(
    ("plugged_at", "expected"),
    [
        (at(10), [(0, None), (2 * HOUR, 6), (10 * HOUR, None)]),
        (at(19, 50), [(0, 32), (600, None)]),
    ],
)
def test_c06_a_relative_default_counts_from_the_plug_also_outside_its_validity(
    plugged_at: datetime, expected: list[tuple[int, float | None]]
) -> None:
    profile = a_profile((0, 32), (HOUR, 6), kind=Kind.RELATIVE, valid_from=at(12), valid_to=at(20))
    assert limits([profile], outlet=an_outlet(plugged_at), begin=plugged_at, duration_s=12 * HOUR) == expected


DAILY: dict[str, Any] = {"kind": Kind.RECURRING, "recurrency": Recurrency.DAILY, "starts_at": at(12, day=1)}


def test_c07_a_daily_run_of_yesterday_still_holds_before_todays_begins() -> None:
    profile = a_profile((0, 32), (HOUR, 6), **DAILY)
    outlet = an_outlet(at(11, 50))
    assert limits([profile], outlet=outlet, begin=at(11, 50), duration_s=7200) == [(0, 6), (600, 32), (600 + HOUR, 6)]


def test_c08_a_daily_run_that_was_over_yesterday_leaves_the_default() -> None:
    profile = a_profile((0, 32), (HOUR, 6), duration_s=5 * HOUR, stack_level=1, **DAILY)
    default = a_profile((0, 13), profile_id=2)
    default = replace(default, schedules=(replace(default.schedules[0], starts_at=at(0, day=1)),))
    assert limits([profile, default], begin=at(11, 50), duration_s=1200) == [(0, 13), (600, 32)]


def test_c09_validity_may_begin_and_end_in_the_middle_of_a_run() -> None:
    profile = a_profile((0, 32), (HOUR, 6), valid_from=at(12, 30), valid_to=at(13, 10), **DAILY)
    expected = [(0, None), (1800, 32), (HOUR, 6), (4200, None)]
    assert limits([profile], duration_s=2 * DAY) == expected


def test_c10_validity_includes_its_beginning_and_not_its_end() -> None:
    profile = a_profile((0, 10), valid_from=NOON + timedelta(seconds=5), valid_to=NOON + timedelta(seconds=9))
    assert limits([profile]) == [(0, None), (5, 10), (9, None)]


@pytest.mark.parametrize(
    ("profile", "why"),
    [
        (a_profile((0, 10), kind=Kind.RELATIVE, **MAX), Refusal.KIND),
        (a_profile((0, 10), starts_at=None), Refusal.START),
        (a_profile((0, 10), kind=Kind.RECURRING, recurrency=Recurrency.DAILY, starts_at=None), Refusal.START),
        (a_profile((0, 10), kind=Kind.RELATIVE, starts_at=NOON), Refusal.START),
        (a_profile((0, 10), **MAX), None),
        (a_profile((0, 10), kind=Kind.RELATIVE), None),
    ],
)
def test_c11_kinds_go_with_purposes_and_starts(profile: Profile, why: Refusal | None) -> None:
    assert refusal(profile, (), (an_outlet(),)) is why


@pytest.mark.parametrize(
    ("starts", "why"),
    [((5, 10), Refusal.FIRST_PERIOD), ((0, 10, 10), Refusal.ORDER), ((0, 10, 5), Refusal.ORDER), ((0, 10), None)],
)
def test_c12_the_first_period_starts_at_0_and_they_increase(starts: tuple[int, ...], why: Refusal | None) -> None:
    assert refusal(a_profile(*((start, 10) for start in starts)), (), (an_outlet(),)) is why


def test_c13_a_profile_of_the_transaction_that_ends_early_leaves_the_lowest_of_default_and_max() -> None:
    own = a_profile((0, 25), duration_s=60, **TX)
    default, ceiling = a_profile((0, 16), profile_id=2), a_profile((0, 20), (120, 10), **MAX)
    assert limits([own, default, ceiling]) == [(0, 20), (60, 16), (120, 10)]


def test_c14_the_transactions_profile_goes_with_it_and_others_stay() -> None:
    own, default = a_profile((0, 25), **TX), a_profile((0, 16), profile_id=2)
    elsewhere = a_profile((0, 25), profile_id=3, purpose=Purpose.TX, evse_number=2, transaction_id="t2")
    assert ended((own, default, elsewhere), 1) == (default, elsewhere)
    # One that was kept by mistake says nothing of the next transaction.
    next_one = Outlet(evse_number=1, running=Running(started_at=NOON, transaction_id="t3"))
    assert limits([own, default], outlet=next_one) == [(0, 16)]


def test_c15_clearing_the_default_in_a_session_goes_on_as_if_there_had_been_none() -> None:
    default, ceiling = a_profile((0, 16)), a_profile((0, 20), **MAX)
    assert limits(cleared((default, ceiling), purpose=Purpose.TX_DEFAULT)) == [(0, 20)]
    assert limits(cleared((default,), profile_id=1)) == [(0, None)]


def test_c16_a_new_default_in_a_session_takes_over_at_once() -> None:
    old, new = a_profile((0, 16)), a_profile((0, 8))
    assert limits(installed((old,), new)) == [(0, 8)]


def test_c17_amperes_are_per_phase_and_watts_convert_by_nominal_voltage_and_phases() -> None:
    watts = a_profile((0, 11_040), unit=Unit.W)
    assert limits([watts]) == [(0, 16)]
    assert limits([a_profile((0, 11_000), unit=Unit.W)]) == [(0, 15.9)]  # never up
    # A car on one phase draws 16 A on it: 3.7 kW.
    assert limits([a_profile((0, 16, 1))], unit=Unit.W) == [(0, 3680)]
    assert limits([a_profile((0, 16))], unit=Unit.W) == [(0, 11_040)]
    assert limits([a_profile((0, 16))], outlet=an_outlet(phases=1), unit=Unit.W) == [(0, 3680)]
    assert limits([a_profile((0, 16))], outlet=an_outlet(phases=0), unit=Unit.W) == [(0, 6400)]


def test_c18_a_unit_that_the_station_does_not_take_is_rejected() -> None:
    only_amperes = Maxima(units=frozenset((Unit.A,)))
    assert refusal(a_profile((0, 9), unit=Unit.W), (), (an_outlet(),), maxima=only_amperes) is Refusal.UNIT
    assert refusal(a_profile((0, 9)), (), (an_outlet(),), maxima=only_amperes) is None


def test_c19_schedules_in_amperes_and_watts_merge_in_the_unit_asked_for() -> None:
    amperes, watts = a_profile((0, 16), (60, 8)), a_profile((0, 9_200), unit=Unit.W, **MAX)
    assert limits([amperes, watts], unit=Unit.W) == [(0, 9_200), (60, 5_520)]
    assert limits([amperes, watts], unit=Unit.A) == [(0, 13.3), (60, 8)]


def test_c20_the_lowest_number_of_phases_wins_and_phases_that_differ_are_rejected() -> None:
    one, three = a_profile((0, 16, 1, 2)), a_profile((0, 32, 3), **MAX)
    (step,) = composite((one, three), an_outlet(), Window(NOON, HOUR), Unit.W)
    assert step == Step(start_s=0, limit=3_680, number_phases=1, phase_to_use=2)
    with pytest.raises(PhaseConflict):
        composite((one, a_profile((0, 32, 1, 3), **MAX)), an_outlet(), Window(NOON, HOUR), Unit.W)
    switching = Maxima(can_switch_phases=True)
    assert refusal(one, (), (an_outlet(),), maxima=switching) is None
    assert refusal(one, (), (an_outlet(),)) is Refusal.PHASES
    assert refusal(a_profile((0, 16, 3, 2)), (), (an_outlet(),), maxima=switching) is Refusal.PHASES


def station(profiles: Iterable[Profile], *outlets: Outlet, unit: Unit = Unit.W) -> list[tuple[int, float | None]]:
    steps = station_composite(tuple(profiles), outlets, Window(NOON, HOUR), unit)
    return [(step.start_s, step.limit) for step in steps]


def test_c21_the_composite_of_evse_0_is_the_total_and_counts_an_idle_evse_on_the_default() -> None:
    busy, idle = an_outlet(), an_outlet(None, evse_number=2)
    own, default = a_profile((0, 16), **TX), a_profile((0, 10), (60, 6), profile_id=2, kind=Kind.RELATIVE)
    assert station([own, default], busy, idle) == [(0, 11_040 + 6_900), (60, 11_040 + 4_140)]
    assert limits([own, default], outlet=idle) == [(0, 10), (60, 6)]
    assert station([], an_outlet(power_w_max=22_080), an_outlet(evse_number=2, phases=0, power_w_max=50_000)) == [
        (0, 72_080)
    ]
    assert station([own], busy, idle) == [(0, None)]


def test_c22_the_stations_maximum_is_of_all_evses_together() -> None:
    ceiling, default = a_profile((0, 32), (600, 20), **MAX), a_profile((0, 16))
    two = an_outlet(), an_outlet(evse_number=2)
    assert station([ceiling, default], *two, unit=Unit.A) == [(0, 32), (600, 20)]
    assert limits([ceiling, default]) == [(0, 16)]


def test_c23_an_external_limit_holds_until_it_is_released_and_we_cannot_clear_it() -> None:
    own = a_profile((0, 25), **TX)
    external = a_profile((0, 10), purpose=Purpose.EXTERNAL, profile_id=5)
    assert limits([own, external]) == [(0, 10)]
    assert external in cleared((own, external))
    assert external in installed((external,), replace(own, profile_id=5))
    assert limits([own]) == [(0, 25)]


def test_c24_below_6_a_an_ac_station_pauses_and_resumes_with_hysteresis() -> None:
    def can(limit: float | None, *, unit: Unit = Unit.A, is_charging: bool = True, **more: Any) -> bool:
        step = Step(start_s=0, limit=limit, number_phases=more.pop("number_phases", 3), rate_min=more.pop("rate", None))
        return can_charge(step, an_outlet(**more), unit, is_charging=is_charging, margin_a=1.0)

    assert [can(limit) for limit in (None, 0.0, 5.9, 6.0)] == [True, False, False, True]
    assert [can(limit, is_charging=False) for limit in (6.0, 6.9, 7.0)] == [False, False, True]
    assert (can(4_139.0, unit=Unit.W), can(4_140.0, unit=Unit.W)) == (False, True)
    assert can(1_380.0, unit=Unit.W, number_phases=1)
    assert can(1.0, phases=0)  # DC goes down to nothing
    assert not can(8.0, rate=10.0)


def test_c25_what_was_installed_holds_after_a_reboot_too() -> None:
    profiles = (a_profile((0, 16)), a_profile((0, 10), (60, 25), kind=Kind.RELATIVE, profile_id=2, **TX))
    restored = msgspec.json.decode(msgspec.json.encode(profiles), type=tuple[Profile, ...])
    assert restored == profiles
    assert limits(restored, begin=NOON + timedelta(seconds=30)) == [(0, 10), (30, 25)]


def test_c26_an_absolute_profile_with_a_start_in_the_future_says_nothing_until_then() -> None:
    later = a_profile((0, 10), stack_level=1, starts_at=NOON + timedelta(seconds=900))
    assert limits([later, a_profile((0, 16), profile_id=2)]) == [(0, 16), (900, 10)]
    assert refusal(later, (), (an_outlet(),)) is None


def test_c27_a_plan_is_made_as_short_as_the_station_needs_and_never_higher() -> None:
    plan = tuple(Period(start, limit) for start, limit in ((0, 10), (60, 10), (120, 16), (180, 8), (240, 12)))
    assert compressed(plan, 4) == (Period(0, 10), Period(120, 16), Period(180, 8), Period(240, 12))
    assert compressed(plan, 2) == (Period(0, 10), Period(120, 8))
    assert compressed(plan, 1) == (Period(0, 8),)
    few = Maxima(periods=2, stack_level=1, entries=1)
    outlets = (an_outlet(),)
    assert refusal(a_profile(*((n, 10) for n in range(3))), (), outlets, maxima=few) is Refusal.PERIODS
    assert refusal(a_profile((0, 10), stack_level=2), (), outlets, maxima=few) is Refusal.STACK_LEVEL
    other = a_profile((0, 10), profile_id=7, stack_level=1)
    assert refusal(a_profile((0, 10)), (other,), outlets, maxima=few) is Refusal.ENTRIES
    assert refusal(a_profile((0, 10), profile_id=7), (other,), outlets, maxima=few) is None


def test_c28_a_weekly_run_keeps_its_hour_in_utc_when_summer_time_begins() -> None:
    # Summer time begins on 29 March 2026 in Europe.
    friday = datetime(2026, 3, 27, 18, tzinfo=UTC)
    profile = a_profile(
        (0, 6), kind=Kind.RECURRING, recurrency=Recurrency.WEEKLY, starts_at=friday, duration_s=HOUR, stack_level=1
    )
    expected = [(0, 6), (HOUR, None), (WEEK, 6), (WEEK + HOUR, None)]
    assert limits([profile], begin=friday, duration_s=WEEK + 2 * HOUR) == expected


def test_c29_without_duration_and_end_a_profile_holds_for_ever() -> None:
    profile = a_profile((0, 10))
    assert limits([profile], begin=NOON + timedelta(days=3650), duration_s=DAY) == [(0, 10)]


def test_c30_of_two_profiles_with_several_schedules_the_higher_level_and_the_chosen_schedule_hold() -> None:
    def several(profile_id: int, stack_level: int, *values: float, **more: Any) -> Profile:
        schedules = tuple(a_schedule((0, value), schedule_id=n, **more) for n, value in enumerate(values, 1))
        return Profile(profile_id=profile_id, stack_level=stack_level, schedules=schedules, **TX)

    low, high = several(1, 0, 8, 9), several(2, 3, 20, 22, duration_s=60)
    chosen = Outlet(evse_number=1, running=Running(started_at=NOON, transaction_id="t1", schedule_id=2))
    assert limits([low, high]) == [(0, 20), (60, 8)]
    assert limits([low, high], outlet=chosen) == [(0, 22), (60, 9)]
    four = several(3, 0, 1, 2, 3, 4)
    assert refusal(four, (), (chosen,)) is Refusal.SCHEDULES
    assert refusal(low, (), (chosen,), Version.V16) is Refusal.SCHEDULES


# ---- what the versions have more


def test_2_1_priority_charging_stands_in_for_the_cars_profile_and_not_for_the_connection() -> None:
    own, fast = a_profile((0, 8), **TX), a_profile((0, 30), purpose=Purpose.PRIORITY, profile_id=4, duration_s=60)
    ceiling = a_profile((0, 25), **MAX)
    running = Running(started_at=NOON, transaction_id="t1", has_priority=True)
    assert limits([own, fast, ceiling]) == [(0, 8)]
    assert limits([own, fast, ceiling], outlet=Outlet(evse_number=1, running=running)) == [(0, 25), (60, 8)]


def test_2_1_local_generation_comes_on_top_of_what_limits() -> None:
    sun = a_profile((0, 4), (60, 2), purpose=Purpose.LOCAL_GENERATION, profile_id=6, duration_s=120)
    assert limits([sun, a_profile((0, 10), **MAX)]) == [(0, 14), (60, 12), (120, 10)]
    assert limits([sun]) == [(0, None)]
    assert station([sun, a_profile((0, 10), **MAX)], an_outlet(), unit=Unit.A) == [(0, 14), (60, 12), (120, 10)]


def test_2_1_a_dynamic_limit_that_is_not_renewed_is_over_after_its_duration() -> None:
    dynamic = a_profile((0, 20), kind=Kind.DYNAMIC, duration_s=60, stack_level=1, updated_at=NOON)
    default = a_profile((0, 6), profile_id=2)
    assert limits([dynamic, default]) == [(0, 20), (60, 6)]
    renewed = replace(dynamic, updated_at=NOON + timedelta(seconds=45))
    assert limits([renewed, default], begin=NOON + timedelta(seconds=45)) == [(0, 20), (60, 6)]
    outlets = (an_outlet(),)
    assert refusal(dynamic, (), outlets, Version.V21) is None
    assert refusal(dynamic, (), outlets, Version.V201) is Refusal.KIND


def test_the_default_of_an_evse_takes_the_place_of_that_of_all_in_1_6_and_is_rejected_in_2_0_1() -> None:
    of_all = a_profile((0, 16))
    own = a_profile((0, 10), profile_id=2, evse_number=1, duration_s=60)
    outlets = (an_outlet(), an_outlet(evse_number=2))
    profiles = installed((of_all,), own, Version.V16)
    assert limits(profiles) == [(0, 10), (60, None)]
    assert limits(profiles, outlet=outlets[1]) == [(0, 16)]
    assert refusal(own, (of_all,), outlets, Version.V16) is None
    assert refusal(own, (of_all,), outlets) is Refusal.DUPLICATE
    assert refusal(replace(own, stack_level=1), (of_all,), outlets) is None


def test_1_6_replaces_a_profile_of_the_same_place_and_2_0_1_rejects_one_that_overlaps() -> None:
    old, new = a_profile((0, 16)), a_profile((0, 10), profile_id=2)
    assert installed((old,), new, Version.V16) == (new,)
    assert refusal(new, (old,), (an_outlet(),)) is Refusal.DUPLICATE
    apart = replace(old, valid_to=NOON), replace(new, valid_from=NOON)
    assert refusal(apart[1], (apart[0],), (an_outlet(),)) is None


@pytest.mark.parametrize(
    ("change", "version", "why"),
    [
        ({"purpose": Purpose.EXTERNAL}, Version.V16, Refusal.PURPOSE),
        ({"purpose": Purpose.LOCAL_GENERATION}, Version.V201, Refusal.PURPOSE),
        ({"evse_number": 0}, Version.V201, Refusal.EVSE),
        ({"evse_number": 3}, Version.V201, Refusal.EVSE),
        ({"transaction_id": None}, Version.V201, Refusal.TRANSACTION),
        ({"transaction_id": None}, Version.V16, None),
        ({"transaction_id": "t9"}, Version.V201, Refusal.TRANSACTION),
        ({}, Version.V201, None),
    ],
)
def test_a_profile_of_a_transaction_names_it_and_its_evse(
    change: dict[str, Any], version: Version, why: Refusal | None
) -> None:
    profile = replace(a_profile((0, 10), **TX), **change)
    assert refusal(profile, (), (an_outlet(),), version) is why
    if why is None:
        assert refusal(profile, (), (an_outlet(None),), version) is Refusal.TRANSACTION


# ---- the reference: what the standard says, second by second


def reference(profiles: list[Profile], outlet: Outlet, unit: Unit, second: int, begin: datetime) -> float | None:
    """The limit at a second, from the words of the standard alone: nothing of the function under test is used."""
    now = begin + timedelta(seconds=second)
    running = outlet.running
    per_purpose: dict[str, tuple[int, int, float, str, int]] = {}
    for profile in sorted(profiles, key=lambda one: one.stack_level):
        if profile.evse_number not in (0, outlet.evse_number):
            continue
        if profile.purpose == "TxProfile" and (
            running is None or profile.transaction_id not in (None, running.transaction_id)
        ):
            continue
        if profile.purpose == "PriorityCharging" and not (running and running.has_priority):
            continue
        replaced = profile.evse_number == 0 and any(
            (one.purpose, one.stack_level, one.evse_number)
            == (profile.purpose, profile.stack_level, outlet.evse_number)
            for one in profiles
        )
        if replaced or (profile.valid_from and now < profile.valid_from):
            continue
        if profile.valid_to and now >= profile.valid_to:
            continue
        schedule = profile.schedules[0]
        plug = running.started_at if running else begin
        runs: list[Any] = [
            {"Relative": plug, "Dynamic": profile.updated_at}.get(profile.kind.value, schedule.starts_at)
        ]
        if profile.kind == "Recurring":
            every = timedelta(days=1 if profile.recurrency == "Daily" else 7)
            while runs[-1] + every <= now:
                runs.append(runs[-1] + every)
        passed = (now - runs[-1]).total_seconds()
        if passed < 0 or (schedule.duration_s is not None and passed >= schedule.duration_s):
            continue
        current = [period for period in schedule.periods if period.start_s <= passed][-1]
        per_purpose[profile.purpose.value] = (
            profile.stack_level,
            profile.profile_id,
            current.limit,
            schedule.unit.value,
            current.number_phases or 3,
        )
    car = per_purpose.get("PriorityCharging") or per_purpose.get("TxProfile") or per_purpose.get("TxDefaultProfile")
    names = ("ChargingStationMaxProfile", "ChargingStationExternalConstraints")
    holding = [per_purpose[name] for name in names if name in per_purpose] + ([car] if car else [])
    if not holding:
        return None
    phases = min([outlet.phases, *(one[4] for one in holding)])

    def value(one: tuple[int, int, float, str, int]) -> float:
        factor = 230 * phases
        if one[3] == unit.value:
            return one[2]
        return one[2] * factor if one[3] == "A" else one[2] / factor

    total = min(value(one) for one in holding)
    if "LocalGeneration" in per_purpose:
        total += value(per_purpose["LocalGeneration"])
    return total


WINDOW_S = 40
instants = st.integers(-30, 50).map(lambda second: NOON + timedelta(seconds=second))
some_days_ago = st.builds(
    lambda second, days: NOON + timedelta(seconds=second) - timedelta(days=days),
    st.integers(-30, 50),
    st.integers(0, 9),
)


@st.composite
def profiles_of_any_sort(draw: st.DrawFn) -> list[Profile]:
    """Up to five profiles, one per place, in every purpose and kind, whose edges lie in or near the window."""
    profiles: list[Profile] = []
    places = st.tuples(st.sampled_from(Purpose), st.integers(0, 2), st.integers(0, 1))
    for number, (purpose, level, evse) in enumerate(draw(st.lists(places, max_size=5, unique=True)), 1):
        kinds = [Kind.ABSOLUTE, Kind.RECURRING, Kind.DYNAMIC]
        if purpose not in (Purpose.STATION_MAX, Purpose.EXTERNAL):
            kinds.append(Kind.RELATIVE)
        kind = draw(st.sampled_from(kinds))
        starts = sorted({0, *draw(st.lists(st.integers(1, 60), max_size=3))})
        periods = [(s, draw(st.integers(0, 64)), draw(st.sampled_from((None, 1, 2, 3)))) for s in starts]
        profiles.append(
            a_profile(
                *periods,
                purpose=purpose,
                profile_id=number,
                stack_level=level,
                evse_number=1 if purpose is Purpose.TX else evse,
                kind=kind,
                recurrency=draw(st.sampled_from(Recurrency)) if kind is Kind.RECURRING else None,
                unit=draw(st.sampled_from(Unit)),
                starts_at=draw(some_days_ago) if kind in (Kind.ABSOLUTE, Kind.RECURRING) else None,
                duration_s=draw(st.none() | st.integers(1, 70)),
                updated_at=draw(instants) if kind is Kind.DYNAMIC else None,
                valid_from=draw(st.none() | instants),
                valid_to=draw(st.none() | instants),
                transaction_id=draw(st.sampled_from((None, "t1", "t2"))) if purpose is Purpose.TX else None,
            )
        )
    return [one for number, one in enumerate(profiles) if all(_place(one) != _place(two) for two in profiles[:number])]


def _place(profile: Profile) -> tuple[Purpose, int, int]:
    return profile.purpose, profile.stack_level, profile.evse_number


@given(profiles_of_any_sort(), st.none() | instants, st.booleans(), st.integers(1, 3), st.sampled_from(Unit))
@settings(max_examples=300, deadline=None)
def test_every_second_of_a_composite_is_what_the_standard_says_of_it(
    profiles: list[Profile], started_at: datetime | None, has_priority: bool, phases: int, unit: Unit
) -> None:
    running = None
    if started_at is not None:
        running = Running(started_at=started_at, transaction_id="t1", has_priority=has_priority)
    outlet = Outlet(evse_number=1, phases=phases, running=running)
    steps = composite(profiles, outlet, Window(NOON, WINDOW_S), unit)
    assert steps[0].start_s == 0
    assert all(before.start_s < after.start_s < WINDOW_S for before, after in pairwise(steps))
    assert all(replace(before, start_s=after.start_s) != after for before, after in pairwise(steps))
    for second in range(WINDOW_S):
        expected = reference(profiles, outlet, unit, second, NOON)
        found = in_force(steps, second).limit
        if expected is None:
            assert found is None
        else:
            # One decimal, never above.
            assert found is not None
            assert -1e-6 <= expected - found < 0.1 + 1e-6

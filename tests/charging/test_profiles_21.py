"""What OCPP 2.1 adds to charging profiles: local time, random delays, both directions (K01.FR.90-.126, Q)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltway.charging.both_ways import Also
from voltway.charging.documents import instant
from voltway.charging.installation import Refusal, Version, refusal
from voltway.charging.profiles import (
    Kind,
    Outlet,
    Period,
    Profile,
    Purpose,
    Recurrency,
    Running,
    Schedule,
    Step,
    Unit,
    Window,
    composite,
    in_force,
    merged,
    prevailing,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600


def a_profile(*periods: Period, purpose: Purpose = Purpose.TX_DEFAULT, **more: Any) -> Profile:
    """Absolute from noon, in A."""
    shape: dict[str, Any] = {"unit": Unit.A, "starts_at": NOON}
    shape |= {name: more.pop(name) for name in list(more) if name in Schedule.__struct_fields__}
    return Profile(
        profile_id=more.pop("profile_id", 1), purpose=purpose, schedules=(Schedule(periods=periods, **shape),), **more
    )


def an_outlet(**running: Any) -> Outlet:
    place = {name: running.pop(name) for name in ("zone", "phases") if name in running}
    return Outlet(evse_number=1, running=Running(**{"started_at": NOON, **running}), **place)


def steps(profiles: list[Profile], outlet: Outlet, begin: datetime = NOON, duration_s: int = HOUR) -> list[Step]:
    return list(composite(profiles, outlet, Window(begin, duration_s), Unit.A))


def limits(profiles: list[Profile], outlet: Outlet, begin: datetime, duration_s: int) -> list[tuple[int, float | None]]:
    return [(step.start_s, step.limit) for step in steps(profiles, outlet, begin, duration_s)]


# ---- local time


def daily_at_8(**more: Any) -> Profile:
    """16 A from 8 to 10 by the clock on the wall, else 6 A. The offset of its start is not looked at (K01.FR.90)."""
    return a_profile(
        Period(0, 16),
        Period(2 * HOUR, 6),
        kind=Kind.RECURRING,
        recurrency=Recurrency.DAILY,
        starts_at=datetime(2026, 1, 1, 8, tzinfo=UTC),
        is_local=True,
        **more,
    )


@pytest.mark.parametrize(("day", "hour_utc"), [(datetime(2026, 2, 1), 7), (datetime(2026, 7, 1), 6)])
def test_k01_fr_90_a_local_start_is_that_of_the_clock_at_the_station(day: datetime, hour_utc: int) -> None:
    begin = day.replace(tzinfo=UTC)
    found = limits([daily_at_8()], an_outlet(zone=BERLIN, started_at=begin), begin, 24 * HOUR)
    assert found == [(0, 6), (hour_utc * HOUR, 16), ((hour_utc + 2) * HOUR, 6)]


def test_k01_fr_91_an_hour_that_is_skipped_shortens_a_period_and_one_that_is_repeated_lengthens_it() -> None:
    by_night = a_profile(
        Period(0, 10),
        Period(HOUR, 20),  # from 2 to 3 o'clock
        Period(2 * HOUR, 30),
        kind=Kind.RECURRING,
        recurrency=Recurrency.DAILY,
        starts_at=datetime(2026, 1, 1, 1, tzinfo=UTC),
        is_local=True,
    )
    spring, autumn = datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)
    outlet = an_outlet(zone=BERLIN, started_at=datetime(2026, 1, 1, tzinfo=UTC))
    # Spring: midnight UTC is 1 o'clock; at 1 UTC it is 3 o'clock at once. Autumn: 2 to 3 o'clock comes twice.
    assert limits([by_night], outlet, spring, 4 * HOUR) == [(0, 10), (HOUR, 30)]
    assert limits([by_night], outlet, autumn - timedelta(hours=1), 4 * HOUR) == [(0, 10), (HOUR, 20), (3 * HOUR, 30)]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 47), st.integers(1, 23), st.integers(0, 3))
def test_local_time_is_the_same_looked_at_each_quarter_of_an_hour(hour: int, length: int, days_before: int) -> None:
    profile = a_profile(
        Period(0, 16),
        Period(length * HOUR // 2, 6),
        kind=Kind.RECURRING,
        recurrency=Recurrency.DAILY,
        starts_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * hour),
        is_local=True,
    )
    begin = datetime(2026, 10, 25, tzinfo=UTC) - timedelta(days=days_before)
    outlet = an_outlet(zone=BERLIN, started_at=begin)
    told = composite([profile], outlet, Window(begin, 72 * HOUR), Unit.A)
    for passed_s in range(0, 72 * HOUR, 900):
        said = prevailing([profile], outlet, begin + timedelta(seconds=passed_s), begin)
        assert in_force(told, passed_s).limit == merged(said, outlet, Unit.A).limit


# ---- random delays

THREE = (Period(0, 32), Period(600, 16), Period(1200, 6))


def test_k01_fr_92_periods_but_the_first_begin_up_to_so_much_later_and_the_same_each_time() -> None:
    profile = a_profile(*THREE, delay_s_max=120)
    starts = set()
    for seed in range(200):
        found = steps([profile], an_outlet(seed=seed))
        assert found == steps([profile], an_outlet(seed=seed))
        assert (found[0].start_s, [step.limit for step in found]) == (0, [32, 16, 6])
        assert 600 <= found[1].start_s <= 720
        assert 1200 <= found[2].start_s <= 1320
        starts.add(found[1].start_s)
    assert len(starts) > 60  # drawn, and evenly


def test_a_delay_that_only_the_station_knows_is_a_window_that_is_stated() -> None:
    found = steps([a_profile(*THREE, delay_s_max=120)], an_outlet())
    assert [(step.start_s, step.limit, step.delay_s) for step in found] == [(0, 32, 0), (600, 16, 120), (1200, 6, 120)]


def test_k01_fr_94_a_delay_moves_neither_the_beginning_nor_the_end() -> None:
    profile = a_profile(Period(0, 32), Period(50, 16), delay_s_max=600, duration_s=100)
    for seed in range(50):
        found = steps([profile], an_outlet(seed=seed))
        assert found[0].limit == 32
        assert (found[-1].start_s, found[-1].limit) == (100, None)


def test_k01_fr_95_only_what_limits_cars_is_delayed_at_random() -> None:
    outlets = [an_outlet(transaction_id="t")]
    maximum = a_profile(Period(0, 32), purpose=Purpose.STATION_MAX, delay_s_max=10)
    assert refusal(maximum, [], outlets, Version.V21) is Refusal.DELAY
    assert refusal(a_profile(Period(0, 32), delay_s_max=10), [], outlets, Version.V21) is None


def test_k01_fr_70_priority_has_no_duration() -> None:
    priority = a_profile(Period(0, 32), purpose=Purpose.PRIORITY, duration_s=10)
    assert refusal(priority, [], [an_outlet()], Version.V21) is Refusal.DURATION


# ---- both directions


def one(*profiles: Profile, unit: Unit = Unit.A, **running: Any) -> Step:
    (step,) = composite(profiles, an_outlet(transaction_id="t", **running), Window(NOON, 60), unit)
    return step


def of_the_car(limit: float | None, **also: Any) -> Profile:
    return a_profile(Period(0, limit, also=Also(**also)), purpose=Purpose.TX, evse_number=1, profile_id=2)


def of_the_station(limit: float | None, **also: Any) -> Profile:
    return a_profile(Period(0, limit, also=Also(**also)), purpose=Purpose.STATION_MAX, profile_id=3)


def test_the_lowest_limit_holds_in_each_direction() -> None:
    step = one(of_the_car(32, discharge_limit=-20), of_the_station(16, discharge_limit=-10))
    assert (step.limit, step.also) == (16, Also(discharge_limit=-10))


def test_a_setpoint_is_brought_within_what_all_others_allow() -> None:
    step = one(of_the_car(32, setpoint=25, operation_mode="CentralSetpoint"), of_the_station(16))
    assert (step.limit, step.also) == (16, Also(setpoint=16, operation_mode="CentralSetpoint"))
    step = one(
        of_the_car(None, setpoint=-25, operation_mode="CentralSetpoint"), of_the_station(16, discharge_limit=-10)
    )
    assert (step.limit, step.also) == (16, Also(setpoint=-10, discharge_limit=-10, operation_mode="CentralSetpoint"))


def test_phases_are_looked_at_one_by_one() -> None:
    step = one(of_the_car(32, limit_l2=20, setpoint_l2=30, setpoint_l3=-5), of_the_station(16, limit_l2=24))
    assert step.also == Also(limit_l2=20, setpoint_l2=20, setpoint_l3=-5)


def test_the_mode_and_the_sleep_of_the_car_hold_and_nobody_elses() -> None:
    step = one(
        of_the_car(0, operation_mode="Idle", evse_sleep=True), of_the_station(16, operation_mode="LocalFrequency")
    )
    assert step.also == Also(operation_mode="Idle", evse_sleep=True)
    assert one(of_the_station(16, operation_mode="LocalFrequency")).also is None


def test_amperes_and_watts_are_merged_in_both_directions() -> None:
    in_watts = a_profile(
        Period(0, None, number_phases=3, also=Also(setpoint=-6900.0, setpoint_reactive=690.0)),
        purpose=Purpose.TX,
        evse_number=1,
        unit=Unit.W,
    )
    step = one(in_watts, of_the_station(32, discharge_limit=-5))
    assert step.also == Also(setpoint=-5, setpoint_reactive=1, discharge_limit=-5)
    assert one(in_watts, unit=Unit.W).also == Also(setpoint=-6900, setpoint_reactive=690)


def test_what_is_generated_lifts_the_limit_and_the_room_of_the_setpoint() -> None:
    generated = a_profile(Period(0, 10), purpose=Purpose.LOCAL_GENERATION, profile_id=4)
    step = one(of_the_car(32, setpoint=25), of_the_station(16), generated)
    assert (step.limit, step.also) == (26, Also(setpoint=25))


def test_only_2_1_can_leave_the_limit_out() -> None:
    profile = a_profile(Period(0, None, also=Also(setpoint=5)))
    assert refusal(profile, [], [an_outlet()], Version.V201) is Refusal.LIMIT
    assert refusal(profile, [], [an_outlet()], Version.V21) is None


def test_k01_fr_100_a_battery_that_is_nearly_full_gets_less() -> None:
    profile = a_profile(Period(0, 32, also=Also(setpoint=30)), soc_percent=80, limit_at_soc=10)
    assert (one(profile, soc_percent=79).limit, one(profile).limit) == (32, 32)
    capped = one(profile, soc_percent=80)
    assert (capped.limit, capped.also) == (10, Also(setpoint=10))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2016-12-31T23:59:60.500+00:00", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2016-12-31T23:59:59", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_time_of_a_document_may_be_a_leap_second(text: str, at: datetime) -> None:
    assert instant(text) == at

"""The register and the samples: what was measured is never less than what was said, and each value has its reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltway.station.hardware.ports import MeterReading, Phase
from voltway.station.metering import (
    UNITS,
    Context,
    EnergyRegister,
    Measurand,
    MeteringPlan,
    SamplingClock,
    aligned_after,
    sample,
)
from voltway.station.register_file import SLOT, RegisterBroken, RegisterFile
from voltway.wire.ocpp import v16, v201

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
READING = MeterReading(1234, (Phase(230.0, 10.0, 2300.0), Phase(231.0, 9.0, 2079.0), Phase(229.0, 0.0, 0.0)), 50.0)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


# --- The file.


def test_a_register_is_what_it_was_after_a_reboot(tmp_path: Path) -> None:
    for value in (0, 5, 5, 1000):
        file = RegisterFile(tmp_path / "register")
        file.write(value, beside=value * 2)
        file.close()
        again = RegisterFile(tmp_path / "register")
        assert (again.value, again.beside) == (value, value * 2)
        again.close()


@pytest.mark.parametrize("writes", [1, 2, 3, 4])
def test_a_power_cut_at_any_octet_of_a_write_leaves_the_value_before_or_after_it(tmp_path: Path, writes: int) -> None:
    """Exhaustive: every length to which the last write can have reached the disk."""
    path = tmp_path / "register"
    file = RegisterFile(path)
    for value in range(1, writes):
        file.write(value * 111)
    before = path.read_bytes()
    file.write(writes * 111)
    file.close()
    after = path.read_bytes()
    begin = (writes - 1) % 2 * SLOT
    seen = set()
    for cut in range(SLOT + 1):
        torn = after[: begin + cut] + before[begin + cut :]
        path.write_bytes(torn)
        again = RegisterFile(path)
        seen.add(again.value)
        assert again.value in {(writes - 1) * 111, writes * 111}, cut
        again.write(writes * 111)
        again.close()
        assert RegisterFile(path).value == writes * 111
    assert len(seen) == 2


def test_a_register_needs_nothing_more_from_the_disk_once_it_is_there(tmp_path: Path) -> None:
    path = tmp_path / "register"
    file = RegisterFile(path)
    blocks = path.read_bytes()
    for value in (1, 2**50, 2**60):
        file.write(value, beside=2**40)
        assert path.stat().st_size == len(blocks) == 2 * SLOT
    file.close()


def test_a_file_that_says_nothing_any_more_is_not_taken_for_zero(tmp_path: Path) -> None:
    path = tmp_path / "register"
    path.write_bytes(b"\xff" * 2 * SLOT)
    with pytest.raises(RegisterBroken):
        RegisterFile(path)


def test_a_register_refuses_to_fall(tmp_path: Path) -> None:
    file = RegisterFile(tmp_path / "register")
    file.write(10)
    with pytest.raises(ValueError, match="does not fall"):
        file.write(9)
    file.close()


# --- The register.


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers(0, 2**40), st.just("reboot")), min_size=1))
def test_the_register_never_falls_whatever_the_meter_says(tmp_path_factory, story: list[int | str]) -> None:
    path = tmp_path_factory.mktemp("meter") / "register"
    file, last_wh = RegisterFile(path), 0
    for step in story:
        if isinstance(step, str):
            file.close()
            file = RegisterFile(path)
            assert file.value == last_wh
            continue
        shown_wh = EnergyRegister(file).follow(step)
        assert shown_wh >= last_wh
        last_wh = shown_wh
    file.close()


def test_what_the_meter_counts_while_the_station_is_off_is_counted_once(tmp_path: Path) -> None:
    path = tmp_path / "register"
    first = RegisterFile(path)
    assert EnergyRegister(first).follow(5000) == 5000
    first.close()
    second = RegisterFile(path)
    register = EnergyRegister(second)
    assert register.follow(5700) == 5700
    assert register.follow(5700) == 5700
    second.close()


def test_an_exchanged_meter_goes_on_from_where_the_old_one_stood(tmp_path: Path) -> None:
    file = RegisterFile(tmp_path / "register")
    register = EnergyRegister(file)
    register.follow(50_000)
    assert register.follow(20) == 50_000
    assert register.follow(120) == 50_100
    assert register.resets == 1
    assert register.follow(9_000_000) == 50_100, "more than can be is another meter too"
    assert register.resets == 2
    file.close()


# --- Samples.


def test_a_transaction_has_its_values_in_their_contexts() -> None:
    plan = MeteringPlan(
        sampled=(Measurand.ENERGY, Measurand.POWER, Measurand.CURRENT),
        aligned=(Measurand.VOLTAGE, Measurand.FREQUENCY),
        begin_and_end=(Measurand.ENERGY,),
    )
    begin = sample(plan, Context.BEGIN, NOON, READING, 777)
    assert [(one.measurand, one.value, one.unit) for one in begin.values] == [(Measurand.ENERGY, 777, "Wh")]
    periodic = sample(plan, Context.PERIODIC, NOON, READING, 777)
    assert [(one.measurand.value.split(".")[0], one.phase, one.value) for one in periodic.values] == [
        ("Energy", None, 777),
        ("Power", None, 4379.0),
        ("Power", "L1", 2300.0),
        ("Power", "L2", 2079.0),
        ("Power", "L3", 0.0),
        ("Current", "L1", 10.0),
        ("Current", "L2", 9.0),
        ("Current", "L3", 0.0),
    ]
    aligned = sample(plan, Context.CLOCK, NOON, READING, 777)
    assert [one.phase for one in aligned.values] == ["L1-N", "L2-N", "L3-N", None]


def test_the_words_are_those_of_both_protocols() -> None:
    for enum in (v16.ReadingContext, v201.ReadingContextEnum):
        assert {context.value for context in Context} <= {one.value for one in enum}
    for enum in (v16.Measurand, v201.MeasurandEnum):
        assert {measurand.value for measurand in Measurand} <= {one.value for one in enum}
    assert set(UNITS) == set(Measurand)


def test_periodic_samples_come_between_begin_and_end_and_never_after() -> None:
    clock = SamplingClock(MeteringPlan(sample_every_s=60))
    assert clock.due(NOON) == []
    assert clock.begin(NOON) is Context.BEGIN
    times = [second for second in range(200) if Context.PERIODIC in clock.due(NOON + seconds(second))]
    assert times == [60, 120, 180]
    assert clock.end() is Context.END
    assert clock.due(NOON + seconds(10_000)) == []


def test_time_that_was_slept_through_gives_one_sample_not_a_flood() -> None:
    clock = SamplingClock(MeteringPlan(sample_every_s=60, aligned_every_s=900))
    clock.begin(NOON)
    clock.due(NOON)
    assert clock.due(NOON + seconds(7200)) == [Context.PERIODIC, Context.CLOCK]
    assert clock.due(NOON + seconds(7201)) == []


def test_a_clock_that_is_set_back_does_not_stop_the_samples() -> None:
    clock = SamplingClock(MeteringPlan(sample_every_s=60, aligned_every_s=900))
    clock.begin(NOON)
    clock.due(NOON)
    earlier = NOON - seconds(86_400 * 30)
    assert clock.due(earlier) == []
    assert clock.due(earlier + seconds(60)) == [Context.PERIODIC]
    assert Context.CLOCK in clock.due(earlier + seconds(900))


def test_aligned_values_come_at_whole_intervals_from_midnight_with_or_without_a_transaction() -> None:
    clock = SamplingClock(MeteringPlan(aligned_every_s=900))
    begin = NOON + seconds(17)
    times = [second for second in range(2000) if clock.due(begin + seconds(second))]
    assert [begin + seconds(second) for second in times] == [NOON + seconds(900), NOON + seconds(1800)]


@given(st.integers(0, 86_399), st.integers(1, 86_400))
def test_the_next_aligned_instant_is_near_and_whole(second: int, every_s: int) -> None:
    midnight = NOON.replace(hour=0)
    now = midnight + seconds(second)
    following = aligned_after(now, every_s)
    assert now < following <= now + seconds(every_s)
    passed_s = (following - midnight).total_seconds()
    assert passed_s % every_s == 0 or passed_s == 86_400


def test_an_interval_of_0_is_off() -> None:
    clock = SamplingClock(MeteringPlan(sample_every_s=0, aligned_every_s=0))
    clock.begin(NOON)
    assert clock.due(NOON + seconds(100_000)) == []
    assert clock.next_at(NOON) is None

"""The control pilot's numbers, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.station.pilot import Pilot, cable_current, current_of, duty_for, has_diode, state_of


@pytest.mark.parametrize(
    ("duty_percent", "current_a"),
    [
        (2.9, None),
        (5, 0.0),
        (7.5, None),
        (8, 6.0),
        (10, 6.0),
        (16, 9.6),
        (53.33, 31.998),
        (85, 51.0),
        (86, 55.0),
        (96, 80.0),
        (96.5, 80.0),
        (97.1, None),
        (100, None),
    ],
)
def test_a_duty_says_the_current_of_the_standard(duty_percent: float, current_a: float | None) -> None:
    assert current_of(duty_percent) == (None if current_a is None else pytest.approx(current_a))


@pytest.mark.parametrize(
    ("current_a", "duty_percent"),
    [(6, 10), (10, 16.66), (12, 20), (16, 26.66), (32, 53.33), (51, 85), (63, 89.2), (80, 96)],
)
def test_a_current_becomes_the_duty_of_the_standard(current_a: float, duty_percent: float) -> None:
    assert duty_for(current_a) == duty_percent


@given(st.floats(6, 80))
def test_a_duty_never_offers_more_than_was_meant_and_hardly_less(current_a: float) -> None:
    offered_a = current_of(duty_for(current_a))
    assert offered_a is not None
    gap_a = 1.5 if 51 < current_a < 52.6 else 0.03
    assert current_a - gap_a <= offered_a <= current_a + 1e-6


@given(st.floats(max_value=5.999) | st.just(float("nan")))
def test_less_than_6_a_has_no_duty(current_a: float) -> None:
    with pytest.raises(ValueError, match="pauses"):
        duty_for(current_a)


@pytest.mark.parametrize(
    ("high_v", "state"),
    [
        (12, "A"),
        (11, "A"),
        (9.9, "B"),
        (8, "B"),
        (6, "C"),
        (3.4, "D"),
        (0, "E"),
        (-12, "F"),
        (7.5, None),
        (-5, None),
        (14, None),
    ],
)
def test_a_level_is_a_state_only_inside_its_window(high_v: float, state: str | None) -> None:
    assert state_of(high_v) == (None if state is None else Pilot(state))


def test_the_windows_do_not_overlap() -> None:
    assert [state_of(volts / 10) for volts in range(-130, 140)].count(None) > 100
    centres = [12, 9, 6, 3, 0, -12]
    assert [state_of(volts) for volts in centres] == list(Pilot)


def test_a_resistor_without_a_diode_is_seen_by_its_mirror() -> None:
    assert has_diode(6.0, -12.0)
    assert not has_diode(6.0, -6.0)


@pytest.mark.parametrize(
    ("ohm", "current_a"),
    [(50, 0), (100, 63), (149, 63), (150, 32), (220, 32), (680, 20), (1500, 13), (2200, 0), (9e9, 0)],
)
def test_the_cable_says_what_it_carries(ohm: float, current_a: float) -> None:
    assert cable_current(ohm) == current_a

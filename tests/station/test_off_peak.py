"""Off-peak by default, and the random delay."""

from __future__ import annotations

import random
from datetime import datetime

import pytest

from voltway.station.off_peak import LoadShaper, is_peak

TUESDAY = datetime(2026, 3, 3)
SATURDAY = datetime(2026, 3, 7)


@pytest.mark.parametrize(
    ("hour", "peak"), [(7, False), (8, True), (10, True), (11, False), (15, False), (16, True), (22, False)]
)
def test_peak_hours_are_those_of_the_regulations(hour: int, peak: bool) -> None:
    assert is_peak(TUESDAY.replace(hour=hour)) is peak
    assert not is_peak(SATURDAY.replace(hour=hour))


def test_each_beginning_and_end_comes_after_a_delay_of_its_own() -> None:
    shaper, delays = LoadShaper(rng=random.Random(1)), []
    now_s = 0.0
    for hour in (12, 17) * 20:
        shown, before = TUESDAY.replace(hour=hour), now_s
        wanted = 16.0 if hour == 12 else 0.0
        while shaper.shape(16.0, shown, now_s) != wanted:
            now_s += 1
        delays.append(now_s - before)
    assert max(delays) <= 600
    assert len(set(delays)) > 30
    assert max(delays) - min(delays) > 300


def test_what_the_backend_forbids_ends_at_once_and_a_lower_limit_is_taken_at_once() -> None:
    shaper = LoadShaper(delay_s_max=0)
    noon = TUESDAY.replace(hour=12)
    assert shaper.shape(16.0, noon, 0.0) == 16.0
    shaper.delay_s_max = 600
    assert shaper.shape(10.0, noon, 1.0) == 10.0
    assert shaper.shape(0.0, noon, 2.0) == 0.0
    assert shaper.shape(16.0, noon, 3.0) == 0.0, "a new beginning waits again"


def test_the_user_may_charge_now_until_the_vehicle_is_gone() -> None:
    shaper = LoadShaper()
    peak = TUESDAY.replace(hour=17)
    assert shaper.shape(16.0, peak, 0.0) == 0.0
    shaper.is_overridden = True
    assert shaper.shape(16.0, peak, 1.0) == 16.0
    shaper.unplugged()
    assert shaper.shape(16.0, peak, 2.0) == 0.0

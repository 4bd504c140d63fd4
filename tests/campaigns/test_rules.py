"""How a campaign goes on: waves, windows, failures."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON
from voltway.modules.campaigns import rules
from voltway.modules.campaigns.rules import DONE, FAILED, ORDERED, PAUSED, SKIPPED, WAITING, Bounds, Member

HOUR = timedelta(hours=1)
BOUNDS = Bounds(failures_max=1, parallel_max=2, soak=HOUR)
DAY = time(12)


def members(*waves: str) -> list[Member]:
    """`w` waiting, `o` ordered, `d` done, `f` failed, `s` skipped; one text for each wave. What has ended did so at noon."""
    states = {"w": WAITING, "o": ORDERED, "d": DONE, "f": FAILED, "s": SKIPPED}
    return [
        Member(f"{wave}{index}", wave, states[letter], ended_at=None if letter in "wo" else NOON)
        for wave, letters in enumerate(waves, start=1)
        for index, letter in enumerate(letters)
    ]


@given(st.integers(0, 50), st.lists(st.integers(1, 10), max_size=5))
def test_every_station_is_in_a_wave_and_waves_are_as_large_as_they_say(count: int, waves: list[int]) -> None:
    numbers = rules.split(count, waves)
    assert len(numbers) == count
    assert numbers == sorted(numbers)
    for number, size in enumerate(waves, start=1):
        assert numbers.count(number) <= size
    assert all(number <= len(waves) + 1 for number in numbers)


def test_a_wave_begins_with_as_many_as_may_be_busy_at_once() -> None:
    assert rules.decide(members("www"), BOUNDS, NOON, DAY) == (("10", "11"), 1, None, None)
    assert rules.decide(members("oww"), BOUNDS, NOON, DAY).to_order == ("11",)
    assert rules.decide(members("oow"), BOUNDS, NOON, DAY).to_order == ()


def test_the_next_wave_waits_until_the_one_before_has_ended_and_a_while_longer() -> None:
    assert rules.decide(members("o", "ww"), BOUNDS, NOON, DAY).to_order == ()
    assert rules.decide(members("d", "ww"), BOUNDS, NOON + HOUR / 2, DAY) == ((), 2, None, None)
    assert rules.decide(members("d", "ww"), BOUNDS, NOON + HOUR, DAY).to_order == ("20", "21")
    assert rules.decide(members("d", "ow"), BOUNDS, NOON, DAY).to_order == ("21",)  # it has begun already


def test_it_pauses_when_more_have_failed_than_it_may_bear() -> None:
    assert rules.decide(members("fw"), BOUNDS, NOON, DAY).state is None
    decision = rules.decide(members("ff", "www"), BOUNDS, NOON, DAY)
    assert (decision.to_order, decision.state, decision.reason) == ((), PAUSED, "too_many_failures")


def test_it_is_done_when_nobody_is_left() -> None:
    assert rules.decide(members("ds", "fd"), BOUNDS, NOON, DAY).state == DONE
    assert rules.decide(members("do"), BOUNDS, NOON, DAY).state is None


def test_a_station_that_was_offline_is_tried_again_later() -> None:
    later = rules.after_end("offline", None, NOON)
    assert (later["state"], later["due_at"]) == (WAITING, NOON + rules.RETRY)
    waiting = [Member("a", 1, WAITING, due_at=NOON + rules.RETRY)]
    assert rules.decide(waiting, BOUNDS, NOON, DAY).to_order == ()
    assert rules.decide(waiting, BOUNDS, NOON + rules.RETRY, DAY).to_order == ("a",)
    assert rules.after_end("failed", "InstallationFailed", NOON)["detail"] == "InstallationFailed"
    assert rules.after_end("done", "Installed", NOON)["state"] == DONE


@pytest.mark.parametrize(
    ("window", "now", "is_in"),
    [
        (None, time(3), True),
        ((time(1), time(5)), time(3), True),
        ((time(1), time(5)), time(5), False),
        ((time(22), time(4)), time(23), True),
        ((time(22), time(4)), time(3), True),
        ((time(22), time(4)), time(12), False),
    ],
)
def test_a_window_may_go_over_midnight(window: tuple[time, time] | None, now: time, is_in: bool) -> None:
    assert rules.is_within(window, now) is is_in
    decision = rules.decide(members("w"), BOUNDS._replace(window=window), NOON, now)
    assert bool(decision.to_order) is is_in

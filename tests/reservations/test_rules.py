"""What becomes of a reservation."""

from __future__ import annotations

import pytest

from voltway.modules.reservations.rules import OPEN, State, answered, met, reserved

OVER = sorted(set(State) - OPEN)


@pytest.mark.parametrize("word", ["Faulted", "Occupied", "Unavailable", "Rejected"])
def test_refused_reservation_is_rejected(word: str) -> None:
    assert answered(State.PENDING, "reserve", word) is State.REJECTED


def test_refused_change_leaves_the_reservation_that_the_station_has() -> None:
    assert answered(State.ACCEPTED, "reserve", "Rejected") is State.ACCEPTED


@pytest.mark.parametrize("state", [State.ACTIVE, State.USED])
def test_late_answer_takes_back_nothing(state: State) -> None:
    assert answered(state, "reserve", "Accepted") is state


def test_cancellation_that_the_station_refuses_changes_nothing() -> None:
    assert answered(State.ACTIVE, "cancel", "Rejected") is State.ACTIVE
    assert answered(State.ACTIVE, "cancel", "Accepted") is State.CANCELLED


@pytest.mark.parametrize(
    ("word", "state"), [("Expired", State.EXPIRED), ("Removed", State.CANCELLED), ("NoTransaction", State.EXPIRED)]
)
def test_station_ends_a_reservation(word: str, state: State) -> None:
    assert answered(State.ACCEPTED, "update", word) is state


@pytest.mark.parametrize("state", OVER)
@pytest.mark.parametrize("word", ["Expired", "Removed", "Accepted"])
def test_reservation_that_is_over_is_ended_by_nobody(state: State, word: str) -> None:
    assert answered(state, "update", word) is state
    assert answered(state, "cancel", word) is state


def test_reservation_that_was_used_for_nothing_has_expired() -> None:
    assert answered(State.USED, "update", "NoTransaction") is State.EXPIRED


@pytest.mark.parametrize("state", [State.PENDING, State.ACCEPTED, State.ACTIVE, State.EXPIRED, State.USED])
def test_transaction_uses_a_reservation_also_when_we_hear_of_it_late(state: State) -> None:
    assert met(state) is State.USED


@pytest.mark.parametrize("state", [State.REJECTED, State.CANCELLED])
def test_transaction_uses_no_reservation_that_is_none(state: State) -> None:
    assert met(state) is state


def test_only_an_accepted_reservation_becomes_active() -> None:
    assert [reserved(state) for state in State if reserved(state) is not state] == [State.ACTIVE]
    assert reserved(State.ACCEPTED) is State.ACTIVE

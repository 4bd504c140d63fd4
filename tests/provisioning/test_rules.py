"""Which template a station gets, and what differs from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from voltway.modules.provisioning import rules
from voltway.modules.provisioning.rules import Difference, Place, choose, differences, fits

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def a_template(name: str = "t", *, age_s: int = 0, **of: str | None) -> Any:
    values: dict[str, Any] = {"vendor": None, "model": None, "location_id": None, **of}
    return SimpleNamespace(id=name, created_at=NOW - timedelta(seconds=age_s), **values)


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ({}, True),
        ({"vendor": "acme"}, True),
        ({"vendor": "ACME"}, True),
        ({"vendor": "Acme GmbH & Co"}, False),
        ({"vendor": "acme", "model": "one"}, True),
        ({"model": "two"}, False),
        ({"location_id": "here"}, True),
        ({"location_id": "there"}, False),
    ],
)
def test_template_fits_what_it_names(of: dict[str, str], expected: bool) -> None:
    assert fits(a_template(**of), Place("Acme GmbH", "One S", "here")) is expected


def test_template_that_names_nothing_fits_a_station_that_has_told_nothing() -> None:
    assert fits(a_template(), Place(None, None, None))
    assert not fits(a_template(vendor="Acme"), Place(None, None, None))


def test_the_template_that_says_most_is_chosen_and_the_newest_of_the_same() -> None:
    place = Place("Acme", "One", "here")
    anybody, vendor, model = (
        a_template("a"),
        a_template("v", vendor="Acme"),
        a_template("m", vendor="Acme", model="One"),
    )
    here, other = a_template("h", location_id="here"), a_template("o", vendor="Other")
    assert choose([anybody, vendor, model, here, other], place) is here
    assert choose([anybody, vendor, model], place) is model
    assert choose([anybody, vendor, other], place) is vendor
    assert choose([other], place) is None
    assert choose([a_template("old", age_s=9), newest := a_template("new")], place) is newest


def test_differences_are_of_what_is_set_at_the_place_where_it_is_set() -> None:
    steps = [
        {
            "type": "set_variables",
            "arguments": {
                "variables": [
                    {"component": "A", "variable": "x", "value": "1"},
                    {"component": "A", "variable": "x", "evse_number": 2, "value": "1"},
                    {"component": "A", "variable": "y", "value": "1"},
                    {"component": "A", "variable": "z", "attribute": "Target", "value": "1"},
                    {"key": "k", "value": "1"},
                ]
            },
        },
        {"type": "reset", "arguments": {"mode": "immediate"}},
    ]
    told = [
        {"component": "A", "variable": "x", "value": "1"},
        {"component": "A", "variable": "x", "evse_number": 2, "value": "3"},
        {"component": None, "variable": "k", "value": "2"},
    ]
    actual = {rules.key_of(each): each["value"] for each in told}
    assert differences(steps, actual) == [
        Difference("A", "x", "1", "3"),
        Difference("A", "y", "1", None),
        Difference(None, "k", "1", "2"),
    ]


@pytest.mark.parametrize(
    ("states", "expected"),
    [(["accepted", "accepted"], "done"), (["accepted"], "failed"), (["accepted", "rejected"], "failed")],
)
def test_run_is_done_when_all_steps_are_taken(states: list[str], expected: str) -> None:
    assert rules.state_of([{"state": state} for state in states], 2) == expected


# ---- one setting, two names


def a_step(*variables: dict[str, Any]) -> dict[str, Any]:
    return {"type": "set_variables", "arguments": {"variables": list(variables)}}


INTERVAL = {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "value": "60"}


def told(*variables: dict[str, Any]) -> dict[tuple[Any, ...], str | None]:
    return {rules.key_of(each): each["value"] for each in variables}


def test_a_key_of_1_6_is_looked_for_in_the_device_model_and_the_other_way_about() -> None:
    by_key = {"key": "HeartbeatInterval", "value": "60"}
    assert differences([a_step(by_key)], told(INTERVAL)) == []
    assert differences([a_step(INTERVAL)], told({**by_key, "component": None, "variable": "HeartbeatInterval"})) == []
    other = differences([a_step({**by_key, "value": "61"})], told(INTERVAL))
    assert other == [Difference(None, "HeartbeatInterval", "61", "60")]
    attempts = {"key": "TransactionMessageAttempts", "value": "3"}
    there = {"component": "OCPPCommCtrlr", "variable": "MessageAttempts", "instance": "TransactionEvent", "value": "3"}
    assert differences([a_step(attempts)], told(there)) == []
    assert rules.other_name({"key": "OfThatMakerOnly"}) is None
    assert rules.other_name({**INTERVAL, "evse_number": 1}) is None


# ---- what is left to do after a failure


def test_only_what_is_not_in_force_is_sent_again() -> None:
    other = {**INTERVAL, "variable": "ResetRetries", "value": "2"}
    step = a_step(INTERVAL, other)
    assert rules.left_to_do(step, None, {}) == step
    assert rules.left_to_do(step, {"state": "accepted"}, {}) is None
    assert rules.left_to_do(step, {"state": "rejected"}, told(INTERVAL)) == a_step(other)
    assert rules.left_to_do(step, {"state": "rejected"}, told(INTERVAL, other)) is None
    availability = {"type": "change_availability", "arguments": {"operative": True}}
    assert rules.left_to_do(availability, {"state": "offline"}, {}) == availability

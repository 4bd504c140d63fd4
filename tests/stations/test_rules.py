from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON, a_status
from voltway.contracts.station_link import CommandOutcome, VariableValue
from voltway.contracts.vocabulary import ChargingState, CommandState, ConnectorStatus, Registration
from voltway.modules.stations import rules
from voltway.modules.stations.errors import PasswordNotWanted, StationNotAccepted
from voltway.modules.stations.rules import Shown, StationStatus
from voltway.modules.stations.settings import StationsSettings

AVAILABLE, OCCUPIED, FAULTED = ConnectorStatus.AVAILABLE, ConnectorStatus.OCCUPIED, ConnectorStatus.FAULTED
RESERVED, UNAVAILABLE = ConnectorStatus.RESERVED, ConnectorStatus.UNAVAILABLE
SETTINGS = StationsSettings(heartbeat_interval_s=300, boots_max=5, boot_window_s=600, boot_interval_s_max=3600)


@pytest.mark.parametrize("identity", ["CS-1", "DE*ABC*E1", "a" * 48, "x=y+z|@_.", "..a"])
def test_identity_may_be(identity: str) -> None:
    assert rules.is_identity(identity)


@pytest.mark.parametrize("identity", ["", "a" * 49, "a:b", "a/b", "..", "a b", "ä", "CS-1\n", "%2e"])
def test_identity_may_not_be(identity: str) -> None:
    assert not rules.is_identity(identity)


def test_profiles_with_a_password_get_one() -> None:
    assert rules.password_change(1, is_given=False, value=None, has_password=False).is_made_up
    assert rules.password_change(2, is_given=True, value=None, has_password=True).is_made_up
    assert rules.password_change(1, is_given=True, value="x" * 16, has_password=True).value == "x" * 16


def test_a_password_stays_where_none_is_given() -> None:
    assert rules.password_change(1, is_given=False, value=None, has_password=True) == rules.PasswordChange()


@pytest.mark.parametrize("profile", [0, 3])
def test_profiles_without_a_password_lose_theirs_and_refuse_one(profile: int) -> None:
    assert rules.password_change(profile, is_given=False, value=None, has_password=True).is_removed
    with pytest.raises(PasswordNotWanted):
        rules.password_change(profile, is_given=True, value="x" * 16, has_password=False)


# ---- status


@pytest.mark.parametrize(
    ("statuses", "overall"),
    [
        ({}, None),
        ({(0, 0): AVAILABLE}, AVAILABLE),
        ({(1, 1): None}, None),
        ({(0, 0): AVAILABLE, (1, 1): UNAVAILABLE}, UNAVAILABLE),
        ({(1, 1): AVAILABLE, (2, 1): OCCUPIED, (3, 1): RESERVED}, OCCUPIED),
        ({(1, 1): AVAILABLE, (2, 1): RESERVED}, RESERVED),
        ({(1, 1): OCCUPIED, (2, 1): FAULTED}, FAULTED),
        ({(0, 0): FAULTED, (1, 1): AVAILABLE}, FAULTED),
        ({(0, 0): UNAVAILABLE, (1, 1): AVAILABLE}, UNAVAILABLE),
        ({(0, 0): UNAVAILABLE, (1, 1): OCCUPIED}, OCCUPIED),
    ],
)
def test_overall_status_is_that_of_the_part_to_be_seen_first(statuses: Any, overall: str | None) -> None:
    assert rules.overall_status(statuses.items()) == overall


a_report = st.builds(
    lambda evse, connector, status, charging: a_status(
        status, evse_number=evse, connector_number=connector, charging_state=charging
    ),
    st.integers(0, 2),
    st.integers(0, 2),
    st.sampled_from(ConnectorStatus),
    st.none() | st.sampled_from(ChargingState),
)


@given(st.lists(a_report, min_size=1))
def test_the_last_report_of_a_connector_holds(reports: list[Any]) -> None:
    station = StationStatus()
    for report in reports:
        rules.apply_status(station, report)
    last = {(report.evse_number, report.connector_number): report for report in reports}
    assert {place: shown.status for place, shown in station.connectors.items()} == {
        place: report.status for place, report in last.items()
    }
    assert station.status == rules.overall_status((place, report.status) for place, report in last.items())


@given(st.lists(a_report, min_size=1))
def test_a_report_told_again_changes_nothing(reports: list[Any]) -> None:
    station = StationStatus()
    for report in reports:
        rules.apply_status(station, report)
    assert rules.apply_status(station, reports[-1]) == (False, False)


def test_every_visible_field_counts_as_a_change() -> None:
    for field in ("wire_status", "error_code", "vendor_error_code", "info"):
        station = StationStatus()
        rules.apply_status(station, a_status())
        assert rules.apply_status(station, a_status(**{field: "other"})).is_shown


def test_an_older_clock_does_not_make_a_report_older() -> None:
    station = StationStatus()
    rules.apply_status(station, a_status(OCCUPIED, occurred_at=NOON))
    rules.apply_status(station, a_status(AVAILABLE, occurred_at=NOON - timedelta(days=1)))
    assert station.status == AVAILABLE


def test_charging_state_stays_until_no_connector_of_the_evse_is_occupied() -> None:
    station = StationStatus(charging_states={1: "Charging"}, connectors={(1, 2): Shown(OCCUPIED, "", None, None, None)})
    rules.apply_status(station, a_status(AVAILABLE, connector_number=1))
    assert station.charging_states[1] == "Charging"
    rules.apply_status(station, a_status(AVAILABLE, connector_number=2))
    assert station.charging_states[1] is None


# ---- boots


def pace_of(times_s: list[int], *, is_accepted: bool = True) -> list[rules.BootPace]:
    level, before, paces = 0.0, None, []
    for time_s in times_s:
        now = NOON + timedelta(seconds=time_s)
        pace = rules.boot_pace(level, before, now, is_accepted=is_accepted, settings=SETTINGS)
        level, before = pace.level, now
        paces.append(pace)
    return paces


def test_a_station_that_boots_now_and_then_is_told_the_usual_interval() -> None:
    assert {pace.interval_s for pace in pace_of([0, 300, 600, 900, 1200, 1500, 1800])} == {300}


def test_a_boot_loop_gets_a_growing_interval_up_to_the_limit() -> None:
    paces = pace_of(list(range(12)))
    assert [pace.interval_s for pace in paces[:5]] == [300] * 5
    assert [pace.interval_s for pace in paces[5:9]] == [600, 1200, 2400, 3600]
    assert all(pace.is_loop for pace in paces[5:])
    assert paces[-1].interval_s == 3600


def test_a_boot_loop_is_forgiven_in_time() -> None:
    assert pace_of([*range(500), 500 + 1200])[-1].interval_s == 300


def test_a_pending_station_that_boots_when_it_was_told_to_is_no_loop() -> None:
    paces = pace_of([60 * index for index in range(100)], is_accepted=False)
    assert {pace.interval_s for pace in paces} == {60}
    assert pace_of(list(range(30)), is_accepted=False)[-1].is_loop


@given(st.lists(st.integers(-100, 2000), max_size=50), st.booleans())
def test_intervals_stay_within_their_limits(gaps_s: list[int], is_accepted: bool) -> None:
    times, now = [], 0
    for gap in gaps_s:
        now += gap
        times.append(now)
    for pace in pace_of(times, is_accepted=is_accepted):
        assert (300 if is_accepted else 60) <= pace.interval_s <= 3600
        assert 0 < pace.level < 100


# ---- settings and commands


def test_names_of_variables_compare_without_case_and_in_all_their_parts() -> None:
    one = VariableValue(component="OCPPCommCtrlr", variable="HeartbeatInterval")
    assert rules.variable_key(one) == rules.variable_key(
        VariableValue(component="ocppcommctrlr", variable="heartbeatinterval")
    )
    others = [
        VariableValue(variable="HeartbeatInterval"),
        VariableValue(component="OCPPCommCtrlr", variable="HeartbeatInterval", instance="1"),
        VariableValue(component="OCPPCommCtrlr", variable="HeartbeatInterval", evse_number=1),
        VariableValue(component="OCPPCommCtrlr", variable="HeartbeatInterval", attribute="Target"),
        VariableValue(component="OCPPCommCtrlr", component_instance="1", variable="HeartbeatInterval"),
    ]
    assert len({rules.variable_key(value) for value in [one, *others]}) == 6


def test_values_of_secret_settings_are_masked_wherever_they_stand() -> None:
    given_ = {
        "variables": [
            {"key": "AuthorizationKey", "value": "s3cret"},
            {"component": "SecurityCtrlr", "variable": "BasicAuthPassword", "value": "s3cret"},
            {"key": "HeartbeatInterval", "value": "60"},
        ]
    }
    masked = rules.masked(given_)
    assert "s3cret" not in str(masked)
    assert masked["variables"][2]["value"] == "60"


def test_a_pending_station_takes_no_start_and_a_rejected_one_nothing() -> None:
    rules.check_registration(Registration.ACCEPTED, "start_transaction")
    rules.check_registration(Registration.PENDING, "trigger_message")
    for registration, kind in ((Registration.PENDING, "start_transaction"), (Registration.REJECTED, "trigger_message")):
        with pytest.raises(StationNotAccepted):
            rules.check_registration(registration, kind)


@pytest.mark.parametrize(
    ("effect", "is_awaited", "outcome", "expected"),
    [
        (None, True, CommandOutcome(state=CommandState.ACCEPTED), (None, 120)),
        (None, True, CommandOutcome(state=CommandState.TIMED_OUT), (None, 120)),
        (None, True, CommandOutcome(state=CommandState.REJECTED), (None, None)),
        (None, True, CommandOutcome(state=CommandState.ACCEPTED, effect="scheduled"), ("scheduled", 86_400)),
        (None, True, CommandOutcome(state=CommandState.ACCEPTED, effect="done"), ("done", None)),
        ("done", False, CommandOutcome(state=CommandState.ACCEPTED), ("done", None)),
        (None, False, CommandOutcome(state=CommandState.ACCEPTED, effect="reboot_required"), ("reboot_required", None)),
    ],
)
def test_what_an_outcome_makes_of_a_command(
    effect: str | None, is_awaited: bool, outcome: CommandOutcome, expected: tuple[str | None, int | None]
) -> None:
    end = rules.ending(effect, is_awaited, outcome, NOON, 120)
    due_s = None if end.effect_due_at is None else int((end.effect_due_at - NOON).total_seconds())
    assert (end.effect, due_s) == expected

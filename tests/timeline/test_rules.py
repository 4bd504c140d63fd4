"""What probably is the matter, from what happened: each rule by the least that it needs, and the order among them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from builders import NOON
from voltway.contracts.timeline import Moment
from voltway.modules.timeline import rules
from voltway.modules.timeline.words import WORDS

AT = NOON + timedelta(minutes=5)


def moment(
    kind: str, minutes: float = 0, *, evse_number: int | None = 1, is_before: bool = False, **facts: Any
) -> Moment:
    at: datetime = NOON + timedelta(minutes=minutes)
    return Moment(id=f"{kind}.{minutes}", at=at, kind=kind, evse_number=evse_number, is_before=is_before, facts=facts)


def status(kind: str, minutes: float = 0, **facts: Any) -> Moment:
    return moment(kind, minutes, **{"connector_number": 1, "error_code": None, **facts})


def names(at: datetime = AT, **told: Sequence[Moment]) -> list[str]:
    return [cause.name for cause in rules.explain(told, at)]


def test_nothing_is_made_up_where_nothing_happened() -> None:
    assert names() == ["nothing_unusual"]
    assert names(status=[status("Available", -10, is_before=True)], link=[moment("online", -60, is_before=True)]) == [
        "nothing_unusual"
    ]


CASES: dict[str, dict[str, list[Moment]]] = {
    "no_link": {"link": [moment("online", 0), moment("offline", 1)]},
    "flapping": {"link": [moment("offline", 0), moment("offline", 1), moment("offline", 2), moment("online", 3)]},
    "pending": {"message": [moment("BootNotification", verdict="Pending")]},
    "rejected": {"message": [moment("BootNotification", verdict="Rejected")]},
    "updating": {"message": [moment("FirmwareStatusNotification", request={"status": "Installing"})]},
    "fault_ground": {"status": [status("Faulted", error_code="GroundFailure")]},
    "fault_lock": {"status": [status("Faulted", error_code="ConnectorLockFailure")]},
    "fault_other": {"status": [status("Faulted", error_code="NoError", vendor_error_code="E-4711")]},
    "fault_heat": {"status": [status("Available", error_code="HighTemperature")]},
    "warning": {"status": [status("Available", error_code="SomethingOfTheMakers")]},
    "fault_passed": {"status": [status("Faulted", 0, error_code="ReaderFailure"), status("Available", 2)]},
    "out_of_service": {"status": [status("Unavailable")]},
    "taken_out": {"status": [status("Unavailable", 1)], "command": [moment("change_availability", state="accepted")]},
    "emergency_stop": {"session": [moment("ended", stop_reason="EmergencyStop", energy_wh=5000)]},
    "power_loss": {"session": [moment("ended", stop_reason="PowerLoss", energy_wh=5000)]},
    "token_blocked": {"message": [moment("Authorize", verdict="Blocked")]},
    "token_unknown": {"message": [moment("StartTransaction", verdict="Invalid")]},
    "token_busy": {"message": [moment("TransactionEvent", verdict="ConcurrentTx")]},
    "payment_failed": {"payment": [moment("opened"), moment("failed", 1, reason="card_declined")]},
    "start_rejected": {"command": [moment("start_transaction", state="rejected", wire_status="Rejected")]},
    "start_unanswered": {"command": [moment("start_transaction", state="timed_out")]},
    "not_plugged": {"command": [moment("start_transaction", state="accepted", effect="no_session")]},
    "suspended_by_station": {"session": [moment("started", state="active", charging_state="SuspendedEVSE")]},
    "suspended_by_car": {"session": [moment("started", state="active", charging_state="SuspendedEV")]},
    "no_energy": {"session": [moment("ended", stop_reason="EVDisconnected", energy_wh=3)]},
    "protocol_error": {"message": [moment("DataTransfer", error_code="InternalError")]},
    "unanswered": {"command": [moment("get_variables", state="timed_out")]},
    "reserved": {"status": [status("Reserved")]},
    "rebooted": {"message": [moment("BootNotification", verdict="Accepted", request={"reason": "PowerUp"})]},
}


@pytest.mark.parametrize("name", CASES)
def test_each_cause_is_found_by_what_shows_it(name: str) -> None:
    told = CASES[name]
    first = rules.explain(told, AT)[0]
    assert first.name == name
    shown = {each.id for moments in told.values() for each in moments}
    assert first.evidence
    assert {each.id for each in first.evidence} <= shown


def test_every_cause_that_a_rule_can_name_has_words_and_no_words_lack_a_cause() -> None:
    named = {*rules.FAULTS.values(), *rules.VERDICTS.values(), *rules.STOPS.values(), *CASES}
    assert named | {"nothing_unusual"} == set(WORDS)


def test_what_explains_the_rest_comes_first() -> None:
    told = {
        "link": [moment("offline", 0)],
        "status": [status("Faulted", -1, error_code="InternalError")],
        "command": [moment("start_transaction", 2, state="offline")],
    }
    assert [cause.name for cause in rules.explain(told, AT)] == [
        "no_link",
        "fault_internal",
    ]  # and the refused start says nothing new


def test_a_station_that_answers_with_an_error_has_answered() -> None:
    assert names(command=[moment("update_firmware", state="failed")]) == ["nothing_unusual"]
    assert names(command=[moment("start_transaction", state="failed")]) == ["start_rejected"]


def test_a_fault_counts_at_the_time_that_is_asked_for_and_not_before_or_after() -> None:
    history = [status("Faulted", 0, error_code="GroundFailure"), status("Available", 20)]
    assert names(NOON + timedelta(minutes=10), status=history) == ["fault_ground"]
    assert names(NOON + timedelta(minutes=30), status=history) == ["fault_passed"]
    assert names(NOON - timedelta(minutes=30), status=history) == ["nothing_unusual"]


def test_the_latest_verdict_on_a_token_counts() -> None:
    refused, taken = moment("Authorize", 0, verdict="Blocked"), moment("Authorize", 2, verdict="Accepted")
    assert names(message=[refused, taken]) == ["nothing_unusual"]
    assert names(message=[taken, moment("Authorize", 3, verdict="Blocked")]) == ["token_blocked"]


def test_evses_that_a_fault_is_about_are_named() -> None:
    told = {"status": [status("Faulted", evse_number=2, error_code="OverVoltage"), status("Available", evse_number=1)]}
    cause = rules.explain(told, AT)[0]
    assert (cause.name, cause.evse_numbers, cause.detail) == ("fault_voltage", (2,), "OverVoltage")

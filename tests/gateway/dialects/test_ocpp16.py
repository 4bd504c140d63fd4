"""OCPP 1.6: its tables are complete, its answers valid and honest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from voltway.contracts.station_link import Authorization, BootReceipt, TransactionReceipt
from voltway.contracts.users import AuthorizeTokens, TokenQuery
from voltway.contracts.vocabulary import AuthorizationStatus, IdToken, Registration
from voltway.kernel import clock
from voltway.modules.gateway.dialects import ocpp16
from voltway.wire.ocpp import v16

from .builders import NOON, Station  # noqa: TID252  (tests are not installed)

BOOT = {"chargePointVendor": "Ardent Power", "chargePointModel": "Wall 22"}
START = {"connectorId": 1, "idTag": "CAFE", "meterStart": 0, "timestamp": "2026-03-01T12:00:00Z"}
STOP = {"transactionId": 7, "meterStop": 1, "timestamp": "2026-03-01T12:00:00Z"}
METER = {"connectorId": 1, "meterValue": [{"timestamp": "2026-03-01T12:00:00Z", "sampledValue": [{"value": "1"}]}]}
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}


def a_station(connector_map: dict[int, tuple[int, int]] | None = None) -> Station:
    return Station("ocpp1.6", connector_map=connector_map)


def test_every_status_has_its_meaning() -> None:
    assert set(ocpp16.STATUSES) == set(v16.ChargePointStatus)


def test_every_verdict_has_a_word_of_1_6() -> None:
    assert set(ocpp16.VERDICTS) == set(AuthorizationStatus)
    for status, word in ocpp16.VERDICTS.items():
        assert (word is v16.AuthorizationStatus.Accepted) == (status is AuthorizationStatus.ACCEPTED)


def test_every_message_of_a_station_has_a_row() -> None:
    sent = {name for name, action in v16.ACTIONS.items() if action.sender != "csms"}
    assert set(ocpp16.DIALECT.reports) == sent


def test_transactions_are_taken_before_acceptance_and_nothing_else_but_boots() -> None:
    rows = ocpp16.DIALECT.reports
    assert {name for name, row in rows.items() if row.is_transaction} == {
        "StartTransaction",
        "StopTransaction",
        "MeterValues",
    }
    assert {name for name, row in rows.items() if row.before_boot} == {
        "BootNotification",
        "StartTransaction",
        "StopTransaction",
        "MeterValues",
    }


@pytest.mark.parametrize(
    ("registration", "word"),
    [(Registration.ACCEPTED, "Accepted"), (Registration.PENDING, "Pending"), (Registration.REJECTED, "Rejected")],
)
def test_a_boot_is_answered_with_the_registration_and_the_time(registration: Registration, word: str) -> None:
    with clock.frozen(datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)):
        answer = a_station().hears("BootNotification", BOOT, BootReceipt(registration, 300))
    assert answer == {"status": word, "currentTime": "2026-03-01T12:00:00.123Z", "interval": 300}


def test_a_heartbeat_is_answered_at_once_with_the_time() -> None:
    station = a_station()
    assert station.says("Heartbeat", {}) is None
    with clock.frozen(NOON):
        assert station.hears("Heartbeat", {}) == {"currentTime": "2026-03-01T12:00:00.000Z"}


def test_authorize_asks_who_the_token_is_and_does_not_invent_its_kind() -> None:
    assert a_station().says("Authorize", {"idTag": "CAFE"}) == AuthorizeTokens(
        queries=(
            TokenQuery(
                operator_id="operator",
                station_id="station",
                id_token=IdToken("CAFE", None),
                location_id="location",
            ),
        )
    )


def test_a_verdict_comes_with_its_expiry_and_its_group() -> None:
    verdict = Authorization(status=AuthorizationStatus.ACCEPTED, group="FLEET", expires_at=NOON)
    assert a_station().hears("Authorize", {"idTag": "CAFE"}, [verdict]) == {
        "idTagInfo": {"status": "Accepted", "expiryDate": "2026-03-01T12:00:00.000Z", "parentIdTag": "FLEET"}
    }


def test_a_group_that_1_6_has_no_room_for_is_left_out() -> None:
    verdict = Authorization(status=AuthorizationStatus.NO_CREDIT, group="G" * 21)
    assert a_station().hears("Authorize", {"idTag": "CAFE"}, [verdict]) == {"idTagInfo": {"status": "Blocked"}}


def test_nobody_is_authorised_by_silence() -> None:
    assert a_station().hears("Authorize", {"idTag": "CAFE"}, []) == {"idTagInfo": {"status": "Invalid"}}
    assert a_station().hears("StartTransaction", START, TransactionReceipt(transaction_id="5")) == {
        "transactionId": 5,
        "idTagInfo": {"status": "Invalid"},
    }


def test_a_start_is_answered_with_our_number_and_the_verdict() -> None:
    receipt = TransactionReceipt(
        session_id="s",
        transaction_id="2147483647",
        authorization=Authorization(status=AuthorizationStatus.CONCURRENT_TX),
    )
    assert a_station().hears("StartTransaction", START, receipt) == {
        "transactionId": 2147483647,
        "idTagInfo": {"status": "ConcurrentTx"},
    }


def test_a_stop_hears_a_verdict_only_for_a_token_that_it_showed() -> None:
    receipt = TransactionReceipt(authorization=Authorization(status=AuthorizationStatus.ACCEPTED))
    assert a_station().hears("StopTransaction", STOP, receipt) == {}
    assert a_station().hears("StopTransaction", {**STOP, "idTag": "CAFE"}, receipt) == {
        "idTagInfo": {"status": "Accepted"}
    }
    assert a_station().hears("StopTransaction", {**STOP, "idTag": "CAFE"}, TransactionReceipt()) == {}


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("StatusNotification", STATUS, {}),
        ("MeterValues", METER, {}),
        ("DataTransfer", {"vendorId": "com.example", "data": "x"}, {"status": "UnknownVendorId"}),
        ("DiagnosticsStatusNotification", {"status": "Idle"}, {}),
        ("FirmwareStatusNotification", {"status": "Installed"}, {}),
        ("LogStatusNotification", {"status": "Uploading", "requestId": 1}, {}),
        ("SecurityEventNotification", {"type": "ResetOrReboot", "timestamp": "2026-03-01T12:00:00Z"}, {}),
        ("SignedFirmwareStatusNotification", {"status": "Downloading", "requestId": 1}, {}),
    ],
)
def test_other_messages_are_noted_or_declined(action: str, payload: dict[str, Any], answer: dict[str, Any]) -> None:
    assert a_station().hears(action, payload, TransactionReceipt()) == answer


def test_a_connector_is_an_evse_unless_the_station_says_otherwise() -> None:
    places = {1: (1, 1), 2: (1, 2), 3: (2, 1)}
    station = a_station(places)
    for connector, place in {**places, 0: (0, 0), 4: (4, 1)}.items():
        report = station.says("StatusNotification", {**STATUS, "connectorId": connector})
        assert (report.evse_number, report.connector_number) == place
    start = station.says("StartTransaction", {**START, "connectorId": 2})
    assert (start.evse_number, start.connector_number) == (1, 2)


def test_a_start_at_no_connector_names_no_evse() -> None:
    start = a_station().says("StartTransaction", {**START, "connectorId": 0})
    assert (start.evse_number, start.connector_number) == (None, None)


@pytest.mark.parametrize("number", [-1, 0])
def test_no_reservation_has_many_spellings(number: int) -> None:
    assert a_station().says("StartTransaction", {**START, "reservationId": number}).reservation_number is None

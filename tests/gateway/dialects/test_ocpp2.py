"""OCPP 2.0.1 and 2.1: their tables are complete, their answers valid and honest."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import msgspec
import pytest

from voltway.contracts.payments import AuthorizeWithTariff, Company, Offer, ReportSettlement, VatVerdict
from voltway.contracts.security import CertificateVerdict
from voltway.contracts.station_link import Authorization, BootReceipt, Phase, TransactionReceipt
from voltway.contracts.users import AuthorizeTokens, TokenQuery
from voltway.contracts.vocabulary import AuthorizationStatus, ChargingState, ConnectorStatus, IdToken, Registration
from voltway.kernel import clock
from voltway.modules.gateway.dialects import ocpp201
from voltway.modules.gateway.dialects.variables import portions
from voltway.wire.ocpp import v21, v201

from .builders import DIALECTS, NOON, Station  # noqa: TID252  (tests are not installed)

MESSAGES: dict[str, ModuleType] = {"ocpp2.0.1": v201, "ocpp2.1": v21}
NOT_IMPLEMENTED = {
    "ocpp2.0.1": set(),
    "ocpp2.1": set(),
}
TIME = "2026-03-01T12:00:00Z"
TOKEN = {"idToken": "CAFE", "type": "ISO14443"}
ACCEPTED = Authorization(status=AuthorizationStatus.ACCEPTED)
both = pytest.mark.parametrize("protocol", MESSAGES)


def reply_of(protocol: str, verdict: Authorization) -> Any:
    """What a module answers to an Authorize: in 2.1 a tariff may come with the verdict."""
    return Offer(verdicts=[verdict]) if protocol == "ocpp2.1" else [verdict]


def an_event(kind: str = "Updated", **fields: Any) -> dict[str, Any]:
    return {
        "eventType": kind,
        "timestamp": TIME,
        "triggerReason": "Trigger",
        "seqNo": 1,
        "transactionInfo": {"transactionId": "t-1"},
        **fields,
    }


@both
def test_every_word_of_the_wire_has_its_meaning(protocol: str) -> None:
    messages = MESSAGES[protocol]
    for word in messages.ConnectorStatusEnum:
        assert ocpp201.STATUSES[word] is ConnectorStatus(str(word))
    for word in messages.ChargingStateEnum:
        assert ocpp201.CHARGING_STATES[word] is ChargingState(str(word))
    assert {ocpp201.PHASES[word] for word in messages.TransactionEventEnum} == set(Phase) - {Phase.METERED}
    assert set(ocpp201.VERDICTS) == set(AuthorizationStatus)
    assert {str(word) for word in ocpp201.VERDICTS.values()} <= {str(word) for word in messages.AuthorizationStatusEnum}


@both
def test_every_message_of_a_station_has_a_row_or_is_known_to_have_none(protocol: str) -> None:
    sent = {name for name, action in MESSAGES[protocol].ACTIONS.items() if action.sender != "csms"}
    assert set(DIALECTS[protocol].reports) == sent - NOT_IMPLEMENTED[protocol]


@both
def test_only_boots_are_taken_before_acceptance(protocol: str) -> None:
    rows = DIALECTS[protocol].reports
    assert {name for name, row in rows.items() if row.before_boot} == {"BootNotification"}
    assert {name for name, row in rows.items() if row.is_transaction} == {"TransactionEvent", "MeterValues"}


@both
@pytest.mark.parametrize("registration", Registration)
def test_a_boot_is_answered_with_the_registration_and_the_time(protocol: str, registration: Registration) -> None:
    boot = {"reason": "PowerUp", "chargingStation": {"vendorName": "a", "model": "b"}}
    with clock.frozen(NOON):
        answer = Station(protocol).hears("BootNotification", boot, BootReceipt(registration, 60))
    assert answer == {"status": registration.value.title(), "currentTime": "2026-03-01T12:00:00.000Z", "interval": 60}


@both
def test_a_heartbeat_is_answered_at_once_with_the_time(protocol: str) -> None:
    assert Station(protocol).says("Heartbeat", {}) is None
    with clock.frozen(NOON):
        assert Station(protocol).hears("Heartbeat", {}) == {"currentTime": "2026-03-01T12:00:00.000Z"}


@both
def test_authorize_asks_who_the_token_is(protocol: str) -> None:
    asked = Station(protocol).says("Authorize", {"idToken": TOKEN})
    who = asked.who if isinstance(asked, AuthorizeWithTariff) else asked
    assert who == AuthorizeTokens(
        queries=(
            TokenQuery(
                operator_id="operator",
                station_id="station",
                id_token=IdToken("CAFE", "ISO14443"),
                location_id="location",
            ),
        )
    )
    assert isinstance(asked, AuthorizeWithTariff) is (protocol == "ocpp2.1")


@both
def test_a_verdict_comes_with_its_expiry_and_its_group(protocol: str) -> None:
    verdict = Authorization(status=AuthorizationStatus.NO_CREDIT, group="FLEET", expires_at=NOON)
    assert Station(protocol).hears("Authorize", {"idToken": TOKEN}, reply_of(protocol, verdict)) == {
        "idTokenInfo": {
            "status": "NoCredit",
            "cacheExpiryDateTime": "2026-03-01T12:00:00.000Z",
            "groupIdToken": {"idToken": "FLEET", "type": "Central"},
        }
    }


@both
def test_a_certificate_that_nobody_checked_opens_nothing(protocol: str) -> None:
    request = {"idToken": {"idToken": "DE-ABC-C12345", "type": "eMAID"}, "certificate": "MIIB"}
    assert Station(protocol).hears("Authorize", request, reply_of(protocol, ACCEPTED)) == {
        "idTokenInfo": {"status": "Invalid"},
        "certificateStatus": "NoCertificateAvailable",
    }


@both
def test_an_event_hears_a_verdict_only_for_a_token_that_it_showed(protocol: str) -> None:
    receipt = TransactionReceipt(authorization=ACCEPTED)
    assert Station(protocol).hears("TransactionEvent", an_event(), receipt) == {}
    assert Station(protocol).hears("TransactionEvent", an_event(idToken=TOKEN), receipt) == {
        "idTokenInfo": {"status": "Accepted"}
    }


@pytest.mark.parametrize(
    ("protocol", "kind", "is_told"),
    [
        ("ocpp2.0.1", "Started", False),
        ("ocpp2.0.1", "Updated", False),
        ("ocpp2.0.1", "Ended", True),
        ("ocpp2.1", "Started", False),
        ("ocpp2.1", "Updated", True),
        ("ocpp2.1", "Ended", True),
    ],
)
def test_the_cost_is_told_when_the_version_foresees_it(protocol: str, kind: str, is_told: bool) -> None:
    answer = Station(protocol).hears("TransactionEvent", an_event(kind), TransactionReceipt(running_cost="12.34"))
    assert answer == ({"totalCost": 12.34} if is_told else {})


def test_a_charge_for_nothing_costs_zero_and_not_nothing() -> None:
    answer = Station("ocpp2.0.1").hears("TransactionEvent", an_event("Ended"), TransactionReceipt(running_cost="0.00"))
    assert answer == {"totalCost": 0.0}


@both
def test_a_report_without_content_is_only_noted(protocol: str) -> None:
    report = {"requestId": 1, "generatedAt": TIME, "seqNo": 3}
    assert Station(protocol).says("NotifyReport", report) is None
    assert Station(protocol).hears("NotifyReport", report) == {}


@both
def test_what_needs_no_answer_is_noted_and_what_we_cannot_do_is_declined(protocol: str) -> None:
    declined = {
        "DataTransfer": {"status": "UnknownVendorId"},
        "Get15118EVCertificate": {"status": "Failed", "exiResponse": ""},
        "GetCertificateStatus": {"status": "Failed"},
        "SignCertificate": {"status": "Rejected"},
    }
    told_apart = {"BootNotification", "Heartbeat", "Authorize", "TransactionEvent"}
    told_apart |= {"GetCertificateChainStatus", "VatNumberValidation"}
    told_apart |= {"NotifyReport", "NotifyMonitoringReport", "NotifyDisplayMessages", "NotifyCustomerInformation"}
    told_apart |= {"GetCertificateChainStatus", "VatNumberValidation", "NotifySettlement", "ReportDERControl"}
    told_apart |= {"OpenPeriodicEventStream", "NotifyPeriodicEventStream", "ReportChargingProfiles"}
    told_apart |= {"NotifyEVChargingNeeds", "NotifyEVChargingSchedule", "PullDynamicScheduleUpdate"}
    station = Station(protocol)
    for action, row in DIALECTS[protocol].reports.items():
        if action in told_apart:
            continue
        inbound, _ = station.call("Heartbeat", {})
        frame = station.codec.decode(station.codec.encode_result("m-1", row.answer(inbound, None, None)))
        station.codec.decode_result(action, frame)  # type: ignore[arg-type]
        assert json.loads(bytes(frame.payload)) == declined.get(action, {}), action  # type: ignore[union-attr]


def test_2_1_says_what_was_found_out_about_certificates() -> None:
    hashes = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "ab",
        "issuerKeyHash": "cd",
        "serialNumber": "01",
    }
    request = {
        "certificateStatusRequests": [
            {"certificateHashData": hashes, "source": "OCSP", "urls": ["http://ocsp.example"]}
        ]
    }
    reply = [CertificateVerdict(status="Failed", next_update_at=NOON)]
    answer = Station("ocpp2.1").hears("GetCertificateChainStatus", request, reply)
    assert answer == {
        "certificateStatus": [
            {
                "certificateHashData": hashes,
                "source": "OCSP",
                "status": "Failed",
                "nextUpdate": "2026-03-01T12:00:00.000Z",
            }
        ]
    }


def test_2_1_says_whose_a_vat_number_is_where_a_register_knows() -> None:
    company = Company(name="Acme" * 20, address="Way 1", city="Ulm", country="DE")
    verdict = VatVerdict(is_valid=True, company=company)
    assert Station("ocpp2.1").hears("VatNumberValidation", {"vatNumber": "DE136695976", "evseId": 1}, verdict) == {
        "vatNumber": "DE136695976",
        "evseId": 1,
        "status": "Accepted",
        "company": {"name": ("Acme" * 20)[:50], "address1": "Way 1", "city": "Ulm", "country": "DE"},
    }


@pytest.mark.parametrize(
    ("written", "kept"),
    [("12.34", "12.34"), ("0.1", "0.1"), ("1e2", "100"), ("-5", "-5"), ("0.30000000000000004", "0.30000000000000004")],
)
def test_2_1_settled_amount_is_read_from_the_text(written: str, kept: str) -> None:
    station = Station("ocpp2.1")
    told = {"pspRef": "P", "status": "Settled", "settlementAmount": 1, "settlementTime": TIME}
    inbound, request = station.call("NotifySettlement", told)
    payload = inbound.payload.replace(b'"settlementAmount": 1', f'"settlementAmount": {written}'.encode())
    report = station.dialect.reports["NotifySettlement"].read(
        msgspec.structs.replace(inbound, payload=payload), request
    )
    assert isinstance(report, ReportSettlement)
    assert report.amount_text == kept


def test_the_inventory_tells_how_many_settings_fit_into_a_message() -> None:
    station = Station("ocpp2.0.1")
    item = {
        "component": {"name": "DeviceDataCtrlr"},
        "variable": {"name": "ItemsPerMessage", "instance": "GetVariables"},
        "variableAttribute": [{"value": "4"}],
    }
    station.says("NotifyReport", {"requestId": 1, "generatedAt": TIME, "seqNo": 0, "reportData": [item]})
    assert [len(part) for part in portions(station.memory, "GetVariables", range(10))] == [4, 4, 2]
    assert [len(part) for part in portions(station.memory, "SetVariables", range(10))] == [10]

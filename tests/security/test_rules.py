"""What the security module decides, without a database."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from builders import NOON
from voltway.contracts.security import CertificateKind, ReportSecurityEvent
from voltway.modules.security import rules
from voltway.modules.security.asking import may_be_asked
from voltway.modules.security.rules import Severity


def an_event(**fields: object) -> ReportSecurityEvent:
    return ReportSecurityEvent(
        **{
            "operator_id": "o",
            "station_id": "s",
            "station_identity": "CS1",
            "location_id": None,
            "protocol": "ocpp1.6",
            "message_id": "m",
            "received_at": NOON,
            "type": "ResetOrReboot",
            "occurred_at": NOON,
            **fields,
        }  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        ("TamperDetectionActivated", Severity.CRITICAL),
        ("InvalidCsmsCertificate", Severity.CRITICAL),
        ("FailedToAuthenticateAtCsms", Severity.WARNING),
        ("FailedToAuthenticationAtCsms", Severity.WARNING),
        ("StartupOfTheDevice", Severity.INFO),
        ("startup of the device", Severity.INFO),
        ("NobodyKnowsThis", Severity.WARNING),
        ("", Severity.WARNING),
    ],
)
def test_severity_of_an_event(kind: str, severity: Severity) -> None:
    assert rules.severity_of(kind) is severity


def test_a_message_said_again_is_the_same_event_and_everything_else_is_another() -> None:
    key = rules.event_key(an_event())
    assert rules.event_key(an_event(received_at=NOON + timedelta(minutes=1))) == key
    others = [
        an_event(message_id="n"),
        an_event(type="MemoryExhaustion"),
        an_event(tech_info="x"),
        an_event(occurred_at=NOON + timedelta(seconds=1)),
    ]
    assert len({key, *map(rules.event_key, others)}) == 5


@pytest.mark.parametrize(
    ("rsa_bits", "curve", "is_good"),
    [
        (2048, None, True),
        (1024, None, False),
        (None, "secp256r1", True),
        (None, "secp192r1", False),
        (None, None, False),
    ],
)
def test_a_key_must_be_strong_enough(rsa_bits: int | None, curve: str | None, is_good: bool) -> None:
    assert (rules.complaint_about_key(rsa_bits=rsa_bits, curve=curve) is None) is is_good


@pytest.mark.parametrize(
    ("kind", "name", "is_good"),
    [
        (CertificateKind.CHARGING_STATION, "cs1", True),
        (CertificateKind.CHARGING_STATION, "SN-1", True),
        (CertificateKind.CHARGING_STATION, "CS2", False),
        (CertificateKind.CHARGING_STATION, None, False),
        (CertificateKind.COMBINED, "CS2", False),
        (CertificateKind.V2G, "DE*ABC*E1", True),
        (CertificateKind.V2G, "", False),
    ],
)
def test_a_station_is_certified_under_its_own_name_only(kind: CertificateKind, name: str | None, is_good: bool) -> None:
    assert (rules.complaint_about_name(kind, name, "CS1", ("SN-1",)) is None) is is_good


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("http://ocsp.example/", True),
        ("https://OCSP.example:8080/x", True),
        ("http://ocsp.example.evil.example/", False),
        ("http://user@ocsp.example/", False),
        ("http://ocsp.example@169.254.169.254/", False),
        ("ftp://ocsp.example/", False),
        ("file:///etc/passwd", False),
        ("http://127.0.0.1/", False),
        ("http://[::1", False),
        ("http://ocsp.example:99999/", False),
        ("", False),
    ],
)
def test_only_named_hosts_are_asked(url: str, may: bool) -> None:
    assert may_be_asked(url, ("ocsp.example",)) is may


@pytest.mark.parametrize(
    ("fields", "is_spent"),
    [
        ({}, False),
        ({"uses": 2}, True),
        ({"expires_at": NOON}, True),
        ({"revoked_at": NOON}, True),
    ],
)
def test_a_token_is_spent(fields: dict[str, object], is_spent: bool) -> None:
    token = {"uses": 1, "uses_max": 2, "expires_at": NOON + timedelta(days=1), "revoked_at": None, **fields}
    assert rules.is_spent(SimpleNamespace(**token), NOON) is is_spent

"""What the security module decides, without a database, a clock or chance."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec.structs import replace

from voltway.contracts.security import CertificateKind, ReportSecurityEvent
from voltway.contracts.station_link import Authorization
from voltway.contracts.vocabulary import AuthorizationStatus

# ---- security events


class Severity(StrEnum):
    """How much a security event matters."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


# OCPP 2.0.1 part 2, appendix 1; 1.6 security white paper, section 4. The texts of the standards vary in spelling, so names
# are compared by their letters.
_SEVERITIES: Mapping[str, Severity] = {
    "firmwareupdated": Severity.INFO,
    "failedtoauthenticateatcsms": Severity.WARNING,
    "failedtoauthenticateatcentralsystem": Severity.WARNING,
    "failedtoauthenticationatcsms": Severity.WARNING,
    "csmsfailedtoauthenticate": Severity.WARNING,
    "centralsystemfailedtoauthenticate": Severity.WARNING,
    "settingsystemtime": Severity.INFO,
    "startupofthedevice": Severity.INFO,
    "resetorreboot": Severity.INFO,
    "securitylogwascleared": Severity.CRITICAL,
    "reconfigurationofsecurityparameters": Severity.WARNING,
    "memoryexhaustion": Severity.CRITICAL,
    "invalidmessages": Severity.WARNING,
    "attemptedreplayattacks": Severity.CRITICAL,
    "tamperdetectionactivated": Severity.CRITICAL,
    "invalidfirmwaresignature": Severity.CRITICAL,
    "invalidfirmwaresigningcertificate": Severity.CRITICAL,
    "invalidcsmscertificate": Severity.CRITICAL,
    "invalidcentralsystemcertificate": Severity.CRITICAL,
    "invalidchargingstationcertificate": Severity.CRITICAL,
    "invalidchargepointcertificate": Severity.CRITICAL,
    "invalidtlsversion": Severity.CRITICAL,
    "invalidtlsciphersuite": Severity.CRITICAL,
    "maintenanceloginaccepted": Severity.WARNING,
    "maintenanceloginfailed": Severity.CRITICAL,
}


def severity_of(kind: str) -> Severity:
    """How much an event of this type matters; the list of the standard is open, and what nobody knows is looked at."""
    return _SEVERITIES.get(re.sub(r"[^a-z]", "", kind.lower()), Severity.WARNING)


def event_key(report: ReportSecurityEvent) -> str:
    """Equal for the same message said again: stations repeat what they got no answer to."""
    said = (report.message_id, report.type, report.occurred_at.isoformat(), report.tech_info or "")
    return hashlib.blake2b("\0".join(said).encode(), digest_size=20).hexdigest()


# ---- contracts of cars

CERTIFICATE_ACCEPTED = "Accepted"
_NOT_FOUND_OUT = "NoCertificateAvailable"


def contract_status(said: Sequence[str]) -> str:
    """What a contract certificate is worth by what was said of each certificate of its chain, in the words of OCPP.

    What could not be found out opens nothing. Source: OCPP 2.0.1 part 2, C07.FR.02, .05, .16.
    """
    if "Revoked" in said:
        return "CertificateRevoked"
    return CERTIFICATE_ACCEPTED if said and set(said) == {"Good"} else _NOT_FOUND_OUT


def contract_verdict(verdict: Authorization, status: str) -> Authorization:
    """The verdict on a contract's token with that on its certificate (C07.FR.13 to .17).

    A certificate that holds for a contract that does not is one whose contract was cancelled.
    """
    if status != CERTIFICATE_ACCEPTED:
        return Authorization(status=AuthorizationStatus.INVALID, certificate_status=status)
    is_cancelled = verdict.status in (AuthorizationStatus.INVALID, AuthorizationStatus.UNKNOWN)
    return replace(verdict, certificate_status="ContractCancelled" if is_cancelled else status)


# ---- what we certify

RSA_BITS_MIN, CURVE_BITS_MIN = 2048, 224  # 2.0.1 part 2, A00.FR.501 to .503: at least 112 bits of security
_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})


def complaint_about_key(*, rsa_bits: int | None, curve: str | None) -> str | None:
    """Why a station's key is not good enough; None if it is."""
    if rsa_bits is not None:
        return None if rsa_bits >= RSA_BITS_MIN else f"an RSA key of {rsa_bits} bits is too short"
    if curve is not None:
        return None if curve in _CURVES else f"the curve {curve} is not one of {', '.join(sorted(_CURVES))}"
    return "the key is neither RSA nor ECDSA"


def complaint_about_name(
    kind: CertificateKind, common_name: str | None, identity: str, serials: Iterable[str]
) -> str | None:
    """Why a station may not be called this; None if it may.

    A00.FR.405: its serial number, or as we certify it its identity. A V2G certificate names an EVSE by the operator's choice
    (ISO 15118-2, annex F), so any name will do, but never one that another station connects with: it is made by another
    authority, which the station port does not believe.
    """
    if not common_name:
        return "it has no common name"
    if kind in (CertificateKind.V2G, CertificateKind.V2G20):
        return None
    allowed = {identity.casefold(), *(serial.casefold() for serial in serials)}
    return None if common_name.casefold() in allowed else "its common name is not the station's"


def is_renewal_due(not_after: datetime, now: datetime, before_days: int) -> bool:
    """Whether it is time to have a certificate renewed."""
    return now >= not_after - timedelta(days=before_days)


EXPIRY_THRESHOLDS = (1, 7, 30)
"""Days before the end of a certificate at which it is told of."""


def expiry_threshold(not_after: datetime, now: datetime) -> int | None:
    """The smallest threshold that a certificate has passed; None: it holds for long yet."""
    left = not_after - now
    return next((days for days in EXPIRY_THRESHOLDS if left <= timedelta(days=days)), None)


# ---- registration tokens


def is_spent(token: Any, now: datetime) -> bool:
    """Whether a registration token lets nobody in any more."""
    is_over = token.expires_at is not None and token.expires_at <= now
    return token.revoked_at is not None or is_over or token.uses >= token.uses_max

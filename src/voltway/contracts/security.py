"""What the security module says: certificates, who signs them and who has lost them; security events; registration tokens."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from voltway.contracts.station_link import Authorization, Report
from voltway.contracts.users import AuthorizeTokens
from voltway.kernel.bus.asks import Ask
from voltway.kernel.bus.event import Event

# ---- what stations say


class ReportSecurityEvent(Report, frozen=True, kw_only=True, gc=False):
    """Something that matters to security has happened at a station. `type` is its word, which need not be a known one.
    Answered by None."""

    type: str
    occurred_at: datetime
    tech_info: str | None = None


class CertificateKind(StrEnum):
    """What a station's certificate is for."""

    CHARGING_STATION = "charging_station"
    V2G = "v2g"
    V2G20 = "v2g20"
    COMBINED = "combined"
    """OCPP 2.x: the one certificate of a station that names no type."""


class RequestCertificate(Ask[bool], frozen=True, kw_only=True):
    """A station wants its key certified; whether we shall. The certificate follows as a command of its own."""

    operator_id: str
    operator_slug: str
    station_id: str
    station_identity: str
    csr: str
    kind: CertificateKind
    wire_type: str | None = None
    """The type as the station wrote it: it gets it back (2.0.1 part 2, A02.FR.14)."""
    request_number: int | None = None
    """2.1: the number of the request, which goes back with the certificate."""


class CertificateId(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate by the hashes of its issuer, as OCSP names it: hexadecimal."""

    hash_algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str


class FindCertificateStatus(Ask[bytes | None], frozen=True, kw_only=True):
    """The DER of an OCSP response about a certificate; None where nobody could be asked."""

    certificate: CertificateId
    responder_url: str


class CertificateVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a certificate: status is Good, Revoked, Unknown or Failed (it could not be found out)."""

    status: str
    next_update_at: datetime


class CertificateQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which certificate, and who may know: the addresses of OCSP responders or of revocation lists."""

    certificate: CertificateId
    source: str
    """CRL or OCSP"""
    urls: tuple[str, ...]


class FindChainStatus(Ask[list[CertificateVerdict]], frozen=True, kw_only=True):
    """The status of each certificate of a chain, in the order of the queries."""

    queries: tuple[CertificateQuery, ...]


class ContractCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """What a car gets: the EXI response in base64."""

    exi_response: str
    remaining_contracts: int | None = None


class InstallContractCertificate(Ask[ContractCertificate | None], frozen=True, kw_only=True):
    """A car wants a contract certificate installed or renewed; None if nobody here can give it one."""

    operator_id: str
    station_id: str
    schema_version: str
    is_update: bool
    exi_request: str
    contracts_max: int | None = None
    emaids: tuple[str, ...] = ()


class AuthorizeContract(Ask[list[Authorization]], frozen=True, kw_only=True, tag="contract"):
    """The verdict on a contract's token that came with its certificate: with the chain itself (PEM, the contract's first), or
    with the hashes of each certificate and who may know its status."""

    who: AuthorizeTokens
    certificates: tuple[CertificateQuery, ...] = ()
    chain: str | None = None


class FindAuthority(Ask[str], frozen=True, kw_only=True):
    """PEM of our own root of this kind (csms_root, v2g_root, mo_root). Raises AuthorityNotFound."""

    kind: str


class FirmwareSignature(msgspec.Struct, frozen=True, kw_only=True):
    """A signature (base64) and the certificate of who made it, with the one above it (PEM)."""

    signature: str
    certificate: str


class SignFirmware(Ask[FirmwareSignature], frozen=True, kw_only=True):
    """Sign a firmware image, given by its SHA-256: RSA-PSS (2.0.1 part 2, L01.FR.11, L01.FR.12)."""

    sha256: bytes


# ---- who may connect


class ServerCertificates(Ask[tuple[str, ...]], frozen=True, kw_only=True):
    """Files (certificate chain and key in one) for a server with these names, made by our own authority if they are not
    there; they are renewed in place before they expire."""

    names: tuple[str, ...]


class ClientTrust(msgspec.Struct, frozen=True, kw_only=True):
    """Whose certificates a station may show: PEM of our authorities, and the serial numbers (hexadecimal) that are revoked."""

    authorities: str
    revoked_serials: tuple[str, ...]


class FindClientTrust(Ask[ClientTrust], frozen=True, kw_only=True):
    """Ask for it."""


class FindShownCertificates(Ask[tuple[str, ...]], frozen=True, kw_only=True):
    """PEM of the certificates that the station port shows and that somebody has given to it: nobody renews them but they."""


class CertificateExpiring(Event, frozen=True, kw_only=True, gc=False):
    """A certificate ends soon; said once for each certificate and threshold. One of a station is renewed by itself, if the
    station does its part; one of the server or of an authority is a person's work."""

    kind: str
    """server, authority, or a CertificateKind: of a station."""
    subject: str
    """Its common name, or the first name that it is for."""
    serial_number: str
    not_after: datetime
    threshold_days: int
    """30, 7 or 1: it ends in fewer days than these."""
    station_id: str | None = None
    station_identity: str | None = None

    def key(self) -> str:
        return self.station_id or self.serial_number


class CertificateRevoked(Event, frozen=True, kw_only=True, gc=False):
    """A certificate of a station holds no longer."""

    station_id: str
    serial_number: str

    def key(self) -> str:
        return self.station_id


class SecurityEventRecorded(Event, frozen=True, kw_only=True, gc=False):
    """A station has told of a security event."""

    security_event_id: str
    station_id: str
    station_identity: str
    type: str
    severity: str

    def key(self) -> str:
        return self.station_id


TOKEN_PREFIX = "vwr_"
"""How every registration token begins."""


class RedeemToken(Ask[bool], frozen=True, kw_only=True):
    """A station without a record shows a registration token; whether it has a record now, with the token as its first
    password."""

    operator_slug: str | None
    identity: str
    token: str


class EnrolStation(Ask[str], frozen=True, kw_only=True):
    """Make the record of a station from a token's template; its id. Raises IdentityTaken."""

    operator_id: str
    identity: str
    location_id: str | None
    evses: list[dict[str, Any]]
    password: str

"""Bodies of the security module's API."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from voltway.contracts.security import CertificateKind
from voltway.kernel import clock
from voltway.kernel.http import Instant, Schema
from voltway.modules.security.rules import Severity

EVSES_MAX, CONNECTORS_MAX, NUMBER_MAX = 200, 20, 2**31 - 1
LIFE_MAX = timedelta(days=366)

CertificateState = Literal["refused", "issued", "accepted", "rejected", "revoked"]
Number = Annotated[int, Field(ge=1, le=NUMBER_MAX)]


class SecurityEventOut(Schema):
    """Something that matters to security, as a station told it."""

    id: str
    station_id: str
    station_identity: str
    protocol: str
    type: str
    severity: Severity
    tech_info: str | None
    occurred_at: Instant
    received_at: Instant


class CertificateOut(Schema):
    """A station's request for a certificate, and what came of it.

    `refused`: by us, `reason` says why. `issued`: on its way to the station; `accepted`, `rejected`: by the station."""

    id: str
    station_id: str
    station_identity: str
    kind: CertificateKind
    authority: str
    state: CertificateState
    reason: str | None
    common_name: str | None
    serial_number: str | None
    certificate: str | None = Field(description="PEM, with its chain")
    not_before: Instant | None
    not_after: Instant | None
    command_id: str | None
    requested_at: Instant
    finished_at: Instant | None
    revoked_at: Instant | None


class AuthorityOut(Schema):
    """An authority of our own."""

    name: str
    root_certificate: str = Field(description="PEM: what stations are to trust")
    issuing_certificate: str = Field(description="PEM")


class Authorities(Schema):
    """Our authorities."""

    items: list[AuthorityOut]


class ConnectorTemplate(Schema):
    """A connector of an EVSE."""

    connector_number: Number
    type: str | None = Field(default=None, max_length=40)


class EvseTemplate(Schema):
    """An EVSE and its connectors."""

    evse_number: Number
    power_w_max: float | None = Field(default=None, ge=0, le=10_000_000)
    connectors: list[ConnectorTemplate] = Field(default=[], max_length=CONNECTORS_MAX)


def _numbered_once(wanted: list[EvseTemplate]) -> list[EvseTemplate]:
    numbers = [evse.evse_number for evse in wanted]
    if len(set(numbers)) < len(numbers):
        raise ValueError("an evse_number may stand only once")
    for evse in wanted:
        below = [connector.connector_number for connector in evse.connectors]
        if len(set(below)) < len(below):
            raise ValueError(f"a connector_number may stand only once in EVSE {evse.evse_number}")
    return wanted


def _within_a_year(at: Instant) -> Instant:
    if not clock.now() < at <= clock.now() + LIFE_MAX:
        raise ValueError("between now and a year from now")
    return at


class RegistrationTokenIn(Schema):
    """A new registration token: stations that show it as their password get a record like this."""

    name: str = Field(min_length=1, max_length=100)
    location_id: str | None = Field(default=None, max_length=36)
    evses: Annotated[list[EvseTemplate], Field(max_length=EVSES_MAX), AfterValidator(_numbered_once)] = Field(
        default=[]
    )
    uses_max: int = Field(default=1, ge=1, le=10_000)
    expires_at: Annotated[Instant, AfterValidator(_within_a_year)]


class RegistrationTokenOut(Schema):
    """A registration token without itself."""

    id: str
    name: str
    location_id: str | None
    evses: list[EvseTemplate]
    uses_max: int
    uses: int
    expires_at: Instant
    created_by: str
    created_at: Instant
    revoked_at: Instant | None


class RegistrationTokenCreated(RegistrationTokenOut):
    """A new registration token; `token` is shown this once."""

    token: str

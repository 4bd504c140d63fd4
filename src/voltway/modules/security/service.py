"""What is done to certificates and registration tokens, each inside the caller's transaction."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from voltway.contracts.security import TOKEN_PREFIX, CertificateRevoked, RedeemToken, RequestCertificate
from voltway.kernel import clock
from voltway.kernel.auth import Principal, find_operator
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.kernel.noticing import Noticed
from voltway.kernel.secrets import derive_key, new_password
from voltway.modules.security import rules, store
from voltway.modules.security.authorities import CSMS, Authorities, authority_for
from voltway.modules.security.errors import CertificateNotIssued, SigningRequestRefused
from voltway.modules.security.pki.authority import serial_text, station_subject
from voltway.modules.security.pki.requests import read_request
from voltway.modules.security.settings import SecuritySettings

TOKEN_PURPOSE = "registration-token"
REQUESTS_PER_DAY_MAX = 50
"""More certificates than this a station cannot need: what it asks beyond is refused and not kept."""
TOKEN_RANDOM_LENGTH = 32


# ---- certificates


async def sign(
    tx: Tx,
    request: RequestCertificate,
    location_id: str | None,
    serials: tuple[str, ...],
    authorities: Authorities,
    settings: SecuritySettings,
) -> Mapping[str, Any] | None:
    """Certify a station's key and record it; None if it was refused, which is recorded too."""
    now = clock.now()
    if await store.count_requests(tx, request.station_id, now - timedelta(days=1)) >= REQUESTS_PER_DAY_MAX:
        return None
    row: dict[str, Any] = {
        "id": new_id(),
        "operator_id": request.operator_id,
        "station_id": request.station_id,
        "station_identity": request.station_identity,
        "location_id": location_id,
        "kind": request.kind.value,
        "authority": authority_for(request.kind),
        "state": store.REFUSED,
        "request_number": request.request_number,
        "requested_at": now,
    }
    try:
        row |= _issued(request, serials, authorities, settings)
    except SigningRequestRefused as refusal:
        await store.add_certificate(tx, row | {"reason": str(refusal)[:200], "finished_at": now})
        tx.publish(noticed(row, "certificate.failed", reason=str(refusal)[:200]))
        return None
    await store.add_certificate(tx, row)
    return row


def noticed(row: Mapping[str, Any], kind: str, **facts: Any) -> Noticed:
    """Something about a station's certificate that does not look right, or does again."""
    names = {name: row[name] for name in ("station_id", "station_identity", "location_id")}
    facts |= names | {"certificate_kind": row["kind"]}
    return Noticed(operator_id=row["operator_id"], at=clock.now(), kind=kind, facts=facts)


def _issued(
    request: RequestCertificate, serials: tuple[str, ...], authorities: Authorities, settings: SecuritySettings
) -> dict[str, Any]:
    """The certificate for a request. The authority decides the name: a station's is its identity (peer.Trust)."""
    asked = read_request(request.csr)
    complaint = rules.complaint_about_name(request.kind, asked.common_name, request.station_identity, serials)
    if complaint is not None:
        raise SigningRequestRefused(complaint)
    name = authority_for(request.kind)
    common_name = request.station_identity if name == CSMS else str(asked.common_name)
    organization = settings.organizations.get(request.operator_slug, request.operator_slug)
    until = clock.now() + timedelta(days=settings.station_certificate_days)
    subject = station_subject(request.kind, common_name, organization)
    issued = authorities.get(name).issue(asked.public_key, subject, until)
    return {
        "state": store.ISSUED,
        "common_name": common_name[:64],
        "serial_number": serial_text(issued.certificate.serial_number),
        "certificate": issued.chain_pem,
        "not_before": issued.certificate.not_valid_before_utc,
        "not_after": issued.certificate.not_valid_after_utc,
    }


async def revoke(tx: Tx, row: store.Row) -> None:
    """A certificate holds no longer, from now on. Raises CertificateNotIssued; a second time changes nothing."""
    if row.serial_number is None:
        raise CertificateNotIssued("This request was refused: there is no certificate.")
    if row.revoked_at is not None:
        return
    await store.change_certificate(tx, row.id, {"state": store.REVOKED, "revoked_at": clock.now()})
    tx.publish(
        CertificateRevoked(
            operator_id=row.operator_id, at=clock.now(), station_id=row.station_id, serial_number=row.serial_number
        )
    )


# ---- registration tokens


def digest_of(token: str, secret: bytes) -> str:
    """The keyed hash by which a token is found. It is random enough to do without a salt."""
    return hmac.new(derive_key(secret, TOKEN_PURPOSE), token.encode(), hashlib.sha256).hexdigest()


async def add_token(tx: Tx, principal: Principal, given: Mapping[str, Any], secret: bytes) -> tuple[str, str]:
    """Make a registration token: its id, and itself, which is not kept."""
    token = TOKEN_PREFIX + new_password(TOKEN_RANDOM_LENGTH)
    row = {
        "id": new_id(),
        "operator_id": principal.operator_id,
        "name": given["name"],
        "digest": digest_of(token, secret),
        "location_id": given["location_id"],
        "evses": given["evses"],
        "uses_max": given["uses_max"],
        "uses": 0,
        "expires_at": given["expires_at"],
        "created_by": principal.name[:200],
        "created_at": clock.now(),
    }
    await store.add_token(tx, row)
    return row["id"], token


async def take_use(tx: Tx, request: RedeemToken, secret: bytes) -> store.Row | None:
    """Use a token once; None if it is unknown, another operator's, or spent."""
    token = await store.find_token_locked(tx, digest_of(request.token, secret))
    if token is None or rules.is_spent(token, clock.now()):
        return None
    if request.operator_slug is not None and await find_operator(tx, request.operator_slug) != token.operator_id:
        return None
    await store.count_use(tx, token.id, 1)
    return token

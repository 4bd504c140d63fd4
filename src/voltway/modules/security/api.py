"""REST of certificates, security events and registration tokens; OCSP and revocation lists for everybody."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated
from urllib.parse import unquote

import sqlalchemy as sa
from cryptography.x509.ocsp import OCSPResponseStatus
from fastapi import APIRouter, Depends, Query, Request, Response

from voltway.contracts.security import CertificateKind
from voltway.contracts.stations import LocationExists
from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, allowed, anybody, visible
from voltway.kernel.database import Tx
from voltway.kernel.http import Instant, Page, PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.security import answering, schemas, service, store
from voltway.modules.security import authorities as ours
from voltway.modules.security.errors import AuthorityNotFound, LocationUnknown
from voltway.modules.security.pki import ocsp
from voltway.modules.security.pki.authority import pem_of
from voltway.modules.security.rules import Severity
from voltway.modules.security.settings import SecuritySettings
from voltway.modules.security.tables import certificates, events, registration_tokens

router = APIRouter(tags=["security"])

MayRead = Annotated[Principal, Depends(allowed(Permission.SECURITY_READ))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.SECURITY_WRITE))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
PagePart = Annotated[PageQuery, Depends(page_query)]

QUESTION_BYTES_MAX = 4096
_OCSP = "application/ocsp-response"


# ---- security events


@router.get("/security-events")
async def list_security_events(
    principal: MayRead,
    tx: ReadTx,
    page: PagePart,
    station_id: str | None = None,
    type: Annotated[str | None, Query(max_length=50)] = None,
    severity: Severity | None = None,
    since: Instant | None = None,
    until: Instant | None = None,
) -> Page[schemas.SecurityEventOut]:
    """What stations have told of their security, newest first."""
    statement = sa.select(events).where(visible(principal, events))
    if station_id is not None:
        statement = statement.where(events.c.station_id == station_id)
    if type is not None:
        statement = statement.where(sa.func.lower(events.c.type) == type.lower())
    if severity is not None:
        statement = statement.where(events.c.severity == severity.value)
    if since is not None:
        statement = statement.where(events.c.received_at >= since)
    if until is not None:
        statement = statement.where(events.c.received_at < until)
    rows, next_cursor = await page.fetch(tx, statement, events.c.id)
    return Page(items=[schemas.SecurityEventOut.model_validate(row) for row in rows], next_cursor=next_cursor)


# ---- certificates


@router.get("/certificates")
async def list_certificates(
    principal: MayRead,
    tx: ReadTx,
    page: PagePart,
    station_id: str | None = None,
    kind: CertificateKind | None = None,
    state: schemas.CertificateState | None = None,
) -> Page[schemas.CertificateOut]:
    """Certificates that stations have asked for, newest first."""
    statement = sa.select(certificates).where(visible(principal, certificates))
    for column, wanted in (
        (certificates.c.station_id, station_id),
        (certificates.c.kind, kind),
        (certificates.c.state, state),
    ):
        if wanted is not None:
            statement = statement.where(column == str(wanted))
    rows, next_cursor = await page.fetch(tx, statement, certificates.c.id)
    return Page(items=[schemas.CertificateOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get("/certificates/{certificate_id}")
async def get_certificate(certificate_id: str, principal: MayRead, tx: ReadTx) -> schemas.CertificateOut:
    """One certificate."""
    row = await store.get_certificate(tx, certificate_id, visible(principal, certificates))
    return schemas.CertificateOut.model_validate(row)


@router.post("/certificates/{certificate_id}/revocation")
async def revoke_certificate(certificate_id: str, principal: MayWrite, tx: OpenTx) -> schemas.CertificateOut:
    """Revoke a certificate: a station that is connected with it is cut off."""
    is_visible = visible(principal, certificates)
    row = await store.get_certificate(tx, certificate_id, is_visible)
    await service.revoke(tx, row)
    told = {"station_id": row.station_id, "serial_number": row.serial_number}
    audit.note(tx, principal, "certificate.revoked", ("certificate", certificate_id), after=told)
    return schemas.CertificateOut.model_validate(await store.get_certificate(tx, certificate_id, is_visible))


@router.get("/certificate-authorities")
async def list_certificate_authorities(principal: MayRead, runtime: OurRuntime) -> schemas.Authorities:
    """Our own authorities, for those who are to trust them."""
    return schemas.Authorities(
        items=[
            schemas.AuthorityOut(
                name=name, root_certificate=authority.root_pem, issuing_certificate=pem_of(authority.issuing)
            )
            for name, authority in runtime.state(ours.Authorities)
        ]
    )


# ---- OCSP (RFC 6960, appendix A) and revocation lists


@router.post("/ocsp", dependencies=[Depends(anybody)], response_class=Response)
async def ask_ocsp(request: Request, runtime: OurRuntime) -> Response:
    """Answer an OCSP question."""
    return await _answer(runtime, await request.body())


@router.get("/ocsp/{question:path}", dependencies=[Depends(anybody)], response_class=Response)
async def ask_ocsp_by_address(question: str, runtime: OurRuntime) -> Response:
    """Answer an OCSP question that stands in the address, in base64."""
    try:
        der = base64.b64decode(unquote(question), validate=True)
    except (binascii.Error, ValueError):
        der = b""
    return await _answer(runtime, der)


async def _answer(runtime: Runtime, question: bytes) -> Response:
    try:
        asked = ocsp.asked_of(question[: QUESTION_BYTES_MAX + 1])
    except (ValueError, RuntimeError):  # the second: several certificates at once
        return Response(ocsp.failed(OCSPResponseStatus.MALFORMED_REQUEST), media_type=_OCSP)
    answer = await answering.own_answer(runtime, asked)
    return Response(answer or ocsp.failed(OCSPResponseStatus.UNAUTHORIZED), media_type=_OCSP)


@router.get("/certificate-authorities/{name}/revocation-list", dependencies=[Depends(anybody)], response_class=Response)
async def get_revocation_list(name: str, runtime: OurRuntime, tx: ReadTx) -> Response:
    """What an authority of ours has revoked, as DER."""
    authority = dict(runtime.state(ours.Authorities)).get(name)
    if authority is None:
        raise AuthorityNotFound(f"There is no authority {name[:50]}.")
    revoked = [(int(serial, 16), at) for serial, at in await store.find_revoked(tx, name, clock.now())]
    validity_h = runtime.settings(SecuritySettings).ocsp_validity_h
    number = int(clock.now().timestamp())
    return Response(ocsp.revocation_list(authority, revoked, number, validity_h), media_type="application/pkix-crl")


# ---- registration tokens


@router.get("/registration-tokens")
async def list_registration_tokens(
    principal: MayWrite, tx: ReadTx, page: PagePart
) -> Page[schemas.RegistrationTokenOut]:
    """The registration tokens, newest first."""
    statement = sa.select(registration_tokens).where(visible(principal, registration_tokens))
    rows, next_cursor = await page.fetch(tx, statement, registration_tokens.c.id)
    return Page(items=[schemas.RegistrationTokenOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.post("/registration-tokens", status_code=201)
async def add_registration_token(
    body: schemas.RegistrationTokenIn, principal: MayWrite, runtime: OurRuntime
) -> schemas.RegistrationTokenCreated:
    """Make a registration token: a station without a record that shows it as its password gets a record, and at once a
    password of its own. It is shown in this answer only."""
    await _check_location(runtime, principal, body.location_id)
    async with runtime.database.begin(principal.operator_id) as tx:
        token_id, token = await service.add_token(tx, principal, body.model_dump(), runtime.secret)
        row = await store.get_token(tx, token_id)
        told = body.model_dump(mode="json")
        audit.note(tx, principal, "registration_token.made", ("registration_token", token_id), after=told)
    out = schemas.RegistrationTokenOut.model_validate(row)
    return schemas.RegistrationTokenCreated(**out.model_dump(), token=token)


@router.delete("/registration-tokens/{token_id}", status_code=204)
async def revoke_registration_token(token_id: str, principal: MayWrite, tx: OpenTx) -> None:
    """The token lets nobody in any more; stations that came with it stay."""
    row = await store.get_token(tx, token_id, visible(principal, registration_tokens))
    await store.revoke_token(tx, row.id, clock.now())
    audit.note(tx, principal, "registration_token.revoked", ("registration_token", row.id))


async def _check_location(runtime: Runtime, principal: Principal, location_id: str | None) -> None:
    """Raise LocationUnknown for a location that the caller does not see."""
    if location_id is None:
        is_known = principal.location_ids is None
    else:
        is_ours = await runtime.ask(LocationExists(operator_id=principal.operator_id, location_id=location_id))
        is_known = is_ours and principal.reaches(location_id)
    if not is_known:
        raise LocationUnknown.at("$.location_id", "name one of your locations")

"""REST of the certificates by which makers' signatures on firmware are checked."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from pydantic import Field

from voltway.charging import firmware_signatures as signatures
from voltway.kernel import audit, bulk, clock
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.auth.errors import PermissionMissing
from voltway.kernel.database import Tx
from voltway.kernel.http import Instant, Page, PageQuery, Schema, open_tx, page_query, read_tx
from voltway.kernel.ids import new_id
from voltway.modules.files import errors
from voltway.modules.files.schemas import Word
from voltway.modules.files.tables import makers

router = APIRouter(tags=["files"])

MayRead = Annotated[Principal, Depends(allowed(Permission.FIRMWARE_READ))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.FIRMWARE_WRITE, everywhere=True))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
PagePart = Annotated[PageQuery, Depends(page_query)]


class FirmwareMakerIn(Schema):
    """A certificate that a maker signs firmware with, or issues such certificates with."""

    vendor: Word
    certificate: str = Field(max_length=20_000, pattern=r"^\s*-----BEGIN CERTIFICATE-----", description="PEM")


class FirmwareMakerOut(Schema):
    """A maker's certificate. From now on a signature on firmware of this vendor must lead to one of its certificates."""

    id: str
    vendor: str
    subject: str
    fingerprint: str = Field(description="SHA-256, hexadecimal")
    certificate: str
    valid_to: Instant
    created_at: Instant


@router.get("/firmware-makers")
async def list_firmware_makers(principal: MayRead, tx: ReadTx, page: PagePart) -> Page[FirmwareMakerOut]:
    """The certificates of makers, newest first."""
    statement = sa.select(makers).where(visible(principal, makers))
    rows, next_cursor = await page.fetch(tx, statement, makers.c.id)
    return Page(items=[FirmwareMakerOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.post("/firmware-makers", status_code=201)
async def add_firmware_maker(body: FirmwareMakerIn, principal: MayWrite, tx: OpenTx) -> FirmwareMakerOut:
    """Store a maker's certificate. The same one again is the same."""
    _require_unbound(principal)
    certificate = signatures.read_certificate(body.certificate)
    if certificate is None:
        raise errors.CertificateUnreadable.at("$.certificate", "a certificate in PEM")
    row = {
        "id": new_id(),
        "operator_id": principal.operator_id,
        "vendor": body.vendor,
        "subject": certificate.subject.rfc4514_string()[:500],
        "fingerprint": signatures.fingerprint(certificate),
        "certificate": signatures.plain(certificate),
        "valid_to": certificate.not_valid_after_utc,
        "created_at": clock.now(),
    }
    await bulk.insert_if_absent(tx, makers, [row])
    mine = [makers.c[name] == row[name] for name in ("operator_id", "vendor", "fingerprint")]
    stored = (await tx.execute(sa.select(makers).where(*mine))).one()
    told = {name: row[name] for name in ("vendor", "subject", "fingerprint")}
    audit.note(tx, principal, "firmware_maker.added", ("firmware_maker", stored.id), after=told)
    return FirmwareMakerOut.model_validate(stored)


@router.delete("/firmware-makers/{maker_id}", status_code=204)
async def remove_firmware_maker(maker_id: str, principal: MayWrite, tx: OpenTx) -> None:
    """Forget a maker's certificate. Images that were checked by it stay."""
    _require_unbound(principal)
    mine = (makers.c.id == maker_id, visible(principal, makers))
    if not (await tx.execute(sa.delete(makers).where(*mine))).rowcount:
        raise errors.MakerNotFound(f"There is no certificate {maker_id[:50]}.")
    audit.note(tx, principal, "firmware_maker.removed", ("firmware_maker", maker_id))


def _require_unbound(principal: Principal) -> None:
    """Firmware is for all locations."""
    if principal.location_ids is not None:
        raise PermissionMissing("Who is bound to locations has no hand in firmware.")

"""REST of documents: for whoever keeps the books, and for the one who pays."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Query
from fastapi.responses import Response

from voltway.kernel import audit
from voltway.kernel.auth import Principal, visible
from voltway.kernel.database import Tx
from voltway.kernel.http import Instant, Page, PageQuery
from voltway.kernel.runtime import Runtime
from voltway.modules.documents import einvoice, mailing, page_api, printing, reading, store
from voltway.modules.documents.dependencies import (
    Language,
    MayRead,
    MaySend,
    OpenTx,
    OurRuntime,
    PagePart,
    Payer,
    ReadTx,
)
from voltway.modules.documents.errors import NoInvoiceFile
from voltway.modules.documents.reading import Read
from voltway.modules.documents.schemas import DocumentOut, document_out
from voltway.modules.documents.snapshot import Kind
from voltway.modules.documents.tables import charges, documents

router = APIRouter(tags=["documents"])
KindPart = Annotated[Kind | None, Query()]


@router.get("/documents")
async def list_documents(
    principal: MayRead,
    tx: ReadTx,
    page: PagePart,
    runtime: OurRuntime,
    kind: KindPart = None,
    number: Annotated[str | None, Query(max_length=40)] = None,
    session_id: str | None = None,
    payer_id: str | None = None,
    customer_id: str | None = None,
    entity_id: str | None = None,
    since: Annotated[Instant | None, Query(description="issued at or after")] = None,
    until: Annotated[Instant | None, Query(description="issued before")] = None,
) -> Page[DocumentOut]:
    """Receipts, invoices, credit notes and statements, newest first. By session: also the monthly invoice that it stands on."""
    statement = sa.select(documents).where(visible(principal, documents))
    for column, value in (
        (documents.c.kind, kind),
        (documents.c.number, number),
        (documents.c.payer_id, payer_id),
        (documents.c.customer_id, customer_id),
        (documents.c.entity_id, entity_id),
    ):
        if value is not None:
            statement = statement.where(column == str(value))
    if session_id is not None:
        standing = sa.select(charges.c.document_id).where(charges.c.session_id == session_id)
        statement = statement.where(sa.or_(documents.c.session_id == session_id, documents.c.id.in_(standing)))
    if since is not None:
        statement = statement.where(documents.c.issued_at >= since)
    if until is not None:
        statement = statement.where(documents.c.issued_at < until)
    return await _page(tx, runtime, page, statement)


async def _page(tx: Tx, runtime: Runtime, page: PageQuery, statement: sa.Select[Any]) -> Page[DocumentOut]:
    rows, next_cursor = await page.fetch(tx, statement, documents.c.id)
    items = [document_out(row, mailing.link_to(runtime, row.id)) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


@router.get("/documents/{document_id}")
async def get_document(document_id: str, principal: MayRead, tx: ReadTx, runtime: OurRuntime) -> DocumentOut:
    """One document."""
    row = await store.get_document(tx, document_id, visible(principal, documents))
    return document_out(row, mailing.link_to(runtime, row.id))


@router.get("/documents/{document_id}/content", response_class=Response)
async def get_document_content(document_id: str, principal: MayRead, tx: ReadTx) -> Response:
    """What a document says, as it was written: JSON, whose SHA-256 stands beside it."""
    row = await store.get_document(tx, document_id, visible(principal, documents))
    return Response(row.snapshot, media_type="application/json")


@router.get("/documents/{document_id}/pdf", response_class=Response)
async def get_document_pdf(
    document_id: str, principal: MayRead, runtime: OurRuntime, language: Language = None
) -> Response:
    """A document as PDF; of an invoice to a business, with the electronic invoice in it (Factur-X)."""
    return await _pdf(runtime, await _read(runtime, principal, document_id, visible(principal, documents)), language)


@router.get("/documents/{document_id}/xml", response_class=Response)
async def get_electronic_invoice(document_id: str, principal: MayRead, runtime: OurRuntime) -> Response:
    """The electronic invoice (CII, EN 16931) of an invoice to a business."""
    return _xml(await _read(runtime, principal, document_id, visible(principal, documents)))


@router.post("/documents/{document_id}/sending", status_code=202)
async def send_document_again(document_id: str, principal: MaySend, tx: OpenTx, runtime: OurRuntime) -> DocumentOut:
    """Send a document again, to whom it is for."""
    row = await store.get_document(tx, document_id, visible(principal, documents))
    entity = await store.get_entity(tx, row.operator_id, row.entity_id)
    await mailing.send_again(tx, runtime, row, entity.name)
    audit.note(tx, principal, "document.sent_again", ("document", row.id), after={"number": row.number})
    row = await store.get_document(tx, document_id)
    return document_out(row, mailing.link_to(runtime, row.id))


# ---- one's own


@router.get("/me/documents")
async def list_own_documents(
    person: Payer, tx: ReadTx, page: PagePart, runtime: OurRuntime, kind: KindPart = None
) -> Page[DocumentOut]:
    """The documents of the caller, newest first."""
    statement = sa.select(documents).where(_own(person))
    if kind is not None:
        statement = statement.where(documents.c.kind == kind.value)
    return await _page(tx, runtime, page, statement)


@router.get("/me/documents/{document_id}")
async def get_own_document(document_id: str, person: Payer, tx: ReadTx, runtime: OurRuntime) -> DocumentOut:
    """One of them."""
    row = await store.get_document(tx, document_id, _own(person))
    return document_out(row, mailing.link_to(runtime, row.id))


@router.get("/me/documents/{document_id}/pdf", response_class=Response)
async def get_own_document_pdf(
    document_id: str, person: Payer, runtime: OurRuntime, language: Language = None
) -> Response:
    """One of them as PDF."""
    return await _pdf(runtime, await _read(runtime, person, document_id, _own(person)), language)


def _own(person: Principal) -> sa.ColumnElement[bool]:
    return sa.and_(documents.c.operator_id == person.operator_id, documents.c.payer_id == person.id)


async def _read(runtime: Runtime, principal: Principal, document_id: str, condition: sa.ColumnElement[bool]) -> Read:
    async with runtime.database.read(principal.operator_id) as tx:
        return await reading.read(tx, await store.get_document(tx, document_id, condition))


async def _pdf(runtime: Runtime, found: Read, language: str | None) -> Response:
    view = reading.shown(runtime, found, language)
    return page_api.pdf_answer(await printing.pdf_of(runtime, found.row, found.said, view), found)


def _xml(found: Read) -> Response:
    reason = einvoice.lacking(found.said)
    if reason is not None:
        raise NoInvoiceFile(reason)
    return page_api.xml_answer(found)

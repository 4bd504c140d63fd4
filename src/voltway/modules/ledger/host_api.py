"""REST of site hosts: agreements, statements, payout batches."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Response

from voltway.contracts.stations import LocationExists
from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField
from voltway.kernel.http import Page, PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.ids import new_id
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key
from voltway.modules.ledger import hosts as service
from voltway.modules.ledger import rules
from voltway.modules.ledger.errors import DebtorMissing
from voltway.modules.ledger.pain001 import Account, Transfer, pain001
from voltway.modules.ledger.posting import Book
from voltway.modules.ledger.schemas import (
    AgreementIn,
    AgreementOut,
    BatchIn,
    BatchOut,
    HostIn,
    HostOut,
    Month,
    StatementClosing,
    StatementOut,
    StatementsOut,
    batch_out,
    statement_out,
)
from voltway.modules.ledger.settings import LedgerSettings
from voltway.modules.ledger.tables import agreements, batches, hosts, statements

router = APIRouter(tags=["hosts"])

MayRead = Annotated[Principal, Depends(allowed(Permission.LEDGER_READ, everywhere=True))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.LEDGER_WRITE, everywhere=True))]
MayApprove = Annotated[Principal, Depends(allowed(Permission.PAYOUTS_APPROVE, everywhere=True))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
PagePart = Annotated[PageQuery, Depends(page_query)]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]


async def _book(runtime: Runtime, tx: Tx, operator_id: str) -> Book:
    return await Book.open(tx, operator_id, derive_key(runtime.secret, rules.SEAL_PURPOSE))


# ---- hosts and agreements


@router.get("/hosts")
async def list_hosts(principal: MayRead, tx: ReadTx, page: PagePart) -> Page[HostOut]:
    """The operator's site hosts, newest first."""
    rows, next_cursor = await page.fetch(tx, sa.select(hosts).where(visible(principal, hosts)), hosts.c.id)
    return Page(items=[_host_out(row) for row in rows], next_cursor=next_cursor)


@router.post("/hosts", status_code=201)
async def add_host(body: HostIn, principal: MayWrite, tx: OpenTx) -> HostOut:
    """Add a site host."""
    row = {"id": new_id(), "operator_id": principal.operator_id, **body.model_dump(), "created_at": clock.now()}
    added = await service.add(tx, hosts, row)
    audit.note(tx, principal, "host.added", ("host", added.id), after=body.model_dump())
    return _host_out(added)


@router.get("/hosts/{host_id}")
async def get_host(host_id: str, principal: MayRead, tx: ReadTx) -> HostOut:
    """One site host."""
    return _host_out(await service.get(tx, principal, hosts, host_id))


@router.put("/hosts/{host_id}")
async def change_host(host_id: str, body: HostIn, principal: MayWrite, tx: OpenTx) -> HostOut:
    """Another name or account. Batches that are made already keep the one they have."""
    before = await service.get(tx, principal, hosts, host_id)
    row = await service.change(tx, hosts, host_id, **body.model_dump())
    audit.note(tx, principal, "host.edited", ("host", host_id), **audit.changes(before, row))
    return _host_out(row)


@router.get("/hosts/{host_id}/statements/{month}")
async def get_host_statements(host_id: str, month: Month, principal: MayRead, tx: ReadTx) -> StatementsOut:
    """What a host gets for a month: as closed, or as it stands by what is posted so far."""
    await service.get(tx, principal, hosts, host_id)
    is_wanted = (visible(principal, statements), statements.c.host_id == host_id, statements.c.month == month)
    rows = (await tx.execute(sa.select(statements).where(*is_wanted).order_by(statements.c.currency))).all()
    if rows:
        return StatementsOut(items=[statement_out(row.document, row) for row in rows])
    found = await service.reckon(tx, principal.operator_id, host_id, month)
    return StatementsOut(items=[statement_out(msgspec.to_builtins(one)) for one in found])


@router.get("/host-agreements")
async def list_host_agreements(
    principal: MayRead,
    tx: ReadTx,
    page: PagePart,
    host_id: Annotated[str | None, Query(max_length=36)] = None,
    location_id: Annotated[str | None, Query(max_length=36)] = None,
) -> Page[AgreementOut]:
    """What was agreed with hosts, newest first."""
    statement = sa.select(agreements).where(visible(principal, agreements))
    for column, value in ((agreements.c.host_id, host_id), (agreements.c.location_id, location_id)):
        if value is not None:
            statement = statement.where(column == value)
    rows, next_cursor = await page.fetch(tx, statement, agreements.c.id)
    return Page(items=[_agreement_out(row) for row in rows], next_cursor=next_cursor)


@router.post("/host-agreements", status_code=201)
async def add_host_agreement(body: AgreementIn, principal: MayWrite, runtime: OurRuntime) -> AgreementOut:
    """Agree on something with a host for a location, from a day on. It is never edited: agree on another thing from another day on."""
    ask = LocationExists(operator_id=principal.operator_id, location_id=body.location_id)
    if not await runtime.ask(ask):
        raise InvalidField.at("$.location_id", "there is no such location")
    values = {**body.model_dump(mode="json")}
    async with runtime.database.begin(principal.operator_id) as tx:
        row = await service.add_agreement(tx, principal, values)
        audit.note(tx, principal, "host_agreement.added", ("host_agreement", row.id), after=values)
    return _agreement_out(row)


# ---- statements


@router.get("/host-statements")
async def list_host_statements(
    principal: MayRead,
    tx: ReadTx,
    page: PagePart,
    host_id: Annotated[str | None, Query(max_length=36)] = None,
    month: Annotated[Month | None, Query()] = None,
) -> Page[StatementOut]:
    """Closed statements, newest first."""
    statement = sa.select(statements).where(visible(principal, statements))
    for column, value in ((statements.c.host_id, host_id), (statements.c.month, month)):
        if value is not None:
            statement = statement.where(column == value)
    rows, next_cursor = await page.fetch(tx, statement, statements.c.id)
    return Page(items=[statement_out(row.document, row) for row in rows], next_cursor=next_cursor)


@router.post("/host-statements", status_code=201)
async def close_host_statements(
    body: StatementClosing, principal: MayWrite, runtime: OurRuntime, tx: OpenTx
) -> StatementsOut:
    """Close a month for a host: its statements never change after that, and what it gets is posted."""
    book = await _book(runtime, tx, principal.operator_id)
    rows = await service.close(tx, principal, book, body.host_id, body.month)
    for row in rows:
        told = {"host_id": row.host_id, "month": row.month, "total_minor": row.total_minor, "currency": row.currency}
        audit.note(tx, principal, "host_statement.closed", ("host_statement", row.id), after=told)
    return StatementsOut(items=[statement_out(row.document, row) for row in rows])


# ---- payout batches


@router.get("/payout-batches")
async def list_payout_batches(principal: MayRead, tx: ReadTx, page: PagePart) -> Page[BatchOut]:
    """Payouts to hosts, newest first."""
    rows, next_cursor = await page.fetch(tx, sa.select(batches).where(visible(principal, batches)), batches.c.id)
    return Page(items=[batch_out(row) for row in rows], next_cursor=next_cursor)


@router.post("/payout-batches", status_code=201)
async def add_payout_batch(body: BatchIn, principal: MayWrite, tx: OpenTx) -> BatchOut:
    """Put closed statements together to be paid, once somebody else has approved it."""
    row = await service.make_batch(tx, principal, body.statement_ids)
    told = {"total_minor": row.total_minor, "currency": row.currency, "payees": row.document}
    audit.note(tx, principal, "payout_batch.added", ("payout_batch", row.id), after=told)
    return batch_out(row)


@router.get("/payout-batches/{batch_id}")
async def get_payout_batch(batch_id: str, principal: MayRead, tx: ReadTx) -> BatchOut:
    """One batch."""
    return batch_out(await service.get(tx, principal, batches, batch_id))


@router.post("/payout-batches/{batch_id}/approval")
async def approve_payout_batch(batch_id: str, principal: MayApprove, tx: OpenTx) -> BatchOut:
    """Approve a batch that somebody else has made."""
    before = await service.get(tx, principal, batches, batch_id)
    row = await service.approve(tx, principal, before)
    audit.note(tx, principal, "payout_batch.approved", ("payout_batch", batch_id), **audit.changes(before, row))
    return batch_out(row)


@router.post("/payout-batches/{batch_id}/rejection")
async def reject_payout_batch(batch_id: str, principal: MayApprove, tx: OpenTx) -> BatchOut:
    """Give up a batch that is not paid; its statements can be paid in another one."""
    before = await service.get(tx, principal, batches, batch_id)
    row = await service.reject(tx, before)
    audit.note(tx, principal, "payout_batch.rejected", ("payout_batch", batch_id), **audit.changes(before, row))
    return batch_out(row)


@router.post("/payout-batches/{batch_id}/payment")
async def pay_payout_batch(batch_id: str, principal: MayWrite, runtime: OurRuntime, tx: OpenTx) -> BatchOut:
    """Say that the bank has paid an approved batch."""
    book = await _book(runtime, tx, principal.operator_id)
    before = await service.get(tx, principal, batches, batch_id)
    row = await service.pay(tx, book, before)
    audit.note(tx, principal, "payout_batch.paid", ("payout_batch", batch_id), **audit.changes(before, row))
    return batch_out(row)


@router.get(
    "/payout-batches/{batch_id}/sepa-file",
    response_class=Response,
    responses={200: {"content": {"application/xml": {}}, "description": "pain.001.001.09"}},
)
async def get_sepa_file(batch_id: str, principal: MayRead, runtime: OurRuntime, tx: ReadTx) -> Response:
    """An approved batch as the file that a bank takes (ISO 20022, pain.001.001.09). The same batch gives the same message id, by which a
    bank knows a file that it is given twice."""
    row = await service.get(tx, principal, batches, batch_id)
    service.require(row, "approved", "paid")
    settings = runtime.settings(LedgerSettings)
    if settings.debtor_name is None or settings.debtor_iban is None:
        raise DebtorMissing("Set ledger.debtor_name and ledger.debtor_iban.")
    if row.currency != "EUR":
        raise DebtorMissing("SEPA pays in EUR only.")
    debtor = Account(settings.debtor_name, settings.debtor_iban, settings.debtor_bic)
    pay_on = (row.changed_at + timedelta(days=1)).date()
    content = pain001(_short(row.id), row.changed_at, pay_on, debtor, [_transfer(payee) for payee in row.document])
    headers = {"content-disposition": f'attachment; filename="payout-{row.id}.xml"'}
    return Response(content, media_type="application/xml", headers=headers)


def _transfer(payee: dict[str, Any]) -> Transfer:
    to = Account(payee["name"], payee["iban"], payee["bic"])
    text = f"Charging {payee['month']}, statement {_short(payee['statement_id'])}"
    return Transfer(_short(payee["statement_id"]), to, Money(payee["minor"], payee["currency"]), text)


def _short(id_: str) -> str:
    """An id without its dashes fits into 35 characters."""
    return id_.replace("-", "")


def _host_out(row: Any) -> HostOut:
    return HostOut(**{name: getattr(row, name) for name in HostOut.model_fields})


def _agreement_out(row: Any) -> AgreementOut:
    return AgreementOut(**{name: getattr(row, name) for name in AgreementOut.model_fields})

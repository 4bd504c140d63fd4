"""REST of payments for the operator: look, refund, make vouchers and credit lines."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Query

from voltway.contracts.stations import KnownLocations
from voltway.kernel import audit, bulk, clock
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField
from voltway.kernel.http import Page, PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import new_password
from voltway.modules.payments import beginning, store
from voltway.modules.payments.errors import AccountOfInvoicesNotFound, PaymentNotInState, VoucherNotFound
from voltway.modules.payments.rules import State
from voltway.modules.payments.schemas import (
    CreditLineIn,
    CreditLineOut,
    PaymentDetailOut,
    PaymentOut,
    PaymentState,
    RefundIn,
    SettledIn,
    StaffWalletOut,
    VoucherCreated,
    VoucherIn,
    VoucherOut,
    money,
    payment_detail_out,
    payment_out,
    staff_wallet_out,
)
from voltway.modules.payments.tables import calls, credits_, payments, vouchers, wallets

router = APIRouter(tags=["payments"])

MayRead = Annotated[Principal, Depends(allowed(Permission.PAYMENTS_READ))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.PAYMENTS_WRITE, everywhere=True))]
MayReadAll = Annotated[Principal, Depends(allowed(Permission.PAYMENTS_READ, everywhere=True))]
MayRefund = Annotated[Principal, Depends(allowed(Permission.REFUNDS_WRITE))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
PagePart = Annotated[PageQuery, Depends(page_query)]
ShortId = Annotated[str | None, Query(max_length=36)]

CODE_LENGTH = 16


@router.get("/wallets")
async def list_wallets(
    principal: MayReadAll, tx: ReadTx, page: PagePart, account_id: ShortId = None
) -> Page[StaffWalletOut]:
    """Prepaid balances of drivers, newest first; of one driver one for each currency."""
    statement = sa.select(wallets).where(visible(principal, wallets))
    if account_id is not None:
        statement = statement.where(wallets.c.account_id == account_id)
    rows, next_cursor = await page.fetch(tx, statement, wallets.c.id)
    return Page(items=[staff_wallet_out(row) for row in rows], next_cursor=next_cursor)


@router.get("/payments")
async def list_payments(
    principal: MayRead,
    tx: ReadTx,
    page: PagePart,
    state: PaymentState | None = None,
    station_id: ShortId = None,
    session_id: ShortId = None,
    payer_id: ShortId = None,
) -> Page[PaymentOut]:
    """Payments, newest first."""
    statement = sa.select(payments).where(visible(principal, payments))
    for column, value in (
        (payments.c.state, state),
        (payments.c.station_id, station_id),
        (payments.c.session_id, session_id),
        (payments.c.payer_id, payer_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    rows, next_cursor = await page.fetch(tx, statement, payments.c.id)
    return Page(items=[payment_out(row) for row in rows], next_cursor=next_cursor)


@router.get("/payments/{payment_id}")
async def get_payment(
    payment_id: Annotated[str, Path(max_length=36)], principal: MayRead, tx: ReadTx
) -> PaymentDetailOut:
    """One payment, with all that its provider was asked."""
    row = await store.get(tx, payment_id, visible(principal, payments))
    return payment_detail_out(row, await _calls_of(tx, payment_id))


@router.post("/payments/{payment_id}/refunds")
async def refund_payment(
    payment_id: Annotated[str, Path(max_length=36)], body: RefundIn, principal: MayRefund, tx: OpenTx
) -> PaymentDetailOut:
    """Give back some of what was taken. The provider does it within seconds, or is asked until it says what came of it."""
    row = await store.get(tx, payment_id, visible(principal, payments), lock=True)
    if row.state != State.CAPTURED.value or row.wallet_id is not None or row.owed_minor is None:
        raise PaymentNotInState("Only what was taken for a session that is priced can be given back here.")
    if body.amount.currency != row.currency:
        raise InvalidField.at("$.amount.currency", f"the payment is in {row.currency}")
    kept = min(row.owed_minor, row.captured_minor - row.refunded_minor)
    if body.amount.minor > kept:
        raise InvalidField.at("$.amount.minor", f"at most {kept}")
    await store.change(tx, payment_id, owed_minor=kept - body.amount.minor, due_at=clock.now())
    after = {"amount": body.amount.minor, "currency": row.currency}
    audit.note(tx, principal, "payment.refunded", ("payment", payment_id), after=after, reason=body.reason)
    return payment_detail_out(await store.get(tx, payment_id), await _calls_of(tx, payment_id))


async def _calls_of(tx: Tx, payment_id: str) -> Any:
    return (await tx.execute(sa.select(calls).where(calls.c.payment_id == payment_id).order_by(calls.c.id))).all()


# ---- vouchers


@router.get("/vouchers")
async def list_vouchers(principal: MayReadAll, tx: ReadTx, page: PagePart) -> Page[VoucherOut]:
    """Vouchers and budgets, newest first."""
    statement = sa.select(vouchers).where(visible(principal, vouchers))
    rows, next_cursor = await page.fetch(tx, statement, vouchers.c.id)
    return Page(items=[VoucherOut(**_voucher_fields(row)) for row in rows], next_cursor=next_cursor)


@router.post("/vouchers", status_code=201)
async def add_voucher(body: VoucherIn, principal: MayWrite, runtime: OurRuntime) -> VoucherCreated:
    """Make a voucher. Its code is shown in this answer only."""
    if body.location_id is not None:
        known = KnownLocations(operator_id=principal.operator_id, location_ids=(body.location_id,))
        if not await runtime.ask(known):
            raise InvalidField.at("$.location_id", "there is no such location")
    code = new_password(CODE_LENGTH).upper()
    row = {
        "id": new_id(),
        "operator_id": principal.operator_id,
        "digest": beginning.voucher_digest(runtime.secret, code),
        "hint": code[-4:],
        "kind": body.kind,
        "currency": body.amount.currency,
        "amount_minor": body.amount.minor,
        "held_minor": 0,
        "used_minor": 0,
        "location_id": body.location_id,
        "expires_at": body.expires_at,
        "is_active": True,
        "created_at": clock.now(),
    }
    after = {"kind": body.kind, "amount": body.amount.minor, "currency": body.amount.currency}
    async with runtime.database.begin(principal.operator_id) as tx:
        await bulk.insert(tx, vouchers, [row])
        audit.note(tx, principal, "voucher.made", ("voucher", str(row["id"])), after=after)
        made = (await tx.execute(sa.select(vouchers).where(vouchers.c.id == row["id"]))).one()
    return VoucherCreated(**_voucher_fields(made), code=code)


@router.delete("/vouchers/{voucher_id}", status_code=204)
async def end_voucher(voucher_id: Annotated[str, Path(max_length=36)], principal: MayWrite, tx: OpenTx) -> None:
    """End a voucher: it pays for nothing new."""
    mine = sa.and_(vouchers.c.id == voucher_id, visible(principal, vouchers))
    if not (await tx.execute(sa.update(vouchers).where(mine).values(is_active=False))).rowcount:
        raise VoucherNotFound(f"There is no voucher {voucher_id}.")
    audit.note(tx, principal, "voucher.ended", ("voucher", voucher_id))


def _voucher_fields(row: Any) -> dict[str, Any]:
    amounts = {name: money(getattr(row, f"{name}_minor"), row.currency) for name in ("amount", "held", "used")}
    return {name: getattr(row, name) for name in VoucherOut.model_fields if name not in amounts} | amounts


# ---- credit lines


@router.get("/credit-lines")
async def list_credit_lines(principal: MayReadAll, tx: ReadTx, page: PagePart) -> Page[CreditLineOut]:
    """Who pays by invoice, newest first."""
    statement = sa.select(credits_).where(visible(principal, credits_))
    rows, next_cursor = await page.fetch(tx, statement, credits_.c.id)
    return Page(items=[_credit_line_out(row) for row in rows], next_cursor=next_cursor)


@router.post("/credit-lines", status_code=201)
async def add_credit_line(body: CreditLineIn, principal: MayWrite, tx: OpenTx) -> CreditLineOut:
    """Let somebody pay by invoice, up to a limit."""
    row = {
        "id": new_id(),
        "operator_id": principal.operator_id,
        "currency": body.credit_limit.currency,
        "held_minor": 0,
        "open_minor": 0,
        **_credit_values(body),
    }
    await bulk.insert(tx, credits_, [row])
    audit.note(tx, principal, "credit_line.added", ("credit_line", str(row["id"])), after=_credit_told(body))
    return _credit_line_out(await _credit_line(tx, principal, str(row["id"])))


@router.put("/credit-lines/{credit_line_id}")
async def change_credit_line(
    credit_line_id: Annotated[str, Path(max_length=36)], body: CreditLineIn, principal: MayWrite, tx: OpenTx
) -> CreditLineOut:
    """Change who pays by invoice, and how much. A limit below what is open stops new visits."""
    row = await _credit_line(tx, principal, credit_line_id)
    if body.credit_limit.currency != row.currency:
        raise InvalidField.at("$.credit_limit.currency", f"stays {row.currency}")
    await tx.execute(sa.update(credits_).where(credits_.c.id == credit_line_id).values(**_credit_values(body)))
    audit.note(tx, principal, "credit_line.changed", ("credit_line", credit_line_id), after=_credit_told(body))
    return _credit_line_out(await _credit_line(tx, principal, credit_line_id))


@router.post("/credit-lines/{credit_line_id}/payments")
async def note_invoice_paid(
    credit_line_id: Annotated[str, Path(max_length=36)], body: SettledIn, principal: MayWrite, tx: OpenTx
) -> CreditLineOut:
    """An invoice was paid: so much of the line is free again."""
    row = await _credit_line(tx, principal, credit_line_id)
    if body.amount.currency != row.currency or body.amount.minor > row.open_minor:
        raise InvalidField.at("$.amount", f"at most what is open: {row.open_minor} {row.currency}")
    paid = {"open_minor": credits_.c.open_minor - body.amount.minor}
    await tx.execute(sa.update(credits_).where(credits_.c.id == credit_line_id).values(**paid))
    after = {"amount": body.amount.minor, "currency": row.currency}
    audit.note(tx, principal, "credit_line.paid", ("credit_line", credit_line_id), after=after)
    return _credit_line_out(await _credit_line(tx, principal, credit_line_id))


async def _credit_line(tx: Tx, principal: Principal, credit_line_id: str) -> Any:
    statement = sa.select(credits_).where(credits_.c.id == credit_line_id, visible(principal, credits_))
    row = (await tx.execute(bulk.locked(statement, tx))).one_or_none()
    if row is None:
        raise AccountOfInvoicesNotFound(f"There is no credit line {credit_line_id}.")
    return row


def _credit_values(body: CreditLineIn) -> dict[str, Any]:
    return {
        "name": body.name,
        "credit_limit_minor": body.credit_limit.minor,
        "members": body.members,
        "is_active": body.is_active,
        "changed_at": clock.now(),
    }


def _credit_told(body: CreditLineIn) -> dict[str, Any]:
    return {"credit_limit": body.credit_limit.minor, "members": sorted(body.members), "is_active": body.is_active}


def _credit_line_out(row: Any) -> CreditLineOut:
    return CreditLineOut(
        id=row.id,
        name=row.name,
        credit_limit=money(row.credit_limit_minor, row.currency),
        held=money(row.held_minor, row.currency),
        open=money(row.open_minor, row.currency),
        members=row.members,
        is_active=row.is_active,
    )

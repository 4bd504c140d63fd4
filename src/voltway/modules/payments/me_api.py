"""REST of a driver's own payments and wallet."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path

from voltway.contracts.billing import FindTariffs, TariffQuery
from voltway.contracts.vocabulary import CommandState
from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField
from voltway.kernel.http import Page, PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.payments import api, beginning, cards, charges, store, visits, wallets
from voltway.modules.payments.charge_schemas import Charge, TopUpTerms
from voltway.modules.payments.errors import PaymentNotInState, TopUpRefused
from voltway.modules.payments.registry import choose
from voltway.modules.payments.schemas import (
    AutoTopUp,
    AutoTopUpIn,
    CableOut,
    StartIn,
    TopUpIn,
    VisitOut,
    WalletOut,
    money,
    visit_out,
)
from voltway.modules.payments.settings import PaymentsSettings
from voltway.modules.payments.tables import payments
from voltway.modules.payments.tables import wallets as table

router = APIRouter(tags=["own payments"])

MayOwn = Annotated[Principal, Depends(allowed(Permission.PAYMENTS_OWN))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
PaymentId = Annotated[str, Path(max_length=36)]


def own(principal: Principal) -> sa.ColumnElement[bool]:
    """The caller's own payments, at their operator."""
    return sa.and_(payments.c.payer_id == principal.id, visible(principal, payments))


@router.post("/me/charging-starts", status_code=201)
async def start_own_charging(body: StartIn, principal: MayOwn, runtime: OurRuntime) -> VisitOut:
    """Hold money and start a visit. While a payment of the caller's is open at this EVSE, it is that one."""
    row = await beginning.begin_visit(
        runtime, body, payer=principal.id, payer_id=principal.id, operator_id=principal.operator_id
    )
    await visits.begun(runtime, row.id)
    return await api.shown(runtime, row.id, with_key=False)


@router.get("/me/payments")
async def list_own_payments(
    principal: MayOwn, tx: ReadTx, page: Annotated[PageQuery, Depends(page_query)]
) -> Page[VisitOut]:
    """The caller's own payments, newest first."""
    rows, next_cursor = await page.fetch(tx, sa.select(payments).where(own(principal)), payments.c.id)
    return Page(items=[visit_out(row, None, is_pending=False) for row in rows], next_cursor=next_cursor)


@router.get("/me/payments/{payment_id}")
async def get_own_payment(payment_id: PaymentId, principal: MayOwn, tx: ReadTx) -> VisitOut:
    """One of the caller's payments."""
    row = await store.get(tx, payment_id, own(principal))
    return visit_out(row, None, is_pending=await store.find_open_call(tx, payment_id) is not None)


@router.post("/me/payments/{payment_id}/confirmation")
async def confirm_own_payment(payment_id: PaymentId, principal: MayOwn, runtime: OurRuntime) -> VisitOut:
    """The payer is back from where they have confirmed: the provider is asked."""
    async with runtime.database.read() as tx:
        await store.get(tx, payment_id, own(principal))
    await visits.begun(runtime, payment_id)
    return await api.shown(runtime, payment_id, with_key=False)


@router.post("/me/payments/{payment_id}/cancellation")
async def cancel_own_payment(payment_id: PaymentId, principal: MayOwn, runtime: OurRuntime) -> VisitOut:
    """The payer does not want to charge: what is held is let go."""
    async with runtime.database.read() as tx:
        row = await store.get(tx, payment_id, own(principal))
    if not await visits.cancel(runtime, row, "cancelled"):
        raise PaymentNotInState("The start is ordered: stop the session, or wait until the station has said no.")
    return await api.shown(runtime, payment_id, with_key=False)


@router.post("/me/payments/{payment_id}/stop")
async def stop_own_charging(payment_id: PaymentId, principal: MayOwn, runtime: OurRuntime) -> VisitOut:
    """Stop the session of one of the caller's payments."""
    async with runtime.database.read() as tx:
        row = await store.get(tx, payment_id, own(principal))
    await charges.stop(runtime, row)
    return await api.shown(runtime, payment_id, with_key=False)


@router.post("/me/payments/{payment_id}/unlocking")
async def unlock_own_charging(payment_id: PaymentId, principal: MayOwn, runtime: OurRuntime) -> CableOut:
    """Let go the caller's cable, which is stuck after their session."""
    async with runtime.database.read() as tx:
        row = await store.get(tx, payment_id, own(principal))
    return CableOut(is_let_go=(await charges.unlock(runtime, row)).state is CommandState.ACCEPTED)


@router.get("/me/payments/{payment_id}/charge")
async def get_own_charge(
    payment_id: PaymentId, principal: MayOwn, runtime: OurRuntime, locale: api.Locale = "en"
) -> Charge:
    """All that the caller sees of one of their charges."""
    async with runtime.database.read() as tx:
        await store.get(tx, payment_id, own(principal))
    return await charges.shown(runtime, payment_id, await api.shown(runtime, payment_id, with_key=False), locale)


# ---- the wallet


@router.get("/me/wallets")
async def list_own_wallets(principal: MayOwn, tx: ReadTx) -> Page[WalletOut]:
    """The caller's prepaid balances, one for each currency."""
    mine = sa.and_(table.c.account_id == principal.id, visible(principal, table))
    rows = (await tx.execute(sa.select(table).where(mine).order_by(table.c.currency))).all()
    return Page(items=[_wallet_out(row) for row in rows])


@router.get("/me/wallets/top-ups")
async def get_top_up_terms(principal: MayOwn, runtime: OurRuntime) -> TopUpTerms:
    """How the caller's wallet can be filled."""
    query = TariffQuery(operator_id=principal.operator_id, location_id=None, station_id="", evse_number=None)
    (tariff,) = await runtime.ask(FindTariffs(queries=(query,)))
    return TopUpTerms(
        card=charges.card_form(runtime),
        currency=None if tariff is None else tariff.currency,
        most=runtime.settings(PaymentsSettings).top_up_max,
    )


@router.post("/me/wallets/top-ups", status_code=201)
async def top_up_wallet(body: TopUpIn, principal: MayOwn, runtime: OurRuntime) -> VisitOut:
    """Fill the caller's wallet by another payment. One top-up at a time."""
    settings = runtime.settings(PaymentsSettings)
    amount = Money(body.amount.minor, body.amount.currency)
    if amount.to_decimal() > settings.top_up_max:
        raise InvalidField.at("$.amount.minor", f"at most {settings.top_up_max} at once")
    provider, source = choose(runtime, body.method), body.source and cards.check_entered(body.source)
    async with runtime.database.begin(principal.operator_id) as tx:
        if body.card_id is not None:
            found = await cards.charged(runtime, tx, principal.operator_id, principal.id, body.card_id)
            provider, source = found
        assert source is not None
        wallet = await wallets.of_account(tx, principal.operator_id, principal.id, amount.currency)
        if Money(wallet.balance_minor + amount.minor, amount.currency).to_decimal() > settings.balance_max:
            raise TopUpRefused(f"A wallet holds at most {settings.balance_max} {amount.currency}.")
        values = wallets.top_up_values(wallet, provider, body.method, source, amount.minor)
        row, _ = await store.add(tx, values | {"return_url": body.return_url})
    await visits.begun(runtime, row.id)
    return await api.shown(runtime, row.id, with_key=False)


@router.put("/me/wallets/auto-top-up")
async def set_auto_top_up(body: AutoTopUpIn, principal: MayOwn, tx: OpenTx, runtime: OurRuntime) -> WalletOut:
    """Let the caller's wallet fill itself when it is low, up to a sum in each month; null ends it."""
    wish = body.auto_top_up
    if wish is not None:
        settings = runtime.settings(PaymentsSettings)
        choose(runtime, wish.method)
        if wish.card_id is not None:
            await cards.charged(runtime, tx, principal.operator_id, principal.id, wish.card_id)
        elif wish.source is not None:
            cards.check_entered(wish.source)
        if Money(wish.amount_minor, body.currency).to_decimal() > settings.top_up_max:
            raise InvalidField.at("$.auto_top_up.amount_minor", f"at most {settings.top_up_max} at once")
    wallet = await wallets.of_account(tx, principal.operator_id, principal.id, body.currency)
    values: dict[str, Any] = {"auto_top_up": None if wish is None else wish.model_dump(), "changed_at": clock.now()}
    await tx.execute(sa.update(table).where(table.c.id == wallet.id).values(**values))
    audit.note(tx, principal, "wallet.auto_top_up_set", ("wallet", wallet.id), after={"is_on": wish is not None})
    return _wallet_out((await tx.execute(sa.select(table).where(table.c.id == wallet.id))).one())


def _wallet_out(row: Any) -> WalletOut:
    return WalletOut(
        id=row.id,
        balance=money(row.balance_minor, row.currency),
        held=money(row.held_minor, row.currency),
        auto_top_up=None if row.auto_top_up is None else AutoTopUp(**row.auto_top_up),
    )

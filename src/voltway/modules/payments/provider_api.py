"""REST for the other side of payments: webhooks of providers, backends of card terminals, the page of the sandbox."""

from __future__ import annotations

from html import escape
from typing import Annotated, Any
from urllib.parse import parse_qs

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse

from voltway.contracts.money_facts import PaymentDisputed, ProviderPaidOut
from voltway.integrations.payments.port import Kind, Notice, NoticeRefused, Outcome
from voltway.kernel import audit, bulk, clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, Permission, Principal, allowed, anybody, visible
from voltway.kernel.database import Tx
from voltway.kernel.errors import NotFound
from voltway.kernel.http import Page, runtime_of
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.payments import api, beginning, cards, engine, rules, store, visits
from voltway.modules.payments.errors import CardNotFound, PaymentNotFound, PaymentNotInState, SignatureRefused
from voltway.modules.payments.providers import sandbox, sandbox_cards
from voltway.modules.payments.registry import choose, providers_of
from voltway.modules.payments.schemas import (
    ConfirmationIn,
    TerminalOrderOut,
    TerminalPaymentIn,
    VisitOut,
    money,
)
from voltway.modules.payments.settings import PaymentsSettings
from voltway.modules.payments.tables import calls, disputes, moves, notices, payments

router = APIRouter(tags=["payment providers"])

OurRuntime = Annotated[Runtime, Depends(runtime_of)]
MayUseTerminals = Annotated[Principal, Depends(allowed(Permission.TERMINALS_USE))]
PaymentId = Annotated[str, Path(max_length=36)]


# ---- webhooks


@router.post("/payment-notices/{provider}", status_code=204, dependencies=[Depends(anybody)])
async def take_payment_notice(
    provider: Annotated[str, Path(max_length=20)], request: Request, runtime: OurRuntime
) -> None:
    """A provider tells something, signed. Of a payment it is a hint and no more: the provider is asked, so that what is forged,
    told again or told late changes nothing."""
    found = providers_of(runtime).get(provider)
    if found is None:
        raise NotFound(f"There is no payment provider {provider[:20]!r} here.")
    try:
        notice = found.read_notice(await request.body(), request.headers, clock.now())
    except NoticeRefused as refused:
        raise SignatureRefused(str(refused)) from None
    payment_id = await _take(runtime, provider, notice)
    if payment_id is not None:
        runtime.state(visits.Attendants).attend(runtime, payment_id)


async def _take(runtime: Runtime, provider: str, notice: Notice) -> str | None:
    """Note a notice, once; the payment that is to be looked at."""
    now = clock.now()
    async with runtime.database.begin() as tx:
        told = {"provider": provider, "event_id": notice.event_id[:120], "received_at": now}
        if not await bulk.insert_if_absent(tx, notices, [told]):
            return None
        if notice.kind == "payout" and notice.amount is not None and notice.thing_id is not None:
            tx.publish(
                ProviderPaidOut(
                    operator_id=DEFAULT_OPERATOR_ID,
                    at=now,
                    provider=provider,
                    payout_id=notice.thing_id,
                    amount=notice.amount,
                    fee=notice.fee,
                )
            )
            return None
        row = None if notice.reference is None else await store.find_by_reference(tx, provider, notice.reference)
        if row is None:
            return None
        if notice.kind == "dispute":
            await _dispute(tx, row, notice)
        await engine.hurry(tx, row.id)
        return str(row.id)


async def _dispute(tx: Tx, row: Any, notice: Notice) -> None:
    """A payer's bank takes money back, or has decided; what is told late turns nothing back."""
    if notice.thing_id is None or notice.state is None:
        return
    known = (
        await tx.execute(bulk.locked(sa.select(disputes).where(disputes.c.id == notice.thing_id), tx))
    ).one_or_none()
    if not rules.is_later_dispute(None if known is None else known.state, notice.state):
        return
    amount = notice.amount or Money(row.captured_minor, row.currency)
    now = clock.now()
    if known is None:
        made = {
            "id": notice.thing_id,
            "operator_id": row.operator_id,
            "payment_id": row.id,
            "state": notice.state,
            "amount_minor": amount.minor,
            "currency": amount.currency,
            "changed_at": now,
        }
        await bulk.insert(tx, disputes, [made])
    else:
        amount = Money(known.amount_minor, known.currency)
        changed = {"state": notice.state, "changed_at": now}
        await tx.execute(sa.update(disputes).where(disputes.c.id == notice.thing_id).values(**changed))
    tx.publish(
        PaymentDisputed(
            operator_id=row.operator_id,
            at=now,
            payment_id=row.id,
            provider=row.provider,
            method=row.method,
            amount=amount,
            payer_id=row.payer_id,
            session_id=row.session_id,
            visit_id=row.visit_id,
            provider_reference=row.reference,
            dispute_id=notice.thing_id,
            state=notice.state,
        )
    )


# ---- card terminals


@router.post("/terminal-payments", status_code=201)
async def add_terminal_payment(body: TerminalPaymentIn, principal: MayUseTerminals, runtime: OurRuntime) -> VisitOut:
    """A card terminal has authorised: start at its EVSE. What is told again with the same reference is the same payment. What to
    take in the end stands at /terminal-orders, and is told by the webhook `payment.terminal_order`."""
    provider = choose(runtime, "terminal")
    station = await beginning.find_place(runtime, body.station_identity, operator_id=principal.operator_id)
    if not principal.reaches(station.location_id):
        raise NotFound(f"There is no charging station {body.station_identity}.")
    tariff = await beginning.find_tariff(runtime, station, body.evse_number)
    authorized = Money(body.authorized.minor, body.authorized.currency)
    if authorized.currency != tariff.currency:
        raise PaymentNotInState(f"The tariff is in {tariff.currency}.")
    payer = f"terminal {body.psp_reference}"
    async with runtime.database.read() as tx:
        known = await store.find_by_reference(tx, provider.name, body.psp_reference, visible(principal, payments))
    if known is not None:
        return await api.shown(runtime, known.id, with_key=False)
    await beginning.check_free(runtime, station, body.evse_number, payer)
    settings = runtime.settings(PaymentsSettings)
    values = {
        "operator_id": station.operator_id,
        "station_id": station.station_id,
        "location_id": station.location_id,
        "evse_number": body.evse_number,
        "tariff": store.tariff_document(tariff),
        "source": body.psp_reference,
        "reference": body.psp_reference,
        **beginning.amounts(provider, "terminal", authorized.minor, authorized.currency, settings),
    }
    async with runtime.database.begin(principal.operator_id) as tx:
        row, is_new = await visits.begin(tx, values, payer)
        if is_new:
            after = {"psp_reference": body.psp_reference, "amount": authorized.minor}
            audit.note(tx, principal, "payment.authorized", ("payment", row.id), after=after)
    await visits.begun(runtime, row.id)
    return await api.shown(runtime, row.id, with_key=False)


@router.get("/terminal-orders")
async def list_terminal_orders(principal: MayUseTerminals, runtime: OurRuntime) -> Page[TerminalOrderOut]:
    """What the backends of terminals shall do and have not confirmed, oldest first, at most 500."""
    statement = _orders_of(principal).where(calls.c.open_id.is_not(None)).order_by(calls.c.id).limit(500)
    async with runtime.database.read(principal.operator_id) as tx:
        rows = (await tx.execute(statement)).all()
    return Page(items=[_order_out(row) for row in rows])


@router.post("/terminal-orders/{order_id}/confirmation")
async def confirm_terminal_order(
    order_id: PaymentId, body: ConfirmationIn, principal: MayUseTerminals, runtime: OurRuntime
) -> TerminalOrderOut:
    """An order was done, or was not possible. Said again it changes nothing; said otherwise it is refused."""
    async with runtime.database.begin(principal.operator_id) as tx:
        row = (await tx.execute(_orders_of(principal).where(calls.c.id == order_id))).one_or_none()
        if row is None:
            raise PaymentNotFound(f"There is no order {order_id}.")
        move = (await tx.execute(bulk.locked(sa.select(moves).where(moves.c.call_id == order_id), tx))).one_or_none()
        if move is None or move.outcome not in (Outcome.PENDING.value, body.outcome):
            raise PaymentNotInState("This order was confirmed otherwise, or never given.")
        if move.outcome == Outcome.PENDING.value:
            changed = {"outcome": body.outcome, "reason": body.reason, "moved_at": clock.now()}
            await tx.execute(sa.update(moves).where(moves.c.call_id == order_id).values(**changed))
            await engine.hurry(tx, row.payment_id)
            audit.note(
                tx, principal, "payment.order_confirmed", ("payment", row.payment_id), after={"outcome": body.outcome}
            )
    await engine.advance(runtime, row.payment_id)
    return _order_out(row)


def _orders_of(principal: Principal) -> sa.Select[Any]:
    return (
        sa.select(calls, payments.c.currency, payments.c.reference.label("psp_reference"))
        .join(payments, payments.c.id == calls.c.payment_id)
        .join(moves, moves.c.call_id == calls.c.id)
        .where(visible(principal, payments), payments.c.provider == "terminal", calls.c.kind != Kind.HOLD.value)
    )


def _order_out(row: Any) -> TerminalOrderOut:
    return TerminalOrderOut(
        order_id=row.id,
        payment_id=row.payment_id,
        psp_reference=row.psp_reference or "",
        kind=row.kind,
        amount=money(row.amount_minor, row.currency),
        made_at=row.made_at,
    )


# ---- the sandbox

_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{title}</title><main><h1>Test bank</h1><p>{question} No real money moves.</p>"
    '<form method="post"><button name="answer" value="yes">Confirm</button> '
    '<button name="answer" value="no">Refuse</button></form></main></html>'
)


@router.get("/sandbox/{payment_id}", dependencies=[Depends(anybody)], response_class=HTMLResponse)
async def show_sandbox_page(payment_id: PaymentId, runtime: OurRuntime) -> HTMLResponse:
    """The page on which the payer of a test card confirms (3-D Secure). No real money moves."""
    row = await _of_sandbox(runtime, payment_id)
    amount = Money(row.hold_wanted_minor, row.currency)
    question = f"Hold {escape(str(amount.to_decimal()))} {escape(amount.currency)}?"
    return HTMLResponse(_PAGE.format(title="Confirm the payment", question=question))


@router.post("/sandbox/{payment_id}", dependencies=[Depends(anybody)], response_class=HTMLResponse)
async def answer_sandbox_page(payment_id: PaymentId, request: Request, runtime: OurRuntime) -> HTMLResponse:
    """The payer of a test card confirms (`answer=yes`, as a form), or refuses."""
    row = await _of_sandbox(runtime, payment_id)
    is_good = await _is_yes(request)
    async with runtime.database.begin() as tx:
        await sandbox.confirm(tx, payment_id, is_good=is_good)
        await engine.hurry(tx, payment_id)
    await engine.advance(runtime, payment_id)
    return _thanks(row.return_url)


@router.get("/sandbox/cards/{card_id}", dependencies=[Depends(anybody)], response_class=HTMLResponse)
async def show_sandbox_card(card_id: PaymentId, runtime: OurRuntime) -> HTMLResponse:
    """The page on which the payer of a test card agrees that it is kept (3-D Secure). No real money moves."""
    await _kept_in_sandbox(runtime, card_id)
    return HTMLResponse(_PAGE.format(title="Confirm the card", question="Keep this card for later payments?"))


@router.post("/sandbox/cards/{card_id}", dependencies=[Depends(anybody)], response_class=HTMLResponse)
async def answer_sandbox_card(card_id: PaymentId, request: Request, runtime: OurRuntime) -> HTMLResponse:
    """The payer of a test card agrees that it is kept (`answer=yes`, as a form), or refuses."""
    row = await _kept_in_sandbox(runtime, card_id)
    async with runtime.database.begin() as tx:
        await sandbox_cards.confirm_card(tx, card_id, is_good=await _is_yes(request))
    await cards.look(runtime, card_id)
    return _thanks(row.return_url)


async def _kept_in_sandbox(runtime: Runtime, card_id: str) -> Any:
    async with runtime.database.read() as tx:
        row = await sandbox_cards.find_waiting(tx, card_id)
    if row is None:
        raise CardNotFound(f"There is no card {card_id}.")
    return row


async def _is_yes(request: Request) -> bool:
    return parse_qs((await request.body())[:100].decode("latin-1")).get("answer", ["no"])[0] == "yes"


def _thanks(return_url: str | None) -> HTMLResponse:
    back = "" if return_url is None else f'<p><a href="{escape(return_url)}">Back</a></p>'
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Done</title><h1>Thank you</h1>{back}</html>'
    )


async def _of_sandbox(runtime: Runtime, payment_id: str) -> Any:
    async with runtime.database.read() as tx:
        return await store.get(tx, payment_id, payments.c.provider == "sandbox")

"""REST of a driver's own cards that are kept for later."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Request

from voltway.kernel import audit
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.auth.throttle import AddressThrottle, Rate
from voltway.kernel.database import Tx
from voltway.kernel.http import open_tx, read_tx, runtime_of
from voltway.kernel.request import client_address
from voltway.kernel.runtime import Runtime
from voltway.modules.payments import cards, charges
from voltway.modules.payments.charge_schemas import PaymentCardIn, PaymentCardOut, PaymentCards
from voltway.modules.payments.errors import MethodNotOffered, TooManyPayments
from voltway.modules.payments.settings import PaymentsSettings
from voltway.modules.payments.tables import cards as table

router = APIRouter(tags=["own payments"])

MayOwn = Annotated[Principal, Depends(allowed(Permission.PAYMENTS_OWN))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
CardId = Annotated[str, Path(max_length=36)]


class CardThrottle(AddressThrottle):
    """Cards that are added from one address: a list of stolen ones is tried by many."""

    rate = Rate(burst=6, refill_s=60.0)
    refusal = TooManyPayments
    words = "Wait a little before you add another card."


def own(principal: Principal) -> sa.ColumnElement[bool]:
    """The caller's own cards, at their operator."""
    return sa.and_(table.c.account_id == principal.id, visible(principal, table))


@router.get("/me/cards")
async def list_payment_cards(principal: MayOwn, tx: ReadTx, runtime: OurRuntime) -> PaymentCards:
    """The caller's cards that are kept, the default first, then those that wait for their bank; and how one is added."""
    kept = await cards.of_account(tx, own(principal))
    waiting = sa.select(table).where(own(principal), table.c.state == cards.ADDING).order_by(table.c.id)
    items = [_out(row, is_default=number == 0) for number, row in enumerate(kept)]
    items += [_out(row, is_default=False) for row in (await tx.execute(waiting)).all()]
    return PaymentCards(items=items, form=_form(runtime))


@router.post("/me/cards", status_code=201)
async def add_payment_card(
    body: PaymentCardIn, request: Request, principal: MayOwn, runtime: OurRuntime
) -> PaymentCardOut:
    """Have a card kept for later. Its bank is asked; where it wants the payer to confirm, `action_url` says where."""
    provider, most = cards.keeper(runtime), runtime.settings(PaymentsSettings).cards_max
    source = cards.check_entered(body.source)
    runtime.state(CardThrottle).count(client_address(request))
    customer = await cards.introduce(runtime, provider, principal.operator_id, principal.id)
    async with runtime.database.begin(principal.operator_id) as tx:
        card_id = await cards.add(tx, customer, source, body.return_url, most)
        audit.note(tx, principal, "card.added", ("card", card_id))
    await cards.look(runtime, card_id)
    return await _shown(runtime, principal, card_id)


@router.post("/me/cards/{card_id}/confirmation")
async def confirm_payment_card(card_id: CardId, principal: MayOwn, runtime: OurRuntime) -> PaymentCardOut:
    """The payer is back from where they have confirmed: the provider is asked."""
    async with runtime.database.read() as tx:
        await cards.get(tx, card_id, own(principal))
    await cards.look(runtime, card_id)
    return await _shown(runtime, principal, card_id)


@router.put("/me/cards/{card_id}/default")
async def choose_payment_card(card_id: CardId, principal: MayOwn, tx: OpenTx) -> PaymentCardOut:
    """Make one of the caller's cards the default: it is offered first, and pays a fee that the wallet does not cover."""
    await cards.get(tx, card_id, own(principal), table.c.state == cards.KEPT, lock=True)
    await cards.choose_default(tx, card_id)
    audit.note(tx, principal, "card.chosen", ("card", card_id))
    return _out(await cards.get(tx, card_id), is_default=True)


@router.delete("/me/cards/{card_id}", status_code=204)
async def remove_payment_card(card_id: CardId, principal: MayOwn, tx: OpenTx) -> None:
    """Keep one of the caller's cards no longer; the provider is told as soon as it answers. What was begun with it goes on."""
    await cards.remove(tx, await cards.get(tx, card_id, own(principal), lock=True))
    audit.note(tx, principal, "card.removed", ("card", card_id))


async def _shown(runtime: Runtime, principal: Principal, card_id: str) -> PaymentCardOut:
    async with runtime.database.read() as tx:
        row = await cards.get(tx, card_id, own(principal))
        kept = await cards.of_account(tx, own(principal))
    return _out(row, is_default=bool(kept) and kept[0].id == card_id)


def _form(runtime: Runtime) -> Any:
    try:
        cards.keeper(runtime)
    except MethodNotOffered:
        return None
    return charges.card_form(runtime)


def _out(row: Any, *, is_default: bool) -> PaymentCardOut:
    fields = {name: getattr(row, name) for name in PaymentCardOut.model_fields if name != "is_default"}
    return PaymentCardOut(**fields, is_default=is_default)

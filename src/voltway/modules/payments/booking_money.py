"""Fees for bookings are taken from the driver's wallet where it has enough, else from their default card, and given back when they
are waived; what a driver gets for a booking that we could not keep becomes balance. A fee that neither pays stays owed, in the
ledger. One of them pays all of it, so that a fee is one payment: taken once, declined as a whole, given back as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
import structlog

from voltway.contracts.bookings import BookingFailed, BookingFeeCharged, BookingFeeWaived
from voltway.contracts.money_facts import PaymentCaptured, WalletToppedUp
from voltway.integrations.payments.port import Outcome
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.payments import cards, store, wallets
from voltway.modules.payments.tables import moves, payments
from voltway.modules.payments.tables import wallets as table

log = structlog.get_logger()

WALLET, CARD, GIVEN = "wallet", "card", "voucher"
"""What is given away is paid by no one: in the books it is a voucher."""


async def on_fee_charged(runtime: Runtime, tx: Tx, events: Sequence[BookingFeeCharged]) -> None:
    """Take a fee from the payer's wallet, or by their card. The payment has the fee's own id: told twice, it is one."""
    for event in events:
        amount = event.cost.incl_vat
        paying = await _paying(runtime, tx, event.operator_id, event.payer_id, amount)
        if paying is None:
            log.info("booking_fee.not_taken", fee_id=event.fee_id)
            continue
        await store.add(
            tx,
            {
                "id": event.fee_id,
                "operator_id": event.operator_id,
                "purpose": "charge",
                **paying,
                "payer_id": event.payer_id,
                "open_key": f"fee {event.fee_id}",
                "location_id": event.location_id,
                "currency": amount.currency,
                "limit_minor": amount.minor,
                "hold_wanted_minor": amount.minor,
                "owed_minor": amount.minor,
                "can_raise": False,
                "is_payer_away": True,
                "due_at": clock.now(),
            },
        )


async def on_fee_waived(runtime: Runtime, tx: Tx, events: Sequence[BookingFeeWaived]) -> None:
    """What was taken for a fee goes back; what was not yet is not taken."""
    ids = [event.fee_id for event in events]
    waived = sa.update(payments).where(payments.c.id.in_(ids))
    await tx.execute(waived.values(owed_minor=0, due_at=clock.now(), changed_at=clock.now()))


async def on_booking_failed(runtime: Runtime, tx: Tx, events: Sequence[BookingFailed]) -> None:
    """What a driver gets for a booking that we could not keep is balance of their wallet, once for each booking."""
    for event in events:
        if event.credit is None or event.account_id is None:
            continue
        wallet = await wallets.of_account(tx, event.operator_id, event.account_id, event.credit.currency)
        row = {
            "call_id": event.booking_id,
            "operator_id": event.operator_id,
            "purse": WALLET,
            "purse_id": wallet.id,
            "payment_id": event.booking_id,
            "kind": "credit",
            "amount_minor": event.credit.minor,
            "outcome": Outcome.PENDING.value,
            "reason": "booking_failed",
            "moved_at": clock.now(),
        }
        await bulk.insert_if_absent(tx, moves, [row])
        mine = moves.c.call_id == event.booking_id
        found = (await tx.execute(bulk.locked(sa.select(moves).where(mine), tx))).one()
        if found.outcome != Outcome.PENDING.value:
            continue  # told twice
        await tx.execute(sa.update(moves).where(mine).values(outcome=Outcome.DONE.value))
        added = {"balance_minor": table.c.balance_minor + event.credit.minor, "changed_at": clock.now()}
        await tx.execute(sa.update(table).where(table.c.id == wallet.id).values(**added))
        common: dict[str, Any] = {
            "operator_id": event.operator_id,
            "at": clock.now(),
            "payment_id": event.booking_id,
            "provider": GIVEN,
            "method": GIVEN,
            "amount": event.credit,
            "payer_id": event.account_id,
        }
        tx.publish(
            PaymentCaptured(**common, capture_id=event.booking_id),
            WalletToppedUp(**common, wallet_id=wallet.id, top_up_id=event.booking_id),
        )


async def _paying(
    runtime: Runtime, tx: Tx, operator_id: str, account_id: str | None, amount: Money
) -> dict[str, Any] | None:
    """What pays a fee, as columns of its payment; None: nothing does."""
    wallet = await _wallet(tx, operator_id, account_id, amount.currency)
    if wallet is not None and wallet.balance_minor - wallet.held_minor >= amount.minor:
        return {"provider": WALLET, "method": WALLET, "source": wallet.id, "can_hold": True}
    card = None if account_id is None else await cards.find_charged(runtime, tx, operator_id, account_id)
    if card is None:
        return None
    can_hold = CARD in card.provider.abilities.holds
    return {"provider": card.provider.name, "method": CARD, "source": card.source, "can_hold": can_hold}


async def _wallet(tx: Tx, operator_id: str, account_id: str | None, currency: str) -> Any | None:
    if account_id is None:
        return None
    mine = (table.c.operator_id == operator_id, table.c.account_id == account_id, table.c.currency == currency)
    return (await tx.execute(sa.select(table).where(*mine))).one_or_none()

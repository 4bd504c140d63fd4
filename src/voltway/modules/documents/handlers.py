"""What the documents module listens to. Events become orders, which a job makes into documents: others are asked for what stands
on them, and nobody is asked inside a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from voltway.contracts.billing import SessionCredited, SessionPriced
from voltway.contracts.money_facts import PaymentCaptured, PaymentRefunded
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.json import to_json
from voltway.kernel.restoring import Restored
from voltway.kernel.runtime import Runtime
from voltway.modules.documents import store
from voltway.modules.documents.issuing import CHARGE, CREDIT
from voltway.modules.documents.tables import payments

NUMBERS_SKIPPED = 10_000
"""Of each series, after a restore: more documents than were issued since the backup."""
A_DAY = timedelta(days=1)
"""It is next year, or still last year, somewhere."""


async def on_restored(tx: Tx, restored: Restored) -> None:
    """Documents that were issued since the backup are with their receivers: their numbers must not come again."""
    years = range((restored.taken_at - A_DAY).year, (restored.restored_at + A_DAY).year + 1)
    await store.skip_numbers(tx, NUMBERS_SKIPPED, years)


async def on_priced(runtime: Runtime, tx: Tx, events: Sequence[SessionPriced]) -> None:
    """Sessions have their price: each is to have its document."""
    await store.add_orders(tx, [_order(CHARGE, event.cdr_id, event) for event in events])


async def on_credited(runtime: Runtime, tx: Tx, events: Sequence[SessionCredited]) -> None:
    """CDRs are taken back."""
    await store.add_orders(tx, [_order(CREDIT, event.credit_id, event) for event in events])


def _order(kind: str, key: str, event: SessionPriced | SessionCredited) -> dict[str, Any]:
    return {
        "id": f"{kind}:{key}",
        "operator_id": event.operator_id,
        "kind": kind,
        "session_id": event.session_id,
        "body": to_json(event),
        "due_at": event.at,
        "attempts": 0,
        "created_at": clock.now(),
    }


async def on_captured(runtime: Runtime, tx: Tx, events: Sequence[PaymentCaptured]) -> None:
    """Money was taken."""
    await bulk.insert_if_absent(tx, payments, [_payment(event, "captured", event.capture_id) for event in events])


async def on_refunded(runtime: Runtime, tx: Tx, events: Sequence[PaymentRefunded]) -> None:
    """Money went back."""
    await bulk.insert_if_absent(tx, payments, [_payment(event, "refunded", event.refund_id) for event in events])


def _payment(event: PaymentCaptured | PaymentRefunded, kind: str, key: str) -> dict[str, Any]:
    return {
        "id": f"{kind}:{key}"[:100],
        "operator_id": event.operator_id,
        "session_id": event.session_id,
        "payer_id": event.payer_id,
        "kind": kind,
        "provider": event.provider[:40],
        "method": event.method[:40],
        "amount_minor": event.amount.minor,
        "currency": event.amount.currency,
        "at": event.at,
    }

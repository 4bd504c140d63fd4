"""Webhooks, their deliveries and the attempts at them in the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk
from voltway.kernel.auth import Principal, visible
from voltway.kernel.database import Tx
from voltway.modules.notify.errors import DeliveryNotFound, WebhookNotFound
from voltway.modules.notify.rules import DeliveryState
from voltway.modules.notify.tables import attempts, deliveries, webhooks

Row = sa.Row[Any]
PURGE_ROWS = 1000


def visible_to(principal: Principal) -> sa.ColumnElement[bool]:
    """Whose webhooks a caller sees; who is bound to locations sees none: they tell of all."""
    if principal.location_ids is not None:
        return sa.false()
    return visible(principal, webhooks)


async def get(tx: Tx, webhook_id: str, *conditions: sa.ColumnElement[bool], is_locked: bool = False) -> Row:
    """A webhook. Raises WebhookNotFound unless the conditions hold."""
    statement = sa.select(webhooks).where(webhooks.c.id == webhook_id, *conditions)
    row = (await tx.execute(bulk.locked(statement, tx) if is_locked else statement)).one_or_none()
    if row is None:
        raise WebhookNotFound(f"There is no webhook {webhook_id[:50]}.")
    return row


async def find(tx: Tx, webhook_id: str) -> Row | None:
    """A webhook, if it is still there."""
    return (await tx.execute(sa.select(webhooks).where(webhooks.c.id == webhook_id))).one_or_none()


async def count(tx: Tx, operator_id: str) -> int:
    """How many webhooks an operator has."""
    statement = sa.select(sa.func.count()).select_from(webhooks).where(webhooks.c.operator_id == operator_id)
    return int((await tx.execute(statement)).scalar_one())


async def add(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add a webhook."""
    await tx.execute(sa.insert(webhooks).values(dict(row)))


async def change(tx: Tx, webhook_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a webhook."""
    await tx.execute(sa.update(webhooks).where(webhooks.c.id == webhook_id).values(**values))


async def remove(tx: Tx, webhook_id: str) -> None:
    """Remove a webhook with all that was to be delivered to it."""
    await tx.execute(sa.delete(attempts).where(attempts.c.webhook_id == webhook_id))
    await tx.execute(sa.delete(deliveries).where(deliveries.c.webhook_id == webhook_id))
    await tx.execute(sa.delete(webhooks).where(webhooks.c.id == webhook_id))


async def find_active(tx: Tx, operator_ids: Collection[str]) -> Sequence[Row]:
    """The webhooks of these operators that are switched on."""
    statement = sa.select(webhooks).where(
        webhooks.c.operator_id.in_(sorted(operator_ids)), webhooks.c.is_active.is_(True)
    )
    return (await tx.execute(statement)).all()


# ---- deliveries


async def add_deliveries(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Queue deliveries."""
    await bulk.insert(tx, deliveries, list(rows))


async def count_waiting(tx: Tx, webhook_id: str) -> int:
    """How many deliveries wait for a receiver."""
    statement = (
        sa.select(sa.func.count())
        .select_from(deliveries)
        .where(deliveries.c.webhook_id == webhook_id, deliveries.c.state == DeliveryState.QUEUED.value)
    )
    return int((await tx.execute(statement)).scalar_one())


async def get_delivery(tx: Tx, webhook_id: str, delivery_id: str) -> Row:
    """A delivery of a webhook. Raises DeliveryNotFound."""
    statement = sa.select(deliveries).where(deliveries.c.id == delivery_id, deliveries.c.webhook_id == webhook_id)
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        raise DeliveryNotFound(f"There is no delivery {delivery_id[:50]} of this webhook.")
    return row


async def attempts_at(tx: Tx, delivery_id: str) -> Sequence[Row]:
    """How the attempts at a delivery went, the first one first."""
    statement = sa.select(attempts).where(attempts.c.delivery_id == delivery_id).order_by(attempts.c.id).limit(200)
    return (await tx.execute(statement)).all()


async def find_webhooks_with_due(tx: Tx, now: datetime) -> list[str]:
    """The webhooks that are switched on and have something due."""
    statement = (
        sa.select(deliveries.c.webhook_id)
        .join(webhooks, webhooks.c.id == deliveries.c.webhook_id)
        .where(deliveries.c.next_attempt_at <= now, webhooks.c.is_active.is_(True))
        .distinct()
    )
    return list((await tx.execute(statement)).scalars())


async def find_due(tx: Tx, webhook_id: str, now: datetime, limit: int) -> Sequence[Row]:
    """What is due for a webhook, in the order in which it happened."""
    statement = (
        sa.select(deliveries)
        .where(deliveries.c.webhook_id == webhook_id, deliveries.c.next_attempt_at <= now)
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    return (await tx.execute(statement)).all()


async def claim(tx: Tx, row: Row, until: datetime) -> bool:
    """Take an attempt at a delivery until then; False if another process has it."""
    statement = sa.update(deliveries).where(
        deliveries.c.id == row.id,
        deliveries.c.attempts == row.attempts,
        deliveries.c.next_attempt_at == row.next_attempt_at,
    )
    claimed = await tx.execute(statement.values(attempts=row.attempts + 1, next_attempt_at=until))
    return claimed.rowcount == 1


async def change_delivery(tx: Tx, delivery_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a delivery."""
    await tx.execute(sa.update(deliveries).where(deliveries.c.id == delivery_id).values(**values))


async def add_attempt(tx: Tx, row: Mapping[str, Any]) -> None:
    """Note how an attempt went."""
    await tx.execute(sa.insert(attempts).values(dict(row)))


async def give_up(tx: Tx, queued_before: datetime, now: datetime) -> None:
    """Deliveries that wait since before then have failed: their webhook is switched off, or was not reached."""
    statement = sa.update(deliveries).where(
        deliveries.c.state == DeliveryState.QUEUED.value,
        deliveries.c.next_attempt_at.is_not(None),
        deliveries.c.queued_at < queued_before,
    )
    await tx.execute(statement.values(state=DeliveryState.FAILED.value, next_attempt_at=None, finished_at=now))


async def forget(tx: Tx, before: datetime) -> int:
    """Delete deliveries that were made before then with their attempts, in a chunk; how many."""
    old = (
        sa.select(deliveries.c.id)
        .where(deliveries.c.created_at < before)
        .order_by(deliveries.c.created_at)
        .limit(PURGE_ROWS)
    )
    gone = list((await tx.execute(old)).scalars())
    if gone:
        await tx.execute(sa.delete(attempts).where(attempts.c.delivery_id.in_(gone)))
        await tx.execute(sa.delete(deliveries).where(deliveries.c.id.in_(gone)))
    return len(gone)

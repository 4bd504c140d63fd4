"""Devices that show messages, and the messages on their way to them, in the database."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk
from voltway.kernel.auth import Principal, visible
from voltway.kernel.database import Tx
from voltway.modules.notify.errors import PushSubscriptionNotFound
from voltway.modules.notify.tables import push_subscriptions, pushes

Row = sa.Row[Any]
_OF_DEVICE = push_subscriptions.c


def own(principal: Principal) -> sa.ColumnElement[bool]:
    """The caller's devices."""
    return sa.and_(visible(principal, push_subscriptions), _OF_DEVICE.account_id == principal.id)


def hash_of(endpoint: str) -> str:
    """By what an endpoint is found."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


async def find_devices(tx: Tx, *conditions: sa.ColumnElement[bool]) -> Sequence[Row]:
    """Devices, the newest first."""
    statement = sa.select(push_subscriptions).where(*conditions).order_by(_OF_DEVICE.id.desc())
    return (await tx.execute(statement)).all()


async def put(tx: Tx, row: Mapping[str, Any]) -> Row:
    """Add a device, or renew it: who has its endpoint is the one before it now, whoever that was before."""
    is_same = (_OF_DEVICE.operator_id == row["operator_id"], _OF_DEVICE.endpoint_hash == row["endpoint_hash"])
    await bulk.insert_if_absent(tx, push_subscriptions, [dict(row)])
    changed = {name: row[name] for name in ("account_id", "p256dh", "auth")}
    before = (await tx.execute(bulk.locked(sa.select(push_subscriptions).where(*is_same), tx))).one()
    if before.account_id != row["account_id"]:  # what was meant for somebody else is not shown to this person
        await tx.execute(sa.delete(pushes).where(pushes.c.subscription_id == before.id))
    await tx.execute(sa.update(push_subscriptions).where(*is_same).values(**changed))
    return (await tx.execute(sa.select(push_subscriptions).where(*is_same))).one()


async def remove_own(tx: Tx, principal: Principal, subscription_id: str) -> None:
    """Remove one of the caller's devices. Raises PushSubscriptionNotFound."""
    if not await find_devices(tx, own(principal), _OF_DEVICE.id == subscription_id):
        raise PushSubscriptionNotFound(f"There is no push subscription {subscription_id[:50]}.")
    await remove(tx, [subscription_id])


async def remove(tx: Tx, subscription_ids: Collection[str]) -> None:
    """Remove devices with all that was to be shown on them."""
    ids = sorted(subscription_ids)
    await tx.execute(sa.delete(pushes).where(pushes.c.subscription_id.in_(ids)))
    await tx.execute(sa.delete(push_subscriptions).where(_OF_DEVICE.id.in_(ids)))


async def forget_accounts(tx: Tx, account_ids: Collection[str]) -> None:
    """Remove the devices of people who have gone."""
    theirs = await find_devices(tx, _OF_DEVICE.account_id.in_(sorted(account_ids)))
    await remove(tx, [row.id for row in theirs])


# ---- messages


async def add(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Queue messages."""
    await bulk.insert(tx, pushes, list(rows))


async def find_due(tx: Tx, now: datetime, limit: int) -> Sequence[Row]:
    """Messages whose next attempt is due with the device each is for, those that wait longest first."""
    statement = (
        sa.select(pushes, _OF_DEVICE.endpoint, _OF_DEVICE.p256dh, _OF_DEVICE.auth)
        .join(push_subscriptions, _OF_DEVICE.id == pushes.c.subscription_id)
        .where(pushes.c.next_attempt_at <= now)
        .order_by(pushes.c.next_attempt_at, pushes.c.id)
        .limit(limit)
    )
    return (await tx.execute(statement)).all()


async def claim(tx: Tx, row: Row, until: datetime) -> bool:
    """Take an attempt until then; False if another process has it."""
    statement = sa.update(pushes).where(
        pushes.c.id == row.id, pushes.c.attempts == row.attempts, pushes.c.next_attempt_at == row.next_attempt_at
    )
    claimed = await tx.execute(statement.values(attempts=row.attempts + 1, next_attempt_at=until))
    return claimed.rowcount == 1


async def put_off(tx: Tx, push_id: str, until: datetime) -> None:
    """Try a message again then."""
    await tx.execute(sa.update(pushes).where(pushes.c.id == push_id).values(next_attempt_at=until))


async def drop(tx: Tx, push_id: str) -> None:
    """Forget a message: it has left, or is of no use."""
    await tx.execute(sa.delete(pushes).where(pushes.c.id == push_id))

"""Browsers that an account has logged in with, known by a cookie of their own that outlives the log-in."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.auth.tables import accounts, devices
from voltway.kernel.bus.event import Event
from voltway.kernel.database import Database, Tx
from voltway.kernel.ids import new_id
from voltway.kernel.secrets import derive_key

KEPT = timedelta(days=180)
"""A browser that was not used for so long is a new one."""
COOKIE = "voltway_device"
SECURE_COOKIE = "__Host-voltway_device"


class NewDeviceSeen(Event, frozen=True, kw_only=True, gc=False):
    """Somebody logged in from a browser that the account has not used before, and it was not the account's first."""

    account_id: str
    user_agent: str
    address: str

    def key(self) -> str:
        return self.account_id


async def is_known(tx: Tx, email: str, token: str, secret: bytes) -> bool:
    """Whether the account with this address has logged in from the browser with this cookie."""
    statement = (
        sa.select(devices.c.id)
        .join(accounts, accounts.c.id == devices.c.account_id)
        .where(accounts.c.email_key == email.strip().casefold(), devices.c.token_hash == hash_token(token, secret))
    )
    return (await tx.execute(statement)).one_or_none() is not None


async def remember(tx: Tx, account: Any, token: str, secret: bytes, address: str, user_agent: str) -> str:
    """Note that an account has logged in from a browser; the device's id. Publishes `NewDeviceSeen`."""
    token_hash, now = hash_token(token, secret), clock.now()
    ours = devices.c.account_id == account.id
    seen = {"address": address, "user_agent": user_agent, "last_used_at": now}
    known = (await tx.execute(sa.select(devices.c.id).where(ours, devices.c.token_hash == token_hash))).scalar()
    if known is not None:
        await tx.execute(sa.update(devices).where(devices.c.id == known).values(**seen))
        return str(known)
    is_first = (await tx.execute(sa.select(devices.c.id).where(ours).limit(1))).scalar() is None
    row = {"id": new_id(), "account_id": account.id, "token_hash": token_hash, "created_at": now, **seen}
    await bulk.insert(tx, devices, [row])
    if not is_first:
        tx.publish(
            NewDeviceSeen(
                operator_id=account.operator_id, at=now, account_id=account.id, user_agent=user_agent, address=address
            )
        )
    return str(row["id"])


async def forget_unused(database: Database) -> None:
    """Delete the devices that have not been used for long."""
    oldest: datetime = clock.now() - KEPT
    async with database.begin() as tx:
        await tx.execute(sa.delete(devices).where(devices.c.last_used_at < oldest))


def hash_token(token: str, secret: bytes) -> str:
    """What the database knows of a device's cookie."""
    return hmac.new(derive_key(secret, "devices"), token.encode(), hashlib.sha256).hexdigest()

"""Tickets: one mechanism for all that proves something once. Links in mails, the second step of a log-in, challenges.

The text is random and only its keyed hash is stored; a ticket ends by being redeemed, by its time, or with its account.
Source: OWASP ASVS 5.0, 6.5.1 (used once), 6.6.2 (bound to what it was asked for), 6.6.3 (short-lived).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.auth.tables import tickets
from voltway.kernel.database import Database, Tx
from voltway.kernel.secrets import derive_key

TEXT_LENGTH_MAX = 100


async def issue(
    tx: Tx,
    kind: str,
    about: str,
    secret: bytes,
    lifetime: timedelta,
    *,
    content: Mapping[str, Any] | None = None,
    text: str | None = None,
) -> str:
    """Make a ticket; its text, which nobody can read again. `about`: an account's id or `hash_of` an address."""
    text, now = text or secrets.token_urlsafe(32), clock.now()
    row = {
        "id_hash": _id_hash(kind, text, secret),
        "kind": kind,
        "about": about,
        "content": None if content is None else dict(content),
        "attempts": 0,
        "created_at": now,
        "expires_at": now + lifetime,
    }
    await bulk.insert(tx, tickets, [row])
    return text


async def redeem(tx: Tx, kind: str, text: str, secret: bytes) -> sa.Row[Any] | None:
    """Use a ticket up; None if it is not good (any more). Of two that redeem it at once, one gets it."""
    row = await look(tx, kind, text, secret)
    if row is None:
        return None
    used = await tx.execute(sa.delete(tickets).where(tickets.c.id_hash == row.id_hash))
    return row if used.rowcount == 1 else None


async def look(tx: Tx, kind: str, text: str, secret: bytes) -> sa.Row[Any] | None:
    """A ticket that is good now, without using it up."""
    statement = sa.select(tickets).where(
        tickets.c.id_hash == _id_hash(kind, text, secret), tickets.c.expires_at > clock.now()
    )
    return (await tx.execute(statement)).one_or_none()


async def count_attempt(tx: Tx, row: sa.Row[Any], attempts_max: int) -> None:
    """Somebody held a ticket and got the rest wrong; the last attempt ends it."""
    is_this = tickets.c.id_hash == row.id_hash
    await tx.execute(sa.update(tickets).where(is_this).values(attempts=tickets.c.attempts + 1))
    await tx.execute(sa.delete(tickets).where(is_this, tickets.c.attempts >= attempts_max))


async def count_since(tx: Tx, kind: str, about: str, age: timedelta) -> int:
    """How many of a kind were made lately and are not used up: bounds the mails that one address gets."""
    statement = sa.select(sa.func.count()).where(
        tickets.c.about == about, tickets.c.kind == kind, tickets.c.created_at > clock.now() - age
    )
    return int((await tx.execute(statement)).scalar_one())


async def drop(tx: Tx, about: str, *kinds: str) -> None:
    """End the tickets about an account or address; with kinds, those only."""
    statement = sa.delete(tickets).where(tickets.c.about == about)
    await tx.execute(statement.where(tickets.c.kind.in_(kinds)) if kinds else statement)


async def forget_ended(database: Database) -> None:
    """Delete the tickets whose time is over."""
    async with database.begin() as tx:
        await tx.execute(sa.delete(tickets).where(tickets.c.expires_at <= clock.now()))


def hash_of(address: str, secret: bytes) -> str:
    """What a ticket says of an e-mail address that has no account."""
    return hmac.new(derive_key(secret, "addresses"), address.casefold().encode(), hashlib.sha256).hexdigest()


def _id_hash(kind: str, text: str, secret: bytes) -> str:
    return hmac.new(derive_key(secret, "tickets"), f"{kind} {text}".encode(), hashlib.sha256).hexdigest()

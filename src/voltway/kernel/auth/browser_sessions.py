"""Sessions of browsers: an opaque cookie whose keyed hash is in the database, and a CSRF token derived from it.

Source: OWASP ASVS 5.0, 7.2 (opaque, >= 128 bits, new at log-in) and 7.3 (idle and absolute end).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.auth.tables import accounts, browser_sessions
from voltway.kernel.database import Database, Tx
from voltway.kernel.secrets import derive_key

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=7)
COOKIE = "voltway_session"
SECURE_COOKIE = "__Host-voltway_session"


async def open_session(tx: Tx, account_id: str, secret: bytes) -> str:
    """Begin a session; the cookie's value."""
    cookie, now = secrets.token_urlsafe(32), clock.now()
    row = {
        "id_hash": hash_cookie(cookie, secret),
        "account_id": account_id,
        "created_at": now,
        "last_used_at": now,
        "expires_at": now + ABSOLUTE,
    }
    await bulk.insert(tx, browser_sessions, [row])
    return cookie


async def find_by_cookie(tx: Tx, cookie: str, secret: bytes) -> sa.Row[Any] | None:
    """The account of a session that is good now, with the session's `last_used_at`."""
    now = clock.now()
    statement = (
        sa.select(accounts, browser_sessions.c.last_used_at)
        .join(accounts, accounts.c.id == browser_sessions.c.account_id)
        .where(
            browser_sessions.c.id_hash == hash_cookie(cookie, secret),
            browser_sessions.c.expires_at > now,
            browser_sessions.c.last_used_at > now - IDLE,
            accounts.c.is_active.is_(True),
        )
    )
    return (await tx.execute(statement)).one_or_none()


async def close_session(tx: Tx, cookie: str, secret: bytes) -> None:
    """End a session."""
    await tx.execute(sa.delete(browser_sessions).where(browser_sessions.c.id_hash == hash_cookie(cookie, secret)))


async def forget_ended(database: Database) -> None:
    """Delete the sessions that nobody can use any more."""
    now = clock.now()
    ended = sa.or_(browser_sessions.c.expires_at <= now, browser_sessions.c.last_used_at <= now - IDLE)
    async with database.begin() as tx:
        await tx.execute(sa.delete(browser_sessions).where(ended))


def hash_cookie(cookie: str, secret: bytes) -> str:
    """What the database knows of a cookie. It is random: no salt is needed, and the hash can be looked up."""
    return hmac.new(derive_key(secret, "browser-sessions"), cookie.encode(), hashlib.sha256).hexdigest()


def csrf_token(cookie: str, secret: bytes) -> str:
    """The token that a write with this cookie must carry. It need not be stored: it follows from the cookie."""
    return hmac.new(derive_key(secret, "csrf"), cookie.encode(), hashlib.sha256).hexdigest()

"""Sessions of browsers: an opaque cookie whose keyed hash is in the database, and a CSRF token derived from it.

Source: OWASP ASVS 5.0, 7.2 (opaque, >= 128 bits, new at log-in) and 7.3 (idle and absolute end).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.auth.tables import accounts, browser_sessions, log_in_policies
from voltway.kernel.database import Database, Tx
from voltway.kernel.ids import new_id
from voltway.kernel.secrets import derive_key

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=7)
COOKIE = "voltway_session"
SECURE_COOKIE = "__Host-voltway_session"


ADDRESS_LENGTH_MAX = 45
USER_AGENT_LENGTH_MAX = 300


class Method(StrEnum):
    """How somebody logged in."""

    PASSWORD = "password"
    SECOND_FACTOR = "second_factor"
    PASSKEY = "passkey"
    PROVIDER = "provider"
    """An OpenID Connect provider vouches for them, with whatever factors it asks for."""


async def open_session(
    tx: Tx,
    account_id: str,
    secret: bytes,
    *,
    method: Method = Method.PASSWORD,
    address: str = "",
    user_agent: str = "",
    device_id: str | None = None,
) -> str:
    """Begin a session; the cookie's value."""
    cookie, now = secrets.token_urlsafe(32), clock.now()
    row = {
        "id_hash": hash_cookie(cookie, secret),
        "id": new_id(),
        "account_id": account_id,
        "created_at": now,
        "last_used_at": now,
        "expires_at": now + ABSOLUTE,
        "proved_at": now,
        "method": method.value,
        "address": address[:ADDRESS_LENGTH_MAX],
        "user_agent": user_agent[:USER_AGENT_LENGTH_MAX],
        "device_id": device_id,
    }
    await bulk.insert(tx, browser_sessions, [row])
    return cookie


async def find_by_cookie(tx: Tx, cookie: str, secret: bytes) -> sa.Row[Any] | None:
    """The account of a session that is good now, with `session_id`, `last_used_at`, `proved_at` and `method` of the session and
    its operator's policy."""
    now, policy = clock.now(), log_in_policies.c
    statement = (
        sa.select(
            accounts,
            browser_sessions.c.id.label("session_id"),
            *(browser_sessions.c[name] for name in ("last_used_at", "proved_at", "method")),
            *(policy[name] for name in ("mfa_roles", "mfa_grace_days", "mfa_since")),
        )
        .join(accounts, accounts.c.id == browser_sessions.c.account_id)
        .outerjoin(log_in_policies, policy.operator_id == accounts.c.operator_id)
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


async def renew(tx: Tx, cookie: str, secret: bytes) -> str:
    """The person has proved anew who they are: the session goes on under another cookie; its value."""
    renewed = secrets.token_urlsafe(32)
    statement = sa.update(browser_sessions).where(browser_sessions.c.id_hash == hash_cookie(cookie, secret))
    await tx.execute(statement.values(id_hash=hash_cookie(renewed, secret), proved_at=clock.now()))
    return renewed


async def close_all(tx: Tx, account_id: str, *, but: str | None = None) -> int:
    """End an account's sessions, except the one with the id `but`; how many there were."""
    statement = sa.delete(browser_sessions).where(browser_sessions.c.account_id == account_id)
    return (await tx.execute(statement if but is None else statement.where(browser_sessions.c.id != but))).rowcount


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

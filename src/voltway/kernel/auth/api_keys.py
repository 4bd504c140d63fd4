"""API keys: `vw_` + eight public characters + `_` + the secret. Only a keyed hash of the secret is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.auth.errors import ApiKeyNotFound
from voltway.kernel.auth.roles import Role
from voltway.kernel.auth.tables import api_keys
from voltway.kernel.database import Database, Tx
from voltway.kernel.ids import new_id
from voltway.kernel.secrets import derive_key, hash_secret, matches_secret, new_password

_MARK = "vw_"
_PREFIX_LENGTH = len(_MARK) + 8
_SECRET_LENGTH = 32


async def create_api_key(
    tx: Tx,
    role: Role | str,
    name: str,
    operator_id: str,
    secret: bytes,
    *,
    location_ids: Sequence[str] | None = None,
    location_group_ids: Sequence[str] | None = None,
    custom_role_id: str | None = None,
    scopes: Sequence[str] | None = None,
    expires_at: datetime | None = None,
    created_by: str | None = None,
    client_id: str | None = None,
) -> str:
    """Make a key and return it: the only time that it can be seen. `secret` is the installation's (Runtime.secret)."""
    text = f"{_MARK}{new_password(8)}_{new_password(_SECRET_LENGTH)}"
    row = {
        "id": new_id(),
        "operator_id": operator_id,
        "prefix": prefix_of(text),
        "secret_hash": hash_secret(text, _key(secret)),
        "name": name,
        "role": Role(role).value,
        "custom_role_id": custom_role_id,
        "location_ids": None if location_ids is None else list(location_ids),
        "location_group_ids": None if location_group_ids is None else list(location_group_ids),
        "scopes": None if scopes is None else sorted(scopes),
        "client_id": client_id,
        "created_at": clock.now(),
        "created_by": created_by,
        "expires_at": expires_at,
    }
    await bulk.insert(tx, api_keys, [row])
    return text


def prefix_of(text: str) -> str:
    """The part of a key that is no secret, by which its row is found."""
    return text[:_PREFIX_LENGTH]


async def find_by_key(tx: Tx, text: str, secret: bytes) -> sa.Row[Any] | None:
    """The row of a key that is good now."""
    statement = sa.select(api_keys).where(api_keys.c.prefix == prefix_of(text), api_keys.c.revoked_at.is_(None))
    row = (await tx.execute(statement)).one_or_none()
    if not matches_secret(text, row.secret_hash if row else None, _key(secret)):
        return None
    if row is None or (row.expires_at is not None and row.expires_at <= clock.now()):
        return None
    return row


async def revoke(tx: Tx, operator_id: str, key_id: str) -> None:
    """End a key. Raises ApiKeyNotFound."""
    is_live = sa.and_(api_keys.c.client_id.is_(None), api_keys.c.revoked_at.is_(None))
    statement = (
        sa.update(api_keys)
        .where(api_keys.c.id == key_id, api_keys.c.operator_id == operator_id, is_live)
        .values(revoked_at=clock.now())
    )
    if (await tx.execute(statement)).rowcount == 0:
        raise ApiKeyNotFound(f"There is no API key {key_id}.")


async def end_token(tx: Tx, key_id: str) -> None:
    """End a token of an OAuth client."""
    await tx.execute(sa.update(api_keys).where(api_keys.c.id == key_id).values(revoked_at=clock.now()))


async def forget_tokens(database: Database) -> None:
    """Delete the tokens of OAuth clients that have ended: a client takes a new one every few minutes."""
    statement = sa.delete(api_keys).where(api_keys.c.client_id.is_not(None), api_keys.c.expires_at <= clock.now())
    async with database.begin() as tx:
        await tx.execute(statement)


def _key(secret: bytes) -> bytes:
    return derive_key(secret, "api-keys")

"""Accounts of people who run the network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.auth import passwords
from voltway.kernel.auth.api_keys import locations_of
from voltway.kernel.auth.errors import BadEmail, EmailTaken, WrongCredentials
from voltway.kernel.auth.principal import Principal
from voltway.kernel.auth.roles import Role
from voltway.kernel.auth.tables import accounts
from voltway.kernel.database import Database, Tx
from voltway.kernel.ids import new_id

_EMAIL = re.compile(r"[^\s@\x00-\x1f]{1,64}@[^\s@\x00-\x1f]{1,253}")


async def create_account(
    tx: Tx,
    email: str,
    password: str,
    name: str,
    role: Role | str,
    operator_id: str,
    *,
    locale: str = "en",
    location_ids: Sequence[str] | None = None,
) -> str:
    """Make an account; its id. Raises BadEmail, EmailTaken, WeakPassword."""
    email = email.strip()
    if not _EMAIL.fullmatch(email) or len(email) > 254:
        reason = f"{email[:100]!r} is not an e-mail address."
        raise BadEmail(reason, errors=[{"path": "$.email", "message": reason}])
    passwords.check_policy(password, email)
    row = {
        "id": new_id(),
        "operator_id": operator_id,
        "email": email,
        "email_key": email.casefold(),
        "name": name,
        "role": Role(role).value,
        "location_ids": None if location_ids is None else list(location_ids),
        "password_hash": await passwords.hash_password(password),
        "locale": locale,
        "is_active": True,
        "created_at": clock.now(),
    }
    taken = sa.select(accounts.c.id).where(accounts.c.email_key == row["email_key"])
    await bulk.insert_if_absent(tx, accounts, [row])
    if (await tx.execute(taken)).scalar_one() != row["id"]:
        raise EmailTaken(f"{email} has an account already.")
    return str(row["id"])


async def check_credentials(database: Database, email: str, password: str) -> sa.Row[Any]:
    """The account that has this address and this password. Raises WrongCredentials, as late for an address nobody has."""
    statement = sa.select(accounts).where(accounts.c.email_key == email.strip().casefold())
    async with database.read() as tx:
        row = (await tx.execute(statement)).one_or_none()
    if not await passwords.matches(password, row.password_hash if row else None) or row is None or not row.is_active:
        raise WrongCredentials("No account has this e-mail address and this password.")
    if passwords.is_outdated(row.password_hash):
        renewed = await passwords.hash_password(password)
        async with database.begin() as tx:
            await tx.execute(sa.update(accounts).where(accounts.c.id == row.id).values(password_hash=renewed))
    return row


def to_principal(row: sa.Row[Any]) -> Principal:
    """Who an account's row stands for."""
    role = Role(row.role)
    return Principal(row.id, row.name, "account", role, row.operator_id, locations_of(role, row.location_ids))

"""Accounts of people who run the network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.auth import browser_sessions, passwords, tickets
from voltway.kernel.auth.errors import AccountNotFound, BadEmail, EmailTaken, WrongCredentials
from voltway.kernel.auth.roles import Role
from voltway.kernel.auth.tables import accounts
from voltway.kernel.database import Database, Tx
from voltway.kernel.ids import new_id

_EMAIL = re.compile(r"[^\s@\x00-\x1f]{1,64}@[^\s@\x00-\x1f]{1,253}")


def check_email(email: str) -> str:
    """An e-mail address without the spaces around it. Raises BadEmail."""
    email = email.strip()
    if not _EMAIL.fullmatch(email) or len(email.casefold()) > 254:
        reason = f"{email[:100]!r} is not an e-mail address."
        raise BadEmail(reason, errors=[{"path": "$.email", "message": reason}])
    return email


async def create_account(
    tx: Tx,
    email: str,
    password: str | None,
    name: str,
    role: Role | str,
    operator_id: str,
    *,
    locale: str = "en",
    location_ids: Sequence[str] | None = None,
    location_group_ids: Sequence[str] | None = None,
    custom_role_id: str | None = None,
) -> str:
    """Make an account; its id. Without a password it is logged in to by other means. Raises BadEmail, EmailTaken, WeakPassword."""
    email = check_email(email)
    if password is not None:
        passwords.check_policy(password, email)
    password_hash = "" if password is None else await passwords.hash_password(password)
    return await add_account(
        tx,
        email,
        password_hash,
        name,
        role,
        operator_id,
        locale=locale,
        location_ids=location_ids,
        location_group_ids=location_group_ids,
        custom_role_id=custom_role_id,
    )


async def add_account(
    tx: Tx,
    email: str,
    password_hash: str,
    name: str,
    role: Role | str,
    operator_id: str,
    *,
    locale: str = "en",
    time_zone: str | None = None,
    location_ids: Sequence[str] | None = None,
    location_group_ids: Sequence[str] | None = None,
    custom_role_id: str | None = None,
) -> str:
    """Make an account with a password that is hashed already (a server hashes before it opens a transaction), or '' for none; its
    id. Raises EmailTaken."""
    row = {
        "id": new_id(),
        "operator_id": operator_id,
        "email": email,
        "email_key": email.casefold(),
        "name": name,
        "role": Role(role).value,
        "custom_role_id": custom_role_id,
        "location_ids": None if location_ids is None else list(location_ids),
        "location_group_ids": None if location_group_ids is None else list(location_group_ids),
        "password_hash": password_hash,
        "locale": locale,
        "time_zone": time_zone,
        "is_active": True,
        "created_at": clock.now(),
    }
    taken = sa.select(accounts.c.id).where(accounts.c.email_key == row["email_key"])
    await bulk.insert_if_absent(tx, accounts, [row])
    if (await tx.execute(taken)).scalar_one() != row["id"]:
        raise EmailTaken(f"{email} has an account already.")
    return str(row["id"])


async def get(tx: Tx, account_id: str) -> sa.Row[Any]:
    """An account's row. Raises AccountNotFound."""
    row = (await tx.execute(sa.select(accounts).where(accounts.c.id == account_id))).one_or_none()
    if row is None:
        raise AccountNotFound("There is no such account.")
    return row


async def find_by_email(tx: Tx, email: str) -> sa.Row[Any] | None:
    """The account that has this address, whatever its case."""
    statement = sa.select(accounts).where(accounts.c.email_key == email.strip().casefold())
    return (await tx.execute(statement)).one_or_none()


async def change(tx: Tx, account_id: str, **values: Any) -> None:
    """Set some columns of an account."""
    await tx.execute(sa.update(accounts).where(accounts.c.id == account_id).values(**values))


async def set_active(tx: Tx, account_id: str, *, is_active: bool) -> None:
    """Let an account log in, or let it do so no more: its sessions and its links end with this. Whoever calls this has
    `callers.Verified` forgotten after the commit."""
    await change(tx, account_id, is_active=is_active)
    if not is_active:
        await browser_sessions.close_all(tx, account_id)
        await tickets.drop(tx, account_id)


def mfa_due_at(account: Any, policy: Any) -> datetime | None:
    """When an account must have a second factor, by its operator's policy (a row with the columns `mfa_…`); None: it need not,
    or has one. New accounts get the grace, too."""
    if not policy.mfa_roles or account.role not in policy.mfa_roles or account.second_factors:
        return None
    due: datetime = max(policy.mfa_since, account.created_at) + timedelta(days=policy.mfa_grace_days)
    return due


def must_prove_by_factor(account: Any, policy: Any | None) -> bool:
    """Whether a password alone proves nothing: the operator's policy wants a second factor of this role, and the account has
    one. Whoever has none yet must be able to set one up."""
    return policy is not None and account.role in policy.mfa_roles and bool(account.second_factors)


async def check_credentials(database: Database, email: str, password: str) -> sa.Row[Any]:
    """The account that has this address and this password. Raises WrongCredentials, as late for an address nobody has."""
    async with database.read() as tx:
        row = await find_by_email(tx, email)
    if not await passwords.matches(password, row.password_hash if row else None) or row is None or not row.is_active:
        raise WrongCredentials("No account has this e-mail address and this password.")
    if passwords.is_outdated(row.password_hash):
        renewed = await passwords.hash_password(password)
        async with database.begin() as tx:
            await tx.execute(sa.update(accounts).where(accounts.c.id == row.id).values(password_hash=renewed))
    return row


async def find_administrators(tx: Tx, operator_id: str) -> list[str]:
    """The addresses of an operator's administrators, at most twenty."""
    roles = (Role.PLATFORM_ADMIN.value, Role.OPERATOR_ADMIN.value)
    statement = (
        sa.select(accounts.c.email)
        .where(accounts.c.operator_id == operator_id, accounts.c.is_active.is_(True), accounts.c.role.in_(roles))
        .order_by(accounts.c.created_at)
        .limit(20)
    )
    return list((await tx.execute(statement)).scalars())

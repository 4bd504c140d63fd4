"""All SQL of the organisations module."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.auth import Principal, Role, operators, visible
from voltway.kernel.auth.errors import OperatorNotFound
from voltway.kernel.auth.tables import accounts, api_keys, custom_roles, location_groups
from voltway.kernel.database import Tx
from voltway.kernel.errors import NotFound
from voltway.kernel.ids import new_id
from voltway.modules.organisations.errors import (
    AlreadyInvited,
    GroupNotFound,
    InUse,
    InvitationNotFound,
    MemberNotFound,
    NameTaken,
    RoleNotFound,
    TooManyOfThem,
)
from voltway.modules.organisations.tables import invitations

Row = sa.Row[Any]


async def _one(tx: Tx, statement: sa.Select[Any], missing: NotFound, *, is_locked: bool = False) -> Row:
    row = (await tx.execute(bulk.locked(statement, tx) if is_locked else statement)).one_or_none()
    if row is None:
        raise missing
    return row


# ---- operators


async def get_operator(tx: Tx, operator_id: str) -> Row:
    """An operator. Raises OperatorNotFound."""
    statement = sa.select(operators).where(operators.c.id == operator_id)
    return await _one(tx, statement, OperatorNotFound("There is no such operator."))


async def rename_operator(tx: Tx, operator_id: str, name: str) -> None:
    """Give an operator another name; the slug stays."""
    await tx.execute(sa.update(operators).where(operators.c.id == operator_id).values(name=name))


async def home_of(tx: Tx, principal: Principal) -> str:
    """The operator that the caller belongs to, whomever they act for."""
    table = accounts if principal.kind == "account" else api_keys
    return str((await tx.execute(sa.select(table.c.operator_id).where(table.c.id == principal.id))).scalar_one())


# ---- members


def members_of(principal: Principal) -> sa.Select[Any]:
    """Who works for the caller's operator. Drivers do not."""
    return sa.select(accounts).where(visible(principal, accounts), accounts.c.role != Role.DRIVER.value)


async def get_member(tx: Tx, principal: Principal, account_id: str) -> Row:
    """A member. Raises MemberNotFound."""
    statement = members_of(principal).where(accounts.c.id == account_id)
    return await _one(tx, statement, MemberNotFound("There is no such member."))


async def administrators_of(tx: Tx, operator_id: str) -> Sequence[Row]:
    """The administrators of an operator, locked until the commit: two cannot remove each other. Before any of them is read."""
    statement = (
        sa.select(accounts)
        .where(accounts.c.operator_id == operator_id, accounts.c.role == Role.OPERATOR_ADMIN.value)
        .order_by(accounts.c.id)
    )
    return (await tx.execute(bulk.locked(statement, tx))).all()


async def get_account(tx: Tx, account_id: str) -> Row:
    """An account of whatever operator. Raises MemberNotFound."""
    statement = sa.select(accounts).where(accounts.c.id == account_id)
    return await _one(tx, statement, MemberNotFound("There is no such account."))


async def find_member_by_email(tx: Tx, operator_id: str, email_key: str) -> Row | None:
    """The account of an operator that has this address."""
    statement = sa.select(accounts).where(accounts.c.email_key == email_key, accounts.c.operator_id == operator_id)
    return (await tx.execute(statement)).one_or_none()


async def change_account(tx: Tx, account_id: str, values: Mapping[str, Any]) -> None:
    """Set some columns."""
    await tx.execute(sa.update(accounts).where(accounts.c.id == account_id).values(values))


async def revoke_keys_of(tx: Tx, account_id: str) -> list[str]:
    """End the API keys that somebody made; their names."""
    made = (api_keys.c.created_by == account_id, api_keys.c.revoked_at.is_(None))
    names = (await tx.execute(sa.select(api_keys.c.name).where(*made).order_by(api_keys.c.id))).scalars().all()
    await tx.execute(sa.update(api_keys).where(*made).values(revoked_at=clock.now()))
    return [str(name) for name in names]


async def remove_account(tx: Tx, account_id: str) -> None:
    """Delete an account; its browser sessions go with it."""
    await tx.execute(sa.delete(accounts).where(accounts.c.id == account_id))


# ---- roles and location groups: named things of an operator


async def named(tx: Tx, principal: Principal, table: sa.Table) -> Sequence[Row]:
    """All of an operator's, by name."""
    return (await tx.execute(sa.select(table).where(visible(principal, table)).order_by(table.c.name))).all()


_MISSING: dict[sa.Table, type[NotFound]] = {custom_roles: RoleNotFound, location_groups: GroupNotFound}


async def get_named(tx: Tx, principal: Principal, table: sa.Table, row_id: str) -> Row:
    """One of them. Raises RoleNotFound, GroupNotFound."""
    statement = sa.select(table).where(visible(principal, table), table.c.id == row_id)
    return await _one(tx, statement, _MISSING[table](), is_locked=tx.is_writing)


async def add_named(tx: Tx, table: sa.Table, operator_id: str, values: Mapping[str, Any], *, at_most: int) -> Row:
    """Add one; its row. Raises NameTaken, TooManyOfThem."""
    count = sa.select(sa.func.count()).select_from(table).where(table.c.operator_id == operator_id)
    if (await tx.execute(count)).scalar_one() >= at_most:
        raise TooManyOfThem(f"An operator has at most {at_most}.")
    row = {**values, "id": new_id(), "operator_id": operator_id, "created_at": clock.now()}
    await bulk.insert_if_absent(tx, table, [row])
    found = (await tx.execute(sa.select(table).where(table.c.id == row["id"]))).one_or_none()
    if found is None:
        raise NameTaken(f"There is a {values['name']!r} already.")
    return found


async def change_named(tx: Tx, table: sa.Table, row: Row, values: Mapping[str, Any]) -> Row:
    """Give one other values; its row. Raises NameTaken."""
    namesake = sa.select(table.c.id).where(
        table.c.operator_id == row.operator_id, table.c.name == values["name"], table.c.id != row.id
    )
    if (await tx.execute(namesake)).first() is not None:
        raise NameTaken(f"There is a {values['name']!r} already.")
    await tx.execute(sa.update(table).where(table.c.id == row.id).values(values))
    return (await tx.execute(sa.select(table).where(table.c.id == row.id))).one()


async def remove_role(tx: Tx, row: Row) -> None:
    """Delete a custom role that nobody has. Raises InUse."""
    for table in (accounts, api_keys, invitations):
        has_it = [table.c.operator_id == row.operator_id, table.c.custom_role_id == row.id]
        if table is api_keys:
            has_it.append(api_keys.c.revoked_at.is_(None))
        if (await tx.execute(sa.select(table.c.id).where(*has_it).limit(1))).first() is not None:
            raise InUse(f"Somebody has the role {row.name!r}.")
    await tx.execute(sa.delete(custom_roles).where(custom_roles.c.id == row.id))


async def remove_group(tx: Tx, row: Row) -> None:
    """Delete a location group that nobody is bound to. Raises InUse."""
    for table in (accounts, api_keys, invitations):
        bound = [
            table.c.operator_id == row.operator_id,
            table.c.location_group_ids.is_not(None),
            sa.type_coerce(table.c.location_group_ids, sa.Text).contains(row.id),
        ]
        if table is api_keys:
            bound.append(api_keys.c.revoked_at.is_(None))
        if (await tx.execute(sa.select(table.c.id).where(*bound).limit(1))).first() is not None:
            raise InUse(f"Somebody is bound to the location group {row.name!r}.")
    await tx.execute(sa.delete(location_groups).where(location_groups.c.id == row.id))


async def known_groups(tx: Tx, operator_id: str, group_ids: Collection[str]) -> set[str]:
    """Those of these location groups that the operator has."""
    statement = sa.select(location_groups.c.id).where(
        location_groups.c.operator_id == operator_id, location_groups.c.id.in_(group_ids)
    )
    return set((await tx.execute(statement)).scalars())


# ---- invitations


async def get_invitation(tx: Tx, principal: Principal, invitation_id: str) -> Row:
    """An invitation of the caller's operator. Raises InvitationNotFound."""
    statement = sa.select(invitations).where(visible(principal, invitations), invitations.c.id == invitation_id)
    return await _one(tx, statement, InvitationNotFound("There is no such invitation."), is_locked=tx.is_writing)


async def add_invitation(tx: Tx, row: Mapping[str, Any]) -> Row:
    """Add an invitation. Raises AlreadyInvited."""
    await bulk.insert_if_absent(tx, invitations, [row])
    found = (await tx.execute(sa.select(invitations).where(invitations.c.id == row["id"]))).one_or_none()
    if found is None:
        raise AlreadyInvited("Send the invitation again, or withdraw it first.")
    return found


async def renew_invitation(tx: Tx, invitation_id: str, code_hash: str, expires_at: datetime) -> Row:
    """Another code, which holds until then; the one before is over."""
    values = {"code_hash": code_hash, "sent_at": clock.now(), "expires_at": expires_at}
    await tx.execute(sa.update(invitations).where(invitations.c.id == invitation_id).values(values))
    return (await tx.execute(sa.select(invitations).where(invitations.c.id == invitation_id))).one()


async def find_by_code(tx: Tx, code_hash: str) -> Row | None:
    """The invitation of a code that holds now."""
    statement = sa.select(invitations).where(
        invitations.c.code_hash == code_hash, invitations.c.expires_at > clock.now()
    )
    return (await tx.execute(bulk.locked(statement, tx))).one_or_none()


async def remove_invitation(tx: Tx, invitation_id: str) -> bool:
    """Delete an invitation; False if somebody else was quicker."""
    return (await tx.execute(sa.delete(invitations).where(invitations.c.id == invitation_id))).rowcount == 1

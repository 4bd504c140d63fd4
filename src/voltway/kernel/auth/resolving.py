"""From the row of an account or an API key to who it stands for now: operator, permissions, locations."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal

import sqlalchemy as sa

from voltway.kernel import clock
from voltway.kernel.auth.accounts import mfa_due_at
from voltway.kernel.auth.browser_sessions import Method
from voltway.kernel.auth.errors import OperatorSuspended
from voltway.kernel.auth.principal import Principal
from voltway.kernel.auth.roles import BOUND_TO_LOCATIONS, Permission, Role
from voltway.kernel.auth.tables import custom_roles, location_groups, operators
from voltway.kernel.database import Tx

_KNOWN = frozenset(Permission)


async def principal_of(tx: Tx, row: sa.Row[Any], kind: Literal["account", "api_key"]) -> Principal:
    """Who this row stands for. Raises OperatorSuspended."""
    role = Role(row.role)
    suspended_at = sa.select(operators.c.suspended_at).where(operators.c.id == row.operator_id)
    if (await tx.execute(suspended_at)).scalar_one() is not None:
        raise OperatorSuspended("Your operator is suspended: ask who runs this platform.")
    is_key = kind == "api_key"
    return Principal(
        (row.client_id or row.id) if is_key else row.id,
        row.name,
        kind,
        role,
        row.operator_id,
        await locations_of(tx, row.operator_id, role, row.location_ids, row.location_group_ids),
        await permissions_of(tx, row.operator_id, row.custom_role_id) if role is Role.CUSTOM else None,
        # A permission that there is no more grants nothing.
        frozenset(each for each in Permission if each in row.scopes) if is_key and row.scopes is not None else None,
    )


async def session_principal_of(tx: Tx, row: sa.Row[Any]) -> Principal:
    """Who a row of `browser_sessions.find_by_cookie` stands for. Raises OperatorSuspended."""
    due_at = mfa_due_at(row, row) if row.method == Method.PASSWORD else None
    return dataclasses.replace(
        await principal_of(tx, row, "account"),
        session_id=row.session_id,
        proved_at=row.proved_at,
        must_set_up_mfa=due_at is not None and due_at <= clock.now(),
    )


async def permissions_of(tx: Tx, operator_id: str, custom_role_id: str | None) -> frozenset[Permission]:
    """What a custom role permits; one that is gone permits nothing."""
    found = sa.select(custom_roles.c.permissions).where(
        custom_roles.c.id == custom_role_id, custom_roles.c.operator_id == operator_id
    )
    stored = (await tx.execute(found)).scalar_one_or_none() or ()
    return frozenset(Permission(name) for name in stored if name in _KNOWN)


async def locations_of(
    tx: Tx, operator_id: str, role: Role, location_ids: Sequence[str] | None, group_ids: Sequence[str] | None
) -> frozenset[str] | None:
    """The locations that somebody is bound to, those of their groups among them; None: not bound. A role that must be bound
    and is given none sees none."""
    if location_ids is None and group_ids is None:
        return frozenset() if role in BOUND_TO_LOCATIONS else None
    bound = set(location_ids or ())
    if group_ids:
        groups = sa.select(location_groups.c.location_ids).where(
            location_groups.c.id.in_(group_ids), location_groups.c.operator_id == operator_id
        )
        for (members,) in (await tx.execute(groups)).all():
            bound.update(members)
    return frozenset(bound)

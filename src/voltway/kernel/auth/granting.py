"""Nobody grants what they do not have: neither by a key, nor by a role, nor by an invitation."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from voltway.kernel.auth.errors import PermissionMissing
from voltway.kernel.auth.principal import Principal
from voltway.kernel.auth.resolving import locations_of, permissions_of
from voltway.kernel.auth.roles import PERMISSIONS, Permission, Role
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField


async def require_key_grantable(
    tx: Tx,
    giver: Principal,
    role: Role,
    *,
    custom_role_id: str | None = None,
    location_ids: Sequence[str] | None = None,
    location_group_ids: Sequence[str] | None = None,
    scopes: Sequence[Permission] | None = None,
) -> None:
    """Raise PermissionMissing if a key of this role, these scopes and locations would be more than its giver has; InvalidField for a
    role that is not there and a scope beside the role."""
    if role is Role.PLATFORM_ADMIN and giver.role is not Role.PLATFORM_ADMIN:
        raise PermissionMissing("Only a platform administrator makes keys of that role.")
    granted = PERMISSIONS[role]
    if role is Role.CUSTOM:
        granted = await permissions_of(tx, giver.operator_id, custom_role_id)
        if not granted:
            raise InvalidField.at("$.custom_role_id", "there is no such role")
    beside = sorted(set(scopes or ()) - granted)
    if beside:
        raise InvalidField.at("$.scopes", f"the role {role} does not include {', '.join(beside)}")
    reach = await locations_of(tx, giver.operator_id, role, location_ids, location_group_ids)
    require_grantable(giver, granted if scopes is None else scopes, reach)


def require_grantable(
    giver: Principal, permissions: Collection[Permission], location_ids: frozenset[str] | None
) -> None:
    """Raise PermissionMissing unless the giver holds all of this, at all of these locations (None: at every one)."""
    beyond = sorted(set(permissions) - giver.permissions)
    if beyond:
        raise PermissionMissing(f"Nobody grants what they do not have: {', '.join(beyond)}.", permissions=beyond)
    if giver.location_ids is not None and (location_ids is None or not location_ids <= giver.location_ids):
        raise PermissionMissing("Who is bound to locations grants access to those only.")

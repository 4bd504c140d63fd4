"""REST of roles and of location groups."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from voltway.kernel import audit
from voltway.kernel.auth import Permission, Role
from voltway.kernel.auth.granting import require_grantable
from voltway.kernel.auth.roles import BOUND_TO_LOCATIONS, PERMISSIONS
from voltway.kernel.auth.tables import custom_roles, location_groups
from voltway.modules.organisations import service, store
from voltway.modules.organisations.api.dependencies import (
    MayReadMembers,
    MayWriteMembers,
    OpenTx,
    OurRuntime,
    ReadTx,
)
from voltway.modules.organisations.errors import BuiltInRole
from voltway.modules.organisations.schemas import LocationGroupIn, LocationGroupOut, RoleIn, RoleOut
from voltway.modules.organisations.settings import OrganisationsSettings

router = APIRouter(tags=["roles"])

BUILT_IN = [
    RoleOut(
        id=role.value,
        name=role.value,
        is_built_in=True,
        is_bound=role in BOUND_TO_LOCATIONS,
        permissions=[permission for permission in Permission if permission in PERMISSIONS[role]],
    )
    for role in Role
    if role is not Role.CUSTOM
]


@router.get("/roles")
async def list_roles(principal: MayReadMembers, tx: ReadTx) -> list[RoleOut]:
    """The built-in roles, then the operator's own."""
    return [*BUILT_IN, *(_role_out(row) for row in await store.named(tx, principal, custom_roles))]


@router.post("/roles", status_code=201)
async def add_role(body: RoleIn, principal: MayWriteMembers, tx: OpenTx, runtime: OurRuntime) -> RoleOut:
    """Make a role of a set of permissions, none that the caller does not have."""
    values = _role_values(body)
    require_grantable(principal, body.permissions, principal.location_ids)
    at_most = runtime.settings(OrganisationsSettings).roles_max
    row = await store.add_named(tx, custom_roles, principal.operator_id, values, at_most=at_most)
    audit.note(tx, principal, "role.made", ("role", row.id), after=values)
    return _role_out(row)


@router.put("/roles/{role_id}")
async def change_role(
    role_id: str, body: RoleIn, principal: MayWriteMembers, tx: OpenTx, runtime: OurRuntime
) -> RoleOut:
    """Replace a role of the operator's own. It holds at once for everybody who has it."""
    row = await _own_role(tx, principal, role_id)
    held = service.known_permissions(row.permissions)
    require_grantable(principal, {*body.permissions, *held}, principal.location_ids)
    values = _role_values(body)
    changed = await store.change_named(tx, custom_roles, row, values)
    before = {"name": row.name, "permissions": row.permissions}
    audit.note(tx, principal, "role.changed", ("role", row.id), before=before, after=values)
    service.take_effect(tx, runtime)
    return _role_out(changed)


@router.delete("/roles/{role_id}", status_code=204)
async def remove_role(role_id: str, principal: MayWriteMembers, tx: OpenTx) -> None:
    """Delete a role of the operator's own that nobody has."""
    row = await _own_role(tx, principal, role_id)
    await store.remove_role(tx, row)
    audit.note(tx, principal, "role.removed", ("role", row.id), before={"name": row.name})


async def _own_role(tx: OpenTx, principal: MayWriteMembers, role_id: str) -> Any:
    if role_id in {role.id for role in BUILT_IN}:
        raise BuiltInRole("Make a role of your own with the permissions that you want.")
    return await store.get_named(tx, principal, custom_roles, role_id)


def _role_values(body: RoleIn) -> dict[str, Any]:
    return {"name": body.name, "permissions": sorted({permission.value for permission in body.permissions})}


def _role_out(row: Any) -> RoleOut:
    permissions = service.known_permissions(row.permissions)
    return RoleOut(id=row.id, name=row.name, is_built_in=False, is_bound=False, permissions=permissions)


# ---- location groups


@router.get("/location-groups")
async def list_location_groups(principal: MayReadMembers, tx: ReadTx) -> list[LocationGroupOut]:
    """The operator's location groups, by name."""
    return [LocationGroupOut.model_validate(row) for row in await store.named(tx, principal, location_groups)]


@router.post("/location-groups", status_code=201)
async def add_location_group(
    body: LocationGroupIn, principal: MayWriteMembers, runtime: OurRuntime
) -> LocationGroupOut:
    """Name a set of locations, to bind members and keys to."""
    await service.require_locations(runtime, principal.operator_id, body.location_ids, "$.location_ids")
    at_most = runtime.settings(OrganisationsSettings).groups_max
    async with runtime.database.begin(principal.operator_id) as tx:
        values = _group_values(body)
        row = await store.add_named(tx, location_groups, principal.operator_id, values, at_most=at_most)
        audit.note(tx, principal, "location_group.made", ("location_group", row.id), after=values)
    return LocationGroupOut.model_validate(row)


@router.get("/location-groups/{group_id}")
async def get_location_group(group_id: str, principal: MayReadMembers, tx: ReadTx) -> LocationGroupOut:
    """One location group."""
    return LocationGroupOut.model_validate(await store.get_named(tx, principal, location_groups, group_id))


@router.put("/location-groups/{group_id}")
async def change_location_group(
    group_id: str, body: LocationGroupIn, principal: MayWriteMembers, runtime: OurRuntime
) -> LocationGroupOut:
    """Replace a location group. It holds at once for everybody who is bound to it."""
    await service.require_locations(runtime, principal.operator_id, body.location_ids, "$.location_ids")
    async with runtime.database.begin(principal.operator_id) as tx:
        row = await store.get_named(tx, principal, location_groups, group_id)
        values = _group_values(body)
        changed = await store.change_named(tx, location_groups, row, values)
        before = {"name": row.name, "location_ids": row.location_ids}
        audit.note(tx, principal, "location_group.changed", ("location_group", row.id), before=before, after=values)
        service.take_effect(tx, runtime)
    return LocationGroupOut.model_validate(changed)


@router.delete("/location-groups/{group_id}", status_code=204)
async def remove_location_group(group_id: str, principal: MayWriteMembers, tx: OpenTx) -> None:
    """Delete a location group that nobody is bound to. The locations stay."""
    row = await store.get_named(tx, principal, location_groups, group_id)
    await store.remove_group(tx, row)
    audit.note(tx, principal, "location_group.removed", ("location_group", row.id), before={"name": row.name})


def _group_values(body: LocationGroupIn) -> dict[str, Any]:
    return {"name": body.name, "location_ids": list(dict.fromkeys(body.location_ids))}

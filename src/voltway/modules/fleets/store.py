"""All SQL of the pages of fleets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.auth import Principal, Role, visible
from voltway.kernel.auth.tables import accounts, api_keys
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.fleets.errors import (
    FleetInUse,
    FleetNotFound,
    FleetPartExists,
    FleetPartInUse,
    FleetPartNotFound,
    ManagerNotFound,
    TokenInFleet,
    WrongFleetField,
)
from voltway.modules.fleets.tables import (
    cost_centres,
    fleets,
    limits,
    managers,
    members,
    past_parts,
    sessions,
    vehicles,
)

_UNIQUE = {vehicles: "plate", cost_centres: "code"}


def seen(principal: Principal) -> sa.ColumnElement[bool]:
    """The fleets that a caller sees: the operator's; a fleet manager those that they manage. The one place where this is decided."""
    is_ours = visible(principal, fleets)
    if principal.role is not Role.FLEET_MANAGER:
        return is_ours
    managed = sa.select(managers.c.fleet_id).where(visible(principal, managers), managers.c.account_id == principal.id)
    return sa.and_(is_ours, fleets.c.id.in_(managed))


async def get(tx: Tx, principal: Principal, fleet_id: str) -> Any:
    """A fleet that the caller sees. Raises FleetNotFound."""
    row = (await tx.execute(sa.select(fleets).where(seen(principal), fleets.c.id == fleet_id))).one_or_none()
    if row is None:
        raise FleetNotFound(f"There is no fleet {fleet_id}.")
    return row


async def hold(tx: Tx, principal: Principal, fleet_id: str) -> Any:
    """A fleet that the caller sees, locked until the commit: what is changed in it is changed by one at a time."""
    await get(tx, principal, fleet_id)
    return (await tx.execute(bulk.locked(sa.select(fleets).where(fleets.c.id == fleet_id), tx))).one()


async def add(tx: Tx, principal: Principal, values: Mapping[str, Any]) -> Any:
    """Add a fleet."""
    row = {"id": new_id(), "operator_id": principal.operator_id, "created_at": clock.now(), **values}
    await bulk.insert(tx, fleets, [row])
    return await get(tx, principal, row["id"])


async def change(tx: Tx, fleet: Any, values: Mapping[str, Any]) -> Any:
    """Change a fleet's name and time zone."""
    await tx.execute(sa.update(fleets).where(fleets.c.id == fleet.id).values(**values))
    return (await tx.execute(sa.select(fleets).where(fleets.c.id == fleet.id))).one()


async def remove(tx: Tx, fleet: Any) -> None:
    """Remove a fleet with its managers, cost centres and limits. Raises FleetInUse."""
    hanging = {
        "members": members,
        "vehicles": vehicles,
        "sessions in its statements": sessions,
    }
    found = {name: await _count(tx, table, table.c.fleet_id == fleet.id) for name, table in hanging.items()}
    if any(found.values()):
        what = ", ".join(f"{name}: {count}" for name, count in found.items() if count)
        raise FleetInUse(f"The fleet {fleet.name} cannot be deleted while something hangs on it ({what}).")
    for table in (managers, cost_centres, limits, past_parts):
        await tx.execute(sa.delete(table).where(table.c.fleet_id == fleet.id))
    await tx.execute(sa.delete(fleets).where(fleets.c.id == fleet.id))


async def _count(tx: Tx, table: sa.Table, condition: sa.ColumnElement[bool]) -> int:
    return int((await tx.execute(sa.select(sa.func.count()).select_from(table).where(condition))).scalar_one())


async def sizes(tx: Tx, table: sa.Table, fleet_ids: Sequence[str]) -> dict[str, int]:
    """How many members, or vehicles, each of these fleets has; one without any is left out."""
    counted = sa.select(table.c.fleet_id, sa.func.count().label("size")).where(table.c.fleet_id.in_(fleet_ids))
    return {row.fleet_id: int(row.size) for row in await tx.execute(counted.group_by(table.c.fleet_id))}


async def limits_of_whole(tx: Tx, fleet_ids: Sequence[str]) -> Sequence[Any]:
    """The limits of these fleets as a whole."""
    wanted = sa.select(limits).where(limits.c.fleet_id.in_(fleet_ids), limits.c.kind == "fleet")
    return (await tx.execute(wanted.order_by(*limits.primary_key.columns))).all()


async def parts(tx: Tx, table: sa.Table, fleet_id: str) -> Sequence[Any]:
    """All that a fleet has of one kind, in the order of its keys."""
    order = table.c[_UNIQUE[table]] if table in _UNIQUE else None
    keys = [*([] if order is None else [order]), *table.primary_key.columns]
    return (await tx.execute(sa.select(table).where(table.c.fleet_id == fleet_id).order_by(*keys))).all()


async def add_part(tx: Tx, table: sa.Table, fleet: Any, values: Mapping[str, Any]) -> Any:
    """Add a vehicle or a cost centre. Raises FleetPartExists, WrongFleetField."""
    await _is_free(tx, table, fleet, values, None)
    row = {"id": new_id(), "operator_id": fleet.operator_id, "fleet_id": fleet.id, **values}
    await bulk.insert(tx, table, [row])
    return await part(tx, table, fleet, row["id"])


async def change_part(tx: Tx, table: sa.Table, fleet: Any, part_id: str, values: Mapping[str, Any]) -> Any:
    """Change a vehicle or a cost centre. Raises FleetPartNotFound, FleetPartExists, WrongFleetField."""
    await part(tx, table, fleet, part_id)
    await _is_free(tx, table, fleet, values, part_id)
    await tx.execute(sa.update(table).where(table.c.id == part_id).values(**values))
    return await part(tx, table, fleet, part_id)


async def part(tx: Tx, table: sa.Table, fleet: Any, part_id: str) -> Any:
    """A vehicle, a cost centre or a member of a fleet. Raises FleetPartNotFound."""
    [key] = table.primary_key.columns
    row = (await tx.execute(sa.select(table).where(table.c.fleet_id == fleet.id, key == part_id))).one_or_none()
    if row is None:
        raise FleetPartNotFound(f"The fleet has no {part_id[:100]}.")
    return row


async def remove_part(tx: Tx, table: sa.Table, fleet: Any, part_id: str) -> Any:
    """Remove a vehicle (with its limits) or a cost centre, and answer it; statements name it still. Raises FleetPartNotFound,
    FleetPartInUse while vehicles or members name it."""
    row = await part(tx, table, fleet, part_id)
    label, column = (row.plate, "vehicle_id") if table is vehicles else (row.code, "cost_centre_id")
    naming = {"members": members, "vehicles": vehicles}
    found = {
        name: await _count(tx, other, sa.and_(other.c.fleet_id == fleet.id, other.c[column] == part_id))
        for name, other in naming.items()
        if column in other.c
    }
    if any(found.values()):
        what = ", ".join(f"{name}: {count}" for name, count in found.items() if count)
        raise FleetPartInUse(f"{label} cannot be removed while others of the fleet name it ({what}).")
    is_its = sa.and_(limits.c.fleet_id == fleet.id, limits.c.kind == "vehicle", limits.c.target_id == part_id)
    await tx.execute(sa.delete(limits).where(is_its))
    await tx.execute(sa.delete(table).where(table.c.id == part_id))
    past = {"id": part_id, "operator_id": fleet.operator_id, "fleet_id": fleet.id, "label": label}
    await bulk.insert(tx, past_parts, [past])
    return row


async def _is_free(tx: Tx, table: sa.Table, fleet: Any, values: Mapping[str, Any], part_id: str | None) -> None:
    name = _UNIQUE[table]
    others = sa.select(table.c.id).where(table.c.fleet_id == fleet.id, table.c[name] == values[name])
    if part_id is not None:
        others = others.where(table.c.id != part_id)
    if (await tx.execute(others)).first() is not None:
        raise FleetPartExists(f"The fleet has the {name} {values[name]} already.")
    await _has(tx, fleet, values)


async def _has(tx: Tx, fleet: Any, values: Mapping[str, Any]) -> None:
    """That the vehicle and the cost centre that are named are the fleet's. Raises WrongFleetField."""
    for name, table in (("vehicle_id", vehicles), ("cost_centre_id", cost_centres)):
        wanted = values.get(name)
        if wanted is not None and not await _ids(tx, table, fleet.id, {wanted}):
            raise WrongFleetField.at(f"$.{name}", "the fleet does not have it")


async def _ids(tx: Tx, table: sa.Table, fleet_id: str, wanted: set[str]) -> set[str]:
    [key] = table.primary_key.columns
    found = await tx.execute(sa.select(key).where(table.c.fleet_id == fleet_id))
    return set(found.scalars()) & wanted


# ---- managers and members


async def add_manager(tx: Tx, fleet: Any, account_id: str) -> None:
    """Let somebody in the role of a fleet manager see a fleet. Raises ManagerNotFound."""
    if not await _names_of(tx, fleet.operator_id, [account_id]):
        raise ManagerNotFound(f"There is no account and no API key {account_id[:100]}.")
    row = {"fleet_id": fleet.id, "account_id": account_id, "operator_id": fleet.operator_id}
    await bulk.insert_if_absent(tx, managers, [row])


async def named_managers(tx: Tx, fleet: Any) -> list[tuple[str, str | None]]:
    """Who manages a fleet, by id and name; None: they are not there any more."""
    ids = [row.account_id for row in await parts(tx, managers, fleet.id)]
    names = await _names_of(tx, fleet.operator_id, ids)
    return [(account_id, names.get(account_id)) for account_id in ids]


async def _names_of(tx: Tx, operator_id: str, ids: Sequence[str]) -> dict[str, str]:
    """The names of an operator's accounts and of its API keys that are not revoked."""
    found = [
        sa.select(table.c.id, table.c.name).where(table.c.operator_id == operator_id, table.c.id.in_(ids), *conditions)
        for table, conditions in ((accounts, ()), (api_keys, (api_keys.c.revoked_at.is_(None),)))
    ]
    return {row.id: row.name for row in await tx.execute(sa.union_all(*found))}


async def remove_manager(tx: Tx, fleet: Any, account_id: str) -> None:
    """Let them see it no more. Raises FleetPartNotFound."""
    is_it = sa.and_(managers.c.fleet_id == fleet.id, managers.c.account_id == account_id)
    if (await tx.execute(sa.delete(managers).where(is_it))).rowcount == 0:
        raise FleetPartNotFound(f"{account_id[:100]} does not manage this fleet.")


async def add_member(tx: Tx, fleet: Any, id_token_id: str) -> Any:
    """Add a token; one that is there stays as it is. Raises TokenInFleet."""
    row = {"id_token_id": id_token_id, "operator_id": fleet.operator_id, "fleet_id": fleet.id}
    await bulk.insert_if_absent(tx, members, [{**row, "vehicle_id": None, "cost_centre_id": None}])
    found = (await tx.execute(sa.select(members).where(members.c.id_token_id == id_token_id))).one()
    if found.fleet_id != fleet.id:
        raise TokenInFleet(f"Token {id_token_id} is in another fleet.")
    return found


async def assign(tx: Tx, fleet: Any, id_token_id: str, values: Mapping[str, Any]) -> Any:
    """Say to which vehicle and cost centre a member's sessions belong. Raises FleetPartNotFound, WrongFleetField."""
    await part(tx, members, fleet, id_token_id)
    await _has(tx, fleet, values)
    await tx.execute(sa.update(members).where(members.c.id_token_id == id_token_id).values(**values))
    return await part(tx, members, fleet, id_token_id)


async def remove_member(tx: Tx, fleet: Any, id_token_id: str) -> None:
    """The token is the fleet's no more, and its limits are gone. Its sessions stay in the statements. Raises FleetPartNotFound."""
    await part(tx, members, fleet, id_token_id)
    await tx.execute(sa.delete(members).where(members.c.id_token_id == id_token_id))
    is_its = sa.and_(limits.c.fleet_id == fleet.id, limits.c.kind == "member", limits.c.target_id == id_token_id)
    await tx.execute(sa.delete(limits).where(is_its))


# ---- limits and statements


async def set_limits(tx: Tx, fleet: Any, wanted: Sequence[Mapping[str, Any]], energy: str) -> None:
    """Put these limits in the place of all that a fleet has; of two for the same the last holds. Raises WrongFleetField."""
    for kind, table in (("vehicle", vehicles), ("member", members)):
        named = {item["target_id"] for item in wanted if item["kind"] == kind}
        missing = named - await _ids(tx, table, fleet.id, named) if named else set()
        if missing:
            raise WrongFleetField.at("$.items", f"the fleet has no {kind} {min(missing)}")
    rows = {}
    for item in wanted:
        is_energy = item["energy_wh"] is not None
        row = {
            "fleet_id": fleet.id,
            "kind": item["kind"],
            "target_id": item["target_id"] or fleet.id,
            "span": item["span"],
            "unit": energy if is_energy else item["currency"],
            "operator_id": fleet.operator_id,
            "amount": item["energy_wh"] if is_energy else item["amount_minor"],
        }
        rows[row["kind"], row["target_id"], row["span"], row["unit"]] = row
    await tx.execute(sa.delete(limits).where(limits.c.fleet_id == fleet.id))
    if rows:
        await bulk.insert(tx, limits, list(rows.values()))


async def statement(tx: Tx, fleet: Any, since: datetime, until: datetime) -> Sequence[Any]:
    """What a fleet's sessions that ended in this time took and cost: one row per cost centre, vehicle and currency."""
    past_centres, past_vehicles = past_parts.alias(), past_parts.alias()
    by = (
        sessions.c.cost_centre_id,
        sa.func.coalesce(cost_centres.c.code, past_centres.c.label).label("cost_centre"),
        sessions.c.vehicle_id,
        sa.func.coalesce(vehicles.c.plate, past_vehicles.c.label).label("plate"),
        sessions.c.currency,
    )
    found = (
        sa.select(
            *by,
            sa.func.count().label("sessions"),
            sa.func.sum(sessions.c.energy_wh).label("energy_wh"),
            sa.func.sum(sessions.c.excl_vat_minor).label("excl_vat_minor"),
            sa.func.sum(sessions.c.incl_vat_minor).label("incl_vat_minor"),
        )
        .select_from(sessions)
        .outerjoin(cost_centres, cost_centres.c.id == sessions.c.cost_centre_id)
        .outerjoin(vehicles, vehicles.c.id == sessions.c.vehicle_id)
        .outerjoin(past_centres, past_centres.c.id == sessions.c.cost_centre_id)
        .outerjoin(past_vehicles, past_vehicles.c.id == sessions.c.vehicle_id)
        .where(sessions.c.fleet_id == fleet.id, sessions.c.ended_at >= since, sessions.c.ended_at < until)
        .group_by(*by)
    )
    rows = (await tx.execute(found)).all()
    # Sorted here: databases do not agree where null comes.
    return sorted(rows, key=lambda row: (row.cost_centre or "", row.plate or "", row.currency or ""))

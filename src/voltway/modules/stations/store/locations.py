"""Locations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk
from voltway.kernel.auth import Principal
from voltway.kernel.database import Tx
from voltway.modules.stations.errors import LocationNotFound
from voltway.modules.stations.tables import locations, stations


def visible_to(principal: Principal) -> sa.ColumnElement[bool]:
    """The locations that a caller may see."""
    is_visible = sa.and_(locations.c.operator_id == principal.operator_id, locations.c.retired_at.is_(None))
    if principal.location_ids is not None:
        return sa.and_(is_visible, locations.c.id.in_(principal.location_ids))
    return is_visible


def listed() -> sa.Select[Any]:
    """All locations."""
    return sa.select(locations)


async def get(tx: Tx, location_id: str, *conditions: sa.ColumnElement[bool]) -> sa.Row[Any]:
    """A location. Raises LocationNotFound unless the conditions hold."""
    row = (await tx.execute(listed().where(locations.c.id == location_id, *conditions))).one_or_none()
    if row is None:
        raise LocationNotFound(f"There is no location {location_id}.")
    return row


async def get_locked(tx: Tx, location_id: str, *conditions: sa.ColumnElement[bool]) -> sa.Row[Any]:
    """The same, locked until the commit."""
    await tx.execute(bulk.locked(sa.select(locations.c.id).where(locations.c.id == location_id), tx))
    return await get(tx, location_id, *conditions)


def mentions(text: str) -> sa.ColumnElement[bool]:
    """The name or the address has this text in it, in whatever case."""
    columns = (locations.c.name, locations.c.address, locations.c.postal_code, locations.c.city)
    return sa.or_(*(column.icontains(text, autoescape=True) for column in columns))


async def exists(tx: Tx, operator_id: str, location_id: str) -> bool:
    """Whether the operator has this location."""
    statement = sa.select(locations.c.id).where(
        locations.c.id == location_id, locations.c.operator_id == operator_id, locations.c.retired_at.is_(None)
    )
    return (await tx.execute(statement)).one_or_none() is not None


async def add(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add a location."""
    await bulk.insert(tx, locations, [row])


async def change(tx: Tx, location_id: str, values: Mapping[str, Any]) -> None:
    """Set some columns; a new version."""
    statement = sa.update(locations).where(locations.c.id == location_id)
    await tx.execute(statement.values(**values, version=locations.c.version + 1))


async def is_in_use(tx: Tx, location_id: str) -> bool:
    """Whether a station that is not retired stands there."""
    statement = sa.select(stations.c.id).where(stations.c.location_id == location_id, stations.c.retired_key == "")
    return (await tx.execute(statement.limit(1))).one_or_none() is not None

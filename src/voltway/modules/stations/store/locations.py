"""Locations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk
from voltway.kernel.auth import Principal, visible
from voltway.kernel.database import Tx
from voltway.modules.stations.errors import LocationNotFound
from voltway.modules.stations.tables import locations, stations


def visible_to(principal: Principal) -> sa.ColumnElement[bool]:
    """The locations that a caller may see."""
    return sa.and_(visible(principal, locations, location=locations.c.id), locations.c.retired_at.is_(None))


def listed() -> sa.Select[Any]:
    """All locations."""
    return sa.select(locations)


async def get(tx: Tx, location_id: str, *conditions: sa.ColumnElement[bool]) -> sa.Row[Any]:
    """A location. Raises LocationNotFound unless the conditions hold."""
    row = (await tx.execute(listed().where(locations.c.id == location_id, *conditions))).one_or_none()
    if row is None:
        raise LocationNotFound(f"There is no location {location_id}.")
    return row


async def find(tx: Tx, operator_id: str, location_id: str) -> sa.Row[Any] | None:
    """An operator's location, also one that is retired, or None."""
    mine = (locations.c.operator_id == operator_id, locations.c.id == location_id)
    return (await tx.execute(sa.select(locations).where(*mine))).one_or_none()


async def countries_of(tx: Tx, operator_id: str, location_ids: Collection[str]) -> dict[str, str]:
    """In which countries locations are, of those that say so."""
    statement = sa.select(locations.c.id, locations.c.country).where(
        locations.c.operator_id == operator_id,
        locations.c.id.in_(sorted(location_ids)),
        locations.c.country.is_not(None),
    )
    return {row.id: row.country for row in (await tx.execute(statement)).all()}


async def find_name(tx: Tx, operator_id: str, location_id: str) -> str | None:
    """What an operator calls a location, also one that is retired."""
    statement = sa.select(locations.c.name).where(locations.c.operator_id == operator_id, locations.c.id == location_id)
    name: str | None = (await tx.execute(statement)).scalar_one_or_none()
    return name


async def time_zones(tx: Tx, location_ids: Collection[str]) -> dict[str, str]:
    """Location -> its time zone."""
    statement = sa.select(locations.c.id, locations.c.time_zone).where(locations.c.id.in_(location_ids))
    return {row.id: row.time_zone for row in (await tx.execute(statement)).all()}


async def describe(tx: Tx, operator_id: str, location_ids: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """Id, name and time zone of an operator's locations, also of those that are retired."""
    statement = sa.select(locations.c.id, locations.c.name, locations.c.time_zone)
    return (
        await tx.execute(statement.where(locations.c.operator_id == operator_id, locations.c.id.in_(location_ids)))
    ).all()


async def get_locked(tx: Tx, location_id: str, *conditions: sa.ColumnElement[bool]) -> sa.Row[Any]:
    """The same, locked until the commit."""
    await tx.execute(bulk.locked(sa.select(locations.c.id).where(locations.c.id == location_id), tx))
    return await get(tx, location_id, *conditions)


def mentions(text: str) -> sa.ColumnElement[bool]:
    """The name or the address has this text in it, in whatever case."""
    columns = (locations.c.name, locations.c.address, locations.c.postal_code, locations.c.city)
    return sa.or_(*(column.icontains(text, autoescape=True) for column in columns))


async def known(tx: Tx, operator_id: str, location_ids: Collection[str]) -> list[str]:
    """Those of these locations that the operator has."""
    statement = sa.select(locations.c.id).where(
        locations.c.id.in_(location_ids), locations.c.operator_id == operator_id, locations.c.retired_at.is_(None)
    )
    return list((await tx.execute(statement)).scalars())


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

"""Commands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk
from voltway.kernel.database import Tx
from voltway.modules.stations.errors import CommandNotFound
from voltway.modules.stations.tables import commands, stations

Row = sa.Row[Any]
ACCEPTED_MAX = 500
"""Commands of a station that are looked through for what still holds."""


def listed() -> sa.Select[Any]:
    """Commands, joined to their stations so that conditions on these hold."""
    return sa.select(commands).join(stations, stations.c.id == commands.c.station_id)


async def get(tx: Tx, command_id: str, *conditions: sa.ColumnElement[bool]) -> Row:
    """A command. Raises CommandNotFound unless the conditions hold."""
    row = (await tx.execute(listed().where(commands.c.id == command_id, *conditions))).one_or_none()
    if row is None:
        raise CommandNotFound(f"There is no command {command_id}.")
    return row


async def get_locked(tx: Tx, command_id: str) -> Row:
    """A command, locked until the commit."""
    statement = sa.select(commands).where(commands.c.id == command_id)
    return (await tx.execute(bulk.locked(statement, tx))).one()


async def add(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add a command."""
    await bulk.insert(tx, commands, [row])


async def change(tx: Tx, command_id: str, values: Mapping[str, Any]) -> None:
    """Set some columns."""
    await tx.execute(sa.update(commands).where(commands.c.id == command_id).values(**values))


async def find_accepted(tx: Tx, station_id: str, kinds: Sequence[str]) -> Sequence[Row]:
    """The newest commands of these kinds that a station has accepted, oldest first."""
    statement = (
        sa.select(commands.c.type, commands.c.arguments, commands.c.remote_start_id)
        .where(commands.c.station_id == station_id, commands.c.type.in_(kinds), commands.c.state == "accepted")
        .order_by(commands.c.id.desc())
        .limit(ACCEPTED_MAX)
    )
    return (await tx.execute(statement)).all()[::-1]


_AWAITED = (
    sa.select(commands)
    .where(
        commands.c.station_id.in_(sa.bindparam("station_ids", expanding=True)), commands.c.effect_due_at.is_not(None)
    )
    .order_by(commands.c.id)
)
_IS_AWAITED = sa.select(commands.c.id).where(commands.c.effect_due_at.is_not(None)).limit(1)


async def find_awaited(tx: Tx, station_ids: Iterable[str]) -> Sequence[Row]:
    """Commands to these stations from which something is to follow, oldest first; locked."""
    if (await tx.execute(_IS_AWAITED)).one_or_none() is None:
        return []  # nearly always: few commands are under way
    return (await tx.execute(bulk.locked(_AWAITED, tx), {"station_ids": sorted(set(station_ids))})).all()


async def is_anything_due(tx: Tx, now: datetime) -> bool:
    """Whether `find_overdue` or `find_without_effect` would find something."""
    for column in (commands.c.due_at, commands.c.effect_due_at):
        if (await tx.execute(sa.select(commands.c.id).where(column < now).limit(1))).one_or_none() is not None:
            return True
    return False


async def find_overdue(tx: Tx, now: datetime) -> Sequence[Row]:
    """Commands that run longer than they may: the process that ran them has died; locked."""
    statement = sa.select(commands).where(commands.c.due_at < now).order_by(commands.c.id).limit(1000)
    return (await tx.execute(bulk.locked(statement, tx))).all()


async def find_without_effect(tx: Tx, now: datetime) -> Sequence[Row]:
    """Commands that have ended and from which nothing has followed in time; locked."""
    statement = (
        sa.select(commands)
        .where(commands.c.effect_due_at < now, commands.c.due_at.is_(None))
        .order_by(commands.c.id)
        .limit(1000)
    )
    return (await tx.execute(bulk.locked(statement, tx))).all()

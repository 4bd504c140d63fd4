"""The outbox: events stored in the transaction that made them true, and read back in the order of commit.

Positions are handed out under the lock of one row, as the last statements before the commit. So they have no gaps, and a
reader that has seen position n has seen everything before it, on every database and with any number of writers (ADR 3).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from voltway.kernel import bulk, clock, sqlite_thread
from voltway.kernel.bus.event import Event
from voltway.kernel.database import Database, JsonDocument, Tx, UtcDateTime, metadata
from voltway.kernel.json import to_json, to_struct

log = structlog.get_logger()

outbox = sa.Table(
    "kernel_outbox",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("published_at", UtcDateTime, nullable=False),
)
head = sa.Table(
    "kernel_outbox_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("position", sa.BigInteger, nullable=False),
)
cursors = sa.Table(
    "kernel_cursors",
    metadata,
    sa.Column("consumer", sa.String(80), primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
)
parked = sa.Table(
    "kernel_parked_events",
    metadata,
    sa.Column("consumer", sa.String(80), primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("payload", JsonDocument, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("parked_at", UtcDateTime, nullable=False),
)

_ADVANCE = sa.update(head).where(head.c.id == 1).values(position=head.c.position + sa.bindparam("count"))
_ADVANCE_RETURNING = _ADVANCE.returning(head.c.position)
_POSITION = sa.select(head.c.position).where(head.c.id == 1)


_STORE = bulk.HotStatement.insert(outbox, [column.name for column in outbox.c])
_ADVANCE_SQLITE = "UPDATE kernel_outbox_head SET position = position + ? WHERE id = 1 RETURNING position"


async def store(tx: Tx, events: list[Event]) -> int:
    """Store durable events; the position of the first. Call it last: it locks the head until the commit."""
    count, at = len(events), clock.now()
    told = [(type(event).__name__, event.key(), event.operator_id, to_json(event), at) for event in events]

    def rows(last: int) -> list[tuple[Any, ...]]:
        return [(position, *row) for position, row in enumerate(told, last - count + 1)]

    if tx.dialect == "sqlite":

        def advance_and_insert(db: sqlite3.Connection) -> int:
            (last,) = db.execute(_ADVANCE_SQLITE, (count,)).fetchone()
            bulk.execute_in_thread(db, _STORE.statements(tx, rows(last)))
            return int(last)

        return await sqlite_thread.run(tx.connection, advance_and_insert) - count + 1
    if tx.dialect == "mysql":
        await tx.execute(_ADVANCE, {"count": count})
        last = int((await tx.execute(_POSITION)).scalar_one())
    else:
        last = int((await tx.execute(_ADVANCE_RETURNING, {"count": count})).scalar_one())
    await _STORE.run(tx, rows(last))
    return last - count + 1


async def lock_head(tx: Tx) -> None:
    """Let nobody publish until this transaction has ended: for what must happen once in an installation."""
    await tx.execute(bulk.locked(_POSITION, tx))


async def read_after(
    database: Database, position: int, types: dict[str, type[Event]], limit: int = 500
) -> list[tuple[int, Event | None]]:
    """The next events in order; None stands for one of a type that this process does not know."""
    statement = (
        sa.select(outbox.c.position, outbox.c.name, outbox.c.payload)
        .where(outbox.c.position > position)
        .order_by(outbox.c.position)
        .limit(limit)
    )
    async with database.read() as tx:
        rows = (await tx.execute(statement)).all()
    return [(int(row.position), _event(row, types)) for row in rows]


async def read_between(
    database: Database, after: int, until: int, types: dict[str, type[Event]], limit: int = 500
) -> list[tuple[int, Event | None]]:
    """The events of these types that are kept after a position and up to another one, in order: for who begins anew with
    what it kept in memory. `forget_before` says how long they are kept. None: one that cannot be read any more."""
    statement = (
        sa.select(outbox.c.position, outbox.c.name, outbox.c.payload)
        .where(outbox.c.position > after, outbox.c.position <= until, outbox.c.name.in_(sorted(types)))
        .order_by(outbox.c.position)
        .limit(limit)
    )
    async with database.read() as tx:
        rows = (await tx.execute(statement)).all()
    return [(int(row.position), _event(row, types)) for row in rows]


def _event(row: Any, types: dict[str, type[Event]]) -> Event | None:
    """A stored event. One that cannot be read any more, after a change of its fields, must not hold up those behind it."""
    if row.name not in types:
        return None
    try:
        return to_struct(row.payload, types[row.name])
    except msgspec.ValidationError as error:
        log.error("event.unreadable", name=row.name, position=row.position, error=str(error))
        return None


async def head_position(database: Database) -> int:
    """The position of the last event."""
    async with database.read() as tx:
        return int((await tx.execute(_POSITION)).scalar_one())


async def cursor_positions(database: Database, consumers: Collection[str]) -> dict[str, int]:
    """How far consumers have come; a new one begins at the present head."""
    statement = sa.select(cursors.c.consumer, cursors.c.position).where(cursors.c.consumer.in_(sorted(consumers)))

    async def read(tx: Tx) -> dict[str, int]:
        return {row.consumer: int(row.position) for row in await tx.execute(statement)}

    async with database.read() as tx:
        found = await read(tx)
    if len(found) == len(consumers):
        return found
    async with database.begin() as tx:
        at_head = int((await tx.execute(_POSITION)).scalar_one())
        new = [{"consumer": consumer, "position": at_head} for consumer in sorted(consumers) if consumer not in found]
        await bulk.insert_if_absent(tx, cursors, new)
        return await read(tx)


async def cursor_position(database: Database, consumer: str) -> int:
    """How far one consumer has come; as `cursor_positions`."""
    return (await cursor_positions(database, [consumer]))[consumer]


_MOVE = (
    sa.update(cursors)
    .where(cursors.c.consumer == sa.bindparam("of"), cursors.c.position == sa.bindparam("before"))
    .values(position=sa.bindparam("after"))
)


async def skip(tx: Tx, count: int) -> None:
    """Leave out so many positions, after a restore. Who had seen everything stays at the head; the gap holds up nobody."""
    before = int((await tx.execute(_POSITION)).scalar_one())
    await tx.execute(_ADVANCE, {"count": count})
    await tx.execute(sa.update(cursors).where(cursors.c.position == before).values(position=before + count))


async def move_cursor(tx: Tx, consumer: str, before: int, after: int) -> bool:
    """Move a consumer on; False when another process has moved it meanwhile."""
    return (await tx.execute(_MOVE, {"of": consumer, "before": before, "after": after})).rowcount == 1


async def park(tx: Tx, consumer: str, position: int, event: Event, error: BaseException) -> None:
    """Put an event aside that a consumer cannot take, so that those behind it get through."""
    row = {
        "consumer": consumer,
        "position": position,
        "name": type(event).__name__,
        "payload": event,
        "error": repr(error)[:2000],
        "parked_at": clock.now(),
    }
    await bulk.insert_if_absent(tx, parked, [row])


async def count_parked(database: Database) -> int:
    """How many events were put aside."""
    async with database.read() as tx:
        return int((await tx.execute(sa.select(sa.func.count()).select_from(parked))).scalar_one())


async def forget_before(database: Database, keep_s: float, chunk: int = 5000) -> int:
    """Delete events that every consumer has seen and that are older than `keep_s`; how many."""
    oldest = clock.now() - timedelta(seconds=keep_s)
    async with database.begin() as tx:
        seen = (await tx.execute(sa.select(sa.func.min(cursors.c.position)))).scalar_one_or_none()
        if seen is None:
            return 0
        low = (await tx.execute(sa.select(sa.func.min(outbox.c.position)))).scalar_one_or_none()
        if low is None:
            return 0
        statement = sa.delete(outbox).where(
            outbox.c.position <= min(int(seen), int(low) + chunk), outbox.c.published_at < oldest
        )
        return (await tx.execute(statement)).rowcount

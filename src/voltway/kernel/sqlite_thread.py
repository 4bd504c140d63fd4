"""SQLite beside an event loop: what waits goes to the connection's own thread, what only computes does not.

Every connection to SQLite has a thread, and each call of aiosqlite goes there and back: three times for one statement, and a
trip costs more than a small statement does. So a statement here is one trip, which also fetches what it finds. Taking the
write lock and committing wait for others and for the disk: they always make the trip. What a batch does in between, when the
lock is held and the pages are in memory, is a few milliseconds of computing, and `run` does it where it stands (ADR 7).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar, cast

import aiosqlite
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util import await_only

Result = TypeVar("Result")

# The driver looks for an adapter of every None that it binds, and raises an error inside for not finding one: that takes
# longer than all else about it.
sqlite3.register_adapter(type(None), lambda nothing: nothing)


async def run(connection: AsyncConnection, work: Callable[[sqlite3.Connection], Result]) -> Result:
    """What `work(sqlite3 connection)` gives, inside the connection's transaction, computed here and now: for bounded work on
    rows that are named by a key, such as a batch."""
    driver = cast(Connection, (await connection.get_raw_connection()).driver_connection)
    return work(driver._conn)


def run_sync(connection: sa.Connection, work: Callable[[sqlite3.Connection], Result]) -> Result:
    """The same from one of SQLAlchemy's synchronous hooks."""
    return await_only(cast(Connection, connection.connection.driver_connection).hand_over(work))


async def connect(path: str, **options: Any) -> Connection:
    """A connection for SQLAlchemy's asynchronous engine; `options` are those of `sqlite3.connect`."""
    connection = Connection(partial(sqlite3.connect, path, **options), iter_chunk_size=64)
    # A request that is called off at the very end may still hold a connection that then nobody closes. What it had begun was not
    # committed, and so not answered: its thread must not keep the process from ending.
    connection._thread.daemon = True
    return cast(Connection, await connection)


class Connection(aiosqlite.Connection):
    """aiosqlite's connection with one trip for a statement, and none for a cursor or for ending what has not begun."""

    _is_unsure = False
    """Whether somebody gave up waiting for the thread, so that only the thread knows whether a transaction is open."""

    async def hand_over(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run a function on the thread. aiosqlite has no public way to do that; its own methods are all made of this one."""
        try:
            result: Result = await self._execute(work, self._conn)  # type: ignore[no-untyped-call]
        except asyncio.CancelledError:
            self._is_unsure = True  # the thread does it all the same, perhaps only later
            raise
        return result

    def cursor(self) -> Cursor:  # type: ignore[override]  # SQLAlchemy enters what this gives, which Cursor can
        return Cursor(self)

    async def rollback(self) -> None:
        if self._is_unsure or self._conn.in_transaction:
            await super().rollback()
            self._is_unsure = False


class Cursor:
    """What SQLAlchemy's adapter uses of a cursor. All rows are fetched with the statement."""

    __slots__ = ("_connection", "_rows", "arraysize", "description", "lastrowid", "rowcount")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.arraysize = 1
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Cursor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def execute(self, sql: str, parameters: Any = ()) -> Cursor:
        """Run a statement and fetch its rows."""
        return await self._run(lambda db: db.execute(sql, parameters))

    async def executemany(self, sql: str, parameters: Sequence[Any]) -> Cursor:
        """Run a statement for each of many rows."""
        return await self._run(lambda db: db.executemany(sql, parameters))

    async def _run(self, work: Callable[[sqlite3.Connection], sqlite3.Cursor]) -> Cursor:
        def trip(db: sqlite3.Connection) -> tuple[Any, int, int | None, list[Any]]:
            cursor = work(db)
            rows = cursor.fetchall() if cursor.description else []
            return cursor.description, cursor.rowcount, cursor.lastrowid, rows

        self.description, self.rowcount, self.lastrowid, self._rows = await self._connection.hand_over(trip)
        return self

    async def fetchall(self) -> list[Any]:
        """The rows."""
        return self._rows

    async def close(self) -> None:
        """Let go of the rows."""
        self._rows = []

"""Work on SQLite's own thread, in one go.

Every connection to SQLite has a thread, and each call through the driver's asynchronous face goes there and back: three times
for one statement. What a batch has to say is handed over whole instead.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util import await_only

Result = TypeVar("Result")


async def run(connection: AsyncConnection, work: Callable[[sqlite3.Connection], Result]) -> Result:
    """What `work(sqlite3 connection)` gives, inside the connection's transaction."""
    driver = (await connection.get_raw_connection()).driver_connection
    return await _hand_over(driver, work)


def run_sync(connection: sa.Connection, work: Callable[[sqlite3.Connection], Result]) -> Result:
    """The same from one of SQLAlchemy's synchronous hooks."""
    return await_only(_hand_over(connection.connection.driver_connection, work))


async def _hand_over(driver: Any, work: Callable[[sqlite3.Connection], Result]) -> Result:
    # aiosqlite has no public way to run a function on a connection's thread; its own methods are all made of this one.
    result: Result = await driver._execute(work, driver._conn)
    return result

"""The database's schema: how old it is, and the way to the present one.

Looking costs a millisecond and changes nothing, so that a start on a current database needs no Alembic, and a database that
is not ours, or newer than this program, stays as it is.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from voltway.app.errors import Unusable
from voltway.app.tables import reach
from voltway.kernel import row_security
from voltway.kernel.database import Database
from voltway.kernel.errors import StartUpError

if TYPE_CHECKING:
    from alembic.config import Config

log = structlog.get_logger()

VERSIONS = Path(__file__).parent / "migrations" / "versions"
STAMP = "alembic_version"
LOCK_NUMBER = 0x766F6C74  # "volt": whoever upgrades holds it, the others wait
LOCK_WAIT_S = 120
TABLE_WAIT_MS = 500
"""How long an upgrade waits for one table. Everybody else queues behind it, and it has others locked already: less than the
second after which PostgreSQL looks for deadlocks, so that the upgrade gives way and never a process at work."""
IN_THE_WAY = ("40P01", "55P03")
"""PostgreSQL's deadlock_detected and lock_not_available."""
TRIES = 60
AGAIN_AFTER_S = 0.5
SINCE = f"SELECT since FROM {reach.name}"
SQLITE_MAGIC = b"SQLite format 3\0"


class Age(Enum):
    """How a database's schema stands to the one that this program knows."""

    NEW = "empty"
    CURRENT = "current"
    OLDER = "older"
    AHEAD = "newer, and this program can work with it"
    NEWER = "newer"
    FOREIGN = "not Voltway's"


@dataclass(frozen=True)
class Found:
    """What a database holds."""

    age: Age
    revision: str | None


@cache
def revisions() -> tuple[str, ...]:
    """The numbers of all revisions, the oldest first."""
    return tuple(sorted(file.name[:4] for file in VERSIONS.glob("[0-9][0-9][0-9][0-9]_*.py")))


async def look(database: Database) -> Found:
    """How old the schema is. Changes nothing. Raises Unusable if the database cannot be read."""
    if database.dialect == "sqlite":
        return _look_at_file(Path(database.url.database or ""))
    try:
        async with database.read() as tx:
            tables = await tx.connection.run_sync(lambda connection: sa.inspect(connection).get_table_names())
            stamp = since = None
            if STAMP in tables:
                stamp = (await tx.execute(sa.text(f"SELECT version_num FROM {STAMP}"))).scalar_one_or_none()
            if reach.name in tables:
                since = (await tx.execute(sa.text(SINCE))).scalar_one_or_none()
    except Exception as error:  # whatever the driver raises while it connects: it becomes one line
        raise Unusable(
            f"The database {address_of(database)} cannot be used: {reason_of(error)}. Is it running, and database.url right?"
        ) from error
    return _judge(set(tables), stamp, since)


def _look_at_file(path: Path) -> Found:
    try:
        with path.open("rb") as file:
            magic = file.read(len(SQLITE_MAGIC))
        if not magic:
            return Found(Age.NEW, None)
        if magic != SQLITE_MAGIC:
            raise Unusable(
                f"The file {path} is not an SQLite database. Move it away, or name another one in database.url."
            )
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=15)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            row = connection.execute(f"SELECT version_num FROM {STAMP}").fetchone() if STAMP in tables else None
            told = connection.execute(SINCE).fetchone() if reach.name in tables else None
    except FileNotFoundError:
        return Found(Age.NEW, None)
    except (OSError, sqlite3.Error) as error:
        raise Unusable(f"The database {path} cannot be read: {reason_of(error)}.") from error
    return _judge(tables, row[0] if row else None, told[0] if told else None)


def _judge(tables: set[str], stamp: str | None, since: str | None) -> Found:
    if stamp is None:
        return Found(Age.FOREIGN if tables - {STAMP, "sqlite_sequence"} else Age.NEW, None)
    if stamp == revisions()[-1]:
        return Found(Age.CURRENT, stamp)
    if stamp in revisions():
        return Found(Age.OLDER, stamp)
    if not (stamp.isdecimal() and len(stamp) == 4):
        return Found(Age.FOREIGN, stamp)
    return Found(Age.AHEAD if since in revisions() else Age.NEWER, stamp)


def refuse_what_is_not_ours(found: Found, database: Database) -> None:
    """Raise StartUpError if this program must keep its hands off."""
    where = address_of(database)
    if found.age is Age.NEWER:
        raise StartUpError(
            f"The database {where} was written by a newer Voltway (schema {found.revision}, this program knows "
            f"{revisions()[-1]}). Install that version again; nothing was changed."
        )
    if found.age is Age.FOREIGN:
        raise StartUpError(f"The database {where} holds tables of another program. Name an empty one in database.url.")


async def upgrade(database: Database) -> None:
    """Bring the schema to the present one, in one transaction where the database can; others that try wait.

    On PostgreSQL processes may be at work on the tables: whoever cannot have one soon lets go of all, and tries again. Raises
    Unusable if that does not help.
    """
    for pause_s in (*[AGAIN_AFTER_S] * (TRIES - 1), None):
        try:
            async with _exclusively(database) as connection:
                await connection.run_sync(run_upgrade)
        except sa.exc.DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in IN_THE_WAY:
                raise
            if pause_s is None:
                raise Unusable(
                    f"The tables of {address_of(database)} are in use all the time: nothing was changed. Run it again when "
                    "there is less to do, or end what runs on the database."
                ) from error
            log.info("schema.waits", reason=reason_of(error))
            await asyncio.sleep(pause_s)
        else:
            log.info("schema.upgraded", revision=revisions()[-1])
            return


def run_upgrade(connection: sa.Connection) -> None:
    """Run the missing revisions in the transaction of this connection."""
    from alembic import command
    from alembic.script import ScriptDirectory

    config = alembic_config(connection)
    command.upgrade(config, "head")
    row_security.protect(connection)
    history = ScriptDirectory.from_config(config).walk_revisions()
    since = next(one.revision for one in history if not getattr(one.module, "keeps_older", False))
    connection.execute(sa.delete(reach))
    connection.execute(sa.insert(reach).values(id=1, since=since))


def alembic_config(connection: sa.Connection) -> Config:
    """Alembic's settings; there is no alembic.ini."""
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "voltway.app:migrations")
    config.set_main_option("path_separator", "os")
    return config


@asynccontextmanager
async def _exclusively(database: Database) -> AsyncIterator[AsyncConnection]:
    """A connection with a transaction and the upgrade's lock. Not one of the database's own: it has no time limit for a
    statement, and SQLite's foreign keys are off, since a table that is rebuilt must not take its dependants along."""
    engine = create_async_engine(database.url, poolclass=NullPool)
    if database.dialect == "sqlite":
        _begin_immediately(engine.sync_engine)
    try:
        async with engine.begin() as connection:
            if database.dialect == "postgresql":
                await connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({LOCK_NUMBER})"))
                await connection.execute(sa.text(f"SET LOCAL lock_timeout = {TABLE_WAIT_MS}"))
            elif database.dialect == "mysql":
                await connection.execute(sa.text(f"SELECT GET_LOCK('voltway', {LOCK_WAIT_S})"))
            yield connection
    finally:
        await engine.dispose()


def _begin_immediately(engine: sa.Engine) -> None:
    @sa.event.listens_for(engine, "connect")
    def _tune(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={LOCK_WAIT_S * 1000}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def address_of(database: Database) -> str:
    """Where a database is, as a person writes it, without its password."""
    return database.url.set(drivername=database.url.get_backend_name()).render_as_string(hide_password=True)


def reason_of(error: BaseException) -> str:
    """What went wrong, in one line, without the driver's class names and without a full stop."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, OSError) and cause.errno:
        return os.strerror(cause.errno)
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    return lines[0].rstrip(".")

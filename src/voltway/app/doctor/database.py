"""Checks of the database: can it be used, and does it keep what it is told?"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from voltway.app import schema
from voltway.app.doctor.findings import Finding, Patient, error, note, ok, warning
from voltway.app.installation import sqlite_file
from voltway.app.schema import Age
from voltway.kernel import clock, row_security
from voltway.kernel.database import Database, DialectName

SKEW_S = 1.0
SKEW_S_MAX = 10.0
QUICK_CHECK_BYTES_MAX = 2 * 1024**3
CONNECTIONS_LEFT_MIN = 10

OLDEST: Mapping[DialectName, tuple[int, int, int]] = {
    "sqlite": (3, 35, 0),  # RETURNING
    "postgresql": (15, 0, 0),
    "mysql": (10, 11, 0),
}


class Wanted(NamedTuple):
    """A setting of a database server that our promises rest on."""

    name: str
    is_right: Callable[[str], bool]
    should_be: str
    otherwise: str


_ON = {"on", "1"}
POSTGRESQL_WANTED = (
    Wanted("fsync", _ON.__contains__, "on", "a power cut can destroy the database"),
    Wanted("full_page_writes", _ON.__contains__, "on", "a power cut can destroy the database"),
    Wanted(
        "synchronous_commit",
        {"on", "remote_apply", "remote_write", "local"}.__contains__,
        "on",
        "stations are told that a message is kept before it is",
    ),
    Wanted(
        "transaction_isolation", {"read committed"}.__contains__, "read committed", "nodes do not see each other's work"
    ),
)
MARIADB_WANTED = (
    Wanted(
        "innodb_flush_log_at_trx_commit",
        {"1"}.__contains__,
        "1",
        "stations are told that a message is kept before it is",
    ),
    Wanted("innodb_doublewrite", {"1", "on"}.__contains__, "ON", "a power cut can destroy the database"),
    Wanted("tx_isolation", {"read-committed"}.__contains__, "READ-COMMITTED", "nodes do not see each other's work"),
)
MARIADB_WANTED_WITH_LOG = (
    Wanted("sync_binlog", {"1"}.__contains__, "1", "a point-in-time recovery can end before what was acknowledged"),
    Wanted("binlog_format", {"row", "mixed"}.__contains__, "ROW", "READ COMMITTED cannot be written to the log"),
)


async def is_reachable(patient: Patient) -> AsyncIterator[Finding]:
    """Whether there is a database, and it answers."""
    file = sqlite_file(patient.configuration)
    if patient.trouble:
        yield error(patient.trouble, "Start the database, or mend database.url; `voltway check` tries it again.")
    elif patient.database is None:
        yield note(f"{file} is made at the first start.")
    else:
        yield ok(schema.address_of(patient.database))


async def has_schema(patient: Patient) -> AsyncIterator[Finding]:
    """Whether the schema is the one that this program knows."""
    if patient.database is None:
        return
    newest = schema.revisions()[-1]
    if patient.age is Age.OLDER:
        yield warning(
            f"The schema is older than this program, which needs {newest}.", "Make a backup, then: voltway migrate"
        )
    elif patient.age is Age.AHEAD:
        yield note(f"The schema is newer than this program, which knows {newest} and can work with it.")
    elif patient.age is Age.NEWER:
        yield error(f"The schema is newer than this program, which knows {newest}.", "Install the newer version again.")
    elif patient.age is Age.FOREIGN:
        yield error("The database holds another program's tables.", "Name an empty database in database.url.")
    elif patient.age is Age.NEW:
        yield note("The database is empty: it gets its tables at the first start.")
    else:
        yield ok(f"schema {newest}")


async def has_version(patient: Patient) -> AsyncIterator[Finding]:
    """Whether the database is one of those that we know to work."""
    if patient.database is None:
        return
    dialect = patient.database.dialect
    version = await _version(patient.database)
    if dialect == "mysql" and "mariadb" not in version.lower():
        yield error(f"The server is MySQL {version}.", "Use MariaDB 10.11 or newer, or PostgreSQL 15 or newer.")
        return
    numbers = tuple(int(part) for part in version.split("-")[0].split(" ")[0].split(".")[:3])
    if numbers < OLDEST[dialect][: len(numbers)]:
        oldest = ".".join(map(str, OLDEST[dialect]))
        yield error(f"Version {version} is too old.", f"Install {oldest} or newer.")
    else:
        yield ok(version)


async def _version(database: Database) -> str:
    if database.dialect == "sqlite":
        return sqlite3.sqlite_version
    if database.dialect == "postgresql":
        return str((await _settings(database, "server_version"))["server_version"])
    async with database.read() as tx:
        return str((await tx.execute(sa.text("SELECT VERSION()"))).scalar_one())


async def is_durable(patient: Patient) -> AsyncIterator[Finding]:
    """Whether what is committed stays, and nodes see each other's commits."""
    if patient.database is None:
        return
    if patient.database.dialect == "sqlite":
        yield ok("SQLite, synchronous=FULL: a commit is on the disk before a station hears of it")
        return
    wanted: tuple[Wanted, ...] = POSTGRESQL_WANTED
    if patient.database.dialect == "mysql":
        has_log = (await _settings(patient.database, "log_bin")).get("log_bin", "").lower() in _ON
        wanted = MARIADB_WANTED + (MARIADB_WANTED_WITH_LOG if has_log else ())
    found = await _settings(patient.database, *(each.name for each in wanted))
    wrong = [each for each in wanted if not each.is_right(found.get(each.name, "").lower())]
    for each in wrong:
        yield error(
            f"The server has {each.name} = {found.get(each.name, 'nothing')}: {each.otherwise}.",
            f"Set {each.name} = {each.should_be} on the server.",
        )
    if not wrong:
        yield ok(", ".join(f"{each.name}={found[each.name]}" for each in wanted))


async def _settings(database: Database, *names: str) -> dict[str, str]:
    """A server's settings as they hold for our connections."""
    if database.dialect == "postgresql":
        statement = sa.text("SELECT name, current_setting(name) AS value FROM pg_settings WHERE name IN :names")
    else:
        statement = sa.text(
            "SELECT lower(variable_name), variable_value FROM information_schema.session_variables "
            "WHERE lower(variable_name) IN :names"
        )
    async with database.read() as tx:
        rows = await tx.execute(statement.bindparams(sa.bindparam("names", expanding=True)), {"names": list(names)})
        return {str(name): str(value) for name, value in rows}


async def is_in_time(patient: Patient) -> AsyncIterator[Finding]:
    """Whether the database's clock is ours: times of either are compared."""
    if patient.database is None or patient.database.dialect == "sqlite":
        return
    now = {"postgresql": "SELECT clock_timestamp()", "mysql": "SELECT UTC_TIMESTAMP(3)"}[patient.database.dialect]
    async with patient.database.read() as tx:
        before = clock.now()
        theirs: datetime = (await tx.execute(sa.text(now))).scalar_one()
        after = clock.now()
    skew_s = (
        (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)) - (before + (after - before) / 2)
    ).total_seconds()
    for finding in judge_skew(skew_s):
        yield finding


def judge_skew(skew_s: float) -> list[Finding]:
    """What a difference of the two clocks means."""
    remedy = "Let both machines follow a time server (chrony, systemd-timesyncd)."
    if abs(skew_s) > SKEW_S_MAX:
        return [error(f"The database's clock is {skew_s:+.1f} s from ours.", remedy)]
    if abs(skew_s) > SKEW_S:
        return [warning(f"The database's clock is {skew_s:+.1f} s from ours.", remedy)]
    return [ok(f"{skew_s * 1000:+.0f} ms from ours")]


async def is_walled(patient: Patient) -> AsyncIterator[Finding]:
    """PostgreSQL: whether row-level security holds for our role, and every table is behind it."""
    if not patient.has_rows or patient.database is None or patient.database.dialect != "postgresql":
        return
    async with patient.database.read() as tx:
        role = (
            await tx.execute(
                sa.text("SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
            )
        ).one()
        bare = await tx.connection.run_sync(row_security.unprotected)
    if role[1]:
        yield warning(
            f"The role {role[0]} passes row-level security by: the second wall between operators does not stand.",
            "Connect as a plain role (CREATE ROLE voltway LOGIN) that owns the database.",
        )
    if bare:
        yield error(f"Tables without row-level security: {', '.join(bare)}.", "Run: voltway migrate")
    if not role[1] and not bare:
        yield ok("row-level security stands for every table")


async def has_connections(patient: Patient) -> AsyncIterator[Finding]:
    """Whether the server takes as many connections as we may open."""
    if patient.database is None or patient.database.dialect == "sqlite":
        return
    ours = 2 * patient.configuration.database.pool_size
    limit = int((await _settings(patient.database, "max_connections"))["max_connections"])
    if ours + CONNECTIONS_LEFT_MIN > limit:
        yield warning(
            f"One process opens up to {ours} connections, and the server takes {limit}.",
            "Raise max_connections, or lower database.pool_size; count every process.",
        )
    else:
        yield ok(f"up to {ours} for each process, of {limit}")


async def is_whole(patient: Patient) -> AsyncIterator[Finding]:
    """SQLite: whether the file is sound. A server checks its own pages."""
    file = sqlite_file(patient.configuration)
    if file is None or patient.database is None or not file.exists() or patient.age in (Age.NEW, Age.FOREIGN):
        return
    if file.stat().st_size > QUICK_CHECK_BYTES_MAX:
        yield note(f"{file} is large: it was not read through.", f"sqlite3 {file} 'PRAGMA quick_check'")
        return
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=15)) as connection:
        try:
            said = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)")]
        except sqlite3.DatabaseError as broken:
            said = [str(broken)]
    if said == ["ok"]:
        yield ok("every page can be read")
    else:
        yield error(f"The file is damaged: {said[0]}.", "Stop the server and restore the last backup: voltway restore")


async def listeners_follow(patient: Patient) -> AsyncIterator[Finding]:
    """Whether every listener keeps up with the events, and none was put aside."""
    if not patient.has_rows or patient.database is None:
        return
    from voltway.kernel.bus.outbox import cursors, head, parked

    async with patient.database.read() as tx:
        at = (await tx.execute(sa.select(head.c.position))).scalar_one_or_none() or 0
        rows: Any = (await tx.execute(sa.select(cursors.c.consumer, cursors.c.position))).all()
        put_aside = (await tx.execute(sa.select(sa.func.count()).select_from(parked))).scalar_one()
    behind = {name: at - position for name, position in rows if at - position > EVENTS_BEHIND}
    for name, count in sorted(behind.items()):
        yield warning(
            f"The listener {name} is {count} events behind.",
            "Run a process with its module; see the log for errors of it.",
        )
    if put_aside:
        yield warning(
            f"{put_aside} events were put aside because a listener failed at them.",
            "See kernel_parked_events: each row says which listener and why.",
        )
    if not behind and not put_aside:
        yield ok("every listener keeps up")


EVENTS_BEHIND = 10_000

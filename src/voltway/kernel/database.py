"""The database: one `Database`, its transactions (`Tx`), and the column types all tables share.

SQLite, PostgreSQL and MariaDB by URL. SQLite has one writer: a pool of one connection, in which every transaction begins
IMMEDIATE, beside a pool of readers (WAL lets them read while it writes). A commit is on the disk before it returns:
synchronous=FULL on SQLite, the servers' own defaults elsewhere.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from voltway.kernel import sqlite_thread
from voltway.kernel.bus.asks import transaction_is_open
from voltway.kernel.bus.event import Event
from voltway.kernel.errors import StartUpError

log = structlog.get_logger()

DialectName = Literal["sqlite", "postgresql", "mysql"]
MYSQL_NAMES = ("mysql", "mariadb")  # SQLAlchemy tells them apart; our statements need not

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
}
metadata = sa.MetaData(naming_convention=NAMING)
"""All tables of all modules; names are prefixed with the module's name."""


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An instant. Aware UTC in Python; on SQLite and MariaDB naive UTC, on PostgreSQL `timestamptz`."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.DateTime(timezone=True))
        if dialect.name in MYSQL_NAMES:
            from sqlalchemy.dialects.mysql import DATETIME

            return dialect.type_descriptor(DATETIME(fsp=3))
        return dialect.type_descriptor(sa.String(24))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if dialect.name == "sqlite":  # sorts as text, and reads well in the sqlite3 shell
            return instant_text(value)
        if dialect.name == "postgresql":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return datetime.fromisoformat(value)
        return cast(datetime, value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


@lru_cache(maxsize=4096)
def instant_text(at: datetime) -> str:
    """An instant as SQLite keeps it. Cached: one batch writes the same few instants many times."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return utc.isoformat("T", "milliseconds")[:23] + "Z"


class JsonDocument(sa.types.TypeDecorator[Any]):
    """A JSON document, kept as text: the same bytes on every database. Reads back as plain lists and dicts."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name in MYSQL_NAMES:
            from sqlalchemy.dialects.mysql import LONGTEXT

            return dialect.type_descriptor(LONGTEXT())
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else document_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else msgspec.json.decode(value)


_encode_document = msgspec.json.Encoder().encode


def document_text(value: Any) -> str:
    """A document as every database keeps it."""
    return _encode_document(value).decode()


Rows: TypeAlias = "sa.CursorResult[*tuple[Any, ...]]"
"""What a statement gives: rows of any width."""


class Tx:
    """An open transaction: executes statements, collects events, and remembers what to do once it is committed.

    Only `Database.begin()` commits. `publish` writes a row in the outbox with the commit; an event class that is not
    durable is only handed on in memory.
    """

    __slots__ = ("_after_commit", "connection", "database", "events", "is_writing")

    def __init__(self, database: Database, connection: AsyncConnection, *, is_writing: bool = True) -> None:
        self.database = database
        self.is_writing = is_writing
        self.connection = connection
        self.events: list[Event] = []
        self._after_commit: list[Callable[[], None]] = []

    @property
    def dialect(self) -> DialectName:
        """Which database this is, for the few statements that differ."""
        return self.database.dialect

    async def execute(
        self, statement: sa.Executable, rows: Sequence[Mapping[str, Any]] | Mapping[str, Any] | None = None
    ) -> Rows:
        """Run a statement; with a sequence of rows, once for each in bulk."""
        if rows is None:
            return await self.connection.execute(statement)
        return await self.connection.execute(statement, rows)

    def is_heard(self, kind: type[Event]) -> bool:
        """Whether anybody in this process hears such events; where nobody does, those that are not kept need not be made."""
        return self.database.is_heard(kind)

    def publish(self, *events: Event) -> None:
        """Say what has happened, if this transaction commits."""
        self.events.extend(events)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call this, without awaiting anything, once the transaction is on the disk."""
        self._after_commit.append(callback)


CommitHook = Callable[[Tx], Any]

before_commit_here: ContextVar[Callable[[Tx], Awaitable[None]] | None] = ContextVar("before_commit_here", default=None)
"""The last statement of each transaction that this task begins; it raises where nothing is to be written."""


class Database:
    """Connections to one database. `begin()` writes, `read()` reads."""

    def __init__(self, url: str, *, pool_size: int = 10, statement_timeout_s: float = 15.0) -> None:
        self.url = sa.make_url(_with_async_driver(url))
        self.dialect: DialectName = cast(DialectName, self.url.get_backend_name().replace("mariadb", "mysql"))
        if self.dialect == "sqlite":
            self._writer = self._sqlite_engine(pool_size=1, begin="BEGIN IMMEDIATE")
            self._reader = self._sqlite_engine(pool_size=4, begin=None)  # each statement sees one state
            self._urgent_reader = self._sqlite_engine(pool_size=2, begin=None)
        else:
            self._writer = self._reader = self._urgent_reader = create_async_engine(
                self.url,
                pool_size=pool_size,
                max_overflow=pool_size,
                pool_pre_ping=True,
                pool_timeout=statement_timeout_s,
                connect_args=_server_arguments(self.dialect, statement_timeout_s),
                # REPEATABLE READ, MariaDB's default, would hide rows that another node committed meanwhile.
                isolation_level="READ COMMITTED",
            )
        self.before_commit: Callable[[Tx], Any] | None = None
        """The outbox's hook: numbers and stores the events of a transaction as its last statements."""
        self.after_commit: Callable[[Tx], None] | None = None
        self.is_heard: Callable[[type[Event]], bool] = lambda kind: True
        self._has_written = False

    def _sqlite_engine(self, *, pool_size: int, begin: str | None) -> AsyncEngine:
        path = self.url.database
        if path and path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        engine = create_async_engine(
            self.url,
            poolclass=AsyncAdaptedQueuePool,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=30,
            async_creator=lambda: sqlite_thread.connect(
                path or ":memory:", timeout=15, cached_statements=512, check_same_thread=False
            ),
        )

        @sa.event.listens_for(engine.sync_engine, "connect")
        def _tune(connection: DBAPIConnection, _record: object) -> None:
            # The driver must not begin transactions by itself, else SELECT ... UPDATE upgrades a read lock and fails.
            connection.isolation_level = None
            cursor = connection.cursor()
            for pragma in _SQLITE_PRAGMAS if begin is not None else (*_SQLITE_PRAGMAS, "query_only=ON"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        if begin is not None:

            @sa.event.listens_for(engine.sync_engine, "begin")
            def _begin(connection: sa.Connection) -> None:
                sqlite_thread.run_sync(connection, lambda db: db.execute(begin))

        return engine

    @asynccontextmanager
    async def begin(self, operator_id: str | None = None) -> AsyncIterator[Tx]:
        """A transaction that commits when the block ends and rolls back when it raises. With an operator it is confined to that
        operator's rows (kernel/row_security.py)."""
        async with _connected(self._writer) as connection:
            token = transaction_is_open.set(True)
            tx = Tx(self, connection)
            try:
                async with connection.begin():
                    if operator_id is not None:
                        await self._confine(connection, operator_id)
                    yield tx
                    if tx.events and self.before_commit is not None:
                        await self.before_commit(tx)
                    if (check := before_commit_here.get()) is not None:
                        await check(tx)
            finally:
                transaction_is_open.reset(token)
        self._has_written = True
        for callback in tx._after_commit:
            _call_after_commit(callback)
        if tx.events and self.after_commit is not None:
            _call_after_commit(partial(self.after_commit, tx))

    @asynccontextmanager
    async def read(self, operator_id: str | None = None, *, is_urgent: bool = False) -> AsyncIterator[Tx]:
        """A connection for reading. Nothing written through it stays. With an operator it is confined to that one's rows.

        `is_urgent`: a station waits for it, and it is not to queue behind what people look at.
        """
        async with _connected(self._urgent_reader if is_urgent else self._reader) as connection:
            token = transaction_is_open.set(True)
            try:
                if operator_id is not None:
                    await self._confine(connection, operator_id)
                yield Tx(self, connection, is_writing=False)
            finally:
                transaction_is_open.reset(token)

    async def _confine(self, connection: AsyncConnection, operator_id: str) -> None:
        """Let the rest of this transaction see the rows of one operator only, where the database can."""
        if self.dialect == "postgresql":
            await connection.execute(_CONFINE, {"operator_id": operator_id})

    async def check(self) -> None:
        """Raise if the database does not answer."""
        async with asyncio.timeout(5), self.read() as tx:
            await tx.execute(sa.text("SELECT 1"))

    async def checkpoint(self) -> None:
        """SQLite: bring what stands in the write-ahead log into the database, beside the commits rather than inside one.

        A passive checkpoint waits for nobody and nobody for it. The log begins anew only when all of it has been brought over,
        which under load never happens by itself: then the writer does the little that is left. Elsewhere nothing to do.
        """
        path = self.url.database
        if self.dialect != "sqlite" or not path or path == ":memory:" or not self._has_written:
            return
        self._has_written = False
        pages = await asyncio.to_thread(_checkpoint_passively, path)
        if pages < _WAL_PAGES_KEPT:
            return
        async with self._writer.connect() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            await cast(sqlite_thread.Connection, driver).hand_over(_restart_log)

    async def close(self) -> None:
        """Close all connections."""
        await self._writer.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()
            await self._urgent_reader.dispose()


_CONFINE = sa.text("SELECT set_config('voltway.operator_id', :operator_id, true)")
"""Until the end of the transaction; kernel/row_security.py reads it."""

_WAL_PAGES_KEPT = 8000
"""32 MiB: the write-ahead log begins anew beyond this."""


def _checkpoint_passively(path: str) -> int:
    """How many pages the write-ahead log has."""
    with closing(sqlite3.connect(path, timeout=15, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return int(pages)


def _restart_log(connection: sqlite3.Connection) -> None:
    """Begin the write-ahead log anew, unless somebody reads it just now: a backup may read for minutes, and commits would wait
    for it. Then the log grows meanwhile, and the next second tries again."""
    connection.execute(f"PRAGMA busy_timeout={_RESTART_WAIT_MS}")
    try:
        connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection of the pool. A cancellation that comes while the pool replaces a broken connection would be lost there
    (SQLAlchemy logs it and goes on): it is raised here, before anything has been done."""
    task = asyncio.current_task()
    asked_before = task.cancelling() if task is not None else 0
    async with engine.connect() as connection:
        if task is not None and task.cancelling() > asked_before:
            raise asyncio.CancelledError
        yield connection


def _call_after_commit(callback: Callable[[], None]) -> None:
    """A bug in what follows a commit must not look as if the commit had failed: it would be done again."""
    try:
        callback()
    except Exception as error:
        log.error("after_commit.failed", exc_info=error)


_RESTART_WAIT_MS = 20
_BUSY_TIMEOUT_MS = 15_000

_SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # an answered message survives a power cut
    f"busy_timeout={_BUSY_TIMEOUT_MS}",  # the command line writes beside a running server
    "foreign_keys=ON",
    "cache_size=-65536",  # 64 MiB
    "temp_store=MEMORY",
    "mmap_size=268435456",
    "wal_autocheckpoint=65536",  # 256 MiB; long before that `Database.checkpoint` has done it beside the commits
    "journal_size_limit=67108864",
)


def _server_arguments(dialect: DialectName, statement_timeout_s: float) -> dict[str, Any]:
    if dialect == "postgresql":
        # asyncpg says the time-out in ms to the server, which then ends the statement by itself.
        return {
            "timeout": 10,
            "command_timeout": statement_timeout_s,
            "server_settings": {"application_name": "voltway", "jit": "off"},
        }
    return {"connect_timeout": 10, "charset": "utf8mb4"}


_ASYNC_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "mysql": "mariadb+asyncmy",
    "mariadb": "mariadb+asyncmy",
}


def _with_async_driver(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.split("+")[0] not in _ASYNC_DRIVERS:
        raise StartUpError(
            f"The database URL must begin with sqlite://, postgresql:// or mariadb://, not {scheme!r}. "
            "Example: VOLTWAY_DATABASE__URL=postgresql://voltway@localhost/voltway"
        )
    return f"{_ASYNC_DRIVERS[scheme.split('+')[0]]}://{rest}"


def is_unavailable(error: BaseException) -> bool:
    """Whether an error means that the database cannot be reached or written now, rather than that a row is bad."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, (OSError, TimeoutError, sa.exc.TimeoutError)) or _says(error, _UNAVAILABLE_SIGNS)


def is_conflict(error: BaseException) -> bool:
    """Whether two transactions got in each other's way, so that running this one again is right."""
    return _says(error, _CONFLICT_SIGNS)


def _says(error: BaseException, signs: Sequence[str]) -> bool:
    """Whether it is the database that says one of these; on SQLite's own thread its errors come unwrapped."""
    said = error.orig if isinstance(error, DBAPIError) else error if isinstance(error, sqlite3.Error) else None
    text = str(said).lower()
    return said is not None and any(sign in text for sign in signs)


_UNAVAILABLE_SIGNS = (
    "database is locked",
    "disk i/o error",
    "database or disk is full",
    "unable to open database",
    "readonly database",
    "connection was closed",
    "connection is closed",
    "connection refused",
    "connection reset",
    "can't connect",
    "lost connection",
    "server has gone away",
    "shutting down",
    "starting up",
    "too many clients",
    "too many connections",
    "terminating connection",
)
_CONFLICT_SIGNS = ("deadlock", "could not serialize", "lock wait timeout")

"""What all tests share: an empty database for each, runtimes on it, and HTTP clients of those.

    pytest                                                    SQLite, a file of its own for each test
    pytest --database-url postgresql://postgres@127.0.0.1/test
    pytest --database-url mariadb://root@127.0.0.1/test -m mariadb

On a server each worker makes a database of its own name and drops it at the end; the one in the URL is not touched.

A test that needs something of the machine skips itself with a reason that begins with "needs "; with
VOLTWAY_REQUIRE_SERVICES=1, as in CI, that is a failure.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import pkgutil
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import structlog
from fastapi import FastAPI
from hypothesis import HealthCheck
from hypothesis import settings as property_settings
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import create_async_engine

import voltway
from builders import ClientOf, MakeRuntime, another, app_of
from servers import database_on_server
from voltway.kernel import outbound
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, DEFAULT_OPERATOR_SLUG, Role, create_api_key, operators
from voltway.kernel.bus import outbox
from voltway.kernel.database import MYSQL_NAMES, Database, Tx, metadata
from voltway.kernel.module import Manifest, Settings
from voltway.kernel.runtime import Runtime

SECRET = b"the secret of a test installation"
SEEDS: tuple[tuple[sa.Table, dict[str, Any]], ...] = (
    (outbox.head, {"id": 1, "position": 0}),
    (operators, {"id": DEFAULT_OPERATOR_ID, "slug": DEFAULT_OPERATOR_SLUG, "name": "Default operator"}),
)

# No property fails because the machine is busy.
property_settings.register_profile("voltway", deadline=None, suppress_health_check=[HealthCheck.too_slow])
property_settings.load_profile("voltway")

# The log of a failed test; without this structlog draws every trace with all local variables, which takes seconds.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

for found in pkgutil.walk_packages(voltway.__path__, "voltway."):
    if found.name.endswith(".tables"):
        importlib.import_module(found.name)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database-url", default="sqlite://", help="the database to test on; default: SQLite files")


WHOLE_ON_MARIADB = ("sessions", "stations", "users")
"""Folders of which every test with a database passes on MariaDB, and is to: no mark is needed there (docs/operating/databases.md)."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folders = {Path(__file__).parent / name for name in WHOLE_ON_MARIADB}
    for item in items:
        if "tested_url" not in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.any_database)
        if "database" in getattr(item, "fixturenames", ()) and folders.intersection(item.path.parents):
            item.add_marker(pytest.mark.mariadb)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    outcome: Any = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("VOLTWAY_REQUIRE_SERVICES") == "1" and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if reason.startswith("needs "):
            report.outcome, report.longrepr = "failed", f"{reason}, and VOLTWAY_REQUIRE_SERVICES=1"


# ---- the database


@pytest.fixture(scope="session")
def tested_url(request: pytest.FixtureRequest) -> sa.URL:
    """The database that the tests run on. All that depends on it uses this."""
    return Database(request.config.getoption("--database-url")).url


@pytest.fixture(scope="session")
def _empty_database(tested_url: sa.URL, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[sa.URL]:
    """A database with all tables and no rows: a SQLite file to copy, or a database on the server."""
    url = tested_url
    if url.get_backend_name() == "sqlite":
        template = tmp_path_factory.mktemp("template") / "empty.sqlite"
        engine = sa.create_engine(f"sqlite:///{template}")
        with engine.begin() as connection:
            metadata.create_all(connection)
            for table, row in SEEDS:
                connection.execute(sa.insert(table).values(row))
        engine.dispose()
        yield url.set(database=str(template))
        return
    # As the first migration has it: text compares alike on every database.
    collation = " COLLATE utf8mb4_nopad_bin" if url.get_backend_name() in MYSQL_NAMES else ""
    with database_on_server(url, f"test_{worker_id}", collation) as ours:
        asyncio.run(_create_tables(ours))
        yield ours


async def _create_tables(url: sa.URL) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await engine.dispose()


@pytest.fixture
async def database(_empty_database: sa.URL, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database with all tables: no rows but the outbox's head and the default operator."""
    if _empty_database.get_backend_name() == "sqlite":
        file = tmp_path / "voltway.sqlite"
        shutil.copyfile(str(_empty_database.database), file)
        database = Database(f"sqlite:///{file}")
    else:
        database = Database(_empty_database.render_as_string(hide_password=False))
        async with database.begin() as tx:
            await _empty(tx)
            for table, row in SEEDS:
                await tx.execute(sa.insert(table).values(row))
    yield database
    await database.close()


async def _empty(tx: Tx) -> None:
    """Take all rows out of all tables; PostgreSQL takes the statements in one message, which is ten times faster;
    MariaDB is asked which of them are needed."""
    statements = [sa.delete(table) for table in reversed(metadata.sorted_tables)]
    if tx.dialect == "postgresql":
        connection: Any = (await tx.connection.get_raw_connection()).driver_connection
        dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
        await connection.execute(";".join(str(statement.compile(dialect=dialect)) for statement in statements))
        return
    used = set((await tx.execute(_USED)).scalars())
    for statement in statements:
        if statement.table.name in used:
            await tx.execute(statement)


_USED = sa.union_all(
    *(
        sa.select(sa.literal_column(f"'{table.name}'")).where(sa.exists(sa.select(1).select_from(table)))
        for table in metadata.sorted_tables
    )
)
"""The names of the tables that hold rows, for MariaDB: there are many tables, and a test fills few."""


# ---- runtimes and clients


@pytest.fixture
async def make_runtime(database: Database, tmp_path: Path) -> AsyncIterator[MakeRuntime]:
    """Makes started runtimes on the test's database; two of them are two processes."""
    started: list[Runtime] = []

    async def make(
        *manifests: Manifest,
        settings: Mapping[str, Settings | Mapping[str, Any]] | None = None,
        before_start: Callable[[Runtime], None] | None = None,
        **options: Any,
    ) -> Runtime:
        manifests = (outbound.MANIFEST, *manifests)
        kinds = {manifest.name: manifest.settings for manifest in manifests}
        values = {
            name: value if isinstance(value, Settings) else kinds[name](**value)
            for name, value in (settings or {}).items()
        }
        runtime = Runtime(
            manifests, another(database), **{"settings": values, "data_dir": tmp_path, "secret": SECRET, **options}
        )
        started.append(runtime)
        if before_start is not None:
            before_start(runtime)
        await runtime.start()
        return runtime

    yield make
    for runtime in reversed(started):
        await runtime.stop()


@pytest.fixture
async def client_of() -> AsyncIterator[ClientOf]:
    """Makes HTTP clients of a runtime's application, which serves the routes of the runtime's modules."""
    apps: dict[int, FastAPI] = {}
    clients: list[httpx.AsyncClient] = []

    async def connect(
        runtime: Runtime,
        role: Role | str | None = "operator_admin",
        *,
        operator_id: str = DEFAULT_OPERATOR_ID,
        location_ids: Sequence[str] | None = None,
    ) -> httpx.AsyncClient:
        app = apps.get(id(runtime)) or app_of(runtime)
        apps[id(runtime)] = app
        headers = {}
        if role is not None:
            async with runtime.database.begin() as tx:
                key = await create_api_key(
                    tx, role, f"test {role}", operator_id, runtime.secret, location_ids=location_ids
                )
            headers["authorization"] = f"Bearer {key}"
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost/api/v1", headers=headers
        )
        clients.append(client)
        return client

    yield connect
    for client in clients:
        await client.aclose()


@pytest.fixture
async def stranger_id(database: Database) -> str:
    """Another operator, for whom everything of the default operator is not there."""
    row = {"id": "00000000-0000-7000-8000-000000000002", "slug": "stranger", "name": "Another operator"}
    async with database.begin() as tx:
        await tx.execute(sa.insert(operators).values(row))
    return row["id"]

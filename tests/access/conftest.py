"""On PostgreSQL these tests run as a plain role on a migrated database: a superuser walks through every wall."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from builders import MakeRuntime
from servers import database_on_server
from voltway.app import catalog, schema
from voltway.kernel.database import Database

from .world import World, build  # noqa: TID252  (tests are not installed)


async def _execute(url: sa.URL, statement: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.exec_driver_sql(statement)
    await engine.dispose()


@pytest.fixture
def plain_url(tested_url: sa.URL, worker_id: str) -> Iterator[sa.URL | None]:
    """A migrated database that belongs to a role which is no superuser; None where the tests are not on PostgreSQL."""
    url = tested_url
    if url.get_backend_name() != "postgresql":
        yield None
        return
    role = f"voltway_plain_{worker_id}_{os.getpid()}"
    asyncio.run(_execute(url, f"CREATE ROLE {role} LOGIN PASSWORD 'plain'"))
    try:
        with database_on_server(url, f"plain_{worker_id}", f" OWNER {role}") as ours:
            plain = ours.set(username=role, password="plain")
            asyncio.run(_migrate(plain))
            yield plain
    finally:
        asyncio.run(_execute(url, f"DROP ROLE {role}"))


async def _migrate(url: sa.URL) -> None:
    database = Database(url.render_as_string(hide_password=False))
    await schema.upgrade(database)
    await database.close()


@pytest.fixture
async def database(plain_url: sa.URL | None, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database with all tables: no rows but the outbox's head and the default operator."""
    if plain_url is not None:
        made = Database(plain_url.render_as_string(hide_password=False))
    else:
        made = Database(f"sqlite:///{tmp_path / 'voltway.sqlite'}")
        await schema.upgrade(made)
    yield made
    await made.close()


@pytest.fixture
async def world(make_runtime: MakeRuntime) -> AsyncIterator[World]:
    """Everything runs, and has one of everything."""
    settings: dict[str, Any] = {"gateway": {"port": 0}}
    built = await build(await make_runtime(*catalog.load(), settings=settings))
    yield built
    await built.close()

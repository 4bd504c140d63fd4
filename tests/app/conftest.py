"""What the tests of the program share: an empty database without tables, and the program as a process."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from voltway.kernel.database import Database


@pytest.fixture
async def blank(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> AsyncIterator[Database]:
    """A database without any table."""
    url = Database(request.config.getoption("--database-url")).url
    if url.get_backend_name() == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'blank.sqlite'}")
        yield database
        await database.close()
        return
    ours = url.set(database=f"voltway_blank_{worker_id}_{os.getpid()}")
    await _on_server(url, f"CREATE DATABASE {ours.database}")
    database = Database(ours.render_as_string(hide_password=False))
    yield database
    await database.close()
    await _on_server(url, f"DROP DATABASE {ours.database}")


async def _on_server(url: sa.URL, statement: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.exec_driver_sql(statement)
    await engine.dispose()

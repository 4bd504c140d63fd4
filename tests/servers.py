"""Databases on a server, for the length of a test."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine


@contextmanager
def database_on_server(url: sa.URL, name: str, options: str = "") -> Iterator[sa.URL]:
    """A new database beside the one of the URL, which is not touched; it is dropped in the end. Not inside an event loop."""
    ours = url.set(database=f"voltway_{name}_{os.getpid()}")
    asyncio.run(_execute(url, f"CREATE DATABASE {ours.database}{options}"))
    try:
        yield ours
    finally:
        forced = " WITH (FORCE)" if url.get_backend_name() == "postgresql" else ""
        asyncio.run(_execute(url, f"DROP DATABASE {ours.database}{forced}"))


async def _execute(url: sa.URL, statement: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.exec_driver_sql(statement)
    await engine.dispose()

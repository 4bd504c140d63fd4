"""The notes module's table, which is no part of the platform's schema."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from builders import ClientOf, MakeRuntime
from voltway.kernel.database import Database
from voltway.kernel.runtime import Runtime

from .notes import NOTES, notes_metadata  # noqa: TID252  (tests are not installed)


@pytest.fixture
async def notes_database(database: Database) -> AsyncIterator[Database]:
    """The test's database, with the table of notes."""
    async with database.begin() as tx:
        await tx.connection.run_sync(notes_metadata.create_all)
    yield database
    async with database.begin() as tx:
        await tx.connection.run_sync(notes_metadata.drop_all)


@pytest.fixture
async def runtime(notes_database: Database, make_runtime: MakeRuntime) -> Runtime:
    """A runtime with the notes module."""
    return await make_runtime(NOTES)


@pytest.fixture
async def client(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    """An operator's administrator."""
    return await client_of(runtime)


@pytest.fixture
async def nobody(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    """A client without a key."""
    return await client_of(runtime, None)

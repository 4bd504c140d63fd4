"""What the tests of the program share: an empty database without tables."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from servers import database_on_server
from voltway.kernel.database import Database


@pytest.fixture
def _blank_url(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> Iterator[sa.URL]:
    url = Database(request.config.getoption("--database-url")).url
    if url.get_backend_name() == "sqlite":
        yield url.set(database=str(tmp_path / "blank.sqlite"))
    else:
        with database_on_server(url, f"blank_{worker_id}") as ours:
            yield ours


@pytest.fixture
async def blank(_blank_url: sa.URL) -> AsyncIterator[Database]:
    """A database without any table."""
    database = Database(_blank_url.render_as_string(hide_password=False))
    yield database
    await database.close()

"""What the tests of the program share: an empty database without tables."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from servers import database_on_server
from voltway.kernel.database import Database


@pytest.fixture
def _blank_url(tested_url: sa.URL, tmp_path: Path, worker_id: str) -> Iterator[sa.URL]:
    if tested_url.get_backend_name() == "sqlite":
        yield tested_url.set(database=str(tmp_path / "blank.sqlite"))
    else:
        with database_on_server(tested_url, f"blank_{worker_id}") as ours:
            yield ours


@pytest.fixture
async def blank(_blank_url: sa.URL) -> AsyncIterator[Database]:
    """A database without any table."""
    database = Database(_blank_url.render_as_string(hide_password=False))
    yield database
    await database.close()

"""Where the servers of these tests keep their data."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from servers import database_on_server


@pytest.fixture(scope="module")
def on_database(tested_url: sa.URL, request: pytest.FixtureRequest, worker_id: str) -> Iterator[dict[str, str]]:
    """The environment of a server on the database that the tests run on; nothing for SQLite, which is the default."""
    url = tested_url
    if url.get_backend_name() == "sqlite":
        yield {}
        return
    module = request.node.name.rpartition("/")[2].removesuffix(".py")
    with database_on_server(url, f"{module}_{worker_id}") as ours:
        yield {"VOLTWAY_DATABASE__URL": ours.render_as_string(hide_password=False)}

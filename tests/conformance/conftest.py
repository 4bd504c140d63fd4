"""The whole platform in a process of its own, for the cases of certification."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from e2e.server_process import ServerProcess
from servers import database_on_server
from voltway.kernel.database import Database


@pytest.fixture(scope="module")
def platform(
    request: pytest.FixtureRequest, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A server on the database that the tests run on."""
    url = Database(request.config.getoption("--database-url")).url
    name = request.node.name.rpartition("/")[2].removesuffix(".py")
    data_dir = tmp_path_factory.mktemp(name) / "data"
    if url.get_backend_name() == "sqlite":
        yield from _running(ServerProcess(data_dir))
        return
    with database_on_server(url, f"{name}_{worker_id}") as ours:
        environment = {"VOLTWAY_DATABASE__URL": ours.render_as_string(hide_password=False)}
        yield from _running(ServerProcess(data_dir, environment=environment))


def _running(server: ServerProcess) -> Iterator[ServerProcess]:
    server.start()
    yield server
    assert server.stop() == 0
    assert '"level": "error"' not in server.log


@pytest.fixture(scope="module")
def key(platform: ServerProcess) -> str:
    return platform.make_key()

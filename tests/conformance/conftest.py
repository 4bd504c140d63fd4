"""The whole platform, in this process (`platform`) or one of its own (`whole_platform`), for certification cases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
import sqlalchemy as sa

from builders import ClientOf, MakeRuntime
from e2e.server_process import ServerProcess
from servers import database_on_server
from voltway.app import catalog

from .security_network import Platform  # noqa: TID252  (tests are not installed)


class StartPlatform(Protocol):
    """`await start(tls={"mode": "strict"}, security={...})`"""

    def __call__(self, tls: dict[str, Any] | None = ..., **settings: Any) -> Awaitable[Platform]: ...


@pytest.fixture
async def start_platform(
    make_runtime: MakeRuntime, client_of: ClientOf, tmp_path: Path
) -> AsyncIterator[Callable[..., Awaitable[Platform]]]:
    platforms: list[Platform] = []

    async def start(tls: dict[str, Any] | None = None, **settings: Any) -> Platform:
        gateway = {
            "port": 0,
            "unknown_stations": "reject",
            "tls": {"port": 0, "url": "wss://localhost:9443/ocpp", **(tls or {})},
            **settings.pop("gateway", {}),
        }
        runtime = await make_runtime(*catalog.load(), settings={"gateway": gateway, **settings})
        platforms.append(Platform(runtime, await client_of(runtime), tmp_path))
        return platforms[-1]

    yield start
    for platform in platforms:
        await platform.close()


@pytest.fixture
async def platform(start_platform: StartPlatform) -> Platform:
    """A platform with its own certificates for TLS; stations that nobody has registered are refused."""
    return await start_platform()


@pytest.fixture(scope="module")
def whole_platform(
    tested_url: sa.URL, request: pytest.FixtureRequest, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A server on the database that the tests run on."""
    url = tested_url
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
    assert [line for line in server.log.splitlines() if '"level": "error"' in line] == []


@pytest.fixture(scope="module")
def key(whole_platform: ServerProcess) -> str:
    return whole_platform.make_key()

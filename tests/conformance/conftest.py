"""The whole platform in one process, for tests that are named after certification cases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from builders import ClientOf, MakeRuntime
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

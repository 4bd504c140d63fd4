"""A receiver, and a platform that delivers to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from builders import ClientOf, MakeRuntime, served
from voltway.kernel.runtime import Runtime
from voltway.modules.notify.module import MANIFEST

from .receiver import SETTINGS, Receiver  # noqa: TID252  (tests are not installed)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    async with served(receiver.app()) as url:
        receiver.url = f"{url}/hook"
        yield receiver


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(MANIFEST, settings=SETTINGS)


@pytest.fixture
async def client(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(runtime)

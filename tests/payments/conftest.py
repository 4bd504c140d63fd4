"""A shop for the tests of payments."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from builders import ClientOf, MakeRuntime

from .shop import Shop, a_shop  # noqa: TID252  (tests are not installed)


@pytest.fixture
async def shop(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[Shop]:
    made = await a_shop(make_runtime, client_of)
    yield made
    await made.network.close()

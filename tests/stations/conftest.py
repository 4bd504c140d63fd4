from __future__ import annotations

from typing import Any

import pytest

from builders import ClientOf, MakeRuntime
from voltway.modules.stations.module import MANIFEST

from .network import NEIGHBOURS, MakeNetwork, Network  # noqa: TID252  (tests are not installed)


@pytest.fixture
def make_network(make_runtime: MakeRuntime, client_of: ClientOf) -> MakeNetwork:
    """`await make_network(boots_max=2)`: a network whose stations module has these settings."""

    async def make(**settings: Any) -> Network:
        runtime = await make_runtime(MANIFEST, NEIGHBOURS, settings={"stations": settings})
        return Network(runtime, await client_of(runtime))

    return make


@pytest.fixture
async def network(make_network: MakeNetwork) -> Network:
    return await make_network()

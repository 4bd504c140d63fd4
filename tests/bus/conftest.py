"""Carriers of every kind, each with names of its own at the broker."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from builders import MakeRuntime
from services import needs_nats, needs_rabbitmq
from voltway.kernel.module import Manifest
from voltway.kernel.processes.carriers.direct import DirectCarrier
from voltway.kernel.processes.carriers.nats import NatsCarrier
from voltway.kernel.processes.carriers.port import Carrier
from voltway.kernel.processes.carriers.rabbitmq import RabbitCarrier
from voltway.kernel.processes.settings import BusSettings
from voltway.kernel.runtime import Runtime

MakeCarrier = Callable[[], Carrier]


@pytest.fixture(params=["direct", "nats", "rabbitmq"])
def make_carrier(request: pytest.FixtureRequest) -> MakeCarrier:
    """Makes carriers of one kind that reach each other."""
    prefix = f"test.{uuid.uuid4().hex}"
    if request.param == "nats":
        url = needs_nats()
        return lambda: NatsCarrier(url, prefix)
    if request.param == "rabbitmq":
        url = needs_rabbitmq()
        return lambda: RabbitCarrier(url, prefix)
    return lambda: DirectCarrier(b"the key of a test")


@pytest.fixture
async def make_node(make_runtime: MakeRuntime, make_carrier: MakeCarrier) -> AsyncIterator[Any]:
    """Makes runtimes that are processes of one installation: `await make_node(MANIFEST, bus={"node": "a"})`."""

    async def make(*manifests: Manifest, bus: dict[str, Any] | None = None, **options: Any) -> Runtime:
        return await make_runtime(
            *manifests, carrier=make_carrier(), bus=BusSettings(**{"lease_s": 2.0, **(bus or {})}), **options
        )

    yield make
    await asyncio.sleep(0)

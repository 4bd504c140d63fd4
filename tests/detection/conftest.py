"""A platform whose stations are given as events, and what it makes of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from builders import NOON, MakeRuntime, eventually
from voltway.app import catalog
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus.event import Event
from voltway.kernel.noticing import Noticed
from voltway.kernel.runtime import Runtime

STATION = {"station_id": "00000000-0000-7000-8000-0000000000a1", "station_identity": "CS-1"}

Publish = Callable[..., Awaitable[None]]


def noticed(kind: str, count: int = 1, operator_id: str = DEFAULT_OPERATOR_ID, **facts: Any) -> Noticed:
    """Something that looks wrong, now."""
    return Noticed(operator_id=operator_id, at=clock.now(), kind=kind, count=count, facts=facts)


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    """Everything but the gateway."""
    return await make_runtime(*catalog.load([name for name in catalog.MODULES if name != "gateway"]))


async def publish(runtime: Runtime, *events: Event) -> None:
    """Publish events, and wait until detection has handled them."""
    async with runtime.database.begin() as tx:
        tx.publish(*events)
    await eventually(lambda: runtime.events.backlogs()["detection"] == 0)


NOW = NOON

"""A site: the platform in this process, the fault proxy before its station port, and fleets that go through it."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest

from builders import MakeRuntime, eventually
from e2e.server_process import ServerProcess
from fleet.fault_proxy import FaultProxy, Faults
from fleet.furnishing import MODULES, PRICES, TOKEN, new_installation, seed_platform
from fleet.history import Finding, check
from fleet.reading import books_of, history_of
from voltway.app import catalog
from voltway.kernel.database import Database
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.gateway import gateway_of
from voltway.station.ocpp.dialects import DIALECTS
from voltway.station.ocpp.vocabulary import IdToken, StationSpec
from voltway.station.simulator.fleet import Fleet
from voltway.station.simulator.scenarios import Scenario

SPEED = 240.0  # four virtual minutes in a second
BUSY = Scenario("busy", "always some that come and go", first_arrival_s=(0, 60), gap_s=(1, 60), stay_s=(60, 900))
PATIENCE_S = 90.0
# True seconds: short, so that a station that waits in vain is through with it while the test runs.
SETTINGS = {
    "message_timeout_s": "3",
    "attempt_interval_s": "120",
    "backoff_minimum_s": "0",
    "backoff_random_s": "1",
    "backoff_repeats": "1",
}


class Site:
    """A running platform with a proxy before it."""

    def __init__(self, runtime: Runtime, proxy: FaultProxy) -> None:
        self.runtime = runtime
        self.proxy = proxy
        self.gateway = gateway_of(runtime)

    def a_fleet(self, stations: int = 9, seed: int = 1, protocol: str | None = None, **settings: str) -> Fleet:
        """Stations of all protocols that connect through the proxy; their ledger keeps every report."""
        protocols = [protocol] if protocol is not None else sorted(DIALECTS)
        specs = [StationSpec(f"FLT-{number:03}", protocols[number % len(protocols)]) for number in range(stations)]
        url = f"ws://127.0.0.1:{self.proxy.port}/ocpp"
        fleet = Fleet(specs, url, BUSY, random.Random(seed), tokens=[IdToken(TOKEN)], speed=SPEED)
        fleet.ledger.deliveries = []
        for station in fleet.stations:
            for name, value in (SETTINGS | settings).items():
                station.settings.store(name, value)
        return fleet

    async def live_through(self, fleet: Fleet, trouble: Callable[[], Awaitable[object]]) -> list[Finding]:
        """Let a fleet charge while there is trouble; when that is over and all is said, what does not agree."""
        stop = asyncio.Event()
        running = asyncio.create_task(fleet.run(stop, drain_s=4 * PATIENCE_S))
        try:
            await eventually(lambda: fleet.ledger.active >= len(fleet.stations) // 2, PATIENCE_S)
            await trouble()
            self.proxy.faults = Faults()
            done = fleet.ledger.ended_count
            await eventually(lambda: fleet.ledger.ended_count > done + len(fleet.stations) // 2, PATIENCE_S)
        finally:
            stop.set()
            await running
        assert fleet.snapshot().undelivered == 0
        return await self.compare(fleet)

    async def compare(self, *fleets: Fleet) -> list[Finding]:
        """What fleets and database do not agree on, once all events are handled."""
        stations = [station for fleet in fleets for station in fleet.stations]
        history = history_of(stations)
        assert history.charges
        assert history.facts
        await eventually(lambda: not any(self.runtime.events.backlogs().values()), PATIENCE_S)
        books = await books_of(self.runtime.database, [station.spec.identity for station in stations])
        return check(history, books, PRICES)


class OpenSite(Protocol):
    """`site = await open_site(connections_per_s=50)`: settings of the gateway; `faults` from the first connection on."""

    async def __call__(self, faults: Faults | None = None, **settings: Any) -> Site: ...


@pytest.fixture
async def open_site(make_runtime: MakeRuntime, database: Database) -> AsyncIterator[OpenSite]:
    async with AsyncExitStack() as stack:

        async def open_it(faults: Faults | None = None, **settings: Any) -> Site:
            await seed_platform(database)
            options = {"port": 0, "unknown_stations": "accept", "log_messages": False, **settings}
            runtime = await make_runtime(*catalog.load(MODULES), settings={"gateway": options}, stalled_after_s=2.0)
            proxy = FaultProxy(gateway_of(runtime).port.port, faults)
            return Site(runtime, await stack.enter_async_context(proxy))

        yield open_it


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """An installation with the fleet's token and tariff; not started."""
    server = new_installation(tmp_path / "data")
    yield server
    server.kill()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked `long` runs with `make faults` only."""
    if os.environ.get("VOLTWAY_FAULTS") != "long":
        left_out = [item for item in items if item.get_closest_marker("long")]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if item not in left_out]

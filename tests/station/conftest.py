"""A CSMS and stations that talk to it, over real sockets."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.server import serve

from voltway.station.ocpp.vocabulary import EvseSpec, IdToken, StationSpec
from voltway.station.simulator.fleet import Fleet
from voltway.station.simulator.scenarios import Scenario

from .fake_csms import QUIET, VERSIONS, FakeCsms, Launch, Running, port_of  # noqa: TID252  (tests are not installed)


@pytest.fixture
async def csms() -> AsyncIterator[FakeCsms]:
    fake = FakeCsms()
    async with serve(fake.serve_link, "127.0.0.1", 0, subprotocols=list(VERSIONS)) as server:  # type: ignore[arg-type]
        fake.url = f"ws://127.0.0.1:{port_of(server)}/ocpp"
        yield fake
    assert fake.complaints == []


@pytest.fixture
async def launch(csms: FakeCsms) -> AsyncIterator[Launch]:
    """Start one station S1 (or more) against the CSMS; whatever still runs at the end of the test is stopped."""
    running: list[Running] = []

    async def start(
        protocol: str, scenario: Scenario = QUIET, *, speed: float = 200.0, count: int = 1, evse: EvseSpec | None = None
    ) -> Running:
        specs = [
            StationSpec(f"S{number}", protocol, evses=(evse or EvseSpec(),), sample_interval_s=10)
            for number in range(1, count + 1)
        ]
        fleet = Fleet(specs, csms.url, scenario, random.Random(7), tokens=[IdToken("TOKEN-1")], speed=speed)
        for station in fleet.stations:
            for name in ("backoff_minimum_s", "backoff_random_s"):
                station.settings.store(name, "0")
        stop = asyncio.Event()
        task = asyncio.get_running_loop().create_task(fleet.run(stop, drain_s=5.0))
        running.append(Running(fleet, stop, task))
        return running[-1]

    yield start
    for one in running:
        one.stop.set()
        await one.task

"""Two gateways and one station: orders reach the process that holds its newest link, and nobody else says anything."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from builders import MakeRuntime, eventually
from voltway.app import catalog
from voltway.contracts.station_link import CallStation, ExecuteCommand, FindCredential, FindLink, LinkPlace
from voltway.contracts.vocabulary import CommandState
from voltway.kernel.processes.carriers.direct import DirectCarrier
from voltway.kernel.processes.settings import BusSettings
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.gateway import gateway_of

MODULES = ("stations", "sessions", "gateway")


class Station:
    """Says yes to everything."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.told: list[str] = []
        self.close_code: int | None = None

    async def live(self) -> None:
        try:
            async for message in self.connection:
                kind, message_id, action, *_ = json.loads(message)
                if kind == 2:
                    self.told.append(action)
                    await self.connection.send(json.dumps([3, message_id, {"status": "Accepted"}]))
        except ConnectionClosed:
            pass
        self.close_code = self.connection.close_code


@asynccontextmanager
async def station_at(runtime: Runtime, identity: str = "CS1") -> AsyncIterator[Station]:
    port = gateway_of(runtime).port.port
    async with connect(f"ws://127.0.0.1:{port}/ocpp/{identity}", subprotocols=["ocpp1.6"], proxy=None) as connection:  # type: ignore[list-item]
        station = Station(connection)
        task = asyncio.create_task(station.live())
        try:
            yield station
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def nodes(make_runtime: MakeRuntime) -> tuple[Runtime, Runtime]:
    """Two gateways of one installation."""
    found = []
    for _ in range(2):
        runtime = await make_runtime(
            *catalog.load(MODULES),
            settings={
                "gateway": {"port": 0, "unknown_stations": "accept", "ping_interval_s": 50, "probe_timeout_s": 1}
            },
            carrier=DirectCarrier(b"the key of a test"),
            bus=BusSettings(),
        )
        found.append(runtime)
    await eventually(lambda: all(runtime.elsewhere.others for runtime in found))
    return found[0], found[1]


async def id_of(runtime: Runtime) -> str:
    (credential,) = await runtime.ask(FindCredential(identity="CS1"))
    return credential.station_id


async def until_at(runtime: Runtime, station_id: str) -> LinkPlace:
    """Until the record says that this process holds the station's link."""
    place: list[LinkPlace | None] = []

    async def is_here() -> bool:
        place[:] = [await runtime.ask(FindLink(station_id=station_id))]
        return place[0] is not None and place[0].node_id == runtime.node_id

    await eventually(is_here, 30)
    assert place[0] is not None
    return place[0]


def order(station_id: str) -> ExecuteCommand:
    return ExecuteCommand(station_id=station_id, command_id="c", type="clear_cache", arguments={})


async def test_an_order_reaches_the_process_that_holds_the_link(nodes: tuple[Runtime, Runtime]) -> None:
    here, there = nodes
    async with station_at(there) as station:
        await eventually(lambda: len(gateway_of(there).registry))
        station_id = await id_of(here)
        await until_at(there, station_id)
        assert (await here.ask(order(station_id))).state is CommandState.ACCEPTED
        call = CallStation(station_id=station_id, action="ClearCache", payload={})
        assert (await here.ask(call)).outcome == "result"
        assert station.told.count("ClearCache") == 2
    await eventually(lambda: not len(gateway_of(there).registry))

    async def is_offline() -> bool:
        return (await here.ask(order(station_id))).state is CommandState.OFFLINE

    await eventually(is_offline)


async def test_an_older_link_is_closed_and_not_written_to(
    nodes: tuple[Runtime, Runtime], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = nodes
    async with station_at(here) as old:
        station_id = await id_of(here)
        await until_at(here, station_id)
        monkeypatch.setattr(gateway_of(here).registry, "hear", lambda event: None)  # as if the word were lost
        async with station_at(there) as new:
            await until_at(there, station_id)
            told_before = list(old.told)
            assert (await here.ask(order(station_id))).state is CommandState.ACCEPTED
            assert "ClearCache" in new.told
            assert old.told == told_before
            await eventually(lambda: old.close_code == 1008)


async def test_a_clock_that_is_behind_does_not_lose_the_station(
    nodes: tuple[Runtime, Runtime], monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead, behind = nodes
    gateway_of(ahead).registry._epoch += 4_000_000_000_000  # this machine's clock is years ahead
    monkeypatch.setattr(gateway_of(behind).registry, "hear", lambda event: None)  # nor has anybody told us
    async with station_at(ahead) as old:
        station_id = await id_of(ahead)
        first = await until_at(ahead, station_id)
        async with station_at(behind) as new:
            second = await until_at(behind, station_id)
            assert second.epoch > first.epoch
            await eventually(lambda: old.close_code == 1008)
            assert (await ahead.ask(order(station_id))).state is CommandState.ACCEPTED
            assert "ClearCache" in new.told


async def test_what_the_dead_held_is_taken_over(nodes: tuple[Runtime, Runtime]) -> None:
    alive, dying = nodes
    async with station_at(dying):
        station_id = await id_of(dying)
        await until_at(dying, station_id)
        await dying.elsewhere._carrier.stop()  # it does not answer any more; its lease still holds
        assert (await alive.ask(order(station_id))).state is CommandState.OFFLINE
        async with station_at(alive) as again:
            await until_at(alive, station_id)
            assert (await alive.ask(order(station_id))).state is CommandState.ACCEPTED
            assert "ClearCache" in again.told

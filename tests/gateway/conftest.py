"""A gateway between stations made of bytes and neighbours made of lists."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import pytest

from voltway.app import catalog
from voltway.contracts.station_link import StationCredential
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.gateway import Gateway, gateway_of
from voltway.modules.gateway.module import MANIFEST

from . import neighbours  # noqa: TID252  (tests are not installed)
from .neighbours import Neighbours  # noqa: TID252
from .raw_station import RawStation  # noqa: TID252

PASSWORD = "correct-horse-battery"
SECRET = b"the secret of a test installation"


class Network:
    """A running gateway and the stations of a test."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.neighbours = runtime.state(Neighbours)
        self.gateway: Gateway = gateway_of(runtime)
        self.port = self.gateway.port.port
        self.stations: list[RawStation] = []

    async def dial(self) -> RawStation:
        """A connection, before anything is said."""
        station = await RawStation.dial(self.port)
        self.stations.append(station)
        return station

    async def connect(self, identity: str, protocols: str = "ocpp1.6", password: str | None = PASSWORD) -> RawStation:
        """A station that is linked."""
        station = await self.dial()
        response = await station.ask(f"/ocpp/{identity}", protocols=protocols, password=password)
        assert response.status == 101, response.raw
        return station

    async def record(self, credential: StationCredential, *, is_retired: bool = False) -> None:
        """Change a record as the stations module does."""
        if is_retired:
            self.neighbours.records.pop(credential.station_id)
        else:
            self.neighbours.records[credential.station_id] = credential
        async with self.runtime.database.begin() as tx:
            tx.publish(neighbours.changed(credential, is_retired=is_retired))


class StartNetwork(Protocol):
    """`await start(stations={"CS1": {}}, unknown_stations="reject")`: stations have PASSWORD unless their fields say else.

    `modules`: those of the platform that run beside the neighbours made of lists."""

    def __call__(
        self, stations: Mapping[str, Mapping[str, Any]] = ..., modules: Sequence[str] = ..., **settings: Any
    ) -> Awaitable[Network]: ...


@pytest.fixture
async def start_network(make_runtime: Callable[..., Awaitable[Runtime]]) -> AsyncIterator[StartNetwork]:
    networks: list[Network] = []

    async def start(
        stations: Mapping[str, Mapping[str, Any]] | None = None, modules: Sequence[str] = (), **settings: Any
    ) -> Network:
        def prepare(runtime: Runtime) -> None:
            for identity, fields in (stations or {"CS1": {}, "CS2": {}}).items():
                values = {"password": PASSWORD, **fields}
                runtime.state(Neighbours).station(identity, secret=SECRET, **values)

        options = {"port": 0, "unknown_stations": "reject", **settings}
        runtime = await make_runtime(
            neighbours.MANIFEST,
            *catalog.load(modules),
            MANIFEST,
            settings={"gateway": options},
            before_start=prepare,
            secret=SECRET,
        )
        networks.append(Network(runtime))
        return networks[-1]

    yield start
    for network in networks:
        for station in network.stations:
            await station.hang_up()


@pytest.fixture
async def network(start_network: StartNetwork) -> Network:
    """A gateway that knows CS1 and CS2."""
    return await start_network()

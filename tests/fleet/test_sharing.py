"""F06: the server is killed between two steps of a new share; cars go on with what they have, and the limit holds."""

from __future__ import annotations

import asyncio
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import WebSocketException

from builders import eventually
from conformance.device_model_stations import PASSWORD, linked
from conformance.test_location_limits import V16, V21, V201, Car, Meter, are_default
from e2e.server_process import VOLTWAY, ServerProcess
from fleet.conftest import PATIENCE_S

DYING_SERVER = str(Path(__file__).with_name("dying_server.py"))
LIMIT_A = 40.0


class Yard:
    """A location with a limit, and a server that may die."""

    def __init__(self, server: ServerProcess, api: httpx.AsyncClient, location_id: str) -> None:
        self.server, self._api, self._location_id = server, api, location_id
        self.meter = Meter()

    @asynccontextmanager
    async def car(self, protocol: str) -> AsyncIterator[Car]:
        """A car at a station that has booted, and comes again whenever its link is gone."""
        identity = f"YARD-{uuid.uuid4().hex[:12]}"
        body = {"identity": identity, "password": PASSWORD, "location_id": self._location_id}
        made = await self._api.post("/charging-stations", json=body)
        assert made.status_code == 201, made.text
        cars: list[Car] = []

        async def stay() -> None:
            while True:
                try:
                    async with linked(self.server.stations_url, identity, protocol, PASSWORD) as station:
                        if cars:
                            cars[0].attach(station)
                        else:
                            cars.append(Car(self.meter, station, protocol, made.json()["id"]))
                            await cars[0].boot()
                        await station._connection.wait_closed()
                except (OSError, WebSocketException):
                    pass
                await asyncio.sleep(0.2)

        staying = asyncio.create_task(stay())
        try:
            await eventually(lambda: cars and are_default(*cars), PATIENCE_S)
            yield cars[0]
        finally:
            staying.cancel()
            await asyncio.gather(staying, return_exceptions=True)

    async def has_died(self) -> None:
        """Until the server has killed itself; then another one takes over."""
        assert await asyncio.to_thread(self.server.until_dead, PATIENCE_S) == -signal.SIGKILL
        self.server.program = (VOLTWAY,)
        await asyncio.to_thread(self.server.start)

    async def has_link(self, car: Car) -> None:
        """Until the car's station is here again."""

        async def is_online() -> bool:
            return bool((await self._api.get(f"/charging-stations/{car.station_id}")).json()["is_online"])

        await eventually(is_online, PATIENCE_S)


@pytest.fixture
def dying(tmp_path: Path) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path / "data")
    yield server
    server.kill()


@asynccontextmanager
async def a_yard(server: ServerProcess) -> AsyncIterator[Yard]:
    key = await asyncio.to_thread(server.make_key)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=server.api, headers=headers, trust_env=False, timeout=PATIENCE_S) as api:
        made = await api.post("/locations", json={"name": "Yard", "time_zone": "UTC"})
        assert made.status_code == 201, made.text
        location_id = made.json()["id"]
        answer = await api.put(f"/locations/{location_id}/limit", json={"unit": "A", "limit": LIMIT_A})
        assert answer.status_code == 200, answer.text
        yield Yard(server, api, location_id)


ALWAYS = [(1, "before_share"), (2, "after_share"), (3, "before_share")]
ALSO = [(1, "after_share"), (2, "before_share"), (3, "after_share")]


@pytest.fixture(params=[*ALWAYS, *(pytest.param(death, marks=pytest.mark.long) for death in ALSO)], ids=str)
def death(request: pytest.FixtureRequest) -> tuple[int, str]:
    """At which share it dies, and whether before or after it was told: the first car's all, less for it, more for the second."""
    step, point = request.param
    return step, point


async def test_f06_killed_at_a_step_of_a_share_the_limit_holds_and_then_all_have_theirs(
    dying: ServerProcess, death: tuple[int, str]
) -> None:
    """The first share of all, then the two of a second car's coming, are each told and not noted, or noted and not told."""
    step, point = death
    dying.program = (sys.executable, DYING_SERVER, point, str(step))
    await asyncio.to_thread(dying.start)
    async with a_yard(dying) as yard, AsyncExitStack() as stack:
        cars = [await stack.enter_async_context(yard.car(protocol)) for protocol in (V16, V201, V21)]
        first, second, third = cars
        await first.plug()
        if step == 1:
            await yard.has_died()
        await eventually(lambda: first.share == LIMIT_A, PATIENCE_S)
        if step == 1:
            await yard.has_link(second)
        await second.plug()
        if step > 1:
            await yard.has_died()
        await eventually(lambda: (first.share, second.share) == (20, 20), PATIENCE_S)
        await yard.has_link(third)
        await third.plug()
        await eventually(lambda: [car.share for car in cars] == [13.3, 13.3, 13.3], PATIENCE_S)
        assert yard.meter.most_a <= LIMIT_A

"""A station on a real Mosquitto: what it tells, what it obeys, and how it comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from gateway.mqtt_broker import MOSQUITTO
from ports import lasting_port
from station.test_program import until
from voltway.station.config import read_config
from voltway.station.hardware.simulated import SimulatedBoard
from voltway.station.ocpp.vocabulary import EvseState
from voltway.station.pilot import Pilot
from voltway.station.program import StationProgram

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="needs mosquitto")
WITHIN_S = 60.0


class Broker:
    """Mosquitto, open to the machine."""

    def __init__(self, folder: Path) -> None:
        self.port = lasting_port()
        self._config = folder / "mosquitto.conf"
        self._config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\n")
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        assert MOSQUITTO is not None
        self._process = await asyncio.create_subprocess_exec(
            MOSQUITTO, "-c", str(self._config), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(WITHIN_S):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    return

    async def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None


class Listener:
    """Somebody in the house: the last of each topic, and a way to say something."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.last: dict[str, str] = {}

    async def listen(self) -> None:
        await self.client.subscribe("#")
        async for message in self.client.messages:
            self.last[str(message.topic)] = bytes(message.payload or b"").decode()

    def evse(self) -> dict[str, Any]:
        return dict(json.loads(self.last.get("voltway/station/evse/1", "{}")))


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    broker = Broker(tmp_path)
    await broker.start()
    yield broker
    await broker.stop()


@asynccontextmanager
async def listening(broker: Broker) -> AsyncIterator[Listener]:
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        listener = Listener(client)
        task = asyncio.create_task(listener.listen())
        yield listener
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def running(folder: Path, broker: Broker) -> AsyncIterator[tuple[StationProgram, SimulatedBoard]]:
    config = folder / "station.toml"
    config.write_text(
        f'[station]\ndata_dir = "{folder}/data"\naccess = "free"\n'
        f'[local]\nmqtt = "mqtt://127.0.0.1:{broker.port}"\n[[evse]]\ncurrent_a_max = 16\n'
    )
    program = StationProgram(read_config(config))
    task = asyncio.create_task(program.run())
    try:
        await until(lambda: program.evses[0].hardware.is_settled, WITHIN_S)  # type: ignore[union-attr]
        board = program.evses[0].board
        assert isinstance(board, SimulatedBoard)
        yield program, board
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def charge(program: StationProgram, board: SimulatedBoard) -> None:
    board.connect(Pilot.B)
    await until(lambda: board.output.is_pwm, WITHIN_S)
    board.connect(Pilot.C)
    await until(lambda: program.station.evses[0].state is EvseState.CHARGING, WITHIN_S)


async def test_it_tells_obeys_and_says_goodbye(tmp_path: Path, broker: Broker) -> None:
    async with listening(broker) as house:
        async with running(tmp_path, broker) as (program, board):
            await until(lambda: house.last.get("voltway/station/status") == "online", WITHIN_S)
            await charge(program, board)
            await until(lambda: house.evse().get("power_w", 0) > 10_000, WITHIN_S)
            assert house.evse()["state"] == "charging"
            await house.client.publish("voltway/station/evse/1/limit/set", "8")
            await until(lambda: board.current_a == pytest.approx(8, abs=0.1), WITHIN_S)
            await until(lambda: house.evse()["limit_a"] == 8.0, WITHIN_S)
            for nonsense in ("-1", "a lot", "nan", "1e9"):
                await house.client.publish("voltway/station/evse/1/limit/set", nonsense)
            await house.client.publish("voltway/station/evse/1/pause/set", "ON")
            await until(lambda: program.station.evses[0].state is EvseState.SUSPENDED_EVSE, WITHIN_S)
            await house.client.publish("voltway/station/evse/1/pause/set", "OFF")
            await until(lambda: board.current_a == pytest.approx(8, abs=0.1), WITHIN_S)
        await until(lambda: house.last["voltway/station/status"] == "offline", WITHIN_S)


async def test_home_assistant_finds_it_and_what_it_is_told_to_read_is_there(tmp_path: Path, broker: Broker) -> None:
    async with listening(broker) as house, running(tmp_path, broker):
        await until(lambda: house.evse() and sum("homeassistant" in topic for topic in house.last) == 7, WITHIN_S)
        configs = [json.loads(said) for topic, said in house.last.items() if topic.startswith("homeassistant/")]
        assert len({config["unique_id"] for config in configs}) == 7
        for config in configs:
            assert config["availability_topic"] in house.last
            assert config["state_topic"] in house.last
            assert config["value_template"].removeprefix("{{ value_json.").removesuffix(" }}") in house.evse()


async def test_an_order_of_last_week_is_not_obeyed_and_a_broker_that_dies_does_not_end_the_charge(
    tmp_path: Path, broker: Broker
) -> None:
    async with listening(broker) as house:
        await house.client.publish("voltway/station/evse/1/pause/set", "ON", retain=True)
        async with running(tmp_path, broker) as (program, board):
            await until(lambda: house.last.get("voltway/station/status") == "online", WITHIN_S)
            await charge(program, board)
            house.last.clear()
            await broker.stop()
            await asyncio.sleep(1)
            assert program.station.evses[0].state is EvseState.CHARGING
            await broker.start()
            async with listening(broker) as again:
                await until(lambda: again.last.get("voltway/station/status") == "online", WITHIN_S)

"""What third parties read at the broker: the newest of each charger, whoever comes when, and a broker that goes and comes back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from builders import MakeRuntime, eventually
from ports import lasting_port
from voltway.contracts.sessions import SessionEnded, SessionProgressed, SessionStarted
from voltway.contracts.stations import ConnectorStatusChanged, StationChanged
from voltway.contracts.vocabulary import ConnectorStatus
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus.event import Event
from voltway.kernel.errors import StartUpError
from voltway.kernel.metrics import Metrics
from voltway.kernel.runtime import Runtime
from voltway.modules.telemetry.module import MANIFEST, Held
from voltway.modules.telemetry.publisher import Publisher
from voltway.modules.telemetry.settings import TelemetrySettings
from voltway.modules.telemetry.topics import message_of

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
MOSQUITTO = shutil.which("mosquitto", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))
THE: dict[str, Any] = {"operator_id": DEFAULT_OPERATOR_ID, "at": NOON, "station_id": "s1", "station_identity": "CS/1+"}
HERE = "voltway/telemetry/default/CS%2F1%2B"


def status(connector: int = 1, word: ConnectorStatus = ConnectorStatus.AVAILABLE) -> ConnectorStatusChanged:
    return ConnectorStatusChanged(
        **THE,
        evse_number=2,
        connector_number=connector,
        status=word,
        wire_status=word.value,
        error_code=None,
        occurred_at=NOON,
    )


def progressed(session_id: str = "x", **values: Any) -> SessionProgressed:
    unknown: dict[str, Any] = {"energy_wh": None, "power_w": None, "soc_percent": None, "charging_state": None}
    return SessionProgressed(**THE, session_id=session_id, evse_number=2, **{**unknown, **values})


def ended() -> SessionEnded:
    of_it: dict[str, Any] = {"location_id": None, "evse_number": 2, "id_token": "04AABB", "tariff": None}
    return SessionEnded(**THE, session_id="x", started_at=NOON, ended_at=NOON, energy_wh=7_000, **of_it)


class Mosquitto:
    """A broker that lets anybody in, and forgets everything when it is killed."""

    def __init__(self, folder: Path) -> None:
        self.port, self._folder = lasting_port(), folder
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        file = self._folder / "mosquitto.conf"
        file.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")
        assert MOSQUITTO is not None
        with (self._folder / "log").open("ab") as written:
            self._process = await asyncio.create_subprocess_exec(MOSQUITTO, "-c", file, stdout=written, stderr=written)

        async def is_up() -> bool:
            with contextlib.suppress(OSError):
                (await asyncio.open_connection("127.0.0.1", self.port))[1].close()
                return True
            return False

        await eventually(is_up)

    async def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()
            self._process = None


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    if MOSQUITTO is None:
        pytest.skip("needs mosquitto")
    found = Mosquitto(tmp_path)
    await found.start()
    yield found
    await found.kill()


async def publishing(make_runtime: MakeRuntime, broker: Mosquitto, **settings: Any) -> Runtime:
    url = f"mqtt://127.0.0.1:{broker.port}"
    values = {"url": url, "fold_s": 0.05, "retry_s_max": 0.2, **settings}
    runtime = await make_runtime(MANIFEST, settings={"telemetry": values})
    publisher = runtime.state(Held).publisher
    assert publisher is not None
    await eventually(lambda: publisher.is_connected)
    return runtime


async def tell(runtime: Runtime, *events: Event) -> None:
    async with runtime.database.begin() as tx:
        tx.publish(*events)


async def read(broker: Mosquitto, wanted: dict[str, dict[str, Any] | str]) -> None:
    """Read at the broker until each topic says what is wanted of it."""
    seen: dict[str, Any] = {}

    def is_there() -> bool:
        for topic, values in wanted.items():
            text = seen.get(topic)
            if isinstance(values, str):
                if text != values:
                    return False
            elif text is None or not values.items() <= json.loads(text).items():
                return False
        return True

    async with asyncio.timeout(30), aiomqtt.Client("127.0.0.1", broker.port) as reader:
        await reader.subscribe("voltway/telemetry/#")
        async for message in reader.messages:
            assert isinstance(message.payload, bytes)
            seen[message.topic.value] = message.payload.decode()
            if is_there():
                return


async def test_who_comes_late_reads_how_things_stand(make_runtime: MakeRuntime, broker: Mosquitto) -> None:
    runtime = await publishing(make_runtime, broker)
    await tell(runtime, StationChanged(**THE, what="online"), status(1), status(2, ConnectorStatus.FAULTED))
    started: dict[str, Any] = {"session_id": "x", "evse_number": 2, "id_token": "04AABB", "transaction_id": "t"}
    await tell(runtime, SessionStarted(**THE, **started), progressed(energy_wh=500, power_w=7400.0))
    wanted: dict[str, dict[str, Any] | str] = {
        "voltway/telemetry/status": "online",
        f"{HERE}/link": {"is_online": True, "at": "2026-05-01T12:00:00.000Z"},
        f"{HERE}/2/1/status": {"status": "Available", "wire_status": "Available"},
        f"{HERE}/2/2/status": {"status": "Faulted"},
        f"{HERE}/2/session": {"session_id": "x", "state": "active", "energy_wh": 500, "power_w": 7400.0},
    }
    await read(broker, wanted)
    await tell(runtime, ended(), StationChanged(**THE, what="offline"))
    await read(
        broker,
        {f"{HERE}/2/session": {"state": "ended", "energy_wh": 7_000}, f"{HERE}/link": {"is_online": False}},
    )
    text = runtime.state(Metrics).to_text().decode()
    assert "voltway_telemetry_connected 1.0" in text
    assert "voltway_telemetry_dropped_total 0.0" in text


async def test_broker_that_comes_back_is_told_what_is_newest(make_runtime: MakeRuntime, broker: Mosquitto) -> None:
    runtime = await publishing(make_runtime, broker)
    publisher = runtime.state(Held).publisher
    assert publisher is not None
    await broker.kill()
    await eventually(lambda: not publisher.is_connected)
    for energy_wh in range(0, 5_000, 10):
        await tell(runtime, progressed(energy_wh=energy_wh))
    await tell(runtime, progressed("y", energy_wh=1))
    assert publisher.waiting == 1
    await broker.start()
    await read(broker, {"voltway/telemetry/status": "online", f"{HERE}/2/session": {"session_id": "y", "energy_wh": 1}})
    await runtime.state(Held).publisher.stop()  # type: ignore[union-attr]
    await read(broker, {"voltway/telemetry/status": "offline"})


def test_memory_has_a_bound_while_the_broker_is_away() -> None:
    publisher = Publisher(TelemetrySettings(url="mqtt://127.0.0.1:1", topics_max=100), "node")
    for connector in range(1, 151):
        publisher.hear(status(connector))
    assert (publisher.waiting, publisher.dropped) == (100, 50)


def test_neither_tokens_nor_money_are_told() -> None:
    found = message_of(ended(), "p", "default")
    assert found is not None
    topic, values = found
    assert topic == "p/default/CS%2F1%2B/2/session"
    assert values.keys() == {"session_id", "state", "energy_wh", "power_w", "soc_percent", "at"}
    assert message_of(StationChanged(**THE, what="booted"), "p", "default") is None


async def test_a_url_that_is_none_ends_the_start(make_runtime: MakeRuntime) -> None:
    with pytest.raises(StartUpError, match=r"telemetry\.url is not the URL of a broker"):
        await make_runtime(MANIFEST, settings={"telemetry": {"url": "http://broker"}})


async def test_without_a_url_nothing_is_done(make_runtime: MakeRuntime) -> None:
    runtime = await make_runtime(MANIFEST)
    assert runtime.state(Held).publisher is None
    assert not runtime.events.is_heard(SessionProgressed)

"""A Mosquitto of a test's own, with the files that we write for it, and stations behind it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import ssl
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ports import lasting_port
from voltway.contracts.station_link import StationCredential
from voltway.modules.gateway.mqtt_access import Place, password_of, write_acl, write_passwords
from voltway.modules.gateway.settings import MqttSettings

from .raw_station import TIMEOUT_S  # noqa: TID252  (tests are not installed)

MOSQUITTO = shutil.which("mosquitto", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))
SETTINGS = MqttSettings()


class Mosquitto:
    """The broker. `certificate`, `key`: PEM files, for TLS."""

    def __init__(self, folder: Path, secret: bytes, certificate: str = "") -> None:
        self.folder, self.secret, self.certificate = folder, secret, certificate
        self.port = lasting_port()
        self._process: asyncio.subprocess.Process | None = None
        folder.mkdir()

    @property
    def url(self) -> str:
        return f"mqtts://localhost:{self.port}" if self.certificate else f"mqtt://127.0.0.1:{self.port}"

    def allow(self, credentials: list[StationCredential]) -> None:
        """Write who may say what."""
        (self.folder / "acl").write_text(write_acl(SETTINGS, credentials))
        (self.folder / "passwd").write_text(write_passwords(SETTINGS, credentials, self.secret))

    async def start(self) -> None:
        lines = [
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous false",
            "use_username_as_clientid true",
            f"acl_file {self.folder}/acl",
            f"password_file {self.folder}/passwd",
            "user root",
            "log_dest stderr",
        ]
        if self.certificate:
            lines += [f"certfile {self.certificate}", f"keyfile {self.certificate}"]
        (self.folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
        assert MOSQUITTO is not None
        with (self.folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                MOSQUITTO, "-c", str(self.folder / "mosquitto.conf"), stdout=log, stderr=log
            )
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    assert self._process.returncode is None, (self.folder / "log").read_text()
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    return

    async def stop(self) -> None:
        """End it as a power cut does: nothing is kept."""
        if self._process is not None:
            if self._process.returncode is None:
                self._process.send_signal(signal.SIGKILL)
            await self._process.wait()
            self._process = None


class MqttStation:
    """A charging station behind a broker. Close it with `leave`, or cut its power with `vanish`."""

    def __init__(
        self,
        broker: Mosquitto,
        credential: StationCredential,
        protocol: str = "ocpp1.6",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.place = Place(credential.operator_slug, credential.identity, protocol)
        self.credential, self.connection = credential, "c1"
        self.broker, self.tls = broker, tls
        self.links: asyncio.Queue[Any] = asyncio.Queue()
        self.messages: asyncio.Queue[Any] = asyncio.Queue()
        self._stack = AsyncExitStack()
        self._task: asyncio.Task[None] | None = None

    def topic(self, kind: str) -> str:
        return self.place.topic(SETTINGS.prefix, kind)

    async def connect(self, connection: str = "c1", password: str | None = None) -> None:
        """Connect to the broker, and say that it is here."""
        self.connection = connection
        properties = Properties(PacketTypes.CONNECT)
        self.client = aiomqtt.Client(
            "localhost" if self.tls else "127.0.0.1",
            self.broker.port,
            username=self.credential.station_id,
            password=password or password_of(self.credential, self.broker.secret),
            identifier=self.credential.station_id,
            protocol=aiomqtt.ProtocolVersion.V5,
            properties=properties,
            will=aiomqtt.Will(self.topic("state"), f"offline {connection}", qos=1, retain=True),
            tls_context=self.tls,
        )
        await self._stack.enter_async_context(self.client)
        await self.client.subscribe([(self.topic("link"), 1), (self.topic("down"), 1)])
        self._task = asyncio.create_task(self._listen(self.client))
        await self.say_online()

    async def say_online(self) -> None:
        await self.client.publish(self.topic("state"), f"online {self.connection}", qos=1, retain=True)

    async def _listen(self, client: aiomqtt.Client) -> None:
        try:
            async for message in client.messages:
                queue = self.links if message.topic.value.endswith("/link") else self.messages
                queue.put_nowait(json.loads(message.payload))  # type: ignore[arg-type]
        except aiomqtt.MqttError:
            return

    async def said(self, state: str) -> Any:
        """What is said next of its link; it must be this."""
        async with asyncio.timeout(TIMEOUT_S):
            said = await self.links.get()
        assert said["state"] == state, said
        return said

    async def call(self, message_id: str, action: str, payload: Any) -> None:
        await self.client.publish(self.topic("up"), json.dumps([2, message_id, action, payload]), qos=1)

    async def answer(self, message_id: str, payload: Any) -> None:
        await self.client.publish(self.topic("up"), json.dumps([3, message_id, payload]), qos=1)

    async def heard(self, timeout_s: float = TIMEOUT_S) -> Any:
        """The next message."""
        async with asyncio.timeout(timeout_s):
            return await self.messages.get()

    async def exchange(self, message_id: str, action: str, payload: Any) -> Any:
        """Send a CALL and return what comes back; calls of ours that come meanwhile are not answered."""
        await self.call(message_id, action, payload)
        while (heard := await self.heard())[0] == 2:
            pass
        return heard

    def vanish(self) -> None:
        """The power is cut: the broker notices that the connection is gone and tells the last will."""
        self.client._client.socket().shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]

    async def leave(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(aiomqtt.MqttError):  # it may have been gone before
            await self._stack.aclose()

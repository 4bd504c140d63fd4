"""Stations behind an MQTT 5 broker: one connection for all of them, owned by one process.

A shared subscription would spread one station's messages over several readers and lose their order. So there is one, with a
fixed client id: a second process with the same settings would take the connection over. Nothing is kept for us while we are
away (a clean start, no session): a station that got no answer sends again, and would be recorded twice if the broker did too.
That the broker has a message is no answer: that one leaves after the commit, as everywhere.
"""

from __future__ import annotations

import asyncio
import logging
import random
import zlib
from collections.abc import Callable
from typing import NamedTuple

import aiomqtt
import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from voltway.kernel.mqtt import Broker, until_one_ends
from voltway.modules.gateway.admission import Approach, Welcome
from voltway.modules.gateway.doorkeeper import STILL_HERE, Decision, Doorkeeper, StillHere, come_later
from voltway.modules.gateway.handshake import Refusal, Target
from voltway.modules.gateway.link import Link
from voltway.modules.gateway.metrics import Counts
from voltway.modules.gateway.mqtt_access import STATE, UP, Place, our_password, read_topic
from voltway.modules.gateway.peer import Peer
from voltway.modules.gateway.settings import GatewaySettings
from voltway.modules.gateway.transports.mqtt import MqttStation

log = structlog.get_logger()

ADDRESS = "mqtt"
"""What a link's address is; the broker does not say the station's."""
FIRST_RETRY_S = 1.0
SENDERS = 16
"""Messages to different stations that are on their way at once; those to one station go one after the other."""
FLUSH_S = 2.0
AWAY = "the broker is away"


class Outgoing(NamedTuple):
    """A message on its way to the broker."""

    topic: str
    payload: bytes


class BrokerPort:
    """The connection to the broker, and the stations that are online there."""

    def __init__(
        self,
        settings: GatewaySettings,
        secret: bytes,
        doorkeeper: Doorkeeper,
        counts: Counts,
        make_link: Callable[[Welcome, str], Link],
    ) -> None:
        self._limits = settings
        self._settings = settings.mqtt
        self._broker = Broker.at(settings.mqtt.url, "gateway.mqtt.url")
        self._password = our_password(settings.mqtt, secret)
        self._tls = self._broker.tls(settings.mqtt.authorities_file)
        self._doorkeeper = doorkeeper
        self._counts = counts
        self._make_link = make_link
        self._stations: dict[Place, MqttStation] = {}
        self._queues: tuple[asyncio.Queue[Outgoing], ...] = ()
        self._overflow = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self.is_connected = False
        # It tells us in exceptions what it writes there as well.
        self._silent = logging.getLogger("voltway.aiomqtt")
        self._silent.setLevel(logging.CRITICAL + 1)

    def start(self) -> None:
        """Connect, and stay connected."""
        self._task = asyncio.create_task(self._stay_connected(), name="gateway:broker")

    async def stop(self) -> None:
        """Let what was said leave, and go."""
        if self.is_connected:
            try:
                async with asyncio.timeout(FLUSH_S):
                    await asyncio.gather(*(queue.join() for queue in self._queues))
            except TimeoutError:
                log.warning("broker.not_flushed")
        for task in (*self._tasks, *([self._task] if self._task is not None else [])):
            task.cancel()
        await asyncio.gather(*self._tasks, *([self._task] if self._task is not None else []), return_exceptions=True)

    # ---- the connection

    async def _stay_connected(self) -> None:
        first_s = min(FIRST_RETRY_S, self._settings.retry_s_max)
        pause_s = first_s
        while True:
            try:
                async with self._client() as client:
                    log.info("broker.connected", host=self._broker.host, port=self._broker.port)
                    self.is_connected, pause_s = True, first_s
                    await self._serve(client)
            except aiomqtt.MqttError as error:
                log.warning("broker.lost", reason=str(error)[:200], retry_s=pause_s)
            finally:
                self.is_connected = False
                self._lose_all()
            await asyncio.sleep(random.uniform(0.5, 1.0) * pause_s)  # not all of an installation at once
            pause_s = min(2 * pause_s, self._settings.retry_s_max)

    def _client(self) -> aiomqtt.Client:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.MaximumPacketSize = self._limits.message_bytes_max + 1024  # a topic stands before the message
        return aiomqtt.Client(
            self._broker.host,
            self._broker.port,
            username=self._settings.username,
            password=self._password,
            identifier=self._settings.username,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=True,
            properties=properties,
            keepalive=self._settings.keepalive_s,
            tls_context=self._tls,
            max_queued_incoming_messages=self._settings.queued_messages_max,
            logger=self._silent,
        )

    async def _serve(self, client: aiomqtt.Client) -> None:
        """Read and write until the connection ends. Raises MqttError."""
        self._overflow.clear()
        bound = self._settings.queued_messages_max // SENDERS
        self._queues = tuple(asyncio.Queue(bound) for _ in range(SENDERS))
        writing = (self._write(client, queue) for queue in self._queues)
        await until_one_ends(self._read(client), self._watch_overflow(), *writing)

    async def _read(self, client: aiomqtt.Client) -> None:
        topics = [(f"{self._settings.prefix}/+/+/+/{kind}", 1) for kind in (UP, STATE)]
        await client.subscribe(topics)
        async for message in client.messages:
            found = read_topic(self._settings.prefix, message.topic.value)
            if found is None or not isinstance(message.payload, bytes):
                continue
            place, kind = found
            if kind == UP:
                station = self._stations.get(place)
                if station is not None:  # else it has not said that it is here, or was sent off
                    station.take(message.payload)
            elif kind == STATE:
                self._hear_state(place, message.payload.decode(errors="replace")[:200], is_kept=message.retain)

    async def _write(self, client: aiomqtt.Client, queue: asyncio.Queue[Outgoing]) -> None:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.MessageExpiryInterval = self._settings.expiry_s
        while True:
            topic, payload = await queue.get()
            await client.publish(topic, payload, qos=1, properties=properties)
            queue.task_done()

    async def _watch_overflow(self) -> None:
        """The broker takes less than we say: better to begin again than to leave something out."""
        await self._overflow.wait()
        raise aiomqtt.MqttError("the broker does not take what is sent")

    def _lose_all(self) -> None:
        stations, self._stations = self._stations, {}
        for station in stations.values():
            station.lose(AWAY)
        self._queues = ()

    def _publisher(self, place: Place) -> Callable[[str, bytes], None]:
        def publish(kind: str, payload: bytes) -> None:
            if self._queues:
                queue = self._queues[zlib.crc32(place.identity.encode()) % SENDERS]
                try:
                    queue.put_nowait(Outgoing(place.topic(self._settings.prefix, kind), payload))
                except asyncio.QueueFull:
                    self._overflow.set()

        return publish

    # ---- stations

    def _hear_state(self, place: Place, text: str, *, is_kept: bool) -> None:
        """`online ID` or `offline ID`. `is_kept`: the broker tells us how things stand, not that they have changed."""
        state, _, connection = text.partition(" ")
        known = self._stations.get(place)
        if state == "offline":
            if known is not None and known.connection == connection:  # else the last will of an older connection
                del self._stations[place]
                known.lose("connection lost")
        elif state == "online":
            if known is not None and known.connection == connection and not known.is_ended:
                known.greet_again()  # the broker has delivered it twice
                return
            if known is not None:
                known.lose("the station has connected again")
            self._admit(place, connection, is_kept=is_kept)

    def _admit(self, place: Place, connection: str, *, is_kept: bool) -> None:
        station = self._stations[place] = MqttStation(connection, self._limits, self._publisher(place))
        if self._doorkeeper.is_too_much():
            self._follow(place, station, come_later(), is_kept=is_kept)
            return
        peer = Peer(is_tls=self._settings.is_tls_only, is_vouched=True)
        approach = Approach(Target(place.operator_slug, place.identity), None, (place.protocol,), peer)
        welcome = self._doorkeeper.judge(approach)
        if welcome is not None:
            self._follow(place, station, welcome, is_kept=is_kept)
            return
        task = asyncio.create_task(self._admit_later(place, station, approach, is_kept=is_kept))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _admit_later(self, place: Place, station: MqttStation, approach: Approach, *, is_kept: bool) -> None:
        # The broker does not say an address: failures count for the station alone.
        decision = await self._doorkeeper.judge_again(approach, f"{ADDRESS}:{place.operator_slug}/{place.identity}")
        if self._stations.get(place) is station:
            self._follow(place, station, decision, is_kept=is_kept)

    def _follow(self, place: Place, station: MqttStation, decision: Decision, *, is_kept: bool) -> None:
        """Do as was decided."""
        if isinstance(decision, Welcome) and decision.protocol is not None and decision.credential is not None:
            # A station that has come another way since must not lose that link because we have found its old one here.
            if is_kept and self._doorkeeper.find_old(decision) is not None:
                decision = StillHere(decision.protocol)
            elif self._doorkeeper.comes_too_often(decision):
                decision = come_later()
            else:
                link = self._make_link(decision, ADDRESS)
                link.transport = station
                station.let_in(link)
                return
        if isinstance(decision, Refusal):
            self._counts.refused[decision.status.value] += 1
            wait_s = dict(decision.headers).get("Retry-After")
            station.refuse(decision.status.value, decision.text, int(wait_s) if wait_s else None)
        elif isinstance(decision, StillHere):
            station.close(*STILL_HERE)
        else:
            station.refuse(400, f"{place.protocol[:50]} is not spoken here", None)

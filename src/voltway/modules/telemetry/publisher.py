"""The connection to the broker: of each topic the newest message waits, and is sent once in a while.

Who reads telemetry wants to know how things stand now. So messages are retained, of what changes often only the newest is sent,
and while the broker is away one message waits for each topic, not for each event: memory has a bound, and the broker's return
brings no flood of what is no longer true.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import aiomqtt
import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from voltway.kernel.bus.event import Event
from voltway.kernel.json import to_json
from voltway.kernel.mqtt import Broker, until_one_ends
from voltway.modules.telemetry.settings import TelemetrySettings
from voltway.modules.telemetry.topics import message_of

FIRST_RETRY_S, GOODBYE_S = 1.0, 2.0
STATUS = "status"
"""The topic after the prefix that says whether we publish: `online`, and `offline` as our last will."""

log = structlog.get_logger()


class Publisher:
    """Publishes what it hears. `slugs`: operator's id -> slug, filled by whoever knows (`learn`)."""

    def __init__(self, settings: TelemetrySettings, node_id: str) -> None:
        self._settings = settings
        self._broker = Broker.at(settings.url, "telemetry.url")
        self._tls = self._broker.tls(settings.authorities_file)
        self._client_id = f"voltway-telemetry-{node_id}"
        self._waiting: dict[str, dict[str, Any]] = {}
        self._something = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._silent = logging.getLogger("voltway.aiomqtt.telemetry")  # it tells us in exceptions what it writes there
        self._silent.setLevel(logging.CRITICAL + 1)
        self.slugs: dict[str, str] = {}
        self.is_connected = False
        self.sent = self.dropped = 0

    def start(self) -> None:
        """Connect, and stay connected."""
        self._task = asyncio.create_task(self._stay_connected(), name="telemetry:broker")

    async def stop(self) -> None:
        """Say that we go, and go."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def hear(self, event: Event) -> None:
        """An event that is to be told: what one leaves open keeps the value that waits."""
        found = message_of(event, self._settings.prefix, self.slugs.get(event.operator_id, event.operator_id))
        if found is None:
            return
        topic, values = found
        before = self._waiting.pop(topic, {})
        if before.get("session_id") == values.get("session_id"):
            values = {**before, **{name: value for name, value in values.items() if value is not None}}
        self._waiting[topic] = values
        if len(self._waiting) > self._settings.topics_max:
            del self._waiting[next(iter(self._waiting))]
            self.dropped += 1
        self._something.set()

    @property
    def waiting(self) -> int:
        """How many topics have something that is not sent yet."""
        return len(self._waiting)

    async def _stay_connected(self) -> None:
        first_s = min(FIRST_RETRY_S, self._settings.retry_s_max)
        pause_s = first_s
        while True:
            try:
                async with self._client() as client:
                    log.info("telemetry.connected", host=self._broker.host, port=self._broker.port)
                    self.is_connected, pause_s = True, first_s
                    await self._say(client, "online")
                    try:
                        await self._serve(client)
                    except asyncio.CancelledError:
                        with suppress(TimeoutError, aiomqtt.MqttError):
                            async with asyncio.timeout(GOODBYE_S):
                                await self._say(client, "offline")
                        raise
            except aiomqtt.MqttError as error:
                log.warning("telemetry.lost", reason=str(error)[:200], retry_s=pause_s)
            finally:
                self.is_connected = False
            await asyncio.sleep(random.uniform(0.5, 1.0) * pause_s)  # not all of an installation at once
            pause_s = min(2 * pause_s, self._settings.retry_s_max)

    def _client(self) -> aiomqtt.Client:
        return aiomqtt.Client(
            self._broker.host,
            self._broker.port,
            username=self._settings.username or None,
            password=self._settings.password or None,
            identifier=self._client_id,
            protocol=aiomqtt.ProtocolVersion.V5,
            will=aiomqtt.Will(f"{self._settings.prefix}/{STATUS}", "offline", qos=1, retain=True),
            keepalive=self._settings.keepalive_s,
            tls_context=self._tls,
            logger=self._silent,
        )

    async def _say(self, client: aiomqtt.Client, status: str) -> None:
        await client.publish(f"{self._settings.prefix}/{STATUS}", status, qos=1, retain=True)

    async def _serve(self, client: aiomqtt.Client) -> None:
        """Publish until the connection ends. Raises MqttError."""
        await until_one_ends(self._publish(client), _until_lost(client))

    async def _publish(self, client: aiomqtt.Client) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            for topic in tuple(self._waiting):
                values = self._waiting.pop(topic, None)
                if values is None:
                    continue
                try:
                    await client.publish(topic, to_json(values), qos=1, retain=True)
                except BaseException:  # the connection has gone, or we go
                    self._waiting.setdefault(topic, values)  # what has come meanwhile is newer
                    self._something.set()
                    raise
                self.sent += 1
            await asyncio.sleep(self._settings.fold_s)


async def _until_lost(client: aiomqtt.Client) -> None:
    """Nothing comes, for nothing is subscribed; that the connection has gone is told to whoever reads."""
    async for _ in client.messages:
        pass


class PublisherCollector(Collector):
    """Shows the publisher to Prometheus when it asks."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def collect(self) -> Iterator[Metric]:
        """The families, as they stand now."""
        of = self._publisher
        yield CounterMetricFamily("voltway_telemetry_sent", "Messages that the telemetry broker has taken.", of.sent)
        yield CounterMetricFamily("voltway_telemetry_dropped", "Topics given up while the broker was away.", of.dropped)
        yield GaugeMetricFamily("voltway_telemetry_waiting", "Topics that wait for the broker.", of.waiting)
        yield GaugeMetricFamily("voltway_telemetry_connected", "1: the broker is reached.", int(of.is_connected))

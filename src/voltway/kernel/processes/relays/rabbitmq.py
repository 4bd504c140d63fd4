"""Events at RabbitMQ: a stream for each partition (RabbitMQ 3.9 and later), which any number of consumers read from any offset."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from voltway.kernel.processes.carriers.port import end_within
from voltway.kernel.processes.carriers.rabbitmq import CONNECT_S, connect_rabbitmq
from voltway.kernel.processes.relays.packing import Pack, to_bytes

KEPT = "7D"
CONFIRMED_WITHIN_S = 10.0


class RabbitBroker:
    """Streams `{prefix}.events.{partition}`, published to with confirms."""

    def __init__(self, url: str, prefix: str, partitions: int) -> None:
        self._url, self._prefix, self._partitions = url, prefix, partitions
        self._connection: Any = None

    async def connect(self) -> None:
        import aio_pika

        self._message = aio_pika.Message
        self._persistent = aio_pika.DeliveryMode.PERSISTENT
        self._connection = await connect_rabbitmq(self._url)
        self._channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        for partition in range(self._partitions):
            await self._channel.declare_queue(
                self.stream_of(partition), durable=True, arguments={"x-queue-type": "stream", "x-max-age": KEPT}
            )

    async def publish(self, packs: Sequence[Pack]) -> None:
        in_turn: dict[int, list[Pack]] = {}
        for one in packs:
            in_turn.setdefault(one.partition, []).append(one)
        async with asyncio.timeout(CONFIRMED_WITHIN_S):
            await asyncio.gather(*map(self._publish_in_order, in_turn.values()))

    async def _publish_in_order(self, packs: list[Pack]) -> None:
        for one in packs:
            message = self._message(
                to_bytes(one), message_id=one.name, content_type="application/json", delivery_mode=self._persistent
            )
            await self._channel.default_exchange.publish(message, self.stream_of(one.partition), mandatory=True)

    async def close(self) -> None:
        if self._connection is not None:
            await end_within(self._connection.close(), CONNECT_S)

    def stream_of(self, partition: int) -> str:
        """The stream's name."""
        return f"{self._prefix}.events.{partition}"

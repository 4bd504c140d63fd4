"""Event brokers of the tests: how each is made, and how what it has is read back from the beginning."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from voltway.kernel.processes.relays.jetstream import JetStreamBroker
from voltway.kernel.processes.relays.kafka import KafkaBroker
from voltway.kernel.processes.relays.packing import Pack, from_bytes
from voltway.kernel.processes.relays.port import EventBroker
from voltway.kernel.processes.relays.rabbitmq import RabbitBroker

PARTITIONS = 3
QUIET_S = 1.5
"""Nothing more comes when nothing has come for so long, and at least as much as is expected is there."""


class Site(NamedTuple):
    """A broker with names for one test."""

    kind: str
    url: str
    prefix: str


def make_broker(site: Site) -> EventBroker:
    """As `choose_broker` makes it."""
    if site.kind == "nats":
        return JetStreamBroker(site.url, site.prefix)
    if site.kind == "rabbitmq":
        return RabbitBroker(site.url, site.prefix, PARTITIONS)
    return KafkaBroker(site.url, site.prefix)


async def read_back(site: Site, expected: int, within_s: float = 60.0) -> list[Pack]:
    """All packs that the broker has, each partition's in its order; waits until they hold so many events, then for quiet."""
    packs: list[Pack] = []
    positions: set[int] = set()

    def take(data: bytes) -> None:
        packs.append(from_bytes(data))
        positions.update(event.position for event in packs[-1].events)

    stop = await _READERS[site.kind](site, take)
    try:
        async with asyncio.timeout(within_s):
            while len(positions) < expected:  # noqa: ASYNC110 - readers of other libraries have no event of ours
                await asyncio.sleep(0.05)
            count = -1
            while count != len(packs):
                count = len(packs)
                await asyncio.sleep(QUIET_S)
    finally:
        await stop()
    return packs


Stop = Callable[[], Awaitable[Any]]


async def _read_nats(site: Site, take: Callable[[bytes], None]) -> Stop:
    import nats

    connection = await nats.connect(site.url)

    async def heard(message: Any) -> None:
        take(message.data)

    await connection.jetstream().subscribe(f"{site.prefix}.events.*", cb=heard, ordered_consumer=True)
    return connection.close


async def _read_rabbitmq(site: Site, take: Callable[[bytes], None]) -> Stop:
    import aio_pika

    connection = await aio_pika.connect(site.url)
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=100)

    async def heard(message: Any) -> None:
        take(message.body)
        await message.ack()

    for partition in range(PARTITIONS):
        queue = await channel.get_queue(RabbitBroker(site.url, site.prefix, PARTITIONS).stream_of(partition))
        await queue.consume(heard, arguments={"x-stream-offset": "first"})
    return connection.close


async def _read_kafka(site: Site, take: Callable[[bytes], None]) -> Stop:
    from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

    consumer = Consumer(
        {"bootstrap.servers": site.url.removeprefix("kafka://"), "group.id": "test", "enable.auto.commit": False}
    )
    topic = f"{site.prefix}.events"
    found = await asyncio.to_thread(consumer.list_topics, topic, 10)
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in found.topics[topic].partitions])

    async def poll() -> None:
        while True:
            message = await asyncio.to_thread(consumer.poll, 0.2)
            if message is not None and message.error() is None:
                take(message.value())

    task = asyncio.create_task(poll())

    async def stop() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(0.3)  # a poll that runs in its thread
        consumer.close()

    return stop


_READERS = {"nats": _read_nats, "rabbitmq": _read_rabbitmq, "kafka": _read_kafka}


async def remove(site: Site) -> None:
    """What a test has made at a broker that others use as well."""
    if site.kind == "nats":
        import nats

        connection = await nats.connect(site.url)
        await connection.jetstream().delete_stream(JetStreamBroker(site.url, site.prefix).stream)
        await connection.close()
    elif site.kind == "rabbitmq":
        import aio_pika

        connection = await aio_pika.connect(site.url)
        channel = await connection.channel()
        for partition in range(PARTITIONS):
            await channel.queue_delete(RabbitBroker(site.url, site.prefix, PARTITIONS).stream_of(partition))
        await connection.close()

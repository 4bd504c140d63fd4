"""Through RabbitMQ: an inbox queue for each process, which goes with it, and a fan-out that all hear.

Requests are published with confirms and `mandatory`: one that no queue takes comes back at once. Nothing here is durable; what
must not be lost is in the database.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any

import structlog

from voltway.kernel.errors import StartUpError
from voltway.kernel.processes.carriers.port import Answer, AnswerLost, Hear, NotDelivered, Place, end_within

log = structlog.get_logger()

CONNECT_S = 5.0
QUEUED_MAX = 10_000
PREFETCH = 500
EXPIRY_S = 60


async def connect_rabbitmq(url: str) -> Any:
    """A connection that comes again by itself. Raises StartUpError if there is none now."""
    try:
        import aio_pika
    except ModuleNotFoundError as error:
        raise StartUpError(
            "A bus over RabbitMQ needs the package aio-pika. Install the extra: pip install 'voltway[rabbitmq]'"
        ) from error
    try:
        async with asyncio.timeout(CONNECT_S):
            await (await aio_pika.connect(url)).close()  # the robust one would try for ever
            return await aio_pika.connect_robust(url, reconnect_interval=1)
    except (OSError, TimeoutError, aio_pika.exceptions.AMQPError, ValueError) as error:
        raise StartUpError(
            f"The broker that VOLTWAY_BUS__URL names cannot be reached: {str(error) or type(error).__name__}. "
            "Start it, or leave the setting empty: processes then speak to each other directly."
        ) from error


class RabbitCarrier:
    """The requests of one installation under one prefix of names."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url, self._prefix = url, prefix
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._connection: Any = None
        self._inbox_queue: Any = None

    async def start(self, node_id: str, answer: Answer, hear: Hear) -> str:
        import aio_pika

        self._pika, self._answer, self._hear = aio_pika, answer, hear
        self._connection = await connect_rabbitmq(self._url)
        channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        await channel.set_qos(prefetch_count=PREFETCH)
        self._direct = channel.default_exchange
        self._all = await channel.declare_exchange(
            f"{self._prefix}.all", aio_pika.ExchangeType.FANOUT, auto_delete=True
        )
        self._inbox_name = self._inbox(node_id)
        inbox = self._inbox_queue = await channel.declare_queue(
            self._inbox_name,
            auto_delete=True,
            arguments={"x-max-length": QUEUED_MAX, "x-overflow": "reject-publish", "x-expires": EXPIRY_S * 1000},
        )
        await inbox.bind(self._all)
        await inbox.consume(self._take, no_ack=True)
        return ""

    async def stop(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(AnswerLost("this process stops"))
        if self._connection is not None:
            # Not left to the end of the connection: what is put into a queue about to go would be waited for in vain.
            await end_within(self._inbox_queue.delete(if_unused=False, if_empty=False), CONNECT_S)
            await end_within(self._connection.close(), CONNECT_S)

    async def request(self, place: Place, payload: bytes, timeout_s: float) -> bytes:
        number = str(next(self._numbers))
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        message = self._pika.Message(
            payload, type="ask", correlation_id=number, reply_to=self._inbox_name, expiration=timeout_s
        )
        try:
            async with asyncio.timeout(timeout_s):
                await self._publish(self._direct, message, self._inbox(place.node_id))
                return await future
        finally:
            del self._waiting[number]

    def tell(self, places: Sequence[Place], payload: bytes) -> None:
        if places:
            self._spawn(self._tell(payload))

    async def _tell(self, payload: bytes) -> None:
        message = self._pika.Message(payload, type="tell", expiration=EXPIRY_S)
        await asyncio.wait_for(self._all.publish(message, "", mandatory=False), CONNECT_S)

    async def _publish(self, exchange: Any, message: Any, key: str) -> None:
        exceptions = self._pika.exceptions
        try:
            await exchange.publish(message, key, mandatory=True)
        except (exceptions.DeliveryError, exceptions.PublishError) as error:
            raise NotDelivered(key) from error
        except (exceptions.AMQPError, ConnectionError, RuntimeError) as error:
            raise NotDelivered(f"the broker is away: {error!r}") from error

    async def _take(self, message: Any) -> None:
        if message.type == "tell":
            self._hear(message.body)
        elif message.type == "ask":
            self._spawn(self._serve(message.reply_to, message.correlation_id, message.body))
        elif (future := self._waiting.get(message.correlation_id)) is not None and not future.done():
            future.set_result(message.body)

    async def _serve(self, reply_to: str, number: str, payload: bytes) -> None:
        reply = self._pika.Message(await self._answer(payload), type="reply", correlation_id=number)
        await self._publish(self._direct, reply, reply_to)

    def _inbox(self, node_id: str) -> str:
        return f"{self._prefix}.node.{node_id}"

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("bus.not_said", error=repr(error)[:300])

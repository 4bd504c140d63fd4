"""Through NATS core: an inbox subject for each process, and one that all hear. Nothing is kept by the broker.

A request to a process that is not there is answered by the server itself (503, no responders), so that it is known at once.
What is larger than the server takes (1 MB by default) goes in parts.
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

CONNECT_S = 5
RECONNECT_S = 1
UNSENT_BYTES_MAX = 16 * 1024 * 1024
HEAD_BYTES = 1024
"""What of a message's size limit is left for its head."""
LAST, MORE = b"\0", b"\1"


async def connect_nats(url: str, **options: Any) -> Any:
    """A connection that comes again by itself. Raises StartUpError if there is none now."""
    try:
        from nats.aio.client import Client
        from nats.errors import Error
    except ModuleNotFoundError as error:
        raise StartUpError(
            "A bus over NATS needs the package nats-py. Install the extra: pip install 'voltway[nats]'"
        ) from error

    async def complain(error: Exception) -> None:
        log.warning("bus.nats", error=repr(error)[:300])

    connection = Client()
    try:
        async with asyncio.timeout(CONNECT_S):
            await connection.connect(
                url,
                connect_timeout=CONNECT_S,
                allow_reconnect=False,  # the first time, an error is told to whoever starts the program
                error_cb=complain,
                **options,
            )
        await connection.close()
        connection = Client()
        await connection.connect(
            url,
            connect_timeout=CONNECT_S,
            max_reconnect_attempts=-1,
            reconnect_time_wait=RECONNECT_S,
            pending_size=UNSENT_BYTES_MAX,
            error_cb=complain,
            **options,
        )
    except (OSError, TimeoutError, Error, ValueError) as error:
        raise StartUpError(
            f"The broker that VOLTWAY_BUS__URL names cannot be reached: {str(error) or type(error).__name__}. "
            "Start it, or leave the setting empty: processes then speak to each other directly."
        ) from error
    return connection


class NatsCarrier:
    """The requests of one installation under one prefix of subjects."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url, self._prefix = url, prefix
        self._numbers = itertools.count(1)
        self._waiting: dict[str, tuple[asyncio.Future[bytes], list[bytes]]] = {}
        self._coming: dict[str, list[bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._connection: Any = None

    async def start(self, node_id: str, answer: Answer, hear: Hear) -> str:
        self._answer, self._hear, self._node_id = answer, hear, node_id
        connection = self._connection = await connect_nats(self._url)
        self._replies = f"{self._prefix}.reply.{node_id}"
        await connection.subscribe(f"{self._prefix}.node.{node_id}", cb=self._asked)
        await connection.subscribe(f"{self._replies}.*", cb=self._replied)
        await connection.subscribe(f"{self._prefix}.all", cb=self._told)
        await connection.flush()
        return ""

    async def stop(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for future, _ in self._waiting.values():
            if not future.done():
                future.set_exception(AnswerLost("this process stops"))
        if self._connection is not None:
            await end_within(self._connection.close(), CONNECT_S)

    async def request(self, place: Place, payload: bytes, timeout_s: float) -> bytes:
        if not self._connection.is_connected:
            raise NotDelivered("the broker is away")
        subject = f"{self._replies}.{next(self._numbers)}"
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[subject] = (future, [])
        try:
            await self._say(f"{self._prefix}.node.{place.node_id}", payload, subject)
            async with asyncio.timeout(timeout_s):
                return await future
        finally:
            del self._waiting[subject]

    def tell(self, places: Sequence[Place], payload: bytes) -> None:
        if places and self._connection.is_connected:
            self._spawn(self._connection.publish(f"{self._prefix}.all", payload))

    async def _say(self, subject: str, payload: bytes, reply: str = "") -> None:
        size = self._connection.max_payload - HEAD_BYTES
        for start in range(0, max(len(payload), 1), size):
            flag = LAST if start + size >= len(payload) else MORE
            await self._connection.publish(subject, flag + payload[start : start + size], reply)

    async def _asked(self, message: Any) -> None:
        payload = _gather(self._coming.setdefault(message.reply, []), message.data)
        if payload is not None:
            del self._coming[message.reply]
            self._spawn(self._serve(message.reply, payload))

    async def _serve(self, reply: str, payload: bytes) -> None:
        await self._say(reply, await self._answer(payload))

    async def _replied(self, message: Any) -> None:
        found = self._waiting.get(message.subject)
        if found is None:
            return
        future, parts = found
        if not message.data:  # the server itself: nobody has this inbox
            if not future.done():
                future.set_exception(NotDelivered("nobody has this inbox"))
            return
        payload = _gather(parts, message.data)
        if payload is not None and not future.done():
            future.set_result(payload)

    async def _told(self, message: Any) -> None:
        self._hear(message.data)

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("bus.not_said", error=repr(error)[:300])


def _gather(parts: list[bytes], data: bytes) -> bytes | None:
    """The whole, once its last part has come."""
    parts.append(data[1:])
    return b"".join(parts) if data[:1] == LAST else None

"""Events at NATS JetStream: one stream, a subject for each partition.

The server's confirmation means that it has written the pack, not that it has forced it to the disk (it does so every two minutes
by default): a broker that must survive a power cut alone needs `sync_interval` set, or replicas.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from voltway.kernel.errors import StartUpError
from voltway.kernel.processes.carriers.nats import CONNECT_S, connect_nats
from voltway.kernel.processes.carriers.port import end_within
from voltway.kernel.processes.relays.packing import Pack, to_bytes

KEPT_S = 7 * 24 * 3600
CONFIRMED_WITHIN_S = 10.0


class JetStreamBroker:
    """Subjects `{prefix}.events.{partition}` in the stream `{prefix}-events`, dots of the prefix as dashes."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url, self._prefix = url, prefix
        self.stream = f"{prefix.replace('.', '-')}-events"
        self._connection: Any = None
        self._js: Any = None

    async def connect(self) -> None:
        from nats.errors import Error
        from nats.js.api import StreamConfig

        self._connection = await connect_nats(self._url)
        self._js = self._connection.jetstream(timeout=CONFIRMED_WITHIN_S)
        config = StreamConfig(name=self.stream, subjects=[f"{self._prefix}.events.*"], max_age=KEPT_S)
        try:
            await self._js.add_stream(config)
        except Error as error:
            raise StartUpError(
                f"The stream {self.stream} cannot be made at the NATS server: {error}. Does it run with JetStream (-js)?"
            ) from error

    async def publish(self, packs: Sequence[Pack]) -> None:
        in_turn: dict[int, list[Pack]] = {}
        for one in packs:
            in_turn.setdefault(one.partition, []).append(one)
        await asyncio.gather(*map(self._publish_in_order, in_turn.values()))

    async def _publish_in_order(self, packs: list[Pack]) -> None:
        for one in packs:
            subject, headers = f"{self._prefix}.events.{one.partition}", {"Nats-Msg-Id": one.name}
            await self._js.publish(subject, to_bytes(one), stream=self.stream, headers=headers)

    async def close(self) -> None:
        if self._connection is not None:
            await end_within(self._connection.close(), CONNECT_S)

"""Events at Kafka, by librdkafka: one topic; the idempotent producer keeps the order within a partition when it tries again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from voltway.kernel.errors import StartUpError
from voltway.kernel.processes.relays.packing import Pack, to_bytes

CONNECT_S = 8.0
CONFIRMED_WITHIN_S = 15.0


class NotConfirmed(Exception):
    """The broker has not taken all of it."""


class KafkaBroker:
    """The topic `{prefix}.events`. With fewer partitions there than here, several of ours share one of theirs."""

    def __init__(self, url: str, prefix: str, options: Mapping[str, str] | None = None) -> None:
        self._servers = urlsplit(url).netloc
        self.topic = f"{prefix}.events"
        self._options = dict(options or {})
        self._producer: Any = None
        self._count = 1

    async def connect(self) -> None:
        try:
            from confluent_kafka import KafkaException, Producer
        except ModuleNotFoundError as error:
            raise StartUpError(
                "Events over Kafka need the package confluent-kafka. Install the extra: pip install 'voltway[kafka]'"
            ) from error
        usual = {
            "bootstrap.servers": self._servers,
            "enable.idempotence": True,
            "linger.ms": 1,
            "compression.type": "zstd",
            "message.timeout.ms": int(CONFIRMED_WITHIN_S * 1000),
            "log_level": 0,
        }
        self._producer = Producer(usual | self._options)
        try:
            found = await asyncio.to_thread(self._producer.list_topics, self.topic, CONNECT_S)
        except KafkaException as error:
            raise StartUpError(
                f"The broker that VOLTWAY_BUS__URL names cannot be reached: {error.args[0]}. "
                "Start it, or leave the setting empty."
            ) from error
        self._count = max(1, len(found.topics[self.topic].partitions))

    async def publish(self, packs: Sequence[Pack]) -> None:
        failures: list[str] = []

        def confirmed(error: Any, message: Any) -> None:
            if error is not None:
                failures.append(str(error))

        for one in packs:
            self._producer.produce(
                self.topic,
                to_bytes(one),
                key=one.name,
                partition=one.partition % self._count,
                on_delivery=confirmed,
            )
        left = await asyncio.to_thread(self._producer.flush, CONFIRMED_WITHIN_S)
        if failures or left:
            self._producer.purge()
            raise NotConfirmed(f"{len(failures)} packs failed, {left} were not confirmed: {failures[:1]}")

    async def close(self) -> None:
        if self._producer is not None:
            await asyncio.to_thread(self._producer.flush, 1.0)

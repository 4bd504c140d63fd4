"""Events on their way to a broker: packed by partition, in the order of the outbox, so that those of one key stay in order.

A pack is a JSON document that others can read as well: `{"partition": 3, "events": [{"position", "name", "key", "operator_id",
"at", "payload"}, …]}`. A pack may come twice (after a kill between the broker's confirmation and ours): whoever consumes it
remembers the last position of each partition and passes over what is not larger (`Unseen`).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec

PACK_EVENTS_MAX = 500
PACK_BYTES_MAX = 512 * 1024
"""Below every broker's default limit for a message; one event larger than this goes alone."""


class Kept(NamedTuple):
    """A row of the outbox."""

    position: int
    name: str
    key: str
    operator_id: str
    payload: str
    published_at: datetime


class PackedEvent(msgspec.Struct, frozen=True):
    """One event in a pack."""

    position: int
    name: str
    key: str
    operator_id: str
    at: datetime
    payload: msgspec.Raw


class Pack(msgspec.Struct, frozen=True):
    """Events of one partition, in order."""

    partition: int
    events: list[PackedEvent]

    @property
    def name(self) -> str:
        """The same for the same events: brokers that know it drop the second one."""
        return f"{self.partition}-{self.events[0].position}-{self.events[-1].position}"


def partition_of(key: str, partitions: int) -> int:
    """Which partition a key goes through."""
    return zlib.crc32(key.encode()) % partitions


def pack(rows: Iterable[Kept], partitions: int) -> list[Pack]:
    """The rows as packs; those of one partition follow one another in their order."""
    packs: list[Pack] = []
    open_packs: dict[int, tuple[Pack, int]] = {}
    for row in rows:
        partition, size = partition_of(row.key, partitions), len(row.payload) + 200
        event = PackedEvent(
            row.position, row.name, row.key, row.operator_id, row.published_at, msgspec.Raw(row.payload.encode())
        )
        current = open_packs.get(partition)
        if current is None or current[1] + size > PACK_BYTES_MAX or len(current[0].events) >= PACK_EVENTS_MAX:
            current = Pack(partition, []), 0
            packs.append(current[0])
        current[0].events.append(event)
        open_packs[partition] = current[0], current[1] + size
    return packs


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Pack).decode


def to_bytes(one: Pack) -> bytes:
    """A pack as it goes over the wire."""
    return _encode(one)


def from_bytes(data: bytes) -> Pack:
    """A pack that was received. Raises msgspec.ValidationError."""
    return _decode(data)


class Unseen:
    """Passes over what a consumer has seen: positions of one partition only grow."""

    def __init__(self, seen: dict[int, int] | None = None) -> None:
        self.seen = dict(seen or {})

    def take(self, one: Pack) -> list[PackedEvent]:
        """The events of a pack that are new."""
        last = self.seen.get(one.partition, 0)
        events = [event for event in one.events if event.position > last]
        if events:
            self.seen[one.partition] = events[-1].position
        return events

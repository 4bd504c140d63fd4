"""The port that every broker fills for events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from voltway.kernel.processes.relays.packing import Pack


class EventBroker(Protocol):
    """Takes packs and says when it has them for good."""

    async def connect(self) -> None:
        """Connect, and make the stream or queues where there are none. Raises StartUpError."""
        ...

    async def publish(self, packs: Sequence[Pack]) -> None:
        """Store these, those of one partition in their order. Returns when the broker has confirmed all of them, else raises;
        some may be stored then, and come again."""
        ...

    async def close(self) -> None:
        """Disconnect."""
        ...

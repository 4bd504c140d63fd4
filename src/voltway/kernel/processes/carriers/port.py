"""The port that every carrier fills: one inbox for each process, requests with a reply, and a word to all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol

import structlog

log = structlog.get_logger()

Answer = Callable[[bytes], Awaitable[bytes]]
"""Gets a request's bytes, gives the reply's; never raises."""
Hear = Callable[[bytes], None]
"""Gets what was told to all."""


class Place(NamedTuple):
    """Where a process is reached."""

    node_id: str
    address: str
    """What the carrier says of itself: host:port for the direct one, empty with a broker."""


class NotDelivered(Exception):
    """The request has surely not reached the process: another one may be asked."""


class AnswerLost(Exception):
    """The connection ended before the reply came: whether it was done is not known."""


class Carrier(Protocol):
    """Carries bytes between the processes of one installation."""

    async def start(self, node_id: str, answer: Answer, hear: Hear) -> str:
        """Connect and open this process's inbox; the address at which the others reach it. Raises StartUpError."""
        ...

    async def stop(self) -> None:
        """Close; what waits for a reply gets AnswerLost."""
        ...

    async def request(self, place: Place, payload: bytes, timeout_s: float) -> bytes:
        """The reply. Raises NotDelivered, AnswerLost, TimeoutError."""
        ...

    def tell(self, places: Sequence[Place], payload: bytes) -> None:
        """Tell all others; may be lost, never waits."""
        ...


async def end_within(work: Awaitable[Any], timeout_s: float) -> None:
    """Close something at a broker; one that is away must not keep us from ending."""
    try:
        await asyncio.wait_for(work, timeout_s)
    except Exception as error:
        log.info("bus.not_closed", error=repr(error)[:300])

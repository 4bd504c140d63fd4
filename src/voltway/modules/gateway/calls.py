"""Our CALLs to one station: one at a time, the others wait their turn (OCPP-J 1.6 §4.1.1, 2.0.1 part 4 §4.1.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

from voltway.kernel.ids import new_id
from voltway.modules.gateway.dialects.base import CallTimedOut, LinkLost
from voltway.modules.gateway.errors import CallQueueFull


class NotSent(LinkLost):
    """The link closed before the call's turn came: the station never heard of it."""


class UnderWay(NamedTuple):
    """The call that the station is answering."""

    message_id: str
    action: str
    reply: asyncio.Future[Any]


class Calls:
    """The queue of one link."""

    __slots__ = ("_is_closed", "_transmit", "_turn", "_waiting", "_waiting_max", "under_way")

    def __init__(self, transmit: Callable[[str, str, Any], None], waiting_max: int) -> None:
        self._transmit = transmit
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._waiting_max = waiting_max
        self._is_closed = False
        self.under_way: UnderWay | None = None

    async def call(self, action: str, request: Any, timeout_s: float) -> Any:
        """Send a request when its turn comes; what the station answers, as `settle` was given it.

        `timeout_s` counts from the sending. Raises CallFailed, CallTimedOut, LinkLost (NotSent), CallQueueFull.
        """
        if self._waiting >= self._waiting_max:
            raise CallQueueFull(f"{self._waiting} calls wait already.")
        self._waiting += 1
        try:
            async with self._turn:
                if self._is_closed:
                    raise NotSent
                return await self._call_now(action, request, timeout_s)
        finally:
            self._waiting -= 1

    async def _call_now(self, action: str, request: Any, timeout_s: float) -> Any:
        message_id = new_id()  # 36 characters, unique over all links of the station
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.under_way = UnderWay(message_id, action, reply)
        try:
            self._transmit(message_id, action, request)
            async with asyncio.timeout(timeout_s):
                return await reply
        except TimeoutError:
            raise CallTimedOut(f"No answer to {action} within {timeout_s:g} s.") from None
        finally:
            self.under_way = None  # an answer that comes later meets nobody

    def find(self, message_id: str) -> UnderWay | None:
        """The call that an answer belongs to; None for a late or a repeated one."""
        under_way = self.under_way
        if under_way is None or under_way.message_id != message_id or under_way.reply.done():
            return None
        return under_way

    def close(self) -> None:
        """The link is gone: whoever waits is told."""
        self._is_closed = True
        if self.under_way is not None and not self.under_way.reply.done():
            self.under_way.reply.set_exception(LinkLost())

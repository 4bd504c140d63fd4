"""What a link is made with, and what it keeps of a call on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import msgspec

from voltway.contracts.station_link import BootReceipt
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.deviations import Deviations
from voltway.modules.gateway.dialects.base import Inbound, ReportRow
from voltway.modules.gateway.dialects.quirks import Quirk
from voltway.modules.gateway.messages import MessageLog
from voltway.modules.gateway.metrics import Counts
from voltway.modules.gateway.settings import GatewaySettings
from voltway.wire.ocpp.rpc import Call


class Transport(Protocol):
    """What carries the messages of a link: a WebSocket, or a broker.

    A binary protocol over TCP is one more: its transport frames the bytes, its dialect gives a codec for what they mean, and
    its way in asks the `Doorkeeper` with an `Approach`, as the others do. The link knows messages, not what carried them.
    """

    def send(self, message: bytes) -> None: ...
    def ping(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def close(self, code: int, reason: str) -> None: ...
    def abort(self) -> None: ...


@dataclass(slots=True)
class LinkContext:
    """What all links of this process share; the callbacks get the link."""

    runtime: Runtime
    settings: GatewaySettings
    counts: Counts
    message_log: MessageLog | None
    deviations: Deviations
    quirks: tuple[Quirk, ...]
    """Those that the settings add to the table."""
    on_open: Callable[[Any], None]
    on_close: Callable[[Any, str], None]
    on_boot: Callable[[Any, BootReceipt], None]
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the messages."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


class Waiting(msgspec.Struct, frozen=True, gc=False):
    """A call that waits for its turn."""

    call: Call[Any]
    raw: bytes
    received_at: datetime
    flags: tuple[str, ...]


class Exchange(msgspec.Struct, frozen=True, gc=False):
    """The call that is being answered."""

    row: ReportRow
    inbound: Inbound
    call: Call[Any]
    digest: int

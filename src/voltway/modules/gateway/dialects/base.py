"""What a dialect is: two tables. One says what a protocol's messages mean, the other how our commands are said in it.

A dialect decides nothing and knows no database. A message becomes a report (recorded by the group commit), an ask (answered
by a module) or nothing (answered at once); what comes back becomes the answer. A command that has no row is a capability
that the protocol does not have.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import msgspec

from voltway.contracts.station_link import CommandOutcome, Report, StationCredential
from voltway.kernel.bus.asks import Ask


class LinkMemory:
    """What a link remembers of its station for the dialect; lost with the link, never needed for correctness.

    `clock_offset_s` is our clock minus the station's as seen on messages that are surely live (None: not seen yet);
    `evse_idle_at[evse_number]` is when the EVSE was last heard to be free; `booted_at` the last boot on this link.
    `make` is (vendor, model, firmware version) as the last boot said. `scratch` is the dialect's own (e.g. NotifyReport parts).
    """

    __slots__ = ("booted_at", "clock_offset_s", "evse_idle_at", "make", "scratch")

    def __init__(self) -> None:
        self.clock_offset_s: float | None = None
        self.evse_idle_at: dict[int, datetime] = {}
        self.booted_at: datetime | None = None
        self.make: tuple[str, str, str | None] | None = None
        self.scratch: dict[str, Any] = {}


class Inbound(msgspec.Struct, frozen=True, gc=False):  # a struct: one is made for every message
    """One CALL as it came in, beside its typed payload."""

    credential: StationCredential
    protocol: str
    message_id: str
    received_at: datetime
    payload: bytes
    """The payload's JSON text as received."""
    memory: LinkMemory
    flags: tuple[str, ...] = ()
    """schema_error when the lenient reading was needed, message_id_reused ..."""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """What to do with one action from the station.

    `read(inbound, request)` gives a Report, an Ask, or None (answer at once). `answer(inbound, request, reply)` gives the
    response struct; `reply` is the receipt, the ask's reply, or None.
    """

    read: Callable[[Inbound, Any], Report | Ask[Any] | None]
    answer: Callable[[Inbound, Any, Any], Any]
    is_transaction: bool = False
    """Gets the second, lenient reading when it breaks its schema, and its stored answer when it is repeated."""
    before_boot: bool = False
    """Answered also while the station is not registered (BootNotification; 1.6 transaction messages)."""


class CommandLink(Protocol):
    """What a command's function has of the link."""

    credential: StationCredential
    protocol: str
    memory: LinkMemory
    report_timeout_s: float
    """How long the parts of a report may take that follow an answer."""

    async def call(self, action: str, request: Any, timeout_s: float | None = None) -> Any:
        """Send a CALL with a request struct and return the response struct.

        Raises CallFailed (the station answered CALLERROR or something unreadable), CallTimedOut, LinkLost.
        """
        ...

    async def report(self, report: Report) -> Any:
        """Record what an answer tells of the station (ReportVariables) through the group commit; its receipt."""
        ...


class CallFailed(Exception):
    """The station answered with a CALLERROR, or with something that is not a response."""

    def __init__(self, code: str, description: str = "", details: Any = None) -> None:
        super().__init__(f"{code}: {description}")
        self.code, self.description, self.details = code, description, details


class CallTimedOut(Exception):
    """The station did not answer in time; what it did is not known."""


class LinkLost(Exception):
    """The link closed before the answer came."""


@dataclass(frozen=True, slots=True)
class CommandRow:
    """How one of our commands is said. `run` may make several calls; `check` raises CommandNotSupported (409) or
    InvalidField (422) for arguments that this protocol cannot say."""

    run: Callable[[CommandLink, Mapping[str, Any]], Awaitable[CommandOutcome]]
    check: Callable[[Mapping[str, Any]], None] = lambda arguments: None


@dataclass(frozen=True, slots=True)
class Dialect:
    """One protocol version: its name on the wire and its two tables (action -> row, command type -> row)."""

    protocol: str
    reports: Mapping[str, ReportRow]
    commands: Mapping[str, CommandRow]
    after_boot: tuple[str, ...] = field(default=())
    """Commands to send by ourselves after an accepted boot (e.g. read the configuration), in order, without arguments."""
    triggers: Mapping[str, Callable[[Any], tuple[str, ...]]] = field(default_factory=dict)
    """Our CALL's action -> the actions that its request makes the station send (TriggerMessage, GetBaseReport): these it may
    send also before it is registered."""

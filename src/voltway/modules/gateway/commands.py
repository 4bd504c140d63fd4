"""Commands to stations: said in the station's dialect over its link, and how they ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog

from voltway.contracts.station_link import BootReceipt, CallOutcome, CommandOutcome, Report
from voltway.contracts.vocabulary import CommandState, Registration
from voltway.kernel.errors import InvalidField, Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.calls import NotSent
from voltway.modules.gateway.dialects.base import CallFailed, CallTimedOut, CommandRow, Dialect, LinkLost
from voltway.modules.gateway.errors import CommandNotSupported
from voltway.modules.gateway.link import Link
from voltway.wire.ocpp.faults import ErrorCode, PayloadInvalid

log = structlog.get_logger()

ASK_FOR_BOOT: tuple[str, dict[str, Any]] = ("trigger_message", {"message": "BootNotification"})
_CANNOT = (ErrorCode.NotImplemented, ErrorCode.NotSupported)


class LinkForCommand:
    """What a command's function gets to see of a link: dialects.base.CommandLink."""

    def __init__(self, runtime: Runtime, link: Link, timeout_s: float, report_timeout_s: float) -> None:
        self._runtime, self._link, self._timeout_s = runtime, link, timeout_s
        self.credential, self.protocol, self.memory = link.credential, link.protocol, link.memory
        self.report_timeout_s = report_timeout_s

    async def call(self, action: str, request: Any, timeout_s: float | None = None) -> Any:
        """Send a CALL and return the response struct."""
        return await self._link.call(action, request, self._timeout_s if timeout_s is None else timeout_s)

    async def report(self, report: Report) -> Any:
        """Record what an answer tells of the station."""
        return await self._runtime.commits.record(report)


def row_of(dialect: Dialect | None, kind: str) -> CommandRow:
    """How a protocol says a command. Raises CommandNotSupported."""
    row = dialect.commands.get(kind) if dialect is not None else None
    if row is None:
        raise CommandNotSupported(f"{dialect.protocol if dialect else 'This protocol'} has no {kind}.")
    return row


async def execute(
    runtime: Runtime,
    link: Link | None,
    kind: str,
    arguments: Mapping[str, Any],
    timeout_s: float,
    report_timeout_s: float = 30.0,
) -> CommandOutcome:
    """Send a command and say how it ended. Raises CommandNotSupported, InvalidField, StationRejected, CallQueueFull."""
    if link is None or not link.is_open:
        return CommandOutcome(state=CommandState.OFFLINE)
    row = row_of(link.dialect, kind)
    row.check(arguments)
    try:
        return await row.run(LinkForCommand(runtime, link, timeout_s, report_timeout_s), arguments)
    except CallFailed as failure:
        if failure.code in _CANNOT:
            raise CommandNotSupported(f"The station says {failure.code}. {failure.description}".strip()) from None
        return CommandOutcome(state=CommandState.FAILED, wire_status=failure.code, result=_error_of(failure))
    except NotSent:
        return CommandOutcome(state=CommandState.OFFLINE)
    except (CallTimedOut, LinkLost):  # whether the station did it is not known
        return CommandOutcome(state=CommandState.TIMED_OUT)


async def call_raw(link: Link | None, action: str, payload: Any, timeout_s: float) -> CallOutcome:
    """Send a call as the caller wrote it. Raises InvalidField, with the JSON path, for what the schema refuses."""
    if link is None or not link.is_open:
        return CallOutcome(outcome="offline")
    known = link.codec.actions.get(action)
    if known is None or known.sender == "station" or known.response is None:
        raise InvalidField.at("$.action", f"{link.protocol} has no call {action[:50]!r} to a station")
    try:
        request = link.codec.request_from(action, payload)
    except PayloadInvalid as error:
        raise InvalidField.at(f"$.payload{error.fault.path.removeprefix('$')}", error.fault.text) from None
    try:
        response = await link.call(action, request, timeout_s)
    except CallFailed as failure:
        return CallOutcome(outcome="error", error=_error_of(failure))
    except NotSent:
        return CallOutcome(outcome="offline")
    except (CallTimedOut, LinkLost):
        return CallOutcome(outcome="timed_out")
    return CallOutcome(outcome="result", payload=msgspec.to_builtins(response))


async def follow_up_boot(runtime: Runtime, link: Link, receipt: BootReceipt, timeout_s: float) -> None:
    """What we ask a station for after its boot was accepted; a refusal is no matter, the next boot asks again."""
    if receipt.registration is Registration.ACCEPTED:
        for kind in link.dialect.after_boot:
            await _order(runtime, link, kind, {}, timeout_s)


async def ask_for_boot(runtime: Runtime, link: Link, timeout_s: float) -> None:
    """Ask a station for its BootNotification."""
    if link.is_open and link.credential.registration is not Registration.REJECTED:
        await _order(runtime, link, *ASK_FOR_BOOT, timeout_s)


async def _order(runtime: Runtime, link: Link, kind: str, arguments: Mapping[str, Any], timeout_s: float) -> None:
    try:
        outcome = await execute(runtime, link, kind, arguments, timeout_s)
    except Problem as problem:
        log.info("order.not_followed", type=kind, station_id=link.credential.station_id, error=str(problem))
    except Exception as error:
        log.error("order.failed", type=kind, station_id=link.credential.station_id, exc_info=error)
    else:
        log.debug("order.followed", type=kind, station_id=link.credential.station_id, state=outcome.state)


def _error_of(failure: CallFailed) -> dict[str, Any]:
    return {"code": failure.code, "description": failure.description, "details": failure.details or {}}

"""Vendors' own messages, both ways, in all versions.

Other code registers what it understands of a vendor: `VENDORS[vendor_id] = take`. A vendor that nobody knows is answered
UnknownVendorId; saying Accepted would be a lie (1.6 §4.3, 2.x P02). Every message is stored with its answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import structlog

from voltway.contracts.device_model import ReportDataTransfer
from voltway.contracts.station_link import CommandOutcome
from voltway.contracts.vocabulary import CommandState
from voltway.modules.gateway.dialects.arguments import DONE, wrong
from voltway.modules.gateway.dialects.base import CommandLink, CommandRow, Inbound, ReportRow
from voltway.modules.gateway.dialects.rows import origin
from voltway.wire.ocpp import v16, v201

log = structlog.get_logger()


class Taken(NamedTuple):
    """What is answered: Accepted, Rejected or UnknownMessageId, and data of the vendor's own form."""

    status: str
    data: Any = None


VENDORS: dict[str, Callable[[str | None, Any], Taken]] = {}
"""Vendor id -> what understands its messages (message id, data). It decides at once, and waits for nobody."""

UNKNOWN_VENDOR = Taken("UnknownVendorId")


def take(vendor_id: str, message_id: str | None, data: Any) -> Taken:
    """The answer to a vendor's message; one that breaks its handler is rejected."""
    handler = VENDORS.get(vendor_id)
    if handler is None:
        return UNKNOWN_VENDOR
    try:
        return handler(message_id, data)
    except Exception as error:
        log.error("data_transfer.failed", vendor_id=vendor_id, exc_info=error)
        return Taken("Rejected")


def read(inbound: Inbound, request: Any) -> ReportDataTransfer:
    taken = take(request.vendor_id, request.message_id, request.data)
    inbound.memory.scratch[_TAKEN] = (inbound.message_id, taken)
    return ReportDataTransfer(
        **origin(inbound),
        vendor_id=request.vendor_id,
        vendor_message_id=request.message_id,
        data=request.data,
        status=taken.status,
        answer=taken.data,
    )


def _taken(inbound: Inbound) -> Taken:
    """What was decided when the message was read: a link answers one call at a time."""
    message_id, taken = inbound.memory.scratch.pop(_TAKEN, (None, UNKNOWN_VENDOR))
    return taken if message_id == inbound.message_id else UNKNOWN_VENDOR


def answer_16(inbound: Inbound, request: Any, reply: None) -> v16.DataTransferResponse:
    taken = _taken(inbound)
    return v16.DataTransferResponse(status=v16.DataTransferStatus(taken.status), data=taken.data)


def answer_2(inbound: Inbound, request: Any, reply: None) -> v201.DataTransferResponse:
    taken = _taken(inbound)
    return v201.DataTransferResponse(status=v201.DataTransferStatusEnum(taken.status), data=taken.data)


_TAKEN = "data_transfer"
Arguments = Mapping[str, Any]


def check_16(arguments: Arguments) -> None:
    if not isinstance(arguments.get("data", ""), str):
        raise wrong("data", "a 1.6 station takes text")


async def data_transfer_16(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    request = v16.DataTransferRequest(
        vendor_id=arguments["vendor_id"], message_id=arguments.get("message_id"), data=arguments.get("data")
    )
    return _outcome(await link.call("DataTransfer", request))


async def data_transfer_2(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    request = v201.DataTransferRequest(
        vendor_id=arguments["vendor_id"], message_id=arguments.get("message_id"), data=arguments.get("data")
    )
    return _outcome(await link.call("DataTransfer", request))


def _outcome(response: Any) -> CommandOutcome:
    word = str(response.status)
    is_accepted = word == "Accepted"
    return CommandOutcome(
        state=CommandState.ACCEPTED if is_accepted else CommandState.REJECTED,
        wire_status=word,
        effect=DONE if is_accepted else None,
        result={"data": response.data},
    )


REPORTS_16 = {"DataTransfer": ReportRow(read, answer_16)}
REPORTS_2 = {"DataTransfer": ReportRow(read, answer_2)}
COMMANDS_16 = {"data_transfer": CommandRow(data_transfer_16, check_16)}
COMMANDS_2 = {"data_transfer": CommandRow(data_transfer_2)}

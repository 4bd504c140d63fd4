"""The gateway's part of the REST API: raw calls and the message log."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from pydantic import Field

from voltway.kernel.http import Instant, Schema
from voltway.modules.gateway.masking import mask_tokens


class CallIn(Schema):
    """A call in the station's own protocol."""

    action: str = Field(min_length=1, max_length=64)
    payload: dict[str, Any] = Field(default_factory=dict)
    timeout_s: float = Field(default=30.0, gt=0, le=300)


class CallErrorOut(Schema):
    """A CALLERROR of the station."""

    code: str
    description: str = ""
    details: Any = None


class CallOut(Schema):
    """How a call ended."""

    outcome: Literal["result", "error", "timed_out", "offline"]
    payload: Any = None
    error: CallErrorOut | None = None


class MessageOut(Schema):
    """A message of the log. `payload`: of an error its code, description and details; text where it is no JSON."""

    id: str
    at: Instant
    direction: Literal["in", "out"]
    kind: Literal["call", "result", "error"]
    message_id: str
    action: str | None
    payload: Any


class CorrectionOut(Schema):
    """A correction that holds for a station's make."""

    name: str
    says: str
    source: str
    """Where the deviation was seen."""


class DeviationOut(Schema):
    """What a station has done other than its protocol says. `name`: a correction's, or `read_leniently`, or `refused`."""

    name: str
    says: str
    count: int
    first_at: Instant
    last_at: Instant
    last_detail: str


class QuirksOut(Schema):
    """How a station differs from its protocol: what is known of its make, and what it has done."""

    vendor: str | None
    model: str | None
    firmware_version: str | None
    corrections: list[CorrectionOut]
    deviations: list[DeviationOut]


def message_out(message: Any, *, shows_tokens: bool) -> MessageOut:
    """A message of the log as it is shown."""
    payload = payload_in(message.frame, message.kind)
    return MessageOut(
        id=message.id,
        at=message.at,
        direction=message.direction,
        kind=message.kind,
        message_id=message.message_id,
        action=message.action,
        payload=payload if shows_tokens else mask_tokens(payload),
    )


def payload_in(frame: str, kind: str) -> Any:
    """What a frame carries."""
    try:
        elements = msgspec.json.decode(frame, type=list[Any])
        if kind == "call":
            return elements[3]
        if kind == "result":
            return elements[2]
        code, description, details = (*elements[2:5], "", None)[:3]
    except (msgspec.MsgspecError, IndexError, ValueError, RecursionError):
        return frame
    return {"code": code, "description": description, "details": details}

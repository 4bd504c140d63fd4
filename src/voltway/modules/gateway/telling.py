"""What the gateway knows of a station's hour: what was said on the line, each call with its answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from voltway.contracts.timeline import Moment, TellMessages
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.masking import mask_tokens
from voltway.modules.gateway.schemas import payload_in
from voltway.modules.gateway.store import Message, MessageFilter, read_page

CONSTANT = frozenset({"Heartbeat", "MeterValues"})
"""What stations say all the time: it would hide the rest."""
DEPTH_MAX = 3
READ_MAX = 1000
"""Messages that are looked at, whatever is said all the time among them."""


async def tell_messages(runtime: Runtime, request: TellMessages) -> list[Moment]:
    """The conversation, call and answer as one moment, at the time of the call."""
    wanted = MessageFilter(since=request.since, until=request.until)
    async with runtime.database.read(request.operator_id) as tx:
        found, _ = await read_page(tx, request.operator_id, request.station_id, wanted, READ_MAX, None)
    return conversation(found)[: request.limit]


def conversation(messages: Iterable[Message]) -> list[Moment]:
    """Calls with their answers, newest first as the messages are. A call whose answer is not there has none: an answer that
    failed and went on to be repeated is another call. Answers without their call are left out."""
    answers: dict[tuple[str, str], Message] = {}
    found = []
    for message in messages:
        if message.kind != "call":
            answers[(message.direction, message.message_id)] = message
        elif message.action not in CONSTANT:
            back = "out" if message.direction == "in" else "in"
            found.append(_moment(message, answers.get((back, message.message_id))))
    return found


def _moment(call: Message, answer: Message | None) -> Moment:
    request = mask_tokens(payload_in(call.frame, call.kind))
    reply = None if answer is None else mask_tokens(payload_in(answer.frame, answer.kind))
    is_error = answer is not None and answer.kind == "error"
    facts: dict[str, Any] = {
        "direction": call.direction,
        "message_id": call.message_id,
        "request": request,
        "answer": reply,
        "verdict": None if is_error else verdict_in(reply),
        "error_code": reply.get("code") if is_error and isinstance(reply, Mapping) else None,
        "waited_ms": None if answer is None else _ms(call.at, answer.at),
    }
    return Moment(
        id=f"message.{call.id}",
        at=call.at,
        kind=call.action or "?",
        evse_number=_evse_in(request),
        facts=facts,
    )


def verdict_in(payload: Any, depth: int = DEPTH_MAX) -> str | None:
    """The status in an answer, wherever the protocol puts it: what is said of the whole before what is said of a part."""
    if not isinstance(payload, Mapping) or depth == 0:
        return None
    if isinstance(status := payload.get("status"), str):
        return status
    inner = (verdict_in(value, depth - 1) for value in payload.values())
    return next((status for status in inner if status is not None), None)


def _evse_in(payload: Any) -> int | None:
    """The EVSE that a message of OCPP 2.x is about, where it says so."""
    evse = payload.get("evse") if isinstance(payload, Mapping) else None
    number = evse.get("id") if isinstance(evse, Mapping) else None
    return number if isinstance(number, int) else None


def _ms(since: datetime, until: datetime) -> int:
    return max(0, round((until - since).total_seconds() * 1000))

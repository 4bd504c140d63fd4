"""Display messages of OCPP 2.x, between the wire and `display.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voltway.station.ocpp import commands
from voltway.station.ocpp.dialects.values import instant
from voltway.station.ocpp.display import Message
from voltway.wire.ocpp import v201
from voltway.wire.ocpp.shapes import Shape
from voltway.wire.ocpp.times import format_instant

if TYPE_CHECKING:
    from voltway.station.ocpp.station import Station


def set_message(station: Station, call: v201.SetDisplayMessageRequest) -> Shape:
    told = call.message
    message = Message(
        number=told.id,
        priority=str(told.priority),
        content=told.message.content,
        format=str(told.message.format),
        language=told.message.language,
        state=str(told.state) if told.state is not None else None,
        starts_at=instant(told.start_date_time),
        ends_at=instant(told.end_date_time),
        transaction_id=told.transaction_id,
    )
    word = station.display.set(message, commands.running_ids(station))
    station.keep("display")
    return v201.SetDisplayMessageResponse(status=v201.DisplayMessageStatusEnum(word))


def clear_message(station: Station, call: v201.ClearDisplayMessageRequest) -> Shape:
    was_there = station.display.clear(call.id)
    station.keep("display")
    status = v201.ClearMessageStatusEnum.Accepted if was_there else v201.ClearMessageStatusEnum.Unknown
    return v201.ClearDisplayMessageResponse(status=status)


def get_messages(station: Station, call: v201.GetDisplayMessagesRequest) -> Shape:
    found = station.display.find(call.id, call.priority, call.state)
    if not found:
        return v201.GetDisplayMessagesResponse(status=v201.GetDisplayMessagesStatusEnum.Unknown)
    told = v201.NotifyDisplayMessagesRequest(
        request_id=call.request_id, message_info=[_info(message) for message in found], tbc=False
    )
    station.clock.soon(lambda: station.call(told))
    return v201.GetDisplayMessagesResponse(status=v201.GetDisplayMessagesStatusEnum.Accepted)


def _info(message: Message) -> v201.MessageInfo:
    return v201.MessageInfo(
        id=message.number,
        priority=v201.MessagePriorityEnum(message.priority),
        message=v201.MessageContent(
            format=v201.MessageFormatEnum(message.format), content=message.content, language=message.language
        ),
        state=v201.MessageStateEnum(message.state) if message.state is not None else None,
        start_date_time=format_instant(message.starts_at) if message.starts_at is not None else None,
        end_date_time=format_instant(message.ends_at) if message.ends_at is not None else None,
        transaction_id=message.transaction_id,
    )

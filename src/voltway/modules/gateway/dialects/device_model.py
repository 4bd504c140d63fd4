"""What 2.x stations tell of their device model: monitors, events, messages on displays, what they keep of a customer.

2.0.1 and 2.1 share these rows; a part of a report is stored by itself, and noted once it is stored (see gathering.py).
Source: OCPP 2.0.1 part 2, N01-N10, O01-O06.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from voltway.contracts.device_model import (
    DisplayMessage,
    Monitor,
    ReportDisplayMessages,
    ReportEvents,
    ReportMonitors,
    StationEvent,
    VariableName,
)
from voltway.modules.gateway.dialects import gathering
from voltway.modules.gateway.dialects import station_clock as times
from voltway.modules.gateway.dialects.base import Inbound, ReportRow
from voltway.modules.gateway.dialects.rows import origin, read_nothing
from voltway.wire.ocpp import v201

MONITORS, MESSAGES, CUSTOMER = "NotifyMonitoringReport", "NotifyDisplayMessages", "NotifyCustomerInformation"


def name_of(component: v201.Component, variable: v201.Variable) -> VariableName:
    """Which variable a message means."""
    evse = component.evse
    return VariableName(
        component=component.name,
        component_instance=component.instance,
        evse_number=None if evse is None else evse.id,
        connector_number=None if evse is None else evse.connector_id,
        variable=variable.name,
        instance=variable.instance,
    )


# ---- monitors


def read_monitors(inbound: Inbound, request: v201.NotifyMonitoringReportRequest) -> ReportMonitors | None:
    monitors = _monitors(request)
    return ReportMonitors(**origin(inbound), monitors=monitors) if monitors else None


def _monitors(request: v201.NotifyMonitoringReportRequest) -> tuple[Monitor, ...]:
    return tuple(
        Monitor(
            number=monitor.id,
            on=name_of(part.component, part.variable),
            kind=str(monitor.type),
            value=monitor.value,
            severity=monitor.severity,
            is_in_transaction_only=monitor.transaction,
            origin=_word(getattr(monitor, "event_notification_type", None)),  # 2.1 says whose monitor it is
        )
        for part in request.monitor or ()
        for monitor in part.variable_monitoring
    )


def answer_monitors(inbound: Inbound, request: Any, reply: None) -> v201.NotifyMonitoringReportResponse:
    numbers = [monitor.number for monitor in _monitors(request)]
    gathering.note_part(inbound, MONITORS, request.request_id, request.seq_no, numbers, is_last=not request.tbc)
    return _MONITORS_NOTED


# ---- events


def read_events(inbound: Inbound, request: v201.NotifyEventRequest) -> ReportEvents:
    return ReportEvents(**origin(inbound), events=tuple(_event(inbound, each) for each in request.event_data))


def _event(inbound: Inbound, event: v201.EventData) -> StationEvent:
    return StationEvent(
        number=event.event_id,
        on=name_of(event.component, event.variable),
        occurred_at=times.read_time(event.timestamp, inbound.received_at, []),
        trigger=str(event.trigger),
        kind=str(event.event_notification_type),
        actual_value=event.actual_value,
        severity=getattr(event, "severity", None),  # 2.1; 2.0.1 says it with the monitor
        cause_number=event.cause,
        tech_code=event.tech_code,
        tech_info=event.tech_info,
        is_cleared=bool(event.cleared),
        transaction_id=event.transaction_id,
        monitor_number=event.variable_monitoring_id,
    )


# ---- messages on displays


def display_message(message: Any, received_at: datetime) -> DisplayMessage:
    """A message as the wire has it, in our words."""
    return DisplayMessage(
        number=message.id,
        priority=str(message.priority),
        content=message.message.content,
        format=str(message.message.format),
        language=message.message.language,
        state=_word(message.state),
        display=None if message.display is None else message.display.name,
        starts_at=_instant(message.start_date_time, received_at),
        ends_at=_instant(message.end_date_time, received_at),
        transaction_id=message.transaction_id,
    )


def read_messages(inbound: Inbound, request: v201.NotifyDisplayMessagesRequest) -> ReportDisplayMessages | None:
    if not request.message_info:
        return None
    messages = tuple(display_message(message, inbound.received_at) for message in request.message_info)
    return ReportDisplayMessages(**origin(inbound), messages=messages)


def answer_messages(inbound: Inbound, request: Any, reply: None) -> v201.NotifyDisplayMessagesResponse:
    numbers = [message.id for message in request.message_info or ()]
    gathering.note_part(inbound, MESSAGES, request.request_id, None, numbers, is_last=not request.tbc)
    return _MESSAGES_NOTED


# ---- what a station keeps of a customer


def answer_customer(inbound: Inbound, request: Any, reply: None) -> v201.NotifyCustomerInformationResponse:
    """The text goes to who asked for it, and nowhere else: it is about a person."""
    gathering.note_part(inbound, CUSTOMER, request.request_id, request.seq_no, [request.data], is_last=not request.tbc)
    return _CUSTOMER_NOTED


def _instant(text: str | None, received_at: datetime) -> datetime | None:
    return None if text is None else times.read_time(text, received_at, [])


def _word(word: Any) -> str | None:
    return None if word is None else str(word)


_MONITORS_NOTED = v201.NotifyMonitoringReportResponse()
_EVENTS_NOTED = v201.NotifyEventResponse()
_MESSAGES_NOTED = v201.NotifyDisplayMessagesResponse()
_CUSTOMER_NOTED = v201.NotifyCustomerInformationResponse()

REPORTS_2: dict[str, ReportRow] = {
    "NotifyMonitoringReport": ReportRow(read_monitors, answer_monitors),
    "NotifyEvent": ReportRow(read_events, lambda inbound, request, reply: _EVENTS_NOTED),
    "NotifyDisplayMessages": ReportRow(read_messages, answer_messages),
    "NotifyCustomerInformation": ReportRow(read_nothing, answer_customer),
}

"""Periodic event streams and battery swaps (OCPP 2.1, functional blocks N and S)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from voltway.contracts.grid import (
    Battery,
    ReportBatterySwap,
    ReportStreamClosed,
    ReportStreams,
    ReportStreamValues,
    Stream,
    StreamsReceipt,
    SwapStep,
)
from voltway.contracts.station_link import CommandOutcome
from voltway.contracts.vocabulary import CommandState, IdToken
from voltway.modules.gateway.dialects import station_clock as times
from voltway.modules.gateway.dialects.arguments import outcome_of, wrong
from voltway.modules.gateway.dialects.base import CommandLink, CommandRow, Inbound, ReportRow
from voltway.modules.gateway.dialects.request_ids import new_request_id
from voltway.modules.gateway.dialects.rows import link_origin, origin
from voltway.wire.ocpp import v21

Arguments = Mapping[str, Any]

OFFSET_S_MAX = 10 * 365 * 86400.0
"""A value is taken that long before or after its message's base time; beyond it no instant is meant."""

_STEPS = {
    v21.BatterySwapEventEnum.BatteryIn: SwapStep.BATTERY_IN,
    v21.BatterySwapEventEnum.BatteryOut: SwapStep.BATTERY_OUT,
    v21.BatterySwapEventEnum.BatteryOutTimeout: SwapStep.BATTERY_OUT_TIMEOUT,
}

# ---- battery swaps


def read_battery_swap(inbound: Inbound, request: v21.BatterySwapRequest) -> ReportBatterySwap:
    return ReportBatterySwap(
        **origin(inbound),
        step=_STEPS[request.event_type],
        request_number=request.request_id,
        id_token=IdToken(request.id_token.id_token, str(request.id_token.type)),
        batteries=tuple(
            Battery(
                evse_number=battery.evse_id,
                serial_number=battery.serial_number,
                soc_percent=battery.so_c,
                soh_percent=battery.so_h,
                produced_at=None if battery.production_date is None else str(battery.production_date),
                vendor_text=battery.vendor_info,
            )
            for battery in request.battery_data
        ),
        digest=hashlib.sha256(inbound.payload).hexdigest(),
    )


async def request_battery_swap(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    request_number = new_request_id()
    kind = arguments.get("id_token_kind") or "Central"
    request = v21.RequestBatterySwapRequest(
        id_token=v21.IdToken(id_token=arguments["id_token"], type=kind), request_id=request_number
    )
    response: v21.RequestBatterySwapResponse = await link.call("RequestBatterySwap", request)
    said = response.status_info
    result: dict[str, Any] = {"request_number": request_number}
    if said is not None:
        result |= {"reason_code": said.reason_code, "additional_info": said.additional_info}
    return outcome_of(response, result=result)


# ---- periodic event streams


def read_open(inbound: Inbound, request: v21.OpenPeriodicEventStreamRequest) -> ReportStreams:
    return ReportStreams(**origin(inbound), streams=(_stream(request.constant_stream_data),))


def answer_open(
    inbound: Inbound, request: v21.OpenPeriodicEventStreamRequest, receipt: StreamsReceipt
) -> v21.OpenPeriodicEventStreamResponse:
    if request.constant_stream_data.id in receipt.open_numbers:
        return v21.OpenPeriodicEventStreamResponse(status=v21.GenericStatusEnum.Accepted)
    return v21.OpenPeriodicEventStreamResponse(
        status=v21.GenericStatusEnum.Rejected,
        status_info=v21.StatusInfo(reason_code="NoFreeSlot", additional_info="too many streams are open"),
    )


def _stream(told: v21.ConstantStreamData) -> Stream:
    return Stream(
        stream_number=told.id,
        monitor_number=told.variable_monitoring_id,
        interval_s=told.params.interval,
        values=told.params.values,
    )


def read_close(inbound: Inbound, request: v21.ClosePeriodicEventStreamRequest) -> ReportStreamClosed:
    return ReportStreamClosed(**origin(inbound), stream_number=request.id)


def read_values(inbound: Inbound, request: v21.NotifyPeriodicEventStreamRequest) -> ReportStreamValues | None:
    """The values of a message; each says how many seconds after the message's base time it was taken."""
    base = times.read_time(request.basetime, inbound.received_at, [])
    values = tuple(
        (base + timedelta(seconds=element.t), element.v) for element in request.data if abs(element.t) <= OFFSET_S_MAX
    )
    if not values:
        return None
    return ReportStreamValues(**origin(inbound), stream_number=request.id, pending=request.pending, values=values)


def _check_adjust(arguments: Arguments) -> None:
    if arguments.get("interval_s") is None and arguments.get("values") is None:
        raise wrong("interval_s", "say after how many seconds or how many values the station is to send")


async def adjust_stream(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    number, interval_s, values = arguments["stream_number"], arguments.get("interval_s"), arguments.get("values")
    request = v21.AdjustPeriodicEventStreamRequest(
        id=number, params=v21.PeriodicEventStreamParams(interval=interval_s, values=values)
    )
    response: v21.AdjustPeriodicEventStreamResponse = await link.call("AdjustPeriodicEventStream", request)
    if response.status == v21.GenericStatusEnum.Accepted:
        stream = Stream(stream_number=number, interval_s=interval_s, values=values)
        await link.report(ReportStreams(**link_origin(link), streams=(stream,)))
    return outcome_of(response, is_done=True)


async def get_streams(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    response: v21.GetPeriodicEventStreamResponse = await link.call(
        "GetPeriodicEventStream", v21.GetPeriodicEventStreamRequest()
    )
    streams = tuple(_stream(told) for told in response.constant_stream_data or ())
    await link.report(ReportStreams(**link_origin(link), streams=streams, is_all=True))
    return CommandOutcome(
        state=CommandState.ACCEPTED,
        wire_status="Accepted",
        effect="done",
        result=[msgspec.to_builtins(stream) for stream in streams],
    )


REPORTS_21: dict[str, ReportRow] = {
    "BatterySwap": ReportRow(read_battery_swap, lambda inbound, request, reply: v21.BatterySwapResponse()),
    "OpenPeriodicEventStream": ReportRow(read_open, answer_open),
    "ClosePeriodicEventStream": ReportRow(
        read_close, lambda inbound, request, reply: v21.ClosePeriodicEventStreamResponse()
    ),
    "NotifyPeriodicEventStream": ReportRow(read_values, lambda inbound, request, reply: None),
}

COMMANDS_21: dict[str, CommandRow] = {
    "request_battery_swap": CommandRow(request_battery_swap),
    "adjust_periodic_event_stream": CommandRow(adjust_stream, _check_adjust),
    "get_periodic_event_streams": CommandRow(get_streams),
}

"""OCPP 2.1: 2.0.1 with changed rows.

What this station sends is the same in both versions, so 2.0.1's messages are sent as they are; what it receives is read
as 2.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from voltway.station.simulator.dialect import Command
from voltway.station.simulator.dialects import ocpp201
from voltway.wire.ocpp import v21
from voltway.wire.ocpp.rpc import Subprotocol
from voltway.wire.ocpp.shapes import Shape

if TYPE_CHECKING:
    from voltway.station.simulator.station import Station


def _reset(station: Station, call: v21.ResetRequest) -> Shape:
    if call.type is v21.ResetEnum.ImmediateAndResume:
        # Transactions are not resumed after a reset here.
        return v21.ResetResponse(status=v21.ResetStatusEnum.Rejected)
    return ocpp201.COMMANDS["Reset"](station, call)


def _set_charging_profile(station: Station, call: v21.SetChargingProfileRequest) -> Shape:
    if not _is_plain(call.charging_profile):
        return v21.SetChargingProfileResponse(status=v21.ChargingProfileStatusEnum.Rejected)
    return ocpp201.COMMANDS["SetChargingProfile"](station, call)


def _request_start(station: Station, call: v21.RequestStartTransactionRequest) -> Shape:
    if call.charging_profile is not None and not _is_plain(call.charging_profile):
        return v21.RequestStartTransactionResponse(status=v21.RequestStartStopStatusEnum.Rejected)
    return ocpp201.COMMANDS["RequestStartTransaction"](station, call)


def _is_plain(profile: v21.ChargingProfile) -> bool:
    """Whether a profile says nothing that 2.0.1 could not: a limit in each period, and drawing power only."""
    periods = [period for schedule in profile.charging_schedule for period in schedule.charging_schedule_period]
    return all(
        period.limit is not None
        and period.operation_mode in (None, v21.OperationModeEnum.ChargingOnly)
        and {period.limit_l2, period.limit_l3, period.discharge_limit, period.setpoint} == {None}
        for period in periods
    )


def _has_no_der_control(station: Station, call: Shape) -> Shape:
    # The answers of all three have this form.
    return v21.GetDERControlResponse(status=v21.DERControlStatusEnum.NotSupported)


def _rejects(station: Station, call: Shape) -> Shape:
    # What this station has not: battery slots, a frequency to support, streams to adjust, energy from the car.
    return v21.AFRRSignalResponse(status=v21.GenericStatusEnum.Rejected)


def _get_streams(station: Station, call: v21.GetPeriodicEventStreamRequest) -> Shape:
    return v21.GetPeriodicEventStreamResponse()  # it opens none


def _note_web_payment(station: Station, call: v21.NotifyWebPaymentStartedRequest) -> Shape:
    return v21.NotifyWebPaymentStartedResponse()  # there is no display to show it


_COMMANDS: dict[str, Command] = {
    **ocpp201.COMMANDS,
    "RequestStartTransaction": _request_start,
    "Reset": _reset,
    "SetDERControl": _has_no_der_control,
    "GetDERControl": _has_no_der_control,
    "ClearDERControl": _has_no_der_control,
    "AFRRSignal": _rejects,
    "AdjustPeriodicEventStream": _rejects,
    "NotifyAllowedEnergyTransfer": _rejects,
    "RequestBatterySwap": _rejects,
    "GetPeriodicEventStream": _get_streams,
    "NotifyWebPaymentStarted": _note_web_payment,
    "SetChargingProfile": _set_charging_profile,
}


class Ocpp21(ocpp201.Ocpp201):
    """2.0.1, read with 2.1's eyes."""

    subprotocol: ClassVar[Subprotocol] = "ocpp2.1"
    commands = _COMMANDS

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


_COMMANDS: dict[str, Command] = {
    **ocpp201.COMMANDS,
    "RequestStartTransaction": _request_start,
    "Reset": _reset,
    "SetChargingProfile": _set_charging_profile,
}


class Ocpp21(ocpp201.Ocpp201):
    """2.0.1, read with 2.1's eyes."""

    subprotocol: ClassVar[Subprotocol] = "ocpp2.1"
    commands = _COMMANDS

"""OCPP 2.1: 2.0.1 with changed rows.

What this station sends is the same in both versions, so 2.0.1's messages are sent as they are; what it receives is read
as 2.1.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from msgspec import structs

from voltway.station.ocpp import commands
from voltway.station.ocpp.dialect import Command
from voltway.station.ocpp.dialects import monitoring, ocpp201
from voltway.station.ocpp.dialects.profiles2 import read_limit
from voltway.station.ocpp.dialects.values import instant
from voltway.station.ocpp.limits import Limit, Purpose
from voltway.station.ocpp.vocabulary import Verdict
from voltway.wire.ocpp import v21
from voltway.wire.ocpp.rpc import Subprotocol
from voltway.wire.ocpp.shapes import Shape

if TYPE_CHECKING:
    from voltway.station.ocpp.station import Station


def _reset(station: Station, call: v21.ResetRequest) -> Shape:
    if call.type is v21.ResetEnum.ImmediateAndResume:
        # Transactions are not resumed after a reset here.
        return v21.ResetResponse(status=v21.ResetStatusEnum.Rejected)
    return ocpp201.COMMANDS["Reset"](station, call)


def _set_charging_profile(station: Station, call: v21.SetChargingProfileRequest) -> Shape:
    if not _is_plain(call.charging_profile):
        return v21.SetChargingProfileResponse(status=v21.ChargingProfileStatusEnum.Rejected)
    if call.charging_profile.charging_profile_kind is v21.ChargingProfileKindEnum.Dynamic:
        limit = _read_dynamic(station, call.charging_profile, call.evse_id)
        verdict = Verdict.REJECTED if limit is None else commands.set_limit(station, limit)
        return v21.SetChargingProfileResponse(status=v21.ChargingProfileStatusEnum(verdict.name.capitalize()))
    return ocpp201.COMMANDS["SetChargingProfile"](station, call)


def _read_dynamic(station: Station, profile: v21.ChargingProfile, evse_id: int) -> Limit | None:
    """One schedule of one period (K28); else None. A value holds from when the CSMS says that it was set."""
    (schedule, *others) = profile.charging_schedule
    if others or len(schedule.charging_schedule_period) > 1 or schedule.start_schedule is not None:
        return None
    if schedule.use_local_time or schedule.randomized_delay:
        return None  # there is nothing that they could concern
    as_relative = structs.replace(profile, charging_profile_kind=v21.ChargingProfileKindEnum.Relative)
    limit = read_limit(as_relative, evse_id)  # type: ignore[arg-type]  # read by value, as all of 2.1 is here
    if limit is None or (limit.purpose is Purpose.TX and limit.transaction_id is None):
        return None
    updated_at = instant(profile.dyn_update_time) or station.clock.now()
    return replace(limit, is_dynamic=True, updated_at=updated_at, update_every_s=profile.dyn_update_interval or 0)


def _only_limit(update: v21.ChargingScheduleUpdate) -> float | None:
    """The value of an update that gives a limit for all phases and nothing else."""
    others = (getattr(update, name) for name in update.__struct_fields__ if name not in ("limit", "custom_data"))
    return update.limit if set(others) == {None} else None


def _update_dynamic(station: Station, call: v21.UpdateDynamicScheduleRequest) -> Shape:
    verdict = station.dynamic.update(call.charging_profile_id, _only_limit(call.schedule_update))
    return v21.UpdateDynamicScheduleResponse(status=v21.ChargingProfileStatusEnum(verdict.name.capitalize()))


def _request_start(station: Station, call: v21.RequestStartTransactionRequest) -> Shape:
    if call.charging_profile is not None and not _is_plain(call.charging_profile):
        return v21.RequestStartTransactionResponse(status=v21.RequestStartStopStatusEnum.Rejected)
    return ocpp201.COMMANDS["RequestStartTransaction"](station, call)


def _is_plain(profile: v21.ChargingProfile) -> bool:
    """Whether a profile limits what is drawn and says nothing else: a limit in each period, whatever the battery's state of charge
    (K01.FR.125: nobody tells it on AC), for an EVSE that is awake (K01.FR.126)."""
    if any(schedule.limit_at_so_c is not None for schedule in profile.charging_schedule):
        return False
    periods = [period for schedule in profile.charging_schedule for period in schedule.charging_schedule_period]
    return all(
        period.limit is not None
        and not period.evse_sleep
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
    "GetMonitoringReport": partial(monitoring.report, v21),
    "GetPeriodicEventStream": _get_streams,
    "NotifyWebPaymentStarted": _note_web_payment,
    "SetChargingProfile": _set_charging_profile,
    "UpdateDynamicSchedule": _update_dynamic,
}


class Ocpp21(ocpp201.Ocpp201):
    """2.0.1, read with 2.1's eyes."""

    subprotocol: ClassVar[Subprotocol] = "ocpp2.1"
    commands = _COMMANDS

    def pull(self, profile_id: int) -> Shape | None:
        return v21.PullDynamicScheduleUpdateRequest(charging_profile_id=profile_id)

    def read_pull(self, answer: v21.PullDynamicScheduleUpdateResponse) -> float | None:
        return None if answer.schedule_update is None else _only_limit(answer.schedule_update)

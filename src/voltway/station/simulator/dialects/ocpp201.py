"""OCPP 2.0.1: EVSEs with connectors, the station names its transactions, settings are the device model.

What is said here about requests of the CSMS holds for 2.1's as well: words are compared by value, never by identity.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from voltway.station.simulator import commands
from voltway.station.simulator.dialect import BootAnswer, Command, Dialect, TransactionAnswer
from voltway.station.simulator.dialects import device_model
from voltway.station.simulator.dialects.values import instant, readings
from voltway.station.simulator.limits import Limit, Purpose
from voltway.station.simulator.vocabulary import (
    BootReason,
    EvseState,
    IdToken,
    MeterSample,
    Phase,
    Registration,
    StationSpec,
    StopReason,
    TransactionReport,
    Trigger,
    Triggered,
    Verdict,
)
from voltway.wire.ocpp import v201
from voltway.wire.ocpp.rpc import Subprotocol
from voltway.wire.ocpp.shapes import Shape
from voltway.wire.ocpp.times import format_instant

if TYPE_CHECKING:
    from voltway.station.simulator.station import Station

_BOOT_REASONS = {
    BootReason.POWER_UP: v201.BootReasonEnum.PowerUp,
    BootReason.REMOTE_RESET: v201.BootReasonEnum.RemoteReset,
    BootReason.TRIGGERED: v201.BootReasonEnum.Triggered,
}
_OCCUPIED = v201.ConnectorStatusEnum.Occupied
_STATUS_WORDS = {
    EvseState.AVAILABLE: v201.ConnectorStatusEnum.Available,
    # Nothing is in the connector yet: a token alone does not occupy it.
    EvseState.AUTHORIZED: v201.ConnectorStatusEnum.Available,
    EvseState.CONNECTED: _OCCUPIED,
    EvseState.CHARGING: _OCCUPIED,
    EvseState.SUSPENDED_EV: _OCCUPIED,
    EvseState.SUSPENDED_EVSE: _OCCUPIED,
    EvseState.FINISHING: _OCCUPIED,
    EvseState.UNAVAILABLE: v201.ConnectorStatusEnum.Unavailable,
    EvseState.FAULTED: v201.ConnectorStatusEnum.Faulted,
}
_CHARGING_STATES = {
    EvseState.CONNECTED: v201.ChargingStateEnum.EVConnected,
    EvseState.CHARGING: v201.ChargingStateEnum.Charging,
    EvseState.SUSPENDED_EV: v201.ChargingStateEnum.SuspendedEV,
    EvseState.SUSPENDED_EVSE: v201.ChargingStateEnum.SuspendedEVSE,
    EvseState.FINISHING: v201.ChargingStateEnum.EVConnected,
    EvseState.AVAILABLE: v201.ChargingStateEnum.Idle,
    EvseState.UNAVAILABLE: v201.ChargingStateEnum.Idle,
}
_PHASES = {
    Phase.STARTED: v201.TransactionEventEnum.Started,
    Phase.UPDATED: v201.TransactionEventEnum.Updated,
    Phase.ENDED: v201.TransactionEventEnum.Ended,
}
_TRIGGER_REASONS = {
    Trigger.AUTHORIZED: v201.TriggerReasonEnum.Authorized,
    Trigger.CABLE_PLUGGED_IN: v201.TriggerReasonEnum.CablePluggedIn,
    Trigger.REMOTE_START: v201.TriggerReasonEnum.RemoteStart,
    Trigger.CHARGING_STATE_CHANGED: v201.TriggerReasonEnum.ChargingStateChanged,
    Trigger.METER_VALUE_PERIODIC: v201.TriggerReasonEnum.MeterValuePeriodic,
    Trigger.STOP_AUTHORIZED: v201.TriggerReasonEnum.StopAuthorized,
    Trigger.REMOTE_STOP: v201.TriggerReasonEnum.RemoteStop,
    Trigger.EV_DEPARTED: v201.TriggerReasonEnum.EVDeparted,
    Trigger.DEAUTHORIZED: v201.TriggerReasonEnum.Deauthorized,
    Trigger.RESET_COMMAND: v201.TriggerReasonEnum.ResetCommand,
    Trigger.UNLOCK_COMMAND: v201.TriggerReasonEnum.UnlockCommand,
    Trigger.REQUESTED: v201.TriggerReasonEnum.Trigger,
}
_STOPPED_REASONS = {
    StopReason.LOCAL: v201.ReasonEnum.Local,
    StopReason.REMOTE: v201.ReasonEnum.Remote,
    StopReason.EV_DISCONNECTED: v201.ReasonEnum.EVDisconnected,
    StopReason.DEAUTHORIZED: v201.ReasonEnum.DeAuthorized,
    StopReason.RESET: v201.ReasonEnum.ImmediateReset,
    StopReason.HARD_RESET: v201.ReasonEnum.ImmediateReset,
    StopReason.UNLOCK_COMMAND: v201.ReasonEnum.Other,
}
_TRIGGERED = {
    "BootNotification": Triggered.BOOT,
    "Heartbeat": Triggered.HEARTBEAT,
    "StatusNotification": Triggered.STATUS,
    "MeterValues": Triggered.METER_VALUES,
    "TransactionEvent": Triggered.TRANSACTION,
}
_PURPOSES = {
    "ChargingStationMaxProfile": Purpose.STATION_MAX,
    "TxDefaultProfile": Purpose.TX_DEFAULT,
    "TxProfile": Purpose.TX,
}
_UNLOCK_STATUS = {
    Verdict.ACCEPTED: v201.UnlockStatusEnum.Unlocked,
    Verdict.BUSY: v201.UnlockStatusEnum.OngoingAuthorizedTransaction,
    Verdict.UNKNOWN: v201.UnlockStatusEnum.UnknownConnector,
}


def _meter_value(sample: MeterSample) -> v201.MeterValue:
    return v201.MeterValue(
        timestamp=format_instant(sample.at),
        sampled_value=[
            v201.SampledValue(
                value=reading.value,
                context=v201.ReadingContextEnum(sample.context.value),
                measurand=v201.MeasurandEnum(reading.measurand),
                phase=v201.PhaseEnum(reading.phase) if reading.phase else None,
                location=v201.LocationEnum(reading.location),
                unit_of_measure=v201.UnitOfMeasure(unit=reading.unit),
            )
            for reading in readings(sample)
        ],
    )


def _id_token(token: IdToken) -> v201.IdToken:
    return v201.IdToken(id_token=token.value, type=v201.IdTokenEnum(token.kind))


def read_limit(profile: v201.ChargingProfile, evse_id: int) -> Limit | None:
    """A profile in our own words, or None if it is of a sort that this station does not follow."""
    purpose = _PURPOSES.get(profile.charging_profile_purpose)
    is_relative = profile.charging_profile_kind == "Relative"
    schedule = profile.charging_schedule[0]
    is_plain = profile.charging_profile_kind in ("Relative", "Absolute") and len(profile.charging_schedule) == 1
    if purpose is None or not is_plain or is_relative != (schedule.start_schedule is None):
        return None
    return Limit(
        profile_id=profile.id,
        purpose=purpose,
        stack_level=profile.stack_level,
        evse_number=evse_id,
        is_ampere=schedule.charging_rate_unit == "A",
        periods=tuple((period.start_period, period.limit) for period in schedule.charging_schedule_period),
        starts_at=instant(schedule.start_schedule),
        duration_s=schedule.duration,
        valid_from=instant(profile.valid_from),
        valid_to=instant(profile.valid_to),
        transaction_id=profile.transaction_id,
    )


def _start_stop(verdict: Verdict) -> v201.RequestStartStopStatusEnum:
    accepted, rejected = v201.RequestStartStopStatusEnum.Accepted, v201.RequestStartStopStatusEnum.Rejected
    return accepted if verdict is Verdict.ACCEPTED else rejected


def _request_start(station: Station, call: v201.RequestStartTransactionRequest) -> Shape:
    limit = read_limit(call.charging_profile, call.evse_id or 0) if call.charging_profile else None
    if limit is None and call.charging_profile is not None:
        verdict = Verdict.REJECTED
    else:
        token = IdToken(call.id_token.id_token, str(call.id_token.type))
        verdict = commands.remote_start(station, token, call.evse_id, call.remote_start_id, limit)
    return v201.RequestStartTransactionResponse(status=_start_stop(verdict))


def _request_stop(station: Station, call: v201.RequestStopTransactionRequest) -> Shape:
    return v201.RequestStopTransactionResponse(status=_start_stop(commands.remote_stop(station, call.transaction_id)))


def _reset(station: Station, call: v201.ResetRequest) -> Shape:
    # An EVSE of this station cannot be reset alone.
    verdict = Verdict.REJECTED if call.evse_id else commands.reset(station, is_immediate=call.type == "Immediate")
    return v201.ResetResponse(status=v201.ResetStatusEnum(verdict.name.capitalize()))


def _unlock(station: Station, call: v201.UnlockConnectorRequest) -> Shape:
    verdict = commands.unlock(station, call.evse_id, call.connector_id, stops_transaction=False)
    return v201.UnlockConnectorResponse(status=_UNLOCK_STATUS[verdict])


def _change_availability(station: Station, call: v201.ChangeAvailabilityRequest) -> Shape:
    evse_number = call.evse.id if call.evse else 0
    verdict = commands.change_availability(station, evse_number, call.operational_status == "Operative")
    return v201.ChangeAvailabilityResponse(status=v201.ChangeAvailabilityStatusEnum(verdict.name.capitalize()))


def _trigger(station: Station, call: v201.TriggerMessageRequest) -> Shape:
    what = _TRIGGERED.get(call.requested_message)
    if what is None:
        return v201.TriggerMessageResponse(status=v201.TriggerMessageStatusEnum.NotImplemented)
    verdict = commands.trigger(station, what, call.evse.id if call.evse else None)
    return v201.TriggerMessageResponse(status=v201.TriggerMessageStatusEnum(verdict.name.capitalize()))


def _clear_cache(station: Station, call: v201.ClearCacheRequest) -> Shape:
    commands.clear_cache(station)
    return v201.ClearCacheResponse(status=v201.ClearCacheStatusEnum.Accepted)


def _data_transfer(station: Station, call: v201.DataTransferRequest) -> Shape:
    return v201.DataTransferResponse(status=v201.DataTransferStatusEnum.UnknownVendorId)


def _get_transaction_status(station: Station, call: v201.GetTransactionStatusRequest) -> Shape:
    is_queued = station.has_queued_reports(call.transaction_id)
    if call.transaction_id is None:
        return v201.GetTransactionStatusResponse(messages_in_queue=is_queued)
    ongoing = any(evse.transaction and evse.transaction.transaction_id == call.transaction_id for evse in station.evses)
    return v201.GetTransactionStatusResponse(messages_in_queue=is_queued, ongoing_indicator=ongoing)


def _set_charging_profile(station: Station, call: v201.SetChargingProfileRequest) -> Shape:
    limit = read_limit(call.charging_profile, call.evse_id)
    # OCPP 2.0.1 K01.FR.33: a TxProfile must name its transaction.
    is_nameless = limit is not None and limit.purpose is Purpose.TX and limit.transaction_id is None
    verdict = Verdict.REJECTED if limit is None or is_nameless else commands.set_limit(station, limit)
    status = v201.ChargingProfileStatusEnum.Accepted
    if verdict is not Verdict.ACCEPTED:
        status = v201.ChargingProfileStatusEnum.Rejected
    return v201.SetChargingProfileResponse(status=status)


def _clear_charging_profile(station: Station, call: v201.ClearChargingProfileRequest) -> Shape:
    criteria = call.charging_profile_criteria or v201.ClearChargingProfile()
    purpose = criteria.charging_profile_purpose

    def is_meant(limit: Limit) -> bool:
        if call.charging_profile_id is not None:
            return limit.profile_id == call.charging_profile_id
        return (
            criteria.evse_id in (None, limit.evse_number)
            and (purpose is None or _PURPOSES.get(purpose) is limit.purpose)
            and criteria.stack_level in (None, limit.stack_level)
        )

    verdict = commands.clear_limits(station, is_meant)
    return v201.ClearChargingProfileResponse(status=v201.ClearChargingProfileStatusEnum(verdict.name.capitalize()))


def _get_composite_schedule(station: Station, call: v201.GetCompositeScheduleRequest) -> Shape:
    told = commands.composite(station, call.evse_id, call.duration, call.charging_rate_unit)
    if told is None:  # K08.FR.05, .07
        return v201.GetCompositeScheduleResponse(status=v201.GenericStatusEnum.Rejected)
    window, unit, steps = told
    periods = [
        v201.ChargingSchedulePeriod(start_period=one.start_s, limit=one.limit, number_phases=one.number_phases)
        for one in steps
        if one.limit is not None
    ]
    schedule = v201.CompositeSchedule(
        evse_id=call.evse_id,
        duration=call.duration,
        schedule_start=format_instant(window.starts_at),
        charging_rate_unit=v201.ChargingRateUnitEnum(unit),
        charging_schedule_period=periods,
    )
    return v201.GetCompositeScheduleResponse(status=v201.GenericStatusEnum.Accepted, schedule=schedule)


COMMANDS: dict[str, Command] = {
    "ChangeAvailability": _change_availability,
    "ClearCache": _clear_cache,
    "ClearChargingProfile": _clear_charging_profile,
    "DataTransfer": _data_transfer,
    "GetBaseReport": device_model.get_base_report,
    "GetCompositeSchedule": _get_composite_schedule,
    "GetTransactionStatus": _get_transaction_status,
    "GetVariables": device_model.get_variables,
    "RequestStartTransaction": _request_start,
    "RequestStopTransaction": _request_stop,
    "Reset": _reset,
    "SetChargingProfile": _set_charging_profile,
    "SetVariables": device_model.set_variables,
    "TriggerMessage": _trigger,
    "UnlockConnector": _unlock,
}


class Ocpp201(Dialect):
    """All about a transaction goes into TransactionEvent."""

    subprotocol: ClassVar[Subprotocol] = "ocpp2.0.1"
    commands = COMMANDS
    gives_transaction_ids = True

    def boot(self, spec: StationSpec, reason: BootReason) -> Shape:
        return v201.BootNotificationRequest(
            reason=_BOOT_REASONS[reason],
            charging_station=v201.ChargingStation(
                model=spec.model[:20],
                vendor_name=spec.vendor[:50],
                serial_number=spec.serial_number,
                firmware_version=spec.firmware_version,
            ),
        )

    def read_boot(self, answer: v201.BootNotificationResponse) -> BootAnswer:
        return BootAnswer(Registration(answer.status.value), answer.interval)

    def heartbeat(self) -> Shape:
        return v201.HeartbeatRequest()

    def authorize(self, token: IdToken) -> Shape:
        return v201.AuthorizeRequest(id_token=_id_token(token))

    def read_authorize(self, answer: v201.AuthorizeResponse) -> bool:
        return answer.id_token_info.status == "Accepted"

    def status_word(self, state: EvseState) -> str:
        return _STATUS_WORDS[state]

    def status(self, evse_number: int, connector_number: int, word: str, at: datetime) -> Shape:
        return v201.StatusNotificationRequest(
            timestamp=format_instant(at),
            connector_status=v201.ConnectorStatusEnum(word),
            evse_id=evse_number,
            connector_id=connector_number,
        )

    def station_status(self, is_operative: bool, at: datetime) -> Shape | None:
        return None

    def says(self, report: TransactionReport) -> bool:
        return True

    def transaction(self, report: TransactionReport) -> Shape:
        transaction = report.transaction
        is_start, is_end = report.phase is Phase.STARTED, report.phase is Phase.ENDED
        # A token is told where it was used: at the start, and at the end by whoever stopped with it.
        is_token_used = is_start or (is_end and transaction.stop_reason is StopReason.LOCAL)
        stopped_reason = _STOPPED_REASONS[transaction.stop_reason] if is_end and transaction.stop_reason else None
        return v201.TransactionEventRequest(
            event_type=_PHASES[report.phase],
            timestamp=format_instant(report.at),
            trigger_reason=_TRIGGER_REASONS[report.trigger],
            seq_no=report.sequence,
            offline=True if report.is_offline else None,
            transaction_info=v201.Transaction(
                transaction_id=transaction.transaction_id or "",
                charging_state=_CHARGING_STATES[report.state],
                stopped_reason=stopped_reason,
                remote_start_id=transaction.remote_start_id if is_start else None,
            ),
            evse=v201.EVSE(id=transaction.evse_number, connector_id=transaction.connector_number) if is_start else None,
            id_token=_id_token(transaction.token) if is_token_used else None,
            meter_value=[_meter_value(sample) for sample in report.samples] or None,
        )

    def read_transaction(self, report: TransactionReport, answer: v201.TransactionEventResponse) -> TransactionAnswer:
        info = answer.id_token_info
        return TransactionAnswer(None, info.status == "Accepted" if info else None)

    def meter_values(self, evse_number: int, sample: MeterSample) -> Shape:
        return v201.MeterValuesRequest(evse_id=evse_number, meter_value=[_meter_value(sample)])

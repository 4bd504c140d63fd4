"""OCPP 1.6: an EVSE is its connector, transactions get their id from the CSMS, settings are configuration keys."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from voltway.station.simulator import commands
from voltway.station.simulator.dialect import BootAnswer, Command, Dialect, TransactionAnswer
from voltway.station.simulator.dialects.values import instant, readings
from voltway.station.simulator.limits import Limit, Purpose
from voltway.station.simulator.variables import Access
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
    Triggered,
    Verdict,
)
from voltway.wire.ocpp import v16
from voltway.wire.ocpp.rpc import Subprotocol
from voltway.wire.ocpp.shapes import Shape
from voltway.wire.ocpp.times import format_instant

if TYPE_CHECKING:
    from voltway.station.simulator.station import Station

_STATUS_WORDS = {
    EvseState.AVAILABLE: v16.ChargePointStatus.Available,
    EvseState.AUTHORIZED: v16.ChargePointStatus.Preparing,
    EvseState.CONNECTED: v16.ChargePointStatus.Preparing,
    EvseState.CHARGING: v16.ChargePointStatus.Charging,
    EvseState.SUSPENDED_EV: v16.ChargePointStatus.SuspendedEV,
    EvseState.SUSPENDED_EVSE: v16.ChargePointStatus.SuspendedEVSE,
    EvseState.FINISHING: v16.ChargePointStatus.Finishing,
    EvseState.UNAVAILABLE: v16.ChargePointStatus.Unavailable,
    EvseState.FAULTED: v16.ChargePointStatus.Faulted,
}
_STOP_REASONS = {
    StopReason.LOCAL: v16.Reason.Local,
    StopReason.REMOTE: v16.Reason.Remote,
    StopReason.EV_DISCONNECTED: v16.Reason.EVDisconnected,
    StopReason.DEAUTHORIZED: v16.Reason.DeAuthorized,
    StopReason.RESET: v16.Reason.SoftReset,
    StopReason.HARD_RESET: v16.Reason.HardReset,
    StopReason.UNLOCK_COMMAND: v16.Reason.UnlockCommand,
}
_TRIGGERS = {
    v16.MessageTrigger.BootNotification: Triggered.BOOT,
    v16.MessageTrigger.Heartbeat: Triggered.HEARTBEAT,
    v16.MessageTrigger.StatusNotification: Triggered.STATUS,
    v16.MessageTrigger.MeterValues: Triggered.METER_VALUES,
}
_PURPOSES = {
    v16.ChargingProfilePurpose.ChargePointMaxProfile: Purpose.STATION_MAX,
    v16.ChargingProfilePurpose.TxDefaultProfile: Purpose.TX_DEFAULT,
    v16.ChargingProfilePurpose.TxProfile: Purpose.TX,
}
_CONFIGURATION_STATUS = {
    Verdict.ACCEPTED: v16.ConfigurationStatus.Accepted,
    Verdict.REJECTED: v16.ConfigurationStatus.Rejected,
    Verdict.READ_ONLY: v16.ConfigurationStatus.Rejected,
    Verdict.REBOOT_REQUIRED: v16.ConfigurationStatus.RebootRequired,
}


def _meter_value(sample: MeterSample) -> v16.MeterValue:
    return v16.MeterValue(
        timestamp=format_instant(sample.at),
        sampled_value=[
            v16.SampledValue(
                value=str(reading.value),
                context=v16.ReadingContext(sample.context.value),
                measurand=v16.Measurand(reading.measurand),
                phase=v16.Phase(reading.phase) if reading.phase else None,
                location=v16.Location(reading.location),
                unit=v16.UnitOfMeasure(reading.unit),
            )
            for reading in readings(sample)
        ],
    )


def _limit(profile: v16.ChargingProfile, connector_id: int) -> Limit | None:
    """A profile in our own words, or None if it is of a sort that this station does not follow."""
    schedule = profile.charging_schedule
    is_relative = profile.charging_profile_kind is v16.ChargingProfileKind.Relative
    if profile.charging_profile_kind is v16.ChargingProfileKind.Recurring:
        return None
    if not is_relative and schedule.start_schedule is None:
        return None
    return Limit(
        profile_id=profile.charging_profile_id,
        purpose=_PURPOSES[profile.charging_profile_purpose],
        stack_level=profile.stack_level,
        evse_number=connector_id,
        is_ampere=schedule.charging_rate_unit is v16.ChargingRateUnit.A,
        periods=tuple((period.start_period, period.limit) for period in schedule.charging_schedule_period),
        starts_at=None if is_relative else instant(schedule.start_schedule),
        duration_s=schedule.duration,
        valid_from=instant(profile.valid_from),
        valid_to=instant(profile.valid_to),
        transaction_id=str(profile.transaction_id) if profile.transaction_id is not None else None,
    )


def _generic(verdict: Verdict) -> v16.GenericStatus:
    return v16.GenericStatus.Accepted if verdict is Verdict.ACCEPTED else v16.GenericStatus.Rejected


def _remote_start(station: Station, call: v16.RemoteStartTransactionRequest) -> Shape:
    limit = _limit(call.charging_profile, call.connector_id or 0) if call.charging_profile else None
    if limit is None and call.charging_profile is not None:
        verdict = Verdict.REJECTED
    else:
        verdict = commands.remote_start(station, IdToken(call.id_tag), call.connector_id, limit=limit)
    return v16.RemoteStartTransactionResponse(status=_generic(verdict))


def _remote_stop(station: Station, call: v16.RemoteStopTransactionRequest) -> Shape:
    verdict = commands.remote_stop(station, str(call.transaction_id))
    return v16.RemoteStopTransactionResponse(status=_generic(verdict))


def _reset(station: Station, call: v16.ResetRequest) -> Shape:
    is_hard = call.type is v16.ResetType.Hard
    verdict = commands.reset_hard(station) if is_hard else commands.reset(station, is_immediate=True)
    return v16.ResetResponse(status=_generic(verdict))


def _unlock(station: Station, call: v16.UnlockConnectorRequest) -> Shape:
    verdict = commands.unlock(station, call.connector_id, 1, stops_transaction=True)
    status = v16.UnlockStatus.Unlocked if verdict is Verdict.ACCEPTED else v16.UnlockStatus.NotSupported
    return v16.UnlockConnectorResponse(status=status)


def _change_availability(station: Station, call: v16.ChangeAvailabilityRequest) -> Shape:
    is_operative = call.type is v16.AvailabilityType.Operative
    verdict = commands.change_availability(station, call.connector_id, is_operative)
    return v16.ChangeAvailabilityResponse(status=v16.AvailabilityStatus(verdict.name.capitalize()))


def _trigger(station: Station, call: v16.TriggerMessageRequest) -> Shape:
    what = _TRIGGERS.get(call.requested_message)
    if what is None:
        return v16.TriggerMessageResponse(status=v16.TriggerMessageStatus.NotImplemented)
    verdict = commands.trigger(station, what, call.connector_id or None)
    return v16.TriggerMessageResponse(status=v16.TriggerMessageStatus(verdict.name.capitalize()))


def _get_configuration(station: Station, call: v16.GetConfigurationRequest) -> Shape:
    known = {
        variable.key.lower(): variable for variable in station.settings.configuration_keys() if variable.key is not None
    }
    asked = [key for key in call.key or () if key] or [variable.key for variable in known.values() if variable.key]
    found = [known[key.lower()] for key in asked if key.lower() in known]
    return v16.GetConfigurationResponse(
        configuration_key=[
            v16.KeyValue(
                key=variable.key or "",
                readonly=variable.access is Access.READ_ONLY,
                value=None if variable.access is Access.WRITE_ONLY else station.settings.text(variable),
            )
            for variable in found
        ],
        unknown_key=[key for key in asked if key.lower() not in known] or None,
    )


def _change_configuration(station: Station, call: v16.ChangeConfigurationRequest) -> Shape:
    wanted = call.key.lower()
    variable = next(
        (one for one in station.settings.configuration_keys() if one.key and one.key.lower() == wanted), None
    )
    if variable is None:
        return v16.ChangeConfigurationResponse(status=v16.ConfigurationStatus.NotSupported)
    value = call.value
    if variable.name == "password":
        # OCPP 1.6 security extension §2: AuthorizationKey is written in hexadecimal.
        try:
            value = bytes.fromhex(value).decode()
        except ValueError:
            return v16.ChangeConfigurationResponse(status=v16.ConfigurationStatus.Rejected)
    verdict = commands.write_variable(station, variable, value)
    return v16.ChangeConfigurationResponse(status=_CONFIGURATION_STATUS[verdict])


def _clear_cache(station: Station, call: v16.ClearCacheRequest) -> Shape:
    return v16.ClearCacheResponse(status=_generic(commands.clear_cache(station)))


def _data_transfer(station: Station, call: v16.DataTransferRequest) -> Shape:
    return v16.DataTransferResponse(status=v16.DataTransferStatus.UnknownVendorId)


def _set_charging_profile(station: Station, call: v16.SetChargingProfileRequest) -> Shape:
    limit = _limit(call.cs_charging_profiles, call.connector_id)
    verdict = commands.set_limit(station, limit) if limit else Verdict.REJECTED
    status = v16.ChargingProfileStatus.Accepted if verdict is Verdict.ACCEPTED else v16.ChargingProfileStatus.Rejected
    return v16.SetChargingProfileResponse(status=status)


def _clear_charging_profile(station: Station, call: v16.ClearChargingProfileRequest) -> Shape:
    purpose = _PURPOSES[call.charging_profile_purpose] if call.charging_profile_purpose else None

    def is_meant(limit: Limit) -> bool:
        if call.id is not None:
            return limit.profile_id == call.id
        return (
            call.connector_id in (None, limit.evse_number)
            and purpose in (None, limit.purpose)
            and call.stack_level in (None, limit.stack_level)
        )

    verdict = commands.clear_limits(station, is_meant)
    return v16.ClearChargingProfileResponse(status=v16.ClearChargingProfileStatus(verdict.name.capitalize()))


def _get_composite_schedule(station: Station, call: v16.GetCompositeScheduleRequest) -> Shape:
    told = commands.composite(station, call.connector_id, call.duration, call.charging_rate_unit)
    if told is None:
        return v16.GetCompositeScheduleResponse(status=v16.GenericStatus.Rejected)
    window, unit, steps = told
    periods = [
        v16.ChargingSchedulePeriod(start_period=one.start_s, limit=one.limit, number_phases=one.number_phases)
        for one in steps
        if one.limit is not None
    ]
    return v16.GetCompositeScheduleResponse(
        status=v16.GenericStatus.Accepted,
        connector_id=call.connector_id,
        schedule_start=format_instant(window.starts_at),
        charging_schedule=v16.ChargingSchedule(
            duration=call.duration, charging_rate_unit=v16.ChargingRateUnit(unit), charging_schedule_period=periods
        ),
    )


_COMMANDS: dict[str, Command] = {
    "ChangeAvailability": _change_availability,
    "ChangeConfiguration": _change_configuration,
    "ClearCache": _clear_cache,
    "ClearChargingProfile": _clear_charging_profile,
    "DataTransfer": _data_transfer,
    "GetCompositeSchedule": _get_composite_schedule,
    "GetConfiguration": _get_configuration,
    "RemoteStartTransaction": _remote_start,
    "RemoteStopTransaction": _remote_stop,
    "Reset": _reset,
    "SetChargingProfile": _set_charging_profile,
    "TriggerMessage": _trigger,
    "UnlockConnector": _unlock,
}


class Ocpp16(Dialect):
    """Connector n is EVSE n, connector 0 the station."""

    subprotocol: ClassVar[Subprotocol] = "ocpp1.6"
    commands = _COMMANDS
    gives_transaction_ids = False

    def boot(self, spec: StationSpec, reason: BootReason) -> Shape:
        return v16.BootNotificationRequest(
            charge_point_vendor=spec.vendor[:20],
            charge_point_model=spec.model[:20],
            charge_point_serial_number=spec.serial_number,
            firmware_version=spec.firmware_version,
        )

    def read_boot(self, answer: v16.BootNotificationResponse) -> BootAnswer:
        return BootAnswer(Registration(answer.status.value), answer.interval)

    def heartbeat(self) -> Shape:
        return v16.HeartbeatRequest()

    def authorize(self, token: IdToken) -> Shape:
        return v16.AuthorizeRequest(id_tag=token.value)

    def read_authorize(self, answer: v16.AuthorizeResponse) -> bool:
        return answer.id_tag_info.status is v16.AuthorizationStatus.Accepted

    def status_word(self, state: EvseState) -> str:
        return _STATUS_WORDS[state]

    def status(self, evse_number: int, connector_number: int, word: str, at: datetime) -> Shape:
        return v16.StatusNotificationRequest(
            connector_id=evse_number,
            error_code=v16.ChargePointErrorCode.NoError,
            status=v16.ChargePointStatus(word),
            timestamp=format_instant(at),
        )

    def station_status(self, is_operative: bool, at: datetime) -> Shape:
        status = v16.ChargePointStatus.Available if is_operative else v16.ChargePointStatus.Unavailable
        return self.status(0, 0, status, at)

    def says(self, report: TransactionReport) -> bool:
        return report.phase is not Phase.UPDATED or bool(report.samples)

    def transaction(self, report: TransactionReport) -> Shape:
        transaction = report.transaction
        transaction_id = int(transaction.transaction_id) if transaction.transaction_id is not None else None
        match report.phase:
            case Phase.STARTED:
                return v16.StartTransactionRequest(
                    connector_id=transaction.evse_number,
                    id_tag=transaction.token.value,
                    meter_start=transaction.meter_start_wh,
                    timestamp=format_instant(report.at),
                )
            case Phase.UPDATED:
                return v16.MeterValuesRequest(
                    connector_id=transaction.evse_number,
                    transaction_id=transaction_id,
                    meter_value=[_meter_value(sample) for sample in report.samples],
                )
            case Phase.ENDED:
                # The queue keeps the order, so the id is known; a CSMS that never gave one gets what stations say then.
                return v16.StopTransactionRequest(
                    transaction_id=transaction_id if transaction_id is not None else -1,
                    meter_stop=transaction.meter_stop_wh or transaction.meter_start_wh,
                    timestamp=format_instant(report.at),
                    id_tag=transaction.token.value if transaction.stop_reason is StopReason.LOCAL else None,
                    reason=_STOP_REASONS[transaction.stop_reason or StopReason.LOCAL],
                )

    def read_transaction(self, report: TransactionReport, answer: Shape) -> TransactionAnswer:
        if isinstance(answer, v16.StartTransactionResponse):
            is_accepted = answer.id_tag_info.status is v16.AuthorizationStatus.Accepted
            return TransactionAnswer(str(answer.transaction_id), is_accepted)
        return TransactionAnswer()

    def meter_values(self, evse_number: int, sample: MeterSample) -> Shape:
        return v16.MeterValuesRequest(connector_id=evse_number, meter_value=[_meter_value(sample)])

"""OCPP 1.6: an EVSE is its connector, transactions get their id from the CSMS, settings are configuration keys."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from voltway.charging.profiles import Recurrency
from voltway.station.ocpp import commands
from voltway.station.ocpp.dialect import BootAnswer, Command, Dialect, TransactionAnswer
from voltway.station.ocpp.dialects import certificates
from voltway.station.ocpp.dialects.values import (
    SIGNED_ENCODING,
    SIGNING_METHOD,
    instant,
    readings,
    signed_words,
    told_instant,
)
from voltway.station.ocpp.limits import Limit, Purpose
from voltway.station.ocpp.monitors import Noticed
from voltway.station.ocpp.ordered import FirmwareOrder, LogOrder
from voltway.station.ocpp.tokens import Known, ListUpdate
from voltway.station.ocpp.variables import Access
from voltway.station.ocpp.vocabulary import (
    BootReason,
    ChargingNeeds,
    EvseState,
    IdToken,
    MeterSample,
    Phase,
    Registration,
    Reservation,
    StationSpec,
    StopReason,
    TransactionReport,
    Triggered,
    Trouble,
    Verdict,
)
from voltway.wire.ocpp import v16
from voltway.wire.ocpp.rpc import Subprotocol
from voltway.wire.ocpp.shapes import Shape
from voltway.wire.ocpp.times import format_instant

if TYPE_CHECKING:
    from voltway.station.ocpp.station import Station

_STATUS_WORDS = {
    EvseState.AVAILABLE: v16.ChargePointStatus.Available,
    EvseState.RESERVED: v16.ChargePointStatus.Reserved,
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
    StopReason.POWER_LOSS: v16.Reason.PowerLoss,
    StopReason.REBOOT: v16.Reason.Reboot,
}
_TRIGGERS = {
    v16.MessageTrigger.BootNotification: Triggered.BOOT,
    v16.MessageTrigger.Heartbeat: Triggered.HEARTBEAT,
    v16.MessageTrigger.StatusNotification: Triggered.STATUS,
    v16.MessageTrigger.MeterValues: Triggered.METER_VALUES,
}
_EXTENDED_TRIGGERS = {
    "BootNotification": Triggered.BOOT,
    "Heartbeat": Triggered.HEARTBEAT,
    "StatusNotification": Triggered.STATUS,
    "MeterValues": Triggered.METER_VALUES,
    "SignChargePointCertificate": Triggered.SIGN_CERTIFICATE,
}
_TRIGGER_STATUS = {
    Verdict.ACCEPTED: v16.TriggerMessageStatus.Accepted,
    Verdict.REJECTED: v16.TriggerMessageStatus.Rejected,
    Verdict.NOT_IMPLEMENTED: v16.TriggerMessageStatus.NotImplemented,
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


def _signed_value(sample: MeterSample) -> v16.MeterValue | None:
    """A signed register: JSON around it in a value that is no number (OCA, Signed Meter Values in OCPP 1.0, 2.1)."""
    if sample.sealed is None:
        return None
    data, key = signed_words(sample.sealed)
    words = {
        "signedMeterData": data,
        "signingMethod": SIGNING_METHOD,
        "encodingMethod": SIGNED_ENCODING,
        "publicKey": key,
    }
    return v16.MeterValue(
        timestamp=format_instant(sample.at),
        sampled_value=[
            v16.SampledValue(
                value=json.dumps(words),
                context=v16.ReadingContext(sample.context.value),
                format=v16.ValueFormat.SignedData,
                measurand=v16.Measurand("Energy.Active.Import.Register"),
                location=v16.Location.Outlet,
                unit=v16.UnitOfMeasure.Wh,
            )
        ],
    )


def _limit(profile: v16.ChargingProfile, connector_id: int) -> Limit | None:
    """A profile in our own words, or None if it is of a sort that this station does not follow."""
    schedule = profile.charging_schedule
    is_relative = profile.charging_profile_kind is v16.ChargingProfileKind.Relative
    is_recurring = profile.charging_profile_kind is v16.ChargingProfileKind.Recurring
    if is_recurring is not bool(profile.recurrency_kind):
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
        number_phases=tuple(period.number_phases for period in schedule.charging_schedule_period),
        starts_at=None if is_relative else instant(schedule.start_schedule),
        duration_s=schedule.duration,
        valid_from=instant(profile.valid_from),
        valid_to=instant(profile.valid_to),
        transaction_id=str(profile.transaction_id) if profile.transaction_id is not None else None,
        recurrency=Recurrency(profile.recurrency_kind) if profile.recurrency_kind else None,
    )


def _signed_data(report: TransactionReport) -> list[v16.MeterValue]:
    """The signed begin and end: there is no other place for them, a start carries no values."""
    began = report.transaction.began
    values = [_signed_value(sample) for sample in ((began,) if began else ()) + report.samples]
    return [value for value in values if value is not None]


def _known(info: v16.IdTagInfo) -> Known:
    return Known(info.status.value, told_instant(info.expiry_date), info.parent_id_tag)


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


_LIST_STATUS = {
    ListUpdate.ACCEPTED: v16.UpdateStatus.Accepted,
    ListUpdate.FAILED: v16.UpdateStatus.Failed,
    ListUpdate.VERSION_MISMATCH: v16.UpdateStatus.VersionMismatch,
}


def _send_local_list(station: Station, call: v16.SendLocalListRequest) -> Shape:
    entries = [
        (entry.id_tag, _known(entry.id_tag_info) if entry.id_tag_info else None)
        for entry in call.local_authorization_list or ()
    ]
    is_full = call.update_type is v16.UpdateType.Full
    return v16.SendLocalListResponse(
        status=_LIST_STATUS[commands.send_local_list(station, call.list_version, entries, is_full=is_full)]
    )


def _get_list_version(station: Station, call: v16.GetLocalListVersionRequest) -> Shape:
    return v16.GetLocalListVersionResponse(list_version=station.tokens.version)


def _reserve_now(station: Station, call: v16.ReserveNowRequest) -> Shape:
    until, token = told_instant(call.expiry_date), IdToken(call.id_tag)
    word = "Rejected"
    if until is not None:
        wanted = Reservation(call.reservation_id, token, call.parent_id_tag, until)
        word = commands.reserve(station, call.connector_id, wanted)
    return v16.ReserveNowResponse(status=v16.ReservationStatus(word))


def _cancel_reservation(station: Station, call: v16.CancelReservationRequest) -> Shape:
    return v16.CancelReservationResponse(status=_generic(commands.cancel_reservation(station, call.reservation_id)))


def _get_diagnostics(station: Station, call: v16.GetDiagnosticsRequest) -> Shape:
    order = LogOrder(call.location, call.retries or 0, call.retry_interval or 0)
    _, name = commands.send_log(station, order, None)
    return v16.GetDiagnosticsResponse(file_name=name or None)


def _get_log(station: Station, call: v16.GetLogRequest) -> Shape:
    order = LogOrder(call.log.remote_location, call.retries or 0, call.retry_interval or 0)
    word, name = commands.send_log(station, order, call.request_id)
    return v16.GetLogResponse(status=v16.LogStatus(word), filename=name or None)


def _update_firmware(station: Station, call: v16.UpdateFirmwareRequest) -> Shape:
    order = FirmwareOrder(call.location, told_instant(call.retrieve_date))
    commands.update_firmware(station, replace(order, retries=call.retries or 0), None)
    return v16.UpdateFirmwareResponse()


def _signed_update(station: Station, call: v16.SignedUpdateFirmwareRequest) -> Shape:
    told = call.firmware
    order = FirmwareOrder(
        told.location,
        told_instant(told.retrieve_date_time),
        told.signing_certificate,
        told.signature,
        call.retries or 0,
        call.retry_interval or 0,
    )
    word = commands.update_firmware(station, order, call.request_id)
    return v16.SignedUpdateFirmwareResponse(status=v16.UpdateFirmwareStatus(word))


def _certificate_signed(station: Station, call: v16.CertificateSignedRequest) -> Shape:
    return v16.CertificateSignedResponse(status=_generic(commands.take_certificate(station, call.certificate_chain)))


def _extended_trigger(station: Station, call: v16.ExtendedTriggerMessageRequest) -> Shape:
    what = _EXTENDED_TRIGGERS.get(str(call.requested_message))
    if what is None:
        return v16.ExtendedTriggerMessageResponse(status=v16.TriggerMessageStatus.NotImplemented)
    verdict = commands.trigger(station, what, call.connector_id or None)
    return v16.ExtendedTriggerMessageResponse(status=_TRIGGER_STATUS[verdict])


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
    "CancelReservation": _cancel_reservation,
    "CertificateSigned": _certificate_signed,
    "ChangeAvailability": _change_availability,
    "ChangeConfiguration": _change_configuration,
    "ClearCache": _clear_cache,
    "ClearChargingProfile": _clear_charging_profile,
    "DeleteCertificate": certificates.delete_16,
    "GetInstalledCertificateIds": certificates.installed_ids_16,
    "InstallCertificate": certificates.install_16,
    "DataTransfer": _data_transfer,
    "ExtendedTriggerMessage": _extended_trigger,
    "GetCompositeSchedule": _get_composite_schedule,
    "GetConfiguration": _get_configuration,
    "GetDiagnostics": _get_diagnostics,
    "GetLocalListVersion": _get_list_version,
    "GetLog": _get_log,
    "RemoteStartTransaction": _remote_start,
    "RemoteStopTransaction": _remote_stop,
    "ReserveNow": _reserve_now,
    "Reset": _reset,
    "SignedUpdateFirmware": _signed_update,
    "UpdateFirmware": _update_firmware,
    "SendLocalList": _send_local_list,
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
        return BootAnswer(Registration(answer.status.value), answer.interval, told_instant(answer.current_time))

    def heartbeat(self) -> Shape:
        return v16.HeartbeatRequest()

    def read_heartbeat(self, answer: v16.HeartbeatResponse) -> datetime | None:
        return told_instant(answer.current_time)

    def authorize(self, token: IdToken) -> Shape:
        return v16.AuthorizeRequest(id_tag=token.value)

    def read_authorize(self, answer: v16.AuthorizeResponse) -> Known:
        return _known(answer.id_tag_info)

    def status_word(self, state: EvseState) -> str:
        return _STATUS_WORDS[state]

    def status(
        self, evse_number: int, connector_number: int, word: str, at: datetime, trouble: Trouble | None = None
    ) -> Shape:
        return v16.StatusNotificationRequest(
            connector_id=evse_number,
            error_code=v16.ChargePointErrorCode(trouble.code_16 if trouble else "NoError"),
            status=v16.ChargePointStatus(word),
            info=trouble.name if trouble else None,
            timestamp=format_instant(at),
            vendor_error_code=f"MREC{trouble.mrec:02}" if trouble and trouble.mrec else None,
        )

    def trouble(self, evse_number: int, trouble: Trouble, is_over: bool, at: datetime, event_id: int) -> Shape | None:
        return None

    def monitored(self, station: Station, noticed: list[Noticed], at: datetime, first_id: int) -> Shape | None:
        return None

    def log_status(self, word: str, request_id: int | None) -> Shape:
        if request_id is None:
            old = "UploadFailed" if word == "UploadFailure" else word
            return v16.DiagnosticsStatusNotificationRequest(status=v16.DiagnosticsStatus(old))
        return v16.LogStatusNotificationRequest(status=v16.UploadLogStatus(word), request_id=request_id)

    def firmware_status(self, word: str, request_id: int | None) -> Shape | None:
        if request_id is not None:
            status = v16.SignedFirmwareStatus(word)
            return v16.SignedFirmwareStatusNotificationRequest(status=status, request_id=request_id)
        if word not in set(v16.FirmwareStatus):
            return None
        return v16.FirmwareStatusNotificationRequest(status=v16.FirmwareStatus(word))

    def sign_certificate(self, request: str) -> Shape:
        return v16.SignCertificateRequest(csr=request)

    def charging_needs(self, evse_number: int, needs: ChargingNeeds) -> Shape | None:
        return None

    def reservation_ended(self, reservation_number: int) -> Shape | None:
        return None

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
                    reservation_id=transaction.reservation_number,
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
                    transaction_data=_signed_data(report) or None,
                )

    def read_transaction(self, report: TransactionReport, answer: Shape) -> TransactionAnswer:
        if isinstance(answer, v16.StartTransactionResponse):
            return TransactionAnswer(str(answer.transaction_id), _known(answer.id_tag_info))
        if isinstance(answer, v16.StopTransactionResponse) and answer.id_tag_info is not None:
            return TransactionAnswer(None, _known(answer.id_tag_info))
        return TransactionAnswer()

    def meter_values(self, evse_number: int, sample: MeterSample) -> Shape:
        return v16.MeterValuesRequest(connector_id=evse_number, meter_value=[_meter_value(sample)])

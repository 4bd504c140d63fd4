"""OCPP 2.0.1: EVSEs with connectors, the station names its transactions, settings are the device model.

What is said here about requests of the CSMS holds for 2.1's as well: words are compared by value, never by identity.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from voltway.charging.profiles import AC_VOLTAGE_V, DC_VOLTAGE_V
from voltway.station.ocpp import commands
from voltway.station.ocpp.dialect import BootAnswer, Command, Dialect, TransactionAnswer
from voltway.station.ocpp.dialects import certificates, device_model, displayed, monitoring
from voltway.station.ocpp.dialects.profiles2 import PURPOSES, read_limit
from voltway.station.ocpp.dialects.values import (
    SIGNED_ENCODING,
    SIGNING_METHOD,
    readings,
    signed_words,
    told_instant,
)
from voltway.station.ocpp.limits import Limit, Purpose
from voltway.station.ocpp.monitors import Noticed
from voltway.station.ocpp.networks import Address
from voltway.station.ocpp.ordered import FirmwareOrder, LogOrder
from voltway.station.ocpp.tokens import Known, ListUpdate
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
    Trigger,
    Triggered,
    Trouble,
    Verdict,
)
from voltway.wire.ocpp import v201
from voltway.wire.ocpp.rpc import Subprotocol
from voltway.wire.ocpp.shapes import Shape
from voltway.wire.ocpp.times import format_instant

if TYPE_CHECKING:
    from voltway.station.ocpp.station import Station

_BOOT_REASONS = {
    BootReason.POWER_UP: v201.BootReasonEnum.PowerUp,
    BootReason.REMOTE_RESET: v201.BootReasonEnum.RemoteReset,
    BootReason.TRIGGERED: v201.BootReasonEnum.Triggered,
}
_OCCUPIED = v201.ConnectorStatusEnum.Occupied
_STATUS_WORDS = {
    EvseState.AVAILABLE: v201.ConnectorStatusEnum.Available,
    EvseState.RESERVED: v201.ConnectorStatusEnum.Reserved,
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
    EvseState.FAULTED: v201.ChargingStateEnum.SuspendedEVSE,
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
    Trigger.ABNORMAL_CONDITION: v201.TriggerReasonEnum.AbnormalCondition,
    Trigger.METER_VALUE_CLOCK: v201.TriggerReasonEnum.MeterValueClock,
    # 2.0.1 has no word for it.
    Trigger.RESUMED: v201.TriggerReasonEnum.ChargingStateChanged,
}
_STOPPED_REASONS = {
    StopReason.LOCAL: v201.ReasonEnum.Local,
    StopReason.REMOTE: v201.ReasonEnum.Remote,
    StopReason.EV_DISCONNECTED: v201.ReasonEnum.EVDisconnected,
    StopReason.DEAUTHORIZED: v201.ReasonEnum.DeAuthorized,
    StopReason.RESET: v201.ReasonEnum.ImmediateReset,
    StopReason.HARD_RESET: v201.ReasonEnum.ImmediateReset,
    StopReason.UNLOCK_COMMAND: v201.ReasonEnum.Other,
    StopReason.POWER_LOSS: v201.ReasonEnum.PowerLoss,
    StopReason.REBOOT: v201.ReasonEnum.Reboot,
}
_TRIGGERED = {
    "BootNotification": Triggered.BOOT,
    "Heartbeat": Triggered.HEARTBEAT,
    "StatusNotification": Triggered.STATUS,
    "MeterValues": Triggered.METER_VALUES,
    "TransactionEvent": Triggered.TRANSACTION,
    "SignChargingStationCertificate": Triggered.SIGN_CERTIFICATE,
}
_TRANSFERS = {0: "DC", 1: "AC_single_phase", 2: "AC_two_phase", 3: "AC_three_phase"}
SCHEDULE_TUPLES_MAX = 12
_UNLOCK_STATUS = {
    Verdict.ACCEPTED: v201.UnlockStatusEnum.Unlocked,
    Verdict.BUSY: v201.UnlockStatusEnum.OngoingAuthorizedTransaction,
    Verdict.UNKNOWN: v201.UnlockStatusEnum.UnknownConnector,
}


def _signed(sample: MeterSample) -> v201.SignedMeterValue | None:
    if sample.sealed is None:
        return None
    data, key = signed_words(sample.sealed)
    return v201.SignedMeterValue(
        signed_meter_data=data, signing_method=SIGNING_METHOD, encoding_method=SIGNED_ENCODING, public_key=key
    )


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
                # It is the register that is signed.
                signed_meter_value=_signed(sample) if reading.unit == "Wh" else None,
            )
            for reading in readings(sample)
        ],
    )


def _known(info: v201.IdTokenInfo) -> Known:
    group = info.group_id_token.id_token if info.group_id_token else None
    return Known(str(info.status), told_instant(info.cache_expiry_date_time), group)


def _id_token(token: IdToken) -> v201.IdToken:
    return v201.IdToken(id_token=token.value, type=v201.IdTokenEnum(token.kind))


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


def _set_network(station: Station, call: v201.SetNetworkProfileRequest) -> Shape:
    told, word = call.connection_data, "Rejected"
    # OCPP 2.1 may bring a name and a password: they are set in other ways here. Which version is spoken is agreed at each handshake.
    brings_names = getattr(told, "identity", None) or getattr(told, "basic_auth_password", None)
    if told.ocpp_transport == "JSON" and told.apn is None and told.vpn is None and not brings_names:
        address = Address(
            url=told.ocpp_csms_url, security_profile=told.security_profile, message_timeout_s=told.message_timeout
        )
        word = commands.set_network(station, call.configuration_slot, address)
    return v201.SetNetworkProfileResponse(status=v201.SetNetworkProfileStatusEnum(word))


def _change_availability(station: Station, call: v201.ChangeAvailabilityRequest) -> Shape:
    evse_number = call.evse.id if call.evse else 0
    verdict = commands.change_availability(station, evse_number, call.operational_status == "Operative")
    return v201.ChangeAvailabilityResponse(status=v201.ChangeAvailabilityStatusEnum(verdict.name.capitalize()))


def _trigger(station: Station, call: v201.TriggerMessageRequest) -> Shape:
    what = _TRIGGERED.get(call.requested_message)
    if what is None:
        return v201.TriggerMessageResponse(status=v201.TriggerMessageStatusEnum.NotImplemented)
    verdict = commands.trigger(station, what, call.evse.id if call.evse else None)
    word = "NotImplemented" if verdict is Verdict.NOT_IMPLEMENTED else verdict.name.capitalize()
    return v201.TriggerMessageResponse(status=v201.TriggerMessageStatusEnum(word))


def _clear_cache(station: Station, call: v201.ClearCacheRequest) -> Shape:
    commands.clear_cache(station)
    return v201.ClearCacheResponse(status=v201.ClearCacheStatusEnum.Accepted)


_LIST_STATUS = {
    ListUpdate.ACCEPTED: v201.SendLocalListStatusEnum.Accepted,
    ListUpdate.FAILED: v201.SendLocalListStatusEnum.Failed,
    ListUpdate.VERSION_MISMATCH: v201.SendLocalListStatusEnum.VersionMismatch,
}


def _send_local_list(station: Station, call: v201.SendLocalListRequest) -> Shape:
    entries = [
        (entry.id_token.id_token, _known(entry.id_token_info) if entry.id_token_info else None)
        for entry in call.local_authorization_list or ()
    ]
    is_full = call.update_type == "Full"
    return v201.SendLocalListResponse(
        status=_LIST_STATUS[commands.send_local_list(station, call.version_number, entries, is_full=is_full)]
    )


def _get_list_version(station: Station, call: v201.GetLocalListVersionRequest) -> Shape:
    return v201.GetLocalListVersionResponse(version_number=station.tokens.version)


def _reserve_now(station: Station, call: v201.ReserveNowRequest) -> Shape:
    until = told_instant(call.expiry_date_time)
    word = "Rejected"
    if until is not None:
        token = IdToken(call.id_token.id_token, str(call.id_token.type))
        group = call.group_id_token.id_token if call.group_id_token else None
        word = commands.reserve(station, call.evse_id or 0, Reservation(call.id, token, group, until))
    return v201.ReserveNowResponse(status=v201.ReserveNowStatusEnum(word))


def _cancel_reservation(station: Station, call: v201.CancelReservationRequest) -> Shape:
    verdict = commands.cancel_reservation(station, call.reservation_id)
    return v201.CancelReservationResponse(status=v201.CancelReservationStatusEnum(verdict.name.capitalize()))


def _cost_updated(station: Station, call: v201.CostUpdatedRequest) -> Shape:
    commands.show_cost(station, call.transaction_id, Decimal(str(call.total_cost)))
    return v201.CostUpdatedResponse()


def _get_log(station: Station, call: v201.GetLogRequest) -> Shape:
    order = LogOrder(call.log.remote_location, call.retries or 0, call.retry_interval or 0)
    word, name = commands.send_log(station, order, call.request_id)
    return v201.GetLogResponse(status=v201.LogStatusEnum(word), filename=name or None)


def _update_firmware(station: Station, call: v201.UpdateFirmwareRequest) -> Shape:
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
    return v201.UpdateFirmwareResponse(status=v201.UpdateFirmwareStatusEnum(word))


def _certificate_signed(station: Station, call: v201.CertificateSignedRequest) -> Shape:
    verdict = Verdict.REJECTED
    if call.certificate_type in (None, "ChargingStationCertificate"):
        verdict = commands.take_certificate(station, call.certificate_chain)
    return v201.CertificateSignedResponse(status=v201.CertificateSignedStatusEnum(verdict.name.capitalize()))


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
            and (purpose is None or PURPOSES.get(purpose) is limit.purpose)
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
    "CancelReservation": _cancel_reservation,
    "CostUpdated": _cost_updated,
    "CertificateSigned": _certificate_signed,
    "ChangeAvailability": _change_availability,
    "ClearCache": _clear_cache,
    "ClearDisplayMessage": displayed.clear_message,
    "ClearChargingProfile": _clear_charging_profile,
    "ClearVariableMonitoring": monitoring.clear_monitors,
    "DataTransfer": _data_transfer,
    "DeleteCertificate": certificates.delete,
    "GetBaseReport": device_model.get_base_report,
    "GetInstalledCertificateIds": certificates.installed_ids,
    "GetDisplayMessages": displayed.get_messages,
    "GetCompositeSchedule": _get_composite_schedule,
    "GetLog": _get_log,
    "GetLocalListVersion": _get_list_version,
    "GetMonitoringReport": partial(monitoring.report, v201),
    "GetTransactionStatus": _get_transaction_status,
    "GetVariables": device_model.get_variables,
    "InstallCertificate": certificates.install,
    "RequestStartTransaction": _request_start,
    "RequestStopTransaction": _request_stop,
    "ReserveNow": _reserve_now,
    "Reset": _reset,
    "SendLocalList": _send_local_list,
    "SetChargingProfile": _set_charging_profile,
    "SetDisplayMessage": displayed.set_message,
    "SetMonitoringBase": monitoring.set_base,
    "SetMonitoringLevel": monitoring.set_level,
    "SetNetworkProfile": _set_network,
    "SetVariableMonitoring": monitoring.set_monitors,
    "SetVariables": device_model.set_variables,
    "TriggerMessage": _trigger,
    "UnlockConnector": _unlock,
    "UpdateFirmware": _update_firmware,
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
        return BootAnswer(Registration(answer.status.value), answer.interval, told_instant(answer.current_time))

    def heartbeat(self) -> Shape:
        return v201.HeartbeatRequest()

    def read_heartbeat(self, answer: v201.HeartbeatResponse) -> datetime | None:
        return told_instant(answer.current_time)

    def authorize(self, token: IdToken) -> Shape:
        return v201.AuthorizeRequest(id_token=_id_token(token))

    def read_authorize(self, answer: v201.AuthorizeResponse) -> Known:
        return _known(answer.id_token_info)

    def status_word(self, state: EvseState) -> str:
        return _STATUS_WORDS[state]

    def status(
        self, evse_number: int, connector_number: int, word: str, at: datetime, trouble: Trouble | None = None
    ) -> Shape:
        return v201.StatusNotificationRequest(
            timestamp=format_instant(at),
            connector_status=v201.ConnectorStatusEnum(word),
            evse_id=evse_number,
            connector_id=connector_number,
        )

    def trouble(self, evse_number: int, trouble: Trouble, is_over: bool, at: datetime, event_id: int) -> Shape | None:
        event = v201.EventData(
            event_id=event_id,
            timestamp=format_instant(at),
            trigger=v201.EventTriggerEnum.Alerting,
            actual_value="false" if is_over else "true",
            tech_code=f"MREC{trouble.mrec:02}" if trouble.mrec else None,
            tech_info=trouble.name,
            cleared=is_over,
            component=v201.Component(name=trouble.component, evse=v201.EVSE(id=evse_number)),
            event_notification_type=v201.EventNotificationEnum.HardWiredNotification,
            variable=v201.Variable(name=trouble.variable),
        )
        return v201.NotifyEventRequest(generated_at=format_instant(at), seq_no=0, event_data=[event])

    def monitored(self, station: Station, noticed: list[Noticed], at: datetime, first_id: int) -> Shape | None:
        return monitoring.events(station, noticed, at, first_id)

    def log_status(self, word: str, request_id: int | None) -> Shape:
        return v201.LogStatusNotificationRequest(status=v201.UploadLogStatusEnum(word), request_id=request_id)

    def firmware_status(self, word: str, request_id: int | None) -> Shape | None:
        return v201.FirmwareStatusNotificationRequest(status=v201.FirmwareStatusEnum(word), request_id=request_id)

    def sign_certificate(self, request: str) -> Shape:
        use = v201.CertificateSigningUseEnum.ChargingStationCertificate
        return v201.SignCertificateRequest(csr=request, certificate_type=use)

    def charging_needs(self, evse_number: int, needs: ChargingNeeds) -> Shape | None:
        """Over two phases a car says that it wants them; currents and energies are whole numbers here."""
        transfer = v201.EnergyTransferModeEnum(_TRANSFERS[needs.phases])
        ac = dc = None
        if needs.phases:
            ac = v201.ACChargingParameters(
                energy_amount=needs.energy_wh,
                ev_min_current=round(needs.current_a_min),
                ev_max_current=round(needs.current_a_max),
                ev_max_voltage=round(AC_VOLTAGE_V),
            )
        else:
            dc = v201.DCChargingParameters(
                ev_max_current=round(needs.power_w_max / DC_VOLTAGE_V),
                ev_max_voltage=round(DC_VOLTAGE_V),
                energy_amount=needs.energy_wh,
                ev_max_power=round(needs.power_w_max),
                state_of_charge=int(needs.soc_percent),
                ev_energy_capacity=needs.battery_wh,
            )
        return v201.NotifyEVChargingNeedsRequest(
            evse_id=evse_number,
            max_schedule_tuples=SCHEDULE_TUPLES_MAX,
            charging_needs=v201.ChargingNeeds(
                requested_energy_transfer=transfer,
                departure_time=format_instant(needs.departs_at),
                ac_charging_parameters=ac,
                dc_charging_parameters=dc,
            ),
        )

    def reservation_ended(self, reservation_number: int) -> Shape | None:
        return v201.ReservationStatusUpdateRequest(
            reservation_id=reservation_number,
            reservation_update_status=v201.ReservationUpdateStatusEnum.Expired,
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
            reservation_id=transaction.reservation_number if is_start else None,
            transaction_info=v201.Transaction(
                transaction_id=transaction.transaction_id or transaction.key,
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
        return TransactionAnswer(None, _known(info) if info else None)

    def meter_values(self, evse_number: int, sample: MeterSample) -> Shape:
        return v201.MeterValuesRequest(evse_id=evse_number, meter_value=[_meter_value(sample)])

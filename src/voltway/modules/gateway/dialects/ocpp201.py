"""OCPP 2.0.1: what a station's messages mean. Its commands are in ocpp201_commands.py; 2.1 takes these rows and changes some.

The functions read the fields that 2.0.1 and 2.1 share, and answer with 2.0.1's structs, which say the same in 2.1.
"""

from __future__ import annotations

from typing import Any

from voltway.contracts.security import AuthorizeContract, CertificateQuery
from voltway.contracts.station_link import (
    Authorization,
    BootReceipt,
    Phase,
    ReportBoot,
    ReportStatus,
    ReportTransaction,
    ReportVariables,
    TransactionReceipt,
    VariableValue,
)
from voltway.contracts.users import AuthorizeTokens
from voltway.contracts.vocabulary import AuthorizationStatus, ChargingState, ConnectorStatus, IdToken, Registration
from voltway.kernel import clock
from voltway.modules.gateway.dialects import (
    access,
    charging_reports,
    data_transfer,
    device_model,
    gathering,
    maintenance,
    meter,
    ocpp201_commands,
    security,
    smart_charging,
    variables,
)
from voltway.modules.gateway.dialects import station_clock as times
from voltway.modules.gateway.dialects.base import Dialect, Inbound, ReportRow
from voltway.modules.gateway.dialects.rows import ask_who, origin, read_nothing, verdict_in
from voltway.wire.ocpp import v201
from voltway.wire.ocpp.times import format_instant

# The words of the model are those of 2.x: each table holds every word of the wire, and says that nothing is lost.
STATUSES: dict[str, ConnectorStatus] = {word: ConnectorStatus(word) for word in v201.ConnectorStatusEnum}
CHARGING_STATES: dict[str, ChargingState] = {word: ChargingState(word) for word in v201.ChargingStateEnum}
PHASES: dict[str, Phase] = {
    v201.TransactionEventEnum.Started: Phase.STARTED,
    v201.TransactionEventEnum.Updated: Phase.UPDATED,
    v201.TransactionEventEnum.Ended: Phase.ENDED,
}
VERDICTS: dict[AuthorizationStatus, v201.AuthorizationStatusEnum] = {
    status: v201.AuthorizationStatusEnum(status) for status in AuthorizationStatus
}
REGISTRATIONS: dict[Registration, v201.RegistrationStatusEnum] = {
    Registration.ACCEPTED: v201.RegistrationStatusEnum.Accepted,
    Registration.PENDING: v201.RegistrationStatusEnum.Pending,
    Registration.REJECTED: v201.RegistrationStatusEnum.Rejected,
}


# ---- boot, heartbeat, status, authorisation


def read_boot(inbound: Inbound, request: v201.BootNotificationRequest) -> ReportBoot:
    times.note_boot(inbound)
    station = request.charging_station
    inbound.memory.make = station.vendor_name, station.model, station.firmware_version
    return ReportBoot(
        **origin(inbound),
        vendor=station.vendor_name,
        model=station.model,
        serial_number=station.serial_number,
        firmware_version=station.firmware_version,
        iccid=None if station.modem is None else station.modem.iccid,
        imsi=None if station.modem is None else station.modem.imsi,
        reason=str(request.reason),
    )


def answer_boot(inbound: Inbound, request: Any, receipt: BootReceipt) -> v201.BootNotificationResponse:
    return v201.BootNotificationResponse(
        current_time=format_instant(clock.now()),
        interval=receipt.interval_s,
        status=REGISTRATIONS[receipt.registration],
    )


def answer_heartbeat(inbound: Inbound, request: Any, reply: None) -> v201.HeartbeatResponse:
    return v201.HeartbeatResponse(current_time=format_instant(clock.now()))


def read_status(inbound: Inbound, request: v201.StatusNotificationRequest) -> ReportStatus:
    status = STATUSES[request.connector_status]
    occurred_at = times.read_status_time(inbound, request.timestamp)
    if status is ConnectorStatus.AVAILABLE:
        inbound.memory.evse_idle_at[request.evse_id] = inbound.received_at
    return ReportStatus(
        **origin(inbound),
        evse_number=request.evse_id,
        connector_number=request.connector_id,
        status=status,
        wire_status=status.value,
        occurred_at=occurred_at,
    )


def read_authorize(inbound: Inbound, request: v201.AuthorizeRequest) -> AuthorizeTokens | AuthorizeContract:
    """A token; that of a contract comes with its certificate, or with the hashes of it (C07)."""
    named = request.iso15118_certificate_hash_data or ()
    is_with_contract = request.certificate is not None or bool(named)
    token = IdToken(request.id_token.id_token, str(request.id_token.type))
    who = ask_who(inbound, token, is_with_contract=is_with_contract)
    if not is_with_contract:
        return who
    return AuthorizeContract(
        who=who,
        chain=request.certificate,
        certificates=tuple(
            CertificateQuery(certificate=security.id_of(one), source="OCSP", urls=(one.responder_url,)) for one in named
        ),
    )


def answer_authorize(inbound: Inbound, request: v201.AuthorizeRequest, reply: list[Authorization]) -> Any:
    """Nobody may charge on a certificate that was not checked (C07.FR.02)."""
    verdict = verdict_in(reply)
    if request.certificate is None and request.iso15118_certificate_hash_data is None:
        return v201.AuthorizeResponse(id_token_info=verdict_info(verdict))
    if verdict.certificate_status is None:
        return _CERTIFICATE_UNCHECKED
    return v201.AuthorizeResponse(
        id_token_info=verdict_info(verdict),
        certificate_status=v201.AuthorizeCertificateStatusEnum(verdict.certificate_status),
    )


def verdict_info(authorization: Authorization) -> v201.IdTokenInfo:
    """A verdict in the words of 2.x. Whoever made a group's token, for the station it is one of ours."""
    group, expires_at = authorization.group, authorization.expires_at
    if not authorization.is_kept:
        expires_at = clock.now()  # 2.1 C17.FR.01: it is over as soon as it is said
    return v201.IdTokenInfo(
        status=VERDICTS[authorization.status],
        cache_expiry_date_time=None if expires_at is None else format_instant(expires_at),
        group_id_token=None if group is None else v201.IdToken(id_token=group, type=v201.IdTokenEnum.Central),
        evse_id=list(authorization.evse_numbers) or None,
        language1=authorization.language,
        personal_message=None if authorization.message is None else _message(authorization),
    )


def _message(authorization: Authorization) -> v201.MessageContent:
    return v201.MessageContent(
        format=v201.MessageFormatEnum.UTF8, content=authorization.message or "", language=authorization.language
    )


# ---- transactions


def read_transaction_event(inbound: Inbound, request: v201.TransactionEventRequest) -> ReportTransaction:
    flags = list(inbound.flags)
    memory, transaction, evse, token = inbound.memory, request.transaction_info, request.evse, request.id_token
    occurred_at = times.read_time(request.timestamp, inbound.received_at, flags)
    if not request.offline and occurred_at is not inbound.received_at:
        times.note_live_time(inbound, occurred_at, is_surely_live=True)
    phase = PHASES[request.event_type]
    state, reason = transaction.charging_state, transaction.stopped_reason
    if reason is None and phase is Phase.ENDED:
        reason = v201.ReasonEnum.Local  # 2.0.1 part 2, TransactionType: the reason may be left out when it is Local.
    evse_number = None if evse is None else evse.id
    return ReportTransaction(
        **origin(inbound),
        phase=phase,
        occurred_at=occurred_at,
        clock_offset_s=times.clock_offset_s(memory),
        transaction_id=transaction.transaction_id,
        sequence_number=request.seq_no,
        evse_number=evse_number,
        connector_number=None if evse is None else evse.connector_id,
        id_token=None if token is None else IdToken(token.id_token, str(token.type)),
        charging_state=None if state is None else CHARGING_STATES[state],
        samples=meter.samples_2(request.meter_value, occurred_at, flags) if request.meter_value else (),
        trigger=str(request.trigger_reason),
        reason=None if reason is None else str(reason),
        is_offline=bool(request.offline),
        reservation_number=request.reservation_id,
        remote_start_id=transaction.remote_start_id,
        evse_idle_at=times.idle_at(memory, evse_number),
        flags=tuple(flags),
        payload=inbound.payload,
    )


def answer_transaction_event(
    inbound: Inbound, request: v201.TransactionEventRequest, receipt: TransactionReceipt
) -> v201.TransactionEventResponse:
    """2.0.1 knows a total cost at the end only (part 2, TransactionEventResponse); 2.1 also while it runs."""
    is_ended = request.event_type == v201.TransactionEventEnum.Ended
    return transaction_event_response(request, receipt, receipt.running_cost if is_ended else None)


def transaction_event_response(
    request: v201.TransactionEventRequest, receipt: TransactionReceipt, total: str | None
) -> v201.TransactionEventResponse:
    """The verdict answers a token that was shown; the cost is a number on the wire, nothing is computed with it."""
    verdict = receipt.authorization if request.id_token is not None else None
    if total is None and verdict is None:
        return _EVENT_NOTED
    return v201.TransactionEventResponse(
        total_cost=None if total is None else float(total),
        id_token_info=None if verdict is None else verdict_info(verdict),
    )


def read_meter_values(inbound: Inbound, request: v201.MeterValuesRequest) -> ReportTransaction:
    """EVSE 0 is the station's main meter."""
    flags = list(inbound.flags)
    samples = meter.samples_2(request.meter_value, inbound.received_at, flags)
    return ReportTransaction(
        **origin(inbound),
        phase=Phase.METERED,
        occurred_at=samples[-1].at if samples else inbound.received_at,
        clock_offset_s=times.clock_offset_s(inbound.memory),
        evse_number=request.evse_id,
        samples=samples,
        evse_idle_at=times.idle_at(inbound.memory, request.evse_id),
        flags=tuple(flags),
        payload=inbound.payload,
    )


# ---- the device model


def read_report(inbound: Inbound, request: v201.NotifyReportRequest) -> ReportVariables | None:
    """Each part of a report stands for itself: what it tells is true whether or not the other parts arrive."""
    parts = request.report_data or ()
    read = [value for part in parts for value in _values(part)]
    if not read:
        return None
    variables.note_limits(inbound.memory, read)
    connectors: dict[tuple[int, int], str | None] = {}
    for value in read:
        if value.component == "Connector" and value.evse_number and value.connector_number:
            place = (value.evse_number, value.connector_number)
            is_type = value.variable == "ConnectorType" and value.attribute == "Actual"
            connectors[place] = (value.value if is_type else None) or connectors.get(place)
    return ReportVariables(
        **origin(inbound),
        variables=tuple(read),
        evses_seen=tuple((evse, number, kind) for (evse, number), kind in connectors.items()),
    )


def answer_report(inbound: Inbound, request: v201.NotifyReportRequest, reply: None) -> v201.NotifyReportResponse:
    """The part is stored: who asked for the report may hear of it."""
    gathering.note_part(
        inbound,
        "NotifyReport",
        request.request_id,
        request.seq_no,
        request.report_data or (),
        is_last=not request.tbc,
    )
    return _REPORT_NOTED


def _values(part: v201.ReportData) -> list[VariableValue]:
    component, variable, traits = part.component, part.variable, part.variable_characteristics
    return [
        VariableValue(
            variable=variable.name,
            component=component.name,
            component_instance=component.instance,
            evse_number=None if component.evse is None else component.evse.id,
            connector_number=None if component.evse is None else component.evse.connector_id,
            instance=variable.instance,
            attribute=str(attribute.type or v201.AttributeEnum.Actual),
            value=attribute.value,
            # 2.0.1 part 2, VariableAttributeType: ReadWrite when it is left out.
            is_readonly=attribute.mutability == v201.MutabilityEnum.ReadOnly,
            data_type=None if traits is None else str(traits.data_type),
            unit=None if traits is None else traits.unit,
            values=None if traits is None else traits.values_list,
            value_min=None if traits is None else traits.min_limit,
            value_max=None if traits is None else traits.max_limit,
            can_be_monitored=None if traits is None else traits.supports_monitoring,
        )
        for attribute in part.variable_attribute
    ]


_CERTIFICATE_UNCHECKED = v201.AuthorizeResponse(
    id_token_info=v201.IdTokenInfo(status=v201.AuthorizationStatusEnum.Invalid),
    certificate_status=v201.AuthorizeCertificateStatusEnum.NoCertificateAvailable,
)
_EVENT_NOTED = v201.TransactionEventResponse()
_METER_VALUES_NOTED = v201.MeterValuesResponse()
_STATUS_NOTED = v201.StatusNotificationResponse()
_REPORT_NOTED = v201.NotifyReportResponse()

REPORTS: dict[str, ReportRow] = {
    "BootNotification": ReportRow(read_boot, answer_boot, before_boot=True),
    "Heartbeat": ReportRow(read_nothing, answer_heartbeat),
    "StatusNotification": ReportRow(read_status, lambda inbound, request, reply: _STATUS_NOTED),
    "Authorize": ReportRow(read_authorize, answer_authorize),
    "TransactionEvent": ReportRow(read_transaction_event, answer_transaction_event, is_transaction=True),
    "MeterValues": ReportRow(
        read_meter_values, lambda inbound, request, reply: _METER_VALUES_NOTED, is_transaction=True
    ),
    "NotifyReport": ReportRow(read_report, answer_report),
    **device_model.REPORTS_2,
    **data_transfer.REPORTS_2,
    **access.REPORTS_201,
    **charging_reports.REPORTS_201,
    **maintenance.REPORTS_2,
    **security.REPORTS_201,
}

DIALECT = Dialect(
    protocol="ocpp2.0.1",
    reports=REPORTS,
    commands=ocpp201_commands.COMMANDS
    | maintenance.COMMANDS_201
    | smart_charging.COMMANDS_201
    | charging_reports.COMMANDS_201
    | access.COMMANDS_201
    | security.COMMANDS_201,
    after_boot=("read_variables",),
    triggers=ocpp201_commands.TRIGGERS,
)

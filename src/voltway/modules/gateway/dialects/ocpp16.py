"""OCPP 1.6: what a station's messages mean. Its commands are in ocpp16_commands.py.

A 1.6 station has connectors only. Connector n is EVSE n, connector 1, unless the station's `connector_map` says otherwise; 0 is
the station. It never says what kind a token is. Its transaction messages may be old (queued while offline) and do not say so.
"""

from __future__ import annotations

from typing import Any

from voltway.contracts.station_link import (
    Authorization,
    BootReceipt,
    Phase,
    ReportBoot,
    ReportStatus,
    ReportTransaction,
    StationCredential,
    TransactionReceipt,
)
from voltway.contracts.users import AuthorizeTokens
from voltway.contracts.vocabulary import AuthorizationStatus, ChargingState, ConnectorStatus, IdToken, Registration
from voltway.kernel import clock
from voltway.modules.gateway.dialects import (
    access,
    data_transfer,
    maintenance,
    meter,
    ocpp16_commands,
    security,
    smart_charging,
)
from voltway.modules.gateway.dialects import station_clock as times
from voltway.modules.gateway.dialects.base import Dialect, Inbound, ReportRow
from voltway.modules.gateway.dialects.rows import NOBODY, ask_who, origin, read_nothing, verdict_in
from voltway.wire.ocpp import v16
from voltway.wire.ocpp.times import format_instant

TRANSACTION_UNKNOWN = "transaction_unknown"
"""The station names no transaction where it should: it never heard the id that we handed out."""

Status = v16.ChargePointStatus
STATUSES: dict[Status, tuple[ConnectorStatus, ChargingState | None]] = {
    Status.Available: (ConnectorStatus.AVAILABLE, None),
    # Preparing may be a car, a token or a cable alone; Finishing may be a car without its plug: the state is not known.
    Status.Preparing: (ConnectorStatus.OCCUPIED, None),
    Status.Charging: (ConnectorStatus.OCCUPIED, ChargingState.CHARGING),
    Status.SuspendedEV: (ConnectorStatus.OCCUPIED, ChargingState.SUSPENDED_EV),
    Status.SuspendedEVSE: (ConnectorStatus.OCCUPIED, ChargingState.SUSPENDED_EVSE),
    Status.Finishing: (ConnectorStatus.OCCUPIED, None),
    Status.Reserved: (ConnectorStatus.RESERVED, None),
    Status.Unavailable: (ConnectorStatus.UNAVAILABLE, None),
    Status.Faulted: (ConnectorStatus.FAULTED, None),
}
_WORDS = {word: word.value for word in Status}

Verdict = v16.AuthorizationStatus
VERDICTS: dict[AuthorizationStatus, Verdict] = {
    AuthorizationStatus.ACCEPTED: Verdict.Accepted,
    AuthorizationStatus.BLOCKED: Verdict.Blocked,
    AuthorizationStatus.CONCURRENT_TX: Verdict.ConcurrentTx,
    AuthorizationStatus.EXPIRED: Verdict.Expired,
    AuthorizationStatus.INVALID: Verdict.Invalid,
    # We know the token and it may not charge here and now.
    AuthorizationStatus.NO_CREDIT: Verdict.Blocked,
    AuthorizationStatus.NOT_ALLOWED_TYPE_EVSE: Verdict.Blocked,
    AuthorizationStatus.NOT_AT_THIS_LOCATION: Verdict.Blocked,
    AuthorizationStatus.NOT_AT_THIS_TIME: Verdict.Blocked,
    AuthorizationStatus.UNKNOWN: Verdict.Invalid,
}
REGISTRATIONS: dict[Registration, v16.RegistrationStatus] = {
    Registration.ACCEPTED: v16.RegistrationStatus.Accepted,
    Registration.PENDING: v16.RegistrationStatus.Pending,
    Registration.REJECTED: v16.RegistrationStatus.Rejected,
}
TRANSACTION_ID_MAX = 2**31 - 1
"""We hand out no larger one."""
GROUP_LENGTH_MAX = 20  # OCPP 1.6 §7.28: a token has at most 20 characters


def place_of(credential: StationCredential, connector: int) -> tuple[int, int]:
    """(EVSE, connector) that a 1.6 connector stands for."""
    mapped = None if credential.connector_map is None else credential.connector_map.get(connector)
    if mapped is not None:
        return mapped
    return (connector, 1) if connector > 0 else (0, 0)


# ---- boot, heartbeat, status, authorisation


def read_boot(inbound: Inbound, request: v16.BootNotificationRequest) -> ReportBoot:
    times.note_boot(inbound)
    inbound.memory.make = request.charge_point_vendor, request.charge_point_model, request.firmware_version
    return ReportBoot(
        **origin(inbound),
        vendor=request.charge_point_vendor,
        model=request.charge_point_model,
        serial_number=request.charge_point_serial_number or request.charge_box_serial_number,
        firmware_version=request.firmware_version,
        iccid=request.iccid,
        imsi=request.imsi,
        meter_type=request.meter_type,
        meter_serial_number=request.meter_serial_number,
    )


def answer_boot(inbound: Inbound, request: Any, receipt: BootReceipt) -> v16.BootNotificationResponse:
    return v16.BootNotificationResponse(
        status=REGISTRATIONS[receipt.registration],
        current_time=format_instant(clock.now()),
        interval=receipt.interval_s,
    )


def answer_heartbeat(inbound: Inbound, request: Any, reply: None) -> v16.HeartbeatResponse:
    return v16.HeartbeatResponse(current_time=format_instant(clock.now()))


def read_status(inbound: Inbound, request: v16.StatusNotificationRequest) -> ReportStatus:
    evse_number, connector_number = place_of(inbound.credential, request.connector_id)
    status, charging_state = STATUSES[request.status]
    occurred_at = times.read_status_time(inbound, request.timestamp)
    if status is ConnectorStatus.AVAILABLE:
        inbound.memory.evse_idle_at[evse_number] = inbound.received_at
    return ReportStatus(
        **origin(inbound),
        evse_number=evse_number,
        connector_number=connector_number,
        status=status,
        wire_status=_WORDS[request.status],
        charging_state=charging_state,
        error_code=None if request.error_code is v16.ChargePointErrorCode.NoError else request.error_code.value,
        vendor_error_code=request.vendor_error_code,
        info=request.info,
        occurred_at=occurred_at,
    )


def read_authorize(inbound: Inbound, request: v16.AuthorizeRequest) -> AuthorizeTokens:
    return ask_who(inbound, IdToken(request.id_tag))


def answer_authorize(inbound: Inbound, request: Any, reply: list[Authorization]) -> v16.AuthorizeResponse:
    return v16.AuthorizeResponse(id_tag_info=verdict_info(verdict_in(reply)))


def verdict_info(authorization: Authorization) -> v16.IdTagInfo:
    """A verdict as 1.6 can say it: five words, a date, a parent. A parent that is too long for 1.6 is left out."""
    group, expires_at = authorization.group, authorization.expires_at
    return v16.IdTagInfo(
        status=VERDICTS[authorization.status],
        expiry_date=None if expires_at is None else format_instant(expires_at),
        parent_id_tag=group if group is not None and len(group) <= GROUP_LENGTH_MAX else None,
    )


# ---- transactions


def read_start(inbound: Inbound, request: v16.StartTransactionRequest) -> ReportTransaction:
    flags = list(inbound.flags)
    evse_number, connector_number = place_of(inbound.credential, request.connector_id)
    return ReportTransaction(
        **origin(inbound),
        phase=Phase.STARTED,
        occurred_at=times.read_time(request.timestamp, inbound.received_at, flags),
        clock_offset_s=times.clock_offset_s(inbound.memory),
        evse_number=evse_number or None,
        connector_number=connector_number or None,
        id_token=IdToken(request.id_tag),
        meter_wh=request.meter_start,
        reservation_number=_known(request.reservation_id),
        evse_idle_at=times.idle_at(inbound.memory, evse_number),
        flags=tuple(flags),
        payload=inbound.payload,
    )


def answer_start(inbound: Inbound, request: Any, receipt: TransactionReceipt) -> v16.StartTransactionResponse:
    return v16.StartTransactionResponse(
        id_tag_info=verdict_info(receipt.authorization or NOBODY),
        # 0 means none to a station: its stop will be matched by connector, as after a lost answer.
        transaction_id=int(receipt.transaction_id or 0),
    )


def read_stop(inbound: Inbound, request: v16.StopTransactionRequest) -> ReportTransaction:
    flags = list(inbound.flags)
    occurred_at = times.read_time(request.timestamp, inbound.received_at, flags)
    return ReportTransaction(
        **origin(inbound),
        phase=Phase.ENDED,
        occurred_at=occurred_at,
        clock_offset_s=times.clock_offset_s(inbound.memory),
        transaction_id=_transaction_id(request.transaction_id, flags),
        id_token=None if request.id_tag is None else IdToken(request.id_tag),
        meter_wh=request.meter_stop,
        samples=meter.samples_16(request.transaction_data or (), occurred_at, flags),
        # OCPP 1.6 §6.47: the reason may be left out when it is Local.
        reason=(request.reason or v16.Reason.Local).value,
        evse_idle_at=times.idle_at(inbound.memory, None),
        flags=tuple(flags),
        payload=inbound.payload,
    )


def answer_stop(
    inbound: Inbound, request: v16.StopTransactionRequest, receipt: TransactionReceipt
) -> v16.StopTransactionResponse:
    """The verdict answers a token that was shown; a stop is never refused."""
    if request.id_tag is None or receipt.authorization is None:
        return _STOP_NOTED
    return v16.StopTransactionResponse(id_tag_info=verdict_info(receipt.authorization))


def read_meter_values(inbound: Inbound, request: v16.MeterValuesRequest) -> ReportTransaction:
    flags = list(inbound.flags)
    evse_number, connector_number = place_of(inbound.credential, request.connector_id)
    samples = meter.samples_16(request.meter_value, inbound.received_at, flags)
    return ReportTransaction(
        **origin(inbound),
        phase=Phase.METERED,
        occurred_at=samples[-1].at if samples else inbound.received_at,
        clock_offset_s=times.clock_offset_s(inbound.memory),
        transaction_id=_transaction_id(request.transaction_id, flags),
        evse_number=evse_number,
        connector_number=connector_number,
        samples=samples,
        evse_idle_at=times.idle_at(inbound.memory, evse_number),
        flags=tuple(flags),
        payload=inbound.payload,
    )


def _transaction_id(number: int | None, flags: list[str]) -> str | None:
    """-1 and 0 are what stations write that never got the answer to their start, 2^63-1 those that have none."""
    if number is None:
        return None
    if not 0 < number <= TRANSACTION_ID_MAX:
        times.note_flag(flags, TRANSACTION_UNKNOWN)
        return None
    return str(number)


def _known(reservation: int | None) -> int | None:
    """Our reservations count from 1; stations without one write 0 or -1 as well as nothing."""
    return reservation if reservation is not None and reservation > 0 else None


_STOP_NOTED = v16.StopTransactionResponse()
_STATUS_NOTED = v16.StatusNotificationResponse()
_METER_VALUES_NOTED = v16.MeterValuesResponse()

DIALECT = Dialect(
    protocol="ocpp1.6",
    reports={
        "BootNotification": ReportRow(read_boot, answer_boot, before_boot=True),
        "Heartbeat": ReportRow(read_nothing, answer_heartbeat),
        "StatusNotification": ReportRow(read_status, lambda inbound, request, reply: v16.StatusNotificationResponse()),
        "Authorize": ReportRow(read_authorize, answer_authorize),
        # OCPP 1.6 §4.2.1 foresees transactions before acceptance: a station that has charged offline must get rid of them.
        "StartTransaction": ReportRow(read_start, answer_start, is_transaction=True, before_boot=True),
        "StopTransaction": ReportRow(read_stop, answer_stop, is_transaction=True, before_boot=True),
        "MeterValues": ReportRow(
            read_meter_values,
            lambda inbound, request, reply: _METER_VALUES_NOTED,
            is_transaction=True,
            before_boot=True,
        ),
        **data_transfer.REPORTS_16,
        **maintenance.REPORTS_16,
        **security.REPORTS_16,
    },
    commands=ocpp16_commands.COMMANDS
    | maintenance.COMMANDS_16
    | smart_charging.COMMANDS_16
    | access.COMMANDS_16
    | security.COMMANDS_16,
    after_boot=("read_variables",),
    triggers=ocpp16_commands.TRIGGERS,
)

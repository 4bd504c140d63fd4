"""The security block in all versions: what stations say of certificates and of security, and our orders about them.

1.6 has it from its security white paper; 2.0.1 and 2.1 in parts A and M. The functions read the fields that the versions
share; where they differ there is one row for each.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from voltway.contracts.security import (
    CertificateId,
    CertificateKind,
    CertificateQuery,
    CertificateVerdict,
    ContractCertificate,
    FindCertificateStatus,
    FindChainStatus,
    InstallContractCertificate,
    ReportSecurityEvent,
    RequestCertificate,
)
from voltway.modules.gateway.dialects import certificates, network
from voltway.modules.gateway.dialects import station_clock as times
from voltway.modules.gateway.dialects.base import CommandRow, Inbound, ReportRow
from voltway.modules.gateway.dialects.rows import origin
from voltway.wire.ocpp import v16, v21, v201
from voltway.wire.ocpp.times import format_instant

# 2.0.1, 2.1 part 2: the longest OCSP response and EXI response that fit.
OCSP_LENGTH_MAX_201, OCSP_LENGTH_MAX_21 = 5_500, 18_000
EXI_LENGTH_MAX_201, EXI_LENGTH_MAX_21 = 7_500, 17_000


# ---- security events


def read_security_event(inbound: Inbound, request: Any) -> ReportSecurityEvent:
    flags: list[str] = []
    return ReportSecurityEvent(
        **origin(inbound),
        type=request.type,
        occurred_at=times.read_time(request.timestamp, inbound.received_at, flags),
        tech_info=request.tech_info,
    )


# ---- certificates of stations

_KINDS: dict[str | None, CertificateKind] = {
    None: CertificateKind.COMBINED,
    "ChargingStationCertificate": CertificateKind.CHARGING_STATION,
    "V2GCertificate": CertificateKind.V2G,
    "V2G20Certificate": CertificateKind.V2G20,
}


def read_sign_16(inbound: Inbound, request: v16.SignCertificateRequest) -> RequestCertificate:
    return _signing(inbound, request.csr, CertificateKind.CHARGING_STATION, None, None)


def read_sign_201(inbound: Inbound, request: v201.SignCertificateRequest) -> RequestCertificate:
    """A02: a station with one certificate for both uses names no type."""
    wire_type = None if request.certificate_type is None else str(request.certificate_type)
    return _signing(inbound, request.csr, _KINDS[wire_type], wire_type, None)


def read_sign_21(inbound: Inbound, request: v21.SignCertificateRequest) -> RequestCertificate:
    wire_type = None if request.certificate_type is None else str(request.certificate_type)
    return _signing(inbound, request.csr, _KINDS[wire_type], wire_type, request.request_id)


def _signing(
    inbound: Inbound, csr: str, kind: CertificateKind, wire_type: str | None, number: int | None
) -> RequestCertificate:
    credential = inbound.credential
    return RequestCertificate(
        operator_id=credential.operator_id,
        operator_slug=credential.operator_slug,
        station_id=credential.station_id,
        station_identity=credential.identity,
        csr=csr,
        kind=kind,
        wire_type=wire_type,
        request_number=number,
    )


def answer_sign_16(inbound: Inbound, request: Any, is_accepted: bool) -> v16.SignCertificateResponse:
    return v16.SignCertificateResponse(status=v16.GenericStatus.Accepted if is_accepted else v16.GenericStatus.Rejected)


def answer_sign_2(inbound: Inbound, request: Any, is_accepted: bool) -> v201.SignCertificateResponse:
    status = v201.GenericStatusEnum.Accepted if is_accepted else v201.GenericStatusEnum.Rejected
    return v201.SignCertificateResponse(status=status)


# ---- the status of other certificates


def id_of(named: Any) -> CertificateId:
    """A certificate as the wire names it by hashes."""
    return CertificateId(
        hash_algorithm=str(named.hash_algorithm),
        issuer_name_hash=named.issuer_name_hash,
        issuer_key_hash=named.issuer_key_hash,
        serial_number=named.serial_number,
    )


def read_status(inbound: Inbound, request: v201.GetCertificateStatusRequest) -> FindCertificateStatus:
    asked = request.ocsp_request_data
    return FindCertificateStatus(certificate=id_of(asked), responder_url=asked.responder_url)


def status_answer(length_max: int) -> Any:
    """M06.FR.01 to .04: the OCSP response as it came, DER in base64; Failed if nobody could be asked."""

    def answer(inbound: Inbound, request: Any, reply: bytes | None) -> v201.GetCertificateStatusResponse:
        text = None if reply is None else certificates.base64_text(reply)
        if text is None or len(text) > length_max:
            return v201.GetCertificateStatusResponse(status=v201.GetCertificateStatusEnum.Failed)
        return v201.GetCertificateStatusResponse(status=v201.GetCertificateStatusEnum.Accepted, ocsp_result=text)

    return answer


def read_chain_status(inbound: Inbound, request: v21.GetCertificateChainStatusRequest) -> FindChainStatus:
    return FindChainStatus(
        queries=tuple(
            CertificateQuery(
                certificate=id_of(asked.certificate_hash_data), source=str(asked.source), urls=tuple(asked.urls)
            )
            for asked in request.certificate_status_requests
        )
    )


def answer_chain_status(
    inbound: Inbound, request: v21.GetCertificateChainStatusRequest, reply: list[CertificateVerdict]
) -> v21.GetCertificateChainStatusResponse:
    return v21.GetCertificateChainStatusResponse(
        certificate_status=[
            v21.CertificateStatus(
                certificate_hash_data=asked.certificate_hash_data,
                source=asked.source,
                status=v21.CertificateStatusEnum(verdict.status),
                next_update=_instant(verdict.next_update_at),
            )
            for asked, verdict in zip(request.certificate_status_requests, reply, strict=True)
        ]
    )


def _instant(at: datetime) -> str:
    return format_instant(at)


# ---- contract certificates of cars


def read_contract(inbound: Inbound, request: Any) -> InstallContractCertificate:
    """M01, M02. What only 2.1 can say is left out by 2.0.1."""
    return InstallContractCertificate(
        operator_id=inbound.credential.operator_id,
        station_id=inbound.credential.station_id,
        schema_version=request.iso15118_schema_version,
        is_update=str(request.action) == "Update",
        exi_request=request.exi_request,
        contracts_max=getattr(request, "maximum_contract_certificate_chains", None),
        emaids=tuple(getattr(request, "prioritized_emaids", None) or ()),
    )


def answer_contract_201(
    inbound: Inbound, request: Any, reply: ContractCertificate | None
) -> v201.Get15118EVCertificateResponse:
    if reply is None or len(reply.exi_response) > EXI_LENGTH_MAX_201:
        failed = v201.Iso15118EVCertificateStatusEnum.Failed
        return v201.Get15118EVCertificateResponse(status=failed, exi_response="")
    accepted = v201.Iso15118EVCertificateStatusEnum.Accepted
    return v201.Get15118EVCertificateResponse(status=accepted, exi_response=reply.exi_response)


def answer_contract_21(
    inbound: Inbound, request: v21.Get15118EVCertificateRequest, reply: ContractCertificate | None
) -> v21.Get15118EVCertificateResponse:
    if reply is None or len(reply.exi_response) > EXI_LENGTH_MAX_21:
        failed = v21.Iso15118EVCertificateStatusEnum.Failed
        return v21.Get15118EVCertificateResponse(status=failed, exi_response="")
    return v21.Get15118EVCertificateResponse(
        status=v21.Iso15118EVCertificateStatusEnum.Accepted,
        exi_response=reply.exi_response,
        remaining_contracts=reply.remaining_contracts,
    )


# ---- the tables

_NOTED_16 = v16.SecurityEventNotificationResponse()
_NOTED_2 = v201.SecurityEventNotificationResponse()

REPORTS_16: dict[str, ReportRow] = {
    "SecurityEventNotification": ReportRow(read_security_event, lambda inbound, request, reply: _NOTED_16),
    "SignCertificate": ReportRow(read_sign_16, answer_sign_16),
}
REPORTS_201: dict[str, ReportRow] = {
    "SecurityEventNotification": ReportRow(read_security_event, lambda inbound, request, reply: _NOTED_2),
    "SignCertificate": ReportRow(read_sign_201, answer_sign_2),
    "GetCertificateStatus": ReportRow(read_status, status_answer(OCSP_LENGTH_MAX_201)),
    "Get15118EVCertificate": ReportRow(read_contract, answer_contract_201),
}
REPORTS_21: dict[str, ReportRow] = {
    "SignCertificate": ReportRow(read_sign_21, answer_sign_2),
    "GetCertificateStatus": ReportRow(read_status, status_answer(OCSP_LENGTH_MAX_21)),
    "Get15118EVCertificate": ReportRow(read_contract, answer_contract_21),
    "GetCertificateChainStatus": ReportRow(read_chain_status, answer_chain_status),
}
COMMANDS_16: dict[str, CommandRow] = certificates.COMMANDS_16 | network.COMMANDS_16
COMMANDS_201: dict[str, CommandRow] = certificates.COMMANDS_201 | network.COMMANDS_201
COMMANDS_21: dict[str, CommandRow] = certificates.COMMANDS_21 | network.COMMANDS_21

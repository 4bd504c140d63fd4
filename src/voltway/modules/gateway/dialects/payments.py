"""Tariffs at the station, settlements, VAT numbers, web payment, V2X permissions (OCPP 2.1, blocks C, I and Q)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from voltway.charging.pricing import Tariff
from voltway.contracts.payments import (
    AuthorizeWithTariff,
    Company,
    Offer,
    ReportSettlement,
    SettlementReceipt,
    ValidateVatNumber,
    VatVerdict,
)
from voltway.contracts.station_link import CommandOutcome
from voltway.contracts.vocabulary import CommandState
from voltway.kernel import clock
from voltway.modules.gateway.dialects import ocpp201, variables
from voltway.modules.gateway.dialects import station_clock as times
from voltway.modules.gateway.dialects.arguments import outcome_of, outcome_of_all
from voltway.modules.gateway.dialects.base import CommandLink, CommandRow, Inbound, ReportRow
from voltway.modules.gateway.dialects.rows import origin
from voltway.modules.gateway.dialects.tariffs import tariff_21
from voltway.modules.gateway.errors import CommandNotSupported
from voltway.wire.ocpp import v21, v201
from voltway.wire.ocpp.times import format_instant

Arguments = Mapping[str, Any]

# ---- who may charge, and by which tariff


def read_authorize(inbound: Inbound, request: v21.AuthorizeRequest) -> AuthorizeWithTariff:
    credential = inbound.credential
    return AuthorizeWithTariff(
        who=ocpp201.read_authorize(inbound, request),  # type: ignore[arg-type]  # the fields that both versions have
        operator_id=credential.operator_id,
        station_id=credential.station_id,
        location_id=credential.location_id,
    )


def answer_authorize(inbound: Inbound, request: v21.AuthorizeRequest, offer: Offer) -> Any:
    """2.0.1's answer, and for whom may charge what else a station wants to know: the tariff by which it is to compute the cost,
    and the ways in which the car may transfer energy (Q)."""
    answer = ocpp201.answer_authorize(inbound, request, offer.verdicts)  # type: ignore[arg-type]
    modes = offer.verdicts[0].energy_transfer_modes if offer.verdicts else ()
    is_accepted = answer.id_token_info.status == v21.AuthorizationStatusEnum.Accepted
    if not is_accepted or (offer.tariff is None and not modes):
        return answer
    document = msgspec.to_builtins(answer)
    if offer.tariff is not None:
        document["tariff"] = msgspec.to_builtins(tariff_21(offer.tariff))
    if modes:
        document["allowedEnergyTransfer"] = list(modes)
    return msgspec.convert(document, v21.AuthorizeResponse)


# ---- settlements

AMOUNT_DIGITS_MAX, AMOUNT_LENGTH_MAX = 18, 40


class _Exact(msgspec.Struct):
    """The one field of which the digits count."""

    settlementAmount: Decimal  # noqa: N815 - the wire's name


def read_settlement(inbound: Inbound, request: v21.NotifySettlementRequest) -> ReportSettlement:
    """The amount is read from the text of the message: a float would have made it another number."""
    amount = msgspec.json.decode(inbound.payload, type=_Exact).settlementAmount
    return ReportSettlement(
        **origin(inbound),
        psp_reference=request.psp_ref,
        status=str(request.status),
        amount_text=_plain(amount)[:AMOUNT_LENGTH_MAX],
        settled_at=times.read_time(request.settlement_time, inbound.received_at, []),
        transaction_id=request.transaction_id,
        receipt_id=request.receipt_id,
        receipt_url=request.receipt_url,
        remark=request.status_info,
        vat_number=request.vat_number,
        vat_company=None if request.vat_company is None else _company(request.vat_company),
    )


def _plain(amount: Decimal) -> str:
    """An amount as digits; one that nobody can pay, of a hundred digits, in the short form that it came in."""
    return format(amount, "f") if abs(amount.adjusted()) < AMOUNT_DIGITS_MAX else str(amount)


def _company(told: v21.Address) -> Company:
    return Company(
        name=told.name,
        address=told.address1,
        address_2=told.address2,
        postal_code=told.postal_code,
        city=told.city,
        country=told.country,
    )


def answer_settlement(
    inbound: Inbound, request: v21.NotifySettlementRequest, receipt: SettlementReceipt
) -> v21.NotifySettlementResponse:
    return v21.NotifySettlementResponse(receipt_url=receipt.receipt_url, receipt_id=receipt.receipt_id)


# ---- VAT numbers


def read_vat_number(inbound: Inbound, request: v21.VatNumberValidationRequest) -> ValidateVatNumber:
    return ValidateVatNumber(vat_number=request.vat_number)


def answer_vat_number(
    inbound: Inbound, request: v21.VatNumberValidationRequest, verdict: VatVerdict
) -> v21.VatNumberValidationResponse:
    company = verdict.company
    return v21.VatNumberValidationResponse(
        vat_number=request.vat_number,
        evse_id=request.evse_id,
        status=v21.GenericStatusEnum.Accepted if verdict.is_valid else v21.GenericStatusEnum.Rejected,
        company=None if company is None else _address(company),
    )


def _address(company: Company) -> v21.Address:
    """Cut to what the message has room for (2.1 part 2, AddressType)."""
    return v21.Address(
        name=company.name[:50],
        address1=company.address[:100],
        address2=None if company.address_2 is None else company.address_2[:100],
        city=company.city[:100],
        postal_code=None if company.postal_code is None else company.postal_code[:20],
        country=company.country[:50],
    )


# ---- tariffs at the station


def _tariff(arguments: Arguments) -> v21.Tariff:
    return tariff_21(msgspec.convert(arguments["tariff"], Tariff))


async def set_default_tariff(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    request = v21.SetDefaultTariffRequest(evse_id=arguments.get("evse_number") or 0, tariff=_tariff(arguments))
    return outcome_of(await link.call("SetDefaultTariff", request), is_done=True)


async def get_tariffs(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    request = v21.GetTariffsRequest(evse_id=arguments.get("evse_number") or 0)
    response: v21.GetTariffsResponse = await link.call("GetTariffs", request)
    if response.status == v21.TariffGetStatusEnum.NoTariff:
        return CommandOutcome(state=CommandState.ACCEPTED, wire_status="NoTariff", result=[])
    if response.status != v21.TariffGetStatusEnum.Accepted:
        return outcome_of(response)
    result = [
        {
            "tariff_id": one.tariff_id,
            "kind": str(one.tariff_kind),
            "valid_from": None if one.valid_from is None else str(one.valid_from),
            "evse_numbers": list(one.evse_ids or ()),
            "id_tokens": list(one.id_tokens or ()),
        }
        for one in response.tariff_assignments or ()
    ]
    return outcome_of(response, is_done=True, result=result)


async def clear_tariffs(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    tariff_ids = arguments.get("tariff_ids")
    request = v21.ClearTariffsRequest(
        tariff_ids=None if tariff_ids is None else list(tariff_ids), evse_id=arguments.get("evse_number")
    )
    response: v21.ClearTariffsResponse = await link.call("ClearTariffs", request)
    result = [{"tariff_id": one.tariff_id, "status": str(one.status)} for one in response.clear_tariffs_result]
    # Where there was no tariff, there is none now: that is what was asked for, and the result says it.
    statuses = [status for one in result if (status := str(one["status"])) != "NoTariff"]
    return outcome_of_all(statuses or ["Accepted"], result)


async def change_transaction_tariff(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    request = v21.ChangeTransactionTariffRequest(tariff=_tariff(arguments), transaction_id=arguments["transaction_id"])
    return outcome_of(await link.call("ChangeTransactionTariff", request), is_done=True)


def _needs_tariff(arguments: Arguments) -> None:
    if "tariff" not in arguments:
        raise CommandNotSupported("There is no tariff to send.")


# ---- V2X, frequency, web payment


async def notify_allowed_energy_transfer(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    request = v21.NotifyAllowedEnergyTransferRequest(
        transaction_id=arguments["transaction_id"],
        allowed_energy_transfer=[v21.EnergyTransferModeEnum(mode) for mode in arguments["energy_transfer_modes"]],
    )
    return outcome_of(await link.call("NotifyAllowedEnergyTransfer", request), is_done=True)


async def afrr_signal(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    request = v21.AFRRSignalRequest(timestamp=format_instant(clock.now()), signal=arguments["signal"])
    return outcome_of(await link.call("AFRRSignal", request), is_done=True)


async def notify_web_payment_started(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    request = v21.NotifyWebPaymentStartedRequest(evse_id=arguments["evse_number"], timeout=arguments["timeout_s"])
    await link.call("NotifyWebPaymentStarted", request)
    return CommandOutcome(state=CommandState.ACCEPTED, effect="done")


WEB_PAYMENTS = "WebPaymentsCtrlr"


async def set_up_web_payment(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """C25: what the station needs to show a QR code with a one-time password; then the code itself is switched on."""
    evse_number = arguments.get("evse_number")
    component = v201.Component(name=WEB_PAYMENTS, evse=None if evse_number is None else v201.EVSE(id=evse_number))
    values = {
        "URLTemplate": arguments["url"],
        "SharedSecret": arguments["shared_secret"],
        "ValidityTime": str(arguments["validity_s"]),
        "Length": str(arguments["length"]),
        "Enabled": "true",
    }
    wanted = [
        v201.SetVariableData(attribute_value=value, component=component, variable=v201.Variable(name=name))
        for name, value in values.items()
    ]
    result = []
    for part in variables.portions(link.memory, "SetVariables", wanted):
        request = v201.SetVariablesRequest(set_variable_data=list(part))
        response: v201.SetVariablesResponse = await link.call("SetVariables", request)
        result += [
            {"variable": done.variable.name, "status": str(done.attribute_status)}
            for done in response.set_variable_result
        ]
    return outcome_of_all([one["status"] for one in result], result)


REPORTS_21: dict[str, ReportRow] = {
    "Authorize": ReportRow(read_authorize, answer_authorize),
    "NotifySettlement": ReportRow(read_settlement, answer_settlement),
    "VatNumberValidation": ReportRow(read_vat_number, answer_vat_number),
}

COMMANDS_21: dict[str, CommandRow] = {
    "set_default_tariff": CommandRow(set_default_tariff, _needs_tariff),
    "get_tariffs": CommandRow(get_tariffs),
    "clear_tariffs": CommandRow(clear_tariffs),
    "change_transaction_tariff": CommandRow(change_transaction_tariff, _needs_tariff),
    "notify_allowed_energy_transfer": CommandRow(notify_allowed_energy_transfer),
    "afrr_signal": CommandRow(afrr_signal),
    "notify_web_payment_started": CommandRow(notify_web_payment_started),
    "set_up_web_payment": CommandRow(set_up_web_payment),
}

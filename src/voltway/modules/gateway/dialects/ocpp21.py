"""OCPP 2.1: the tables of 2.0.1 with changed rows. What only 2.1 has and we do not do yet is declined, or has no row."""

from __future__ import annotations

import msgspec

from voltway.contracts.station_link import TransactionReceipt
from voltway.modules.gateway.dialects import (
    access,
    charging_dynamic,
    charging_reports,
    der,
    device_model_commands,
    maintenance,
    ocpp201,
    ocpp201_commands,
    payments,
    security,
    smart_charging,
    streams,
    tariffs,
)
from voltway.modules.gateway.dialects.base import CommandRow, Dialect, Inbound, ReportRow
from voltway.wire.ocpp import v21, v201

TOKEN_LENGTH_MAX = 255  # 2.1 part 2, IdTokenType


def answer_transaction_event(
    inbound: Inbound, request: v201.TransactionEventRequest, receipt: TransactionReceipt
) -> v201.TransactionEventResponse | v21.TransactionEventResponse:
    """2.1 part 2, TransactionEventResponse: the running cost while it runs, the final cost at its end; once, how far it may go,
    with the cost where that is limited (C17.FR.03, E16.FR.02)."""
    is_started = request.event_type == v201.TransactionEventEnum.Started
    limit = receipt.limit
    is_silent = is_started and (limit is None or limit.cost is None)
    answer = ocpp201.transaction_event_response(request, receipt, None if is_silent else receipt.running_cost)
    if limit is None:
        return answer
    told = v21.TransactionLimit(
        max_cost=None if limit.cost is None else tariffs.number(limit.cost.to_decimal()),
        max_energy=limit.energy_wh,
        max_time=limit.duration_s,
    )
    return msgspec.convert(
        msgspec.to_builtins(answer) | {"transactionLimit": msgspec.to_builtins(told)}, v21.TransactionEventResponse
    )


REPORTS: dict[str, ReportRow] = ocpp201.REPORTS | {
    "TransactionEvent": ReportRow(ocpp201.read_transaction_event, answer_transaction_event, is_transaction=True),
    **security.REPORTS_21,
    **charging_reports.REPORTS_21,
    **charging_dynamic.REPORTS_21,
    **der.REPORTS_21,
    **payments.REPORTS_21,
    **streams.REPORTS_21,
}

COMMANDS: dict[str, CommandRow] = (
    ocpp201_commands.COMMANDS
    | maintenance.COMMANDS_21
    | smart_charging.COMMANDS_21
    | charging_reports.COMMANDS_21
    | charging_dynamic.COMMANDS_21
    | access.COMMANDS_21
    | device_model_commands.COMMANDS_21
    | security.COMMANDS_201
    | security.COMMANDS_21
    | der.COMMANDS_21
    | payments.COMMANDS_21
    | streams.COMMANDS_21
    | {
        # A token's kind is free text in 2.1.
        "start_transaction": ocpp201_commands.start_row(
            lambda value, kind: v21.IdToken(id_token=value, type=kind), TOKEN_LENGTH_MAX, v21.ChargingProfile
        ),
        "trigger_message": ocpp201_commands.trigger_row(v21.MessageTriggerEnum),
        "reset": ocpp201_commands.reset_row(v21),
    }
)

DIALECT = Dialect(
    protocol="ocpp2.1",
    reports=REPORTS,
    commands=COMMANDS,
    after_boot=("read_variables",),
    triggers=ocpp201_commands.TRIGGERS | der.TRIGGERS_21,
)

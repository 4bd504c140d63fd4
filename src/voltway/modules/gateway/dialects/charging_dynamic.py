"""OCPP 2.1: profiles whose values change while they run, and priority charging.

Source: OCPP 2.1 part 2, K20-K22 (priority), K28 (dynamic profiles).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voltway.contracts.energy import (
    ReportPriorityCharging,
    ReportSchedulePull,
    ReportScheduleUpdated,
    ScheduleValues,
)
from voltway.contracts.station_link import CommandOutcome
from voltway.modules.gateway.dialects.arguments import outcome_of
from voltway.modules.gateway.dialects.base import CommandLink, CommandRow, Inbound, ReportRow
from voltway.modules.gateway.dialects.profiles import profile_2
from voltway.modules.gateway.dialects.rows import link_origin, origin
from voltway.wire.ocpp import v21

Arguments = Mapping[str, Any]

VALUES = "values"


# ---- dynamic profiles


def read_pull(inbound: Inbound, request: v21.PullDynamicScheduleUpdateRequest) -> ReportSchedulePull:
    return ReportSchedulePull(**origin(inbound), charging_profile_id=request.charging_profile_id)


def answer_pull(
    inbound: Inbound, request: v21.PullDynamicScheduleUpdateRequest, receipt: ScheduleValues
) -> v21.PullDynamicScheduleUpdateResponse:
    if receipt.values is None:
        return v21.PullDynamicScheduleUpdateResponse(status=v21.ChargingProfileStatusEnum.Rejected)
    return v21.PullDynamicScheduleUpdateResponse(
        status=v21.ChargingProfileStatusEnum.Accepted,
        schedule_update=profile_2(receipt.values, v21.ChargingScheduleUpdate, VALUES),
    )


def _update(arguments: Arguments) -> v21.UpdateDynamicScheduleRequest:
    """Raises InvalidField for values that are none."""
    return v21.UpdateDynamicScheduleRequest(
        charging_profile_id=arguments["charging_profile_id"],
        schedule_update=profile_2(arguments[VALUES], v21.ChargingScheduleUpdate, VALUES),
    )


def _check_update(arguments: Arguments) -> None:
    _update(arguments)


async def update_dynamic_schedule(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """Give a dynamic profile new values at once."""
    response = await link.call("UpdateDynamicSchedule", _update(arguments))
    if response.status == v21.ChargingProfileStatusEnum.Accepted:
        await link.report(
            ReportScheduleUpdated(
                **link_origin(link),
                charging_profile_id=arguments["charging_profile_id"],
                values=dict(arguments[VALUES]),
            )
        )
    return outcome_of(response, is_done=True)


# ---- priority charging


def read_priority(inbound: Inbound, request: v21.NotifyPriorityChargingRequest) -> ReportPriorityCharging:
    return ReportPriorityCharging(**origin(inbound), transaction_id=request.transaction_id, is_active=request.activated)


async def use_priority_charging(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """NoProfile: the station has no profile for priority charging (K21)."""
    request = v21.UsePriorityChargingRequest(
        transaction_id=arguments["transaction_id"], activate=arguments["is_active"]
    )
    response = await link.call("UsePriorityCharging", request)
    if response.status == v21.PriorityChargingStatusEnum.Accepted:
        await link.report(
            ReportPriorityCharging(
                **link_origin(link),
                transaction_id=request.transaction_id,
                is_active=request.activate,
                is_ordered=True,
            )
        )
    return outcome_of(response, is_done=True)


REPORTS_21: dict[str, ReportRow] = {
    "PullDynamicScheduleUpdate": ReportRow(read_pull, answer_pull),
    "NotifyPriorityCharging": ReportRow(
        read_priority, lambda inbound, request, reply: v21.NotifyPriorityChargingResponse()
    ),
}

COMMANDS_21: dict[str, CommandRow] = {
    "update_dynamic_schedule": CommandRow(update_dynamic_schedule, _check_update),
    "use_priority_charging": CommandRow(use_priority_charging),
}

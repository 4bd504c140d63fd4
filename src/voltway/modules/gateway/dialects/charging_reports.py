"""What stations say of charging profiles, of limits from outside and of what cars want, and how they are asked for profiles.

Source: OCPP 2.0.1 part 2, K09 (profiles), K11-K14 (limits), K15-K17 (cars); the same in 2.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import ModuleType
from typing import Any, NamedTuple

import msgspec

from voltway.contracts.energy import (
    CarNeeds,
    CarScheduleReceipt,
    InstalledProfile,
    NeedsReceipt,
    NeedsStatus,
    ProfileFilter,
    ReportCarSchedule,
    ReportChargingLimit,
    ReportChargingLimitCleared,
    ReportChargingNeeds,
    ReportProfiles,
)
from voltway.contracts.station_link import CommandOutcome
from voltway.kernel import clock
from voltway.modules.gateway.dialects import station_clock as times
from voltway.modules.gateway.dialects.arguments import wrong
from voltway.modules.gateway.dialects.base import CommandLink, CommandRow, Inbound, LinkMemory, ReportRow
from voltway.modules.gateway.dialects.gathering import Gathering, gather, note_part
from voltway.modules.gateway.dialects.profiles import snake_names
from voltway.modules.gateway.dialects.request_ids import new_request_id
from voltway.modules.gateway.dialects.rows import link_origin, origin
from voltway.wire.ocpp import v21, v201

Arguments = Mapping[str, Any]

PROFILES = "ReportChargingProfiles"
STATION = 0
"""The EVSE number that stands for the station as a whole."""
_ASKED = "profiles_asked"


class Asked(NamedTuple):
    """What was asked for, and when."""

    at: datetime
    filter: ProfileFilter


def installed(profile: Any, evse_number: int, source: str) -> InstalledProfile:
    """A profile of a 2.x version in our words."""
    return InstalledProfile(
        charging_profile_id=profile.id,
        evse_number=evse_number,
        source=source,
        purpose=str(profile.charging_profile_purpose),
        kind=str(profile.charging_profile_kind),
        stack_level=profile.stack_level,
        transaction_id=profile.transaction_id,
        document=document_of(profile),
    )


def document_of(struct: Any) -> dict[str, Any]:
    """A struct of the wire as a document with our names."""
    found: dict[str, Any] = snake_names(msgspec.to_builtins(struct))
    return found


# ---- profiles


def read_profiles(inbound: Inbound, request: Any) -> ReportProfiles:
    """A part of a report. The last one of what we have asked for says that there are no others."""
    source = str(request.charging_limit_source)
    asked = _asked(inbound.memory).get(request.request_id)
    is_last = asked is not None and not request.tbc
    return ReportProfiles(
        **origin(inbound),
        profiles=tuple(installed(profile, request.evse_id, source) for profile in request.charging_profile),
        asked=asked.filter if asked is not None else ProfileFilter(),
        complete_since=asked.at if asked is not None and is_last else None,
    )


def answer_profiles(inbound: Inbound, request: Any, reply: None) -> v201.ReportChargingProfilesResponse:
    numbers = [profile.id for profile in request.charging_profile]
    note_part(inbound, PROFILES, request.request_id, None, numbers, is_last=not request.tbc)
    return v201.ReportChargingProfilesResponse()


def _asked(memory: LinkMemory) -> dict[int, Asked]:
    found: dict[int, Asked] = memory.scratch.setdefault(_ASKED, {})
    return found


def filter_of(arguments: Arguments) -> ProfileFilter:
    """The conditions of an order."""
    return ProfileFilter(
        evse_number=arguments.get("evse_number"),
        charging_profile_ids=tuple(arguments.get("charging_profile_ids") or ()),
        purpose=arguments.get("purpose"),
        stack_level=arguments.get("stack_level"),
        sources=tuple(arguments.get("limit_sources") or ()),
    )


def commands_2(wire: ModuleType) -> dict[str, CommandRow]:
    """The rows of a 2.x version."""

    def request_of(arguments: Arguments) -> Any:
        """Raises InvalidField for words that this version does not have."""
        criteria = {
            "chargingProfilePurpose": arguments.get("purpose"),
            "stackLevel": arguments.get("stack_level"),
            "chargingProfileId": arguments.get("charging_profile_ids"),
            "chargingLimitSource": arguments.get("limit_sources"),
        }
        given = {name: value for name, value in criteria.items() if value is not None}
        try:
            criterion = msgspec.convert(given, wire.ChargingProfileCriterion)
        except msgspec.ValidationError as error:
            raise wrong("limit_sources" if "LimitSource" in str(error) else "purpose", str(error)) from error
        return wire.GetChargingProfilesRequest(
            request_id=new_request_id(), evse_id=arguments.get("evse_number"), charging_profile=criterion
        )

    def check(arguments: Arguments) -> None:
        request_of(arguments)

    async def get_profiles(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        request = request_of(arguments)
        # In whole milliseconds, as messages are stamped: an answer within the same one is not older than the question.
        asked = Asked(clock.now_ms(), filter_of(arguments))

        async def result(gathering: Gathering) -> dict[str, Any]:
            if not gathering.parts:  # NoProfiles: what we thought to be there is not
                await link.report(ReportProfiles(**link_origin(link), asked=asked.filter, complete_since=asked.at))
            return {
                "request_id": request.request_id,
                "parts": len(gathering.parts),
                "charging_profile_ids": gathering.items,
            }

        _asked(link.memory)[request.request_id] = asked
        try:
            return await gather(link, "GetChargingProfiles", PROFILES, request.request_id, request, result)
        finally:
            del _asked(link.memory)[request.request_id]

    return {"get_charging_profiles": CommandRow(get_profiles, check)}


# ---- limits from outside


def read_limit(inbound: Inbound, request: Any) -> ReportChargingLimit:
    limit = request.charging_limit
    return ReportChargingLimit(
        **origin(inbound),
        evse_number=request.evse_id or STATION,
        source=str(limit.charging_limit_source),
        is_grid_critical=limit.is_grid_critical,
        is_local_generation=getattr(limit, "is_local_generation", None),  # new in 2.1
        schedules=tuple(document_of(schedule) for schedule in request.charging_schedule or ()),
    )


def read_limit_cleared(inbound: Inbound, request: Any) -> ReportChargingLimitCleared:
    return ReportChargingLimitCleared(
        **origin(inbound), source=str(request.charging_limit_source), evse_number=request.evse_id
    )


# ---- what cars want


def read_needs(inbound: Inbound, request: Any) -> ReportChargingNeeds:
    needs = request.charging_needs
    ac, dc = needs.ac_charging_parameters, needs.dc_charging_parameters
    v2x = getattr(needs, "v2x_charging_parameters", None)  # new in 2.1, as is the control mode
    control_mode = getattr(needs, "control_mode", None)
    departure = needs.departure_time
    return ReportChargingNeeds(
        **origin(inbound),
        evse_number=request.evse_id,
        needs=CarNeeds(
            transfer_mode=str(needs.requested_energy_transfer),
            control_mode=None if control_mode is None else str(control_mode),
            departure_at=None if departure is None else times.read_time(departure, inbound.received_at, []),
            periods_max=request.max_schedule_tuples,
            energy_wh=_whole(
                _first(_of(ac, "energy_amount"), _of(dc, "energy_amount"), _of(v2x, "ev_target_energy_request"))
            ),
            current_a_min=_first(_of(ac, "ev_min_current"), _of(v2x, "min_charge_current")),
            current_a_max=_first(_of(ac, "ev_max_current"), _of(v2x, "max_charge_current")),
            power_w_max=_first(
                _of(dc, "ev_max_power"), _product(dc, "ev_max_current", "ev_max_voltage"), _sum(v2x, "max_charge_power")
            ),
            discharge_power_w_max=_sum(v2x, "max_discharge_power"),
            soc_percent=_of(dc, "state_of_charge"),
            document=document_of(needs),
        ),
    )


def _of(parameters: Any, name: str) -> float | None:
    return None if parameters is None else getattr(parameters, name)


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _product(parameters: Any, one: str, other: str) -> float | None:
    first, second = _of(parameters, one), _of(parameters, other)
    return None if first is None or second is None else float(first * second)


def _sum(parameters: Any, name: str) -> float | None:
    """What phases make together: L2 and L3 are given where they differ (2.1 part 2, V2XChargingParametersType)."""
    phases = [_of(parameters, each) for each in (name, f"{name}_l2", f"{name}_l3")]
    return None if phases[0] is None else sum(power or 0.0 for power in phases)


def needs_answer(wire: ModuleType) -> Any:
    """How a 2.x version answers. 2.0.1 has no NoChargingProfile: that no schedule will come is a Rejected there."""
    words = {word.value: word for word in wire.NotifyEVChargingNeedsStatusEnum}
    rejected = words[NeedsStatus.REJECTED]

    def answer(inbound: Inbound, request: Any, receipt: NeedsReceipt) -> Any:
        return wire.NotifyEVChargingNeedsResponse(status=words.get(receipt.status, rejected))

    return answer


def read_car_schedule(inbound: Inbound, request: Any) -> ReportCarSchedule:
    return ReportCarSchedule(
        **origin(inbound),
        evse_number=request.evse_id,
        time_base_at=times.read_time(request.time_base, inbound.received_at, []),
        selected_schedule_id=getattr(request, "selected_charging_schedule_id", None),
        schedule=document_of(request.charging_schedule),
    )


def answer_car_schedule(
    inbound: Inbound, request: Any, receipt: CarScheduleReceipt
) -> v201.NotifyEVChargingScheduleResponse:
    """K15.FR.11, K15.FR.12: whether the car stays within what we have allowed."""
    word = v201.GenericStatusEnum.Accepted if receipt.is_within_limits else v201.GenericStatusEnum.Rejected
    return v201.NotifyEVChargingScheduleResponse(status=word)


def reports_2(wire: ModuleType) -> dict[str, ReportRow]:
    """The rows of a 2.x version."""
    return {
        "ReportChargingProfiles": ReportRow(read_profiles, answer_profiles),
        "NotifyChargingLimit": ReportRow(read_limit, lambda inbound, request, reply: _LIMIT_NOTED),
        "ClearedChargingLimit": ReportRow(read_limit_cleared, lambda inbound, request, reply: _LIMIT_GONE),
        "NotifyEVChargingNeeds": ReportRow(read_needs, needs_answer(wire)),
        "NotifyEVChargingSchedule": ReportRow(read_car_schedule, answer_car_schedule),
    }


_LIMIT_NOTED = v201.NotifyChargingLimitResponse()
_LIMIT_GONE = v201.ClearedChargingLimitResponse()

REPORTS_201, REPORTS_21 = reports_2(v201), reports_2(v21)
COMMANDS_201, COMMANDS_21 = commands_2(v201), commands_2(v21)

"""Smart charging: how profiles are set, cleared and asked back.

Source: OCPP 2.0.1 part 2, K01 (with its errata), K08, K10; OCPP 1.6 §5.5, §5.7, §5.16.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import ModuleType
from typing import Any

import msgspec

from voltway.contracts.energy import ProfileFilter, ReportProfilesCleared, ReportProfileSet
from voltway.contracts.station_link import CommandOutcome
from voltway.modules.gateway.dialects.arguments import outcome_of, wrong
from voltway.modules.gateway.dialects.base import CommandLink, CommandRow
from voltway.modules.gateway.dialects.charging_reports import STATION, filter_of, installed
from voltway.modules.gateway.dialects.ocpp16_commands import connectors_of
from voltway.modules.gateway.dialects.profiles import PURPOSES_16, profile_2, profile_16
from voltway.modules.gateway.dialects.rows import link_origin
from voltway.modules.gateway.errors import CommandNotSupported
from voltway.wire.ocpp import v16, v21, v201

Arguments = Mapping[str, Any]

PROFILE = "charging_profile"
OURS = "CSO"
"""Who has set a profile that we set: the operator."""


def _document(arguments: Arguments) -> Mapping[str, Any]:
    """The profile that is ordered, of the session's transaction where a session is named."""
    document: Mapping[str, Any] = arguments[PROFILE]
    transaction_id = arguments.get("transaction_id")
    return document if transaction_id is None else {**document, "transaction_id": transaction_id}


def _evse_number(arguments: Arguments) -> int:
    return arguments.get("evse_number") or STATION


def check_profile(profile: Any, evse_number: int, *, needs_start: bool) -> None:
    """Raise InvalidField for a profile that a station must refuse. `needs_start`: an absolute schedule must say when it starts."""
    schedules = profile.charging_schedule
    for number, schedule in enumerate(schedules if isinstance(schedules, list) else [schedules]):
        path = f"{PROFILE}.charging_schedule[{number}]"
        starts = [period.start_period for period in schedule.charging_schedule_period]
        if starts[0] != 0:  # K01.FR.31
            raise wrong(f"{path}.charging_schedule_period[0].start_period", "the first period starts at 0")
        for index, (before, after) in enumerate(pairwise(starts), 1):
            if after <= before:  # K01.FR.35
                raise wrong(f"{path}.charging_schedule_period[{index}].start_period", "later than the one before it")
        is_relative = profile.charging_profile_kind == "Relative"
        if is_relative and schedule.start_schedule is not None:  # K01.FR.41
            raise wrong(f"{path}.start_schedule", "a relative schedule starts when the car does")
        if not is_relative and needs_start and schedule.start_schedule is None:  # K01.FR.40
            raise wrong(f"{path}.start_schedule", "an absolute or recurring schedule says when it starts")
    if profile.charging_profile_kind == "Dynamic":
        _check_dynamic(schedules)
    purpose = profile.charging_profile_purpose
    if purpose in _OF_THE_STATION and profile.charging_profile_kind == "Relative":  # K01.FR.38
        raise wrong(f"{PROFILE}.charging_profile_kind", "the limit of a whole station is not relative to a car")
    if purpose in _OF_THE_STATION and evse_number != STATION:
        raise wrong("evse_number", "the limit of a whole station is set at the station, without an EVSE")
    if purpose == "TxProfile" and evse_number == STATION:  # K01.FR.16
        raise wrong("evse_number", "a TxProfile is that of a transaction: name the session, or the EVSE")


def _check_dynamic(schedules: Sequence[Any]) -> None:
    """2.1 part 2, K28: the values of a dynamic profile are those of its only period."""
    if len(schedules) != 1 or len(schedules[0].charging_schedule_period) != 1:
        raise wrong(f"{PROFILE}.charging_schedule", "a dynamic profile has one schedule with one period")


_OF_THE_STATION = ("ChargingStationMaxProfile", "ChargePointMaxProfile")


# ---- OCPP 1.6


def _profile_16(arguments: Arguments) -> v16.ChargingProfile:
    profile = profile_16(_document(arguments))
    check_profile(profile, _evse_number(arguments), needs_start=False)
    return profile


async def set_profile_16(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    connector = connectors_of(link.credential, _evse_number(arguments), arguments.get("connector_number"))[0]
    request = v16.SetChargingProfileRequest(connector_id=connector, cs_charging_profiles=_profile_16(arguments))
    response: v16.SetChargingProfileResponse = await link.call("SetChargingProfile", request)
    if response.status == v16.ChargingProfileStatus.NotSupported:
        raise CommandNotSupported("The station says NotSupported: it knows no charging profiles.")
    if response.status == v16.ChargingProfileStatus.Accepted:
        profile = installed(profile_2(_document(arguments), v201.ChargingProfile), _evse_number(arguments), OURS)
        # 1.6 §5.16: also one with the same purpose and stack level is replaced.
        await link.report(ReportProfileSet(**link_origin(link), profile=profile, replaces_level=True))
    return outcome_of(response, is_done=True)


def _purpose_16(arguments: Arguments) -> v16.ChargingProfilePurpose | None:
    word = arguments.get("purpose")
    if word is None:
        return None
    if word not in _PURPOSES_16:
        raise CommandNotSupported(f"A 1.6 station has no profiles for {word}.")
    return _PURPOSES_16[word]


_PURPOSES_16 = {str(purpose): word for purpose, word in PURPOSES_16.items()}


async def clear_profile_16(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    evse_number = arguments.get("evse_number")
    connector = None if evse_number is None else connectors_of(link.credential, evse_number, None)[0]
    request = v16.ClearChargingProfileRequest(
        id=arguments.get("charging_profile_id"),
        connector_id=connector,
        charging_profile_purpose=_purpose_16(arguments),
        stack_level=arguments.get("stack_level"),
    )
    return await _cleared(link, arguments, await link.call("ClearChargingProfile", request))


async def _cleared(link: CommandLink, arguments: Arguments, response: Any) -> CommandOutcome:
    """Unknown says that no such profile is there: that too is what is known from now on."""
    if str(response.status) in ("Accepted", "Unknown"):
        number = arguments.get("charging_profile_id")
        cleared = filter_of(arguments)
        if number is not None:  # K10: an id names its profile, and other conditions do not count
            cleared = ProfileFilter(charging_profile_ids=(number,))
        await link.report(ReportProfilesCleared(**link_origin(link), cleared=cleared))
    return outcome_of(response, is_done=True)


async def composite_16(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    unit = arguments.get("unit")
    request = v16.GetCompositeScheduleRequest(
        connector_id=connectors_of(link.credential, _evse_number(arguments), None)[0],
        duration=arguments["duration_s"],
        charging_rate_unit=None if unit is None else v16.ChargingRateUnit(unit),
    )
    response: v16.GetCompositeScheduleResponse = await link.call("GetCompositeSchedule", request)
    schedule = response.charging_schedule
    if schedule is None:
        return outcome_of(response)
    told = {
        "schedule_start": response.schedule_start,
        "duration_s": schedule.duration,
        "unit": str(schedule.charging_rate_unit),
        "periods": [_period(period) for period in schedule.charging_schedule_period],
    }
    return outcome_of(response, is_done=True, result=told)


def _period(period: Any) -> dict[str, Any]:
    return {"start_s": period.start_period, "limit": period.limit, "number_phases": period.number_phases}


def check_set_16(arguments: Arguments) -> None:
    _profile_16(arguments)


def check_clear_16(arguments: Arguments) -> None:
    _purpose_16(arguments)


COMMANDS_16: dict[str, CommandRow] = {
    "set_charging_profile": CommandRow(set_profile_16, check_set_16),
    "clear_charging_profile": CommandRow(clear_profile_16, check_clear_16),
    "get_composite_schedule": CommandRow(composite_16),
}


# ---- OCPP 2.x


def rows_2(wire: ModuleType) -> dict[str, CommandRow]:
    """The rows of a 2.x version."""
    purposes = {word.value: word for word in wire.ChargingProfilePurposeEnum}

    def profile_of(arguments: Arguments) -> Any:
        profile = profile_2(_document(arguments), wire.ChargingProfile)
        evse_number = _evse_number(arguments)
        check_profile(profile, evse_number, needs_start=wire is v201)
        if profile.charging_profile_purpose == "TxProfile" and profile.transaction_id is None:  # K01.FR.03
            raise wrong("session_id", "a TxProfile is that of a transaction: name the session")
        if profile.charging_profile_purpose != "TxProfile" and profile.transaction_id is not None:
            raise wrong("session_id", "only a TxProfile is that of a transaction")
        return profile

    def check_set(arguments: Arguments) -> None:
        profile_of(arguments)

    async def set_profile(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        request = wire.SetChargingProfileRequest(
            evse_id=_evse_number(arguments), charging_profile=profile_of(arguments)
        )
        response = await link.call("SetChargingProfile", request)
        if response.status == wire.ChargingProfileStatusEnum.Accepted:
            profile = installed(request.charging_profile, request.evse_id, OURS)
            await link.report(ReportProfileSet(**link_origin(link), profile=profile))
        return outcome_of(response, is_done=True)

    def criteria_of(arguments: Arguments) -> Any:
        purpose = arguments.get("purpose")
        if purpose is not None and purpose not in purposes:
            raise wrong("purpose", f"one of {', '.join(purposes)}")
        criteria = wire.ClearChargingProfile(
            evse_id=arguments.get("evse_number"),
            charging_profile_purpose=None if purpose is None else purposes[purpose],
            stack_level=arguments.get("stack_level"),
        )
        return None if criteria == wire.ClearChargingProfile() else criteria

    def check_clear(arguments: Arguments) -> None:
        criteria = criteria_of(arguments)
        if criteria is None and arguments.get("charging_profile_id") is None:
            raise wrong("charging_profile_id", "name the profile, or an EVSE, a purpose or a stack level")

    async def clear_profile(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        request = wire.ClearChargingProfileRequest(
            charging_profile_id=arguments.get("charging_profile_id"), charging_profile_criteria=criteria_of(arguments)
        )
        return await _cleared(link, arguments, await link.call("ClearChargingProfile", request))

    async def composite(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        unit = arguments.get("unit")
        request = wire.GetCompositeScheduleRequest(
            duration=arguments["duration_s"],
            evse_id=_evse_number(arguments),
            charging_rate_unit=None if unit is None else wire.ChargingRateUnitEnum(unit),
        )
        response = await link.call("GetCompositeSchedule", request)
        schedule = response.schedule
        if schedule is None:
            return outcome_of(response)
        told = {
            "schedule_start": schedule.schedule_start,
            "duration_s": schedule.duration,
            "unit": str(schedule.charging_rate_unit),
            "periods": msgspec.to_builtins([_period(period) for period in schedule.charging_schedule_period]),
        }
        return outcome_of(response, is_done=True, result=told)

    return {
        "set_charging_profile": CommandRow(set_profile, check_set),
        "clear_charging_profile": CommandRow(clear_profile, check_clear),
        "get_composite_schedule": CommandRow(composite),
    }


COMMANDS_201 = rows_2(v201)
COMMANDS_21 = rows_2(v21)

"""Charging profiles in commands: the shape of OCPP 2.x, its names in snake_case or as on the wire, and what 1.6 makes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from voltway.modules.gateway.dialects.arguments import wrong
from voltway.modules.gateway.errors import CommandNotSupported
from voltway.wire.ocpp import v16, v201
from voltway.wire.ocpp.shapes import Shape, read_custom_data

P = TypeVar("P", bound=Shape)
_PATH = "charging_profile"

PURPOSES_16 = {
    v201.ChargingProfilePurposeEnum.ChargingStationMaxProfile: v16.ChargingProfilePurpose.ChargePointMaxProfile,
    v201.ChargingProfilePurposeEnum.TxDefaultProfile: v16.ChargingProfilePurpose.TxDefaultProfile,
    v201.ChargingProfilePurposeEnum.TxProfile: v16.ChargingProfilePurpose.TxProfile,
}


def profile_2(document: Mapping[str, Any], kind: type[P], path: str = _PATH) -> P:
    """A profile as the struct of a 2.x version. Raises InvalidField for what its schema refuses."""
    try:
        return msgspec.convert(_camel_names(document), kind, dec_hook=read_custom_data)
    except (msgspec.ValidationError, ValueError) as error:
        raise wrong(path, str(error)) from error


def profile_16(document: Mapping[str, Any]) -> v16.ChargingProfile:
    """A profile as 1.6 can say it: one schedule, limits with one decimal. Raises InvalidField, CommandNotSupported."""
    profile = profile_2(document, v201.ChargingProfile)
    purpose = PURPOSES_16.get(profile.charging_profile_purpose)
    if purpose is None or len(profile.charging_schedule) != 1:
        raise CommandNotSupported("A 1.6 station knows profiles with one schedule, and no external constraints.")
    document_16 = msgspec.to_builtins(profile) | {
        "chargingProfileId": profile.id,
        "chargingProfilePurpose": purpose,
        "chargingSchedule": _schedule_16(profile.charging_schedule[0]),
    }
    del document_16["id"]
    if profile.transaction_id is not None:
        if not profile.transaction_id.isdecimal():
            raise wrong(f"{_PATH}.transaction_id", "a transaction of a 1.6 station is a number")
        document_16["transactionId"] = int(profile.transaction_id)
    try:
        return msgspec.convert(document_16, v16.ChargingProfile)
    except (msgspec.ValidationError, ValueError) as error:
        raise wrong(_PATH, str(error)) from error


def _schedule_16(schedule: v201.ChargingSchedule) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(schedule)
    unsaid = {"id", "salesTariff", "customData"}
    periods = [
        {name: value for name, value in period.items() if name not in ("phaseToUse", "customData")}
        for period in document["chargingSchedulePeriod"]
    ]
    return {name: value for name, value in document.items() if name not in unsaid} | {"chargingSchedulePeriod": periods}


def snake_names(value: Any) -> Any:
    """A JSON value of the wire with the names of its objects in snake_case: chargingRateUnit -> charging_rate_unit."""
    if isinstance(value, Mapping):
        return {_snake(name): snake_names(inner) for name, inner in value.items()}
    return [snake_names(inner) for inner in value] if isinstance(value, list) else value


def _camel_names(value: Any) -> Any:
    """A JSON value with the names of its objects as the wire has them: charging_rate_unit -> chargingRateUnit."""
    if isinstance(value, Mapping):
        return {_camel(name): _camel_names(inner) for name, inner in value.items()}
    return [_camel_names(inner) for inner in value] if isinstance(value, list) else value


def _snake(name: str) -> str:
    for word, plain in _ACRONYMS.items():
        name = name.replace(word, plain)
    return _HUMP.sub("_", name).lower()


def _camel(name: str) -> str:
    phase = _PHASE.search(name)
    if phase is not None:  # 2.1 part 2, ChargingSchedulePeriodType: limit_L2 and the like
        return _camel(name[: phase.start()]) + phase[0].upper()
    first, *rest = name.split("_")
    return first + "".join("SoC" if word == "soc" else word[:1].upper() + word[1:] for word in rest)


_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PHASE = re.compile(r"_[lL][23]$")
_ACRONYMS = {"SoC": "Soc", "V2X": "V2x"}
"""Words with humps of their own."""

"""What a station says that it can do, as far as orders of the access block go. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voltway.modules.stations.errors import CapabilityMissing

Settings = Mapping[tuple[str | None, str], str | None]
"""(component, variable) -> value; a 1.6 key has no component. What the station has not told is not in it."""

WANTED: tuple[tuple[str | None, str], ...] = (
    (None, "SupportedFeatureProfiles"),
    (None, "ReserveConnectorZeroSupported"),
    (None, "SendLocalListMaxLength"),
    (None, "LocalAuthListMaxLength"),
    ("ReservationCtrlr", "Available"),
    ("ReservationCtrlr", "Enabled"),
    ("ReservationCtrlr", "NonEvseSpecific"),
    ("LocalAuthListCtrlr", "ItemsPerMessage"),
    ("LocalAuthListCtrlr", "BytesPerMessage"),
)


def check_reserve(settings: Settings, given: Mapping[str, Any]) -> None:
    """Raise CapabilityMissing where the station has said that it reserves nothing, or not like that."""
    profiles = settings.get((None, "SupportedFeatureProfiles"))
    if profiles and "reservation" not in [name.strip().casefold() for name in profiles.split(",")]:
        raise CapabilityMissing("The station does not name Reservation among its SupportedFeatureProfiles.")
    for variable in ("Available", "Enabled"):
        if _is_false(settings, "ReservationCtrlr", variable):
            raise CapabilityMissing(f"The station says that ReservationCtrlr.{variable} is false.")
    if given.get("evse_number") is not None:
        return
    for component, variable in ((None, "ReserveConnectorZeroSupported"), ("ReservationCtrlr", "NonEvseSpecific")):
        if _is_false(settings, component, variable):
            raise CapabilityMissing(f"The station reserves no EVSE of its own choice: its {variable} is false.")


def list_limits(settings: Settings) -> dict[str, int | None]:
    """How much of a list the station takes in one message."""
    items = (
        _number(settings, None, "SendLocalListMaxLength"),
        _number(settings, "LocalAuthListCtrlr", "ItemsPerMessage"),
    )
    return {
        "items_max": next((number for number in items if number), None),
        "bytes_max": _number(settings, "LocalAuthListCtrlr", "BytesPerMessage"),
    }


def check_list(settings: Settings, count: int) -> None:
    """Raise CapabilityMissing for a list that is longer than the station can hold."""
    length_max = _number(settings, None, "LocalAuthListMaxLength")
    if length_max is not None and count > length_max:
        raise CapabilityMissing(f"The list has {count} entries, and the station holds {length_max}.")


def _is_false(settings: Settings, component: str | None, variable: str) -> bool:
    return (settings.get((component, variable)) or "").strip().casefold() == "false"


def _number(settings: Settings, component: str | None, variable: str) -> int | None:
    value = (settings.get((component, variable)) or "").strip()
    return int(value) if value.isascii() and value.isdecimal() and int(value) > 0 else None

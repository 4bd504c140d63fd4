"""Whether a station offers what is ordered, by what its device model declares. Pure.

What a station has not told is no reason to refuse. Source: OCPP 2.0.1 part 2, appendix: DisplayMessageCtrlr,
MonitoringCtrlr, SmartChargingCtrlr, TariffCostCtrlr; O01.FR.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voltway.kernel.errors import InvalidField
from voltway.modules.stations.errors import NotOffered

_DISPLAY, _MONITORING, _COST = "DisplayMessageCtrlr", "MonitoringCtrlr", "TariffCostCtrlr"
_CHARGING = "SmartChargingCtrlr"
CONTROLLERS: dict[str, str] = {
    "set_display_message": _DISPLAY,
    "get_display_messages": _DISPLAY,
    "clear_display_message": _DISPLAY,
    "set_variable_monitoring": _MONITORING,
    "clear_variable_monitoring": _MONITORING,
    "get_monitoring_report": _MONITORING,
    "set_monitoring_base": _MONITORING,
    "set_monitoring_level": _MONITORING,
    "update_cost": _COST,
    "set_charging_profile": _CHARGING,
}
"""Order -> the component of the device model that says whether the station can do it."""

_SUPPORTED = (
    ("format", "supportedformats", "format"),
    ("priority", "supportedpriorities", "priority"),
    ("state", "supportedstates", "state"),
)


def check(kind: str, arguments: Mapping[str, Any], declared: Mapping[str, str | None]) -> None:
    """Raise NotOffered, with why. `declared`: variable -> value of the order's controller, as the station told it."""
    controller = CONTROLLERS[kind]
    values = {name.casefold(): value for name, value in declared.items()}
    if (values.get("available") or "").casefold() == "false":
        raise NotOffered(f"The station says that its {controller} is not available.")
    if kind == "set_charging_profile":
        _check_profile_id((arguments.get("charging_profile") or {}).get("id"), values.get("maxexternalconstraintsid"))
    if kind != "set_display_message":
        return
    for argument, variable, word in _SUPPORTED:
        wanted, list_of = arguments.get(argument), values.get(variable)
        if wanted is None or not list_of:
            continue
        offered = [each.strip() for each in list_of.split(",")]
        if wanted.casefold() not in (each.casefold() for each in offered):
            raise NotOffered(f"The station shows no message of this {word}: it offers {', '.join(offered)}.")


def _check_profile_id(number: Any, reserved_max: str | None) -> None:
    """2.1 part 2, SmartChargingCtrlr: ids up to MaxExternalConstraintsId are the station's own, for limits from outside."""
    if (
        isinstance(number, int)
        and reserved_max is not None
        and reserved_max.isdecimal()
        and number <= int(reserved_max)
    ):
        raise InvalidField.at("$.charging_profile.id", f"the station keeps ids up to {reserved_max} for itself")

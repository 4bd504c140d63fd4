"""Whether a station offers what is ordered, by what its device model declares. Pure.

What a station has not told is no reason to refuse. Source: OCPP 2.0.1 part 2, appendix: DisplayMessageCtrlr,
MonitoringCtrlr, TariffCostCtrlr; O01.FR.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voltway.modules.stations.errors import NotOffered

_DISPLAY, _MONITORING, _COST = "DisplayMessageCtrlr", "MonitoringCtrlr", "TariffCostCtrlr"
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
    if kind != "set_display_message":
        return
    for argument, variable, word in _SUPPORTED:
        wanted, list_of = arguments.get(argument), values.get(variable)
        if wanted is None or not list_of:
            continue
        offered = [each.strip() for each in list_of.split(",")]
        if wanted.casefold() not in (each.casefold() for each in offered):
            raise NotOffered(f"The station shows no message of this {word}: it offers {', '.join(offered)}.")

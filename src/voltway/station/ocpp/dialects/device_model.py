"""The device model of OCPP 2.x: variables read, set and reported, over the station's one table of settings."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from voltway.station.ocpp import commands
from voltway.station.ocpp.variables import Access, Variable
from voltway.station.ocpp.vocabulary import Verdict
from voltway.wire.ocpp import v201
from voltway.wire.ocpp.shapes import Shape
from voltway.wire.ocpp.times import format_instant

if TYPE_CHECKING:
    from voltway.station.ocpp.station import Station

# One NotifyReport carries so many variables; small enough for any CSMS's limit on a message's size.
REPORT_ITEMS_MAX = 20
_SET_STATUS = {
    Verdict.ACCEPTED: v201.SetVariableStatusEnum.Accepted,
    Verdict.REJECTED: v201.SetVariableStatusEnum.Rejected,
    Verdict.READ_ONLY: v201.SetVariableStatusEnum.Rejected,
    Verdict.REBOOT_REQUIRED: v201.SetVariableStatusEnum.RebootRequired,
}
_REPORTED: dict[str, Callable[[Variable], bool]] = {
    "FullInventory": lambda variable: True,
    "ConfigurationInventory": lambda variable: variable.access is not Access.READ_ONLY,
}


def get_variables(station: Station, call: v201.GetVariablesRequest) -> Shape:
    return v201.GetVariablesResponse(get_variable_result=[_get(station, item) for item in call.get_variable_data])


def set_variables(station: Station, call: v201.SetVariablesRequest) -> Shape:
    return v201.SetVariablesResponse(set_variable_result=[_set(station, item) for item in call.set_variable_data])


def get_base_report(station: Station, call: v201.GetBaseReportRequest) -> Shape:
    is_wanted = _REPORTED.get(call.report_base)
    if is_wanted is None:
        return v201.GetBaseReportResponse(status=v201.GenericDeviceModelStatusEnum.NotSupported)
    data = [_report(station, variable) for variable in station.settings.device_model() if is_wanted(variable)]
    station.clock.soon(lambda: _send_report(station, call.request_id, data))
    return v201.GetBaseReportResponse(status=v201.GenericDeviceModelStatusEnum.Accepted)


def _send_report(station: Station, request_id: int, data: list[v201.ReportData]) -> None:
    generated_at = format_instant(station.clock.now())
    parts = [data[first : first + REPORT_ITEMS_MAX] for first in range(0, len(data), REPORT_ITEMS_MAX)]
    for number, part in enumerate(parts):
        station.call(
            v201.NotifyReportRequest(
                request_id=request_id,
                generated_at=generated_at,
                seq_no=number,
                tbc=number + 1 < len(parts),
                report_data=part,
            )
        )


def _get(station: Station, item: v201.GetVariableData) -> v201.GetVariableResult:
    found = find(station, item.component, item.variable)
    status, value = v201.GetVariableStatusEnum.Accepted, None
    if not isinstance(found, Variable):
        status = v201.GetVariableStatusEnum(found)
    elif item.attribute_type not in (None, "Actual"):
        status = v201.GetVariableStatusEnum.NotSupportedAttributeType
    elif found.access is Access.WRITE_ONLY:
        status = v201.GetVariableStatusEnum.Rejected
    else:
        value = station.monitoring.value_of(found)
    return v201.GetVariableResult(
        attribute_status=status,
        component=item.component,
        variable=item.variable,
        attribute_type=item.attribute_type,
        attribute_value=value,
    )


def _set(station: Station, item: v201.SetVariableData) -> v201.SetVariableResult:
    found = find(station, item.component, item.variable)
    if not isinstance(found, Variable):
        status = v201.SetVariableStatusEnum(found)
    elif item.attribute_type not in (None, "Actual"):
        status = v201.SetVariableStatusEnum.NotSupportedAttributeType
    else:
        status = _SET_STATUS[commands.write_variable(station, found, item.attribute_value)]
    return v201.SetVariableResult(
        attribute_status=status,
        component=item.component,
        variable=item.variable,
        attribute_type=item.attribute_type,
    )


def of_component(station: Station, component: v201.Component) -> list[Variable]:
    """The variables of a component; names compare without case."""
    evse_number = component.evse.id if component.evse else None
    connector_number = component.evse.connector_id if component.evse else None
    return [
        one
        for one in station.settings.device_model()
        if (one.component or "").lower() == component.name.lower()
        and one.evse_number == evse_number
        and one.connector_number == connector_number
    ]


def find(station: Station, component: v201.Component, variable: v201.Variable) -> Variable | str:
    """The variable that is meant, or the word for what is unknown about it; names compare without case."""
    known = of_component(station, component)
    if not known:
        return "UnknownComponent"
    wanted = (variable.name.lower(), (variable.instance or "").lower())
    return next(
        (one for one in known if ((one.variable or "").lower(), (one.instance or "").lower()) == wanted),
        "UnknownVariable",
    )


def names_of(variable: Variable, wire: ModuleType) -> tuple[Any, Any]:
    """Component and variable as a version's messages name them."""
    evse = None
    if variable.evse_number is not None:
        evse = wire.EVSE(id=variable.evse_number, connector_id=variable.connector_number)
    named = wire.Variable(name=variable.variable or "", instance=variable.instance)
    return wire.Component(name=variable.component or "", evse=evse), named


def _report(station: Station, variable: Variable) -> v201.ReportData:
    component, named = names_of(variable, v201)
    is_secret = variable.access is Access.WRITE_ONLY
    return v201.ReportData(
        component=component,
        variable=named,
        variable_attribute=[
            v201.VariableAttribute(
                value=None if is_secret else station.monitoring.value_of(variable),
                mutability=v201.MutabilityEnum(variable.access.value),
            )
        ],
        variable_characteristics=v201.VariableCharacteristics(
            data_type=v201.DataEnum(variable.kind.value), supports_monitoring=bool(variable.live)
        ),
    )

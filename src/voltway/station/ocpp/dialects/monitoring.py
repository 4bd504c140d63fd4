"""Monitors of OCPP 2.x as messages: set, cleared, reported, and what they have noticed."""

from __future__ import annotations

from datetime import datetime
from types import ModuleType
from typing import TYPE_CHECKING

from voltway.station.ocpp.dialects import device_model
from voltway.station.ocpp.monitors import PERIODIC, Monitor, Noticed, Sort
from voltway.station.ocpp.variables import Kind, Variable
from voltway.wire.ocpp import v21, v201
from voltway.wire.ocpp.shapes import Shape
from voltway.wire.ocpp.times import format_instant

if TYPE_CHECKING:
    from voltway.station.ocpp.station import Station

REPORT_ITEMS_MAX = 20
CRITERIA = {
    "ThresholdMonitoring": frozenset({Sort.UPPER, Sort.LOWER}),
    "DeltaMonitoring": frozenset({Sort.DELTA}),
    "PeriodicMonitoring": PERIODIC,
}


def set_monitors(station: Station, call: v201.SetVariableMonitoringRequest) -> Shape:
    """N04: each is judged for itself."""
    return v201.SetVariableMonitoringResponse(
        set_monitoring_result=[_set(station, one) for one in call.set_monitoring_data]
    )


def _set(station: Station, item: v201.SetMonitoringData) -> v201.SetMonitoringResult:
    found, number = device_model.find(station, item.component, item.variable), None
    if not isinstance(found, Variable):
        word = found
    elif not found.live or str(item.type) not in set(Sort) or getattr(item, "periodic_event_stream", None):
        word = "UnsupportedMonitorType"  # a setting does not change by itself; streams and targets are not there
    else:
        monitor = Monitor(
            number=item.id or 0,
            variable=found.name,
            sort=Sort(str(item.type)),
            value=item.value,
            severity=item.severity,
            only_in_transaction=bool(item.transaction),
        )
        word, number = station.monitoring.set(monitor, is_numeric=found.kind is not Kind.STRING)
    return v201.SetMonitoringResult(
        status=v201.SetMonitoringStatusEnum(word),
        type=item.type,
        component=item.component,
        variable=item.variable,
        severity=item.severity,
        id=number,
    )


def clear_monitors(station: Station, call: v201.ClearVariableMonitoringRequest) -> Shape:
    """N06: by their numbers."""
    words = [(number, "Accepted" if station.monitoring.clear(number) else "NotFound") for number in call.id]
    return v201.ClearVariableMonitoringResponse(
        clear_monitoring_result=[
            v201.ClearMonitoringResult(status=v201.ClearMonitoringStatusEnum(word), id=number) for number, word in words
        ]
    )


def set_base(station: Station, call: v201.SetMonitoringBaseRequest) -> Shape:
    """N03: nothing was there before the CSMS, so that whatever is not `All` leaves nothing."""
    if call.monitoring_base != "All":
        for number in list(station.monitoring.monitors.standing):
            station.monitoring.clear(number)
    return v201.SetMonitoringBaseResponse(status=v201.GenericDeviceModelStatusEnum.Accepted)


def set_level(station: Station, call: v201.SetMonitoringLevelRequest) -> Shape:
    """N05: what is less serious is noticed and not told."""
    word = "Accepted" if station.monitoring.set_level(call.severity) else "Rejected"
    return v201.SetMonitoringLevelResponse(status=v201.GenericStatusEnum(word))


def report(wire: ModuleType, station: Station, call: v201.GetMonitoringReportRequest) -> Shape:
    """N02: the monitors that are meant, by variable, in parts."""
    sorts = frozenset(sort for one in call.monitoring_criteria or CRITERIA for sort in CRITERIA[str(one)])
    names = None
    if call.component_variable:
        names = [one.name for asked in call.component_variable for one in _meant(station, asked)]
    monitors = station.monitoring.monitors.of(names, sorts)
    word = "Accepted" if monitors else "EmptyResultSet"
    if monitors:
        station.clock.soon(lambda: _send_report(wire, station, call.request_id, monitors))
    return v201.GetMonitoringReportResponse(status=v201.GenericDeviceModelStatusEnum(word))


def _meant(station: Station, asked: v201.ComponentVariable) -> list[Variable]:
    if asked.variable is not None:
        found = device_model.find(station, asked.component, asked.variable)
        return [found] if isinstance(found, Variable) else []
    return device_model.of_component(station, asked.component)


def _send_report(wire: ModuleType, station: Station, request_id: int, monitors: list[Monitor]) -> None:
    by_variable: dict[str, list[Monitor]] = {}
    for one in monitors:
        by_variable.setdefault(one.variable, []).append(one)
    known = {variable.name: variable for variable in station.settings.device_model()}
    data = [_report(wire, known[name], found) for name, found in by_variable.items()]
    parts = [data[first : first + REPORT_ITEMS_MAX] for first in range(0, len(data), REPORT_ITEMS_MAX)]
    for number, part in enumerate(parts):
        station.call(
            wire.NotifyMonitoringReportRequest(
                request_id=request_id,
                seq_no=number,
                generated_at=format_instant(station.clock.now()),
                tbc=number + 1 < len(parts),
                monitor=part,
            )
        )


def _report(wire: ModuleType, variable: Variable, monitors: list[Monitor]) -> Shape:
    # 2.1 says of each who has set it.
    beside = {"event_notification_type": v21.EventNotificationEnum.CustomMonitor} if wire is v21 else {}
    component, named = device_model.names_of(variable, wire)
    told: Shape = wire.MonitoringData(
        component=component,
        variable=named,
        variable_monitoring=[
            wire.VariableMonitoring(
                id=one.number,
                transaction=one.only_in_transaction,
                value=one.value,
                type=wire.MonitorEnum(one.sort.value),
                severity=one.severity,
                **beside,
            )
            for one in monitors
        ],
    )
    return told


def events(station: Station, noticed: list[Noticed], at: datetime, first_id: int) -> Shape:
    """N07, N08: what was noticed at one look, in one message. `first_id`: the events count from there."""
    known = {variable.name: variable for variable in station.settings.device_model()}
    data = []
    for number, one in enumerate(noticed, first_id):
        variable = known[one.monitor.variable]
        component, named = device_model.names_of(variable, v201)
        evse = station.find_evse(variable.evse_number) if variable.evse_number else None
        data.append(
            v201.EventData(
                event_id=number,
                timestamp=format_instant(at),
                trigger=v201.EventTriggerEnum(one.trigger),
                actual_value=one.value,
                cleared=True if one.is_over else None,
                component=component,
                variable=named,
                event_notification_type=v201.EventNotificationEnum.CustomMonitor,
                variable_monitoring_id=one.monitor.number,
                transaction_id=evse.transaction.transaction_id if evse and evse.transaction else None,
            )
        )
    return v201.NotifyEventRequest(generated_at=format_instant(at), seq_no=0, event_data=data)

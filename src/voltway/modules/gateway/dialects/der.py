"""DER control (OCPP 2.1, functional block R): how a station behaves towards the grid."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from voltway.contracts.grid import (
    DerControl,
    ReportDerAlarm,
    ReportDerCleared,
    ReportDerControls,
    ReportDerSwitch,
)
from voltway.contracts.station_link import CommandOutcome
from voltway.kernel import clock
from voltway.modules.gateway.dialects import station_clock as times
from voltway.modules.gateway.dialects.arguments import outcome_of, wrong
from voltway.modules.gateway.dialects.base import CommandLink, CommandRow, Inbound, LinkMemory, ReportRow
from voltway.modules.gateway.dialects.profiles import profile_2
from voltway.modules.gateway.dialects.request_ids import new_request_id
from voltway.modules.gateway.dialects.rows import link_origin, origin
from voltway.modules.gateway.errors import CommandNotSupported
from voltway.wire.ocpp import v21

Arguments = Mapping[str, Any]

PARTS_TIMEOUT_S = 10.0
"""How long the parts of a report are waited for; what comes later is recorded all the same."""
CONTROLS_MAX = 1000
"""Controls in the result of one command."""

_ASKED = "der_asked"

_FIELDS: dict[str, tuple[str, type[Any]]] = {
    "EnterService": ("enter_service", v21.EnterService),
    "FixedPFAbsorb": ("fixed_pf_absorb", v21.FixedPF),
    "FixedPFInject": ("fixed_pf_inject", v21.FixedPF),
    "FixedVar": ("fixed_var", v21.FixedVar),
    "FreqDroop": ("freq_droop", v21.FreqDroop),
    "Gradients": ("gradient", v21.Gradient),
    "LimitMaxDischarge": ("limit_max_discharge", v21.LimitMaxDischarge),
}
"""Control type -> where its setting stands in SetDERControl and what it is; all other types are curves."""

_REPORTED: tuple[tuple[str, str | None, str], ...] = (
    ("curve", None, "curve"),
    ("enter_service", "EnterService", "enter_service"),
    ("fixed_pf_absorb", "FixedPFAbsorb", "fixed_pf"),
    ("fixed_pf_inject", "FixedPFInject", "fixed_pf"),
    ("fixed_var", "FixedVar", "fixed_var"),
    ("freq_droop", "FreqDroop", "freq_droop"),
    ("gradient", "Gradients", "gradient"),
    ("limit_max_discharge", "LimitMaxDischarge", "limit_max_discharge"),
)
"""A list in ReportDERControl, the type of its controls (None: each says), and where each holds its setting."""


class Asked:
    """A report that we have asked for and that comes in parts."""

    def __init__(self, is_about_all: bool) -> None:
        self.asked_at = clock.now_ms()  # as messages are stamped: an answer is never older than the question
        self.is_about_all = is_about_all
        self.controls: list[DerControl] = []
        self.is_complete = asyncio.Event()


# ---- what stations say


def read_report(inbound: Inbound, request: v21.ReportDERControlRequest) -> ReportDerControls:
    """One part. Each stands for itself; the last one of a report of all says that there are no others."""
    controls = [
        DerControl(
            control_id=told.id,
            control_type=control_type or str(told.curve_type),
            is_default=getattr(told, "is_default", True),  # EnterService and Gradients are always default settings
            is_superseded=getattr(told, "is_superseded", False),
            document=msgspec.to_builtins(getattr(told, place)),
        )
        for name, control_type, place in _REPORTED
        for told in getattr(request, name) or ()
    ]
    complete_since = None
    asked = _asked(inbound.memory, request.request_id)
    if asked is not None:
        asked.controls += controls[: CONTROLS_MAX - len(asked.controls)]
        complete_since = asked.asked_at if asked.is_about_all and not request.tbc else None
    return ReportDerControls(**origin(inbound), controls=tuple(controls), complete_since=complete_since)


def answer_report(inbound: Inbound, request: v21.ReportDERControlRequest, reply: Any) -> v21.ReportDERControlResponse:
    asked = _asked(inbound.memory, request.request_id)
    if asked is not None and not request.tbc:
        asked.is_complete.set()
    return v21.ReportDERControlResponse()


def _asked(memory: LinkMemory, request_id: int) -> Asked | None:
    found: dict[int, Asked] = memory.scratch.get(_ASKED, {})
    return found.get(request_id)


def read_alarm(inbound: Inbound, request: v21.NotifyDERAlarmRequest) -> ReportDerAlarm:
    return ReportDerAlarm(
        **origin(inbound),
        control_type=str(request.control_type),
        grid_fault=None if request.grid_event_fault is None else str(request.grid_event_fault),
        is_ended=bool(request.alarm_ended),
        occurred_at=_time(inbound, request.timestamp),
        remark=request.extra_info,
    )


def read_start_stop(inbound: Inbound, request: v21.NotifyDERStartStopRequest) -> ReportDerSwitch:
    return ReportDerSwitch(
        **origin(inbound),
        control_id=request.control_id,
        is_started=request.started,
        occurred_at=_time(inbound, request.timestamp),
        superseded_ids=tuple(request.superseded_ids or ()),
    )


def _time(inbound: Inbound, text: Any) -> datetime:
    return times.read_time(text, inbound.received_at, [])


# ---- what we say


def _set_request(arguments: Arguments) -> v21.SetDERControlRequest:
    """Raises InvalidField for a setting that is none of its type."""
    control_type = arguments["control_type"]
    field, kind = _FIELDS.get(control_type, ("curve", v21.DERCurve))
    setting = profile_2(arguments["control"], kind, path="control")
    is_default = arguments["is_default"]
    has_schedule = getattr(setting, "start_time", None) is not None or getattr(setting, "duration", None) is not None
    if is_default and has_schedule:
        raise wrong("control", "a default setting holds always: it has no start_time and no duration")
    if not is_default and control_type in ("EnterService", "Gradients"):
        raise wrong("is_default", f"{control_type} is always a default setting")
    return v21.SetDERControlRequest(
        is_default=is_default,
        control_id=arguments["control_id"],
        control_type=v21.DERControlEnum(control_type),
        **{field: setting},
    )


async def set_der_control(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    request = _set_request(arguments)
    response: v21.SetDERControlResponse = await link.call("SetDERControl", request)
    _require_support(response.status)
    superseded = tuple(response.superseded_ids or ())
    if response.status == v21.DERControlStatusEnum.Accepted:
        field, _ = _FIELDS.get(arguments["control_type"], ("curve", None))
        control = DerControl(
            control_id=request.control_id,
            control_type=str(request.control_type),
            is_default=request.is_default,
            is_superseded=request.control_id in superseded,
            document=msgspec.to_builtins(getattr(request, field)),
        )
        others = tuple(one for one in superseded if one != request.control_id)
        await link.report(ReportDerControls(**link_origin(link), controls=(control,), superseded_ids=others))
    return outcome_of(response, is_done=True, result={"superseded_ids": list(superseded)} if superseded else None)


async def get_der_control(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """The result is what came in the parts of the report; without its last part it says that it is not complete."""
    control_type, request_id = arguments.get("control_type"), new_request_id()
    request = v21.GetDERControlRequest(
        request_id=request_id,
        is_default=arguments.get("is_default"),
        control_type=None if control_type is None else v21.DERControlEnum(control_type),
        control_id=arguments.get("control_id"),
    )
    asked = Asked(is_about_all=not arguments)
    under_way: dict[int, Asked] = link.memory.scratch.setdefault(_ASKED, {})
    under_way[request_id] = asked
    try:
        response: v21.GetDERControlResponse = await link.call("GetDERControl", request)
        _require_support(response.status)
        if response.status != v21.DERControlStatusEnum.Accepted:
            return outcome_of(response)
        is_complete = await _within(asked.is_complete, PARTS_TIMEOUT_S)
    finally:
        del under_way[request_id]
    controls = [msgspec.to_builtins(control) for control in asked.controls]
    return outcome_of(response, is_done=is_complete, result={"controls": controls, "is_complete": is_complete})


async def _within(event: asyncio.Event, timeout_s: float) -> bool:
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return False
    return True


async def clear_der_control(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    control_id, control_type = arguments.get("control_id"), arguments.get("control_type")
    request = v21.ClearDERControlRequest(
        is_default=arguments["is_default"],
        # 2.1 part 2, ClearDERControlRequest: the type is not used when the id is given.
        control_type=None if control_type is None or control_id is not None else v21.DERControlEnum(control_type),
        control_id=control_id,
    )
    response: v21.ClearDERControlResponse = await link.call("ClearDERControl", request)
    _require_support(response.status)
    if response.status in (v21.DERControlStatusEnum.Accepted, v21.DERControlStatusEnum.NotFound):
        await link.report(
            ReportDerCleared(
                **link_origin(link),
                is_default=request.is_default,
                control_id=control_id,
                control_type=None if request.control_type is None else str(request.control_type),
            )
        )
    return outcome_of(response, is_done=True)


def _require_support(status: v21.DERControlStatusEnum) -> None:
    if status == v21.DERControlStatusEnum.NotSupported:
        raise CommandNotSupported("The station says NotSupported: it has no DER control of this kind.")


def _check_set(arguments: Arguments) -> None:
    _set_request(arguments)


REPORTS_21: dict[str, ReportRow] = {
    "NotifyDERAlarm": ReportRow(read_alarm, lambda inbound, request, reply: v21.NotifyDERAlarmResponse()),
    "NotifyDERStartStop": ReportRow(read_start_stop, lambda inbound, request, reply: v21.NotifyDERStartStopResponse()),
    "ReportDERControl": ReportRow(read_report, answer_report),
}

COMMANDS_21: dict[str, CommandRow] = {
    "set_der_control": CommandRow(set_der_control, _check_set),
    "get_der_control": CommandRow(get_der_control),
    "clear_der_control": CommandRow(clear_der_control),
}

TRIGGERS_21 = {"GetDERControl": lambda request: ("ReportDERControl",)}

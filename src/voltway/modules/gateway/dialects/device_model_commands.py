"""How reports, monitors, display messages, customer information and costs are asked for and set in 2.x.

Source: OCPP 2.0.1 part 2, B06-B08 (reports), E14, I02 (cost), N01-N10 (monitoring, customers), O01-O06 (messages).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from voltway.contracts.access import ReportCustomerCleared
from voltway.contracts.device_model import (
    MessagesUnlisted,
    Monitor,
    MonitorsUnlisted,
    ReportDisplayMessages,
    ReportMonitors,
)
from voltway.contracts.station_link import CommandOutcome
from voltway.contracts.vocabulary import CommandState
from voltway.kernel import clock
from voltway.modules.gateway.dialects import variables
from voltway.modules.gateway.dialects.arguments import DONE, outcome_of, outcome_of_all, require_length, wrong
from voltway.modules.gateway.dialects.base import CommandLink, CommandRow
from voltway.modules.gateway.dialects.device_model import CUSTOMER, MESSAGES, MONITORS, display_message, name_of
from voltway.modules.gateway.dialects.gathering import Gathering, gather
from voltway.modules.gateway.dialects.request_ids import new_request_id
from voltway.modules.gateway.dialects.rows import link_origin
from voltway.modules.gateway.errors import CommandNotSupported
from voltway.wire.ocpp import v21, v201

Arguments = Mapping[str, Any]

REPORT = "NotifyReport"
TOKEN_LENGTH_MAX = {v201: 36, v21: 255}

_BASES = {
    "configuration": v201.ReportBaseEnum.ConfigurationInventory,
    "full": v201.ReportBaseEnum.FullInventory,
    "summary": v201.ReportBaseEnum.SummaryInventory,
}
_MONITORING_BASES = {
    "all": v201.MonitoringBaseEnum.All,
    "factory_default": v201.MonitoringBaseEnum.FactoryDefault,
    "hard_wired_only": v201.MonitoringBaseEnum.HardWiredOnly,
}
_COMPONENT_CRITERIA = {word.value.lower(): word for word in v201.ComponentCriterionEnum}
_MONITORING_CRITERIA = {
    "threshold": v201.MonitoringCriterionEnum.ThresholdMonitoring,
    "delta": v201.MonitoringCriterionEnum.DeltaMonitoring,
    "periodic": v201.MonitoringCriterionEnum.PeriodicMonitoring,
}
_KINDS_OF = {
    "threshold": ("UpperThreshold", "LowerThreshold"),
    "delta": ("Delta", "TargetDelta", "TargetDeltaRelative"),
    "periodic": ("Periodic", "PeriodicClockAligned"),
}
"""Which kinds of monitor a criterion means; target deltas are known to 2.1 only."""


def _component(item: Mapping[str, Any]) -> v201.Component:
    evse_number = item.get("evse_number")
    evse = None if not evse_number else v201.EVSE(id=evse_number, connector_id=item.get("connector_number"))
    return v201.Component(name=item["component"], instance=item.get("component_instance"), evse=evse)


def _variable(item: Mapping[str, Any]) -> v201.Variable:
    return v201.Variable(name=item["variable"], instance=item.get("instance"))


def _places(arguments: Arguments) -> list[v201.ComponentVariable]:
    return [
        v201.ComponentVariable(
            component=_component(item), variable=None if item.get("variable") is None else _variable(item)
        )
        for item in arguments.get("variables") or ()
    ]


def _in_portions(link: CommandLink, arguments: Arguments) -> list[list[v201.ComponentVariable]]:
    """The places of a report in as many calls as the station's limit asks for; one call where none is named."""
    places = _places(arguments)
    return [list(portion) for portion in variables.portions(link.memory, "GetReport", places)] or [[]]


# ---- reports


async def get_base_report(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    request_id = new_request_id()
    request = v201.GetBaseReportRequest(request_id=request_id, report_base=_BASES[arguments["base"]])
    return await gather(link, "GetBaseReport", REPORT, request_id, request, _counted(request_id))


async def get_report(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """B08: by what components are, or by their names; in as many calls as the station's limit asks for."""
    criteria = [_COMPONENT_CRITERIA[word] for word in arguments.get("criteria") or ()] or None
    outcome = CommandOutcome(state=CommandState.ACCEPTED)
    results = []
    for places in _in_portions(link, arguments):
        request_id = new_request_id()
        request = v201.GetReportRequest(
            request_id=request_id, component_variable=places or None, component_criteria=criteria
        )
        outcome = await gather(link, "GetReport", REPORT, request_id, request, _counted(request_id))
        if outcome.state is not CommandState.ACCEPTED:
            return outcome
        results.append(outcome.result)
    return _joined(outcome, results)


async def get_monitoring_report(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """N02. A report that names no variables is all that there is: what we knew besides is gone."""
    words = arguments.get("criteria") or ()
    criteria = [_MONITORING_CRITERIA[word] for word in words] or None
    kinds = tuple(kind for word in words for kind in _KINDS_OF[word])
    unlisted = None if arguments.get("variables") else MonitorsUnlisted(asked_at=clock.now(), kinds=kinds)
    outcome = CommandOutcome(state=CommandState.ACCEPTED)
    results = []
    for places in _in_portions(link, arguments):
        request_id = new_request_id()
        request = v201.GetMonitoringReportRequest(
            request_id=request_id, component_variable=places or None, monitoring_criteria=criteria
        )
        outcome = await gather(link, "GetMonitoringReport", MONITORS, request_id, request, _counted(request_id))
        if outcome.state is not CommandState.ACCEPTED:
            return outcome
        results.append(outcome.result)
    if unlisted is not None:
        await link.report(ReportMonitors(**link_origin(link), unlisted=unlisted))
    return _joined(outcome, results)


def _counted(request_id: int) -> Any:
    """What a report's result tells: the variables themselves are in the store."""

    async def result(gathering: Gathering) -> dict[str, int]:
        return {"request_id": request_id, "parts": len(gathering.parts), "items": len(gathering.items)}

    return result


def _joined(outcome: CommandOutcome, results: list[Any]) -> CommandOutcome:
    if len(results) < 2:
        return outcome
    total = {name: sum(result[name] for result in results) for name in ("parts", "items")}
    return CommandOutcome(
        state=outcome.state,
        wire_status=outcome.wire_status,
        effect=outcome.effect,
        result={"request_ids": [result["request_id"] for result in results], **total},
    )


# ---- monitors


def monitoring_row(version: ModuleType) -> CommandRow:
    """The row of set_variable_monitoring for a version with its kinds of monitor."""
    kinds = {word.value for word in version.MonitorEnum}

    def check(arguments: Arguments) -> None:
        for index, item in enumerate(arguments["monitors"]):
            if item["kind"] not in kinds:
                raise wrong(f"monitors[{index}].kind", f"one of {', '.join(sorted(kinds))}")
            if item.get("stream") is None:
                continue
            if version is not v21:
                raise CommandNotSupported("Streams of periodic events are known to 2.1 stations only.")
            if not item["kind"].startswith("Periodic"):
                raise wrong(f"monitors[{index}].stream", "a periodic monitor has a stream, no other one")

    async def set_variable_monitoring(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        wanted = [
            version.SetMonitoringData(
                id=item.get("number"),
                transaction=item.get("is_in_transaction_only"),
                value=item["value"],
                type=version.MonitorEnum(item["kind"]),
                severity=item["severity"],
                component=_like(version.Component, version, item),
                variable=version.Variable(name=item["variable"], instance=item.get("instance")),
                **_stream_of(item),
            )
            for item in arguments["monitors"]
        ]
        result, set_now = [], []
        for data in variables.portions(link.memory, "SetVariableMonitoring", wanted):
            request = version.SetVariableMonitoringRequest(set_monitoring_data=list(data))
            response = await link.call("SetVariableMonitoring", request)
            asked_for = {_monitor_key(asked): asked for asked in data}
            for done in response.set_monitoring_result:
                asked = asked_for.get(_monitor_key(done))
                result.append(
                    {
                        "component": done.component.name,
                        "variable": done.variable.name,
                        "kind": str(done.type),
                        "number": done.id,
                        "status": str(done.status),
                    }
                )
                if str(done.status) == "Accepted" and done.id is not None and asked is not None:
                    set_now.append(
                        Monitor(
                            number=done.id,
                            on=name_of(done.component, done.variable),
                            kind=str(done.type),
                            value=asked.value,
                            severity=done.severity,
                            is_in_transaction_only=bool(asked.transaction),
                            origin="CustomMonitor",
                        )
                    )
        if set_now:
            await link.report(ReportMonitors(**link_origin(link), monitors=tuple(set_now)))
        return outcome_of_all([item["status"] for item in result], result)

    return CommandRow(set_variable_monitoring, check)


def _stream_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """N11: a stream that the station opens for a periodic monitor. 2.0.1 has no field for it."""
    stream = item.get("stream")
    if stream is None:
        return {}
    params = v21.PeriodicEventStreamParams(interval=stream.get("interval_s"), values=stream.get("values"))
    return {"periodic_event_stream": params}


def _monitor_key(item: Any) -> tuple[Any, ...]:
    """What tells a monitor of a request and its result apart from the others."""
    return (name_of(item.component, item.variable), str(item.type), item.severity)


def _like(kind: Any, version: ModuleType, item: Mapping[str, Any]) -> Any:
    evse_number = item.get("evse_number")
    evse = None if not evse_number else version.EVSE(id=evse_number, connector_id=item.get("connector_number"))
    return kind(name=item["component"], instance=item.get("component_instance"), evse=evse)


async def clear_variable_monitoring(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """N06. A monitor that the station does not know is gone as well."""
    result, cleared = [], []
    for numbers in variables.portions(link.memory, "ClearVariableMonitoring", list(arguments["numbers"])):
        request = v201.ClearVariableMonitoringRequest(id=list(numbers))
        response = await link.call("ClearVariableMonitoring", request)
        for done in response.clear_monitoring_result:
            result.append({"number": done.id, "status": str(done.status)})
            if str(done.status) in ("Accepted", "NotFound"):
                cleared.append(done.id)
    if cleared:
        await link.report(ReportMonitors(**link_origin(link), cleared=tuple(cleared)))
    return outcome_of_all([item["status"] for item in result], result)


async def set_monitoring_base(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    request = v201.SetMonitoringBaseRequest(monitoring_base=_MONITORING_BASES[arguments["base"]])
    return outcome_of(await link.call("SetMonitoringBase", request), is_done=True)


async def set_monitoring_level(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    request = v201.SetMonitoringLevelRequest(severity=arguments["severity"])
    return outcome_of(await link.call("SetMonitoringLevel", request), is_done=True)


# ---- messages on displays


def message_rows(version: ModuleType) -> dict[str, CommandRow]:
    """The rows of display messages for a version with its formats and states."""

    def word(kind: Any, path: str, value: str | None) -> Any:
        if value is None:
            return None
        try:
            return kind(value)
        except ValueError:
            raise wrong(path, f"this station's protocol knows {', '.join(kind)}") from None

    def message_of(arguments: Arguments) -> Any:
        return version.MessageInfo(
            id=arguments["number"],
            priority=word(version.MessagePriorityEnum, "priority", arguments["priority"]),
            message=version.MessageContent(
                format=word(version.MessageFormatEnum, "format", arguments["format"]),
                content=arguments["content"],
                language=arguments.get("language"),
            ),
            display=None if arguments.get("display") is None else version.Component(name=arguments["display"]),
            state=word(version.MessageStateEnum, "state", arguments.get("state")),
            start_date_time=arguments.get("starts_at"),
            end_date_time=arguments.get("ends_at"),
            transaction_id=arguments.get("transaction_id"),
            **translations_of(arguments),
        )

    def translations_of(arguments: Arguments) -> dict[str, Any]:
        """2.1, O01: the same message in other languages; 2.0.1 has no field for it."""
        extra = [
            v21.MessageContent(
                format=word(v21.MessageFormatEnum, f"translations[{index}].format", each["format"]),
                content=each["content"],
                language=each["language"],
            )
            for index, each in enumerate(arguments.get("translations") or ())
        ]
        if extra and version is not v21:
            raise CommandNotSupported("A 2.0.1 station keeps a message in one language only.")
        return {"message_extra": extra} if extra else {}

    def check(arguments: Arguments) -> None:
        message_of(arguments)

    async def set_display_message(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        message = message_of(arguments)
        response = await link.call("SetDisplayMessage", version.SetDisplayMessageRequest(message=message))
        outcome = outcome_of(response, is_done=True)
        if outcome.state is CommandState.ACCEPTED:
            shown = display_message(message, clock.now())
            await link.report(ReportDisplayMessages(**link_origin(link), messages=(shown,)))
        return outcome

    def check_get(arguments: Arguments) -> None:
        word(version.MessagePriorityEnum, "priority", arguments.get("priority"))
        word(version.MessageStateEnum, "state", arguments.get("state"))

    async def get_display_messages(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        """O03, O04. The answer is all that there is of what was asked for: what we knew besides is gone."""
        request_id = new_request_id()
        request = version.GetDisplayMessagesRequest(
            request_id=request_id,
            id=arguments.get("numbers") or None,
            priority=word(version.MessagePriorityEnum, "priority", arguments.get("priority")),
            state=word(version.MessageStateEnum, "state", arguments.get("state")),
        )
        unlisted = MessagesUnlisted(
            asked_at=clock.now(),
            numbers=tuple(arguments.get("numbers") or ()),
            priority=arguments.get("priority"),
            state=arguments.get("state"),
        )

        async def listed(gathering: Gathering) -> dict[str, Any]:
            await link.report(ReportDisplayMessages(**link_origin(link), unlisted=unlisted))
            return {"request_id": request_id, "parts": len(gathering.parts), "numbers": gathering.items}

        return await gather(link, "GetDisplayMessages", MESSAGES, request_id, request, listed)

    return {
        "set_display_message": CommandRow(set_display_message, check),
        "get_display_messages": CommandRow(get_display_messages, check_get),
    }


async def clear_display_message(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """O05. Unknown: the station has it no longer, which is what was wanted, but it did not do it."""
    response = await link.call("ClearDisplayMessage", v201.ClearDisplayMessageRequest(id=arguments["number"]))
    outcome = outcome_of(response, is_done=True)
    if str(response.status) in ("Accepted", "Unknown"):
        await link.report(ReportDisplayMessages(**link_origin(link), cleared=(arguments["number"],)))
    return outcome


# ---- customers, cost, transactions


def customer_row(version: ModuleType) -> CommandRow:
    """The row of customer_information for a version with its kinds of token."""

    def request_of(arguments: Arguments, request_id: int) -> Any:
        token, certificate = arguments.get("id_token"), arguments.get("certificate")
        if token is not None:
            require_length("id_token", token, TOKEN_LENGTH_MAX[version])
        kind = arguments.get("id_token_kind") or "Central"
        try:
            type_ = kind if version is v21 else v201.IdTokenEnum(kind)
        except ValueError:
            raise wrong("id_token_kind", f"the station does not know tokens of kind {kind}") from None
        return version.CustomerInformationRequest(
            request_id=request_id,
            report=arguments["report"],
            clear=arguments["clear"],
            customer_certificate=None
            if certificate is None
            else version.CertificateHashData(
                hash_algorithm=version.HashAlgorithmEnum(certificate["hash_algorithm"]),
                issuer_name_hash=certificate["issuer_name_hash"],
                issuer_key_hash=certificate["issuer_key_hash"],
                serial_number=certificate["serial_number"],
            ),
            id_token=None if token is None else version.IdToken(id_token=token, type=type_),
            customer_identifier=arguments.get("customer_identifier"),
        )

    def check(arguments: Arguments) -> None:
        request_of(arguments, 1)

    async def customer_information(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        """N09, N10. What the station tells is the result; without a report the answer is all."""
        request_id = new_request_id()
        request = request_of(arguments, request_id)

        async def told(gathering: Gathering) -> dict[str, Any]:
            return {"request_id": request_id, "text": "".join(gathering.items)}

        if arguments["report"]:
            outcome = await gather(link, "CustomerInformation", CUSTOMER, request_id, request, told)
        else:
            outcome = outcome_of(await link.call("CustomerInformation", request), is_done=True)
        token = arguments.get("id_token")
        if arguments["clear"] and token is not None and outcome.state is CommandState.ACCEPTED:
            await link.report(ReportCustomerCleared(**link_origin(link), id_token=token))
        return outcome

    return CommandRow(customer_information, check)


async def update_cost(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """I02. A number on the wire, with which nothing is computed."""
    request = v201.CostUpdatedRequest(
        total_cost=float(arguments["total_cost"]), transaction_id=arguments["transaction_id"]
    )
    await link.call("CostUpdated", request)
    return CommandOutcome(state=CommandState.ACCEPTED, wire_status="Accepted", effect=DONE)


async def get_transaction_status(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """E14. Whether messages of a transaction, or any, still wait at the station."""
    request = v201.GetTransactionStatusRequest(transaction_id=arguments.get("transaction_id"))
    response: v201.GetTransactionStatusResponse = await link.call("GetTransactionStatus", request)
    result = {"is_ongoing": response.ongoing_indicator, "has_queued_messages": response.messages_in_queue}
    return CommandOutcome(state=CommandState.ACCEPTED, wire_status="Accepted", effect=DONE, result=result)


def _rows(version: ModuleType) -> dict[str, CommandRow]:
    return {
        "set_variable_monitoring": monitoring_row(version),
        "customer_information": customer_row(version),
        **message_rows(version),
    }


COMMANDS_201: dict[str, CommandRow] = {
    "get_base_report": CommandRow(get_base_report),
    "get_report": CommandRow(get_report),
    "get_monitoring_report": CommandRow(get_monitoring_report),
    "clear_variable_monitoring": CommandRow(clear_variable_monitoring),
    "set_monitoring_base": CommandRow(set_monitoring_base),
    "set_monitoring_level": CommandRow(set_monitoring_level),
    "clear_display_message": CommandRow(clear_display_message),
    "update_cost": CommandRow(update_cost),
    "get_transaction_status": CommandRow(get_transaction_status),
    **_rows(v201),
}
COMMANDS_21: dict[str, CommandRow] = _rows(v21)

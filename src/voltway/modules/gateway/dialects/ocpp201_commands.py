"""OCPP 2.0.1: how our commands are said; 2.1 takes these rows and changes some."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import ModuleType
from typing import Any

from voltway.contracts.station_link import CommandOutcome, VariableValue
from voltway.modules.gateway.dialects import data_transfer, device_model_commands, variables
from voltway.modules.gateway.dialects.arguments import (
    each_variable,
    outcome_of,
    outcome_of_all,
    require_length,
    wrong,
)
from voltway.modules.gateway.dialects.base import CommandLink, CommandRow
from voltway.modules.gateway.dialects.profiles import profile_2
from voltway.modules.gateway.dialects.request_ids import new_request_id
from voltway.modules.gateway.errors import CommandNotSupported
from voltway.wire.ocpp import v21, v201
from voltway.wire.ocpp.shapes import Shape

Arguments = Mapping[str, Any]

CUSTOM_TRIGGER = "CustomTrigger"

# 2.0.1 part 2: IdTokenType, ComponentType and VariableType, SetVariableDataType.
TOKEN_LENGTH_MAX = 36
NAME_LENGTH_MAX = 50
VALUE_LENGTH_MAX = 1000

_RESETS = {"immediate": "Immediate", "on_idle": "OnIdle", "immediate_and_resume": "ImmediateAndResume"}


# ---- charging


def start_row(make_token: Callable[[str, str], Any], token_length_max: int, profile_kind: type[Shape]) -> CommandRow:
    """The row of start_transaction for a version with its kinds of token and its charging profile.

    `id_token_kind` is the token's kind where it is known; without it the token counts as one that we made (`Central`).
    `remote_start_id` names the order in the transaction that follows; we draw one where the caller has none. The station
    chooses the connector of an EVSE.
    """

    def token_of(arguments: Arguments) -> Any:
        require_length("id_token", arguments["id_token"], token_length_max)
        kind = arguments.get("id_token_kind") or v201.IdTokenEnum.Central.value
        try:
            return make_token(arguments["id_token"], kind)
        except ValueError:
            raise wrong("id_token_kind", f"the station does not know tokens of kind {kind}") from None

    def profile_of(arguments: Arguments) -> Any:
        profile = arguments.get("charging_profile")
        return None if profile is None else profile_2(profile, profile_kind)

    def check(arguments: Arguments) -> None:
        token_of(arguments)
        profile_of(arguments)

    async def start_transaction(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        remote_start_id = arguments.get("remote_start_id") or new_request_id()
        request = v201.RequestStartTransactionRequest(
            id_token=token_of(arguments),
            remote_start_id=remote_start_id,
            evse_id=arguments.get("evse_number"),
            charging_profile=profile_of(arguments),
        )
        response: v201.RequestStartTransactionResponse = await link.call("RequestStartTransaction", request)
        result = {"remote_start_id": remote_start_id, "transaction_id": response.transaction_id}
        return outcome_of(response, result=result)

    return CommandRow(start_transaction, check)


async def stop_transaction(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    transaction_id = arguments.get("transaction_id")
    if not transaction_id:
        raise CommandNotSupported("The station has not told of a transaction of this session that could be stopped.")
    request = v201.RequestStopTransactionRequest(transaction_id=transaction_id)
    return outcome_of(await link.call("RequestStopTransaction", request))


# ---- the station itself


def reset_row(version: ModuleType) -> CommandRow:
    """The row of reset for a version with its ways to reset; 2.1 also lets transactions go on afterwards (B13)."""
    known = {word.value: word for word in version.ResetEnum}

    def check(arguments: Arguments) -> None:
        if _RESETS[arguments["mode"]] not in known:
            raise CommandNotSupported("A station resumes its transactions after a reset from OCPP 2.1 on.")

    async def reset(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        word = known[_RESETS[arguments["mode"]]]
        request = version.ResetRequest(type=word, evse_id=arguments.get("evse_number") or None)
        return outcome_of(await link.call("Reset", request))

    return CommandRow(reset, check)


async def unlock_connector(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    request = v201.UnlockConnectorRequest(
        evse_id=arguments["evse_number"], connector_id=arguments.get("connector_number") or 1
    )
    return outcome_of(await link.call("UnlockConnector", request))


async def change_availability(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    status = v201.OperationalStatusEnum.Operative if arguments["operative"] else v201.OperationalStatusEnum.Inoperative
    request = v201.ChangeAvailabilityRequest(operational_status=status, evse=_evse(arguments))
    return outcome_of(await link.call("ChangeAvailability", request), is_done=True)


def trigger_row(words: type[StrEnum]) -> CommandRow:
    """The row of trigger_message for a version with its words. A 2.1 CustomTrigger has a name of the vendor's own."""
    known: dict[str, Any] = {word.value: word for word in words}

    def check(arguments: Arguments) -> None:
        message, custom = arguments["message"], arguments.get("custom_trigger")
        if message in _ONLY_16:
            raise CommandNotSupported(f"A 2.x station cannot be asked for {message}.")
        if message not in known:
            raise wrong("message", "no message that this station can be asked for")
        if (message == CUSTOM_TRIGGER) != (custom is not None):
            raise wrong("custom_trigger", f"the name of a {CUSTOM_TRIGGER}, and of nothing else")

    async def trigger_message(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        message, evse = arguments["message"], _evse(arguments)
        if message == "StatusNotification" and evse is not None and evse.connector_id is None:
            evse = v201.EVSE(id=evse.id, connector_id=1)  # F06.FR.12: the status is that of a connector
        custom = arguments.get("custom_trigger")
        request: Any = (
            v201.TriggerMessageRequest(requested_message=known[message], evse=evse)
            if custom is None
            else v21.TriggerMessageRequest(requested_message=known[message], custom_trigger=custom)
        )
        return outcome_of(await link.call("TriggerMessage", request))

    return CommandRow(trigger_message, check)


async def clear_cache(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    return outcome_of(await link.call("ClearCache", v201.ClearCacheRequest()), is_done=True)


def _evse(arguments: Arguments) -> v201.EVSE | None:
    evse_number = arguments.get("evse_number")
    if not evse_number:
        return None
    return v201.EVSE(id=evse_number, connector_id=arguments.get("connector_number"))


# ---- settings


def check_variables(arguments: Arguments) -> None:
    attributes = [word.value for word in v201.AttributeEnum]
    for path, item in each_variable(arguments):
        place = variables.place_of(item)
        if place is None:
            raise wrong(path, "2.x has no variable for this key that we know; name it by component and variable")
        require_length(f"{path}.component", place.component, NAME_LENGTH_MAX)
        require_length(f"{path}.variable", place.variable, NAME_LENGTH_MAX)
        if item.get("attribute") not in (None, *attributes):
            raise wrong(f"{path}.attribute", f"one of {', '.join(attributes)}")
        if len(item.get("value") or "") > VALUE_LENGTH_MAX:
            raise wrong(f"{path}.value", f"a 2.x station takes at most {VALUE_LENGTH_MAX} characters")


async def read_variables(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """Ask for all that the station has; it comes in NotifyReport messages. Some know only what can be configured."""
    for base in (v201.ReportBaseEnum.FullInventory, v201.ReportBaseEnum.ConfigurationInventory):
        request = v201.GetBaseReportRequest(request_id=new_request_id(), report_base=base)
        response: v201.GetBaseReportResponse = await link.call("GetBaseReport", request)
        if response.status != v201.GenericDeviceModelStatusEnum.NotSupported:
            break
    return outcome_of(response)


async def get_variables(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    wanted = [
        v201.GetVariableData(component=component, variable=variable, attribute_type=attribute)
        for component, variable, attribute in map(_address, arguments["variables"])
    ]
    result, read = [], []
    for data in variables.portions(link.memory, "GetVariables", wanted):
        request = v201.GetVariablesRequest(get_variable_data=list(data))
        response: v201.GetVariablesResponse = await link.call("GetVariables", request)
        for got in response.get_variable_result:
            entry = _entry(got.component, got.variable, got.attribute_type)
            result.append({**entry, "value": got.attribute_value, "status": str(got.attribute_status)})
            if got.attribute_status == v201.GetVariableStatusEnum.Accepted:
                read.append(VariableValue(**entry, value=got.attribute_value))
    await variables.record(link, read)
    statuses = [item["status"] for item in result]
    return outcome_of_all([status for status in statuses if status == "Accepted"] or statuses, result)


async def set_variables(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    wanted = []
    for item in arguments["variables"]:
        component, variable, attribute = _address(item)
        wanted.append(
            v201.SetVariableData(
                attribute_value=str(item["value"]), component=component, variable=variable, attribute_type=attribute
            )
        )
    values = {_name(data.component, data.variable, data.attribute_type): data.attribute_value for data in wanted}
    result, written = [], []
    for data in variables.portions(link.memory, "SetVariables", wanted):
        request = v201.SetVariablesRequest(set_variable_data=list(data))
        response: v201.SetVariablesResponse = await link.call("SetVariables", request)
        for done in response.set_variable_result:
            entry = _entry(done.component, done.variable, done.attribute_type)
            result.append({**entry, "status": str(done.attribute_status)})
            value = values.get(_name(done.component, done.variable, done.attribute_type))
            is_set = done.attribute_status == v201.SetVariableStatusEnum.Accepted and value is not None
            if is_set and not variables.is_secret(done.variable.name):
                written.append(VariableValue(**entry, value=value, is_readonly=False))
    await variables.record(link, written)
    return outcome_of_all([item["status"] for item in result], result)


def _address(item: Mapping[str, Any]) -> tuple[v201.Component, v201.Variable, v201.AttributeEnum | None]:
    """Where a setting is that a caller names."""
    place = variables.place_of(item)
    if place is None:
        raise CommandNotSupported(f"2.x has no variable for the key {item['key']} that we know.")
    attribute = item.get("attribute")
    return (
        v201.Component(name=place.component, instance=item.get("component_instance"), evse=_evse(item)),
        v201.Variable(name=place.variable, instance=place.instance),
        None if attribute is None else v201.AttributeEnum(attribute),
    )


def _entry(component: v201.Component, variable: v201.Variable, attribute: str | None) -> dict[str, Any]:
    """The fields of a VariableValue that say which one it is; also how a result names it."""
    evse = component.evse
    return {
        "component": component.name,
        "component_instance": component.instance,
        "evse_number": None if evse is None else evse.id,
        "connector_number": None if evse is None else evse.connector_id,
        "variable": variable.name,
        "instance": variable.instance,
        "attribute": str(attribute or v201.AttributeEnum.Actual),
    }


def _name(component: v201.Component, variable: v201.Variable, attribute: str | None) -> tuple[Any, ...]:
    return tuple(_entry(component, variable, attribute).values())


_ONLY_16 = ("DiagnosticsStatusNotification", "SignChargePointCertificate")

COMMANDS: dict[str, CommandRow] = {
    "start_transaction": start_row(
        lambda value, kind: v201.IdToken(id_token=value, type=v201.IdTokenEnum(kind)),
        TOKEN_LENGTH_MAX,
        v201.ChargingProfile,
    ),
    "stop_transaction": CommandRow(stop_transaction),
    "reset": reset_row(v201),
    "unlock_connector": CommandRow(unlock_connector),
    "change_availability": CommandRow(change_availability),
    "trigger_message": trigger_row(v201.MessageTriggerEnum),
    "clear_cache": CommandRow(clear_cache),
    "read_variables": CommandRow(read_variables),
    "get_variables": CommandRow(get_variables, check_variables),
    "set_variables": CommandRow(set_variables, check_variables),
    **device_model_commands.COMMANDS_201,
    **data_transfer.COMMANDS_2,
}


def _triggered(request: Any) -> tuple[str, ...]:
    message = str(request.requested_message)
    return ("SignCertificate",) if message.startswith("Sign") else (message,)


TRIGGERS: dict[str, Callable[[Any], tuple[str, ...]]] = {
    "TriggerMessage": _triggered,
    "CustomerInformation": lambda request: ("NotifyCustomerInformation",),
    "GetBaseReport": lambda request: ("NotifyReport",),
    "GetReport": lambda request: ("NotifyReport",),
    "GetMonitoringReport": lambda request: ("NotifyMonitoringReport",),
    "GetChargingProfiles": lambda request: ("ReportChargingProfiles",),
    "GetDisplayMessages": lambda request: ("NotifyDisplayMessages",),
    "GetLog": lambda request: ("LogStatusNotification",),
    "PublishFirmware": lambda request: ("PublishFirmwareStatusNotification",),
    "UpdateFirmware": lambda request: ("FirmwareStatusNotification",),
}

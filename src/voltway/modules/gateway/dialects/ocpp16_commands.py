"""OCPP 1.6: how our commands are said. What has no row, or what `check` refuses, a 1.6 station cannot do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from voltway.contracts.station_link import CommandOutcome, StationCredential, VariableValue
from voltway.contracts.vocabulary import CommandState
from voltway.modules.gateway.dialects import data_transfer, variables
from voltway.modules.gateway.dialects.arguments import (
    DONE,
    each_variable,
    outcome_of,
    outcome_of_all,
    require_length,
    wrong,
)
from voltway.modules.gateway.dialects.base import CallFailed, CommandLink, CommandRow
from voltway.modules.gateway.dialects.profiles import profile_16
from voltway.modules.gateway.errors import CommandNotSupported
from voltway.wire.ocpp import v16, v201

Arguments = Mapping[str, Any]

# OCPP 1.6 §7.28, §7.20: the longest token, key and value.
TOKEN_LENGTH_MAX = 20
KEY_LENGTH_MAX = 50
VALUE_LENGTH_MAX = 500
UNKNOWN = "UnknownVariable"
"""How a key that the station does not have is called in a result; the word of 2.x."""

_RESETS = {"immediate": v16.ResetType.Hard, "on_idle": v16.ResetType.Soft}

_BASIC = {word.value: word for word in v16.MessageTrigger}
# These need the security extension.
_EXTENDED = {
    "LogStatusNotification": v16.ExtendedMessageTrigger.LogStatusNotification,
    "SignChargePointCertificate": v16.ExtendedMessageTrigger.SignChargePointCertificate,
    "SignChargingStationCertificate": v16.ExtendedMessageTrigger.SignChargePointCertificate,
}


def connectors_of(credential: StationCredential, evse_number: int, connector_number: int | None) -> list[int]:
    """The 1.6 connectors of an EVSE, or the one that is meant. Raises CommandNotSupported where the station has none."""
    mapped = credential.connector_map or {}
    found = [
        connector
        for connector, (evse, number) in sorted(mapped.items())
        if evse == evse_number and connector_number in (None, number)
    ]
    if not found and evse_number not in mapped and connector_number in (None, 1 if evse_number else 0):
        found = [evse_number]
    if not found:
        raise CommandNotSupported(
            f"The station has no connector {connector_number} at EVSE {evse_number}.", station_id=credential.station_id
        )
    return found


def _connector(link: CommandLink, arguments: Arguments) -> int | None:
    evse_number = arguments.get("evse_number")
    if evse_number is None:
        return None
    return connectors_of(link.credential, evse_number, arguments.get("connector_number"))[0]


# ---- charging


def check_start(arguments: Arguments) -> None:
    require_length("id_token", arguments["id_token"], TOKEN_LENGTH_MAX)
    if (profile := arguments.get("charging_profile")) is not None:
        profile_16(profile)


async def start_transaction(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    profile = arguments.get("charging_profile")
    request = v16.RemoteStartTransactionRequest(
        id_tag=arguments["id_token"],
        connector_id=_connector(link, arguments),
        charging_profile=None if profile is None else profile_16(profile),
    )
    return outcome_of(await link.call("RemoteStartTransaction", request))


async def stop_transaction(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    transaction_id = arguments.get("transaction_id")
    if transaction_id is None or not str(transaction_id).isdecimal():
        raise CommandNotSupported("The station has not told of a transaction of this session that could be stopped.")
    request = v16.RemoteStopTransactionRequest(transaction_id=int(transaction_id))
    return outcome_of(await link.call("RemoteStopTransaction", request))


# ---- the station itself


def check_reset(arguments: Arguments) -> None:
    if arguments.get("evse_number"):
        raise CommandNotSupported("A 1.6 station can only be reset as a whole.")
    if arguments["mode"] not in _RESETS:
        raise CommandNotSupported("A 1.6 station does not resume its transactions after a reset.")


async def reset(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    return outcome_of(await link.call("Reset", v16.ResetRequest(type=_RESETS[arguments["mode"]])))


async def unlock_connector(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    connector = connectors_of(link.credential, arguments["evse_number"], arguments.get("connector_number"))[0]
    return outcome_of(await link.call("UnlockConnector", v16.UnlockConnectorRequest(connector_id=connector)))


async def change_availability(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """Each connector of an EVSE is asked for itself; the whole station is connector 0."""
    kind = v16.AvailabilityType.Operative if arguments["operative"] else v16.AvailabilityType.Inoperative
    evse_number = arguments.get("evse_number") or 0
    statuses = []
    for connector in connectors_of(link.credential, evse_number, arguments.get("connector_number")):
        request = v16.ChangeAvailabilityRequest(connector_id=connector, type=kind)
        response: v16.ChangeAvailabilityResponse = await link.call("ChangeAvailability", request)
        statuses.append(response.status.value)
    return outcome_of_all(statuses, None)


def check_trigger(arguments: Arguments) -> None:
    message = arguments["message"]
    if message in _BASIC or message in _EXTENDED:
        return
    if message in [word.value for word in v201.MessageTriggerEnum]:
        raise CommandNotSupported(f"A 1.6 station cannot be asked for {message}.")
    raise wrong("message", "no message that a station can be asked for")


async def trigger_message(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    message, connector = arguments["message"], _connector(link, arguments)
    if (extended := _EXTENDED.get(message)) is not None:
        request = v16.ExtendedTriggerMessageRequest(requested_message=extended, connector_id=connector)
        return outcome_of(await link.call("ExtendedTriggerMessage", request))
    basic = v16.TriggerMessageRequest(requested_message=_BASIC[message], connector_id=connector)
    return outcome_of(await link.call("TriggerMessage", basic))


async def clear_cache(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    return outcome_of(await link.call("ClearCache", v16.ClearCacheRequest()), is_done=True)


# ---- settings


def check_variables(arguments: Arguments) -> None:
    for path, item in each_variable(arguments):
        key = variables.key_of(item)
        if key is None:
            raise wrong(path, "1.6 has no configuration key for this that we know; name it by its key")
        require_length(path, key, KEY_LENGTH_MAX)
        if len(item.get("value") or "") > VALUE_LENGTH_MAX:
            raise wrong(f"{path}.value", f"a 1.6 station takes at most {VALUE_LENGTH_MAX} characters")


async def read_variables(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """Read every key that the station has."""
    response: v16.GetConfigurationResponse = await link.call("GetConfiguration", v16.GetConfigurationRequest())
    read = _values(response)
    await variables.record(link, read)
    return CommandOutcome(state=CommandState.ACCEPTED, effect=DONE, result={"count": len(read)})


async def get_variables(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    named = {variables.key_of(item) or "": item for _, item in each_variable(arguments)}
    read: list[VariableValue] = []
    for keys in variables.portions(link.memory, "GetConfiguration", list(named)):
        request = v16.GetConfigurationRequest(key=list(keys))
        read += _values(await link.call("GetConfiguration", request))
    await variables.record(link, read)
    # Keys compare without case (OCPP 1.6 §5.8 and §9 call them CiString).
    found = {value.variable.casefold(): value for value in read}
    result = []
    for key, item in named.items():
        value = found.get(key.casefold())
        told = {"value": value.value, "is_readonly": value.is_readonly, "status": "Accepted"} if value else _MISSING
        result.append({**item, "key": key, **told})
    statuses = [item["status"] for item in result if item["status"] == "Accepted"] or [UNKNOWN]
    return outcome_of_all(statuses, result)


async def set_variables(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """One ChangeConfiguration for each; a key that the station chokes on does not keep the others from theirs."""
    result, written = [], []
    for _, item in each_variable(arguments):
        key, value = variables.key_of(item) or "", str(item["value"])
        try:
            request = v16.ChangeConfigurationRequest(key=key, value=value)
            response: v16.ChangeConfigurationResponse = await link.call("ChangeConfiguration", request)
            status = response.status.value
        except CallFailed as failure:
            status = failure.code
        result.append({**{name: part for name, part in item.items() if name != "value"}, "key": key, "status": status})
        if status == v16.ConfigurationStatus.Accepted and not variables.is_secret(key):
            written.append(VariableValue(variable=key, value=value, is_readonly=False))
    await variables.record(link, written)
    return outcome_of_all([item["status"] for item in result], result)


def _values(response: v16.GetConfigurationResponse) -> list[VariableValue]:
    return [
        VariableValue(variable=entry.key, value=entry.value, is_readonly=entry.readonly)
        for entry in response.configuration_key or ()
    ]


_MISSING = {"value": None, "is_readonly": None, "status": UNKNOWN}

COMMANDS: dict[str, CommandRow] = {
    "start_transaction": CommandRow(start_transaction, check_start),
    "stop_transaction": CommandRow(stop_transaction),
    "reset": CommandRow(reset, check_reset),
    "unlock_connector": CommandRow(unlock_connector),
    "change_availability": CommandRow(change_availability),
    "trigger_message": CommandRow(trigger_message, check_trigger),
    "clear_cache": CommandRow(clear_cache),
    "read_variables": CommandRow(read_variables),
    "get_variables": CommandRow(get_variables, check_variables),
    "set_variables": CommandRow(set_variables, check_variables),
    **data_transfer.COMMANDS_16,
}


def _triggered(request: Any) -> tuple[str, ...]:
    message = str(request.requested_message)
    return ("SignCertificate",) if message.startswith("Sign") else (message,)


TRIGGERS: dict[str, Callable[[Any], tuple[str, ...]]] = {
    "TriggerMessage": _triggered,
    "ExtendedTriggerMessage": _triggered,
    "GetDiagnostics": lambda request: ("DiagnosticsStatusNotification",),
    "GetLog": lambda request: ("LogStatusNotification",),
    "UpdateFirmware": lambda request: ("FirmwareStatusNotification",),
    "SignedUpdateFirmware": lambda request: ("SignedFirmwareStatusNotification",),
}

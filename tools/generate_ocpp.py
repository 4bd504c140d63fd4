"""Write `src/voltway/wire/ocpp/v16.py`, `v201.py` and `v21.py` from the JSON schemas of the PyPI package `ocpp`.

    python tools/generate_ocpp.py            write the files
    python tools/generate_ocpp.py --check    exit 1 if a file is not what would be written

The schemas are read at development time only. Names, types, limits and required fields are taken; no text of theirs is.
"""

import argparse
import importlib.util
import json
import keyword
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "src" / "voltway" / "wire" / "ocpp"
VERSIONS = {"v16": "OCPP 1.6 with its security extension", "v201": "OCPP 2.0.1", "v21": "OCPP 2.1"}

# Who asks. An action in neither set is asked by the CSMS. Source: the message tables of each version's part 2.
BOTH = {"DataTransfer"}
STATION = {
    "Authorize", "BatterySwap", "BootNotification", "ClearedChargingLimit", "ClosePeriodicEventStream",
    "DiagnosticsStatusNotification", "FirmwareStatusNotification", "Get15118EVCertificate",
    "GetCertificateChainStatus", "GetCertificateStatus", "Heartbeat", "LogStatusNotification", "MeterValues",
    "NotifyChargingLimit", "NotifyCustomerInformation", "NotifyDERAlarm", "NotifyDERStartStop",
    "NotifyDisplayMessages", "NotifyEVChargingNeeds", "NotifyEVChargingSchedule", "NotifyEvent",
    "NotifyMonitoringReport", "NotifyPeriodicEventStream", "NotifyPriorityCharging", "NotifyReport",
    "NotifySettlement", "OpenPeriodicEventStream", "PublishFirmwareStatusNotification", "PullDynamicScheduleUpdate",
    "ReportChargingProfiles", "ReportDERControl", "ReservationStatusUpdate", "SecurityEventNotification",
    "SignCertificate", "SignedFirmwareStatusNotification", "StartTransaction", "StatusNotification",
    "StopTransaction", "TransactionEvent", "VatNumberValidation",
}  # fmt: skip

# 1.6 writes its types in place, without names: the names are those of its specification. Keyed by where a type stands;
# a type of the same shape elsewhere gets the same name.
NAMES_16 = {
    "AuthorizeResponse.idTagInfo": "IdTagInfo",
    "AuthorizeResponse.idTagInfo.status": "AuthorizationStatus",
    "BootNotificationResponse.status": "RegistrationStatus",
    "CancelReservationResponse.status": "GenericStatus",
    "ChangeAvailabilityRequest.type": "AvailabilityType",
    "ChangeAvailabilityResponse.status": "AvailabilityStatus",
    "ChangeConfigurationResponse.status": "ConfigurationStatus",
    "ClearChargingProfileRequest.chargingProfilePurpose": "ChargingProfilePurpose",
    "ClearChargingProfileResponse.status": "ClearChargingProfileStatus",
    "DataTransferResponse.status": "DataTransferStatus",
    "DiagnosticsStatusNotificationRequest.status": "DiagnosticsStatus",
    "FirmwareStatusNotificationRequest.status": "FirmwareStatus",
    "GetCompositeScheduleRequest.chargingRateUnit": "ChargingRateUnit",
    "GetCompositeScheduleResponse.chargingSchedule": "ChargingSchedule",
    "GetCompositeScheduleResponse.chargingSchedule.chargingSchedulePeriod": "ChargingSchedulePeriod",
    "GetConfigurationResponse.configurationKey": "KeyValue",
    "MeterValuesRequest.meterValue": "MeterValue",
    "MeterValuesRequest.meterValue.sampledValue": "SampledValue",
    "MeterValuesRequest.meterValue.sampledValue.context": "ReadingContext",
    "MeterValuesRequest.meterValue.sampledValue.format": "ValueFormat",
    "MeterValuesRequest.meterValue.sampledValue.location": "Location",
    "MeterValuesRequest.meterValue.sampledValue.measurand": "Measurand",
    "MeterValuesRequest.meterValue.sampledValue.phase": "Phase",
    "MeterValuesRequest.meterValue.sampledValue.unit": "UnitOfMeasure",
    "RemoteStartTransactionRequest.chargingProfile": "ChargingProfile",
    "RemoteStartTransactionRequest.chargingProfile.chargingProfileKind": "ChargingProfileKind",
    "RemoteStartTransactionRequest.chargingProfile.recurrencyKind": "RecurrencyKind",
    "ReserveNowResponse.status": "ReservationStatus",
    "ResetRequest.type": "ResetType",
    "SendLocalListRequest.localAuthorizationList": "AuthorizationData",
    "SendLocalListRequest.updateType": "UpdateType",
    "SendLocalListResponse.status": "UpdateStatus",
    "SetChargingProfileResponse.status": "ChargingProfileStatus",
    "StatusNotificationRequest.errorCode": "ChargePointErrorCode",
    "StatusNotificationRequest.status": "ChargePointStatus",
    "StopTransactionRequest.reason": "Reason",
    "TriggerMessageRequest.requestedMessage": "MessageTrigger",
    "UnlockConnectorResponse.status": "UnlockStatus",
}
# Names that the security extension uses for something else than the core does, or that name no type well.
RENAMES_16 = {
    "CertificateSignedStatus": "GenericStatus",
    "FirmwareStatus": "SignedFirmwareStatus",
    "MessageTrigger": "ExtendedMessageTrigger",
    "Log": "LogType",
}
# The schema of StopTransaction writes MeterValue a second time, without the unit Hertz and without "at least one sample":
# one type serves both, taking from each what is more tolerant.
METER_VALUE_16 = "MeterValuesRequest.meterValue"
SAME_16 = {"StopTransactionRequest.transactionData": METER_VALUE_16}
EMPTY_ALLOWED_16 = {f"{METER_VALUE_16}.sampledValue"}

# Schemas bound no date-time and no integer. A date-time of this many characters has more digits than any clock; an
# integer beyond 64 bits fits no database.
DATE_TIME = "DateTime"
INTEGER = "Integer"

RESERVED = {"Action", "Annotated", "Any", "Maybe", "Meta", "Shape", "StrEnum", "field", DATE_TIME, INTEGER}
CUSTOM_DATA = "CustomData"


@dataclass
class Field:
    wire: str
    annotation: str
    required: bool
    check: str = ""
    """Name of the function in shapes.py that the value must pass after decoding."""


@dataclass
class Module:
    """The types of one version, collected while its schemas are read; a type stands before those that use it."""

    version: str
    structs: dict[str, list[Field]] = field(default_factory=dict)
    enums: dict[str, list[str]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    shapes: dict[frozenset[str], str] = field(default_factory=dict)
    """Shape of an unnamed type to the name that it got where it was met first."""


def read_schemas(version: str) -> dict[str, dict[str, Any]]:
    """Message class name to schema, sorted: `AuthorizeRequest`, `AuthorizeResponse`, ..."""
    package = importlib.util.find_spec("ocpp")
    if package is None or package.origin is None:
        sys.exit("The package `ocpp` is not installed: pip install ocpp==2.1.0 (a development dependency).")
    schemas = {}
    for path in (Path(package.origin).parent / version / "schemas").glob("*.json"):
        name = path.stem if path.stem.endswith(("Request", "Response")) else f"{path.stem}Request"
        schemas[name] = json.loads(path.read_text(encoding="utf-8-sig"))
    return dict(sorted(schemas.items()))


def collect(version: str, schemas: dict[str, dict[str, Any]]) -> Module:
    """All types that a version's messages reach, named and ordered."""
    module = Module(version)
    for name, schema in schemas.items():
        Reader(module, schema.get("definitions", {})).struct(schema, name, name)
    clash = RESERVED & (module.structs.keys() | module.enums.keys())
    if clash:
        raise ValueError(f"type names of {version} clash with the module's own: {sorted(clash)}")
    return module


class Reader:
    """Turns the schema of one message into annotations, adding the types it meets to the module."""

    def __init__(self, module: Module, definitions: dict[str, Any]) -> None:
        self.module = module
        self.definitions = definitions

    def annotation(self, schema: dict[str, Any], place: str) -> str:
        name = ""
        if "$ref" in schema:
            definition = schema["$ref"].removeprefix("#/definitions/")
            name, schema = self.definition_name(definition), self.definitions[definition]
        if name == CUSTOM_DATA:
            return CUSTOM_DATA
        kind = schema.get("type")
        if "enum" in schema:
            return self.enum(schema["enum"], name or self.inline_name(place, schema))
        if kind == "object":
            place = SAME_16.get(place, place)
            return self.struct(schema, name or self.inline_name(place, schema), place)
        if kind == "array":
            limits = {"min_length": schema.get("minItems"), "max_length": schema.get("maxItems")}
            if self.module.version == "v16" and place in EMPTY_ALLOWED_16:
                limits["min_length"] = None
            return constrained(f"list[{self.annotation(schema['items'], place)}]", limits)
        return self.scalar(kind, schema)

    def scalar(self, kind: str | None, schema: dict[str, Any]) -> str:
        limits = {"ge": schema.get("minimum"), "le": schema.get("maximum")}
        match kind:
            case "string" if schema.get("format") == "date-time":
                return DATE_TIME
            case "string" if "maxLength" in schema:
                alias = f"Str{schema['maxLength']}"
                self.module.aliases[alias] = constrained("str", {"max_length": schema["maxLength"]})
                return alias
            case "string":
                return "str"
            case "integer":
                if limits == {"ge": None, "le": None}:
                    return INTEGER
                limits = {"ge": limits["ge"], "le": limits["le"] if limits["le"] is not None else "INTEGER_MAX"}
                return self.alias("Integer", constrained("int", limits, int), limits)
            case "number" if any(limit is not None for limit in limits.values()):
                return self.alias("Number", constrained("float", limits, float), limits)
            case "number":
                return "float"
            case "boolean":
                return "bool"
            case None:
                return "Any"
        raise ValueError(f"a schema of type {kind!r} is new to this generator: {schema}")

    def alias(self, base: str, annotation: str, limits: dict[str, Any]) -> str:
        ends = {"ge": "From", "le": "To"}
        name = base + "".join(
            f"{ends[end]}{limit:g}" for end, limit in limits.items() if isinstance(limit, int | float)
        )
        self.module.aliases[name] = annotation
        return name

    def enum(self, values: list[str], name: str) -> str:
        if self.module.enums.setdefault(name, values) != values and not set(values) < set(self.module.enums[name]):
            raise ValueError(f"{self.module.version}: two enums named {name}")
        return self.placed(name, frozenset(values))

    def struct(self, schema: dict[str, Any], name: str, place: str) -> str:
        if schema.get("additionalProperties") is not False:
            raise ValueError(f"{self.module.version}: {name} is open; only {CUSTOM_DATA} may be")
        required = set(schema.get("required", ()))
        fields = [
            Field(wire, self.annotation(inner, f"{place}.{wire}"), wire in required, check(inner))
            for wire, inner in schema.get("properties", {}).items()
        ]
        fields.sort(key=lambda one: (not one.required, one.wire == "customData"))
        if self.module.structs.setdefault(name, fields) != fields:
            raise ValueError(f"{self.module.version}: two types named {name}")
        return self.placed(name, frozenset(schema.get("properties", ())))

    def placed(self, name: str, shape: frozenset[str]) -> str:
        self.module.shapes.setdefault(shape, name)
        if name not in self.module.order:
            self.module.order.append(name)
        return name

    def definition_name(self, definition: str) -> str:
        name = definition.removesuffix("Type")
        if self.module.version == "v16":  # 2.x keeps `Enum` to tell `ReasonEnum` from a type; 1.6 never wrote it.
            name = name.removesuffix("Enum")
            return RENAMES_16.get(name, name)
        return name

    def inline_name(self, place: str, schema: dict[str, Any]) -> str:
        shape = shape_of(schema)
        name = NAMES_16.get(place) or self.module.shapes.get(shape)
        if name is None:
            raise ValueError(f"{self.module.version}: the type at {place} has no name; add one to NAMES_16")
        return name


def shape_of(schema: dict[str, Any]) -> frozenset[str]:
    """What tells one unnamed type from another: the values of an enum, the property names of an object."""
    return frozenset(schema["enum"]) if "enum" in schema else frozenset(schema["properties"])


def check(schema: dict[str, Any]) -> str:
    if "multipleOf" in schema:
        if schema["multipleOf"] != 0.1:
            raise ValueError(f"a multiple of {schema['multipleOf']} is new to this generator")
        return "require_tenths"
    return "" if "type" in schema or "$ref" in schema else "require_shallow"


def constrained(base: str, limits: dict[str, Any], number: type = int) -> str:
    given = ", ".join(
        f"{name}={limit if isinstance(limit, str) else number(limit)}"
        for name, limit in limits.items()
        if limit is not None
    )
    return f"Annotated[{base}, Meta({given})]" if given else base


def snake_case(wire: str) -> str:
    """`evseId` to `evse_id`; an acronym is one word (`responderURL`, `prioritizedEMAIDs`)."""
    name = wire.replace("IDs", "Ids") if wire.endswith("IDs") and not wire.endswith("EMAIDs") else wire
    name = name.replace("EMAIDs", "Emaids")
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
    return f"{name}_" if keyword.iskeyword(name) else name


def camel_case(name: str) -> str:
    """What msgspec's `rename="camel"` makes of a field name."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def member_name(value: str) -> str:
    """An enum member is spelled as on the wire, with `_` for what a name cannot hold."""
    name = re.sub(r"\W", "_", value)
    if name[0].isdigit():
        name = f"_{name}"
    return f"{name}_" if keyword.iskeyword(name) or hasattr(str, name) or name in {"name", "value", "mro"} else name


def field_line(one: Field) -> str:
    name = snake_case(one.wire)
    explicit = "" if camel_case(name) == one.wire else f'name="{one.wire}"'
    if one.required:
        return f"    {name}: {one.annotation}" + (f" = field({explicit})" if explicit else "")
    annotation = one.annotation if one.annotation == "Any" else f"Maybe[{one.annotation}]"
    return f"    {name}: {annotation} = " + (f"field(default=None, {explicit})" if explicit else "None")


def struct_lines(name: str, fields: list[Field]) -> list[str]:
    lines = [f"class {name}(Shape, frozen=True, kw_only=True):", *map(field_line, fields)]
    checked: dict[str, list[str]] = {}
    for one in fields:
        if one.check:
            checked.setdefault(one.check, []).append(f"self.{snake_case(one.wire)}")
    if not fields:
        lines.append("    pass")
    if checked:
        lines += ["", "    def __post_init__(self) -> None:"]
        lines += [f"        {function}({', '.join(values)})" for function, values in checked.items()]
    return lines


def action_lines(schemas: dict[str, dict[str, Any]]) -> list[str]:
    lines = ["ACTIONS: dict[str, Action] = {", "    action.name: action", "    for action in ("]
    for request in schemas:
        if not request.endswith("Request"):
            continue
        name = request.removesuffix("Request")
        response = f"{name}Response" if f"{name}Response" in schemas else None
        sender = "both" if name in BOTH else "station" if name in STATION else "csms"
        lines.append(f'        Action("{name}", {request}, {response}, "{sender}"),')
    return [*lines, "    )", "}"]


def render(version: str) -> str:
    """The text of one version's module."""
    schemas = read_schemas(version)
    module = collect(version, schemas)
    blocks = []
    for name in module.order:
        if name in module.enums:
            members = [f"    {member_name(value)} = {json.dumps(value)}" for value in module.enums[name]]
            blocks.append([f"class {name}(StrEnum):", *members])
        else:
            blocks.append(struct_lines(name, module.structs[name]))
    blocks.append(action_lines(schemas))
    body = "\n\n\n".join("\n".join(block) for block in blocks)
    aliases = [f"{name} = {module.aliases[name]}" for name in sorted(module.aliases, key=natural)]
    shapes = [
        name
        for name in ("Action", CUSTOM_DATA, "Maybe", "Shape", "require_shallow", "require_tenths")
        if re.search(rf"\b{name}\b", body)
    ]
    typing = ["Annotated"] + (["Any"] if re.search(r"\bAny\b", body) else [])
    msgspec = ["Meta"] + (["field"] if "field(" in body else [])
    head = f'''"""All messages of {VERSIONS[version]}: generated by tools/generate_ocpp.py, do not edit."""

from enum import StrEnum
from typing import {", ".join(typing)}

from msgspec import {", ".join(msgspec)}

from voltway.wire.ocpp.shapes import {", ".join(shapes)}

INTEGER_MAX = 2**63 - 1
{INTEGER} = Annotated[int, Meta(ge=-(2**63), le=INTEGER_MAX)]
{DATE_TIME} = Annotated[str, Meta(max_length=64)]
'''
    return head + "\n".join(aliases) + "\n\n\n" + body + "\n"


def natural(name: str) -> list[Any]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is stale")
    check_only = parser.parse_args().check
    stale = 0
    for version in VERSIONS:
        path = TARGET / f"{version}.py"
        text = render(version)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if check_only:
            print(f"{path.name} is stale: run python tools/generate_ocpp.py")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.name}")
    return 1 if check_only and stale else 0


if __name__ == "__main__":
    sys.exit(main())

"""Commands as the API shows and takes them: version-neutral, one object per order.

A new command is a class here, in the union below, and a row in the dialects' tables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from voltway.contracts.vocabulary import CommandState
from voltway.kernel.errors import InvalidField
from voltway.kernel.http import Instant, Schema
from voltway.modules.stations.schemas import orders_device_model as device_model
from voltway.modules.stations.schemas.order import Order, StationOrEvse, Text, Word
from voltway.modules.stations.schemas.orders_access import (
    CancelReservation,
    GetLocalListVersion,
    ReserveNow,
    SendLocalList,
)
from voltway.modules.stations.schemas.orders_charging import ChargingOrder
from voltway.modules.stations.schemas.orders_maintenance import MaintenanceOrder
from voltway.modules.stations.schemas.orders_ocpp21 import AnyOrder21
from voltway.modules.stations.schemas.orders_security import (
    DeleteCertificate,
    GetInstalledCertificateIds,
    InstallCertificate,
    RotatePassword,
    SendCertificate,
    SetNetworkProfile,
    SetSecurityProfile,
    SignCertificateNow,
)
from voltway.modules.stations.schemas.stations import Number

VARIABLES_MAX = 100


class StartTransaction(Order):
    """Begin to charge, for this token. No EVSE: the station chooses."""

    type: Literal["start_transaction"]
    id_token: Text
    id_token_kind: Word | None = Field(default=None, description="OCPP 2.x only; Central if not given")
    evse_number: Number | None = None
    connector_number: Number | None = None
    charging_profile: dict[str, Any] | None = Field(default=None, description="as OCPP 2.x writes it")


class StopTransaction(Order):
    """End a session's transaction."""

    type: Literal["stop_transaction"]
    session_id: str = Field(min_length=1, max_length=36)


class Reset(Order):
    """Boot anew, or (OCPP 2.x) reset one EVSE: at once, when nothing charges any more, or (2.1) at once with transactions
    that go on afterwards."""

    type: Literal["reset"]
    mode: Literal["immediate", "on_idle", "immediate_and_resume"]
    evse_number: StationOrEvse | None = None


class UnlockConnector(Order):
    """Release the cable."""

    type: Literal["unlock_connector"]
    evse_number: Number
    connector_number: Number | None = None


class ChangeAvailability(Order):
    """Take a connector, an EVSE or the whole station in or out of service."""

    type: Literal["change_availability"]
    operative: bool
    evse_number: StationOrEvse | None = None
    connector_number: Number | None = None


class TriggerMessage(Order):
    """Have the station send a message now, such as BootNotification, StatusNotification, MeterValues."""

    type: Literal["trigger_message"]
    message: Word
    evse_number: StationOrEvse | None = None
    connector_number: Number | None = None
    custom_trigger: Word | None = Field(
        default=None, description="OCPP 2.1, with CustomTrigger: a name of the vendor's own"
    )


class ByKey(Schema):
    """A setting by its configuration key (OCPP 1.6); the standard ones are understood for 2.x stations too."""

    key: Text


class ByName(Schema):
    """A setting by component and variable (OCPP 2.x); the standard ones are understood for 1.6 stations too."""

    component: Word
    component_instance: Word | None = None
    evse_number: Number | None = None
    connector_number: Number | None = None
    variable: Word
    instance: Word | None = None
    attribute: Word | None = None


class KeyAndValue(ByKey):
    """A value for a configuration key."""

    value: str = Field(max_length=2500)


class NameAndValue(ByName):
    """A value for a device-model variable."""

    value: str = Field(max_length=2500)


class GetVariables(Order):
    """Read settings, all of them if none is named. What the station says is kept, see
    /charging-stations/{station_id}/variables."""

    type: Literal["get_variables"]
    variables: list[ByKey | ByName] = Field(default=[], max_length=VARIABLES_MAX)

    @property
    def said_as(self) -> str:
        return self.type if self.variables else "read_variables"


class SetVariables(Order):
    """Write settings."""

    type: Literal["set_variables"]
    variables: list[KeyAndValue | NameAndValue] = Field(min_length=1, max_length=VARIABLES_MAX)


class ClearCache(Order):
    """Forget the tokens that the station remembers."""

    type: Literal["clear_cache"]


AnyOrder = Annotated[
    StartTransaction
    | StopTransaction
    | Reset
    | UnlockConnector
    | ChangeAvailability
    | TriggerMessage
    | GetVariables
    | SetVariables
    | ClearCache
    | SendLocalList
    | GetLocalListVersion
    | ReserveNow
    | CancelReservation
    | InstallCertificate
    | DeleteCertificate
    | GetInstalledCertificateIds
    | SendCertificate
    | SignCertificateNow
    | RotatePassword
    | SetSecurityProfile
    | SetNetworkProfile
    | AnyOrder21
    | ChargingOrder
    | MaintenanceOrder
    | device_model.ORDERS,
    Field(discriminator="type"),
]

_ORDER: TypeAdapter[Order] = TypeAdapter(AnyOrder)


def read_order(kind: str, arguments: dict[str, Any]) -> Order:
    """An order that another module gives. Raises InvalidField."""
    try:
        return _ORDER.validate_python({**arguments, "type": kind})
    except ValidationError as error:
        errors = [
            {"path": ".".join(("$", *(str(step) for step in one["loc"][1:]))), "message": one["msg"]}
            for one in error.errors(include_url=False)
        ]
        raise InvalidField(f"{errors[0]['path']}: {errors[0]['message']}", errors=errors) from None


ORDER_TYPES: tuple[str, ...] = tuple(_ORDER.json_schema()["discriminator"]["mapping"])
"""Every type of command, in the order of the union."""


class CommandTypeOut(Schema):
    """A type of command, and whether a station can be told that; `reason` says why not."""

    type: str
    is_possible: bool
    reason: str | None


class CommandTypesOut(Schema):
    """Every type of command."""

    items: list[CommandTypeOut]


class CommandOut(Schema):
    """A command. `state` says how the order went, `effect` what came of it."""

    id: str
    station_id: str
    type: str
    arguments: dict[str, Any]
    state: CommandState
    wire_status: str | None
    effect: Literal["done", "scheduled", "reboot_required", "no_session"] | None
    result: Any
    requested_by: str
    requested_at: Instant
    finished_at: Instant | None


def command_out(row: Any, shown: Callable[[str], str]) -> CommandOut:
    """A row of stations_commands as the API shows it; the tokens in it as they are to be `shown`."""
    out = CommandOut.model_validate(row)
    return out.model_copy(update={"arguments": _tokens(out.arguments, shown), "result": _tokens(out.result, shown)})


def _tokens(document: Any, shown: Callable[[str], str]) -> Any:
    if isinstance(document, dict):
        return {
            name: shown(value) if name == "id_token" and isinstance(value, str) else _tokens(value, shown)
            for name, value in document.items()
        }
    return [_tokens(each, shown) for each in document] if isinstance(document, list) else document

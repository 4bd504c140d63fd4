"""Orders of reports, monitoring, display messages, customer information, cost, vendors' messages."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from voltway.kernel.http import Instant, Schema
from voltway.modules.stations.schemas.order import Number, Order, Text, Word

ITEMS_MAX = 100
NUMBER_31 = 2**31 - 1
DATA_LENGTH_MAX = 100_000

WireNumber = Annotated[int, Field(ge=0, le=NUMBER_31)]
Severity = Annotated[int, Field(ge=0, le=9, description="0 (danger) to 9 (debug)")]
TransactionId = Annotated[str, Field(min_length=1, max_length=36)]


class OfComponent(Schema):
    """A component, or one of its variables."""

    component: Word
    component_instance: Word | None = None
    evse_number: Number | None = None
    connector_number: Number | None = None
    variable: Word | None = None
    instance: Word | None = None


class GetBaseReport(Order):
    """Have the station report its configuration, all of its device model, or a summary. Ends with the last part."""

    type: Literal["get_base_report"]
    base: Literal["configuration", "full", "summary"] = "full"


class GetReport(Order):
    """Have the station report components that are in one of these states, or that are named. Ends with the last part."""

    type: Literal["get_report"]
    criteria: list[Literal["active", "available", "enabled", "problem"]] = Field(default=[], max_length=4)
    variables: list[OfComponent] = Field(default=[], max_length=ITEMS_MAX)

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not self.criteria and not self.variables:
            raise ValueError("name criteria or variables")
        return self


class StreamWanted(Schema):
    """How often a monitor's values are to come in a stream of their own: after so many seconds, or so many values."""

    interval_s: WireNumber | None = None
    values: WireNumber | None = None

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if self.interval_s is None and self.values is None:
            raise ValueError("interval_s, values or both")
        return self


class MonitorWanted(Schema):
    """A monitor to set; with the number of one that is there it is replaced."""

    component: Word
    component_instance: Word | None = None
    evse_number: Number | None = None
    connector_number: Number | None = None
    variable: Word
    instance: Word | None = None
    number: WireNumber | None = None
    kind: Word
    value: float = Field(allow_inf_nan=False)
    severity: Severity
    is_in_transaction_only: bool = False
    stream: StreamWanted | None = Field(default=None, description="OCPP 2.1, of a periodic monitor only")


class SetVariableMonitoring(Order):
    """Set monitors on variables; the station answers with their numbers."""

    type: Literal["set_variable_monitoring"]
    monitors: list[MonitorWanted] = Field(min_length=1, max_length=ITEMS_MAX)


class ClearVariableMonitoring(Order):
    """Remove monitors by their numbers."""

    type: Literal["clear_variable_monitoring"]
    numbers: list[WireNumber] = Field(min_length=1, max_length=ITEMS_MAX)


class GetMonitoringReport(Order):
    """Have the station list its monitors. Ends with the last part."""

    type: Literal["get_monitoring_report"]
    criteria: list[Literal["threshold", "delta", "periodic"]] = Field(default=[], max_length=3)
    variables: list[OfComponent] = Field(default=[], max_length=ITEMS_MAX)


class SetMonitoringBase(Order):
    """Which monitors are active: all, the manufacturer's, or the hard-wired ones only."""

    type: Literal["set_monitoring_base"]
    base: Literal["all", "factory_default", "hard_wired_only"]


class SetMonitoringLevel(Order):
    """Report events up to this severity number."""

    type: Literal["set_monitoring_level"]
    severity: Severity


Language = Annotated[str, Field(min_length=2, max_length=8, description="RFC 5646, such as de or pt-BR")]


class Translation(Schema):
    """A message in another language."""

    content: str = Field(min_length=1, max_length=512)
    language: Language
    format: Word = "UTF8"


class SetDisplayMessage(Order):
    """Show a message; one with the same number is replaced."""

    type: Literal["set_display_message"]
    number: WireNumber
    priority: Literal["AlwaysFront", "InFront", "NormalCycle"] = "NormalCycle"
    format: Word = "UTF8"
    content: str = Field(min_length=1, max_length=512)
    language: Language | None = None
    translations: list[Translation] = Field(
        default=[], max_length=4, description="OCPP 2.1: the station shows the one in its driver's language"
    )
    state: Word | None = None
    display: Word | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    transaction_id: TransactionId | None = None


class GetDisplayMessages(Order):
    """Have the station list its messages. Ends with the last part."""

    type: Literal["get_display_messages"]
    numbers: list[WireNumber] = Field(default=[], max_length=ITEMS_MAX)
    priority: Word | None = None
    state: Word | None = None


class ClearDisplayMessage(Order):
    """Remove a message."""

    type: Literal["clear_display_message"]
    number: WireNumber


class CertificateHash(Schema):
    """A certificate by its hashes."""

    hash_algorithm: Literal["SHA256", "SHA384", "SHA512"]
    issuer_name_hash: Annotated[str, Field(min_length=1, max_length=128)]
    issuer_key_hash: Annotated[str, Field(min_length=1, max_length=128)]
    serial_number: Annotated[str, Field(min_length=1, max_length=40)]


class CustomerInformation(Order):
    """Have the station tell or forget what it keeps of a customer, who is named in exactly one way."""

    type: Literal["customer_information"]
    report: bool = True
    clear: bool = False
    id_token: Text | None = None
    id_token_kind: Word | None = None
    certificate: CertificateHash | None = None
    customer_identifier: Annotated[str, Field(min_length=1, max_length=64)] | None = None

    @model_validator(mode="after")
    def _names_one_customer(self) -> Self:
        if not self.report and not self.clear:
            raise ValueError("report, clear or both")
        if sum(each is not None for each in (self.id_token, self.certificate, self.customer_identifier)) != 1:
            raise ValueError("name the customer by id_token, certificate or customer_identifier, and by one of them")
        return self


class UpdateCost(Order):
    """Tell the station what a transaction costs so far, in major units of its currency, VAT included."""

    type: Literal["update_cost"]
    total_cost: Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=4)]
    transaction_id: TransactionId


class GetTransactionStatus(Order):
    """Ask whether a transaction goes on and whether messages wait at the station."""

    type: Literal["get_transaction_status"]
    transaction_id: TransactionId | None = None


class DataTransfer(Order):
    """Send a message of a vendor's own."""

    type: Literal["data_transfer"]
    vendor_id: Text
    message_id: Word | None = None
    data: Any = None

    @model_validator(mode="after")
    def _is_of_a_size(self) -> Self:
        if len(repr(self.data)) > DATA_LENGTH_MAX:
            raise ValueError(f"data of at most {DATA_LENGTH_MAX} characters")
        return self


ORDERS = (
    GetBaseReport
    | GetReport
    | SetVariableMonitoring
    | ClearVariableMonitoring
    | GetMonitoringReport
    | SetMonitoringBase
    | SetMonitoringLevel
    | SetDisplayMessage
    | GetDisplayMessages
    | ClearDisplayMessage
    | CustomerInformation
    | UpdateCost
    | GetTransactionStatus
    | DataTransfer
)


class MonitorOut(Schema):
    """A monitor of a station."""

    number: int
    component: str
    component_instance: str | None
    evse_number: int | None
    connector_number: int | None
    variable: str
    instance: str | None
    kind: str
    value: float
    severity: int
    is_in_transaction_only: bool
    origin: str | None = Field(description="hard-wired, preconfigured or custom; null where the station does not say")
    updated_at: Instant = Field(validation_alias="reported_at")


class StationEventOut(Schema):
    """Something that a station noticed on one of its variables."""

    id: str
    number: int
    component: str
    component_instance: str | None
    evse_number: int | None
    connector_number: int | None
    variable: str
    instance: str | None
    occurred_at: Instant
    received_at: Instant
    trigger: str
    kind: str
    actual_value: str
    severity: int | None = Field(description="the event's, else its monitor's")
    cause_number: int | None
    tech_code: str | None
    tech_info: str | None
    is_cleared: bool
    transaction_id: str | None
    monitor_number: int | None


class DisplayMessageOut(Schema):
    """A message that a station shows or is to show."""

    number: int
    priority: str
    content: str
    format: str
    language: str | None
    state: str | None
    display: str | None
    starts_at: Instant | None
    ends_at: Instant | None
    transaction_id: str | None
    updated_at: Instant = Field(validation_alias="reported_at")


class DataTransferOut(Schema):
    """A vendor's own message from a station, and what was answered."""

    id: str
    received_at: Instant
    vendor_id: str
    message_id: str | None = Field(validation_alias="vendor_message_id")
    data: Any
    status: str
    answer: Any

"""A second reading of transaction messages that break their schema: what is billed must not be lost to a typing error.

The payload is walked along its struct's fields. What can be understood is kept, what cannot is dropped, each with a
complaint; only when something essential is gone (a required field of the message itself) is the message given up.
"""

from functools import cache
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import inspect

from voltway.wire.ocpp.faults import ProtocolError
from voltway.wire.ocpp.rpc import CALL, Call, Codec
from voltway.wire.ocpp.shapes import CustomData, Shape, json_type, read_custom_data, require_shallow

TRANSACTION_ACTIONS: Final = frozenset({"StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent"})
COMPLAINTS_MAX = 20
NUMBER_LENGTH_MAX = 32

# Required words that carry no money: where the station's own is unknown, the transaction goes on with this one.
STAND_INS: Final = {
    ("TransactionEventRequest", "triggerReason"): "AbnormalCondition",
    ("IdToken", "type"): "ISO14443",
}
# Of these types no part may go missing: a value whose unknown unit or measurand is dropped would be read as Wh of the
# energy register.
INDIVISIBLE: Final = {"SampledValue", "UnitOfMeasure", "SignedMeterValue"}
# Fields that may go missing even there, and texts that a cut would falsify.
SEPARABLE: Final = {"customData", "signedMeterValue"}
UNCUT: Final = {"signedMeterData", "publicKey", "unit"}


class LenientReading(NamedTuple):
    """A transaction message as far as it could be understood, and what was wrong with it."""

    call: Call[Shape]
    complaints: list[str]


class _Dropped:
    """Stands for a value that could not be kept."""


_DROPPED: Final = _Dropped()


def decode_lenient(codec: Codec, raw: bytes) -> LenientReading | None:
    """Read a CALL of `TRANSACTION_ACTIONS` that `codec.decode` refused; `None` if its essentials are missing.

    The envelope must be right and the JSON well-formed: only the payload is read with patience.
    """
    try:
        envelope = msgspec.json.decode(raw, type=tuple[int, str, str, Any])
        require_shallow(envelope[3])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    message_type, message_id, name, payload = envelope
    action = codec.actions.get(name)
    if message_type != CALL or name not in TRANSACTION_ACTIONS or action is None:
        return None
    repair = _Repair()
    repaired = repair.struct(_fields_of(action.request), payload, "$")
    if isinstance(repaired, _Dropped):
        return None
    frame = msgspec.json.encode((CALL, message_id, name, repaired))
    try:
        call = codec.decode(frame)  # the strict reading has the last word
    except ProtocolError:
        return None
    return LenientReading(call, repair.complaints) if isinstance(call, Call) else None


class _Repair:
    """One walk through one payload, collecting complaints."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def complain(self, path: str, text: str) -> None:
        if len(self.complaints) < COMPLAINTS_MAX:
            self.complaints.append(f"{path}: {text}")

    def drop(self, path: str, text: str) -> _Dropped:
        self.complain(path, f"{text}, dropped")
        return _DROPPED

    def value(self, kind: inspect.Type, value: Any, path: str) -> Any:
        """The value as its field's type allows it, or `_DROPPED`."""
        match kind:
            case inspect.StructType():
                return self.struct(kind, value, path)
            case inspect.ListType():
                return self.items(kind, value, path)
            case inspect.EnumType():
                return self.word([member.value for member in kind.cls], value, path)
            case inspect.StrType():
                return self.text(kind, value, path)
            case inspect.IntType() | inspect.FloatType():
                return self.number(kind, value, path)
            case inspect.BoolType():
                return value if isinstance(value, bool) else self.drop(path, f"{json_type(value)} for true or false")
            case inspect.CustomType(cls=cls) if cls is CustomData:
                return self.custom_data(value, path)
        return value

    def struct(self, kind: inspect.StructType, value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            return self.drop(path, f"{json_type(value)} for an object")
        kept = {}
        for field in kind.fields:
            wire, inner_path = field.encode_name, f"{path}.{field.encode_name}"
            inner = value.get(wire)
            if wire in value and inner is None:
                self.complain(inner_path, "null, taken as absent")
            repaired = _DROPPED if inner is None else self.value(field.type, inner, inner_path)
            if isinstance(repaired, _Dropped) and inner is not None and _is_vital(kind, wire):
                return self.drop(path, f"means nothing without its {wire}")
            if isinstance(repaired, _Dropped) and field.required:
                repaired = STAND_INS.get((kind.cls.__name__, wire), _DROPPED)
                if isinstance(repaired, _Dropped):
                    return self.drop(path, f"{wire} is missing or unreadable")
                self.complain(inner_path, f"taken as {repaired}")
            if not isinstance(repaired, _Dropped):
                kept[wire] = repaired
        for wire in sorted(value.keys() - {field.encode_name for field in kind.fields}):
            self.complain(f"{path}.{wire[:50]}", "unknown field, ignored")
        return kept

    def items(self, kind: inspect.ListType, value: Any, path: str) -> Any:
        if isinstance(value, dict):
            self.complain(path, "one object for an array of them")
            value = [value]
        if not isinstance(value, list):
            return self.drop(path, f"{json_type(value)} for an array")
        repaired = [self.value(kind.item_type, item, f"{path}[{index}]") for index, item in enumerate(value)]
        kept = [item for item in repaired if not isinstance(item, _Dropped)]
        if kind.max_length is not None and len(kept) > kind.max_length:
            self.complain(path, f"{len(kept)} items, cut to {kind.max_length}")
            kept = kept[: kind.max_length]
        return kept if len(kept) >= (kind.min_length or 0) else self.drop(path, "nothing left in the array")

    def word(self, words: list[str], value: Any, path: str) -> Any:
        if value in words:
            return value
        folded = str(value).strip().casefold()
        for word in words:
            if word.casefold() == folded:
                self.complain(path, f"{value!r:.50} taken as {word}")
                return word
        return self.drop(path, f"unknown word {value!r:.50}")

    def text(self, kind: inspect.StrType, value: Any, path: str) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            self.complain(path, "a number for a text")
            value = msgspec.json.encode(value).decode()
        if not isinstance(value, str):
            return self.drop(path, f"{json_type(value)} for a text")
        if "\0" in value:
            self.complain(path, "U+0000 removed")
            value = value.replace("\0", "")
        if kind.max_length is not None and len(value) > kind.max_length:
            if path.rpartition(".")[2] in UNCUT:
                return self.drop(path, f"{len(value)} characters")
            self.complain(path, f"{len(value)} characters, cut to {kind.max_length}")
            return value[: kind.max_length]
        return value

    def number(self, kind: inspect.IntType | inspect.FloatType, value: Any, path: str) -> Any:
        number = _read_number(value)
        if number is None:
            return self.drop(path, f"{json_type(value)} for a number")
        if isinstance(value, str):
            self.complain(path, "a text for a number")
        if isinstance(kind, inspect.IntType) and isinstance(number, float):
            if not number.is_integer():
                self.complain(path, f"{number} rounded to an integer")
            number = round(number)
        if (kind.ge is not None and number < kind.ge) or (kind.le is not None and number > kind.le):
            return self.drop(path, "number out of range")
        return number

    def custom_data(self, value: Any, path: str) -> Any:
        try:
            return read_custom_data(CustomData, value)
        except ValueError as error:
            return self.drop(path, str(error))


def _is_vital(kind: inspect.StructType, wire: str) -> bool:
    return kind.cls.__name__ in INDIVISIBLE and wire not in SEPARABLE


def _read_number(value: Any) -> int | float | None:
    """A finite JSON number, or a text that holds one and nothing else."""
    if isinstance(value, str) and len(value) <= NUMBER_LENGTH_MAX:
        try:
            value = msgspec.json.decode(value.strip())
        except (msgspec.DecodeError, RecursionError):
            return None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


@cache
def _fields_of(kind: type[Shape]) -> inspect.StructType:
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    return described

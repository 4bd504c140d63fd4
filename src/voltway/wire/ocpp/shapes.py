"""What the generated message modules are made of: the base struct, open `customData`, and the checks JSON types lack."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, TypeVar

from msgspec import Struct

T = TypeVar("T")
if TYPE_CHECKING:
    Maybe: TypeAlias = T | None
else:

    class Maybe:
        """An optional field: `X | None` to the reader and the type checker, plain `X` to msgspec, which thus refuses null.

        OCPP leaves an empty field out; null is an error (OCPP 2.0.1 part 4, section 4.1.5). Absent reads as `None`, and
        `None` is left out when it is written.
        """

        def __class_getitem__(cls, item: Any) -> Any:
            return item


Sender = Literal["station", "csms", "both"]

# A frame of OCPP nests about 8 levels; only `customData` and a DataTransfer's `data` are free to go deeper.
NESTING_MAX = 32
VENDOR_ID_LENGTH_MAX = 255  # OCPP 2.0.1 part 3, CustomDataType


class Shape(Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, rename="camel"):
    """Base of every OCPP message and type: `snake_case` here, exact `camelCase` on the wire, absent fields are `None`."""


class CustomData(dict[str, Any]):
    """Vendor data of OCPP 2.x, kept as received: a JSON object with a `vendorId` and anything beside it."""

    @property
    def vendor_id(self) -> str:
        return str(self["vendorId"])


class Action(NamedTuple):
    """One OCPP action: its name on the wire, its two messages and who may ask for it."""

    name: str
    request: type[Shape]
    response: type[Shape] | None
    """`None` for a message that is sent by SEND and never answered (OCPP 2.1)."""
    sender: Sender


def read_custom_data(kind: type, value: Any) -> CustomData:
    """Decoder hook: the only type of ours that msgspec does not know is `CustomData`; msgspec adds the path to a fault."""
    if kind is not CustomData:
        raise TypeError(f"no reading for {kind!r}")
    if not isinstance(value, dict):
        raise ValueError(f"Expected `object`, got `{json_type(value)}`")
    if "vendorId" not in value:
        raise ValueError("Object missing required field `vendorId`")
    vendor_id = value["vendorId"]
    if not isinstance(vendor_id, str):
        raise ValueError(f"Expected `str`, got `{json_type(vendor_id)}` - in `vendorId`")
    if len(vendor_id) > VENDOR_ID_LENGTH_MAX:
        raise ValueError(f"Expected `str` of length <= {VENDOR_ID_LENGTH_MAX} - in `vendorId`")
    require_shallow(value)
    return CustomData(value)


def require_tenths(*values: float | None) -> None:
    """Refuse a number with more than one decimal (`multipleOf: 0.1`, in the decimal sense: 0.3 passes)."""
    for value in values:
        if value is not None and round(value, 1) != value:
            raise ValueError("Expected a multiple of 0.1")


def require_shallow(value: Any) -> None:
    """Refuse free JSON that nests deeper than `NESTING_MAX`, whoever has to walk it later."""
    level: list[Any] = [value]
    for _ in range(NESTING_MAX):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise ValueError(f"Expected at most {NESTING_MAX} levels of nesting")


def json_type(value: Any) -> str:
    """The name of a decoded value's type, worded as msgspec words it."""
    return "null" if value is None else "object" if isinstance(value, dict) else type(value).__name__


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()

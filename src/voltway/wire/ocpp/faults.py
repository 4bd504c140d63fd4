"""What a peer can do wrong in OCPP-J, and the error code that each version has for it."""

import re
from enum import Enum, StrEnum, auto
from typing import NamedTuple

UNREADABLE_ID = "-1"  # OCPP-J 2.0.1 §4.2.3: the message id of an answer to a frame whose own id cannot be read
DESCRIPTION_LENGTH_MAX = 255  # OCPP-J 2.0.1 §4.2.3, table 7


class ErrorCode(StrEnum):
    """The error codes as 2.x spells them; `Codec.encode_error` writes each as its own version does."""

    FormatViolation = "FormatViolation"
    GenericError = "GenericError"
    InternalError = "InternalError"
    MessageTypeNotSupported = "MessageTypeNotSupported"
    NotImplemented = "NotImplemented"
    NotSupported = "NotSupported"
    OccurrenceConstraintViolation = "OccurrenceConstraintViolation"
    PropertyConstraintViolation = "PropertyConstraintViolation"
    ProtocolError = "ProtocolError"
    RpcFrameworkError = "RpcFrameworkError"
    SecurityError = "SecurityError"
    TypeConstraintViolation = "TypeConstraintViolation"


# OCPP-J 1.6 §4.2.3, table 7. Its errata (section 5) leave the two odd spellings on the wire: correcting them would break
# stations. It has no code for the RPC frame itself.
SPELLING_16 = {
    ErrorCode.FormatViolation: "FormationViolation",
    ErrorCode.OccurrenceConstraintViolation: "OccurenceConstraintViolation",
    ErrorCode.RpcFrameworkError: "FormationViolation",
    ErrorCode.MessageTypeNotSupported: "GenericError",
}
_MEANINGS = {
    **{code.value: code for code in ErrorCode},
    "FormationViolation": ErrorCode.FormatViolation,
    "OccurenceConstraintViolation": ErrorCode.OccurrenceConstraintViolation,
    "MessageTypeErrorSupported": ErrorCode.MessageTypeNotSupported,  # OCPP-J 2.0.1 §4.4 spells it so
}


def read_code(text: str) -> ErrorCode:
    """The meaning of a received error code in any spelling; an unknown one is a `GenericError`."""
    return _MEANINGS.get(text.strip(), ErrorCode.GenericError)


class ProtocolError(Exception):
    """The peer broke the protocol. `str()` is fit for a log and for the answer's description: short, one line."""

    is_answerable = True
    """Whether a CALLERROR with `message_id` and `code` answers it; otherwise the frame is dropped and counted."""

    def __init__(self, code: ErrorCode, description: str, message_id: str = UNREADABLE_ID, action: str = "") -> None:
        self.code = code
        self.description = _one_line(description)
        self.message_id = message_id
        self.action = action
        """The action of the broken message where it is known, else empty."""
        super().__init__(f"{code}: {self.description}")


class UnreadableFrame(ProtocolError):
    """No message could be made out: not JSON, not an array, an unknown type, a wrong number of elements."""


class RefusedCall(ProtocolError):
    """A CALL whose action is unknown or whose payload breaks its schema."""


class RefusedResult(ProtocolError):
    """A CALLRESULT (or CALLERROR) that breaks its form; only OCPP 2.1 has an answer to it: CALLRESULTERROR."""

    is_answerable = False


class RefusedSend(ProtocolError):
    """A SEND that breaks its form; a SEND is never answered (OCPP-J 2.1 §4.2.4)."""

    is_answerable = False


class PayloadInvalid(Exception):
    """A payload given to us by a caller (not by a station) does not fit the action's schema."""

    def __init__(self, fault: "Fault") -> None:
        self.fault = fault
        super().__init__(f"{fault.path}: {fault.text}")


class Kind(Enum):
    """Ways to break a schema."""

    MISSING = auto()
    UNKNOWN = auto()
    COUNT = auto()
    VALUE = auto()
    TYPE = auto()
    STRUCTURE = auto()
    SYNTAX = auto()


class Fault(NamedTuple):
    """What is wrong with a payload and where: `path` is a JSON path, `$` for the payload itself."""

    kind: Kind
    text: str
    path: str = "$"


# The tables of error codes: OCPP-J 2.0.1 §4.3 and OCPP-J 1.6 §4.2.3.
CODES_2 = {
    Kind.MISSING: ErrorCode.OccurrenceConstraintViolation,
    Kind.UNKNOWN: ErrorCode.ProtocolError,  # "not conform the PDU structure"
    Kind.COUNT: ErrorCode.OccurrenceConstraintViolation,
    Kind.VALUE: ErrorCode.PropertyConstraintViolation,
    Kind.TYPE: ErrorCode.TypeConstraintViolation,
    Kind.STRUCTURE: ErrorCode.ProtocolError,
    Kind.SYNTAX: ErrorCode.FormatViolation,
}
CODES_16 = CODES_2 | {
    Kind.MISSING: ErrorCode.ProtocolError,  # "payload is incomplete"
    Kind.UNKNOWN: ErrorCode.FormatViolation,  # "syntactically incorrect or not conform the PDU structure"
    Kind.STRUCTURE: ErrorCode.FormatViolation,
}

# msgspec says what it refused in words only. Tests hold every kind of refusal against this table.
_WORDINGS = [
    (re.compile(r"missing required field"), Kind.MISSING),
    (re.compile(r"unknown field"), Kind.UNKNOWN),
    (re.compile(r"^Expected `array` of"), Kind.COUNT),
    (
        re.compile(r"^Expected `\w+` (of length|<=|>=)|^Invalid enum|out of range|multiple of|^Expected text"),
        Kind.VALUE,
    ),
    (re.compile(r"^Expected `object`, got .* - at `\$`$|^Expected `object`, got `\w+`$"), Kind.STRUCTURE),
    (re.compile(r"^Expected `"), Kind.TYPE),
]
_PATH = re.compile(r" - at `([^`]*)`$")


def read_fault(error: Exception) -> Fault:
    """What the decoder's exception says."""
    text = str(error)
    found = _PATH.search(text)
    for wording, kind in _WORDINGS:
        if wording.search(text):
            return Fault(kind, _PATH.sub("", text), found[1] if found else "$")
    return Fault(Kind.SYNTAX, "nested too deeply" if isinstance(error, RecursionError) else text)


def _one_line(text: str) -> str:
    """Station text must not break a log line, nor the limit of an answer's description."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return printable[:DESCRIPTION_LENGTH_MAX]

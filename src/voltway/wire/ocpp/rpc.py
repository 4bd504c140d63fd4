"""OCPP-J framing: bytes of one WebSocket text message to a typed frame and back, for the three versions. No I/O.

    codec = codec_for("ocpp1.6")
    frame = codec.decode(raw)             # Call | Send | Result | CallError | ResultError, or raises ProtocolError
    codec.encode_result(frame.message_id, v16.HeartbeatResponse(current_time=...))

A CALL is decoded and validated in one pass over its bytes. Whatever is out of the ordinary in a frame (an escape, odd
spacing, `1.0` for an integer, any fault) is left to a second, slower reading that decides exactly.
"""

import re
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from voltway.wire.ocpp import v16, v21, v201
from voltway.wire.ocpp.faults import (
    CODES_2,
    CODES_16,
    DESCRIPTION_LENGTH_MAX,
    SPELLING_16,
    UNREADABLE_ID,
    ErrorCode,
    Fault,
    Kind,
    PayloadInvalid,
    ProtocolError,
    RefusedCall,
    RefusedResult,
    RefusedSend,
    UnreadableFrame,
    read_code,
    read_fault,
)
from voltway.wire.ocpp.shapes import Action, Shape, read_custom_data, require_shallow

CALL: Final = 2
CALLRESULT: Final = 3
CALLERROR: Final = 4
CALLRESULTERROR: Final = 5
SEND: Final = 6
MESSAGE_ID_LENGTH_MAX = 36  # OCPP-J 1.6 §4.1.4: at most 36 characters
INTEGER_EXACT_MAX = 2.0**53  # a float beyond this is no exact integer any more

P = TypeVar("P", bound=Shape)
E = TypeVar("E", bound="Refusal")
MessageId = Annotated[str, Meta(max_length=MESSAGE_ID_LENGTH_MAX)]


class Call(Struct, Generic[P], array_like=True, frozen=True, gc=False, forbid_unknown_fields=True):
    """A request that wants an answer, its payload typed and valid."""

    message_type: Literal[2]
    message_id: MessageId
    action: str
    payload: P


class Send(Struct, Generic[P], array_like=True, frozen=True, gc=False, forbid_unknown_fields=True):
    """A message that wants no answer (OCPP 2.1)."""

    message_type: Literal[6]
    message_id: MessageId
    action: str
    payload: P


class Result(Struct, frozen=True, gc=False):
    """An answer; its payload waits for `Codec.decode_result`, since only the asker knows the action."""

    message_id: str
    payload: Raw


class Refusal(Struct, frozen=True, gc=False):
    """The peer refused a message of ours; `code` is the meaning, `code_text` the peer's spelling."""

    message_id: str
    code: ErrorCode
    code_text: str
    description: str
    details: dict[str, Any]


class CallError(Refusal, frozen=True, gc=False):
    """A refusal of our CALL."""


class ResultError(Refusal, frozen=True, gc=False):
    """A refusal of our CALLRESULT (OCPP 2.1)."""


Frame = Call[Shape] | Send[Shape] | Result | CallError | ResultError
Subprotocol = Literal["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]

_BROKEN: Final = (msgspec.MsgspecError, RecursionError, ValueError)
_HEAD: Final = re.compile(rb'\s*\[\s*(-?\d+)\s*,\s*"([^"\\]{0,36})"\s*,\s*(?:"([^"\\]{1,64})"\s*,)?')
_encode: Final = msgspec.json.Encoder().encode
_decode_elements: Final = msgspec.json.Decoder(list[Raw]).decode
_decode_int: Final = msgspec.json.Decoder(int).decode
_decode_text: Final = msgspec.json.Decoder(str).decode
_decode_any: Final = msgspec.json.Decoder().decode


def peek_head(raw: bytes) -> tuple[int, str, str] | None:
    """Message type, message id and action (empty if there is none) by a look at the first bytes, valid or not."""
    match = _HEAD.match(raw)
    if match is None:
        return None
    try:
        return int(match[1][:9]), match[2].decode(), (match[3] or b"").decode()
    except UnicodeDecodeError:
        return None


class Codec:
    """Reads and writes the frames of one OCPP version. Stateless; one per version serves every link."""

    def __init__(self, subprotocol: Subprotocol, messages: ModuleType) -> None:
        self.subprotocol = subprotocol
        self.actions: dict[str, Action] = messages.ACTIONS
        is_16 = subprotocol == "ocpp1.6"
        self._codes = CODES_16 if is_16 else CODES_2
        self._spelling: dict[ErrorCode, str] = SPELLING_16 if is_16 else {}
        self._has_2_1_types = subprotocol == "ocpp2.1"
        self._calls: dict[bytes, Callable[[bytes], Call[Shape]]] = {
            name.encode(): msgspec.json.Decoder(Call[action.request], dec_hook=read_custom_data).decode  # type: ignore[name-defined]  # a type found at run time
            for name, action in self.actions.items()
            if action.response is not None
        }
        self._payloads: dict[type[Shape], Callable[[bytes | Raw], Shape]] = {}

    # -- reading ----------------------------------------------------------------------------------------------------

    def decode(self, raw: bytes) -> Frame:
        """One frame. Raises ProtocolError with the answer's id and code; its `is_answerable` says whether to send it.

        Of a key that stands twice in one object the last counts, as in every JSON reader that stations are built with.
        """
        pieces = raw.split(b'"', 4)
        # Without escapes pieces 1 and 3 are the first two texts, exactly. (`in` would try the bytes as a number first.)
        if len(pieces) == 5 and raw.find(b"\\") < 0:
            decode_call = self._calls.get(pieces[3])
            if decode_call is not None:
                try:
                    return decode_call(raw)
                except _BROKEN:
                    pass  # the reading below finds out whether it is a fault, and which
        return self._decode_slowly(raw)

    def decode_result(self, action: str, result: Result) -> Shape:
        """The typed payload of the answer to our CALL of `action`. Raises RefusedResult."""
        kind = self.actions[action].response
        if kind is None:
            raise RefusedResult(ErrorCode.ProtocolError, f"{action} has no response", result.message_id, action)
        payload = self.read_payload(kind, result.payload)
        if isinstance(payload, Fault):
            raise self._refusal(RefusedResult, payload, result.message_id, action)
        return payload

    def request_from(self, action: str, payload: Any) -> Shape:
        """A valid request from a caller's JSON value (an API's raw call). Raises PayloadInvalid, KeyError (action)."""
        try:
            raw = _encode(payload)
        except (TypeError, ValueError, RecursionError) as error:
            raise PayloadInvalid(Fault(Kind.SYNTAX, str(error))) from error
        request = self.read_payload(self.actions[action].request, raw)
        if isinstance(request, Fault):
            raise PayloadInvalid(request)
        return request

    def read_payload(self, kind: type[Shape], raw: Raw | bytes) -> Shape | Fault:
        """A payload alone as its struct, or what is wrong with it."""
        decode = self._payloads.get(kind)
        if decode is None:
            decode = self._payloads[kind] = msgspec.json.Decoder(kind, dec_hook=read_custom_data).decode
        data = bytes(raw)
        if data.strip() == b"null":  # OCPP-J §4.1.5 allows null for "no payload"
            data = b"{}"
        try:
            if b"\\u0000" in data and _holds_nul(_decode_any(data)):
                return Fault(Kind.VALUE, "Expected text without the character U+0000")
            return decode(data)
        except _BROKEN as error:
            if "got `float`" not in str(error):
                return read_fault(error)
        # To JSON Schema 1.0 is an integer.
        try:
            return msgspec.convert(_whole_numbers(_decode_any(data)), kind, dec_hook=read_custom_data)
        except _BROKEN as error:
            return read_fault(error)

    # -- writing ----------------------------------------------------------------------------------------------------

    def encode_call(self, message_id: str, action: str, payload: Shape | Raw) -> bytes:
        """A CALL. The payload is not checked again: a struct's limits hold when it is read, see `request_from`."""
        return _encode((CALL, message_id, action, payload))

    def encode_send(self, message_id: str, action: str, payload: Shape | Raw) -> bytes:
        """A SEND (OCPP 2.1)."""
        return _encode((SEND, message_id, action, payload))

    def encode_result(self, message_id: str, payload: Shape | Raw) -> bytes:
        """A CALLRESULT."""
        return _encode((CALLRESULT, message_id, payload))

    def encode_error(
        self, message_id: str, code: ErrorCode, description: str = "", details: dict[str, Any] | None = None
    ) -> bytes:
        """A CALLERROR, the code spelt as this version spells it."""
        text = description[:DESCRIPTION_LENGTH_MAX]
        return _encode((CALLERROR, message_id, self._spelling.get(code, code.value), text, details or {}))

    def encode_result_error(
        self, message_id: str, code: ErrorCode, description: str = "", details: dict[str, Any] | None = None
    ) -> bytes | None:
        """A CALLRESULTERROR; `None` where the version has none (only OCPP 2.1 has)."""
        if not self._has_2_1_types:
            return None
        return _encode((CALLRESULTERROR, message_id, code.value, description[:DESCRIPTION_LENGTH_MAX], details or {}))

    def encode_refusal(self, error: ProtocolError) -> bytes | None:
        """The answer that a broken frame gets; `None` if it gets none."""
        if error.is_answerable:
            return self.encode_error(error.message_id, error.code, error.description)
        if isinstance(error, RefusedResult):
            return self.encode_result_error(error.message_id, error.code, error.description)
        return None

    # -- the slower reading -----------------------------------------------------------------------------------------

    def _decode_slowly(self, raw: bytes) -> Frame:
        message_type, message_id, rest = self._read_envelope(raw)
        match message_type:
            case 2:
                return self._read_call(message_id, rest)
            case 3:
                if len(rest) != 1:
                    raise RefusedResult(ErrorCode.RpcFrameworkError, "a CALLRESULT has 3 elements", message_id)
                return Result(message_id, rest[0].copy())
            case 4:
                return self._read_error(CallError, message_id, rest)
            case 5 if self._has_2_1_types:
                return self._read_error(ResultError, message_id, rest)
            case 6 if self._has_2_1_types:
                return self._read_send(message_id, rest)
        text = f"message type {message_type} is unknown"
        raise UnreadableFrame(ErrorCode.MessageTypeNotSupported, text, message_id)

    def _read_envelope(self, raw: bytes) -> tuple[int, str, list[Raw]]:
        try:
            elements = _decode_elements(raw)
        except _BROKEN as error:
            fault = read_fault(error)
            if fault.kind is not Kind.SYNTAX:
                raise UnreadableFrame(ErrorCode.RpcFrameworkError, "a frame is a JSON array") from error
            message_type, message_id, _ = peek_head(raw) or (CALL, UNREADABLE_ID, "")
            raise _refusal_of(message_type)(ErrorCode.FormatViolation, fault.text, message_id) from error
        message_id = _readable_id(elements)
        try:
            message_type = _decode_int(elements[0])
        except (IndexError, *_BROKEN) as error:
            raise UnreadableFrame(ErrorCode.RpcFrameworkError, "the message type is no integer", message_id) from error
        if len(elements) < 3:
            raise _refusal_of(message_type)(ErrorCode.RpcFrameworkError, "too few elements", message_id)
        if message_id == UNREADABLE_ID and message_type != CALLERROR:
            text = f"the message id is no text of at most {MESSAGE_ID_LENGTH_MAX} characters"
            raise _refusal_of(message_type)(ErrorCode.RpcFrameworkError, text)
        return message_type, message_id, elements[2:]

    def _read_call(self, message_id: str, rest: list[Raw]) -> Call[Shape]:
        action = self._read_action(RefusedCall, message_id, rest)
        if action.response is None:
            raise RefusedCall(ErrorCode.NotSupported, f"{action.name} is a SEND", message_id, action.name)
        payload = self.read_payload(action.request, rest[1])
        if isinstance(payload, Fault):
            raise self._refusal(RefusedCall, payload, message_id, action.name)
        return Call(CALL, message_id, action.name, payload)

    def _read_send(self, message_id: str, rest: list[Raw]) -> Send[Shape]:
        action = self._read_action(RefusedSend, message_id, rest)
        if action.response is not None:
            raise RefusedSend(ErrorCode.NotSupported, f"{action.name} is a CALL", message_id, action.name)
        payload = self.read_payload(action.request, rest[1])
        if isinstance(payload, Fault):
            raise self._refusal(RefusedSend, payload, message_id, action.name)
        return Send(SEND, message_id, action.name, payload)

    def _read_action(self, refusal: type[ProtocolError], message_id: str, rest: list[Raw]) -> Action:
        if len(rest) != 2:
            raise refusal(ErrorCode.RpcFrameworkError, "a CALL has 4 elements", message_id)
        try:
            name = _decode_text(rest[0])
        except _BROKEN as error:
            raise refusal(ErrorCode.RpcFrameworkError, "the action is no text", message_id) from error
        action = self.actions.get(name)
        if action is None:
            raise refusal(ErrorCode.NotImplemented, f"unknown action {name[:50]}", message_id)
        return action

    def _read_error(self, kind: type[E], message_id: str, rest: list[Raw]) -> E:
        # Only the code is needed to know that our CALL failed: stations that leave out the rest are understood.
        try:
            code_text, *others = [_decode_any(element) for element in rest]
        except _BROKEN as error:
            raise RefusedResult(ErrorCode.FormatViolation, read_fault(error).text, message_id) from error
        description = others[0] if others and isinstance(others[0], str) else ""
        details = others[1] if len(others) > 1 and isinstance(others[1], dict) else {}
        try:
            require_shallow(details)
        except ValueError as error:
            raise RefusedResult(ErrorCode.FormatViolation, str(error), message_id) from error
        if not isinstance(code_text, str):
            raise RefusedResult(ErrorCode.TypeConstraintViolation, "the error code is no text", message_id)
        return kind(message_id, read_code(code_text), code_text, description, details)

    def _refusal(self, refusal: type[ProtocolError], fault: Fault, message_id: str, action: str) -> ProtocolError:
        return refusal(self._codes[fault.kind], f"{fault.text} at {fault.path}", message_id, action)


@cache
def codec_for(subprotocol: Subprotocol) -> Codec:
    """The codec of a WebSocket sub-protocol."""
    return Codec(subprotocol, _MESSAGES[subprotocol])


_MESSAGES: Final[dict[Subprotocol, ModuleType]] = {"ocpp1.6": v16, "ocpp2.0.1": v201, "ocpp2.1": v21}


def _readable_id(elements: list[Raw]) -> str:
    try:
        message_id = _decode_text(elements[1])
    except (IndexError, *_BROKEN):
        return UNREADABLE_ID
    return message_id if len(message_id) <= MESSAGE_ID_LENGTH_MAX and "\0" not in message_id else UNREADABLE_ID


def _refusal_of(message_type: int) -> type[ProtocolError]:
    """How a frame that cannot be read is refused: an answer is never answered by a CALLERROR."""
    if message_type in (CALLRESULT, CALLERROR, CALLRESULTERROR):
        return RefusedResult
    return RefusedSend if message_type == SEND else UnreadableFrame


def _holds_nul(value: Any) -> bool:
    """Whether a text anywhere in a JSON value holds U+0000, which no PostgreSQL text can."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in key or _holds_nul(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_holds_nul, value))


def _whole_numbers(value: Any) -> Any:
    """The JSON value with every whole float as an integer; msgspec takes an integer for a float, not the reverse."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= INTEGER_EXACT_MAX else value
    if isinstance(value, dict):
        return {key: _whole_numbers(inner) for key, inner in value.items()}
    return [_whole_numbers(inner) for inner in value] if isinstance(value, list) else value

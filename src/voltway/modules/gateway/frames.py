"""Looking at a frame's bytes without decoding it again. Pure."""

from __future__ import annotations

import msgspec

from voltway.wire.ocpp.rpc import peek_head

KINDS = {2: "call", 3: "result", 4: "error", 5: "error", 6: "call"}
_decode_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode


def payload_of(raw: bytes, message_id: str, action: str) -> bytes:
    """The payload of a valid CALL as the station wrote it."""
    head = f'[2,"{message_id}","{action}",'.encode()
    if raw.startswith(head) and raw.endswith(b"]"):  # nearly all stations write it so
        return raw[len(head) : -1].strip()
    pieces = raw.split(b'"', 4)
    if (
        len(pieces) == 5 and pieces[1].find(b"\\") < 0 and pieces[3].find(b"\\") < 0
    ):  # `in` raises an error inside first
        rest = pieces[4]
        return rest[rest.find(b",") + 1 : rest.rfind(b"]")].strip()
    return bytes(_decode_elements(raw)[3])


def describe(raw: bytes) -> tuple[str, str, str | None]:
    """Kind, message id and action of a frame that could not be read, as far as they can be made out."""
    message_type, message_id, action = peek_head(raw) or (2, "", "")
    return KINDS.get(message_type, "call"), message_id, action or None

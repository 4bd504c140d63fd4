"""Whatever bytes a station sends, the reader gives a frame or one of the declared refusals, and the link can go on.

Bytes without a plan, frames that are nearly right, real frames with bytes changed, and any JSON where a payload belongs. Each ends
with a refusal that has an allowed code and that fits into a frame; nothing else is ever raised.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voltway.wire.ocpp.faults import ErrorCode
from voltway.wire.ocpp.rpc import Codec, ProtocolError, Result, codec_for, peek_head

CODECS = {name: codec_for(name) for name in ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")}  # type: ignore[arg-type]
CODES = {str(each.value) for each in ErrorCode} | {"FormationViolation", "OccurenceConstraintViolation"}
EACH_CODEC = pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
FUZZED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)

SEEDS = (
    b'[2,"m1","BootNotification",{"chargePointVendor":"Acme","chargePointModel":"One"}]',
    b'[2,"m1","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"One","vendorName":"Acme"}}]',
    b'[2,"m1","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-03-01T12:00:00Z","sampledValue":[{"value":"1"}]}]}]',
    b'[2,"m1","TransactionEvent",{"eventType":"Started","timestamp":"2026-03-01T12:00:00Z","triggerReason":"Authorized",'
    b'"seqNo":0,"transactionInfo":{"transactionId":"t"}}]',
    b'[2,"m1","StopTransaction",{"transactionId":1,"meterStop":5,"timestamp":"2026-03-01T12:00:00Z"}]',
    b'[3,"m1",{"status":"Accepted"}]',
    b'[4,"m1","InternalError","x",{"a":1}]',
    b'[6,"m1","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"2026-03-01T12:00:00Z","data":[]}]',
)
ACTIONS = st.sampled_from(
    ["BootNotification", "Heartbeat", "MeterValues", "StatusNotification", "StopTransaction", "TransactionEvent",
     "DataTransfer", "NotifyReport", "SecurityEventNotification", "Authorize", "Nonsense", ""]
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text() | st.dates().map(str)
NAMES = st.text(max_size=8) | st.sampled_from(
    [
        "connectorId",
        "idTag",
        "meterValue",
        "sampledValue",
        "value",
        "timestamp",
        "transactionInfo",
        "evse",
        "customData",
    ]
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=20
)


def read(codec: Codec, raw: bytes) -> None:
    """Read a frame as the link does; raises what nobody has declared."""
    head = peek_head(raw)
    assert head is None or (type(head[0]), type(head[1]), type(head[2])) == (int, str, str)
    refusal = refusal_of(lambda: codec.decode(raw))
    if refusal is None:
        return
    assert isinstance(refusal.code, ErrorCode)
    said = codec.encode_refusal(refusal)
    if said is not None:
        kind, message_id, code, description, details = json.loads(said)
        assert kind in (4, 5)
        assert len(message_id) <= 36
        assert len(description) <= 255
        assert isinstance(details, dict)
        assert code in CODES
        assert b"\n" not in said


def refusal_of(reading: Callable[[], Any]) -> ProtocolError | None:
    """The declared refusal with which a reading ends; whatever else is raised goes on."""
    try:
        reading()
    except ProtocolError as refusal:
        return refusal
    return None


@EACH_CODEC
@FUZZED
@given(raw=st.binary(max_size=400))
def test_any_bytes(codec: Codec, raw: bytes) -> None:
    read(codec, raw)


@EACH_CODEC
@FUZZED
@given(data=st.data(), seed=st.sampled_from(SEEDS))
def test_real_frames_with_bytes_changed(codec: Codec, data: st.DataObject, seed: bytes) -> None:
    raw = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(raw) - 1))
        match data.draw(st.sampled_from(["change", "remove", "insert", "repeat", "cut"])):
            case "change":
                raw[place] = data.draw(st.integers(0, 255))
            case "remove" if len(raw) > 1:
                del raw[place]
            case "insert":
                raw[place:place] = data.draw(
                    st.sampled_from([b"[", b"]", b"{", b'"', b"\\u0000", b"\xff", b"1e999", b","])
                )
            case "repeat":
                raw[place:place] = raw[place : place + 40] * 3
            case "cut" if place:
                del raw[place:]
    read(codec, bytes(raw))


@EACH_CODEC
@FUZZED
@given(
    kind=st.integers(-1, 8) | SCALARS,
    message_id=SCALARS,
    action=ACTIONS | SCALARS,
    payload=VALUES,
    more=st.lists(VALUES, max_size=2),
)
def test_frames_that_are_nearly_right(
    codec: Codec, kind: Any, message_id: Any, action: Any, payload: Any, more: list[Any]
) -> None:
    text = json.dumps([kind, message_id, action, payload, *more])
    read(codec, text.encode())
    read(
        codec,
        json.dumps([kind, message_id, action, payload, *more], ensure_ascii=False).encode("utf-8", "surrogatepass"),
    )


@EACH_CODEC
@FUZZED
@given(data=st.data(), payload=st.dictionaries(NAMES, VALUES, max_size=5) | VALUES)
def test_any_payload_in_an_answer(codec: Codec, data: st.DataObject, payload: Any) -> None:
    """What a station answers to a call of ours."""
    action = data.draw(st.sampled_from(sorted(codec.actions)))

    def reading() -> None:
        result = codec.decode(json.dumps([3, "m1", payload]).encode())
        assert isinstance(result, Result)
        codec.decode_result(action, result)

    refusal = refusal_of(reading)
    said = codec.encode_refusal(refusal) if refusal is not None else None
    assert said is None or said.startswith(b"[5,")  # an answer is never answered by a CALLERROR; 2.1 has another one


@EACH_CODEC
@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
@pytest.mark.parametrize("depth", [30, 500, 5_000, 100_000])
def test_any_depth(codec: Codec, opening: bytes, depth: int) -> None:
    read(codec, opening * depth)
    read(codec, b'[2,"m1","DataTransfer",{"vendorId":"a","data":' + opening * depth)
    read(codec, b'[2,"m1","DataTransfer",{"vendorId":"a","data":' + b"[" * depth + b"]" * depth + b"}]")

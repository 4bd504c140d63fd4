"""Frames in and out: what is read, what each fault is answered with, and that nothing hostile gets further."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from voltway.wire.ocpp import v16, v21, v201
from voltway.wire.ocpp.faults import (
    ErrorCode,
    PayloadInvalid,
    ProtocolError,
    RefusedCall,
    RefusedResult,
    RefusedSend,
    UnreadableFrame,
    read_code,
)
from voltway.wire.ocpp.rpc import Call, CallError, Codec, Result, ResultError, Send, codec_for, peek_head

FRAMES = Path(__file__).parent / "frames"
V16, V201, V21 = codec_for("ocpp1.6"), codec_for("ocpp2.0.1"), codec_for("ocpp2.1")
REAL = [
    pytest.param(codec, line, id=f"{codec.subprotocol}-{number}")
    for codec in (V16, V201, V21)
    for number, line in enumerate((FRAMES / f"{codec.subprotocol}.jsonl").read_bytes().splitlines(), 1)
]
STATUS = b'[2,"x","StatusNotification",{"connectorId":%s,"status":"Available","errorCode":"NoError"}]'


def written(codec: Codec, frame: Any) -> bytes | None:
    match frame:
        case Call():
            return codec.encode_call(frame.message_id, frame.action, frame.payload)
        case Send():
            return codec.encode_send(frame.message_id, frame.action, frame.payload)
        case Result():
            return codec.encode_result(frame.message_id, frame.payload)
        case ResultError():
            return codec.encode_result_error(frame.message_id, frame.code, frame.description, frame.details)
        case CallError():
            return codec.encode_error(frame.message_id, frame.code, frame.description, frame.details)
    raise AssertionError(frame)


def refused(codec: Codec, raw: bytes) -> ProtocolError:
    with pytest.raises(ProtocolError) as caught:
        codec.decode(raw)
    return caught.value


def answer(codec: Codec, raw: bytes) -> tuple[str, str] | None:
    """Message id and code of the answer that a broken frame gets."""
    reply = codec.encode_refusal(refused(codec, raw))
    if reply is None:
        return None
    message_type, message_id, code, description, details = json.loads(reply)
    assert (message_type, details) == (4, {})
    assert len(description) <= 255
    assert "\n" not in description
    return message_id, code


# -- good frames -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("codec", "line"), REAL)
def test_real_frames_are_read_and_written_again_unchanged(codec: Codec, line: bytes) -> None:
    again = written(codec, codec.decode(line))
    assert again is not None
    assert json.loads(again) == json.loads(line)


@pytest.mark.parametrize(("codec", "line"), REAL)
def test_spacing_escapes_and_order_of_fields_change_nothing(codec: Codec, line: bytes) -> None:
    frame = json.loads(line)
    variants = (
        json.dumps(frame),
        json.dumps(frame, indent=2),
        json.dumps(frame, sort_keys=True, separators=(" ,", " : ")),
        json.dumps(frame).replace("er", r"\u0065r"),
    )
    for variant in variants:
        again = written(codec, codec.decode(variant.encode()))
        assert again is not None
        assert json.loads(again) == frame


def test_a_call_is_typed() -> None:
    frame = V16.decode(b'[2,"1","Authorize",{"idTag":"ABC"}]')
    assert frame == Call(2, "1", "Authorize", v16.AuthorizeRequest(id_tag="ABC"))


def test_frames_are_written_without_spaces() -> None:
    response = v201.BootNotificationResponse(
        current_time="2026-01-01T00:00:00.000Z", interval=300, status=v201.RegistrationStatusEnum.Accepted
    )
    assert V201.encode_result("7", response) == (
        b'[3,"7",{"currentTime":"2026-01-01T00:00:00.000Z","interval":300,"status":"Accepted"}]'
    )
    assert (
        V16.encode_call("7", "Reset", v16.ResetRequest(type=v16.ResetType.Soft)) == b'[2,"7","Reset",{"type":"Soft"}]'
    )


def test_the_result_is_typed_once_its_action_is_known() -> None:
    result = V16.decode(b'[3, "7", {"status": "Accepted"}]')
    assert isinstance(result, Result)
    assert V16.decode_result("Reset", result) == v16.ResetResponse(status=v16.GenericStatus.Accepted)
    with pytest.raises(RefusedResult) as caught:
        V16.decode_result("TriggerMessage", Result("7", msgspec.Raw(b'{"status":"Perhaps"}')))
    error = caught.value
    assert (error.message_id, error.action, error.code) == ("7", "TriggerMessage", "PropertyConstraintViolation")
    assert V16.encode_refusal(error) is None
    assert (V21.encode_refusal(error) or b"").startswith(b'[5,"7","PropertyConstraintViolation",')


def test_a_result_outlives_the_buffer_it_came_in() -> None:
    buffer = bytearray(b'[3,"7",{"status":"Accepted"}]')
    result = V16.decode(bytes(buffer))
    buffer[:] = b"0" * len(buffer)
    assert isinstance(result, Result)
    assert bytes(result.payload) == b'{"status":"Accepted"}'


@pytest.mark.parametrize("codec", [V16, V201, V21])
def test_null_stands_for_no_payload(codec: Codec) -> None:
    frame = codec.decode(b'[2,"1","Heartbeat",null]')
    assert isinstance(frame, Call)
    assert codec.encode_call("1", "Heartbeat", frame.payload) == b'[2,"1","Heartbeat",{}]'
    assert isinstance(
        codec.decode_result("ClearCache", Result("1", msgspec.Raw(b'{"status":"Accepted"}'))), msgspec.Struct
    )


def test_whole_floats_are_integers_to_json() -> None:
    frame = V16.decode(STATUS % b"1.0")
    assert isinstance(frame, Call)
    assert isinstance(frame.payload, v16.StatusNotificationRequest)
    assert (frame.payload.connector_id, type(frame.payload.connector_id)) == (1, int)
    assert refused(V16, STATUS % b"1.5").code is ErrorCode.TypeConstraintViolation


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'[2,"1","Heartbeat",{}]', (2, "1", "Heartbeat")),
        (b' [ 2 , "1" , "Heartbeat" , broken', (2, "1", "Heartbeat")),
        (b'[3,"abc",{"x":1}]', (3, "abc", "")),
        (b'[2,"1\\u0041","Heartbeat",{}]', None),
        (b'[2,17,"Heartbeat",{}]', None),
        (b'[2,"\xff","Heartbeat",{}]', None),
        (b"", None),
    ],
)
def test_peek_head(raw: bytes, expected: tuple[int, str, str] | None) -> None:
    assert peek_head(raw) == expected


def test_of_a_repeated_key_the_last_counts() -> None:
    frame = V16.decode(b'[2,"1","Authorize",{"idTag":"A","idTag":"B"}]')
    assert isinstance(frame, Call)
    assert frame.payload == v16.AuthorizeRequest(id_tag="B")


# -- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("FormationViolation", ErrorCode.FormatViolation),
        ("FormatViolation", ErrorCode.FormatViolation),
        ("OccurenceConstraintViolation", ErrorCode.OccurrenceConstraintViolation),
        ("OccurrenceConstraintViolation", ErrorCode.OccurrenceConstraintViolation),
        ("SomethingElse", ErrorCode.GenericError),
    ],
)
def test_error_codes_are_understood_in_every_spelling(spelling: str, code: ErrorCode) -> None:
    assert read_code(spelling) is code
    frame = V16.decode(json.dumps([4, "1", spelling, "why", {}]).encode())
    assert frame == CallError("1", code, spelling, "why", {})


@pytest.mark.parametrize(
    "raw", [b'[4,"1","GenericError"]', b'[4,"1","GenericError",null,null]', b'[4,"1","GenericError","",[]]']
)
def test_an_error_without_description_or_details_is_understood(raw: bytes) -> None:
    assert V201.decode(raw) == CallError("1", ErrorCode.GenericError, "GenericError", "", {})


def test_an_error_about_an_unreadable_call_of_ours_is_understood() -> None:
    frame = V201.decode(b'[4,"-1","RpcFrameworkError","",{}]')
    assert frame == CallError("-1", ErrorCode.RpcFrameworkError, "RpcFrameworkError", "", {})


def test_1_6_keeps_the_spellings_that_its_errata_leave_alone() -> None:
    assert V16.encode_error("1", ErrorCode.FormatViolation) == b'[4,"1","FormationViolation","",{}]'
    assert (
        V16.encode_error("1", ErrorCode.OccurrenceConstraintViolation)
        == b'[4,"1","OccurenceConstraintViolation","",{}]'
    )
    assert (
        V201.encode_error("1", ErrorCode.FormatViolation, "no", {"a": 1}) == b'[4,"1","FormatViolation","no",{"a":1}]'
    )
    codes_of_16 = {
        *("NotImplemented", "NotSupported", "InternalError", "ProtocolError", "SecurityError", "FormationViolation"),
        *("PropertyConstraintViolation", "OccurenceConstraintViolation", "TypeConstraintViolation", "GenericError"),
    }
    assert {json.loads(V16.encode_error("1", code))[2] for code in ErrorCode} == codes_of_16
    assert {json.loads(V21.encode_error("1", code))[2] for code in ErrorCode} == {code.value for code in ErrorCode}


BROKEN = [
    # raw, answer in 1.6, answer in 2.x
    (b"", ("-1", "FormationViolation"), ("-1", "FormatViolation")),
    (b"hello", ("-1", "FormationViolation"), ("-1", "FormatViolation")),
    (b'[2,"x","Heartbeat",{}', ("x", "FormationViolation"), ("x", "FormatViolation")),
    (b'[2,"x","Heartbeat",{}] ]', ("x", "FormationViolation"), ("x", "FormatViolation")),
    (b"[]", ("-1", "FormationViolation"), ("-1", "RpcFrameworkError")),
    (b"null", ("-1", "FormationViolation"), ("-1", "RpcFrameworkError")),
    (b"{}", ("-1", "FormationViolation"), ("-1", "RpcFrameworkError")),
    (b'"text"', ("-1", "FormationViolation"), ("-1", "RpcFrameworkError")),
    (b"[2]", ("-1", "FormationViolation"), ("-1", "RpcFrameworkError")),
    (b'[2,"x"]', ("x", "FormationViolation"), ("x", "RpcFrameworkError")),
    (b'[2,"x","Heartbeat"]', ("x", "FormationViolation"), ("x", "RpcFrameworkError")),
    (b'[2,"x","Heartbeat",{},{}]', ("x", "FormationViolation"), ("x", "RpcFrameworkError")),
    (b'["2","x","Heartbeat",{}]', ("x", "FormationViolation"), ("x", "RpcFrameworkError")),
    (b'[2.5,"x","Heartbeat",{}]', ("x", "FormationViolation"), ("x", "RpcFrameworkError")),
    (b'[2,17,"Heartbeat",{}]', ("-1", "FormationViolation"), ("-1", "RpcFrameworkError")),
    (b'[2,null,"Heartbeat",{}]', ("-1", "FormationViolation"), ("-1", "RpcFrameworkError")),
    (b'[2,"%s","Heartbeat",{}]' % (b"x" * 37), ("-1", "FormationViolation"), ("-1", "RpcFrameworkError")),
    (b'[2,"a\\u0000","Heartbeat",{}]', ("-1", "FormationViolation"), ("-1", "RpcFrameworkError")),
    (b'[2,"x",7,{}]', ("x", "FormationViolation"), ("x", "RpcFrameworkError")),
    (b'[2,"x","NoSuchAction",{}]', ("x", "NotImplemented"), ("x", "NotImplemented")),
    (b'[2,"x","heartbeat",{}]', ("x", "NotImplemented"), ("x", "NotImplemented")),
    (b'[7,"x","Heartbeat",{}]', ("x", "GenericError"), ("x", "MessageTypeNotSupported")),
    (b'[-1,"x","Heartbeat",{}]', ("x", "GenericError"), ("x", "MessageTypeNotSupported")),
    (b'[2,"x","Heartbeat",[]]', ("x", "FormationViolation"), ("x", "ProtocolError")),
    (b'[2,"x","Heartbeat","{}"]', ("x", "FormationViolation"), ("x", "ProtocolError")),
    (b'[2,"x","Heartbeat",{"surplus":1}]', ("x", "FormationViolation"), ("x", "ProtocolError")),
    (b'[2,"x","BootNotification",{}]', ("x", "ProtocolError"), ("x", "OccurrenceConstraintViolation")),
    (b'[2,"x","BootNotification",null]', ("x", "ProtocolError"), ("x", "OccurrenceConstraintViolation")),
    (b'[2,"x","DataTransfer",{"vendorId":5}]', ("x", "TypeConstraintViolation"), ("x", "TypeConstraintViolation")),
    (
        b'[2,"x","DataTransfer",{"vendorId":"v","messageId":null}]',
        ("x", "TypeConstraintViolation"),
        ("x", "TypeConstraintViolation"),
    ),
    (
        b'[2,"x","DataTransfer",{"vendorId":"%s"}]' % (b"v" * 256),
        ("x", "PropertyConstraintViolation"),
        ("x", "PropertyConstraintViolation"),
    ),
    (
        b'[2,"x","FirmwareStatusNotification",{"status":"Cooking"}]',
        ("x", "PropertyConstraintViolation"),
        ("x", "PropertyConstraintViolation"),
    ),
]


@pytest.mark.parametrize(("raw", "in_16", "in_2"), BROKEN, ids=[repr(raw[:40]) for raw, *_ in BROKEN])
def test_broken_frames_get_the_right_code(raw: bytes, in_16: tuple[str, str], in_2: tuple[str, str]) -> None:
    assert answer(V16, raw) == in_16
    assert answer(V201, raw) == in_2
    assert answer(V21, raw) == in_2


def test_counts_of_items_are_occurrences() -> None:
    assert answer(V201, b'[2,"x","MeterValues",{"evseId":1,"meterValue":[]}]') == ("x", "OccurrenceConstraintViolation")
    few = b'[2,"x","NotifyEVChargingNeeds",{"evseId":1,"chargingNeeds":{"requestedEnergyTransfer":"DC","availableEnergyTransfer":[]}}]'
    assert answer(V21, few) == ("x", "OccurrenceConstraintViolation")


def test_limits_in_numbers_and_tenths_are_property_constraints() -> None:
    profile = b'[2,"x","SetChargingProfile",{"connectorId":1,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Relative","chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":7.77}]}}}]'
    assert answer(V16, profile) == ("x", "PropertyConstraintViolation")
    need = b'[2,"x","NotifyPriorityCharging",{"transactionId":"t","activated":true,"customData":{"vendorId":"%s"}}]'
    assert answer(V21, need % (b"v" * 256)) == ("x", "PropertyConstraintViolation")
    assert answer(V21, need.replace(b'"vendorId":"%s"', b'"a":1')) == ("x", "OccurrenceConstraintViolation")
    assert answer(V21, need.replace(b'"%s"', b"5")) == ("x", "TypeConstraintViolation")
    assert answer(V21, need.replace(b'{"vendorId":"%s"}', b"5")) == ("x", "TypeConstraintViolation")


def test_the_description_says_where() -> None:
    error = refused(V201, b'[2,"x","Authorize",{"idToken":{"idToken":5,"type":"Central"}}]')
    assert isinstance(error, RefusedCall)
    assert (error.action, error.description) == ("Authorize", "Expected `str`, got `int` at $.idToken.idToken")


def test_station_text_cannot_break_a_log_line() -> None:
    error = refused(V16, b'[2,"x","Re\\nset\\u001b[31m\\u2028%s",{}]' % ("\N{HEBREW LETTER ALEF}" * 400).encode())
    assert error.description.isprintable()
    assert len(error.description) <= 255


@pytest.mark.parametrize(
    "raw",
    [
        b'[3,"x"]',
        b'[3,"x",{},{}]',
        b"[3,17,{}]",
        b'[3,"x",{]',
        b'[4,"x"]',
        b'[4,"x",5,"",{}]',
        b'[4,"x","G","\\ud800",{}]',
    ],
)
def test_a_broken_answer_is_never_answered_by_an_error(raw: bytes) -> None:
    for codec in (V16, V201):
        error = refused(codec, raw)
        assert isinstance(error, RefusedResult)
        assert codec.encode_refusal(error) is None


def test_a_broken_answer_still_says_which_call_it_answers() -> None:
    assert refused(V201, b'[3,"x",{},{}]').message_id == "x"
    assert refused(V201, b'[3,"x",{]').message_id == "x"


def test_send_and_result_error_exist_in_2_1_only() -> None:
    send = b'[6,"x","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"t","data":[{"t":1.5,"v":"1"}]}]'
    frame = V21.decode(send)
    assert isinstance(frame, Send)
    assert isinstance(frame.payload, v21.NotifyPeriodicEventStreamRequest)
    assert answer(V201, send) == ("x", "MessageTypeNotSupported")
    assert answer(V16, b'[5,"x","GenericError","",{}]') == ("x", "GenericError")
    assert V201.encode_result_error("x", ErrorCode.GenericError) is None


@pytest.mark.parametrize(
    "raw",
    [
        b'[6,"x","NotifyPeriodicEventStream",{}]',
        b'[6,"x","Heartbeat",{}]',
        b'[6,"x","No",{}]',
        b'[6,5,"No",{}]',
        b'[6,"x",{]',
    ],
)
def test_a_send_is_never_answered(raw: bytes) -> None:
    error = refused(V21, raw)
    assert isinstance(error, RefusedSend)
    assert V21.encode_refusal(error) is None


def test_a_send_that_comes_as_a_call_is_not_supported() -> None:
    assert answer(V21, b'[2,"x","NotifyPeriodicEventStream",{}]') == ("x", "NotSupported")


# -- hostile input ---------------------------------------------------------------------------------------------------

BOOT = b'[2,"x","BootNotification",{"chargePointVendor":%s,"chargePointModel":"m"}]'
DATA = b'[2,"x","DataTransfer",{"vendorId":"v","data":%s}]'
HOSTILE = {
    "unclosed arrays": b"[" * 100_000,
    "arrays": b"[" * 100_000 + b"]" * 100_000,
    "objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "payload nests 2,000": b'[2,"x","Heartbeat",' + b"[" * 2_000 + b"]" * 2_000 + b"]",
    "field nests 100,000": BOOT % (b"[" * 100_000 + b"]" * 100_000),
    "free data nests 33": DATA % (b"[" * 33 + b"]" * 33),
    "free data nests 2,000": DATA % (b"[" * 2_000 + b"]" * 2_000),
    "10,000 digits": STATUS % (b"9" * 10_000),
    "NaN": STATUS % b"NaN",
    "Infinity": STATUS % b"-Infinity",
    "1e999": STATUS % b"1e999",
    "1e300": STATUS % b"1e300",
    "beyond 64 bits": STATUS % b"9223372036854775808",
    "leading zero": STATUS % b"01",
    "lone surrogate": BOOT % b'"\\ud800"',
    "U+0000 escaped": BOOT % b'"a\\u0000b"',
    "U+0000 escaped in free data": DATA % b'{"a":["\\u0000"]}',
    "U+0000 in a key of free data": DATA % b'{"\\u0000":1}',
    "U+0000 raw": BOOT % b'"a\x00b"',
    "line break raw": BOOT % b'"a\nb"',
    "invalid UTF-8": BOOT % b'"\xff\xfe"',
    "overlong UTF-8": BOOT % b'"\xc0\x80"',
    "BOM": b'\xef\xbb\xbf[2,"x","Heartbeat",{}]',
    "UTF-16": '[2,"x","Heartbeat",{}]'.encode("utf-16"),
    "single quotes": b"[2,'x','Heartbeat',{}]",
    "comment": b'[2,"x","Heartbeat",{}]//',
    "10,000 characters": BOOT % (b'"' + b"x" * 10_000 + b'"'),
    "100,000 digits as the type": b"[" + b"9" * 100_000 + b',"x","Heartbeat",{}]',
    "1 MB action": b'[2,"x","' + b"A" * 1_000_000 + b'",{}]',
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_hostile_frames_are_refused(raw: bytes) -> None:
    for codec in (V201, V21) if raw.startswith(b'[2,"x","DataTransfer') else (V16, V201, V21):
        assert answer(codec, raw) is not None


def test_broken_utf_8_never_reaches_a_struct() -> None:
    assert answer(V16, HOSTILE["invalid UTF-8"]) == ("x", "FormationViolation")
    assert isinstance(refused(V16, HOSTILE["arrays"]), UnreadableFrame)


@pytest.mark.parametrize(
    "text", ["🔌" * 20, "\u202eevil", "'; DROP TABLE x;--", 'a\\u0000"', "</script>", "a\u2028b\x7f", "line\nbreak"]
)
def test_strange_but_legal_text_is_kept_exactly(text: str) -> None:
    frame = V16.decode(BOOT % json.dumps(text[:20]).encode())
    assert isinstance(frame, Call)
    assert isinstance(frame.payload, v16.BootNotificationRequest)
    assert frame.payload.charge_point_vendor == text[:20]


# -- raw calls of the API --------------------------------------------------------------------------------------------


def test_a_callers_payload_becomes_a_request() -> None:
    request = V16.request_from("GetConfiguration", {"key": ["HeartbeatInterval"]})
    assert request == v16.GetConfigurationRequest(key=["HeartbeatInterval"])


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ({"key": "one"}, "$.key"),
        ({"key": ["a", 5]}, "$.key[1]"),
        ({"keys": []}, "$"),
        ([], "$"),
        ({"key": ["a\0"]}, "$"),
        ({"key": [float("nan")]}, "$.key[0]"),
        ("text", "$"),
    ],
)
def test_a_callers_broken_payload_says_where(payload: Any, path: str) -> None:
    with pytest.raises(PayloadInvalid) as caught:
        V16.request_from("GetConfiguration", payload)
    assert caught.value.fault.path == path

"""The patient reading of transaction messages: what is billed survives, what would falsify the bill does not."""

import json
from typing import Any

import pytest

from voltway.wire.ocpp import v16, v201
from voltway.wire.ocpp.faults import ProtocolError
from voltway.wire.ocpp.lenient import LenientReading, decode_lenient
from voltway.wire.ocpp.rpc import Codec, codec_for

V16, V201, V21 = codec_for("ocpp1.6"), codec_for("ocpp2.0.1"), codec_for("ocpp2.1")
START = {"connectorId": 1, "idTag": "ABC", "meterStart": 100, "timestamp": "2026-01-01T00:00:00Z"}
STOP = {"transactionId": 7, "meterStop": 200, "timestamp": "2026-01-01T01:00:00Z"}
EVENT = {
    "eventType": "Updated",
    "timestamp": "2026-01-01T00:30:00Z",
    "triggerReason": "MeterValuePeriodic",
    "seqNo": 3,
    "transactionInfo": {"transactionId": "tx-1"},
}
WH = {"value": "150", "measurand": "Energy.Active.Import.Register", "unit": "Wh"}


def read(codec: Codec, action: str, payload: Any) -> LenientReading | None:
    raw = json.dumps([2, "m-1", action, payload]).encode()
    with pytest.raises(ProtocolError):
        codec.decode(raw)  # the patient reading is for what the strict one refuses
    return decode_lenient(codec, raw)


def kept(codec: Codec, action: str, payload: Any) -> tuple[Any, list[str]]:
    reading = read(codec, action, payload)
    assert reading is not None
    assert (reading.call.message_id, reading.call.action) == ("m-1", action)
    return reading.call.payload, reading.complaints


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"meterStop": "200"}, "$.meterStop: a text for a number"),
        ({"meterStop": 199.6}, "$.meterStop: 199.6 rounded to an integer"),
        ({"transactionId": "7"}, "$.transactionId: a text for a number"),
        ({"surplus": [1]}, "$.surplus: unknown field, ignored"),
        ({"reason": "CoffeeBreak"}, "$.reason: unknown word 'CoffeeBreak', dropped"),
        ({"reason": None}, "$.reason: null, taken as absent"),
        ({"idTag": None}, "$.idTag: null, taken as absent"),
        ({"idTag": ["ABC"]}, "$.idTag: list for a text, dropped"),
        ({"transactionData": "none"}, "$.transactionData: str for an array, dropped"),
        ({"transactionData": [5]}, "$.transactionData[0]: int for an object, dropped"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_stop_survives_with_a_complaint(change: dict[str, Any], complaint: str) -> None:
    stop, complaints = kept(V16, "StopTransaction", STOP | change)
    assert (stop.transaction_id, stop.meter_stop, stop.timestamp) == (7, 200, "2026-01-01T01:00:00Z")
    assert (stop.id_tag, stop.reason) == (None, None)
    assert complaints == [complaint]


def test_an_over_long_text_is_cut() -> None:
    start, complaints = kept(V16, "StartTransaction", START | {"idTag": "x" * 30})
    assert start.id_tag == "x" * 20
    assert complaints == ["$.idTag: 30 characters, cut to 20"]


def test_u_0000_is_removed() -> None:
    start, complaints = kept(V16, "StartTransaction", START | {"idTag": "AB\0C"})
    assert start.id_tag == "ABC"
    assert complaints == ["$.idTag: U+0000 removed"]


def test_a_word_in_the_wrong_case_is_understood() -> None:
    stop, complaints = kept(V16, "StopTransaction", STOP | {"reason": "evDisconnected"})
    assert stop.reason is v16.Reason.EVDisconnected
    assert complaints == ["$.reason: 'evDisconnected' taken as EVDisconnected"]


@pytest.mark.parametrize("field", START)
def test_without_an_essential_there_is_no_reading(field: str) -> None:
    assert read(V16, "StartTransaction", {name: value for name, value in START.items() if name != field}) is None


@pytest.mark.parametrize(
    "broken",
    [
        {"value": None},
        {"measurand": "Energy.Active.Import.Register"},
        {"value": "0.15", "unit": "MWh"},
        {"value": "230", "measurand": "Voltage.Magic", "unit": "V"},
        {"value": "150", "phase": "L9"},
        {"value": "150", "context": 7},
        5,
    ],
)
def test_a_sample_that_would_be_misread_is_dropped_alone(broken: Any) -> None:
    payload = {"connectorId": 1, "transactionId": 7, "meterValue": [{"timestamp": "t", "sampledValue": [broken, WH]}]}
    values, complaints = kept(V16, "MeterValues", payload)
    unit, measurand = v16.UnitOfMeasure.Wh, v16.Measurand.Energy_Active_Import_Register
    assert values.meter_value[0].sampled_value == [v16.SampledValue(value="150", measurand=measurand, unit=unit)]
    assert complaints[-1].startswith("$.meterValue[0].sampledValue[0]: ")
    assert complaints[-1].endswith("dropped")


def test_a_number_for_a_samples_text_is_kept() -> None:
    payload = {"connectorId": 1, "meterValue": {"timestamp": "t", "sampledValue": {"value": 12.5}}}
    values, complaints = kept(V16, "MeterValues", payload)
    assert values.meter_value == [v16.MeterValue(timestamp="t", sampled_value=[v16.SampledValue(value="12.5")])]
    assert len(complaints) == 3


def test_a_transaction_event_survives() -> None:
    change = {
        "triggerReason": "MagicWord",
        "offline": "no",
        "transactionInfo": {"transactionId": "tx-1", "chargingState": "Dreaming"},
        "idToken": {"idToken": "04A2B3", "type": "RFID"},
        "meterValue": [
            {"timestamp": "t", "sampledValue": [{"value": "1.5"}, {"value": "NaN"}, {"value": 2, "unit": "x"}]}
        ],
        "customData": {},
    }
    event, complaints = kept(V201, "TransactionEvent", EVENT | change)
    assert event == v201.TransactionEventRequest(
        event_type=v201.TransactionEventEnum.Updated,
        timestamp=EVENT["timestamp"],
        trigger_reason=v201.TriggerReasonEnum.AbnormalCondition,
        seq_no=3,
        transaction_info=v201.Transaction(transaction_id="tx-1"),
        id_token=v201.IdToken(id_token="04A2B3", type=v201.IdTokenEnum.ISO14443),
        meter_value=[
            v201.MeterValue(timestamp="t", sampled_value=[v201.SampledValue(value=1.5), v201.SampledValue(value=2.0)])
        ],
    )
    assert "$.triggerReason: taken as AbnormalCondition" in complaints
    assert "$.idToken.type: taken as ISO14443" in complaints


def test_a_broken_unit_takes_its_sample_with_it_but_a_broken_signature_does_not() -> None:
    samples = [
        {"value": 1, "unitOfMeasure": {"unit": "k" * 21}},
        {"value": 2, "unitOfMeasure": {"unit": "Wh", "multiplier": "many"}},
        {"value": 3, "signedMeterValue": {"signedMeterData": "x" * 40_000, "encodingMethod": "OCMF"}},
    ]
    payload = EVENT | {"meterValue": [{"timestamp": "t", "sampledValue": samples}]}
    for codec in (V201, V21):
        event, _ = kept(codec, "TransactionEvent", payload)
        assert [(sample.value, sample.signed_meter_value) for sample in event.meter_value[0].sampled_value] == [
            (3.0, None)
        ]


@pytest.mark.parametrize("field", ["eventType", "timestamp", "seqNo", "transactionInfo"])
def test_an_event_without_an_essential_is_given_up(field: str) -> None:
    assert read(V201, "TransactionEvent", {name: value for name, value in EVENT.items() if name != field}) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[2]",
        b'[2,"x","StopTransaction",{"transactionId":7,]',
        b'[3,"x","StopTransaction",{}]',
        b'[2,"x","BootNotification",{}]',
        b'[2,"x","NoSuchAction",{}]',
        b'[2,"x","StopTransaction",[]]',
        b'[2,"x","StopTransaction",' + b"[" * 2_000 + b"]" * 2_000 + b"]",
        b"[" * 100_000,
        b'[2,"%s","StopTransaction",%s]' % (b"x" * 37, json.dumps(STOP).encode()),
    ],
    ids=range(10),
)
def test_patience_is_for_payloads_of_transactions_only(raw: bytes) -> None:
    assert decode_lenient(V16, raw) is None


def test_complaints_are_bounded() -> None:
    _, complaints = kept(V16, "StopTransaction", STOP | {f"field{number}": number for number in range(1_000)})
    assert len(complaints) == 20

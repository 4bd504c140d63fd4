"""What stations of certain makes do in their own way, as changes of the frames that they send; a table.

Those of `LEGAL` keep to the protocol, or break it in a way that no platform may stumble over: whatever they send must be billed
to the Wh all the same. The others are refused by a strict reading, and are named like the gateway's corrections for them: give
the platform that correction for the make (`gateway.quirks`), or see what it says of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta, timezone
from typing import Any, NamedTuple

import msgspec

from voltway.wire.ocpp.times import parse_instant

Payload = dict[str, Any]
Spoil = Callable[[bytes], Sequence[bytes]]
"""A frame on its way out becomes one or several."""


class Quirk(NamedTuple):
    """A deviation; `make` gives the spoiler of one station, which may remember what it has sent."""

    name: str
    says: str
    source: str
    make: Callable[[], Spoil]
    is_legal: bool = False


_CALL = 2
_METER = ("MeterValues", "StopTransaction", "TransactionEvent")
_LOCAL = timezone(timedelta(hours=2))


def _call(frame: bytes) -> tuple[list[Any], str, Payload] | None:
    """A CALL with its action and payload; None for any other frame."""
    parts = msgspec.json.decode(frame)
    return (parts, parts[2], parts[3]) if parts[0] == _CALL else None


def _in_payload(actions: Sequence[str], change: Callable[[Payload], object]) -> Callable[[], Spoil]:
    def spoil(frame: bytes) -> Sequence[bytes]:
        found = _call(frame)
        if found is None or found[1] not in actions:
            return (frame,)
        parts, _, payload = found
        change(payload)
        return (msgspec.json.encode(parts),)

    return lambda: spoil


def _in_text(action: str, old: bytes, new: bytes) -> Callable[[], Spoil]:
    head = f'"{action}"'.encode()

    def spoil(frame: bytes) -> Sequence[bytes]:
        return (frame.replace(old, new),) if head in frame[:80] else (frame,)

    return lambda: spoil


def _samples(payload: Payload) -> list[Payload]:
    values = payload.get("meterValue") or payload.get("transactionData") or []
    return [sample for value in values for sample in value["sampledValue"]]


def _kilowatt_hours(payload: Payload) -> None:
    for sample in _samples(payload):
        if sample.get("measurand") == "Energy.Active.Import.Register":
            in_kwh = float(sample["value"]) / 1000
            sample["value"] = f"{in_kwh:.3f}" if isinstance(sample["value"], str) else in_kwh
            if "unitOfMeasure" in sample:
                sample["unitOfMeasure"] = {"unit": "kWh"}
            else:
                sample["unit"] = "kWh"


def _local_time(payload: Payload) -> None:
    for holder in (payload, *(payload.get("meterValue") or ())):
        if "timestamp" in holder:
            holder["timestamp"] = (
                parse_instant(holder["timestamp"]).at.astimezone(_LOCAL).isoformat("T", "milliseconds")
            )


def _numbers(payload: Payload) -> None:
    for sample in _samples(payload):
        sample["value"] = float(sample["value"])


def _fraction(payload: Payload) -> None:
    payload.update({name: payload[name] + 0.25 for name in ("meterStart", "meterStop") if name in payload})


def _object_for_array(payload: Payload) -> None:
    payload["meterValue"] = payload["meterValue"][0]


def _sent_twice() -> Spoil:
    def spoil(frame: bytes) -> Sequence[bytes]:
        found = _call(frame)
        return (frame, frame) if found and found[1] in _METER else (frame,)

    return spoil


def _values_after_the_stop() -> Spoil:
    last: list[Any] = []

    def spoil(frame: bytes) -> Sequence[bytes]:
        found = _call(frame)
        if found and found[1] == "MeterValues":
            last[:] = found[0]
        if found is None or found[1] != "StopTransaction" or not last:
            return (frame,)
        late = msgspec.json.encode([_CALL, f"{last[1]}-late", *last[2:]])
        last.clear()
        return (frame, late)

    return spoil


_ALL = (
    Quirk(
        "kilowatt_hours",
        "registers in samples are told in kWh",
        "OCPP 1.6 §7.45",
        _in_payload(_METER, _kilowatt_hours),
        True,
    ),
    Quirk(
        "local_time",
        "times carry the offset of a zone instead of Z",
        "RFC 3339 §5.6",
        _in_payload(("StartTransaction", "StatusNotification", *_METER), _local_time),
        True,
    ),
    Quirk(
        "sent_twice", "what was measured is sent twice under one id, without waiting", "evcc-io/evcc", _sent_twice, True
    ),
    Quirk(
        "values_after_the_stop",
        "a value of the transaction follows its end (OCPP 1.6)",
        "lbbrhzn/ocpp#2075",
        _values_after_the_stop,
        True,
    ),
    Quirk(
        "leading_comma",
        "lists of values begin with a comma",
        "lbbrhzn/ocpp#1078",
        _in_text("MeterValues", b'"sampledValue":[{', b'"sampledValue":[,{'),
    ),
    Quirk(
        "object_for_array",
        "one value stands for a list",
        "lbbrhzn/ocpp#1144",
        _in_payload(("MeterValues",), _object_for_array),
    ),
    Quirk(
        "numbers_for_texts",
        "values are numbers where OCPP 1.6 wants texts",
        "OpenEVSE/openevse_esp32_firmware#335",
        _in_payload(("MeterValues",), _numbers),
    ),
    Quirk(
        "fraction_of_wh",
        "registers of a transaction have a fraction",
        "shiv3/ocpp-cp-simulator#83",
        _in_payload(("StartTransaction", "StopTransaction"), _fraction),
    ),
    Quirk(
        "timestamp_zero",
        "a status has 0 for its time",
        "evcc-io/evcc#17836",
        _in_payload(("StatusNotification",), lambda payload: payload.update(timestamp=0)),
    ),
    Quirk(
        "nulls",
        "what is not there is told as null",
        "evcc-io/evcc#17836",
        _in_payload(("BootNotification", "StatusNotification"), lambda payload: payload.update(info=None, imsi=None)),
    ),
    Quirk(
        "model_long",
        "the model's name is longer than the protocol has room for",
        "lbbrhzn/ocpp#899",
        _in_payload(
            ("BootNotification",), lambda payload: payload.update(chargePointModel="A model of many words and signs")
        ),
    ),
)
QUIRKS = {quirk.name: quirk for quirk in _ALL}
LEGAL = tuple(quirk.name for quirk in _ALL if quirk.is_legal)


def spoiler(names: Sequence[str]) -> Spoil:
    """One station's deviations, one after the other."""
    spoilers = [QUIRKS[name].make() for name in names]

    def spoil(frame: bytes) -> Sequence[bytes]:
        frames: Sequence[bytes] = (frame,)
        for one in spoilers:
            frames = [spoiled for each in frames for spoiled in one(each)]
        return frames

    return spoil

"""What chargers of certain makes do wrong, and the correction of each: a table of (vendor, model, firmware) -> corrections.

Only a message that has been refused is corrected and read again: a station that keeps to the protocol, and a message that is
right, pay nothing. A correction says again what the station can only have meant; where that is not sure there is none, for what
is billed is read leniently (wire/ocpp/lenient.py) or refused. Each use is counted and shown for its station.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from voltway.wire.ocpp.rpc import peek_head

Payload = dict[str, Any]


class Correction(NamedTuple):
    """A deviation that is put right. `mend` changes a payload, `mend_text` a frame that is not even JSON; each says by its
    result what it has done: True, or another text."""

    name: str
    says: str
    source: str
    """Where it was seen: repository and issue."""
    actions: tuple[str, ...]
    mend: Callable[[Payload], bool] | None = None
    mend_text: Callable[[bytes], bytes] | None = None


class Quirk(NamedTuple):
    """The makes that have some deviations. Vendor and model are compared without case, by how they begin; `fixed_in`: the
    first firmware that has none of them any more."""

    vendor: str
    model: str
    corrections: tuple[str, ...]
    fixed_in: tuple[int, ...] | None = None


class Make(NamedTuple):
    """What a station says that it is."""

    vendor: str
    model: str = ""
    firmware_version: str | None = None


# ---- the corrections


def _drop_empty_value(raw: bytes) -> bytes:
    """`"transactionId":,` : the station had no number to print."""
    return raw.replace(b'"transactionId":,', b"").replace(b'"transactionId": ,', b"")


def _drop_leading_comma(raw: bytes) -> bytes:
    """`[,{...}]` : the first of several values was left out, its comma was not."""
    return raw.replace(b"[,{", b"[{").replace(b"[ ,{", b"[{")


def _drop_control_characters(raw: bytes) -> bytes:
    """Bytes below the space are no part of a JSON text's strings, and outside of them say nothing."""
    return raw.translate(None, bytes(range(32)))


def _object_as_array(payload: Payload) -> bool:
    value = payload.get("meterValue")
    if not isinstance(value, dict):
        return False
    payload["meterValue"] = [value]
    return True


def _in_samples(change: Callable[[Payload], bool]) -> Callable[[Payload], bool]:
    """A change of each sampled value, as a change of a payload."""

    def mend(payload: Payload) -> bool:
        values = payload.get("meterValue") or payload.get("transactionData") or []
        samples = [
            sample
            for value in values
            if isinstance(value, dict) and isinstance(value.get("sampledValue"), list)
            for sample in value["sampledValue"]
            if isinstance(sample, dict)
        ]
        changed = [change(sample) for sample in samples]  # all of them, not only up to the first
        return any(changed)

    return mend


def _number_as_text(sample: Payload) -> bool:
    value = sample.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    sample["value"] = str(value)
    return True


def _drop(name: str, *words: str) -> Callable[[Payload], bool]:
    """Leave a field out of a sampled value where it holds one of these words."""

    def change(sample: Payload) -> bool:
        if sample.get(name) not in words:
            return False
        del sample[name]
        return True

    return change


def _replace(name: str, words: dict[str, str]) -> Callable[[Payload], bool]:
    """Say a field with the protocol's word."""

    def mend(payload: Payload) -> bool:
        word = payload.get(name)
        if not isinstance(word, str) or word not in words:
            return False
        payload[name] = words[word]
        return True

    return mend


def _cut(**lengths: int) -> Callable[[Payload], bool]:
    """Cut texts of the payload that are too long; nothing that tells a station or a token from another."""

    def mend(payload: Payload) -> bool:
        long = {
            name: value[:length]
            for name, length in lengths.items()
            if len(value := str(payload.get(name, ""))) > length
        }
        payload.update(long)
        return bool(long)

    return mend


def _drop_nulls(payload: Payload) -> bool:
    nulls = [name for name, value in payload.items() if value is None]
    for name in nulls:
        del payload[name]
    return bool(nulls)


def _drop_zero_time(payload: Payload) -> bool:
    if payload.get("timestamp") != 0:
        return False
    del payload["timestamp"]
    return True


def _whole(*names: str) -> Callable[[Payload], bool]:
    """Round registers with a fraction to whole Wh."""

    def mend(payload: Payload) -> bool:
        broken = {name: value for name in names if isinstance(value := payload.get(name), float)}
        payload.update({name: round(value) for name, value in broken.items()})
        return bool(broken)

    return mend


_METER = ("MeterValues", "StopTransaction")
_ALL = (
    Correction(
        "empty_transaction_id",
        "MeterValues with a transaction id that is empty are no JSON: the id is left out.",
        "lbbrhzn/ocpp#2032",
        ("MeterValues",),
        mend_text=_drop_empty_value,
    ),
    Correction(
        "leading_comma",
        "Lists that begin with a comma are no JSON: the comma is left out.",
        "lbbrhzn/ocpp#1078",
        ("MeterValues",),
        mend_text=_drop_leading_comma,
    ),
    Correction(
        "control_characters",
        "Control characters behind a token are no JSON: they are left out.",
        "lbbrhzn/ocpp#2030",
        ("Authorize", "StartTransaction", "StopTransaction"),
        mend_text=_drop_control_characters,
    ),
    Correction(
        "object_for_array",
        "One meter value stands where a list of them is due.",
        "lbbrhzn/ocpp#1144",
        ("MeterValues",),
        _object_as_array,
    ),
    Correction(
        "numbers_for_texts",
        "Values are numbers where OCPP 1.6 wants texts.",
        "OpenEVSE/openevse_esp32_firmware#335",
        _METER,
        _in_samples(_number_as_text),
    ),
    Correction(
        "context_unknown",
        "The context CurrentMax is none of the protocol's: the value counts as any other.",
        "lbbrhzn/ocpp#361",
        _METER,
        _in_samples(_drop("context", "CurrentMax")),
    ),
    Correction(
        "unit_hertz",
        "The unit of a frequency is written Hz, the protocol's word is Hertz.",
        "lbbrhzn/ocpp#1576",
        _METER,
        _in_samples(_replace("unit", {"Hz": "Hertz"})),
    ),
    Correction(
        "error_code_unknown",
        "The error code Error is none of the protocol's: OtherError.",
        "lbbrhzn/ocpp#1248",
        ("StatusNotification",),
        _replace("errorCode", {"Error": "OtherError"}),
    ),
    Correction(
        "serial_number_long",
        "Serial numbers of 33 characters, where OCPP 1.6 has 25: cut.",
        "mobilityhouse/ocpp#273",
        ("BootNotification",),
        _cut(chargeBoxSerialNumber=25, chargePointSerialNumber=25),
    ),
    Correction(
        "model_long",
        "Names of makes longer than the 20 characters that OCPP 1.6 has for them: cut.",
        "lbbrhzn/ocpp#899",
        ("BootNotification",),
        _cut(chargePointModel=20, chargePointVendor=20),
    ),
    Correction(
        "info_long",
        "Explanations longer than the 50 characters that OCPP 1.6 has for them: cut.",
        "lbbrhzn/ocpp#987",
        ("StatusNotification",),
        _cut(info=50, vendorErrorCode=50, vendorId=255),
    ),
    Correction(
        "firmware_version_long",
        "Firmware versions longer than 50 characters: cut.",
        "lbbrhzn/ocpp#213",
        ("BootNotification",),
        _cut(firmwareVersion=50, meterType=25, meterSerialNumber=25),
    ),
    Correction(
        "fraction_of_wh",
        "Registers with a fraction of a Wh, where OCPP 1.6 has whole ones: rounded.",
        "shiv3/ocpp-cp-simulator#83",
        ("StartTransaction", "StopTransaction"),
        _whole("meterStart", "meterStop"),
    ),
    Correction(
        "timestamp_zero",
        "A status with 0 for its time: that of its arrival counts.",
        "evcc-io/evcc#17836",
        ("StatusNotification",),
        _drop_zero_time,
    ),
    Correction(
        "nulls",
        "Fields that are null stand for fields that are not there.",
        "evcc-io/evcc#17836",
        ("BootNotification", "StatusNotification", "FirmwareStatusNotification", "DataTransfer", "Authorize"),
        _drop_nulls,
    ),
)
CORRECTIONS = {correction.name: correction for correction in _ALL}

QUIRKS = (
    Quirk("AEFA", "Home OCPP", ("empty_transaction_id",)),
    Quirk("ZJ Beny", "", ("leading_comma",)),
    Quirk("ZJBENY", "", ("leading_comma",)),
    Quirk("Huawei", "", ("object_for_array",)),
    Quirk("OpenEVSE", "", ("numbers_for_texts", "fraction_of_wh"), fixed_in=(4, 2)),
    Quirk("Alfen", "", ("context_unknown",)),
    Quirk("Charge Amps", "", ("unit_hertz",)),
    Quirk("ChargeAmps", "", ("unit_hertz",)),
    Quirk("Legrand", "", ("error_code_unknown",)),
    Quirk("Schneider Electric", "EVlink", ("serial_number_long",)),
)
"""Makes whose deviations somebody has shown, with the messages. Others are a setting: `gateway.quirks`."""


# ---- what the gateway asks


def _release(firmware_version: str | None) -> tuple[int, ...] | None:
    """The numbers that a version begins with: (4, 1, 2) of "v4.1.2-rc1"; None where it begins with none."""
    numbers: list[int] = []
    for part in (firmware_version or "").lstrip("vV").split("."):
        digits = part[: next((at for at, sign in enumerate(part) if not sign.isdecimal()), len(part))]
        if not digits:
            break
        numbers.append(int(digits[:9]))
        if digits != part:
            break
    return tuple(numbers) or None


@lru_cache(maxsize=1024)
def corrections_for(make: Make, others: tuple[Quirk, ...] = ()) -> tuple[Correction, ...]:
    """The corrections that hold for a make by the table and by `others`, in their order; a firmware that nobody can read has
    its make's deviations."""
    vendor, model, release = (
        make.vendor.strip().casefold(),
        make.model.strip().casefold(),
        _release(make.firmware_version),
    )
    names = {
        name: None
        for quirk in (*QUIRKS, *others)
        if vendor.startswith(quirk.vendor.casefold())
        and model.startswith(quirk.model.casefold())
        and not (quirk.fixed_in is not None and release is not None and release >= quirk.fixed_in)
        for name in quirk.corrections
    }
    return tuple(CORRECTIONS[name] for name in names)


def make_in(raw: bytes) -> Make | None:
    """Who a refused boot of OCPP 1.6 says that it is: before it is read, nothing else tells."""
    head = peek_head(raw)
    if head is None or head[2] != "BootNotification":
        return None
    try:
        payload = msgspec.json.decode(raw)[3]
        vendor, model = payload["chargePointVendor"], payload["chargePointModel"]
    except (msgspec.MsgspecError, LookupError, TypeError, ValueError, RecursionError):
        return None
    version = payload.get("firmwareVersion")
    return Make(str(vendor), str(model), version if isinstance(version, str) else None)


def mend(corrections: tuple[Correction, ...], raw: bytes) -> tuple[bytes, list[str]]:
    """A refused CALL as the station must have meant it, and which corrections that took; none: it is as it was."""
    head = peek_head(raw)
    if head is None:
        return raw, []
    used: list[str] = []
    mine = [correction for correction in corrections if head[2] in correction.actions]
    for correction in mine:
        if correction.mend_text is not None and (mended := correction.mend_text(raw)) != raw:
            raw, used = mended, [*used, correction.name]
    try:
        frame = msgspec.json.decode(raw)
        payload = frame[3]
    except (msgspec.MsgspecError, LookupError, TypeError, ValueError, RecursionError):
        return raw, used
    if isinstance(payload, dict):
        by_payload = [
            correction.name for correction in mine if correction.mend is not None and correction.mend(payload)
        ]
        if by_payload:
            raw, used = msgspec.json.encode(frame), [*used, *by_payload]
    return raw, used

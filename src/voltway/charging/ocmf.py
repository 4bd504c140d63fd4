"""Signed meter values: the Open Charge Metering Format, read and verified. Pure.

    OCMF|{"FV":"1.0", ... "RD":[...]}|{"SA":"ECDSA-secp256r1-SHA256","SD":"3045..."}

What is signed is the text between the first two bars, byte for byte: it is never written anew. A signature that holds says that
the owner of the public key signed these values; that the key is the meter's own, its nameplate or a register must say.
Source: S.A.F.E. e.V., OCMF Open Charge Metering Format, version 1.4: tables 1-20 (payload), 21-24 (signature).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HEADER = "OCMF"
TEXT_MAX = 65_536
_DEFAULT_ALGORITHM = "ECDSA-secp256r1-SHA256"
_CURVES: Mapping[str, type[ec.EllipticCurve]] = {
    "secp192r1": ec.SECP192R1,
    "secp256r1": ec.SECP256R1,
    "secp256k1": ec.SECP256K1,
    "secp384r1": ec.SECP384R1,
    "secp521r1": ec.SECP521R1,
    "brainpoolp256r1": ec.BrainpoolP256R1,
    "brainpool256r1": ec.BrainpoolP256R1,
    "brainpoolp384r1": ec.BrainpoolP384R1,
    "brainpool384r1": ec.BrainpoolP384R1,
    "brainpoolp512r1": ec.BrainpoolP512R1,
}
_HASHES: Mapping[str, type[hashes.HashAlgorithm]] = {
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}
_WH = {"kWh": Decimal(1000), "Wh": Decimal(1), "MWh": Decimal(1_000_000)}


class Verdict(StrEnum):
    """What came of verifying."""

    VALID = "valid"
    INVALID = "invalid"
    """The signature is not of these values, or not of this key."""
    NO_KEY = "no_key"
    """Nobody has told a public key."""
    UNSUPPORTED = "unsupported"
    """A curve, a hash or a format that we cannot verify."""
    UNREADABLE = "unreadable"


class Unreadable(ValueError):
    """The text is no OCMF; the message says why."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a meter. `kind`: B begin, C charging, E end, and others. `status`: G means that the meter was well.

    `at` is None where the clock's text cannot be read; `clock`: U unknown, I informative, S synchronised, R relative."""

    at: datetime | None
    clock: str
    kind: str | None
    value: Decimal | None
    obis: str | None
    unit: str | None
    status: str | None

    @property
    def energy_wh(self) -> Decimal | None:
        """The value in Wh, where it is an energy."""
        factor = _WH.get(self.unit or "")
        return None if factor is None or self.value is None else self.value * factor


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A text of OCMF, taken apart. `signed_text` is what the signature is of."""

    signed_text: str
    signature: bytes
    algorithm: str
    format_version: str | None
    gateway: str | None
    meter_vendor: str | None
    meter_serial: str | None
    pagination: str | None
    identity: str | None
    readings: tuple[Reading, ...]


def parse(text: str) -> Record:
    """Take a text apart. Raises Unreadable."""
    text = text.strip()
    if len(text) > TEXT_MAX:
        raise Unreadable(f"longer than {TEXT_MAX} characters")
    header, _, rest = text.partition("|")
    if header != HEADER:
        raise Unreadable("does not begin with OCMF|")
    payload, bar, signature = rest.rpartition("|")  # a bar may stand in a text of the payload, never in the signature
    if not bar:
        raise Unreadable("has no signature")
    said, signing = _object(payload, "payload"), _object(signature, "signature")
    return Record(
        signed_text=payload,
        signature=_bytes(_text(signing.get("SD")) or "", _text(signing.get("SE")) or "hex"),
        algorithm=_text(signing.get("SA")) or _DEFAULT_ALGORITHM,
        format_version=_text(said.get("FV")),
        gateway=_text(said.get("GS")) or _text(said.get("GI")),
        meter_vendor=_text(said.get("MV")),
        meter_serial=_text(said.get("MS")),
        pagination=_text(said.get("PG")),
        identity=_text(said.get("ID")),
        readings=_readings(said.get("RD")),
    )


def verify(record: Record, public_key: str | None) -> Verdict:
    """Whether a public key (hex or Base64 of its DER form, or PEM) signed a record."""
    if not public_key:
        return Verdict.NO_KEY
    name, _, hash_name = record.algorithm.removeprefix("ECDSA-").rpartition("-")
    curve, digest = _CURVES.get(name.lower()), _HASHES.get(hash_name)
    if curve is None or digest is None:
        return Verdict.UNSUPPORTED
    try:
        key = _key(public_key, curve)
    except ValueError:
        return Verdict.INVALID
    except UnsupportedAlgorithm:
        return Verdict.UNSUPPORTED
    try:
        key.verify(record.signature, record.signed_text.encode(), ec.ECDSA(digest()))
    except InvalidSignature:
        return Verdict.INVALID
    except UnsupportedAlgorithm:
        return Verdict.UNSUPPORTED
    return Verdict.VALID


def energy_between(records: list[Record]) -> Decimal | None:
    """The energy in Wh from the first signed begin to the last signed end, None where the records do not tell both."""
    readings = [reading for record in records for reading in record.readings if reading.energy_wh is not None]
    begins = [reading for reading in readings if reading.kind == "B"]
    ends = [reading for reading in readings if reading.kind in ("E", "L", "R", "A", "P")]
    if not begins or not ends:
        return None
    first, last = begins[0].energy_wh, ends[-1].energy_wh
    return None if first is None or last is None else last - first


def _key(text: str, curve: type[ec.EllipticCurve]) -> ec.EllipticCurvePublicKey:
    if "-----BEGIN" in text:
        key = serialization.load_pem_public_key(text.encode())
    else:
        raw = _either(text)
        if raw[:1] == b"\x04" and len(raw) == 1 + 2 * ((curve().key_size + 7) // 8):  # the point alone
            return ec.EllipticCurvePublicKey.from_encoded_point(curve(), raw)
        key = serialization.load_der_public_key(raw)
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, curve):
        raise ValueError("the key is of another kind than the signature")
    return key


def _either(text: str) -> bytes:
    """Bytes written as hex or as Base64; hex is tried first: a DER key begins with 30, of which both are made."""
    plain = "".join(text.split())
    try:
        return bytes.fromhex(plain)
    except ValueError:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def _bytes(text: str, encoding: str) -> bytes:
    try:
        if encoding.lower() == "base64":
            return base64.b64decode(text, validate=True)
        return bytes.fromhex(text)
    except (ValueError, binascii.Error) as error:
        raise Unreadable("the signature is not written as it says") from error


def _object(text: str, what: str) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the {what} is no JSON") from error
    if not isinstance(found, dict):
        raise Unreadable(f"the {what} is no object")
    return found


def _readings(found: Any) -> tuple[Reading, ...]:
    """A field that a reading leaves out is that of the one before it (section "Readings")."""
    readings: list[Reading] = []
    before: dict[str, Any] = {}
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict):
            before = {**before, **one}
            readings.append(_reading(before))
    return tuple(readings)


def _reading(said: Mapping[str, Any]) -> Reading:
    written, _, clock = (_text(said.get("TM")) or "").rpartition(" ")
    value = said.get("RV")
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except ArithmeticError:
            value = None
    return Reading(
        at=_instant(written),
        clock=clock,
        kind=_text(said.get("TX")),
        value=value if isinstance(value, Decimal) and value.is_finite() else None,
        obis=_text(said.get("RI")),
        unit=_text(said.get("RU")),
        status=_text(said.get("ST")),
    )


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.replace(",", "."))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _text(value: Any) -> str | None:
    return str(value)[:255] if isinstance(value, str | Decimal) else None


# ---- where stations put it


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A signed value out of a message of OCPP: the text as the meter wrote it. `method`: OCMF, EDL, ALFEN … as the station says."""

    text: str
    method: str | None = None
    public_key: str | None = None


def unwrap(value: Mapping[str, Any]) -> Signed | None:
    """The signed value in a `SampledValue` of OCPP 1.6 or a `SignedMeterValue` of 2.x; None where there is none.

    In 1.6 the value is the text itself, or JSON around it: `{"signedMeterValue", "encodingMethod", "publicKey"}` (OCA, Signed Meter
    Values in OCPP, 2.1). In 2.x it is Base64 (`signedMeterData`), the public key is Base64 too and may be prefixed by `oca:…:`.
    """
    inner: Mapping[str, Any] = value
    text = _first(value, "signedMeterData", "signed_meter_data", "value")
    if text is None:
        return None
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            inner, text = found, _first(found, "signedMeterValue", "signedMeterData") or text
    key = _first(inner, "publicKey", "public_key")
    return Signed(
        text=_decoded(text, HEADER),
        method=_first(inner, "encodingMethod", "encoding_method") or _first(inner, "signingMethod", "signing_method"),
        public_key=None if not key else _key_text(key),
    )


def _first(said: Mapping[str, Any], *names: str) -> str | None:
    return next((found for name in names if isinstance(found := said.get(name), str) and found), None)


def _decoded(text: str, beginning: str) -> str:
    """The text that is meant, where it is written as hex or Base64."""
    if text.startswith(beginning):
        return text
    try:
        plain = _either(text).decode()
    except (ValueError, binascii.Error):
        return text
    return plain if plain.startswith(beginning) else text


def _key_text(text: str) -> str:
    if text.startswith("oca:"):
        return text.rpartition(":")[2]
    decoded = _decoded(text, "oca:")
    return _key_text(decoded) if decoded != text else text

"""Signed meter values: read, verified, and held against a library written by others."""

from __future__ import annotations

import base64
import json
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from pyocmf import OCMF, PublicKey

from voltway.charging import ocmf
from voltway.charging.ocmf import Unreadable, Verdict

# The payload of the specification's own example (section 3.1), with a reading at the end of the charge.
PAYLOAD = {
    "FV": "1.0",
    "GI": "ABL SBC-301",
    "GS": "808829900001",
    "GV": "1.4p3",
    "PG": "T12345",
    "MV": "Phoenix Contact",
    "MM": "EEM-350-D-MCB",
    "MS": "BQ27400330016",
    "MF": "1.0",
    "IS": True,
    "IL": "VERIFIED",
    "IF": ["RFID_PLAIN", "OCPP_RS_TLS"],
    "IT": "ISO14443",
    "ID": "1F2D3A4F5506C7",
    "RD": [
        {
            "TM": "2018-07-24T13:22:04,000+0200 S",
            "TX": "B",
            "RV": 2935.6,
            "RI": "1-b:1.8.0",
            "RU": "kWh",
            "RT": "AC",
            "EF": "",
            "ST": "G",
        },
        {"TM": "2018-07-24T14:02:04,000+0200 S", "TX": "E", "RV": 2955.6},
    ],
}
CURVES = {
    "ECDSA-secp256r1-SHA256": (ec.SECP256R1(), hashes.SHA256()),
    "ECDSA-secp256k1-SHA256": (ec.SECP256K1(), hashes.SHA256()),
    "ECDSA-secp384r1-SHA256": (ec.SECP384R1(), hashes.SHA256()),
    "ECDSA-brainpool256r1-SHA256": (ec.BrainpoolP256R1(), hashes.SHA256()),
    "ECDSA-brainpool384r1-SHA256": (ec.BrainpoolP384R1(), hashes.SHA256()),
}


def signed(
    algorithm: str = "ECDSA-secp256r1-SHA256", encoding: str = "hex", payload: object = PAYLOAD
) -> tuple[str, bytes]:
    """A text of OCMF and the DER form of the key that signed it."""
    curve, digest = CURVES[algorithm]
    key = ec.generate_private_key(curve)
    body = json.dumps(payload)
    signature = key.sign(body.encode(), ec.ECDSA(digest))
    said = signature.hex() if encoding == "hex" else base64.b64encode(signature).decode()
    tail = json.dumps({"SA": algorithm, "SE": encoding, "SD": said})
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"OCMF|{body}|{tail}", der


def test_the_specifications_example_is_read() -> None:
    record = ocmf.parse(signed()[0])
    assert (record.meter_serial, record.pagination, record.identity) == ("BQ27400330016", "T12345", "1F2D3A4F5506C7")
    begin, end = record.readings
    assert begin.at is not None
    assert begin.at.isoformat() == "2018-07-24T13:22:04+02:00"
    assert (begin.kind, begin.clock, begin.value, begin.energy_wh) == ("B", "S", Decimal("2935.6"), Decimal(2935600))
    assert (end.unit, end.status) == ("kWh", "G"), "what a reading leaves out is that of the one before"
    assert ocmf.energy_between([record]) == 20000


@pytest.mark.parametrize("algorithm", CURVES)
@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_a_signature_holds_for_its_key_alone(algorithm: str, encoding: str) -> None:
    text, key = signed(algorithm, encoding)
    record = ocmf.parse(text)
    assert ocmf.verify(record, key.hex()) is Verdict.VALID
    assert ocmf.verify(record, base64.b64encode(key).decode()) is Verdict.VALID
    assert ocmf.verify(record, signed(algorithm)[1].hex()) is Verdict.INVALID


# The library takes the specification's own names of the brainpool curves for another curve.
@pytest.mark.parametrize("algorithm", [name for name in CURVES if "brainpool" not in name])
def test_it_says_what_an_independent_library_says(algorithm: str) -> None:
    text, key = signed(algorithm)
    for said in (text, text.replace("2955.6", "2955.7"), text.replace('"B"', '"C"')):
        theirs = OCMF.from_string(said).verify_signature(PublicKey.from_string(key.hex()))
        assert (ocmf.verify(ocmf.parse(said), key.hex()) is Verdict.VALID) is theirs
    assert ocmf.verify(ocmf.parse(text), key.hex()) is Verdict.VALID


@given(place=st.integers(0, 10_000), other=st.characters(min_codepoint=32, max_codepoint=126))
def test_no_other_text_passes(place: int, other: str) -> None:
    start, end = len("OCMF|"), len(TEXT) - len(TEXT.rpartition("|")[2]) - 1
    at = start + place % (end - start)
    changed = TEXT[:at] + other + TEXT[at + 1 :]
    try:
        record = ocmf.parse(changed)
    except Unreadable:
        return
    assert (ocmf.verify(record, KEY.hex()) is Verdict.VALID) is (changed == TEXT)


TEXT, KEY = signed()


def test_a_bar_in_a_payload_is_no_end_of_it() -> None:
    text, key = signed(payload={**PAYLOAD, "TT": "a|b|{c}"})
    assert ocmf.verify(ocmf.parse(text), key.hex()) is Verdict.VALID


@pytest.mark.parametrize(
    "text",
    [
        "",
        "OCMF",
        "OCMF|{}",
        "OCMF|[]|{}",
        "OCMF|{|{}",
        'OCMF|{}|{"SD":"xyz"}',
        'OCMF|{}|{"SD":"00","SE":"base64!"}|',
        "EDL|{}|{}",
        "OCMF|" + "[" * 60_000 + "|{}",
        "OCMF|" + "x" * 70_000,
    ],
)
def test_what_is_no_ocmf_is_said_to_be_none(text: str) -> None:
    with pytest.raises(Unreadable):
        ocmf.parse(text)


def test_odd_values_are_left_out_and_not_guessed() -> None:
    readings = [{"TM": "now", "TX": 7, "RV": "NaN", "RU": "kWh"}, "x", {"TM": None, "RV": True}, {"RV": "12.5"}]
    text, _ = signed(payload={"RD": readings})
    record = ocmf.parse(text)
    assert [reading.value for reading in record.readings] == [None, None, Decimal("12.5")]
    assert ocmf.energy_between([record]) is None


def test_what_cannot_be_verified_is_not_called_wrong() -> None:
    text, key = signed()
    assert ocmf.verify(ocmf.parse(text), None) is Verdict.NO_KEY
    foreign = ocmf.parse(text.replace("ECDSA-secp256r1-SHA256", "ECDSA-secp192k1-SHA256"))
    assert ocmf.verify(foreign, key.hex()) is Verdict.UNSUPPORTED
    assert ocmf.verify(ocmf.parse(text), "not a key") is Verdict.INVALID
    assert ocmf.verify(ocmf.parse(text), signed("ECDSA-secp384r1-SHA256")[1].hex()) is Verdict.INVALID


def test_where_stations_put_it() -> None:
    text, key = signed()
    in_json = json.dumps({"signedMeterValue": text, "encodingMethod": "OCMF", "publicKey": key.hex()})
    in_base64 = base64.b64encode(text.encode()).decode()
    prefixed = base64.b64encode(b"oca:base16:asn1:" + key.hex().encode()).decode()
    for value in (
        {"value": in_json, "format": "SignedData"},
        {"value": json.dumps({"signedMeterValue": text.encode().hex(), "publicKey": key.hex()})},
        {"signedMeterData": in_base64, "encodingMethod": "OCMF", "publicKey": prefixed},
        {"signed_meter_data": in_base64, "public_key": base64.b64encode(key).decode()},
    ):
        found = ocmf.unwrap(value)
        assert found is not None
        assert found.text == text
        assert ocmf.verify(ocmf.parse(found.text), found.public_key) is Verdict.VALID
    bare = ocmf.unwrap({"value": text, "format": "SignedData"})
    assert bare is not None
    assert (bare.text, bare.public_key) == (text, None)
    assert ocmf.unwrap({"measurand": "Energy"}) is None

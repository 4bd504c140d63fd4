"""Signed records, judged by a library that is not ours."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pyocmf import OCMF, SignatureVerificationError

from voltway.station.ocmf import ReadingKind, SignedReading, Signer, TimeStatus

NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


def a_signer(key: ec.EllipticCurvePrivateKey | None = None) -> Signer:
    return Signer("VOLTWAY", "VW-0001", "Eastron", "SDM630", "4711", key or ec.generate_private_key(ec.SECP256R1()))


def a_charge(signer: Signer) -> str:
    begin = SignedReading(NOON, ReadingKind.BEGIN, 1_000)
    end = SignedReading(NOON + timedelta(hours=1), ReadingKind.END, 12_345)
    return signer.record([begin, end], pagination=7, id_token="04A1B2C3", id_kind="ISO14443")


def test_another_library_verifies_the_signature_and_reads_the_charge() -> None:
    signer = a_signer()
    record = OCMF.from_string(a_charge(signer))
    assert record.verify_signature(signer.public_key)
    begin, end = record.payload.RD
    assert record.payload.PG == "T7"
    assert (begin.TX.value, end.TX.value) == ("B", "E")
    assert (float(begin.RV), float(end.RV)) == (1_000, 12_345)
    assert record.payload.ID == "04A1B2C3"
    assert record.payload.MS == "4711"


def test_a_changed_value_or_another_key_does_not_verify() -> None:
    signer = a_signer()
    forged = OCMF.from_string(a_charge(signer).replace("12345", "12344"))
    other = OCMF.from_string(a_charge(signer))
    for record, key in ((forged, signer.public_key), (other, a_signer().public_key)):
        with suppress(SignatureVerificationError):
            assert not record.verify_signature(key)


def test_time_has_a_comma_its_offset_and_how_good_the_clock_is() -> None:
    at = NOON.astimezone(timezone(timedelta(hours=1)))
    reading = SignedReading(at, ReadingKind.BEGIN, 1, TimeStatus.INFORMATIVE, is_healthy=False)
    record = a_signer().record([reading], 1, None, "ISO14443")
    payload = json.loads(record.split("|")[1])
    assert payload["RD"][0]["TM"] == "2026-03-01T13:00:00,250+0100 I"
    assert payload["RD"][0]["ST"] == "F"
    assert (payload["IS"], payload["IT"], payload["ID"]) == (False, "NONE", "")
    assert OCMF.from_string(record).payload.RD


def test_a_record_fits_into_a_signed_value_of_ocpp() -> None:
    """OCA, Signed Meter Values in OCPP: at most 2500 characters."""
    assert len(a_charge(a_signer())) < 2500


def test_what_cannot_be_a_charge_is_not_signed() -> None:
    signer = a_signer()
    falling = [SignedReading(NOON, ReadingKind.BEGIN, 10), SignedReading(NOON, ReadingKind.END, 9)]
    for readings, why in (([], "at least one"), (falling, "does not fall")):
        with pytest.raises(ValueError, match=why):
            signer.record(readings, 1, None, "NONE")
    with pytest.raises(ValueError, match="curve"):
        a_charge(a_signer(ec.generate_private_key(ec.SECP384R1())))

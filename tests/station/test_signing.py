"""Signed values as they leave a station, judged by a library that is not ours and by the platform's own reading."""

from __future__ import annotations

import asyncio
import base64
import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyocmf import OCMF

from voltway.charging import ocmf
from voltway.kernel.errors import StartUpError
from voltway.station.ocmf import Signer
from voltway.station.ocpp.vocabulary import (
    Context,
    EvseState,
    IdToken,
    MeterSample,
    Phase,
    StopReason,
    Transaction,
    TransactionReport,
    Trigger,
)
from voltway.station.queue import state
from voltway.station.queue.state import Put, QueueState, Stands
from voltway.station.signing import Seal, signing_key
from voltway.station.simulator.fleet import Fleet
from voltway.station.simulator.makes import build_specs

from .fake_csms import BRISK, FakeCsms  # noqa: TID252  (tests are not installed)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_seal() -> Seal:
    pages = iter(range(1, 100))
    key = ec.generate_private_key(ec.SECP256R1())
    return Seal(Signer("VOLTWAY", "VW-1", "Eastron", "SDM630", "4711", key), lambda: next(pages))


def signed_values(csms: FakeCsms) -> list[dict[str, Any]]:
    """What was told signed, in the order in which it was told: the words around each text."""
    found = []
    for heard in csms.heard:
        values = heard.payload.get("transactionData") or heard.payload.get("meterValue") or []
        for sample in (sample for value in values for sample in value["sampledValue"]):
            if sample.get("format") == "SignedData":
                found.append({"context": sample["context"], "whole": sample, **json.loads(sample["value"])})
            elif signed := sample.get("signedMeterValue"):
                found.append({"context": sample["context"], "whole": signed, **signed})
    return found


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_begin_and_end_are_told_signed_and_others_can_verify_them(protocol: str, csms: FakeCsms) -> None:
    rng = random.Random(3)
    specs = build_specs(1, protocol, "S1", None, rng, ["post-duo"])
    fleet = Fleet(specs, csms.url, BRISK, rng, tokens=[IdToken("04A1B2C3")], speed=100)

    await fleet.run(asyncio.Event())
    values = signed_values(csms)
    assert sorted(one["context"] for one in values) == ["Transaction.Begin"] * 2 + ["Transaction.End"] * 2
    by_serial: dict[str, list[tuple[int, ...]]] = {}
    pages = []
    for one in values:
        text = base64.b64decode(one["signedMeterData"]).decode()
        key = base64.b64decode(one["publicKey"]).decode().removeprefix("oca:base16:asn1:")
        assert (one["encodingMethod"], one["signingMethod"]) == ("OCMF", "ECDSA-secp256r1-SHA256")
        record = OCMF.from_string(text)
        assert record.verify_signature(key)
        assert record.payload.ID == "04A1B2C3"
        by_serial.setdefault(str(record.payload.MS), []).append(tuple(int(reading.RV) for reading in record.payload.RD))
        pages.append(int(str(record.payload.PG)[1:]))
        # And as the platform reads it for a receipt.
        signed = ocmf.unwrap(one["whole"])
        assert signed is not None
        assert ocmf.verify(ocmf.parse(signed.text), signed.public_key) is ocmf.Verdict.VALID
    assert sorted(pages) == [1, 2, 3, 4]
    for entry in fleet.ledger.entries:
        transaction = entry.transaction
        begin_wh, end_wh = transaction.meter_start_wh, transaction.meter_stop_wh
        assert by_serial[f"SN00000001-{transaction.evse_number}"] == [(begin_wh,), (begin_wh, end_wh)]


def test_a_text_comes_out_of_the_queue_as_it_was_signed() -> None:
    seal, token = a_seal(), IdToken("04A1B2C3")
    sealed = seal.begin(AT, 1_000, token, is_clock_set=False)
    sample = MeterSample(AT, Context.BEGIN, 1_000, 0.0, 0.0, 230.0, 3, None, (), sealed)
    transaction = Transaction(1, 1, token, AT, 1_000, None, key="k", began=sample)
    report = TransactionReport(
        transaction, Phase.STARTED, AT, 0, Trigger.AUTHORIZED, EvseState.CONNECTED, (sample,), True, True
    )
    queue = QueueState()
    for record in state.decode(state.encode([Stands(transaction), Put(1, state.kept(report))])):
        queue.apply(record)
    queue.shift(3600)
    assert queue.reports[1].samples[0].sealed == sealed, "the clock was corrected, what was signed was not touched"
    began = queue.transactions["k"].began
    assert began is not None
    assert began.sealed == sealed
    assert ocmf.parse(sealed.text).readings[0].clock == "U"


def test_a_charge_that_a_power_cut_ended_says_so_and_still_gives_its_energy() -> None:
    seal = a_seal()
    transaction = Transaction(1, 1, IdToken("A@B", "eMAID"), AT, 1_000, None, stop_reason=StopReason.POWER_LOSS)
    record = ocmf.parse(seal.end(transaction, AT, 4_000, is_clock_set=True).text)
    assert [reading.kind for reading in record.readings] == ["B", "P"]
    assert ocmf.energy_between([record]) == 3_000


def test_the_key_is_made_once_and_only_for_us_to_read(tmp_path: Path) -> None:
    file = tmp_path / "signing.pem"
    first = signing_key(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert signing_key(file).private_numbers() == first.private_numbers()
    file.write_text("nonsense")
    with pytest.raises(StartUpError, match="cannot be used"):
        signing_key(file)
    other = ec.generate_private_key(ec.SECP384R1())
    form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(other.private_bytes(serialization.Encoding.PEM, form, none))
    with pytest.raises(StartUpError, match="P-256"):
        signing_key(file)

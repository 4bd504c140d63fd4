"""Signed meter values as they come in: what does not hold, or says something else than what is billed, waits for a person."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from documents.samples import PUBLIC_KEY, ocmf_text
from voltway.contracts.station_link import Phase

from .builders import a_sample, an_event  # noqa: TID252  (tests are not installed)
from .conftest import Platform  # noqa: TID252

UPDATED, ENDED = Phase.UPDATED, Phase.ENDED
AT = datetime(2026, 5, 1, 12, tzinfo=UTC)


def value_16(text: str, key: str | None = PUBLIC_KEY) -> dict[str, Any]:
    return {"value": text, **({"publicKey": key} if key else {})}


def value_2(text: str) -> dict[str, Any]:
    key = base64.b64encode(f"oca:base16:asn1:{PUBLIC_KEY}".encode()).decode()
    return {"signedMeterData": base64.b64encode(text.encode()).decode(), "encodingMethod": "OCMF", "publicKey": key}


def told(begin: str = "1.000", end: str = "8.000") -> list[Any]:
    """What a meter signs of a charge."""
    return [value_2(ocmf_text("B", AT, begin)), value_2(ocmf_text("E", AT, end))]


async def charged(platform: Platform, signed: list[Any]) -> str:
    """A charge of 7 kWh whose end brings these values; why a person should look at it."""
    end = (a_sample(3_600, 8_000, context="Transaction.End", signed=signed),)
    await platform.record(
        an_event(Phase.STARTED, 0, 0, 1_000, "Transaction.Begin"),
        an_event(ENDED, 1, 3_600, samples=end),
    )
    return str((await platform.session()).review)


async def test_values_that_hold_and_agree_are_no_matter(platform: Platform) -> None:
    assert await charged(platform, told()) == ""


async def test_a_value_that_was_changed_on_its_way_is_held(platform: Platform) -> None:
    begin, end = ocmf_text("B", AT, "1.000"), ocmf_text("E", AT, "8.000")
    assert await charged(platform, [value_2(begin), value_2(end.replace("8.000", "9.000"))]) == "signed_value_invalid"


async def test_energy_that_the_meter_did_not_sign_is_held(platform: Platform) -> None:
    assert await charged(platform, told(end="6.500")) == "signed_energy_differs"


async def test_rounding_is_no_difference(platform: Platform) -> None:
    assert await charged(platform, told(end="8.004")) == ""


@pytest.mark.parametrize(
    "values",
    [
        [value_16(ocmf_text("E", AT, "6.500"), key=None)],
        [value_16("<?xml version='1.0'?><signedMeterData/>")],
        ["SGVsbG8="],
        [{"signedMeterData": "AAECAw==", "encodingMethod": "EDL", "signingMethod": "ECDSA192SHA256", "publicKey": ""}],
        [17, None, {}],
    ],
)
async def test_what_cannot_be_verified_is_no_reason_to_doubt(platform: Platform, values: list[Any]) -> None:
    assert await charged(platform, values) == ""


async def test_a_text_that_was_cut_off_is_held(platform: Platform) -> None:
    assert await charged(platform, [value_16(ocmf_text("E", AT, "8.000")[:80])]) == "signed_value_invalid"


async def test_a_value_in_the_middle_counts_too_and_the_session_goes_on(platform: Platform) -> None:
    wrong = value_2(ocmf_text("C", AT, "2.000").replace("2.000", "3.000"))
    (started,) = await platform.record(an_event(Phase.STARTED, 0, 0, 1_000, "Transaction.Begin"))
    (told,) = await platform.record(an_event(UPDATED, 1, 600, samples=(a_sample(600, 2_000, signed=[wrong]),)))
    session = await platform.session()
    assert (told.session_id, session.state, session.review) == (started.session_id, "active", "signed_value_invalid")

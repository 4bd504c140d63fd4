"""When to try again, when to give up, how addresses are masked and deliveries signed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON
from voltway.modules.notify import rules

DAY = timedelta(days=1)


@given(st.integers(0, 10_000))
def test_pauses_grow_up_to_an_hour(attempts: int) -> None:
    assert rules.FIRST_PAUSE <= rules.pause_after(attempts) <= rules.pause_after(attempts + 1) <= rules.LONGEST_PAUSE


def test_a_day_has_some_thirty_attempts() -> None:
    at, attempts = NOON, 0
    while True:
        attempts += 1
        next_at = rules.next_attempt(attempts, NOON, at, DAY)
        if next_at is None:
            break
        at = next_at
    assert 28 <= attempts <= 36
    assert at <= NOON + DAY


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("someone@example.org", "s***@e***.org"),
        ("a@b.co.uk", "a***@b***.uk"),
        ("root@localhost", "r***@l***"),
        ("nonsense", "***@n***"),
    ],
)
def test_a_masked_address_gives_little_away(address: str, masked: str) -> None:
    assert rules.masked_address(address) == masked


def test_a_signature_is_as_its_description_says() -> None:
    # printf '1772366400.{}' | openssl dgst -sha256 -hmac whsec_x
    known = "020efc4ff26a17e8c34014f6ca8ef52905ef230b0eec76e2bfc054715bce578a"
    assert rules.signature(["whsec_x"], NOON, b"{}") == f"t=1772366400,v1={known}"


def test_secrets_differ_by_webhook_salt_and_installation() -> None:
    made = {rules.secret_of(key, hook, salt) for key in (b"a", b"b") for hook in "xy" for salt in "12"}
    assert len(made) == 8

"""The one-time password of a QR code."""

from __future__ import annotations

import pytest

from voltway.charging.one_time_password import ALPHABET, PRINTED_ALPHABET, is_valid, password_at

SECRET = "a-secret-that-is-long-enough-for-it"
NOW, VALIDITY_S, LENGTH = 1_800_000_000.0, 60, 10
INTERVAL = 30_000_000


def test_password_is_what_the_specification_computes() -> None:
    # The first bytes of HMAC-SHA256(secret, 00 00 00 00 01 c9 c3 80), from the offset that its last byte gives.
    assert password_at("secret", 30_000_000, 8) == "ovQUt3xl"
    assert len(ALPHABET) == 62
    assert len(PRINTED_ALPHABET) == 61


@pytest.mark.parametrize(
    ("interval", "expected"),
    [(INTERVAL, True), (INTERVAL - 1, True), (INTERVAL + 1, True), (INTERVAL - 2, False), (INTERVAL + 2, False)],
)
@pytest.mark.parametrize("alphabet", [ALPHABET, PRINTED_ALPHABET], ids=["base62", "as printed"])
def test_password_of_the_interval_before_and_after_is_valid(interval: int, expected: bool, alphabet: str) -> None:
    password = password_at(SECRET, interval, LENGTH, alphabet)
    assert is_valid(password, SECRET, NOW, VALIDITY_S, LENGTH) is expected


@pytest.mark.parametrize("wrong", ["", "aaaaaaaaaa", "\u00fc" * 10])
def test_another_password_is_not_valid(wrong: str) -> None:
    assert not is_valid(wrong, SECRET, NOW, VALIDITY_S, LENGTH)
    assert not is_valid(password_at("another", INTERVAL, LENGTH), SECRET, NOW, VALIDITY_S, LENGTH)

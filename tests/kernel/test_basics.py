"""Money, ids, the clock, secrets, JSON."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.kernel import clock, ids
from voltway.kernel.errors import NotFound, Problem
from voltway.kernel.ids import new_id
from voltway.kernel.json import to_json, to_struct
from voltway.kernel.money import CurrencyMismatch, Money, exponent
from voltway.kernel.secrets import derive_key, hash_secret, matches_secret, new_password

AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, allow_infinity=False, places=9)
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD", "USD"])


# ---- money


@given(AMOUNTS, CURRENCIES)
def test_rounding_moves_an_amount_by_at_most_half_a_minor_unit(exact: Decimal, currency: str) -> None:
    rounded = Money.round_from(exact, currency)
    half = Decimal(1).scaleb(-exponent(currency)) / 2
    assert abs(rounded.to_decimal() - exact) <= half


@given(AMOUNTS, CURRENCIES)
def test_a_tie_is_rounded_away_from_zero_in_both_directions(exact: Decimal, currency: str) -> None:
    assert Money.round_from(-exact, currency).minor == -Money.round_from(exact, currency).minor


@given(st.integers(-(10**12), 10**12), CURRENCIES)
def test_what_is_rounded_already_stays(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.round_from(money.to_decimal(), currency) == money


@pytest.mark.parametrize(
    ("exact", "currency", "minor"),
    [("0.005", "EUR", 1), ("-0.005", "EUR", -1), ("0.00499999", "EUR", 0), ("0.5", "JPY", 1), ("1.0005", "KWD", 1001)],
)
def test_half_is_up_at_the_currencys_own_digit(exact: str, currency: str, minor: int) -> None:
    assert Money.round_from(Decimal(exact), currency).minor == minor


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20))
def test_sums_are_exact(minors: list[int]) -> None:
    total = Money(0, "EUR")
    for minor in minors:
        total += Money(minor, "EUR")
    assert total == Money(sum(minors), "EUR")


def test_two_currencies_are_not_added() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "EUR") + Money(1, "USD")


# ---- ids and the clock


def test_ids_sort_by_when_they_were_made() -> None:
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {UUID(one).version for one in made} == {7}
    assert {UUID(one).variant for one in made} == {"specified in RFC 4122"}


def test_ids_go_on_when_the_machines_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = new_id()
    monkeypatch.setattr(clock, "epoch_ms", lambda: 1_000_000)
    later = [new_id() for _ in range(9_000)]  # more than fit into one millisecond
    assert [before, *later] == sorted([before, *later])


def test_an_id_tells_its_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    at = ids._last_ms + 5_000
    monkeypatch.setattr(clock, "epoch_ms", lambda: at)
    assert UUID(new_id()).int >> 80 == at


def test_a_frozen_clock_moves_when_told() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with clock.frozen(noon) as move:
        assert clock.now() == noon
        move(noon + timedelta(hours=1))
        assert clock.now().hour == 13
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 1, 31, 12, 0, tzinfo=UTC), "2026-01-31T12:00:00.000Z"),
        (datetime(2026, 1, 31, 12, 0, 0, 123_999, tzinfo=timezone(timedelta(hours=2))), "2026-01-31T10:00:00.123Z"),
    ],
)
def test_instants_are_written_in_utc_with_milliseconds(at: datetime, text: str) -> None:
    assert clock.to_rfc3339(at) == text


# ---- secrets


def test_a_secret_matches_its_hash_and_nothing_else() -> None:
    key = derive_key(b"installation", "test")
    hashed = hash_secret("right", key)
    assert matches_secret("right", hashed, key)
    assert matches_secret(b"right", hashed, key)
    for wrong in ("wrong", "", "righ", "right "):
        assert not matches_secret(wrong, hashed, key)
    assert not matches_secret("right", hashed, derive_key(b"installation", "other"))
    assert not matches_secret("right", None, key)
    assert not matches_secret("", None, key)


def test_equal_secrets_have_different_hashes() -> None:
    assert hash_secret("a", b"k") != hash_secret("a", b"k")


def test_passwords_made_here_fit_every_protocol() -> None:
    made = {new_password() for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(r"[a-zA-Z2-9]{32}", password) for password in made)


# ---- JSON and problems


def test_json_is_compact_and_exact() -> None:
    assert (
        to_json({"a": Decimal("0.10"), "at": datetime(2026, 1, 1, tzinfo=UTC)})
        == '{"a":"0.10","at":"2026-01-01T00:00:00Z"}'
    )
    assert to_struct('{"minor":1234,"currency":"EUR"}', Money) == Money(1234, "EUR")


def test_a_problems_kind_is_its_name() -> None:
    class SessionNotFound(NotFound):
        """No such session."""

    assert SessionNotFound.kind() == "session-not-found"
    assert str(SessionNotFound()) == "Not found"
    assert issubclass(SessionNotFound, Problem)

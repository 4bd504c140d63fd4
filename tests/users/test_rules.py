"""Which token it is, and whether it may charge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from voltway.contracts.vocabulary import AuthorizationStatus, IdToken
from voltway.modules.users import rules

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    """A row of users_id_tokens."""

    id: str = "1"
    kind_key: str = ""
    status: str = "accepted"
    expires_at: datetime | None = None
    group_value: str | None = None
    user_id: str | None = None
    concurrent_max: int | None = None
    location_ids: list[str] | None = None
    language: str | None = None
    message: str | None = None
    energy_transfer_modes: list[str] | None = None


def status_of(row: Row | None, token: IdToken = IdToken("CARD-1")) -> AuthorizationStatus:
    return rules.verdict(row, token, NOW).status


def test_kind_of_the_token_decides_between_rows_with_its_value() -> None:
    emaid, card, any_kind = Row("1", "emaid"), Row("2", "iso14443"), Row("3", "")
    assert rules.find([emaid, card, any_kind], IdToken("X", "ISO14443")) is card
    assert rules.find([emaid, any_kind], IdToken("X", "ISO14443")) is any_kind
    assert rules.find([emaid], IdToken("X", "ISO14443")) is None


def test_token_without_a_kind_is_that_of_any_kind_the_oldest_first() -> None:
    assert rules.find([Row("2", "emaid"), Row("1", "iso14443")], IdToken("X")) == Row("1", "iso14443")
    assert rules.find([], IdToken("X")) is None


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("accepted", AuthorizationStatus.ACCEPTED),
        ("blocked", AuthorizationStatus.BLOCKED),
        ("expired", AuthorizationStatus.EXPIRED),
        ("invalid", AuthorizationStatus.INVALID),
    ],
)
def test_status_of_the_row_is_the_verdict(stored: str, expected: AuthorizationStatus) -> None:
    assert status_of(Row(status=stored)) is expected


def test_token_nobody_knows_is_invalid() -> None:
    assert status_of(None) is AuthorizationStatus.INVALID


@pytest.mark.parametrize(
    ("seconds_left", "expected"),
    [(1, AuthorizationStatus.ACCEPTED), (0, AuthorizationStatus.EXPIRED), (-1, AuthorizationStatus.EXPIRED)],
)
def test_token_expires_at_its_instant(seconds_left: int, expected: AuthorizationStatus) -> None:
    assert status_of(Row(expires_at=NOW + timedelta(seconds=seconds_left))) is expected


def test_blocked_token_stays_blocked_when_it_has_expired() -> None:
    assert status_of(Row(status="blocked", expires_at=NOW)) is AuthorizationStatus.BLOCKED


def test_charge_that_needs_no_token_is_accepted() -> None:
    assert status_of(None, IdToken("", "NoAuthorization")) is AuthorizationStatus.ACCEPTED


def test_verdict_tells_what_the_row_knows() -> None:
    row = Row("token-1", group_value="FAMILY", user_id="user-1", concurrent_max=2, expires_at=NOW + timedelta(days=1))
    verdict = rules.verdict(row, IdToken("X"), NOW)
    assert (verdict.id_token_id, verdict.group, verdict.user_id, verdict.concurrent_max, verdict.expires_at) == (
        "token-1",
        "FAMILY",
        "user-1",
        2,
        NOW + timedelta(days=1),
    )


def test_token_bound_to_locations_charges_nowhere_else() -> None:
    row = Row(location_ids=["here"])
    for location_id, status in (("here", "Accepted"), ("there", "NotAtThisLocation"), (None, "NotAtThisLocation")):
        assert rules.verdict(row, IdToken("CARD-1"), NOW, rules.Place(location_id)).status == status


def test_master_pass_stops_and_starts_nothing() -> None:
    row = Row(group_value="Master")
    assert rules.verdict(row, IdToken("PASS"), NOW, rules.Place(master_group="MASTER")).status == "Accepted"
    starting = rules.Place(master_group="MASTER", is_start=True)
    assert rules.verdict(row, IdToken("PASS"), NOW, starting).status == "Invalid"
    assert rules.verdict(Row(group_value="OTHER"), IdToken("CARD"), NOW, starting).status == "Accepted"
    assert rules.verdict(Row(), IdToken("CARD"), NOW, rules.Place(is_start=True)).status == "Accepted"


def test_token_is_over_when_it_may_charge_nowhere() -> None:
    assert rules.is_over(Row(status="blocked"), NOW)
    assert rules.is_over(Row(expires_at=NOW), NOW)
    assert not rules.is_over(Row(expires_at=NOW + timedelta(seconds=1)), NOW)


def test_payment_at_a_terminal_needs_no_row_but_a_row_rules() -> None:
    paid = IdToken("PSP-1", "DirectPayment")
    assert status_of(None, paid) is AuthorizationStatus.ACCEPTED
    assert status_of(Row(status="blocked"), paid) is AuthorizationStatus.BLOCKED
    assert status_of(None, IdToken("PSP-1", "Central")) is AuthorizationStatus.INVALID

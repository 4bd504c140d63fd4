"""Which token it is, and whether it may charge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from voltway.contracts.vocabulary import AuthorizationStatus, IdToken, SpendingLimit
from voltway.kernel.money import Money
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
    balance_minor: int | None = None
    balance_currency: str | None = None
    session_limit: dict[str, Any] | None = None
    valid_hours: dict[str, Any] | None = None
    connector_types: list[str] | None = None
    quota: dict[str, Any] | None = None


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


def test_credit_and_terms_limit_a_session_by_what_is_less() -> None:
    ten = {"minor": 1000, "currency": "EUR"}
    row = Row(balance_minor=400, balance_currency="EUR", session_limit={"cost": ten, "energy_wh": 7000})
    assert rules.limit_of(row) == SpendingLimit(cost=Money(400, "EUR"), energy_wh=7000)
    assert rules.limit_of(replace(row, balance_minor=2000)) == SpendingLimit(cost=Money(1000, "EUR"), energy_wh=7000)
    assert rules.limit_of(replace(row, balance_minor=None)) == SpendingLimit(cost=Money(1000, "EUR"), energy_wh=7000)
    assert rules.limit_of(replace(row, balance_currency="SEK")) == SpendingLimit(cost=Money(400, "SEK"), energy_wh=7000)
    assert rules.limit_of(Row()) is None


def test_prepaid_token_charges_once_at_a_time_while_there_is_credit_and_is_not_kept() -> None:
    verdict = rules.verdict(Row(balance_minor=1, balance_currency="EUR", concurrent_max=5), IdToken("CARD"), NOW)
    assert (verdict.status, verdict.concurrent_max, verdict.is_kept) == (AuthorizationStatus.ACCEPTED, 1, False)
    assert status_of(Row(balance_minor=0, balance_currency="EUR")) is AuthorizationStatus.NO_CREDIT


@pytest.mark.parametrize(
    ("evse_number", "connectors", "expected", "told"),
    [
        (None, None, AuthorizationStatus.ACCEPTED, ()),
        (None, {1: ["sType2"], 2: ["cCCS2"]}, AuthorizationStatus.ACCEPTED, (2,)),
        (1, {1: ["sType2"], 2: ["cCCS2"]}, AuthorizationStatus.NOT_ALLOWED_TYPE_EVSE, (2,)),
        (2, {1: ["sType2"], 2: ["CCCS2"]}, AuthorizationStatus.ACCEPTED, (2,)),
        (3, {1: ["sType2"]}, AuthorizationStatus.ACCEPTED, ()),
        (None, {1: ["sType2"]}, AuthorizationStatus.NOT_ALLOWED_TYPE_EVSE, ()),
        (None, {1: ["cCCS2", "sType2"]}, AuthorizationStatus.ACCEPTED, ()),
    ],
)
def test_token_bound_to_types_of_connectors(
    evse_number: int | None,
    connectors: dict[int, list[str]] | None,
    expected: AuthorizationStatus,
    told: tuple[int, ...],
) -> None:
    place = rules.Place(evse_number=evse_number, connectors=connectors)
    verdict = rules.verdict(Row(connector_types=["cCCS2"]), IdToken("CARD"), NOW, place)
    assert (verdict.status, verdict.evse_numbers) == (expected, told)

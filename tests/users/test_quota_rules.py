"""What a quota leaves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from voltway.contracts.station_link import Authorization
from voltway.contracts.vocabulary import AuthorizationStatus, SpendingLimit
from voltway.kernel.money import Money
from voltway.modules.users import quota_rules
from voltway.modules.users.quota_rules import Meter, Scope

NOW = datetime(2026, 5, 1, 22, 30, tzinfo=UTC)  # half past midnight of 2 May in Berlin
ACCEPTED = Authorization(status=AuthorizationStatus.ACCEPTED, concurrent_max=3)
QUOTA = {"time_zone": "Europe/Berlin", "energy_wh_per_day": 5_000, "cost_per_month": {"minor": 900, "currency": "EUR"}}


def test_days_and_months_begin_at_midnight_in_the_quotas_time_zone() -> None:
    assert quota_rules.meters_of(QUOTA, NOW) == [
        Meter(5_000, datetime(2026, 5, 1, 22, tzinfo=UTC)),
        Meter(900, datetime(2026, 4, 30, 22, tzinfo=UTC), "EUR"),
    ]


def test_session_goes_as_far_as_the_least_that_is_left_and_the_verdict_is_not_kept() -> None:
    day, month, cost = Meter(5_000, NOW), Meter(90_000, NOW), Meter(900, NOW, "EUR")
    verdict = quota_rules.within(ACCEPTED, [(month, 70_000), (day, 1_200), (cost, 300)])
    assert verdict.limit == SpendingLimit(energy_wh=1_200, cost=Money(300, "EUR"))
    assert (verdict.status, verdict.is_kept, verdict.concurrent_max) == (AuthorizationStatus.ACCEPTED, False, 1)


@pytest.mark.parametrize("rest", [0, -5])
def test_what_is_used_up_refuses(rest: int) -> None:
    verdict = quota_rules.within(ACCEPTED, [(Meter(5_000, NOW), rest), (Meter(900, NOW, "EUR"), 900)])
    assert (verdict.status, verdict.limit, verdict.is_kept) == (AuthorizationStatus.NO_CREDIT, None, False)


def test_own_limit_of_the_token_stays_where_it_is_less() -> None:
    limited = Authorization(
        status=AuthorizationStatus.ACCEPTED, limit=SpendingLimit(energy_wh=700, cost=Money(50, "SEK"))
    )
    verdict = quota_rules.within(limited, [(Meter(5_000, NOW), 900), (Meter(900, NOW, "EUR"), 10)])
    assert verdict.limit == SpendingLimit(energy_wh=700, cost=Money(50, "SEK"))


def test_a_refusal_and_a_token_without_quota_are_left_as_they_are() -> None:
    blocked = Authorization(status=AuthorizationStatus.BLOCKED)
    assert quota_rules.within(blocked, [(Meter(1, NOW), 0)]) is blocked
    assert quota_rules.within(ACCEPTED, []) is ACCEPTED


@pytest.mark.parametrize(
    ("group", "user_id", "expected"),
    [
        (None, None, [("id_token_id", "t")]),
        ("FAMILY", None, [("id_token_id", "t"), ("group_key", "family")]),
        ("other", "u", [("id_token_id", "t"), ("user_id", "u")]),
    ],
)
def test_token_falls_under_its_own_its_groups_and_its_drivers_quota(
    group: str | None, user_id: str | None, expected: list[tuple[str, str]]
) -> None:
    shared: dict[tuple[str, str], dict[str, Any]] = {("group", "family"): QUOTA, ("driver", "u"): QUOTA}
    scopes = quota_rules.scopes_of("t", QUOTA, group, user_id, shared)
    assert [(scope.by, scope.key) for scope in scopes] == expected
    assert all(scope == Scope(scope.by, scope.key, QUOTA) for scope in scopes)

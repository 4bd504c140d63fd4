"""How far a session may go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from voltway.charging import pricing
from voltway.contracts.station_link import Authorization, Phase, ReportTransaction
from voltway.contracts.vocabulary import AuthorizationStatus, ChargingState, SpendingLimit
from voltway.kernel.money import Money
from voltway.modules.sessions import limit_rules, rules
from voltway.modules.sessions.model import Session, tariff_text

from .builders import TARIFF, a_report, a_start, a_stop, at  # noqa: TID252  (tests are not installed)

TEXT = tariff_text(TARIFF)


def is_used_up(limit: SpendingLimit, **changes: Any) -> bool:
    """Of a session that has charged 10 kWh in ten minutes."""
    values: dict[str, Any] = {
        "tariff": TEXT,
        "energy_wh": 10_000,
        "started_at": at(0),
        "at": at(600),
        "charging_state": ChargingState.CHARGING.value,
    }
    return limit_rules.is_used_up(limit, **{**values, **changes})


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (SpendingLimit(), False),
        (SpendingLimit(energy_wh=10_001), False),
        (SpendingLimit(energy_wh=10_000), True),
        (SpendingLimit(duration_s=601), False),
        (SpendingLimit(duration_s=600), True),
    ],
)
def test_limit_is_used_up_when_it_is_reached(limit: SpendingLimit, expected: bool) -> None:
    assert is_used_up(limit) is expected


def test_cost_is_that_of_the_tariff_so_far() -> None:
    cost = pricing.price(TARIFF, energy_wh=10_000, duration_s=600)
    exact = Money.round_from(cost.incl_vat.to_decimal(), TARIFF.currency)
    assert is_used_up(SpendingLimit(cost=exact))
    assert not is_used_up(SpendingLimit(cost=Money(exact.minor + 1, exact.currency)))
    assert not is_used_up(SpendingLimit(cost=exact), tariff=None)


@pytest.mark.parametrize("state", [ChargingState.SUSPENDED_EVSE, ChargingState.SUSPENDED_EV])
def test_session_that_stands_still_is_left(state: ChargingState) -> None:
    assert not is_used_up(SpendingLimit(energy_wh=1, duration_s=1), charging_state=state.value)


def test_a_clock_that_runs_behind_uses_up_no_time() -> None:
    assert not is_used_up(SpendingLimit(duration_s=1), at=at(0) - timedelta(hours=1))


def begun(authorization: Authorization, report: ReportTransaction) -> Session:
    return rules.begin(
        report,
        session_id="session-1",
        visit_id="visit-1",
        transaction_id="tx-1",
        authorization=authorization,
        tariff=TARIFF,
    )


def limited(limit: SpendingLimit) -> Authorization:
    return Authorization(status=AuthorizationStatus.ACCEPTED, limit=limit)


def test_limit_comes_with_the_report_that_shows_the_token() -> None:
    verdict, report = limited(SpendingLimit(energy_wh=1)), a_start()
    session = begun(verdict, report)
    assert limit_rules.limit_of(session, report, verdict) == SpendingLimit(energy_wh=1)
    again = a_report(Phase.UPDATED, 60, id_token="CARD-1", transaction_id="tx-1")
    changed = rules.apply(session, again, verdict)
    assert limit_rules.limit_of(changed, again, verdict) is None


def test_session_that_is_over_has_no_limit() -> None:
    verdict, report = limited(SpendingLimit(energy_wh=1)), a_start()
    ended = rules.apply(begun(verdict, report), a_stop("tx-1"))
    assert limit_rules.limit_of(ended, report, verdict) is None


def test_cost_in_another_currency_is_no_limit_and_is_flagged() -> None:
    kroner, report = Money(100, "SEK"), a_start()
    for limit, told in (
        (SpendingLimit(cost=kroner), None),
        (SpendingLimit(cost=kroner, energy_wh=5), SpendingLimit(energy_wh=5)),
    ):
        session = begun(limited(limit), report)
        assert limit_rules.limit_of(session, report, limited(limit)) == told
        assert limit_rules.OTHER_CURRENCY in session.reasons

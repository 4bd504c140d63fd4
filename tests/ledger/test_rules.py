"""The posting table: every fact, and the properties that hold for any of them."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.world import a_cost, credited, eur, money, paid_out, priced
from voltway.contracts.bookings import BookingFeeCharged, BookingFeeWaived
from voltway.modules.ledger import rules
from voltway.modules.ledger.rules import FACTS, RULES, Entry, HostStatementClosed, Payment, Phase
from voltway.modules.reservations import booking
from voltway.modules.reservations.booking import Rules

PAGE = Path(__file__).parents[2] / "docs" / "ledger.md"


def test_a_session_is_owed_with_revenue_and_vat_by_rate_and_country() -> None:
    found = rules.entries_of(priced(cost=a_cost((1000, "19"), (500, "7.5"), (100, "19"))), country="DE")
    assert found == [
        Entry("receivable", "revenue:DE:7.5", 500, "EUR", Phase.POSTED),
        Entry("receivable", "vat:DE:7.5", 38, "EUR", Phase.POSTED),
        Entry("receivable", "revenue:DE:19", 1100, "EUR", Phase.POSTED),
        Entry("receivable", "vat:DE:19", 209, "EUR", Phase.POSTED),
    ]


def test_a_capture_takes_its_fee_and_uses_up_the_hold() -> None:
    payment = Payment()
    assert rules.entries_of(money("PaymentHeld", 5000), payment=payment) == [
        Entry("clearing:sandbox", "receivable", 5000, "EUR", Phase.PENDING)
    ]
    assert rules.entries_of(money("PaymentCaptured", 1190, fee=eur(40)), payment=payment) == [
        Entry("clearing:sandbox", "receivable", 1190, "EUR", Phase.POSTED),
        Entry("fees:sandbox", "clearing:sandbox", 40, "EUR", Phase.POSTED),
        Entry("clearing:sandbox", "receivable", 1190, "EUR", Phase.RELEASED),
    ]
    assert rules.entries_of(money("HoldReleased", 3810), payment=payment) == [
        Entry("clearing:sandbox", "receivable", 3810, "EUR", Phase.RELEASED)
    ]
    assert payment.pending == 0


@pytest.mark.parametrize(
    ("provider", "account"),
    [("wallet", "wallets"), ("invoice", "invoiced"), ("voucher", "vouchers"), ("stripe", "clearing:stripe")],
)
def test_money_comes_from_where_its_provider_has_it(provider: str, account: str) -> None:
    (entry,) = rules.entries_of(money("PaymentCaptured", 100, provider=provider))
    assert (entry.debit, entry.credit) == (account, "receivable")
    (entry,) = rules.entries_of(money("PaymentRefunded", 100, provider=provider))
    assert (entry.debit, entry.credit) == ("receivable", account)


def test_a_dispute_that_is_won_leaves_nothing_behind_and_a_lost_one_a_loss() -> None:
    for end, left in (("won", {}), ("lost", {"chargebacks": 100, "clearing:sandbox": -100})):
        net: dict[str, int] = {}
        for state in ("opened", end):
            (entry,) = rules.entries_of(money("PaymentDisputed", 100, state=state))
            net[entry.debit] = net.get(entry.debit, 0) + entry.minor
            net[entry.credit] = net.get(entry.credit, 0) - entry.minor
        assert {account: minor for account, minor in net.items() if minor} == left


def test_a_fee_for_a_booking_is_owed_and_a_waived_one_leaves_nothing_behind() -> None:
    terms = booking.terms_of(
        Rules(no_show_fee_minor=595, vat_percent=Decimal(19)), 1, None, ZoneInfo("UTC"), priced().at
    )
    assert terms.no_show is not None
    known = {"operator_id": "o", "at": priced().at, "fee_id": "f", "booking_id": "b", "location_id": "l"}
    charged = BookingFeeCharged(**known, cost=terms.no_show, reason="no_show")
    waived = BookingFeeWaived(**known, cost=terms.no_show, reason="goodwill")
    found = rules.entries_of(charged, country="DE")
    assert found == [
        Entry("receivable", "revenue:DE:19", 500, "EUR", Phase.POSTED),
        Entry("receivable", "vat:DE:19", 95, "EUR", Phase.POSTED),
    ]
    assert rules.entries_of(waived, country="DE") == rules.reversed_entries(found)
    assert rules.key_of(charged) != rules.key_of(waived)


def test_a_host_that_owes_is_posted_the_other_way_round() -> None:
    fact = HostStatementClosed(
        operator_id="o", at=priced().at, statement_id="x", host_id="h", share=eur(-5), fixed=eur(0), energy=eur(7)
    )
    assert rules.entries_of(fact) == [
        Entry("host_payable:h", "host_share", 5, "EUR", Phase.POSTED),
        Entry("host_energy", "host_payable:h", 7, "EUR", Phase.POSTED),
    ]


def test_what_a_bound_on_the_price_leaves_over_stands_with_the_rate_that_has_most() -> None:
    cost = a_cost((1000, "19"), (10, "7"))
    bounded = type(cost)(
        lines=cost.lines, excl_vat=eur(840), vat=eur(160), incl_vat=eur(1000), unrounded_incl_vat=Decimal(10)
    )
    found = {entry.credit: entry.minor for entry in rules.entries_of(priced(cost=bounded), country="DE")}
    assert found == {"revenue:DE:19": 830, "vat:DE:19": 159, "revenue:DE:7": 10, "vat:DE:7": 1}


@given(st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from(["0", "5.5", "7", "19", "25"])), max_size=6))
def test_entries_come_to_what_the_cdr_says(nets: list[tuple[int, str]]) -> None:
    cost = a_cost(*nets)
    found = rules.entries_of(priced(cost=cost))
    assert sum(entry.minor for entry in found) == cost.incl_vat.minor
    assert sum(entry.minor for entry in found if entry.credit.startswith("vat:")) == cost.vat.minor
    undone = rules.reversed_entries(found)
    both = rules.balances(
        [(each.debit, each.currency, each.phase, each.minor) for each in found + undone],
        [(each.credit, each.currency, each.phase, each.minor) for each in found + undone],
    )
    assert all(one.minor == 0 for one in both)


HELD = st.sampled_from(
    [
        money("PaymentHeld", 3000),
        money("PaymentHeld", 5000, step=2),
        money("PaymentHeld", 700, hold_id="h2"),
        money("PaymentCaptured", 1190),
        money("HoldReleased", 3810),
        money("HoldReleased", 700, hold_id="h2"),
    ]
)


@given(st.lists(HELD, unique_by=rules.key_of), st.randoms())
def test_what_is_held_does_not_depend_on_the_order_of_facts(facts: list[object], random: object) -> None:
    other = list(facts)
    random.shuffle(other)  # type: ignore[attr-defined]
    ends = []
    for order in (facts, other):
        payment = Payment()
        pending = 0
        for fact in order:
            for entry in rules.entries_of(fact, payment=payment):  # type: ignore[arg-type]
                pending += {Phase.PENDING: 1, Phase.RELEASED: -1, Phase.POSTED: 0}[entry.phase] * entry.minor
            assert pending >= 0
        ends.append(pending)
    assert ends[0] == ends[1]


def test_every_account_of_the_table_has_a_kind_and_every_fact_a_rule() -> None:
    for rule in RULES:
        for account in (rule.debit, rule.credit):
            assert account == "{source}" or account.partition(":")[0] in rules.ACCOUNTS, rule
    assert {rule.fact for rule in RULES} == set(FACTS)
    assert {rules.key_of(one) for one in (priced(), credited(priced()), paid_out(1))} == {
        "priced:cdr-s1",
        "credited:credit-cdr-s1",
        "paid_out:sandbox:po1",
    }


def test_the_page_has_the_posting_table_and_the_accounts_of_the_code() -> None:
    page = PAGE.read_text()
    wanted = [f"| `{rule.fact}` | {rule.of} | `{rule.debit}` | `{rule.credit}` | {rule.phase} |" for rule in RULES]
    found = re.findall(r"^\| `[A-Z]\w+` \|.*$", page, re.M)
    assert found == wanted
    accounts = re.findall(r"^\| `([a-z_]+)` \| (debit|credit) \| (.*) \|$", page, re.M)
    assert accounts == [(name, side, text) for name, (side, text) in rules.ACCOUNTS.items()]

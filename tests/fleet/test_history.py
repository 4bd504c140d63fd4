"""The checker finds every kind of error that is planted in a history which is right without it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from fleet.history import Books, Charge, Fact, History, KeptCdr, KeptReport, KeptSession, Prices, check

PRICES = Prices(start_fee=Decimal("1"), per_kwh=Decimal("0.50"), vat_percent=Decimal("20"))
OVER = Charge("cs1", "t1", 1_000, 8_001, "CARD-1", 1)
RUNNING = Charge("cs1", "t2", 8_001, None, "CARD-2", 1)
HISTORY = History(
    charges=(OVER, RUNNING),
    facts=(
        Fact("cs1", ("m1",), True, OVER.name, 1),
        Fact("cs1", ("m2", "m3"), True, OVER.name, 1),  # its first answer was lost
        Fact("cs1", ("m4",), True, OVER.name, 1),
        Fact("cs1", ("m5",), True, RUNNING.name, 1),
    ),
)
REPORTS = tuple(
    KeptReport("cs1", name, session) for name, session in (("m1", "s1"), ("m2", "s1"), ("m4", "s1"), ("m5", "s2"))
)
ENDED = KeptSession("s1", "cs1", "t1", "ended", 1_000, 8_001, 7_001, "card-1", 1, "", 3)
ACTIVE = KeptSession("s2", "cs1", "t2", "active", 8_001, None, 0, "card-2", 1, "", 1)
BILL = KeptCdr("s1", 7_001, 540)  # 1.00 + 3.5005, rounded to 3.50; with 20 % VAT 5.40
BOOKS = Books(REPORTS, (ENDED, ACTIVE), (BILL,), (), {"e1": (540, -450, -90)})


def found(books: Books, history: History = HISTORY, *, is_over: bool = True) -> list[tuple[str, str]]:
    return [(finding.promise, finding.what) for finding in check(history, books, PRICES, is_over=is_over)]


def test_books_that_agree_have_no_findings() -> None:
    assert found(BOOKS) == []


@pytest.mark.parametrize(
    ("planted", "promise", "what"),
    [
        ({"reports": REPORTS[1:]}, "P1", "acknowledged and lost"),
        ({"reports": (*REPORTS, KeptReport("cs1", "m3", "s1"))}, "P1", "kept 2 times"),
        ({"reports": (*REPORTS, KeptReport("cs1", "m9", "s1"))}, "P1", "no station has said it"),
        ({"reports": (*REPORTS[:3], replace(REPORTS[3], session_id=None))}, "P2", "an orphan"),
        ({"quarantined": ("cs1",)}, "P1", "quarantine"),
        ({"sessions": (ACTIVE,), "cdrs": ()}, "P2", "0 sessions for one charge"),
        (
            {"sessions": (ENDED, replace(ACTIVE, id="s3", transaction_id="t1"), ACTIVE)},
            "P2",
            "2 sessions for one charge",
        ),
        ({"sessions": (ENDED, ACTIVE, replace(ACTIVE, id="s3", transaction_id="t9"))}, "P2", "that nobody made"),
        ({"sessions": (replace(ENDED, energy_wh=7_000), ACTIVE)}, "P3", "energy_wh"),
        ({"sessions": (replace(ENDED, meter_start_wh=1_001), ACTIVE)}, "P3", "meter_start_wh"),
        ({"sessions": (replace(ENDED, meter_stop_wh=8_000), ACTIVE)}, "P3", "meter_stop_wh"),
        ({"sessions": (replace(ENDED, state="active"), ACTIVE)}, "P3", "state"),
        ({"sessions": (replace(ENDED, token="CARD-2"), ACTIVE)}, "P3", "token"),
        ({"sessions": (replace(ENDED, evse_number=2), ACTIVE)}, "P3", "evse_number"),
        ({"sessions": (replace(ENDED, samples=2), ACTIVE)}, "P3", "samples"),
        ({"cdrs": ()}, "P4", "0 CDRs for one session"),
        ({"cdrs": (BILL, BILL)}, "P2", "2 CDRs for one session"),
        ({"cdrs": (replace(BILL, total_minor=541),)}, "P3", "billed"),
        ({"cdrs": (replace(BILL, energy_wh=7_000),)}, "P3", "billed"),
        ({"cdrs": (BILL, replace(BILL, session_id="s2"))}, "P2", "billed while it runs"),
        ({"cdrs": (BILL, replace(BILL, session_id="s9"))}, "P2", "of no session"),
        ({"entries": {"e1": (540, -450, -89)}}, "P9", "differ by 1"),
    ],
)
def test_each_planted_error_is_found(planted: dict[str, Any], promise: str, what: str) -> None:
    findings = found(replace(BOOKS, **planted))
    assert any(one == promise and what in text for one, text in findings), findings


def test_what_was_never_acknowledged_is_an_error_only_at_the_end() -> None:
    unsaid = replace(HISTORY, facts=(*HISTORY.facts[:3], replace(HISTORY.facts[3], is_acknowledged=False)))
    without = replace(BOOKS, reports=REPORTS[:3])
    assert found(without, unsaid) == [("P1", "was never acknowledged")]
    assert found(without, unsaid, is_over=False) == []


def test_what_waits_for_a_person_needs_a_reason_that_the_faults_explain() -> None:
    held = replace(BOOKS, sessions=(replace(ENDED, review="clock_set time_implausible"), ACTIVE), cdrs=())
    assert check(HISTORY, held, PRICES, may_hold=frozenset({"time_implausible"})) == []
    assert [finding.promise for finding in check(HISTORY, held, PRICES, may_hold=frozenset({"conflict"}))] == ["P4"]


def test_doubles_are_errors_at_any_moment() -> None:
    twice = replace(BOOKS, sessions=(ENDED, ACTIVE, replace(ENDED, id="s3")), cdrs=(BILL, BILL))
    assert [what for _, what in found(twice, is_over=False)] == ["2 sessions for one charge", "2 CDRs for one session"]


@pytest.mark.parametrize(
    ("energy_wh", "total_minor"),
    [(0, 0), (1, 120), (10, 121), (9, 120), (1_010, 181), (1_030, 182), (100_000, 6_120)],
)
def test_prices_are_rounded_half_up_line_by_line_and_then_the_tax(energy_wh: int, total_minor: int) -> None:
    assert PRICES.total_minor(energy_wh) == total_minor

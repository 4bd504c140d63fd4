"""What a payment does next: pure, with every answer of a provider, in every order that can happen."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from builders import NOON
from voltway.integrations.payments.port import Answer, Kind, Outcome
from voltway.kernel.money import Money
from voltway.modules.payments import rules
from voltway.modules.payments.rules import Payment, State, Step

DONE, DECLINED = Answer(outcome=Outcome.DONE), Answer(outcome=Outcome.DECLINED, reason="declined")
HELD = Payment(state=State.HELD, hold_wanted=1500, held=1500)
TAKEN = replace(HELD, state=State.CAPTURED, captured=1000)


def step(payment: Payment, **changes: object) -> tuple[str, int] | None:
    found = rules.next_step(replace(payment, **changes), NOON)
    return None if found is None else (found.kind.value, found.amount)


@pytest.mark.parametrize(
    ("payment", "expected"),
    [
        (Payment(hold_wanted=1500), ("hold", 1500)),
        (Payment(hold_wanted=1500, can_hold=False), ("charge", 1500)),
        (Payment(hold_wanted=1500, over_at=NOON), None),
        (HELD, None),
        (replace(HELD, owed=600), ("capture", 600)),
        (replace(HELD, owed=9000), ("capture", 1500)),
        (replace(HELD, owed=0), ("void", 1500)),
        (replace(HELD, over_at=NOON), ("void", 1500)),
        (replace(HELD, over_at=NOON + timedelta(seconds=1)), None),
        (replace(HELD, hold_expires_at=NOON + timedelta(hours=7)), None),
        (replace(HELD, hold_expires_at=NOON + timedelta(hours=5)), ("void", 1500)),
        (replace(HELD, hold_expires_at=NOON + timedelta(hours=5), has_session=True), ("capture", 1500)),
        (replace(HELD, can_raise=True, hold_wanted=3000), ("raise", 3000)),
        (replace(HELD, can_raise=False, hold_wanted=3000), None),
        (TAKEN, None),
        (replace(TAKEN, owed=1000), None),
        (replace(TAKEN, owed=400), ("refund", 600)),
        (replace(TAKEN, owed=400, refunded=600), None),
        (replace(TAKEN, owed=400, refund_after=NOON + timedelta(seconds=1)), None),
        (replace(TAKEN, owed=2000), None),
        (replace(TAKEN, over_at=NOON), ("refund", 1000)),
        (replace(HELD, state=State.CAPTURING, owed=600), None),
        (replace(HELD, state=State.RELEASED, owed=600), None),
        (replace(HELD, state=State.FAILED, owed=600), None),
    ],
)
def test_next_step(payment: Payment, expected: tuple[str, int] | None) -> None:
    assert step(payment) == expected


def test_amount_that_a_provider_names_counts_only_up_to_what_was_asked() -> None:
    said = replace(DONE, amount=Money(99_999, "EUR"))
    assert rules.settled(HELD, Step(kind=Kind.CAPTURE, amount=600), said).captured == 600
    less = replace(DONE, amount=Money(200, "EUR"))
    assert rules.settled(HELD, Step(kind=Kind.CAPTURE, amount=600), less).captured == 200


def test_raise_that_is_declined_is_not_tried_again() -> None:
    wanted = replace(HELD, can_raise=True, hold_wanted=3000)
    after = rules.settled(wanted, Step(kind=Kind.RAISE, amount=3000), DECLINED)
    assert (after.state, after.held, rules.next_step(after, NOON)) == (State.HELD, 1500, None)


@pytest.mark.parametrize("outcome", [Outcome.PENDING, Outcome.ABSENT])
def test_outcome_that_is_not_known_settles_nothing(outcome: Outcome) -> None:
    with pytest.raises(ValueError, match="is no outcome"):
        rules.settled(HELD, Step(kind=Kind.CAPTURE, amount=600), Answer(outcome=outcome))


@pytest.mark.parametrize(
    ("before", "state", "is_news"),
    [
        (None, "opened", True),
        ("opened", "lost", True),
        ("opened", "opened", False),
        ("lost", "opened", False),
        ("won", "lost", False),
        (None, "won", True),
        (None, "invented", False),
    ],
)
def test_dispute_that_is_told_late_turns_nothing_back(before: str | None, state: str, is_news: bool) -> None:
    assert rules.is_later_dispute(before, state) is is_news


@given(power_w=st.floats(0, 400_000), interval_s=st.floats(1, 900), latency_s=st.floats(0, 600))
def test_margin_is_no_less_than_what_can_flow(power_w: float, interval_s: float, latency_s: float) -> None:
    margin_wh = rules.margin_energy_wh(power_w, interval_s, latency_s)
    assert margin_wh + 1e-6 >= power_w * (interval_s + latency_s) / 3600 > margin_wh - 1 - 1e-6 or power_w == 0


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 10**5), st.integers(0, 10**6))
def test_hold_is_never_raised_beyond_what_was_agreed(held: int, projected: int, by: int, limit: int) -> None:
    assert rules.raised(held, projected, by, limit) <= limit


@pytest.mark.parametrize(
    ("online", "running", "back_s_ago", "is_idle"),
    [
        (True, False, None, True),
        (True, False, 60, True),
        (True, False, 5, False),
        (False, False, None, False),
        (True, True, 60, False),
    ],
)
def test_station_is_idle_only_when_it_has_spoken(
    online: bool, running: bool, back_s_ago: int | None, is_idle: bool
) -> None:
    back_at = None if back_s_ago is None else NOON - timedelta(seconds=back_s_ago)
    found = rules.is_confirmed_idle(
        is_online=online, is_running=running, back_at=back_at, quiet=timedelta(seconds=30), now=NOON
    )
    assert found is is_idle


class AnyOrder(RuleBasedStateMachine):
    """A payment, a provider that keeps its own books, and answers that are lost, late or told twice."""

    def __init__(self) -> None:
        super().__init__()
        self.payment = Payment(hold_wanted=1500, can_raise=True)
        self.now = NOON
        self.open: Step | None = None
        self.reached = False
        self.held = self.captured = self.refunded = self.captures = 0
        self.is_held = False

    @precondition(lambda self: self.open is None)
    @rule()
    def work(self) -> None:
        self.open = rules.next_step(self.payment, self.now)
        self.reached = False
        if self.open is not None:
            self.payment = rules.sent(self.payment, self.open.kind)

    @precondition(lambda self: self.open is not None and not self.reached)
    @rule()
    def reach(self) -> None:
        """The call reaches the provider, whatever becomes of the answer."""
        assert self.open is not None
        kind, amount = self.open.kind, self.open.amount
        match kind:
            case Kind.HOLD | Kind.RAISE:
                self.held, self.is_held = amount, True
            case Kind.CHARGE:
                self.held = self.captured = amount
            case Kind.CAPTURE:
                assert self.is_held
                assert amount <= self.held
                self.captured, self.captures, self.is_held = amount, self.captures + 1, False
            case Kind.VOID:
                assert self.is_held
                self.is_held = False
            case Kind.REFUND:
                assert self.refunded + amount <= self.captured
                self.refunded += amount
        self.reached = True

    @precondition(lambda self: self.open is not None and self.reached)
    @rule()
    def hear(self) -> None:
        """The answer comes, at last, or a query finds it."""
        assert self.open is not None
        self.payment = rules.settled(self.payment, self.open, DONE)
        self.open = None

    @precondition(lambda self: self.open is not None and not self.reached)
    @rule()
    def decline(self) -> None:
        assert self.open is not None
        if self.open.kind in (Kind.CAPTURE, Kind.VOID):
            self.is_held = False  # a provider declines these only where it holds nothing any more
        self.payment = rules.settled(self.payment, self.open, DECLINED)
        self.open = None

    @rule(owed=st.integers(0, 4000))
    def priced(self, owed: int) -> None:
        if self.payment.owed is None:
            self.payment = replace(self.payment, owed=owed)

    @rule(part=st.integers(0, 1000))
    def credited(self, part: int) -> None:
        if self.payment.owed is not None:
            self.payment = replace(self.payment, owed=max(self.payment.owed - part, 0))

    @rule()
    def plugged_in(self) -> None:
        self.payment = replace(self.payment, has_session=True)

    @rule()
    def over(self) -> None:
        self.payment = replace(self.payment, over_at=self.now)

    @rule(wanted=st.integers(1500, 6000))
    def raised(self, wanted: int) -> None:
        self.payment = replace(self.payment, hold_wanted=max(wanted, self.payment.hold_wanted))

    @rule(days=st.integers(1, 8))
    def time_goes_by(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.payment = replace(self.payment, hold_expires_at=self.payment.hold_expires_at or self.now)

    @invariant()
    def never_more_than_held_and_never_twice(self) -> None:
        assert self.captured <= self.held or self.captured == 0
        assert self.captures <= 1
        assert self.refunded <= self.captured
        assert self.payment.captured <= self.payment.held

    def teardown(self) -> None:
        """Let it come to rest: what is held then belongs to a visit that goes on."""
        if self.payment.owed is None:
            self.payment = replace(self.payment, over_at=self.now)
        for _ in range(10):
            if self.open is None:
                self.work()
            if self.open is None:
                break
            if not self.reached:
                self.reach()
            self.hear()
        assert self.open is None
        assert not self.is_held, "an orphan hold"
        if self.payment.state is State.CAPTURED and self.payment.owed is not None:
            kept = self.captured - self.refunded
            assert kept <= max(self.payment.owed, 0)


TestAnyOrder = AnyOrder.TestCase


@pytest.mark.parametrize(
    ("chosen_at", "order"),
    [
        ([], []),
        ([None, None, None], [0, 1, 2]),
        ([None, 1, None], [1, 0, 2]),
        ([3, 1, 2], [0, 1, 2]),
        ([1, 2, 3], [2, 0, 1]),
    ],
)
def test_default_card_is_the_last_one_chosen_else_the_oldest(chosen_at: list[int | None], order: list[int]) -> None:
    kept = [
        SimpleNamespace(number=number, chosen_at=None if at is None else NOON + timedelta(minutes=at))
        for number, at in enumerate(chosen_at)
    ]
    assert [card.number for card in rules.default_first(kept)] == order

"""A machine that says facts at random, again and in any order: the books always balance, and come to what a plain model says."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from ledger.world import a_cost, credited, eur, money, paid_out, priced
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus.event import Event
from voltway.kernel.database import Database, metadata
from voltway.modules.ledger import rules, store, verifying
from voltway.modules.ledger.posting import Book
from voltway.modules.ledger.tables import entries, postings

KEY = b"of a test"
MINOR = st.integers(1, 10_000)


class Books(RuleBasedStateMachine):
    """Facts go to `Book.post` on a real database; beside it stands what money should be where, in a dict."""

    sessions = Bundle("sessions")
    captured = Bundle("captured")
    said = Bundle("said")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        file = self.folder / "x.sqlite"
        engine = sa.create_engine(f"sqlite:///{file}")
        metadata.create_all(
            engine, tables=[table for table in metadata.sorted_tables if table.name.startswith("ledger_")]
        )
        engine.dispose()
        self.loop = asyncio.new_event_loop()
        self.database = Database(f"sqlite:///{file}")
        self.count = 0
        self.model: defaultdict[str, int] = defaultdict(int)
        """Account -> debits less credits."""
        self.keys: set[str] = set()

    def teardown(self) -> None:
        self.loop.run_until_complete(self.database.close())
        self.loop.close()
        shutil.rmtree(self.folder)

    def post(self, *facts: Event) -> None:
        async def run() -> None:
            async with self.database.begin() as tx:
                book = await Book.open(tx, DEFAULT_OPERATOR_ID, KEY, "DE")
                assert await book.post(facts) == set()

        self.loop.run_until_complete(run())
        self.keys |= {rules.key_of(fact) for fact in facts}

    def move(self, debit: str, credit: str, minor: int) -> None:
        self.model[debit] += minor
        self.model[credit] -= minor

    def name(self) -> str:
        self.count += 1
        return f"x{self.count}"

    @rule(target=sessions, net=MINOR, rate=st.sampled_from(["0", "7", "19"]))
    def price(self, net: int, rate: str) -> Any:
        fact = priced(self.name(), a_cost((net, rate)))
        self.post(fact)
        self.move("receivable", f"revenue:DE:{rate}", net)
        self.move("receivable", f"vat:DE:{rate}", fact.cost.vat.minor)
        return fact, rate

    @rule(session=consumes(sessions))
    def credit(self, session: tuple[Any, str]) -> None:
        fact, rate = session
        self.post(credited(fact))
        self.move(f"revenue:DE:{rate}", "receivable", fact.cost.excl_vat.minor)
        self.move(f"vat:DE:{rate}", "receivable", fact.cost.vat.minor)

    @rule(target=captured, held=MINOR, part=st.integers(1, 100), fee=st.integers(0, 30), is_late=st.booleans())
    def pay(self, held: int, part: int, fee: int, is_late: bool) -> Any:
        name, minor = self.name(), max(1, held * part // 100)
        hold, release = money("PaymentHeld", held, name), money("HoldReleased", held - minor or 1, name)
        capture = money("PaymentCaptured", minor, name, fee=eur(fee))
        for fact in (release, capture, hold) if is_late else (hold, capture, release):
            self.post(fact)
        self.move("clearing:sandbox", "receivable", minor)
        self.move("fees:sandbox", "clearing:sandbox", fee)
        return capture

    @rule(payment=consumes(captured), state=st.sampled_from(["refund", "won", "lost"]))
    def take_back(self, payment: Any, state: str) -> None:
        name, minor = payment.payment_id, payment.amount.minor
        if state == "refund":
            self.post(money("PaymentRefunded", minor, name))
            self.move("receivable", "clearing:sandbox", minor)
            return
        self.post(money("PaymentDisputed", minor, name, state=state), money("PaymentDisputed", minor, name))
        if state == "lost":
            self.move("chargebacks", "clearing:sandbox", minor)

    @rule(minor=MINOR)
    def pay_out(self, minor: int) -> None:
        self.post(paid_out(minor, self.name()))
        self.move("bank", "clearing:sandbox", minor)

    @rule(target=said, minor=MINOR)
    def top_up(self, minor: int) -> Any:
        fact = money("WalletToppedUp", minor, self.name())
        self.post(fact)
        self.move("receivable", "wallets", minor)
        return fact

    @rule(fact=said)
    def say_again(self, fact: Any) -> None:
        self.post(fact, fact)

    @invariant()
    def books_are_the_models(self) -> None:
        async def look() -> tuple[list[rules.Balance], int, verifying.Verdict]:
            async with self.database.read() as tx:
                found = await store.balances(tx, entries.c.number > 0, None)
                count = (await tx.execute(sa.select(sa.func.count()).select_from(postings))).scalar_one()
            return found, count, await verifying.verify(self.database, None, DEFAULT_OPERATOR_ID, KEY)

        found, count, verdict = self.loop.run_until_complete(look())
        assert sum(one.debits - one.credits for one in found) == 0
        assert {one.account: one.debits - one.credits for one in found if one.debits != one.credits} == {
            account: minor for account, minor in self.model.items() if minor
        }
        assert all(one.pending == 0 for one in found)
        assert count == len(self.keys)
        assert (verdict.broken, verdict.end.number) == (None, count)


Books.TestCase.settings = settings(
    max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
test_books = Books.TestCase

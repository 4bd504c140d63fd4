"""Purses of our own: wallets, credit lines and vouchers move by one rule each, in one transaction, once per call.

What a call did stands in `payments_moves` under its key, in the same commit: a call that is sent again gets the same answer, and
`query` never guesses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.integrations.payments.port import Abilities, Answer, Call, Kind, Notice, NoticeRefused, Outcome
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.payments.tables import moves


class Purse:
    """A provider whose money is rows of ours. Says which table, what is free in it, and what a capture does."""

    name: str
    table: sa.Table

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    @property
    def abilities(self) -> Abilities:
        """It holds, and raises what it holds while there is enough."""
        return Abilities(methods=(self.name,), holds=(self.name,), is_raising=True)

    def free(self) -> sa.ColumnElement[Any]:
        """What is left to hold."""
        raise TypeError(f"{type(self).__name__} does not say what is free")

    def usable(self, call: Call) -> Sequence[sa.ColumnElement[bool]]:
        """What else must hold of the purse for a hold."""
        return ()

    def taken(self, minor: int) -> dict[str, Any]:
        """The columns that change when so much is taken (negative: given back)."""
        raise TypeError(f"{type(self).__name__} does not say what a capture does")

    async def prepare(self, call: Call) -> str | None:
        """Nothing is needed."""
        return None

    async def send(self, call: Call) -> Answer:
        """Move money, and note it under the call's key; both or neither."""
        async with self._runtime.database.begin() as tx:
            row = {
                "call_id": call.key,
                "operator_id": call.operator_id,
                "purse": self.name,
                "purse_id": call.source or "",
                "payment_id": call.payment_id,
                "kind": call.kind.value,
                "amount_minor": call.amount.minor,
                "outcome": Outcome.PENDING.value,
                "reason": None,
                "moved_at": clock.now(),
            }
            await bulk.insert_if_absent(tx, moves, [row])
            found = (await tx.execute(bulk.locked(sa.select(moves).where(moves.c.call_id == call.key), tx))).one()
            if found.outcome != Outcome.PENDING.value:
                return _answer(found, call)
            reason = await self._move(tx, call)
            outcome = Outcome.DONE if reason is None else Outcome.DECLINED
            values = {"outcome": outcome.value, "reason": reason}
            await tx.execute(sa.update(moves).where(moves.c.call_id == call.key).values(**values))
            return Answer(outcome=outcome, reference=call.payment_id, amount=call.amount, reason=reason)

    async def query(self, call: Call) -> Answer:
        """What stands under the call's key."""
        async with self._runtime.database.read() as tx:
            found = (await tx.execute(sa.select(moves).where(moves.c.call_id == call.key))).one_or_none()
        return Answer(outcome=Outcome.ABSENT) if found is None else _answer(found, call)

    async def close(self) -> None:
        """It has no connections."""

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        """Nobody tells us of our own purses."""
        raise NoticeRefused(f"{self.name} has no webhooks")

    async def _move(self, tx: Tx, call: Call) -> str | None:
        """Change the purse; why not, where it was not possible."""
        held, taken = await _of_payment(tx, call.payment_id)
        columns, wanted = self.table.c, call.amount.minor
        mine = [
            columns.id == call.source,
            columns.operator_id == call.operator_id,
            columns.currency == call.amount.currency,
        ]
        if call.kind in (Kind.HOLD, Kind.RAISE):
            more = wanted - held
            conditions = [*mine, *self.usable(call), self.free() >= more]
            values: dict[str, Any] = {"held_minor": columns.held_minor + more}
        elif call.kind is Kind.CAPTURE:
            if not 0 < wanted <= held:
                return "not_held"
            conditions, values = mine, {**self.taken(wanted), "held_minor": columns.held_minor - held}
        elif call.kind is Kind.VOID:
            conditions, values = mine, {"held_minor": columns.held_minor - held}
        else:
            if wanted > taken:
                return "not_taken"
            conditions, values = mine, self.taken(-wanted)
        changed = (await tx.execute(sa.update(self.table).where(*conditions).values(**values))).rowcount
        return None if changed else "insufficient_funds"


async def _of_payment(tx: Tx, payment_id: str) -> tuple[int, int]:
    """What is held for a payment, and what was taken and not given back, by what was moved."""
    statement = (
        sa.select(moves.c.kind, moves.c.amount_minor)
        .where(moves.c.payment_id == payment_id, moves.c.outcome == Outcome.DONE.value)
        .order_by(moves.c.moved_at, moves.c.call_id)
    )
    held = taken = 0
    for kind, amount in (await tx.execute(statement)).all():
        if kind in (Kind.HOLD, Kind.RAISE):
            held = amount
        elif kind in (Kind.CAPTURE, Kind.VOID):
            held, taken = 0, taken + (amount if kind == Kind.CAPTURE else 0)
        elif kind == Kind.REFUND:
            taken -= amount
    return held, taken


def _answer(row: Any, call: Call) -> Answer:
    amount = Money(row.amount_minor, call.amount.currency)
    return Answer(outcome=Outcome(row.outcome), reference=call.payment_id, amount=amount, reason=row.reason)

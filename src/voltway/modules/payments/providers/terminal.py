"""Card terminals beside stations: their backend has authorised, we start, and tell it in the end what to take.

It is told by an event (`TerminalOrderMade`, a signed webhook of the notify module) and finds the same under
GET /terminal-orders; each order stays open until the backend has confirmed it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from voltway.contracts.holds import TerminalOrderMade
from voltway.integrations.payments.port import Abilities, Answer, Call, Kind, Notice, NoticeRefused, Outcome
from voltway.kernel import bulk, clock
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.payments.settings import PaymentsSettings
from voltway.modules.payments.tables import moves


class Terminal:
    """The source is the terminal backend's own reference of what it has authorised."""

    name = "terminal"
    abilities = Abilities(methods=("terminal",), holds=("terminal",))

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def prepare(self, call: Call) -> str | None:
        """The reference is known from the start."""
        return call.source

    async def send(self, call: Call) -> Answer:
        """Tell the backend what to do; it confirms later. A hold is its own, and was made before we heard of it."""
        if call.kind is Kind.HOLD:
            hours = self._runtime.settings(PaymentsSettings).terminal_hours
            expires_at = call.made_at + timedelta(hours=hours)
            return Answer(outcome=Outcome.DONE, reference=call.source, expires_at=expires_at)
        row: dict[str, Any] = {
            "call_id": call.key,
            "operator_id": call.operator_id,
            "purse": self.name,
            "purse_id": "",
            "payment_id": call.payment_id,
            "kind": call.kind.value,
            "amount_minor": call.amount.minor,
            "outcome": Outcome.PENDING.value,
            "reason": None,
            "moved_at": clock.now(),
        }
        async with self._runtime.database.begin() as tx:
            await bulk.insert_if_absent(tx, moves, [row])
            tx.publish(
                TerminalOrderMade(
                    operator_id=call.operator_id,
                    at=clock.now(),
                    order_id=call.key,
                    payment_id=call.payment_id,
                    psp_reference=call.reference or "",
                    kind=call.kind.value,
                    amount=call.amount,
                )
            )
        return Answer(outcome=Outcome.PENDING, reason="told")

    async def query(self, call: Call) -> Answer:
        """What the backend has confirmed."""
        if call.kind is Kind.HOLD:
            return await self.send(call)
        async with self._runtime.database.read() as tx:
            row = (await tx.execute(sa.select(moves).where(moves.c.call_id == call.key))).one_or_none()
        if row is None:
            return Answer(outcome=Outcome.ABSENT)
        amount = Money(row.amount_minor, call.amount.currency)
        return Answer(outcome=Outcome(row.outcome), reference=call.reference, amount=amount, reason=row.reason)

    async def close(self) -> None:
        """It has no connections."""

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        """Backends have API keys, and confirm by them."""
        raise NoticeRefused("terminals confirm at /terminal-orders")

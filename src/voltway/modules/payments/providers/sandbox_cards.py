"""The sandbox's test cards, and those of them that it keeps for drivers, in a table of its own."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from voltway.integrations.payments.port import SAVED, Call, CardAnswer, CardFace, CardOrder, Kind, Outcome
from voltway.kernel import bulk
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.payments.settings import PaymentsSettings
from voltway.modules.payments.tables import sandbox, sandbox_cards

OK, DECLINED, INSUFFICIENT, CONFIRM, CAPTURE_TIMEOUT, NO_RAISE = CARDS = (
    "card_ok",
    "card_declined",
    "card_insufficient_funds",
    "card_3ds",
    "card_capture_timeout",
    "card_no_raise",
)
"""The test cards: accepted; declined; with too little on them; to be confirmed by the payer; whose captures get no answer though
they are made; whose holds cannot be raised. Any other one is declined."""
REFUSED = {DECLINED: "declined", INSUFFICIENT: "insufficient_funds"}
_FACES = {
    OK: ("visa", "4242"),
    INSUFFICIENT: ("visa", "9995"),
    CONFIRM: ("mastercard", "3155"),
    CAPTURE_TIMEOUT: ("mastercard", "4444"),
    NO_RAISE: ("amex", "8431"),
}
"""As they are shown. One that is declined is not kept."""
_EXPIRES = (12, 2040)


def page_of(runtime: Runtime, what: str) -> str:
    """The page on which a payer confirms."""
    return f"{runtime.settings(PaymentsSettings).page_url or runtime.own_url}/api/v1/sandbox/{what}"


class SandboxCards:
    """The part of the sandbox that keeps cards. What one that was kept is charged by is the id of its row."""

    name = "sandbox"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def add_customer(self, key: str) -> str:
        """Its ids follow from ours."""
        return f"sbc_{key}"

    async def begin_card(self, order: CardOrder) -> str:
        """The row is ours by its key."""
        return order.key

    async def keep_card(self, order: CardOrder, setup: str) -> CardAnswer:
        """Keep it, once per key, if its bank agrees."""
        outcome = Outcome.PENDING if order.source == CONFIRM else Outcome.DONE
        row = {
            "id": setup,
            "customer": order.customer,
            "card": order.source[:30],
            "outcome": (outcome if order.source in _FACES else Outcome.DECLINED).value,
            "return_url": order.return_url,
        }
        async with self._runtime.database.begin() as tx:
            await bulk.insert_if_absent(tx, sandbox_cards, [row])
        return await self.find_card(setup)

    async def find_card(self, setup: str) -> CardAnswer:
        """What the table says."""
        async with self._runtime.database.read() as tx:
            row = (await tx.execute(sa.select(sandbox_cards).where(sandbox_cards.c.id == setup))).one_or_none()
        if row is None:
            return CardAnswer(outcome=Outcome.ABSENT)
        outcome = Outcome(row.outcome)
        if outcome is Outcome.DECLINED:
            return CardAnswer(outcome=outcome, reason="not_confirmed" if row.card == CONFIRM else "declined")
        if outcome is Outcome.PENDING:
            return CardAnswer(outcome=outcome, action_url=page_of(self._runtime, f"cards/{setup}"))
        (brand, last_four), (month, year) = _FACES[row.card], _EXPIRES
        face = CardFace(brand=brand, last_four=last_four, exp_month=month, exp_year=year)
        return CardAnswer(outcome=outcome, reference=setup, face=face)

    async def drop_setup(self, setup: str) -> CardAnswer:
        """Call off what the payer has not confirmed."""
        async with self._runtime.database.begin() as tx:
            await confirm_card(tx, setup, is_good=False)
        found = await self.find_card(setup)
        if found.outcome is Outcome.ABSENT:
            return CardAnswer(outcome=Outcome.DECLINED, reason="not_confirmed")
        return found

    async def remove_card(self, reference: str) -> None:
        """Forget a card."""
        await self._forget(sandbox_cards.c.id == reference)

    async def remove_customer(self, customer: str) -> None:
        """Forget all cards of somebody."""
        await self._forget(sandbox_cards.c.customer == customer)

    async def _forget(self, which: sa.ColumnElement[bool]) -> None:
        async with self._runtime.database.begin() as tx:
            await tx.execute(sa.delete(sandbox_cards).where(which))


async def kept_card(tx: Tx, call: Call) -> str | None:
    """Which test card a payment's source is; None: it is not kept (any more), or was never its customer's."""
    if call.kind not in (Kind.HOLD, Kind.CHARGE):
        return await _of_hold(tx, call)
    customer, _, kept_id = (call.source or "").rpartition(SAVED)
    mine = (sandbox_cards.c.id == kept_id, sandbox_cards.c.customer == customer)
    is_kept = sandbox_cards.c.outcome == Outcome.DONE.value
    found: str | None = (await tx.execute(sa.select(sandbox_cards.c.card).where(*mine, is_kept))).scalar_one_or_none()
    return found


async def _of_hold(tx: Tx, call: Call) -> str | None:
    """What follows a hold is of the same card, also when that is kept no longer."""
    held = sa.select(sandbox.c.card).where(sandbox.c.reference == f"sb_{call.payment_id}")
    found: str | None = (await tx.execute(held.order_by(sandbox.c.done_at).limit(1))).scalar_one_or_none()
    return found


async def confirm_card(tx: Tx, setup: str, *, is_good: bool) -> bool:
    """The payer has confirmed that a card is kept, or not; whether there was something to confirm."""
    outcome = Outcome.DONE if is_good else Outcome.DECLINED
    waits = (sandbox_cards.c.id == setup, sandbox_cards.c.outcome == Outcome.PENDING.value)
    return bool((await tx.execute(sa.update(sandbox_cards).where(*waits).values(outcome=outcome.value))).rowcount)


async def find_waiting(tx: Tx, setup: str) -> Any | None:
    """A card that the payer may be asked about."""
    return (await tx.execute(sa.select(sandbox_cards).where(sandbox_cards.c.id == setup))).one_or_none()

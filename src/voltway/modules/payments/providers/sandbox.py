"""A little payment provider for demonstrations and tests, with books of its own: cards that do not exist, money that does not.

What reached it stands in `payments_sandbox` under the call's key, whatever became of the answer; so `query` finds the truth after
a time-out, as it does at a real one.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from voltway.integrations.payments.port import (
    SAVED,
    Abilities,
    Answer,
    Call,
    Kind,
    Notice,
    NoticeRefused,
    Outcome,
    OutcomeUnknown,
)
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.money import Money
from voltway.kernel.secrets import derive_key
from voltway.modules.payments.providers.sandbox_cards import (
    CAPTURE_TIMEOUT,
    CARDS,
    CONFIRM,
    NO_RAISE,
    REFUSED,
    SandboxCards,
    kept_card,
    page_of,
)
from voltway.modules.payments.tables import sandbox

HOLD_DAYS = 7
TOLERANCE_S = 300
SIGNATURE = "sandbox-signature"


class Sandbox(SandboxCards):
    """The source is the name of a test card, or one that is kept: `{customer}/{id}`."""

    name = "sandbox"
    abilities = Abilities(methods=("card", "alipay"), holds=("card",), is_raising=True)

    async def prepare(self, call: Call) -> str | None:
        """The reference, by which we find the payment if the answer is lost."""
        return f"sb_{call.payment_id}"

    async def send(self, call: Call) -> Answer:
        """Book it, once per key, then answer as the card does."""
        async with self._runtime.database.begin() as tx:
            found = await _find(tx, call.key)
            if found is None:
                card = await kept_card(tx, call) if SAVED in (call.source or "") else call.source
                outcome, reason = await self._judge(tx, call, card or "")
                row = {
                    "call_id": call.key,
                    "reference": f"sb_{call.payment_id}",
                    "kind": call.kind.value,
                    "card": (card or "")[:30],
                    "amount_minor": call.amount.minor,
                    "currency": call.amount.currency,
                    "outcome": outcome.value,
                    "reason": reason,
                    "done_at": clock.now(),
                }
                await bulk.insert(tx, sandbox, [row])
                found = await _find(tx, call.key)
            assert found is not None
            card = found.card
        if card == CAPTURE_TIMEOUT and call.kind is Kind.CAPTURE:
            raise OutcomeUnknown("the sandbox does not answer captures of this card")
        return self._answer(found, call)

    async def query(self, call: Call) -> Answer:
        """What the books say of a key."""
        async with self._runtime.database.read() as tx:
            found = await _find(tx, call.key)
        return Answer(outcome=Outcome.ABSENT) if found is None else self._answer(found, call)

    async def close(self) -> None:
        """It has no connections."""

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        """A notice signed by `sign`; older or newer than five minutes it does not count."""
        parts = dict(part.split("=", 1) for part in headers.get(SIGNATURE, "").split(",") if "=" in part)
        stamp = parts.get("t", "")
        wanted = signature_of(body, stamp, self._runtime.secret)
        if not stamp.isdecimal() or not hmac.compare_digest(wanted, parts.get("v1", "")):
            raise NoticeRefused("the signature is not good")
        if abs(now.timestamp() - int(stamp)) > TOLERANCE_S:
            raise NoticeRefused("the notice is too old")
        try:
            return msgspec.json.decode(body, type=Notice)
        except msgspec.DecodeError as error:
            raise NoticeRefused("the notice cannot be read") from error

    async def _judge(self, tx: Tx, call: Call, card: str) -> tuple[Outcome, str | None]:
        """What the card's bank says; and the books, which hold whatever is asked."""
        held, captured, refunded, is_held = await books(tx, f"sb_{call.payment_id}")
        wanted = call.amount.minor
        match call.kind:
            case Kind.HOLD | Kind.CHARGE:
                if card == CONFIRM:
                    return (
                        (Outcome.DECLINED, "authentication_required") if call.is_payer_away else (Outcome.PENDING, None)
                    )
                reason = REFUSED.get(card) or (None if card in CARDS else "declined")
            case Kind.RAISE:
                reason = None if is_held and card != NO_RAISE else "not_possible"
            case Kind.CAPTURE:
                reason = None if is_held and 0 < wanted <= held else "not_held"
            case Kind.VOID:
                await tx.execute(
                    sa.update(sandbox)
                    .where(sandbox.c.reference == f"sb_{call.payment_id}", sandbox.c.outcome == Outcome.PENDING.value)
                    .values(outcome=Outcome.DECLINED.value, reason="cancelled")
                )
                reason = None if not captured else "captured"
            case Kind.REFUND:
                reason = None if wanted <= captured - refunded else "not_captured"
        return (Outcome.DONE, None) if reason is None else (Outcome.DECLINED, reason)

    def _answer(self, row: Any, call: Call) -> Answer:
        outcome = Outcome(row.outcome)
        is_waiting = outcome is Outcome.PENDING
        return Answer(
            outcome=outcome,
            reference=row.reference,
            amount=Money(row.amount_minor, row.currency),
            reason=row.reason,
            action_url=page_of(self._runtime, call.payment_id) if is_waiting else None,
            expires_at=row.done_at + timedelta(days=HOLD_DAYS) if call.kind in (Kind.HOLD, Kind.RAISE) else None,
        )


async def _find(tx: Tx, key: str) -> Any | None:
    return (await tx.execute(sa.select(sandbox).where(sandbox.c.call_id == key))).one_or_none()


async def books(tx: Tx, reference: str) -> tuple[int, int, int, bool]:
    """What the sandbox has of a payment: held at the most, captured, refunded, and whether it is held now."""
    statement = sa.select(sandbox).where(sandbox.c.reference == reference, sandbox.c.outcome == Outcome.DONE.value)
    held = captured = refunded = 0
    is_held = False
    for row in (await tx.execute(statement.order_by(sandbox.c.done_at, sandbox.c.call_id))).all():
        if row.kind in (Kind.HOLD, Kind.RAISE):
            held, is_held = max(held, row.amount_minor), True
        elif row.kind == Kind.CHARGE:
            held, captured = row.amount_minor, captured + row.amount_minor
        elif row.kind == Kind.CAPTURE:
            captured, is_held = captured + row.amount_minor, False
        elif row.kind == Kind.VOID:
            is_held = False
        else:
            refunded += row.amount_minor
    return held, captured, refunded, is_held


async def confirm(tx: Tx, payment_id: str, *, is_good: bool) -> bool:
    """The payer has confirmed, or not; whether there was something to confirm."""
    outcome = Outcome.DONE if is_good else Outcome.DECLINED
    statement = sa.update(sandbox).where(
        sandbox.c.reference == f"sb_{payment_id}", sandbox.c.outcome == Outcome.PENDING.value
    )
    values = {"outcome": outcome.value, "reason": None if is_good else "not_confirmed"}
    return bool((await tx.execute(statement.values(**values))).rowcount)


def signature_of(body: bytes, stamp: str, secret: bytes) -> str:
    """The HMAC-SHA256 of time and body, in hex."""
    key = derive_key(secret, "payments-sandbox")
    return hmac.new(key, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def sign(body: bytes, now: datetime, secret: bytes) -> str:
    """The header `Sandbox-Signature` of a notice."""
    stamp = str(int(now.timestamp()))
    return f"t={stamp},v1={signature_of(body, stamp, secret)}"

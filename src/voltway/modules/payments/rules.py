"""What a payment does next, and what becomes of it by an answer. Pure: no clock, no database, no provider.

A payment is worked towards what it should be: `owed` says what shall have been taken in the end, `hold_wanted` what shall be
held meanwhile. Whatever happens in between - a credit, a corrected CDR, a hold that runs out - changes one of those numbers, and
`next_step` finds the call that is missing. One call is open at a time; while its outcome is not known there is no next step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from voltway.integrations.payments.port import Answer, Kind, Outcome


class State(StrEnum):
    """Where a payment is. `holding`, `capturing`, `releasing`: a call is on its way, or its outcome is not known."""

    CREATED = "created"
    HOLDING = "holding"
    HELD = "held"
    CAPTURING = "capturing"
    CAPTURED = "captured"
    RELEASING = "releasing"
    RELEASED = "released"
    FAILED = "failed"


CHARGING = frozenset({State.HELD, State.CAPTURED})
"""In these a visit may begin."""
FINAL = frozenset({State.RELEASED, State.FAILED})

_ON_ITS_WAY = {
    Kind.HOLD: State.HOLDING,
    Kind.CHARGE: State.HOLDING,
    Kind.RAISE: State.HELD,
    Kind.CAPTURE: State.CAPTURING,
    Kind.VOID: State.RELEASING,
    Kind.REFUND: State.CAPTURED,
}


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment's numbers, all in minor units of its one currency."""

    state: State = State.CREATED
    hold_wanted: int
    held: int = 0
    """What the provider holds, or held until it was captured; captured never exceeds it."""
    captured: int = 0
    refunded: int = 0
    owed: int | None = None
    """What shall have been taken in the end; None: not known yet."""
    can_hold: bool = True
    can_raise: bool = False
    has_session: bool = False
    hold_expires_at: datetime | None = None
    over_at: datetime | None = None
    """From when on nothing comes of it any more: the start has failed, the session was empty."""
    refund_after: datetime | None = None
    """A credit waits so long for the CDR that takes its place, so that only the difference moves."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A call to make."""

    kind: Kind
    amount: int
    reason: str = ""


CAPTURE_BEFORE = timedelta(hours=6)
"""A hold is captured (or let go) so long before it runs out."""


def next_step(payment: Payment, now: datetime) -> Step | None:
    """The call that is due; None: nothing to do now."""
    if payment.state is State.CREATED:
        if payment.over_at is not None and payment.over_at <= now:
            return None
        return Step(kind=Kind.HOLD if payment.can_hold else Kind.CHARGE, amount=payment.hold_wanted)
    if payment.state is State.HELD:
        return _step_of_hold(payment, now)
    if payment.state is State.CAPTURED:
        return _refund(payment, now)
    return None


def _step_of_hold(payment: Payment, now: datetime) -> Step | None:
    if payment.owed is not None:
        amount = min(payment.owed, payment.held)
        if amount > 0:
            return Step(kind=Kind.CAPTURE, amount=amount, reason="owed")
        return Step(kind=Kind.VOID, amount=payment.held, reason="nothing_owed")
    if payment.over_at is not None and payment.over_at <= now:
        return Step(kind=Kind.VOID, amount=payment.held, reason="not_used")
    if payment.hold_expires_at is not None and payment.hold_expires_at - CAPTURE_BEFORE <= now:
        if payment.has_session:  # what it costs is not known; the rest goes back when it is
            return Step(kind=Kind.CAPTURE, amount=payment.held, reason="hold_runs_out")
        return Step(kind=Kind.VOID, amount=payment.held, reason="hold_runs_out")
    if payment.can_raise and payment.hold_wanted > payment.held:
        return Step(kind=Kind.RAISE, amount=payment.hold_wanted)
    return None


def _refund(payment: Payment, now: datetime) -> Step | None:
    if payment.refund_after is not None and payment.refund_after > now:
        return None
    owed = payment.owed
    if owed is None:
        if payment.over_at is None or payment.over_at > now:
            return None
        owed = 0
    left = payment.captured - payment.refunded - owed
    return Step(kind=Kind.REFUND, amount=left, reason="owed_less") if left > 0 else None


def sent(payment: Payment, kind: Kind) -> Payment:
    """The payment with a call on its way."""
    return replace(payment, state=_ON_ITS_WAY[kind])


def settled(payment: Payment, step: Step, answer: Answer) -> Payment:
    """The payment after a call's outcome is known (done or declined). Amounts that a provider names beyond what was asked do not
    count: nobody agreed to them."""
    if answer.outcome not in (Outcome.DONE, Outcome.DECLINED):
        raise ValueError(f"{answer.outcome} is no outcome")
    is_done = answer.outcome is Outcome.DONE
    amount = step.amount if answer.amount is None else min(answer.amount.minor, step.amount)
    match step.kind:
        case Kind.HOLD:
            return (
                replace(payment, state=State.HELD, held=amount, hold_expires_at=answer.expires_at)
                if is_done
                else replace(payment, state=State.FAILED)
            )
        case Kind.CHARGE:
            return (
                replace(payment, state=State.CAPTURED, held=amount, captured=amount)
                if is_done
                else replace(payment, state=State.FAILED)
            )
        case Kind.RAISE:
            if is_done:
                expires_at = answer.expires_at or payment.hold_expires_at
                return replace(payment, state=State.HELD, held=max(amount, payment.held), hold_expires_at=expires_at)
            return replace(payment, state=State.HELD, can_raise=False, hold_wanted=payment.held)
        case Kind.CAPTURE:
            return (
                replace(payment, state=State.CAPTURED, captured=amount)
                if is_done
                else replace(payment, state=State.FAILED)
            )
        case Kind.VOID:
            return replace(payment, state=State.RELEASED if is_done else State.FAILED)
        case Kind.REFUND:
            if is_done:
                back = payment.refunded + amount
                owed = payment.captured - back if payment.owed is None else payment.owed
                return replace(payment, refunded=back, owed=owed)
            # What cannot go back stays ours to give back: a person looks (the ledger shows it as owed to the payer).
            return replace(payment, owed=payment.captured - payment.refunded)


def first_hold(limit: int, hold: int, *, can_raise: bool) -> int:
    """What to hold at first: a little where it can be raised, else all that the visit may cost."""
    return min(hold, limit) if can_raise else limit


def margin_energy_wh(power_w: float, sample_interval_s: float, latency_s: float) -> int:
    """What may flow between a sample that shows enough and the stop: power x (sample interval + latency), rounded up."""
    return int(-(-power_w * (sample_interval_s + latency_s) // 3600)) if power_w > 0 else 0


def raised(held: int, projected: int, step: int, limit: int) -> int:
    """What to hold next: enough for what is about to be owed and a step more, never beyond what the payer agreed to."""
    return min(max(held + step, projected + step), limit)


def retry_delay_s(tries: int) -> float:
    """How long until a call whose outcome is not known is asked after again."""
    return float(min(2 ** min(tries, 10), 600))


def default_first(kept: Sequence[Any]) -> list[Any]:
    """Cards that are kept, oldest first, so that the default comes first: the one that was last chosen, else the oldest."""
    chosen = [card for card in kept if card.chosen_at is not None]
    if not chosen:
        return list(kept)
    default = max(chosen, key=lambda card: card.chosen_at)
    return [default, *(card for card in kept if card is not default)]


class Start(StrEnum):
    """Where the start of a visit is. `unknown`: the station was sent the order and did not say what came of it."""

    NONE = "none"
    DUE = "due"
    ORDERED = "ordered"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    FAILED = "failed"
    RUNNING = "running"


def is_confirmed_idle(
    *, is_online: bool, is_running: bool, back_at: datetime | None, quiet: timedelta, now: datetime
) -> bool:
    """Whether a station without a session of this payment surely has none: it is online, runs none, and since it came back it
    has had the time to tell of what it did alone."""
    return is_online and not is_running and (back_at is None or back_at + quiet <= now)


_DISPUTE_ORDER = {"opened": 0, "won": 1, "lost": 1}


def is_later_dispute(before: str | None, state: str) -> bool:
    """Whether a dispute's state is news: it opens, then is won or lost, and nothing that is told late turns it back."""
    return state in _DISPUTE_ORDER and (before is None or _DISPUTE_ORDER[state] > _DISPUTE_ORDER[before])

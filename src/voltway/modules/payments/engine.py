"""Works payments towards what they should be: one saved call after the other, each asked after until its outcome is known.

    row locked, next step, call saved      | commit
    the provider is asked                  | no transaction
    row locked, outcome and facts saved    | commit

Killed between any two of these, the payment is taken up by the job: an open call whose lease has run out is asked after.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from msgspec.structs import replace

from voltway.contracts.money_facts import HoldReleased, PaymentCaptured, PaymentHeld, PaymentRefunded
from voltway.integrations.payments.port import Answer, Call, Kind, Outcome, Provider, same_currency
from voltway.kernel import clock
from voltway.kernel.bus.event import Event
from voltway.kernel.database import Tx
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.payments import rules, store, wallets
from voltway.modules.payments.registry import provider_of
from voltway.modules.payments.rules import State, Step
from voltway.modules.payments.settings import PaymentsSettings
from voltway.modules.payments.tables import credits_

log = structlog.get_logger()

STEPS_MAX = 6


async def advance(runtime: Runtime, payment_id: str) -> None:
    """Make the calls that are due, one after the other, until there is none or an outcome is not known."""
    for _ in range(STEPS_MAX):
        if not await _one_step(runtime, payment_id):
            return


async def _one_step(runtime: Runtime, payment_id: str) -> bool:
    """Whether there may be another one."""
    settings = runtime.settings(PaymentsSettings)
    async with runtime.database.begin() as tx:
        row = await store.get(tx, payment_id, lock=True)
        now = clock.now()  # after the wait for the lock: what has become due meanwhile is due
        open_call = await store.find_open_call(tx, payment_id)
        if open_call is not None:
            is_ours = await store.lease_call(tx, open_call.id, now + timedelta(seconds=settings.lease_s))
            wait_s = settings.lease_s if is_ours else rules.retry_delay_s(open_call.tries)
            await store.change(tx, payment_id, due_at=now + timedelta(seconds=wait_s))
            if not is_ours:
                return False
            call, is_new = open_call, False
        else:
            step = rules.next_step(store.facts_of(row), now)
            if step is None:
                await store.change(tx, payment_id, due_at=_next_look(row, now))
                return False
            call, is_new = await store.open_call(tx, row, step, settings.lease_s), True
            due_at = now + timedelta(seconds=settings.lease_s)
            await store.save(tx, row, rules.sent(store.facts_of(row), step.kind), due_at=due_at)
    answer = await _ask(runtime, row, call, is_new=is_new)
    return await _note(runtime, row, call, answer)


def _next_look(row: Any, now: datetime) -> Any:
    """When the clock alone makes something due."""
    waits = [row.start_due_at, row.refund_after, row.over_at]
    if row.hold_expires_at is not None and row.state == State.HELD.value:
        waits.append(row.hold_expires_at - rules.CAPTURE_BEFORE)
    if row.start_state == rules.Start.DUE.value and State(row.state) in rules.CHARGING and row.over_at is None:
        return now
    return min((at for at in waits if at is not None and at > now), default=None)


# ---- asking


async def _ask(runtime: Runtime, row: Any, call_row: Any, *, is_new: bool) -> Answer:
    """A provider's answer; PENDING where none came or it is not one to count on."""
    provider, settings = provider_of(runtime, row.provider), runtime.settings(PaymentsSettings)
    call = store.call_of(row, call_row)
    try:
        async with asyncio.timeout(settings.call_timeout_s):
            answer = await _send(runtime, provider, row, call) if is_new else await provider.query(call)
            if answer.outcome is Outcome.ABSENT:  # it never came: the same key once more
                answer = await _send(runtime, provider, row, call)
            if _is_given_up(row, call, answer, settings):
                answer = await _give_up(provider, call)
    except Exception as error:
        log.warning("payment.outcome_unknown", payment_id=row.id, kind=call.kind.value, error=repr(error)[:300])
        return Answer(outcome=Outcome.PENDING, reason="unknown")
    if not same_currency(answer.amount, row.currency):
        log.error("payment.other_currency", payment_id=row.id, call=call.key)
        return Answer(outcome=Outcome.PENDING, reason="other_currency")
    return answer


async def _send(runtime: Runtime, provider: Provider, row: Any, call: Call) -> Answer:
    if call.reference is None:
        reference = await provider.prepare(call)
        if reference is not None:
            async with runtime.database.begin() as tx:
                await store.change(tx, row.id, reference=reference)
            call = replace(call, reference=reference)
    return await provider.send(call)


def _is_given_up(row: Any, call: Call, answer: Answer, settings: PaymentsSettings) -> bool:
    """Whether a payer has had long enough to confirm, or wants no more."""
    if answer.outcome is not Outcome.PENDING or call.kind not in (Kind.HOLD, Kind.CHARGE):
        return False
    is_cancelled = row.over_at is not None and row.over_at <= clock.now()
    return is_cancelled or call.made_at + timedelta(seconds=settings.confirm_s) <= clock.now()


async def _give_up(provider: Provider, call: Call) -> Answer:
    """Call off what the payer did not confirm; what was confirmed just before counts."""
    await provider.send(replace(call, kind=Kind.VOID, key=f"{call.key}-void"))
    answer = await provider.query(call)
    if answer.outcome is Outcome.DONE:
        return answer
    return replace(answer, outcome=Outcome.DECLINED, reason=answer.reason or "not_confirmed")


# ---- noting


async def _note(runtime: Runtime, asked: Any, call: Any, answer: Answer) -> bool:
    """Save what a provider said; whether the outcome is known. `asked`: the payment as it was when the provider was asked."""
    payment_id, now = asked.id, clock.now()
    async with runtime.database.begin() as tx:
        row = await store.get(tx, payment_id, lock=True)
        if answer.outcome not in (Outcome.DONE, Outcome.DECLINED):
            await store.leave_call(tx, call.id)
            named = {} if answer.reference is None else {"reference": answer.reference}
            # A payer who gave up while the provider was asked need not wait for the next try.
            is_given_up = row.over_at is not None and row.over_at <= now and row.over_at != asked.over_at
            due_at = now if is_given_up else now + timedelta(seconds=rules.retry_delay_s(call.tries))
            await store.change(tx, payment_id, action_url=answer.action_url or row.action_url, due_at=due_at, **named)
            return False
        reference = answer.reference if call.kind == Kind.REFUND else (answer.reference or row.reference)
        if not await store.close_call(tx, call.id, answer.outcome.value, reference, answer.reason):
            return False
        step = Step(kind=Kind(call.kind), amount=call.amount_minor, reason=call.reason or "")
        after = rules.settled(store.facts_of(row), step, answer)
        values: dict[str, Any] = {"due_at": now, "action_url": None}
        if step.kind is not Kind.REFUND and reference is not None:
            values["reference"] = reference
        if step.kind in (Kind.HOLD, Kind.RAISE) and answer.outcome is Outcome.DONE:
            values["hold_step"] = row.hold_step + 1
        if after.state is State.FAILED or (answer.outcome is Outcome.DECLINED and step.kind is Kind.REFUND):
            values["reason"] = answer.reason or "declined"
        await store.save(tx, row, after, **values)
        tx.publish(*_facts(row, call, step, after, answer, await _invoiced(tx, row)))
        if after.state is State.CAPTURED and row.state != State.CAPTURED.value and row.wallet_id is not None:
            await wallets.credit(tx, row, after.captured)
    log.info("payment.moved", payment_id=payment_id, kind=step.kind.value, outcome=answer.outcome.value)
    return True


async def _invoiced(tx: Tx, row: Any) -> dict[str, Any]:
    """Whose invoice a payment stands on, and at which cost centre."""
    if row.provider != "invoice":
        return {}
    members = (await tx.execute(sa.select(credits_.c.members).where(credits_.c.id == row.source))).scalar_one_or_none()
    return {"credit_line_id": row.source, "cost_center": (members or {}).get(row.payer_id)}


def _facts(
    row: Any, call: Any, step: Step, after: rules.Payment, answer: Answer, invoiced: dict[str, Any]
) -> list[Event]:
    """What the ledger must know. A capture lets go of what was held beyond it."""
    common: dict[str, Any] = {
        "operator_id": row.operator_id,
        "at": clock.now(),
        "payment_id": row.id,
        "provider": row.provider,
        "method": row.method,
        "payer_id": row.payer_id,
        "session_id": row.session_id,
        "visit_id": row.visit_id,
        "provider_reference": answer.reference or row.reference,
    }

    def money(minor: int) -> Money:
        return Money(minor, row.currency)

    def released(minor: int, reason: str) -> list[Event]:
        return [HoldReleased(**common, amount=money(minor), hold_id=row.id, reason=reason)] if minor > 0 else []

    if answer.outcome is Outcome.DECLINED:
        was_held = step.kind in (Kind.CAPTURE, Kind.VOID)
        return released(row.held_minor, answer.reason or "declined") if was_held else []
    match step.kind:
        case Kind.HOLD | Kind.RAISE:
            if step.kind is Kind.RAISE and after.held <= row.held_minor:
                return []
            expires_at = after.hold_expires_at
            held = money(after.held)
            return [PaymentHeld(**common, amount=held, hold_id=row.id, step=row.hold_step + 1, expires_at=expires_at)]
        case Kind.CAPTURE | Kind.CHARGE:
            taken = PaymentCaptured(
                **common, amount=money(after.captured), capture_id=call.id, fee=answer.fee, **invoiced
            )
            rest = row.held_minor - after.captured if step.kind is Kind.CAPTURE else 0
            return [taken, *released(rest, "captured_less")]
        case Kind.VOID:
            return released(row.held_minor, step.reason or "void")
        case Kind.REFUND:
            back = money(after.refunded - row.refunded_minor)
            reason = call.reason or "owed_less"
            return [
                PaymentRefunded(**common, amount=back, refund_id=call.id, reason=reason, cdr_id=call.cdr_id, **invoiced)
            ]


async def hurry(tx: Tx, payment_id: str) -> None:
    """Have a payment looked at now, and its open call asked after, whoever waits for it."""
    await store.change(tx, payment_id, due_at=clock.now())

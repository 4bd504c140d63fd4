"""SQL of payments and of their calls to providers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from voltway.integrations.payments.port import Call, Kind
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.kernel.money import Money
from voltway.modules.payments.errors import PaymentNotFound
from voltway.modules.payments.rules import FINAL, Payment, Start, State, Step
from voltway.modules.payments.tables import calls, payments

DUE_MAX = 100
BEGUN_BY_HAND = timedelta(seconds=3)
"""Whoever makes a payment goes on with it at once; the job takes it up if they do not."""

_NOTHING = {
    "source": None,
    "payer_id": None,
    "open_key": None,
    "payer_key": None,
    "visit_id": None,
    "station_id": None,
    "location_id": None,
    "evse_number": None,
    "id_token": None,
    "tariff": None,
    "wallet_id": None,
    "owed_minor": None,
    "reason": None,
    "reference": None,
    "action_url": None,
    "return_url": None,
    "start_due_at": None,
    "station_back_at": None,
    "stop_ordered_at": None,
    "session_id": None,
    "session_started_at": None,
    "cdr_id": None,
    "hold_expires_at": None,
    "over_at": None,
    "refund_after": None,
}


async def add(tx: Tx, values: Mapping[str, Any]) -> tuple[Any, bool]:
    """Add a payment and whether it is new: where one with the same `open_key` is open, that one is given instead."""
    now = clock.now()
    row = {
        "id": new_id(),
        **_NOTHING,
        "held_minor": 0,
        "captured_minor": 0,
        "refunded_minor": 0,
        "hold_step": 0,
        "is_payer_away": False,
        "state": State.CREATED.value,
        "start_state": Start.NONE.value,
        "due_at": now + BEGUN_BY_HAND,
        "created_at": now,
        "changed_at": now,
        **values,
    }
    await bulk.insert_if_absent(tx, payments, [row])
    found = (await tx.execute(sa.select(payments).where(payments.c.id == row["id"]))).one_or_none()
    if found is not None:
        return found, True
    statement = sa.select(payments).where(payments.c.open_key == row["open_key"])
    return (await tx.execute(bulk.locked(statement, tx))).one(), False


async def get(tx: Tx, payment_id: str, *conditions: sa.ColumnElement[bool], lock: bool = False) -> Any:
    """A payment. Raises PaymentNotFound unless the conditions hold."""
    statement = sa.select(payments).where(payments.c.id == payment_id, *conditions)
    row = (await tx.execute(bulk.locked(statement, tx) if lock else statement)).one_or_none()
    if row is None:
        raise PaymentNotFound(f"There is no payment {payment_id}.")
    return row


async def find_by_payer(tx: Tx, payer_key: str) -> Any | None:
    """The newest payment of a payer at an EVSE, whatever became of it."""
    statement = sa.select(payments).where(payments.c.payer_key == payer_key).order_by(payments.c.id.desc()).limit(1)
    return (await tx.execute(statement)).one_or_none()


async def find_by_reference(tx: Tx, provider: str, reference: str, *conditions: sa.ColumnElement[bool]) -> Any | None:
    """The payment that a provider knows by this id; of several (terminals name theirs as they like) the newest."""
    known = (payments.c.provider == provider, payments.c.reference == reference, *conditions)
    statement = sa.select(payments).where(*known).order_by(payments.c.id.desc()).limit(1)
    return (await tx.execute(statement)).one_or_none()


async def find_due(tx: Tx) -> Sequence[str]:
    """Payments that somebody should look at by now."""
    statement = (
        sa.select(payments.c.id).where(payments.c.due_at <= clock.now()).order_by(payments.c.due_at).limit(DUE_MAX)
    )
    return (await tx.execute(statement)).scalars().all()


async def change(tx: Tx, payment_id: str, **values: Any) -> None:
    """Set columns of a payment."""
    await tx.execute(sa.update(payments).where(payments.c.id == payment_id).values(changed_at=clock.now(), **values))


def facts_of(row: Any) -> Payment:
    """What the rules need of a row."""
    return Payment(
        state=State(row.state),
        hold_wanted=row.hold_wanted_minor,
        held=row.held_minor,
        captured=row.captured_minor,
        refunded=row.refunded_minor,
        owed=row.owed_minor,
        can_hold=row.can_hold,
        can_raise=row.can_raise,
        has_session=row.session_id is not None,
        hold_expires_at=row.hold_expires_at,
        over_at=row.over_at,
        refund_after=row.refund_after,
    )


async def save(tx: Tx, row: Any, payment: Payment, **values: Any) -> None:
    """What the rules made of a payment. One that is over for good gives its place free."""
    is_over = payment.state in FINAL or (payment.state is State.CAPTURED and payment.owed is not None)
    columns = {
        "state": payment.state.value,
        "hold_wanted_minor": payment.hold_wanted,
        "held_minor": payment.held,
        "captured_minor": payment.captured,
        "refunded_minor": payment.refunded,
        "owed_minor": payment.owed,
        "can_raise": payment.can_raise,
        "hold_expires_at": payment.hold_expires_at,
        **({"open_key": None} if is_over else {}),
    }
    await change(tx, row.id, **{**columns, **values})


# ---- calls


async def find_open_call(tx: Tx, payment_id: str) -> Any | None:
    """The call whose outcome is not known."""
    return (await tx.execute(sa.select(calls).where(calls.c.open_id == payment_id))).one_or_none()


async def open_call(tx: Tx, row: Any, step: Step, lease_s: float) -> Any:
    """Save a call that is about to be sent."""
    now = clock.now()
    made = {
        "id": new_id(),
        "operator_id": row.operator_id,
        "payment_id": row.id,
        "open_id": row.id,
        "kind": step.kind.value,
        "amount_minor": step.amount,
        "reason": step.reason or None,
        "cdr_id": row.cdr_id,
        "state": "sent",
        "answer": None,
        "reference": None,
        "tries": 0,
        "leased_until": now + timedelta(seconds=lease_s),
        "made_at": now,
        "settled_at": None,
    }
    await bulk.insert(tx, calls, [made])
    return (await tx.execute(sa.select(calls).where(calls.c.id == made["id"]))).one()


async def lease_call(tx: Tx, call_id: str, until: datetime) -> bool:
    """Take over an open call whose lease has run out; whether it is ours."""
    statement = sa.update(calls).where(
        calls.c.id == call_id,
        calls.c.open_id.is_not(None),
        sa.or_(calls.c.leased_until.is_(None), calls.c.leased_until <= clock.now()),
    )
    return bool((await tx.execute(statement.values(leased_until=until, tries=calls.c.tries + 1))).rowcount)


async def leave_call(tx: Tx, call_id: str) -> None:
    """Nobody waits for the answer any more: whoever comes next asks after it."""
    await tx.execute(
        sa.update(calls).where(calls.c.id == call_id, calls.c.open_id.is_not(None)).values(leased_until=None)
    )


async def close_call(tx: Tx, call_id: str, state: str, reference: str | None, answer: str | None) -> bool:
    """A call's outcome is known; False where somebody has noted it before."""
    values = {
        "open_id": None,
        "state": state,
        "reference": reference,
        "answer": answer,
        "leased_until": None,
        "settled_at": clock.now(),
    }
    statement = sa.update(calls).where(calls.c.id == call_id, calls.c.open_id.is_not(None))
    return bool((await tx.execute(statement.values(**values))).rowcount)


def call_of(row: Any, call: Any) -> Call:
    """A call as providers take it."""
    return Call(
        kind=Kind(call.kind),
        key=call.id,
        payment_id=row.id,
        operator_id=row.operator_id,
        amount=Money(call.amount_minor, row.currency),
        method=row.method,
        source=row.source,
        reference=row.reference,
        payer_id=row.payer_id,
        return_url=row.return_url,
        is_payer_away=bool(row.is_payer_away),
        made_at=call.made_at,
    )


def tariff_document(tariff: Any) -> Any:
    """A tariff as it is kept beside a payment."""
    return None if tariff is None else msgspec.to_builtins(tariff)

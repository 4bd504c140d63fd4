"""What becomes of a payment on the web: paid, ordered to start, running, settled; or cancelled, with the reason.

The payment provider says that it is paid, signed with the secret that it shares with us; who provides it is behind that one
call. The token of the transaction is the payment's own, of which nobody else knows (OCPP 2.1 C25, IdTokenType DirectPayment).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
import structlog

from voltway.contracts.billing import SessionPriced
from voltway.contracts.payments import FindPaidLimits, PaidLimit, WebPaymentCancelled
from voltway.contracts.sessions import SessionStarted
from voltway.contracts.stations import CommandView, SendCommand
from voltway.contracts.vocabulary import CommandState, SpendingLimit
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.errors import Problem
from voltway.kernel.ids import new_id
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.billing import rules
from voltway.modules.billing.settings import BillingSettings
from voltway.modules.billing.tables import settlements, web_payments

log = structlog.get_logger()

TOKEN_KIND = "DirectPayment"
START_WAIT_S, START_TRIED_S = 30.0, 60.0
DUE_MAX = 100


class State(StrEnum):
    """Where a payment is. An open one was begun and not paid; `starting` is ordered, and waits for the car."""

    OPEN = "open"
    PAID = "paid"
    STARTING = "starting"
    STARTED = "started"
    SETTLED = "settled"
    CANCELLED = "cancelled"


NOT_PLUGGED_IN = "not_plugged_in"
_REASONS = {
    CommandState.OFFLINE: "station_offline",
    CommandState.REJECTED: "station_refused",
    CommandState.FAILED: "station_refused",
    CommandState.TIMED_OUT: "station_silent",
}
"""Why nothing came of a payment, by how the order to start ended."""
_CHARGES = (State.PAID, State.STARTING, State.STARTED)


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether a body was signed (HMAC-SHA256, hex) with the secret."""
    wanted = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), signature.encode())


async def open_payment(tx: Tx, place: Mapping[str, Any], limits: Mapping[str, Any], now: datetime) -> str:
    """A payment of somebody who has scanned a code; its id. The same code and limits lead to the same payment while it is open."""
    mine = [web_payments.c[name] == value for name, value in {**place, **limits}.items()]
    recent = (web_payments.c.state == State.OPEN.value, web_payments.c.created_at >= now - timedelta(minutes=2))
    found: str | None = (await tx.execute(sa.select(web_payments.c.id).where(*mine, *recent))).scalars().first()
    if found is not None:
        return found
    row = {
        "id": new_id(),
        **place,
        **limits,
        "id_token": secrets.token_hex(16),
        "state": State.OPEN.value,
        "created_at": now,
        "changed_at": now,
    }
    await bulk.insert(tx, web_payments, [row])
    return str(row["id"])


async def mark_paid(tx: Tx, payment_id: str, psp_reference: str, amount: Money) -> Any | None:
    """A payment is paid; its row as it is then, None where there is none. One that is told again stays as it is."""
    now = clock.now()
    await tx.execute(
        sa.update(web_payments)
        .where(web_payments.c.id == payment_id, web_payments.c.state == State.OPEN.value)
        .values(
            state=State.PAID.value,
            psp_reference=psp_reference,
            amount_minor=amount.minor,
            currency=amount.currency,
            due_at=now,
            changed_at=now,
        )
    )
    return (await tx.execute(sa.select(web_payments).where(web_payments.c.id == payment_id))).one_or_none()


# ---- on its way


async def work(runtime: Runtime) -> None:
    """A job: start what is paid, cancel what nobody has plugged in for."""
    statement = sa.select(web_payments).where(web_payments.c.due_at <= clock.now()).order_by(web_payments.c.due_at)
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement.limit(DUE_MAX))).all()
    for row in rows:
        if row.state == State.PAID.value:
            await _start(runtime, row)
        else:
            await _cancel(runtime, row, NOT_PLUGGED_IN)


async def _start(runtime: Runtime, row: Any) -> None:
    """Order the transaction, once: another process finds the payment starting."""
    plug_s = runtime.settings(BillingSettings).web_payment_plug_s
    if not await _move(runtime, row, State.PAID, State.STARTING, plug_s + START_TRIED_S):
        return
    order = SendCommand(
        operator_id=row.operator_id,
        station_id=row.station_id,
        type="start_transaction",
        arguments={"id_token": row.id_token, "id_token_kind": TOKEN_KIND, "evse_number": row.evse_number},
        requested_by="web payment",
        wait_s=START_WAIT_S,
    )
    try:
        command: CommandView | None = await runtime.ask(order, timeout_s=START_WAIT_S + 5)
    except Problem as problem:
        log.info("web_payment.not_started", station_id=row.station_id, error=problem.detail)
        command = None
    reason = "not_possible" if command is None else _REASONS.get(command.state)
    if reason is not None:
        await _cancel(runtime, row, reason)
    else:  # from here on the driver has so long to plug in
        await _move(runtime, row, State.STARTING, State.STARTING, plug_s)


async def _move(runtime: Runtime, row: Any, old: State, new: State, due_in_s: float) -> bool:
    now = clock.now()
    statement = sa.update(web_payments).where(web_payments.c.id == row.id, web_payments.c.state == old.value)
    values = {"state": new.value, "due_at": now + timedelta(seconds=due_in_s), "changed_at": now}
    async with runtime.database.begin() as tx:
        return bool((await tx.execute(statement.values(**values))).rowcount)


async def _cancel(runtime: Runtime, row: Any, reason: str) -> None:
    """Nothing comes of a payment: the money goes back. One whose transaction has begun meanwhile is left."""
    now = clock.now()
    statement = sa.update(web_payments).where(web_payments.c.id == row.id, web_payments.c.state == State.STARTING.value)
    async with runtime.database.begin() as tx:
        values = {"state": State.CANCELLED.value, "reason": reason, "due_at": None, "changed_at": now}
        if not (await tx.execute(statement.values(**values))).rowcount:
            return
        cancelled = WebPaymentCancelled(
            operator_id=row.operator_id,
            at=now,
            payment_id=row.id,
            psp_reference=row.psp_reference,
            reason=reason,
        )
        tx.publish(cancelled)


# ---- its transaction


async def find_paid_limits(runtime: Runtime, request: FindPaidLimits) -> list[PaidLimit | None]:
    """Whether the payments of tokens may charge, and how far; None for a token that is none of ours."""
    statement = sa.select(web_payments).where(web_payments.c.id_token.in_(request.id_tokens))
    async with runtime.database.read(is_urgent=True) as tx:
        rows = {row.id_token: row for row in (await tx.execute(statement)).all()}
    return [None if (row := rows.get(token)) is None else _limit_of(row) for token in request.id_tokens]


def _limit_of(row: Any) -> PaidLimit:
    """What was paid is the most that a session costs, whatever the driver has chosen at the station."""
    paid = None if row.amount_minor is None else Money(row.amount_minor, row.currency)
    limit = SpendingLimit(cost=paid, energy_wh=row.energy_wh_max, duration_s=row.duration_s_max)
    return PaidLimit(station_id=row.station_id, is_paid=row.state in _CHARGES, limit=limit)


async def on_session_started(runtime: Runtime, tx: Tx, events: Sequence[SessionStarted]) -> None:
    """The car is plugged in: the payment has its session."""
    tokens = {event.id_token: event for event in events if event.id_token is not None}
    statement = sa.select(web_payments).where(
        web_payments.c.id_token.in_(list(tokens)), web_payments.c.state == State.STARTING.value
    )
    for row in (await tx.execute(statement)).all() if tokens else ():
        event = tokens[row.id_token]
        if event.station_id == row.station_id:
            values = {
                "state": State.STARTED.value,
                "session_id": event.session_id,
                "due_at": None,
                "changed_at": event.at,
            }
            await tx.execute(sa.update(web_payments).where(web_payments.c.id == row.id).values(**values))


async def settle(tx: Tx, priced: Sequence[SessionPriced]) -> None:
    """What sessions cost is taken from their payments: a settlement each, never more than was paid."""
    costs = {event.session_id: event.cost.incl_vat for event in priced}
    statement = sa.select(web_payments).where(
        web_payments.c.session_id.in_(list(costs)), web_payments.c.state == State.STARTED.value
    )
    now = clock.now()
    for row in (await tx.execute(statement)).all() if costs else ():
        cost = costs[row.session_id]
        if cost.currency != row.currency:
            log.warning("web_payment.other_currency", session_id=row.session_id, currency=cost.currency)
            continue
        amount = Money(min(cost.minor, row.amount_minor), row.currency)
        await bulk.insert_if_absent(tx, settlements, [_settlement(row, amount, now)])
        values = {"state": State.SETTLED.value, "changed_at": now}
        await tx.execute(sa.update(web_payments).where(web_payments.c.id == row.id).values(**values))


def _settlement(row: Any, amount: Money, now: datetime) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("transaction_id", "receipt_id", "receipt_url", "remark", "vat_number", "vat_company"), None
    )
    return nothing | {
        "id": new_id(),
        "operator_id": row.operator_id,
        "station_id": row.station_id,
        "location_id": row.location_id,
        "psp_reference": row.psp_reference,
        "status": rules.SETTLED,
        "amount_text": format(amount.to_decimal(), "f"),
        "amount_minor": amount.minor,
        "currency": amount.currency,
        "settled_at": now,
        "session_id": row.session_id,
        "received_at": now,
    }

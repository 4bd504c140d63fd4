"""What the payments module listens to: sessions begin, end, are priced and credited; stations come back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from voltway.contracts.billing import SessionCredited, SessionPriced
from voltway.contracts.holds import ONE_TIME_PREFIX
from voltway.contracts.sessions import SessionEnded, SessionStarted
from voltway.contracts.station_link import LinkOpened
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.payments import pushing, rules, store
from voltway.modules.payments.rules import Start, State
from voltway.modules.payments.settings import PaymentsSettings
from voltway.modules.payments.tables import payments

log = structlog.get_logger()

WAITING = (Start.ORDERED.value, Start.ACCEPTED.value, Start.UNKNOWN.value)


async def on_session_started(runtime: Runtime, tx: Tx, events: Sequence[SessionStarted]) -> None:
    """The car is plugged in: the payment has its session."""
    tokens = {
        event.id_token.upper(): event
        for event in events
        if event.id_token is not None and event.id_token.upper().startswith(ONE_TIME_PREFIX)
    }
    if not tokens:
        return
    statement = sa.select(payments).where(payments.c.id_token.in_(sorted(tokens)))
    for row in (await tx.execute(bulk.locked(statement, tx))).all():
        event = tokens[row.id_token]
        if event.station_id != row.station_id or row.session_id == event.session_id:
            continue
        if row.session_id is not None and row.over_at is None:
            log.warning("payment.second_session", payment_id=row.id, session_id=event.session_id)
            continue
        values: dict[str, Any] = {"session_id": event.session_id, "session_started_at": event.at, "over_at": None}
        values |= {"start_state": Start.RUNNING.value, "start_due_at": None, "reason": None, "due_at": clock.now()}
        await store.change(tx, row.id, **values)
        await pushing.tell_payer(tx, row, "started")


async def on_session_ended(runtime: Runtime, tx: Tx, events: Sequence[SessionEnded]) -> None:
    """A session without energy, or without a tariff, is not to be paid for. One of which a person must say what it was is no
    such one: its stop may have told no meter."""
    empty = {
        event.session_id for event in events if event.tariff is None or (event.energy_wh <= 0 and not event.review)
    }
    charged = {event.session_id for event in events if event.energy_wh > 0}
    retry = timedelta(seconds=runtime.settings(PaymentsSettings).retry_s)
    for row in await _of_sessions(tx, empty):
        if row.owed_minor is None and State(row.state) not in rules.FINAL:
            over_at = clock.now() + retry
            values = {"start_state": Start.FAILED.value, "reason": "no_energy", "over_at": over_at, "due_at": over_at}
            await store.change(tx, row.id, **values)
            await pushing.tell_payer(tx, row, "free" if row.session_id in charged else "failed")


async def on_session_priced(runtime: Runtime, tx: Tx, events: Sequence[SessionPriced]) -> None:
    """What a session costs is owed: taken from what is held, and the rest let go; or given back from what was taken."""
    priced = {event.session_id: event for event in events}
    for row in await _of_sessions(tx, set(priced)):
        event = priced[row.session_id]
        cost = event.cost.incl_vat
        if cost.currency != row.currency:
            log.error("payment.priced_in_other_currency", payment_id=row.id, currency=cost.currency)
            continue
        if row.over_at is not None or event.cdr_id == row.cdr_id:
            continue  # an empty session is not charged for; a CDR that is told again says nothing new
        if row.cdr_id is not None and event.replaces_cdr_id is None:
            continue
        if State(row.state) in rules.FINAL or cost.minor > max(row.held_minor, row.captured_minor):
            log.warning("payment.not_covered", payment_id=row.id, owed=cost.minor, held=row.held_minor)
        values = {"owed_minor": cost.minor, "cdr_id": event.cdr_id, "open_key": None, "due_at": _due(row)}
        await store.change(tx, row.id, **values)
        if row.cdr_id is None:  # a corrected price is told by its document
            await pushing.tell_payer(tx, row, "finished", cost)


async def on_session_credited(runtime: Runtime, tx: Tx, events: Sequence[SessionCredited]) -> None:
    """A CDR is taken back: what was taken goes back, unless a corrected one takes its place soon."""
    wait = timedelta(seconds=runtime.settings(PaymentsSettings).credit_wait_s)
    credited = {event.session_id: event for event in events}
    for row in await _of_sessions(tx, set(credited)):
        event = credited[row.session_id]
        if event.cdr_id != row.cdr_id or row.owed_minor is None or event.amount.currency != row.currency:
            continue
        later = clock.now() + wait
        values = {"owed_minor": max(row.owed_minor - event.amount.minor, 0), "refund_after": later, "due_at": later}
        if row.state == State.HELD.value:  # nothing is taken yet: neither is it now
            values |= {"due_at": clock.now()}
        await store.change(tx, row.id, **values)


async def on_link_opened(runtime: Runtime, tx: Tx, events: Sequence[LinkOpened]) -> None:
    """A station is back: it tells of what it did alone, then what came of our order is looked at."""
    quiet = timedelta(seconds=runtime.settings(PaymentsSettings).quiet_s)
    station_ids = sorted({event.station_id for event in events})
    statement = sa.update(payments).where(
        payments.c.station_id.in_(station_ids), payments.c.start_state.in_(WAITING), payments.c.session_id.is_(None)
    )
    await tx.execute(statement.values(station_back_at=clock.now(), due_at=clock.now() + quiet))


def _due(row: Any) -> Any:
    """A corrected CDR waits no longer for a credit."""
    return max(clock.now(), row.refund_after) if row.refund_after is not None else clock.now()


async def _of_sessions(tx: Tx, session_ids: set[str]) -> Sequence[Any]:
    if not session_ids:
        return ()
    statement = sa.select(payments).where(payments.c.session_id.in_(sorted(session_ids)))
    return (await tx.execute(bulk.locked(statement, tx))).all()

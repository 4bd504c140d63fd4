"""What the users module hears, and the sessions that it has stopped. Verdicts stand in judging.py."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
import structlog

from voltway.contracts.access import FindTokenSessions
from voltway.contracts.billing import SessionPriced
from voltway.contracts.sessions import SessionName
from voltway.contracts.stations import SendCommand
from voltway.contracts.vocabulary import CommandState
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.users import quotas
from voltway.modules.users.tables import debits, id_tokens, stops

log = structlog.get_logger()


async def on_session_priced(runtime: Runtime, tx: Tx, events: Sequence[SessionPriced]) -> None:
    """Take what a session cost from its token's credit, once."""
    for event in events:
        if event.id_token_id is None:
            continue
        await quotas.note_price(tx, event)
        token = sa.and_(id_tokens.c.operator_id == event.operator_id, id_tokens.c.id == event.id_token_id)
        row = (await tx.execute(bulk.locked(sa.select(id_tokens).where(token), tx))).one_or_none()
        if row is None or row.balance_minor is None:
            continue
        cost = event.cost.incl_vat
        if cost.currency != row.balance_currency:
            log.warning("credit.other_currency", session_id=event.session_id, currency=cost.currency)
            continue
        debit = {
            "session_id": event.session_id,
            "operator_id": event.operator_id,
            "id_token_id": row.id,
            "amount_minor": cost.minor,
            "currency": cost.currency,
            "debited_at": clock.now(),
        }
        if await bulk.insert_if_absent(tx, debits, [debit]):
            left = id_tokens.c.balance_minor - cost.minor
            await tx.execute(
                sa.update(id_tokens).where(token).values(balance_minor=left, version=id_tokens.c.version + 1)
            )


STOP_ATTEMPTS = 20


async def stop_deauthorized(runtime: Runtime) -> None:
    """A job: stop the sessions of tokens that may not charge any more."""
    async with runtime.database.read() as tx:
        due = (await tx.execute(sa.select(stops).order_by(stops.c.asked_at).limit(50))).all()
    for stop in due:
        sessions = await runtime.ask(FindTokenSessions(operator_id=stop.operator_id, id_token_id=stop.id_token_id))
        is_over = True
        for session in sessions:
            is_over = await _stop(runtime, session) and is_over
        attempts = stop.attempts + 1
        statement: sa.Update | sa.Delete = sa.delete(stops)
        if not is_over and attempts < STOP_ATTEMPTS:
            statement = sa.update(stops).values(attempts=attempts, asked_at=clock.now())
        async with runtime.database.begin() as tx:
            await tx.execute(statement.where(stops.c.id_token_id == stop.id_token_id))


async def _stop(runtime: Runtime, session: SessionName) -> bool:
    """Whether nothing more is to be done about a session."""
    try:
        command = await runtime.ask(
            SendCommand(
                operator_id=session.operator_id,
                station_id=session.station_id,
                type="stop_transaction",
                arguments={"session_id": session.session_id},
                requested_by="deauthorisation",
                wait_s=10.0,
            )
        )
    except Problem as problem:
        log.info("session.not_stopped", session_id=session.session_id, error=problem.detail)
        return True  # it has ended meanwhile, or the station cannot
    return command.state in (CommandState.ACCEPTED, CommandState.REJECTED)

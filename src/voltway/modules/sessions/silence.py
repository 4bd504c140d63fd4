"""Sessions whose end never comes: their stations are asked after them (silence_rules.py).

A 2.x station says whether it knows the transaction, and whether reports of it wait. A 1.6 station cannot be asked that; it is
asked for the status of its connector, which is looked at a minute later. What the station knows no more ends with the last that
was told, and waits for a person; a stop that comes nevertheless counts in full.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from voltway.contracts.stations import CommandView, FindConnectorWords, SendCommand
from voltway.contracts.vocabulary import CommandState
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.sessions import rules, store
from voltway.modules.sessions.matching import KnownSessions
from voltway.modules.sessions.recording import events_of
from voltway.modules.sessions.settings import SessionsSettings
from voltway.modules.sessions.silence_rules import SETTLES, Answer, Step, answer_of, answer_of_word, next_step
from voltway.modules.sessions.tables import IS_ACTIVE, inquiries, progress, sessions, whole

log = structlog.get_logger()

BY = "silence"
SILENT = "silent"
DUE_MAX, AT_ONCE = 200, 20
WAIT_S = 5.0


async def ask_after(runtime: Runtime) -> None:
    """A job: ask after the sessions that have been silent for long."""
    settings, now = runtime.settings(SessionsSettings), clock.now()
    async with runtime.database.read() as tx:
        due = await _find_due(tx, now, now - timedelta(seconds=settings.ask_after_silence_s))
    for start in range(0, len(due), AT_ONCE):
        await asyncio.gather(*(_look_at(runtime, row, settings) for row in due[start : start + AT_ONCE]))
    await _forget_ended(runtime)


async def _find_due(tx: Tx, now: Any, before: Any) -> Any:
    statement = (
        sa.select(
            sessions.c.id,
            sessions.c.operator_id,
            sessions.c.station_id,
            sessions.c.protocol,
            sessions.c.evse_number,
            sessions.c.connector_number,
            sessions.c.transaction_id,
            progress.c.updated_at,
            inquiries.c.told_at,
            inquiries.c.is_triggered,
            inquiries.c.gone_count,
            inquiries.c.unknown_count,
        )
        .select_from(whole.outerjoin(inquiries, inquiries.c.session_id == sessions.c.id))
        .where(IS_ACTIVE, progress.c.updated_at < before)
        .where(sa.or_(inquiries.c.session_id.is_(None), inquiries.c.due_at <= now))
        .order_by(progress.c.updated_at)
        .limit(DUE_MAX)
    )
    return (await tx.execute(statement)).all()


async def _look_at(runtime: Runtime, row: Any, settings: SessionsSettings) -> None:
    is_new = row.told_at != row.updated_at  # not asked yet, or it has spoken since
    if row.protocol != "ocpp1.6":
        answer = await _ask(runtime, row)
    elif is_new or not row.is_triggered:
        answer = await _trigger(runtime, row)
        if answer is Answer.WAITS:
            counts = (0, 0) if is_new else (row.gone_count, row.unknown_count)
            await _note(runtime, row, Step(clock.now() + SETTLES, *counts), is_triggered=True)
            return
    else:
        question = FindConnectorWords(operator_id=row.operator_id, station_id=row.station_id)
        answer = answer_of_word((await runtime.ask(question)).get(row.evse_number))
    step = next_step(
        answer,
        0 if is_new else row.gone_count,
        0 if is_new else row.unknown_count,
        clock.now(),
        timedelta(seconds=settings.ask_after_silence_s),
        timedelta(seconds=settings.ask_again_s),
    )
    log.info("session.asked_after", session_id=row.id, answer=answer.value)
    await _note(runtime, row, step)


async def _ask(runtime: Runtime, row: Any) -> Answer:
    command = await _order(runtime, row, "get_transaction_status", {"transaction_id": row.transaction_id})
    return Answer.UNKNOWN if command is None else answer_of(command.state, command.result)


async def _trigger(runtime: Runtime, row: Any) -> Answer:
    """Have a 1.6 station tell its connector's status; WAITS: it will."""
    told = {"message": "StatusNotification", "evse_number": row.evse_number}
    command = await _order(runtime, row, "trigger_message", {k: v for k, v in told.items() if v is not None})
    if command is None:
        return Answer.UNKNOWN
    return Answer.WAITS if command.state is CommandState.ACCEPTED else answer_of(command.state, None)


async def _order(runtime: Runtime, row: Any, kind: str, arguments: dict[str, Any]) -> CommandView | None:
    """What an order came to; None: the station cannot do it."""
    order = SendCommand(
        operator_id=row.operator_id,
        station_id=row.station_id,
        type=kind,
        arguments=arguments,
        requested_by=BY,
        wait_s=WAIT_S,
    )
    try:
        return await runtime.ask(order)
    except Problem as problem:
        if problem.status >= 500:
            raise  # nobody answers: the next round
        return None


async def _note(runtime: Runtime, row: Any, step: Step, *, is_triggered: bool = False) -> None:
    """Write down what follows, unless the session has spoken meanwhile."""
    async with runtime.database.begin() as tx:
        found = [each for each in await store.load_by_id(tx, [row.id]) if not each.is_ended]
        if not found or found[0].updated_at != row.updated_at:
            return
        values = {
            "session_id": row.id,
            "operator_id": row.operator_id,
            "due_at": step.due_at,
            "told_at": row.updated_at,
            "is_triggered": is_triggered,
            "gone_count": step.gone_count,
            "unknown_count": step.unknown_count,
        }
        if step.is_over or step.is_odd:
            known = KnownSessions(found)
            if step.is_over:
                known.put(rules.end_unreported(found[0], clock.now()))
            else:
                known.put(rules.mark(found[0], SILENT))
            await store.save(tx, known, [])
            tx.publish(*events_of(known, tells_progress=True))
        update = tuple(name for name in values if name not in ("session_id", "operator_id"))
        await bulk.upsert(tx, inquiries, [values], key=("session_id",), update=update)


async def _forget_ended(runtime: Runtime) -> None:
    """Drop what was asked about sessions that are over."""
    over = sa.select(inquiries.c.session_id).join(sessions, sessions.c.id == inquiries.c.session_id).where(~IS_ACTIVE)
    async with runtime.database.read() as tx:
        ids = (await tx.execute(over.limit(500))).scalars().all()
    if ids:
        async with runtime.database.begin() as tx:
            await tx.execute(sa.delete(inquiries).where(inquiries.c.session_id.in_(ids)))

"""Sessions that may go so far and no further: who does not stop by itself is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from voltway.contracts.stations import SendCommand
from voltway.contracts.vocabulary import SessionState, SpendingLimit
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.sessions import limit_rules, store
from voltway.modules.sessions.metering import running_costs
from voltway.modules.sessions.model import Session, tariff_of
from voltway.modules.sessions.tables import limits, progress, sessions

log = structlog.get_logger()

CHECK, RETRY = timedelta(seconds=2), timedelta(seconds=30)
ATTEMPTS_MAX = 20
BATCH = 500


async def add(tx: Tx, limited: Sequence[tuple[Session, SpendingLimit]]) -> None:
    """Note how far sessions may go."""
    rows = [
        {
            "session_id": session.id,
            "operator_id": session.operator_id,
            "spending_limit": msgspec.to_builtins(limit),
            "due_at": session.updated_at + CHECK,
            "reached_at": None,
            "attempts": 0,
        }
        for session, limit in limited
    ]
    if rows:
        await bulk.insert_if_absent(tx, limits, rows)


async def find(tx: Tx, session_id: str) -> Any | None:
    """The limit of a session."""
    return (await tx.execute(sa.select(limits).where(limits.c.session_id == session_id))).one_or_none()


async def stop_at_limits(runtime: Runtime) -> None:
    """A job: have the sessions stopped that have used up what they may."""
    now = clock.now()
    statement = (
        sa.select(
            limits,
            sessions.c.state,
            sessions.c.station_id,
            sessions.c.started_at,
            sessions.c.tariff,
            progress.c.energy_wh,
            progress.c.charging_state,
        )
        .join(sessions, sessions.c.id == limits.c.session_id)
        .join(progress, progress.c.session_id == limits.c.session_id)
        .where(limits.c.due_at <= now)
        .order_by(limits.c.due_at)
        .limit(BATCH)
    )
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement)).all()
        full = [row.session_id for row in rows if row.tariff is not None and tariff_of(row.tariff).full is not None]
        by_readings = await store.find_running(tx, full) if full else []
    if not rows:
        return
    costs = await running_costs(runtime, by_readings)
    over = {row.session_id for row in rows if row.state == SessionState.ENDED.value}
    reached = [
        row
        for row in rows
        if row.session_id not in over
        and limit_rules.is_used_up(
            msgspec.convert(row.spending_limit, SpendingLimit),
            tariff=row.tariff,
            energy_wh=row.energy_wh,
            started_at=row.started_at,
            at=now,
            charging_state=row.charging_state,
            metered_cost=costs[row.session_id].incl_vat.to_decimal() if row.session_id in costs else None,
        )
    ]
    at_limit = {row.session_id for row in reached}
    due = {row.session_id: now + (RETRY if row.session_id in at_limit else CHECK) for row in rows}
    async with runtime.database.begin() as tx:
        for row in rows:
            values: dict[str, Any] = {"due_at": None if row.session_id in over else due[row.session_id]}
            if row.session_id in at_limit:
                values |= {"reached_at": row.reached_at or now, "attempts": row.attempts + 1}
                if row.attempts + 1 >= ATTEMPTS_MAX:
                    values["due_at"] = None
            await tx.execute(sa.update(limits).where(limits.c.session_id == row.session_id).values(**values))
    await asyncio.gather(*(_stop(runtime, row) for row in reached))


async def _stop(runtime: Runtime, row: Any) -> None:
    try:
        command = await runtime.ask(
            SendCommand(
                operator_id=row.operator_id,
                station_id=row.station_id,
                type="stop_transaction",
                arguments={"session_id": row.session_id},
                requested_by="limit",
                wait_s=5.0,
            )
        )
    except Problem as problem:
        log.info("session.not_stopped", session_id=row.session_id, error=problem.detail)
        return
    log.info("session.stopped_at_limit", session_id=row.session_id, state=command.state.value)

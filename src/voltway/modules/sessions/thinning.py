"""Keeping the table of samples small: sessions that are over and paid for are thinned (thinning_rules.py), and what meters said
beside sessions is forgotten. Both walk along a primary key and remember how far they are, so that a round looks at nothing twice.

A session that is priced by a tariff of the full form keeps all of its samples: should its cost be found again, it is found from them.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa
import structlog

from voltway.contracts.vocabulary import SessionState
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.ids import first_id_at
from voltway.kernel.retention import PAUSE_S, SLICE_ROWS
from voltway.kernel.runtime import Runtime
from voltway.modules.sessions.model import tariff_of
from voltway.modules.sessions.settings import SessionsSettings
from voltway.modules.sessions.tables import retention, samples, sessions
from voltway.modules.sessions.thinning_rules import Told, surplus

log = structlog.get_logger()

SESSIONS_AT_ONCE = 50
SLICES_MAX = 200
"""Of one round; the next one goes on."""
THINNED, IDLE = "thinned", "idle"


async def thin(runtime: Runtime) -> None:
    """A job: thin the sessions that have been over for long enough."""
    days = runtime.settings(SessionsSettings).samples_whole_days
    if not days:
        return
    ended_before, count = clock.now() - timedelta(days=days), 0
    for _ in range(SLICES_MAX):
        async with runtime.database.read() as tx:
            position = await _position(tx, THINNED)
            rows = await _sessions_after(tx, position, ended_before)
            gone = await _surplus_of(tx, [row.id for row in rows if _is_done(row, ended_before)])
        if not rows:
            break
        left = iter(gone)
        while ids := list(islice(left, SLICE_ROWS)):
            async with runtime.database.begin() as tx:
                await tx.execute(sa.delete(samples).where(samples.c.id.in_(ids)))
            await asyncio.sleep(PAUSE_S)
        async with runtime.database.begin() as tx:
            await _move(tx, THINNED, rows[-1].id)
        count += len(gone)
    if count:
        log.info("samples.thinned", count=count)


async def forget_idle(runtime: Runtime) -> None:
    """A job: forget what meters said while nobody charged."""
    days = runtime.settings(SessionsSettings).idle_samples_days
    if not days:
        return
    before = clock.now() - timedelta(days=days)
    for _ in range(SLICES_MAX):
        async with runtime.database.read() as tx:
            position = int(await _position(tx, IDLE) or 0)
            step = sa.select(samples.c.id, samples.c.received_at).where(samples.c.id > position).order_by(samples.c.id)
            rows = [row for row in (await tx.execute(step.limit(SLICE_ROWS))).all() if row.received_at < before]
        if not rows:
            return
        last = rows[-1].id
        async with runtime.database.begin() as tx:
            is_idle = samples.c.session_id.is_(None)
            await tx.execute(sa.delete(samples).where(samples.c.id > position, samples.c.id <= last, is_idle))
            await _move(tx, IDLE, str(last))
        await asyncio.sleep(PAUSE_S)


def _is_done(row: Any, ended_before: datetime) -> bool:
    """Whether nobody will ask again how a session was priced: it is over, paid for by the registers, and no person looks at it."""
    if (
        row.state != SessionState.ENDED.value
        or not row.is_priced
        or row.ended_at is None
        or row.ended_at > ended_before
    ):
        return False
    return row.tariff is None or (row.cost is not None and tariff_of(row.tariff).full is None)


async def _sessions_after(tx: Tx, position: str, before: datetime) -> Sequence[Any]:
    """The next sessions that began before an instant, in the order in which they began."""
    columns = sessions.c
    statement = (
        sa.select(columns.id, columns.state, columns.is_priced, columns.ended_at, columns.tariff, columns.cost)
        .where(columns.id > position, columns.id < first_id_at(before))
        .order_by(columns.id)
        .limit(SESSIONS_AT_ONCE)
    )
    return (await tx.execute(statement)).all()


async def _surplus_of(tx: Tx, session_ids: Sequence[str]) -> list[int]:
    table, by_session = samples.c, defaultdict[str, list[Told]](list)
    if not session_ids:
        return []
    statement = sa.select(
        table.session_id,
        table.id,
        table.at,
        table.context,
        table.location,
        table.power_w,
        table.signed.is_not(sa.null()).label("is_signed"),
    ).where(table.session_id.in_(session_ids))
    for session_id, *told in (await tx.execute(statement)).all():
        by_session[session_id].append(Told(*told))
    return [sample_id for told in by_session.values() for sample_id in surplus(told)]


async def _position(tx: Tx, name: str) -> str:
    found = (await tx.execute(sa.select(retention.c.position).where(retention.c.name == name))).scalar_one_or_none()
    return found or ""


async def _move(tx: Tx, name: str, position: str) -> None:
    row = {"name": name, "position": position, "moved_at": clock.now()}
    await bulk.upsert(tx, retention, [row], key=("name",), update=("position", "moved_at"))

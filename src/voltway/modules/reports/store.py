"""What writes and finds single facts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from voltway.charging.uptime import State
from voltway.kernel import bulk
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.reports.tables import changes, evses, sessions, spills, stale, starts

FAULT_WITHIN = timedelta(seconds=60)
"""A fault told so soon after a session is what ended it."""


async def told_at(tx: Tx, session_ids: Collection[str]) -> dict[str, datetime]:
    """When what is kept of these sessions was told."""
    statement = sa.select(sessions.c.session_id, sessions.c.told_at).where(sessions.c.session_id.in_(list(session_ids)))
    return {row.session_id: row.told_at for row in await tx.execute(statement)}


async def sessions_hit(tx: Tx, station_id: str, evse_number: int, at: datetime) -> list[str]:
    """The sessions that a fault of an EVSE (0: of the whole station) has ended."""
    statement = sa.select(sessions.c.session_id).where(
        sessions.c.station_id == station_id,
        sessions.c.started_at <= at,
        sessions.c.ended_at >= at - FAULT_WITHIN,
        sessions.c.day_on.is_not(None),
    )
    if evse_number:
        statement = statement.where(sessions.c.evse_number == evse_number)
    return list((await tx.execute(statement)).scalars())


async def make_stale(tx: Tx, session_ids: Sequence[str]) -> None:
    """The sums of these sessions' days are to be made anew; a session without a day makes its own stale when it gets one."""
    of = (sessions.c.operator_id, sessions.c.station_id, sessions.c.day_on)
    among = sessions.c.session_id.in_(list(session_ids))
    own = sa.select(*of).where(among, sessions.c.day_on.is_not(None))
    before = sa.select(spills.c.operator_id, spills.c.station_id, spills.c.day_on).where(
        spills.c.session_id.in_(list(session_ids))
    )
    await mark(tx, {tuple(row) for row in await tx.execute(sa.union(own, before))})


async def mark(tx: Tx, days: Collection[tuple[str, str, str]]) -> None:
    """The sums of these (operator, station, day) are to be made anew."""
    rows = [
        {"id": new_id(), "operator_id": operator, "station_id": station, "day_on": on}
        for operator, station, on in sorted(days)
    ]
    await bulk.insert(tx, stale, rows)


async def forget_days(tx: Tx, session_ids: Sequence[str]) -> None:
    """What is known of these sessions changes: they are to be given their days anew."""
    if not session_ids:
        return
    await make_stale(tx, session_ids)
    await tx.execute(sa.delete(spills).where(spills.c.session_id.in_(session_ids)))
    await tx.execute(sa.update(sessions).where(sessions.c.session_id.in_(session_ids)).values(day_on=None))


async def unplaced(tx: Tx, limit: int) -> tuple[Sequence[Any], Sequence[Any], Sequence[Any]]:
    """Sessions without a day, failed starts without one, and EVSEs of which it is not known where they stand."""
    without_day = sa.select(sessions).where(sessions.c.day_on.is_(None)).order_by(sessions.c.session_id).limit(limit)
    failed = sa.select(starts).where(starts.c.day_on.is_(None)).order_by(starts.c.command_id).limit(limit)
    unknown = sa.select(evses).where(evses.c.is_placed.is_(False)).order_by(evses.c.station_id).limit(limit)
    found = [(await tx.execute(statement)).all() for statement in (without_day, failed, unknown)]
    return found[0], found[1], found[2]


async def faults(tx: Tx, rows: Sequence[Any]) -> dict[str, list[tuple[int, datetime]]]:
    """When EVSEs of these sessions' stations were faulted while any of them ran: station -> (EVSE, instant)."""
    found: dict[str, list[tuple[int, datetime]]] = {}
    if rows:
        statement = sa.select(changes.c.station_id, changes.c.evse_number, changes.c.at).where(
            changes.c.station_id.in_(sorted({row.station_id for row in rows})),
            changes.c.state == State.FAULTED,
            changes.c.at >= min(row.started_at for row in rows),
            changes.c.at <= max(row.ended_at for row in rows) + FAULT_WITHIN,
        )
        for row in await tx.execute(statement):
            found.setdefault(row.station_id, []).append((row.evse_number, row.at))
    return found

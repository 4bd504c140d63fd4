"""What sessions show when one looks at them together: readings that were played again, and how charging goes at an EVSE."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import groupby
from typing import TypeAlias

import sqlalchemy as sa

from voltway.contracts.directory import ChargeRecord, SummarizeCharges
from voltway.contracts.sessions import ChargeStates, FindChargeStates, FindReadingDigests
from voltway.contracts.vocabulary import SessionState
from voltway.kernel.runtime import Runtime
from voltway.modules.sessions.tables import progress, samples, sessions, whole

AT_LEAST = 5
"""Fewer readings that differ can be alike by chance."""
SAMPLES_MAX = 20_000
CHARGE_WH = 100
"""Less than this is no charge."""

Reading: TypeAlias = tuple[int | None, float | None, float | None, float | None]
"""Energy in Wh, power in W, current in A, voltage in V."""


def digest(readings: Iterable[Reading]) -> str | None:
    """A digest of the register's readings and what was measured with them; None: too few that differ to tell anything.
    The register as it stands, not its differences: an honest one only rises, so that constant power gives no two alike."""
    told = [reading for reading, _ in groupby(each for each in readings if each[0] is not None)]
    if len({energy_wh for energy_wh, *_ in told}) < AT_LEAST:
        return None
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


async def find_reading_digests(runtime: Runtime, request: FindReadingDigests) -> dict[str, str]:
    """The digests of the sessions that have enough readings."""
    table = samples.c
    statement = (
        sa.select(table.session_id, table.energy_wh, table.power_w, table.current_a, table.voltage_v)
        .where(table.session_id.in_(request.session_ids))
        .order_by(table.session_id, table.at, table.id)
        .limit(SAMPLES_MAX)
    )
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement)).all()
    found = {
        session_id: digest((row.energy_wh, row.power_w, row.current_a, row.voltage_v) for row in of_it)
        for session_id, of_it in groupby(rows, key=lambda row: row.session_id)
    }
    return {session_id: value for session_id, value in found.items() if value is not None}


async def find_charge_states(runtime: Runtime, request: FindChargeStates) -> dict[str, ChargeStates]:
    """The first and the last reading of each session that tells the state of charge beside the register."""
    table = samples.c
    statement = (
        sa.select(table.session_id, table.soc_percent, table.energy_wh)
        .where(table.session_id.in_(request.session_ids), table.soc_percent.is_not(None), table.energy_wh.is_not(None))
        .order_by(table.session_id, table.at, table.id)
        .limit(SAMPLES_MAX)
    )
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement)).all()
    found: dict[str, ChargeStates] = {}
    for session_id, of_it in groupby(rows, key=lambda row: row.session_id):
        first, *others = of_it
        if others:
            last = others[-1]
            found[session_id] = ChargeStates(first.soc_percent, last.soc_percent, last.energy_wh - first.energy_wh)
    return found


async def summarize_charges(runtime: Runtime, request: SummarizeCharges) -> list[ChargeRecord]:
    """How charging went at some stations, by EVSE."""
    is_success = progress.c.energy_wh >= CHARGE_WH
    statement = (
        sa.select(
            sessions.c.station_id,
            sessions.c.evse_number,
            sa.func.count().label("attempts"),
            sa.func.sum(sa.case((is_success, 1), else_=0)).label("successes"),
            sa.func.max(sa.case((is_success, sessions.c.ended_at))).label("last_success_at"),
        )
        .select_from(whole)
        .where(
            sessions.c.station_id.in_(request.station_ids),
            sessions.c.state == SessionState.ENDED,
            sessions.c.started_at >= request.since,
            sessions.c.evse_number.is_not(None),
        )
        .group_by(sessions.c.station_id, sessions.c.evse_number)
    )
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement)).all()
    return [
        ChargeRecord(
            station_id=row.station_id,
            evse_number=row.evse_number,
            attempts=row.attempts,
            successes=int(row.successes),
            last_success_at=row.last_success_at,
        )
        for row in rows
    ]

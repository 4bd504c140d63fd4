"""What was metered in a session, as prices need it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from voltway.charging import metered, pricing
from voltway.charging.metered import Metered, Reading
from voltway.charging.pricing import Cost
from voltway.contracts.sessions import FindMetered, FindPeakPowers
from voltway.contracts.stations import FindTimeZones
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.sessions.model import running_cost, tariff_of
from voltway.modules.sessions.rules import BILLED_LOCATION
from voltway.modules.sessions.tables import column, samples, sessions, whole

UTC = "UTC"
_NEEDED = (
    "id",
    "started_at",
    "ended_at",
    "last_report_at",
    "charging_ended_at",
    "meter_start_wh",
    "energy_wh",
    "review",
)


async def find_metered(runtime: Runtime, request: FindMetered) -> dict[str, Metered]:
    """What was metered in some sessions."""
    columns = [column(name) for name in _NEEDED]
    wanted = sa.select(*columns).select_from(whole).where(sessions.c.id.in_(request.session_ids))
    async with runtime.database.read() as tx:
        rows = (await tx.execute(wanted)).all()
        return await metered_of(tx, rows)


async def metered_of(tx: Tx, rows: Sequence[Any]) -> dict[str, Metered]:
    """The same of sessions that have been read. The register is that of the outlet; times are corrected as the session's are."""
    told = [row for row in rows if row.meter_start_wh is not None]
    readings = await _readings(tx, [row.id for row in told])
    return {
        row.id: Metered(
            started_at=row.started_at,
            known_until=_known_until(row),
            meter_start_wh=row.meter_start_wh,
            energy_wh=row.energy_wh,
            idle_from=row.charging_ended_at,
            readings=tuple(readings.get(row.id, ())),
        )
        for row in told
    }


def _known_until(row: Any) -> datetime:
    """A session that nobody ended is known as far as its last report."""
    ended_at: datetime | None = row.ended_at
    if ended_at is not None and "superseded" not in row.review.split():
        return ended_at
    told_at: datetime = row.last_report_at
    started_at: datetime = row.started_at
    return max(min(told_at, ended_at or told_at), started_at)


async def _readings(tx: Tx, session_ids: Sequence[str]) -> dict[str, list[Reading]]:
    found: dict[str, list[Reading]] = defaultdict(list)
    table = samples.c
    statement = (
        sa.select(table.session_id, table.at, table.energy_wh, table.power_w, table.current_a)
        .where(table.session_id.in_(session_ids), table.energy_wh.is_not(None), table.location == BILLED_LOCATION)
        .order_by(table.session_id, table.at, table.id)
    )
    for row in (await tx.execute(statement)).all() if session_ids else ():
        found[row.session_id].append(Reading(row.at, row.energy_wh, row.power_w, row.current_a))
    return found


async def find_peak_powers(runtime: Runtime, request: FindPeakPowers) -> dict[str, float]:
    """The highest power in some sessions; thinning keeps the samples that say so."""
    table = samples.c
    measured = (
        sa.select(table.session_id, sa.func.max(table.power_w).label("power_w"))
        .where(table.session_id.in_(request.session_ids), table.power_w.is_not(None), table.location == BILLED_LOCATION)
        .group_by(table.session_id)
    )
    async with runtime.database.read() as tx:
        found = {row.session_id: float(row.power_w) for row in (await tx.execute(measured)).all()}
    rest = tuple(session_id for session_id in request.session_ids if session_id not in found)
    if rest:
        used = await find_metered(runtime, FindMetered(session_ids=rest))
        found |= {session_id: peak for session_id, one in used.items() if (peak := metered.mean_peak_w(one)) > 0}
    return found


async def running_costs(runtime: Runtime, rows: Sequence[Any]) -> dict[str, Cost]:
    """What sessions cost so far, also by tariffs of the full form, which need what was metered."""
    found = {row.id: cost for row in rows if (cost := running_cost(row)) is not None}
    full = [row for row in rows if row.tariff is not None and row.has_start and tariff_of(row.tariff).full is not None]
    if not full:
        return found
    zones = await time_zones(runtime, {row.location_id for row in full if row.location_id})
    async with runtime.database.read() as tx:
        metered_so_far = await metered_of(tx, full)
    for row in full:
        by, used = tariff_of(row.tariff).full, metered_so_far.get(row.id)
        if by is not None and used is not None:
            zone = ZoneInfo(zones.get(row.location_id or "", UTC))
            found[row.id] = pricing.price_usage(by, metered.usage_of(used, zone))
    return found


async def time_zones(runtime: Runtime, location_ids: set[str]) -> dict[str, str]:
    """The zones of locations; none where the stations are not here."""
    nothing: dict[str, str] = {}
    return await runtime.ask_or(FindTimeZones(location_ids=tuple(sorted(location_ids))), nothing)

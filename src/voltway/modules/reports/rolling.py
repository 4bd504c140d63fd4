"""Facts get their local day, and the sums of days are made of them: a job, and whoever asks for a report before it came round.

A fact that changes a day marks it as stale in its own transaction; the sums of a stale day are made anew from its facts. So
they are right in whatever order facts come, and however often.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from voltway.contracts.stations import DescribeLocations, FindStations
from voltway.contracts.users import FindTokenHolders, TokenHolder
from voltway.kernel import bulk
from voltway.kernel.database import Database, Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.reports import rules, store, sums
from voltway.modules.reports.settings import ReportsSettings
from voltway.modules.reports.tables import days, evses, sessions, spills, stale, starts

STALE_AT_ONCE = 500


class Rolling:
    """One roll-up at a time in this process."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()


async def roll_up(runtime: Runtime) -> None:
    """Bring the sums up to all facts that are saved."""
    async with runtime.state(Rolling).lock:
        while await _place(runtime):
            pass
        while await add_up(runtime.database):
            pass


# ---- days of facts


class _Known(NamedTuple):
    """What had to be asked of others: (operator, id) -> answer."""

    zones: Mapping[tuple[str, str], ZoneInfo]
    stations: Mapping[str, str | None]
    holders: Mapping[tuple[str, str], TokenHolder]


async def _place(runtime: Runtime) -> bool:
    settings = runtime.settings(ReportsSettings)
    async with runtime.database.read() as tx:
        found, failed, unknown = await store.unplaced(tx, settings.batch)
    if not found and not failed and not unknown:
        return False
    known = await _ask(runtime, found, failed, unknown)
    home = ZoneInfo(settings.time_zone)
    async with runtime.database.begin() as tx:
        await _place_sessions(tx, found, known, home, settings.completed_wh_min)
        await _place_starts(tx, failed, known, home)
        await _place_evses(tx, unknown, known)
    return True


async def _ask(runtime: Runtime, found: Sequence[Any], failed: Sequence[Any], unknown: Sequence[Any]) -> _Known:
    zones: dict[tuple[str, str], ZoneInfo] = {}
    stations: dict[str, str | None] = {}
    holders: dict[tuple[str, str], TokenHolder] = {}
    for operator_id in sorted({row.operator_id for row in (*found, *failed, *unknown)}):
        ids = {row.station_id for row in (*failed, *unknown) if row.operator_id == operator_id}
        if ids:
            named = await runtime.ask(FindStations(operator_id=operator_id, station_ids=tuple(sorted(ids))))
            stations |= {each.station_id: each.location_id for each in named}
        places = {row.location_id for row in found if row.operator_id == operator_id and row.location_id}
        places |= {stations[each] or "" for each in ids if stations.get(each)}
        if places:
            question = DescribeLocations(operator_id=operator_id, location_ids=tuple(sorted(places)))
            for place in await runtime.ask(question):
                zones[operator_id, place.location_id] = ZoneInfo(place.time_zone)
        tokens = {row.id_token_id for row in found if row.operator_id == operator_id and row.id_token_id}
        if tokens:
            holding = FindTokenHolders(operator_id=operator_id, id_token_ids=tuple(sorted(tokens)))
            holders |= {(operator_id, holder.id_token_id): holder for holder in await runtime.ask(holding)}
    return _Known(zones, stations, holders)


async def _place_evses(tx: Tx, unknown: Sequence[Any], known: _Known) -> None:
    if not unknown:
        return
    key = (evses.c.station_id == sa.bindparam("of_station"), evses.c.evse_number == sa.bindparam("number"))
    statement = sa.update(evses).where(*key).values(location_id=sa.bindparam("place"), is_placed=True)
    rows = [
        {"of_station": row.station_id, "number": row.evse_number, "place": known.stations.get(row.station_id)}
        for row in unknown
    ]
    await tx.execute(statement, rows)


async def _place_sessions(tx: Tx, found: Sequence[Any], known: _Known, home: ZoneInfo, wh_min: int) -> None:
    faults = await store.faults(tx, found)
    placed: list[dict[str, Any]] = []
    spilt: list[dict[str, Any]] = []
    touched: set[tuple[str, str, str]] = set()
    for row in found:
        zone = known.zones.get((row.operator_id, row.location_id), home)
        on = rules.day_of(row.ended_at, zone)
        busy = rules.days_of(row.started_at, row.ended_at, zone)
        holder = known.holders.get((row.operator_id, row.id_token_id))
        was_faulted = _is_hit(row, faults.get(row.station_id, ()))
        placed.append(
            {
                "of_session": row.session_id,
                "as_told": row.told_at,
                "day_on": on,
                "operator_day_on": rules.day_of(row.ended_at, home),
                "busy_s": busy.pop(on, 0),
                "driver_id": None if holder is None else holder.account_id,
                "token_group": None if holder is None else holder.group,
                "cause": rules.cause_of_session(row.energy_wh, wh_min, was_faulted=was_faulted),
            }
        )
        touched |= {(row.operator_id, row.station_id, each) for each in (on, *busy)}
        named = {name: getattr(row, name) for name in ("session_id", "operator_id", "station_id", "evse_number")}
        spilt.extend({**named, "day_on": each, "busy_s": seconds} for each, seconds in busy.items())
    if placed:
        await tx.execute(_PLACE, placed)
        await bulk.upsert(tx, spills, spilt, key=("session_id", "day_on"), update=("busy_s",))
        await store.mark(tx, touched)


_PLACE = (
    sa.update(sessions)
    # Told anew meanwhile: it has no day yet, and comes with the next batch.
    .where(sessions.c.session_id == sa.bindparam("of_session"), sessions.c.told_at == sa.bindparam("as_told"))
    .values(
        {
            name: sa.bindparam(name)
            for name in ("day_on", "operator_day_on", "busy_s", "driver_id", "token_group", "cause")
        }
    )
)


def _is_hit(row: Any, faults: Sequence[tuple[int, datetime]]) -> bool:
    return any(
        evse_number in (0, row.evse_number) and row.started_at <= at <= row.ended_at + store.FAULT_WITHIN
        for evse_number, at in faults
    )


async def _place_starts(tx: Tx, failed: Sequence[Any], known: _Known, home: ZoneInfo) -> None:
    touched = set()
    for row in failed:
        place = known.stations.get(row.station_id)
        on = rules.day_of(row.at, known.zones.get((row.operator_id, place or ""), home))
        touched.add((row.operator_id, row.station_id, on))
        mine = starts.c.command_id == row.command_id
        placed = {"location_id": place, "day_on": on, "operator_day_on": rules.day_of(row.at, home)}
        await tx.execute(sa.update(starts).where(mine).values(**placed))
    await store.mark(tx, touched)


# ---- sums of days


async def add_up(database: Database) -> bool:
    """Make the sums of some stale days anew; whether there may be more of them."""
    async with database.begin() as tx:
        statement = bulk.locked(sa.select(stale).order_by(stale.c.id).limit(STALE_AT_ONCE), tx)
        found = (await tx.execute(statement)).all()
        if not found:
            return False
        keys = sorted({(row.station_id, row.day_on) for row in found})
        operators = {row.station_id: row.operator_id for row in found}
        made = await _sums_of(tx, keys)
        await tx.execute(sa.delete(days).where(sa.tuple_(days.c.station_id, days.c.day_on).in_(keys)))
        rows = [
            dict(zip(_KEY, key, strict=True)) | {"operator_id": operators[key[0]]} | total
            for key, total in made.items()
        ]
        await bulk.upsert(tx, days, rows, key=_KEY, update=sums.SUMS)
        await tx.execute(sa.delete(stale).where(stale.c.id.in_([row.id for row in found])))
    return len(found) == STALE_AT_ONCE


_KEY = ("station_id", "evse_number", "day_on", "currency", "location_id")


async def _sums_of(tx: Tx, keys: Sequence[tuple[str, str]]) -> dict[tuple[Any, ...], Any]:
    def among(table: sa.Table) -> sa.ColumnElement[bool]:
        return sa.tuple_(table.c.station_id, table.c.day_on).in_(keys)

    dims = ("station_id", "evse_number", "day_on", "location_id")
    rows = await sums.of_facts(tx, dims, [among(sessions)], [among(starts)])
    rows += await sums.of_spills(tx, among(spills))
    complete = [dict.fromkeys(sums.SUMS, 0) | row | {"location_id": row["location_id"] or ""} for row in rows]
    return rules.add_up(complete, _KEY, sums.SUMS)

"""Reports as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from voltway.contracts.stations import NamedLocation
from voltway.kernel.auth import Principal, visible
from voltway.kernel.database import Tx
from voltway.modules.reports import money_queries, rules, sums
from voltway.modules.reports.asking import Kind, Table, Wanted
from voltway.modules.reports.errors import ReportTooLarge
from voltway.modules.reports.settings import ReportsSettings
from voltway.modules.reports.tables import days, evses, places, sessions, starts

Row = dict[str, Any]
_NONE = ""
_WORDS = {"location_id": ("location",), "station_id": ("station_identity",)}
"""What people call a group stands before its id, and rules the order of lines."""


async def make(
    tx: Tx, principal: Principal, wanted: Wanted, named: Mapping[str, NamedLocation], settings: ReportsSettings
) -> Table:
    """The report. `named`: the locations that the operator has. Raises ReportNotFound, GroupNotKnown, ReportTooLarge."""
    kind = wanted.check()
    if kind.is_of_sessions:
        zones = {location_id: ZoneInfo(place.time_zone) for location_id, place in named.items()}
        rows = await _of_sessions(tx, principal, wanted, kind, zones, settings)
    else:
        rows = await money_queries.make(tx, principal, wanted)
    if len(rows) > settings.rows_max:
        raise ReportTooLarge(f"The report has {len(rows)} lines, of which at most {settings.rows_max} are given.")
    if "location_id" in wanted.group_by:
        names = {location_id: place.name for location_id, place in named.items()}
        rows = [row | {"location": names.get(row["location_id"])} for row in rows]
    if "station_id" in wanted.group_by:
        identities = await _identities(tx, principal)
        rows = [row | {"station_identity": identities.get(row["station_id"])} for row in rows]
    groups = [name for group in wanted.group_by for name in (*_WORDS.get(group, ()), group)]
    columns = (*groups, *kind.columns)
    in_order = sorted(rows, key=lambda row: [_sortable(row.get(name)) for name in columns])
    title = f"{wanted.kind} {wanted.since} - {wanted.until - timedelta(days=1)}"
    return Table(title, columns, [{name: row.get(name) for name in columns} for row in in_order])


async def _identities(tx: Tx, principal: Principal) -> dict[str, str]:
    statement = sa.select(evses.c.station_id, evses.c.station_identity).where(visible(principal, evses)).distinct()
    return {row.station_id: row.station_identity for row in await tx.execute(statement)}


def _sortable(value: Any) -> tuple[int, float, str]:
    if isinstance(value, int | float):
        return (1, value, _NONE)
    return (0, 0.0, _NONE) if value is None else (2, 0.0, str(value))


async def _of_sessions(
    tx: Tx,
    principal: Principal,
    wanted: Wanted,
    kind: Kind,
    zones: Mapping[str, ZoneInfo],
    settings: ReportsSettings,
) -> list[Row]:
    is_of_energy = wanted.kind == "energy"
    period = wanted.period
    dims = tuple("day_on" if name == period else name for name in wanted.group_by)
    inner = (*dims, *(("location_id",) if is_of_energy and "location_id" not in dims else ()))
    found = await _sums(tx, principal, wanted, inner, is_money=kind.is_money)
    if period is not None:
        found = [row | {period: rules.period_of(row["day_on"], period)} for row in found]
    keep_money = kind.is_money
    found = [row for row in found if bool(row["currency"]) is keep_money]
    key = (*wanted.group_by, *(("currency",) if keep_money else ()))
    summed: list[Row] = [dict.fromkeys(sums.SUMS, 0) | row for row in found]
    if is_of_energy:
        factors = await _co2(tx, principal)
        for row in summed:
            row["co2_mg"] = row["energy_wh"] * factors.get(row["location_id"] or _NONE, settings.co2_g_per_kwh)
    names = (*sums.SUMS, *(("co2_mg",) if is_of_energy else ()))
    totals = rules.add_up([dict.fromkeys(key) | row for row in summed], key, names)
    if not key and not totals:
        totals = {(): dict.fromkeys(names, 0)}
    rows = [dict(zip(key, values, strict=True)) | total for values, total in totals.items()]
    if wanted.kind == "utilisation":
        return await _utilisation(tx, principal, wanted, zones, ZoneInfo(settings.time_zone), rows)
    return [_finished(row) for row in rows]


async def _sums(tx: Tx, principal: Principal, wanted: Wanted, dims: Sequence[str], *, is_money: bool) -> list[Row]:
    needs_facts = wanted.is_of_people or wanted.is_operators_day or "cause" in dims
    if not needs_facts:
        is_of_amounts = days.c.currency != _NONE if is_money else days.c.currency == _NONE
        where = [visible(principal, days), is_of_amounts, *_between(days.c.day_on, wanted), *_at_places(days, wanted)]
        return await sums.of_days(tx, dims, where)
    day = "operator_day_on" if wanted.is_operators_day else "day_on"
    of_sessions = [
        visible(principal, sessions),
        sessions.c.day_on.is_not(None),
        *_between(sessions.c[day], wanted),
        *_at_places(sessions, wanted),
        *_among(sessions.c.id_token_id, wanted.id_token_ids),
        *_among(sessions.c.token_group, wanted.token_groups),
        *_among(sessions.c.driver_id, wanted.driver_ids),
    ]
    of_starts = [visible(principal, starts), *_between(starts.c[day], wanted), *_at_places(starts, wanted)]
    is_of_nobody = bool(wanted.id_token_ids or wanted.token_groups or wanted.driver_ids)
    orders = None if is_of_nobody else of_starts
    found = await sums.of_facts(tx, dims, of_sessions, orders, day=day, counts=not is_money, amounts=is_money)
    return [dict.fromkeys(dims) | row for row in found]


def _between(column: sa.ColumnElement[Any], wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    return [column >= wanted.since.isoformat(), column < wanted.until.isoformat()]


def _among(column: sa.ColumnElement[Any], values: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    return [column.in_(values)] if values else []


def _at_places(table: sa.Table, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found = _among(table.c.location_id, wanted.location_ids) + _among(table.c.station_id, wanted.station_ids)
    if wanted.evse_number is not None:
        # An order to start that failed is of no EVSE.
        found.append(table.c.evse_number == wanted.evse_number if "evse_number" in table.c else sa.false())
    return found


async def _co2(tx: Tx, principal: Principal) -> dict[str, int]:
    statement = sa.select(places).where(visible(principal, places), places.c.co2_g_per_kwh.is_not(None))
    return {row.location_id: row.co2_g_per_kwh for row in await tx.execute(statement)}


def _finished(row: Row) -> Row:
    count, attempts = row["sessions"], row["completed"] + row["failed"]
    return row | {
        "mean_energy_wh": row["energy_wh"] // count if count else None,
        "mean_duration_s": row["duration_s"] // count if count else None,
        "attempts": attempts,
        "success_percent": rules.rate(row["completed"], attempts),
        # g/kWh and Wh make mg; rounded once, half up.
        "co2_g": (row.get("co2_mg", 0) + 500) // 1000,
    }


async def _utilisation(
    tx: Tx,
    principal: Principal,
    wanted: Wanted,
    zones: Mapping[str, ZoneInfo],
    home: ZoneInfo,
    rows: Sequence[Row],
) -> list[Row]:
    """Busy time by the time that all EVSEs of the group had, whether or not they were used."""
    statement = sa.select(evses).where(visible(principal, evses), evses.c.evse_number > 0, *_at_places(evses, wanted))
    found: dict[tuple[Any, ...], Row] = {tuple(row[name] for name in wanted.group_by): row for row in rows}
    counts: dict[tuple[Any, ...], list[int]] = {}
    for evse in await tx.execute(statement):
        for begins, seconds in _periods(wanted, zones.get(evse.location_id, home)):
            place = {"location_id": evse.location_id, "station_id": evse.station_id, "evse_number": evse.evse_number}
            key = tuple(begins if name == wanted.period else place[name] for name in wanted.group_by)
            had = counts.setdefault(key, [0, 0])
            had[0] += 1
            had[1] += seconds
    empty = dict.fromkeys(sums.SUMS, 0)
    for key in counts:
        found.setdefault(key, empty | dict(zip(wanted.group_by, key, strict=True)))
    return [
        row
        | {"evses": counts.get(key, [0, 0])[0], "available_s": counts.get(key, [0, 0])[1]}
        | {"utilisation_percent": rules.rate(row["busy_s"], counts.get(key, [0, 0])[1])}
        for key, row in found.items()
    ]


def _periods(wanted: Wanted, zone: ZoneInfo) -> list[tuple[str | None, int]]:
    """The periods of a report with the seconds that they have in a zone."""
    if wanted.period is None:
        return [(None, _seconds(wanted.since, wanted.until, zone))]
    found: list[tuple[str | None, int]] = []
    begins = wanted.since
    while begins < wanted.until:
        first = date.fromisoformat(rules.period_of(begins.isoformat(), wanted.period))
        ends = min(rules.next_period(first, wanted.period), wanted.until)
        found.append((first.isoformat(), _seconds(begins, ends, zone)))
        begins = ends
    return found


def _seconds(since: date, until: date, zone: ZoneInfo) -> int:
    return int((rules.begins_at(until, zone) - rules.begins_at(since, zone)).total_seconds())

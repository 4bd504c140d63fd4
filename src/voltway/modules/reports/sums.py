"""The sums of reports as SQL: of facts, and of the days that were made of them. rolling.py and queries.py share these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from voltway.kernel.database import Tx
from voltway.modules.reports.tables import cdrs, credits, days, sessions, spills, starts

SUMS = (
    "sessions",
    "energy_wh",
    "duration_s",
    "busy_s",
    "completed",
    "failed",
    "cdrs",
    "excl_minor",
    "vat_minor",
    "incl_minor",
    "credited_minor",
)
Row = dict[str, Any]


async def of_facts(
    tx: Tx,
    dims: Sequence[str],
    of_sessions: Sequence[sa.ColumnElement[bool]],
    of_starts: Sequence[sa.ColumnElement[bool]] | None,
    *,
    day: str = "day_on",
    counts: bool = True,
    amounts: bool = True,
) -> list[Row]:
    """Sums of single facts: rows of `dims`, `currency` (empty: no money) and some of SUMS; several of one key.

    A dim is a column of the sessions; `day_on` is `day` of them. `of_starts` None: failed orders to start are left out.
    `counts`, `amounts`: what is wanted; a report wants one of them, and each is a scan.
    """
    of = [sessions.c[day].label("day_on") if name == "day_on" else sessions.c[name] for name in dims]
    by = [sessions.c[day] if name == "day_on" else sessions.c[name] for name in dims]
    is_success = sa.case((sessions.c.cause.is_(None), 1), else_=0)
    counted = sa.select(
        *of,
        _count("sessions"),
        *(_sum(sessions.c[name]) for name in ("energy_wh", "duration_s", "busy_s")),
        sa.func.sum(is_success).label("completed"),
        sa.func.sum(1 - is_success).label("failed"),
    )
    billed = sa.select(
        *of,
        cdrs.c.currency,
        _count("cdrs"),
        *(_sum(cdrs.c[name]) for name in ("excl_minor", "vat_minor", "incl_minor")),
    ).join_from(sessions, cdrs, cdrs.c.session_id == sessions.c.session_id)
    taken_back = sa.select(
        *of,
        credits.c.currency,
        (-sa.func.sum(credits.c.excl_minor)).label("excl_minor"),
        (-sa.func.sum(credits.c.incl_minor - credits.c.excl_minor)).label("vat_minor"),
        (-sa.func.sum(credits.c.incl_minor)).label("incl_minor"),
        sa.func.sum(credits.c.incl_minor).label("credited_minor"),
    ).join_from(sessions, credits, credits.c.session_id == sessions.c.session_id)
    found: list[Row] = []
    if amounts:
        found += await _rows(tx, billed.where(*of_sessions).group_by(*by, cdrs.c.currency))
        found += await _rows(tx, taken_back.where(*of_sessions).group_by(*by, credits.c.currency))
    if counts:
        found += await _rows(tx, counted.where(*of_sessions).group_by(*by))
    if counts and of_starts is not None:
        names = [name for name in dims if name in starts.c]
        columns = [starts.c[day if name == "day_on" else name] for name in names]
        labels = [column.label(name) for name, column in zip(names, columns, strict=True)]
        failed = sa.select(*labels, _count("failed")).where(*of_starts).group_by(*columns)
        found += [{"evse_number": 0} | row for row in await _rows(tx, failed)]
    return found


async def of_spills(tx: Tx, *conditions: sa.ColumnElement[bool]) -> list[Row]:
    """What sessions took of days before their own."""
    by = [spills.c.station_id, spills.c.evse_number, spills.c.day_on, sessions.c.location_id]
    statement = sa.select(*by, _sum(spills.c.busy_s)).join_from(
        spills, sessions, sessions.c.session_id == spills.c.session_id
    )
    return await _rows(tx, statement.where(*conditions).group_by(*by))


async def of_days(tx: Tx, dims: Sequence[str], conditions: Sequence[sa.ColumnElement[bool]]) -> list[Row]:
    """The same sums as `of_facts`, and the seconds that were spilt, from the days."""
    by = [days.c[name] for name in (*dims, "currency")]
    found = await _rows(tx, sa.select(*by, *(_sum(days.c[name]) for name in SUMS)).where(*conditions).group_by(*by))
    return [row | ({"location_id": row["location_id"] or None} if "location_id" in row else {}) for row in found]


def _sum(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.func.sum(column).label(str(getattr(column, "name")))  # noqa: B009


def _count(name: str) -> sa.ColumnElement[Any]:
    return sa.func.count().label(name)


async def _rows(tx: Tx, statement: sa.Select[Any]) -> list[Row]:
    return [{"currency": ""} | dict(row._mapping) for row in await tx.execute(statement)]

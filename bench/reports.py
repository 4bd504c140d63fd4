"""How long a month's report takes among many sessions on PostgreSQL: `python bench/reports.py URL [sessions]`.

Makes a database of its own on the server, fills it by COPY with a year of sessions and CDRs of 500 stations with two EVSEs each,
lets the platform make the sums of days, asks for reports of March, prints what it took as JSON, and drops the database.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import sqlalchemy as sa

from voltway.kernel.auth import Principal, Role
from voltway.kernel.database import Database, metadata
from voltway.kernel.row_security import protect
from voltway.modules.reports import queries, rolling, tables
from voltway.modules.reports.asking import Wanted
from voltway.modules.reports.settings import ReportsSettings

NAME = "voltway_bench_reports"
OPERATOR = "00000000-0000-7000-8000-000000000001"
STATIONS, LOCATIONS, TOKENS = 500, 25, 20_000
YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MONTH = (date(2026, 3, 1), date(2026, 4, 1))
RUNS = 3


def _id(kind: int, number: int) -> str:
    return f"{kind:08x}-0000-7000-8000-{number:012x}"


def _sessions(count: int) -> Iterator[tuple[Any, ...]]:
    step = 365 * 86_400 / count
    for number in range(count):
        station = number * 7919 % STATIONS
        ended_at = YEAR + timedelta(seconds=int(number * step))
        duration_s = 600 + number * 31 % 6000
        day = ended_at.date().isoformat()
        cause = "too_little_energy" if number % 20 == 0 else None
        where = (_id(2, station % LOCATIONS), _id(3, station), f"CS-{station}", 1 + number % 2)
        whose = (_id(4, number % TOKENS), None, f"group-{number % 50}")
        times = (ended_at - timedelta(seconds=duration_s), ended_at)
        told = (5000 + number % 40_000, duration_s, ended_at, day, day, duration_s, cause)
        yield (_id(1, number), OPERATOR, *where, *whose, *times, *told)


def _cdrs(count: int) -> Iterator[tuple[Any, ...]]:
    step = 365 * 86_400 / count
    for number in range(count):
        net = 100 + number % 3000
        day = (YEAR + timedelta(seconds=int(number * step))).date().isoformat()
        yield (_id(5, number), OPERATOR, _id(1, number), "EUR", net, net * 19 // 100, net + net * 19 // 100, day)


@asynccontextmanager
async def _database(url: sa.URL) -> AsyncIterator[Database]:
    plain = url.set(drivername="postgresql")
    admin = await asyncpg.connect(plain.render_as_string(hide_password=False))
    await admin.execute(f"DROP DATABASE IF EXISTS {NAME}")
    await admin.execute(f"CREATE DATABASE {NAME}")
    database = Database(url.set(database=NAME).render_as_string(hide_password=False), statement_timeout_s=120)
    try:
        async with database.begin() as tx:
            ours = [table for table in metadata.sorted_tables if table.name.startswith("reports_")]
            await tx.connection.run_sync(lambda connection: metadata.create_all(connection, ours))
            await tx.connection.run_sync(protect)
        yield database
    finally:
        await database.close()
        await admin.execute(f"DROP DATABASE {NAME}")
        await admin.close()


async def _fill(url: sa.URL, count: int) -> None:
    ours = url.set(drivername="postgresql", database=NAME)
    connection = await asyncpg.connect(ours.render_as_string(hide_password=False))
    for table, records in ((tables.sessions, _sessions(count)), (tables.cdrs, _cdrs(count))):
        columns = [column.name for column in table.c]
        await connection.copy_records_to_table(table.name, records=records, columns=columns)
    await connection.execute(
        "INSERT INTO reports_stale (id, operator_id, station_id, day_on) SELECT gen_random_uuid()::text, operator_id, "
        "station_id, day_on FROM (SELECT DISTINCT operator_id, station_id, day_on FROM reports_sessions) days"
    )
    await connection.execute("ANALYZE")
    await connection.close()


async def measure(url: str, count: int) -> dict[str, Any]:
    """The figures: seconds, of each report the fastest and the slowest of some runs."""
    server = Database(url).url
    async with _database(server) as database:
        figures: dict[str, Any] = {"sessions": count}
        began = time.perf_counter()
        await _fill(server, count)
        figures["filled_s"] = round(time.perf_counter() - began, 1)
        began = time.perf_counter()
        while await rolling.add_up(database):
            pass
        figures["rolled_up_s"] = round(time.perf_counter() - began, 1)
        reader = Principal(id="", name="bench", kind="api_key", role=Role.AUDITOR, operator_id=OPERATOR)
        for name, wanted in _reports().items():
            took = []
            for _ in range(RUNS):
                began = time.perf_counter()
                async with database.read(OPERATOR) as tx:
                    table = await queries.make(tx, reader, wanted, {}, ReportsSettings())
                took.append(time.perf_counter() - began)
            figures[name] = {
                "rows": len(table.rows),
                "slowest_s": round(max(took), 3),
                "fastest_s": round(min(took), 3),
            }
        return figures


def _reports() -> dict[str, Wanted]:
    return {
        "month_sessions": Wanted("sessions", *MONTH),
        "month_revenue_by_day_and_location": Wanted("revenue", *MONTH, ("day", "location_id")),
        "month_utilisation_by_evse": Wanted("utilisation", *MONTH, ("station_id", "evse_number")),
        "month_success_by_station": Wanted("success", *MONTH, ("station_id",)),
        "month_sessions_by_group": Wanted("sessions", *MONTH, ("token_group",)),
        "year_revenue_by_month": Wanted("revenue", date(2026, 1, 1), date(2027, 1, 1), ("month",)),
    }


if __name__ == "__main__":
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    print(json.dumps(asyncio.run(measure(sys.argv[1], count)), indent=2))

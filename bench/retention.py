"""How long thinning and forgetting hold the writer: `python -m bench.retention DATABASE_URL [--sessions 10000] [--samples 360]`.

Fills an empty database with priced sessions and with samples beside sessions, then lets both jobs run to their end while somebody
else commits one row at a time, and prints how long each of those commits took.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from sessions.builders import NOON, a_sample, a_start, a_value
from voltway.contracts.vocabulary import SessionState
from voltway.kernel import clock
from voltway.kernel.database import Database
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.sessions import rules, store, thinning
from voltway.modules.sessions.matching import KnownSessions
from voltway.modules.sessions.module import MANIFEST
from voltway.modules.sessions.settings import SessionsSettings
from voltway.modules.sessions.tables import power_history, samples, sessions

AT_ONCE = 20


async def fill(database: Database, count: int, length: int) -> None:
    """Sessions that are over, each with its samples, and half as many samples again that are nobody's."""
    for start in range(0, count, AT_ONCE):
        known, rows = KnownSessions([]), []
        for _ in range(min(AT_ONCE, count - start)):
            begun = rules.begin(
                a_start(),
                session_id=new_id(),
                visit_id=new_id(),
                transaction_id=new_id(),
                authorization=None,
                tariff=None,
            )
            begun.state, begun.is_open, begun.is_priced = SessionState.ENDED, False, True
            begun.ended_at = NOON + timedelta(seconds=10 * length)
            known.put(begun, is_new=True)
            values = tuple(a_sample(10 * n, 1_000 + n, power_w=11_000.0 - n) for n in range(length))
            rows += store.sample_rows(a_value(begun.transaction_id, 0, 0, samples=values), begun)
            rows += store.sample_rows(a_value(None, 0, 0, samples=values[: length // 2]), None)
        async with database.begin() as tx:
            await store.save(tx, known, rows)


async def commits(database: Database, took_s: list[float]) -> None:
    """Somebody who waits for the writer."""
    while True:
        began = time.perf_counter()
        async with database.begin() as tx:
            row = {"operator_id": new_id(), "at": clock.now(), "power_w": 0.0}
            await tx.execute(sa.insert(power_history).values(row))
        took_s.append(time.perf_counter() - began)
        await asyncio.sleep(0.005)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="an empty database with all tables: voltway migrate")
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--samples", type=int, default=360)
    options = parser.parse_args()
    database = Database(options.url)
    began = time.perf_counter()
    await fill(database, options.sessions, options.samples)
    print(f"filled in {time.perf_counter() - began:.0f} s")
    runtime = Runtime((MANIFEST,), database, settings={"sessions": SessionsSettings(samples_whole_days=1)})
    took_s: list[float] = []
    alone = asyncio.create_task(commits(database, took_s))
    await asyncio.sleep(5)
    report("alone", took_s)
    for name, job in (("thin", thinning.thin), ("forget_idle", thinning.forget_idle)):
        took_s.clear()
        before, began = await rows_of(database), time.perf_counter()
        with clock.frozen(clock.now() + timedelta(days=200)):
            while True:
                left = await rows_of(database)
                await job(runtime)
                if await rows_of(database) == left:
                    break
        seconds = time.perf_counter() - began
        gone = before - await rows_of(database)
        report(f"{name}: {gone:,} of {before:,} rows in {seconds:.0f} s;", took_s)
    alone.cancel()
    await asyncio.gather(alone, return_exceptions=True)
    async with database.read() as tx:
        print("sessions", (await tx.execute(sa.select(sa.func.count()).select_from(sessions))).scalar_one())
    await database.close()


async def rows_of(database: Database) -> int:
    async with database.read() as tx:
        return int((await tx.execute(sa.select(sa.func.count()).select_from(samples))).scalar_one())


def report(name: str, took_s: list[float]) -> None:
    in_ms = sorted(1000 * each for each in took_s) or [0.0]
    p99 = in_ms[min(len(in_ms) - 1, int(len(in_ms) * 0.99))]
    print(f"{name} commits p50 {statistics.median(in_ms):.1f} ms, p99 {p99:.1f} ms, max {in_ms[-1]:.0f} ms")


if __name__ == "__main__":
    asyncio.run(main())

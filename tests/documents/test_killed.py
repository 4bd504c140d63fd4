"""A process is killed while it writes documents, again and again: the numbers that are there have no hole."""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter

import sqlalchemy as sa

from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.database import Database
from voltway.modules.documents.tables import documents, series

WRITER = """
import asyncio, sys
sys.path.insert(0, sys.argv[2])
from documents import samples
from voltway.kernel.database import Database
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.documents import issuing, store
from voltway.modules.documents.module import MANIFEST
from voltway.modules.documents.snapshot import Kind

async def write(number):
    runtime = Runtime((MANIFEST,), Database(sys.argv[1]), secret=b"the secret of a test installation")
    print("ready", flush=True)
    while True:
        async with runtime.database.begin() as tx:
            entity = await store.entity_for(tx, sys.argv[3], None)
            for kind in (Kind.RECEIPT, Kind.INVOICE):
                await issuing.issue(
                    tx, runtime, entity, kind, {"origin": new_id()}, locale="en", charges=(samples.a_charge(signed=()),)
                )

asyncio.run(write(0))
"""
KILLS = 4


async def test_numbers_survive_kills(database: Database) -> None:
    url = database.url.render_as_string(hide_password=False)
    tests = str(__file__).rpartition("/documents/")[0]
    found: Counter[str] = Counter()
    for _ in range(KILLS):
        writers = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-c", WRITER, url, tests, DEFAULT_OPERATOR_ID, stdout=asyncio.subprocess.PIPE
            )
            for _ in range(2)
        ]
        for writer in writers:
            assert writer.stdout is not None
            assert await asyncio.wait_for(writer.stdout.readline(), 60) == b"ready\n"
        await asyncio.sleep(random.uniform(0.3, 0.8))
        for writer in writers:
            writer.kill()
        await asyncio.gather(*(writer.wait() for writer in writers))
        found = await _check(database)
    assert found["receipt"] == found["invoice"] > KILLS, "both of a transaction, or neither"


async def _check(database: Database) -> Counter[str]:
    """Every series is 1, 2, 3 … to its counter; how many documents there are of each kind."""
    async with database.read() as tx:
        rows = (await tx.execute(sa.select(documents.c.kind, documents.c.series_number))).all()
        last = {row.kind: row.last_number for row in (await tx.execute(sa.select(series))).all()}
    for kind, count in last.items():
        assert sorted(row.series_number for row in rows if row.kind == kind) == list(range(1, count + 1))
    return Counter(row.kind for row in rows)

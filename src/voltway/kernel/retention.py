"""Forgetting what is old, in slices: none holds a lock for long, and whoever waits for the writer gets in between two."""

from __future__ import annotations

import asyncio
from datetime import datetime

import sqlalchemy as sa

from voltway.kernel.database import Database
from voltway.kernel.ids import first_id_at

SLICE_ROWS = 1000
"""Rows of one transaction: some milliseconds on every database."""
PAUSE_S = 0.02


async def forget_by_id(database: Database, table: sa.Table, before: datetime) -> int:
    """Delete the rows that were made before an instant; how many those were. Their ids begin with when that was, so that the
    primary key finds them, and no index of a time is needed."""
    bound, count = first_id_at(before), 0
    old = sa.select(table.c.id).where(table.c.id < bound).order_by(table.c.id).limit(SLICE_ROWS)
    while True:
        async with database.read() as tx:
            ids = (await tx.execute(old)).scalars().all()
        if ids:
            async with database.begin() as tx:
                await tx.execute(sa.delete(table).where(table.c.id <= ids[-1]))
        count += len(ids)
        if len(ids) < SLICE_ROWS:
            return count
        await asyncio.sleep(PAUSE_S)

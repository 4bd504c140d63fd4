"""Hands the outbox on to a broker: read, pack, publish, wait for the confirmation, move the cursor; in this order.

Killed anywhere, it begins again at its cursor, so that nothing is lost and some may come twice. One process of an installation
relays: the living one with the smallest id. Should two do so for a moment, the cursor moves by compare and set: both have
published the same rows in the same order, and whoever consumes them passes over the second (packing.Unseen).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import sqlalchemy as sa
import structlog

from voltway.kernel.bus import outbox
from voltway.kernel.bus.events import Events
from voltway.kernel.database import Database
from voltway.kernel.processes.relays.packing import Kept, pack
from voltway.kernel.processes.relays.port import EventBroker

log = structlog.get_logger()

ROWS_MAX = 2000
RETRY_S = (0.1, 0.5, 1.0, 2.0, 5.0)
IDLE_S = 1.0


class Relay:
    """One cursor, one broker."""

    def __init__(
        self,
        database: Database,
        events: Events,
        broker: EventBroker,
        *,
        consumer: str,
        partitions: int,
        is_ours: Callable[[], bool] = lambda: True,
    ) -> None:
        self._database, self._events, self._broker = database, events, broker
        self._consumer, self._partitions, self._is_ours = consumer, partitions, is_ours
        self._task: asyncio.Task[None] | None = None
        self.position = 0
        self.published = 0

    async def start(self) -> None:
        """Connect and begin. Raises StartUpError."""
        await self._broker.connect()
        self.position = await outbox.cursor_position(self._database, self._consumer)
        self._task = asyncio.create_task(self._run(), name="events:relay")

    async def stop(self) -> None:
        """End; what is left goes out after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._broker.close()

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                if not self._is_ours():
                    await asyncio.sleep(IDLE_S)
                    continue
                count = await self.hand_on()
                failures = 0
            except Exception as error:
                log.warning("relay.failed", consumer=self._consumer, error=repr(error)[:300])
                await asyncio.sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])
                failures += 1
                continue
            if count == 0:
                await self._events.until_after(self.position)

    async def hand_on(self) -> int:
        """Publish what follows the cursor; how many rows that was."""
        before = await outbox.cursor_position(self._database, self._consumer)
        rows = await _read(self._database, before)
        if not rows:
            self.position = before
            return 0
        await self._broker.publish(pack(rows, self._partitions))
        async with self._database.begin() as tx:
            is_moved = await outbox.move_cursor(tx, self._consumer, before, rows[-1].position)
        if is_moved:
            self.position = rows[-1].position
            self.published += len(rows)
        return len(rows)


async def _read(database: Database, position: int) -> list[Kept]:
    columns = outbox.outbox.c
    statement = (
        sa.select(
            columns.position, columns.name, columns.key, columns.operator_id, columns.payload, columns.published_at
        )
        .where(columns.position > position)
        .order_by(columns.position)
        .limit(ROWS_MAX)
    )
    async with database.read() as tx:
        return [Kept(*row) for row in (await tx.execute(statement)).all()]

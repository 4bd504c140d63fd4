"""The message log: every frame of every station, written in bulk beside the path of the messages.

It may drop rows under overload, and counts them; facts are kept elsewhere. Passwords never get into it (masking.py).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
import structlog

from voltway.contracts.station_link import MessagesLogged
from voltway.kernel import bulk, clock
from voltway.kernel.database import Database
from voltway.kernel.ids import new_id
from voltway.modules.gateway.masking import WITHOUT_SECRETS, mask_secrets
from voltway.modules.gateway.metrics import Counts
from voltway.modules.gateway.tables import messages

log = structlog.get_logger()

PAUSE_S = 0.5
CHUNK_ROWS = 2000
"""A chunk is one short transaction: the reports of the stations wait for no longer than that."""
FRAME_LENGTH_MAX = 16_000
"""Characters of a frame that are kept; four bytes each still fit a TEXT of MariaDB."""
PURGE_ROWS = 5000


class Logged(NamedTuple):
    """One frame as it went by."""

    operator_id: str
    station_id: str
    at: datetime
    direction: str
    kind: str
    message_id: str
    action: str | None
    frame: bytes


class MessageLog:
    """Collects rows and writes them."""

    def __init__(self, database: Database, counts: Counts, *, waiting_max: int) -> None:
        self._database = database
        self._counts = counts
        self._waiting_max = waiting_max
        self._waiting: deque[Logged] = deque()
        self._task: asyncio.Task[None] | None = None

    def add(self, row: Logged) -> None:
        """Note a frame; dropped where too many wait already."""
        if len(self._waiting) < self._waiting_max:
            self._waiting.append(row)
        else:
            self._counts.log_rows_dropped += 1

    def start(self) -> None:
        """Begin writing."""
        self._task = asyncio.create_task(self._run(), name="gateway:message-log")

    async def stop(self) -> None:
        """Write what waits, then stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._write_all()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(PAUSE_S)
            await self._write_all()

    async def _write_all(self) -> None:
        while self._waiting:
            chunk = [self._waiting.popleft() for _ in range(min(CHUNK_ROWS, len(self._waiting)))]
            try:
                await self._write(chunk)
            except Exception as error:
                self._counts.log_rows_dropped += len(chunk)
                log.warning("message_log.dropped", rows=len(chunk), error=repr(error)[:300])

    async def _write(self, chunk: list[Logged]) -> None:
        rows = [_row(logged) for logged in chunk]
        heard_of = {logged.station_id: logged for logged in chunk}.values()
        async with self._database.begin() as tx:
            await _ADD.run(tx, rows)
            tx.publish(*_news(heard_of))


async def purge(database: Database, retention_days: float) -> None:
    """Forget the rows that are older than the retention. Ids begin with their time, so that the primary key is enough."""
    oldest = clock.now() - timedelta(days=retention_days)
    first_kept = f"{max(int(oldest.timestamp() * 1000), 0):012x}"
    bound = f"{first_kept[:8]}-{first_kept[8:]}"
    while True:
        async with database.begin() as tx:
            old = sa.select(messages.c.id).where(messages.c.id < bound).order_by(messages.c.id).limit(PURGE_ROWS)
            ids = (await tx.execute(old)).scalars().all()
            if ids:
                await tx.execute(sa.delete(messages).where(messages.c.id <= ids[-1]))
        if len(ids) < PURGE_ROWS:
            return


_ADD = bulk.HotStatement.insert(messages, [column.name for column in messages.c])


def _row(logged: Logged) -> tuple[Any, ...]:
    frame = logged.frame.decode("utf-8", "replace")
    if logged.action not in WITHOUT_SECRETS:
        frame = mask_secrets(frame)
    return (
        new_id(),
        logged.operator_id,
        logged.station_id,
        logged.at,
        logged.direction,
        logged.kind,
        logged.message_id,
        logged.action,
        frame[:FRAME_LENGTH_MAX].replace("\0", "\ufffd"),
    )


def _news(latest: Iterable[Logged]) -> list[MessagesLogged]:
    return [
        MessagesLogged(operator_id=logged.operator_id, at=logged.at, station_id=logged.station_id) for logged in latest
    ]

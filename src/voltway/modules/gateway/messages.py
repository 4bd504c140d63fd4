"""The message log: every frame of every station, written in bulk beside the path of the messages.

It may drop rows under overload, and counts them; facts are kept elsewhere. Passwords never get into it (masking.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import structlog

from voltway.contracts.station_link import MessagesLogged
from voltway.kernel import bulk, clock
from voltway.kernel.database import Database
from voltway.kernel.ids import new_id
from voltway.kernel.retention import forget_by_id
from voltway.modules.gateway.masking import WITHOUT_SECRETS, mask_secrets
from voltway.modules.gateway.metrics import Counts
from voltway.modules.gateway.tables import messages

log = structlog.get_logger()

PAUSE_S = 0.5
"""Frames of one station that go by within this time share a row."""
CHUNK_ROWS = 100
"""A chunk is one short transaction: the reports of the stations wait for no longer than that."""
EAGER_FROM_FRAMES = 4000
"""Under load the log does not wait that long."""
ROW_FRAMES = 16
FRAME_LENGTH_MAX = 16_000
"""Characters of a frame that are kept."""

_INSERT = bulk.HotStatement.insert(messages, [column.name for column in messages.c])
_encode = msgspec.json.Encoder().encode


class Logged(NamedTuple):
    """One frame as it went by; in this order it stands in a row's document, the time in milliseconds and the frame as text."""

    at: datetime
    direction: str
    kind: str
    message_id: str
    action: str | None
    frame: bytes


class Talk:
    """What one station and we have said since the log was last written."""

    __slots__ = ("frames", "operator_id", "station_id")

    def __init__(self, operator_id: str, station_id: str) -> None:
        self.operator_id, self.station_id = operator_id, station_id
        self.frames: list[Logged] = []


class MessageLog:
    """Collects frames and writes them."""

    def __init__(
        self, database: Database, counts: Counts, *, waiting_max: int, frames_per_s: float, frames_burst: int
    ) -> None:
        self._database = database
        self._counts = counts
        self._waiting_max = waiting_max
        self._frames_per_s, self._frames_burst = frames_per_s, frames_burst
        self._allowance = frames_burst
        self._allowed_at = clock.monotonic()
        self._waiting = 0
        self._woken = asyncio.Event()
        self._talks: dict[str, Talk] = {}
        self._task: asyncio.Task[None] | None = None

    def takes(self) -> bool:
        """Whether a frame may be added; else it counts as dropped: too many wait, or too many have been written lately."""
        if self._waiting < self._waiting_max and self._allowance > 0:
            return True
        self._counts.log_frames_dropped += 1
        return False

    def add(self, operator_id: str, station_id: str, logged: Logged) -> None:
        """Note a frame that the log `takes`."""
        self._waiting += 1
        self._allowance -= 1
        if self._waiting == EAGER_FROM_FRAMES:
            self._woken.set()
        talk = self._talks.get(station_id)
        if talk is None:
            talk = self._talks[station_id] = Talk(operator_id, station_id)
        talk.frames.append(logged)

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
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE_S):
                    await self._woken.wait()
            self._woken.clear()
            self._allow_more()
            await self._write_all()

    def _allow_more(self) -> None:
        now = clock.monotonic()
        earned = int((now - self._allowed_at) * self._frames_per_s)
        if earned > 0:
            self._allowance = min(self._allowance + earned, self._frames_burst)
            self._allowed_at = now

    async def _write_all(self) -> None:
        talks, self._talks = list(self._talks.values()), {}
        for start in range(0, len(talks), CHUNK_ROWS):
            chunk = talks[start : start + CHUNK_ROWS]
            frames = sum(len(talk.frames) for talk in chunk)
            self._waiting -= frames
            try:
                await self._write(chunk)
            except Exception as error:
                self._counts.log_frames_dropped += frames
                log.warning("message_log.dropped", frames=frames, error=repr(error)[:300])

    async def _write(self, talks: list[Talk]) -> None:
        rows = [row for talk in talks for row in _rows(talk)]
        async with self._database.begin() as tx:
            await _INSERT.run(tx, rows)
            if tx.is_heard(MessagesLogged):
                tx.publish(*[_news(talk) for talk in talks])


async def purge(database: Database, retention_days: float) -> None:
    """Forget the rows that are older than the retention."""
    await forget_by_id(database, messages, clock.now() - timedelta(days=retention_days))


def _rows(talk: Talk) -> Iterator[tuple[Any, ...]]:
    """The rows of a talk, in the order of their columns."""
    for start in range(0, len(talk.frames), ROW_FRAMES):
        frames = talk.frames[start : start + ROW_FRAMES]
        actions = sorted({logged.action for logged in frames if logged.action is not None})
        yield (
            new_id(),
            talk.operator_id,
            talk.station_id,
            frames[0].at,
            frames[-1].at,
            f",{','.join(actions)},"[:1000],
            _encode([_entry(logged) for logged in frames]).decode(),
        )


def _entry(logged: Logged) -> tuple[Any, ...]:
    at, direction, kind, message_id, action, raw = logged
    frame = raw.decode("utf-8", "replace")
    if action not in WITHOUT_SECRETS:
        frame = mask_secrets(frame)
    return int(at.timestamp() * 1000), direction, kind, message_id, action, frame[:FRAME_LENGTH_MAX]


def _news(talk: Talk) -> MessagesLogged:
    return MessagesLogged(operator_id=talk.operator_id, at=talk.frames[-1].at, station_id=talk.station_id)

"""SQLite in memory, in the thread of the loop: survives the platform that uses it, and can be slow, full or gone."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

import sqlalchemy as sa

from voltway.kernel import sqlite_thread
from voltway.kernel.database import Database, metadata


class Disk:
    """What is stored, and how well that goes. `is_full`: nothing can be written. A commit takes some time before it is on the
    disk, and some more until anybody knows: whoever is killed in between has committed without having answered."""

    def __init__(self, rng: random.Random, seeds: Any) -> None:
        self.rng = rng
        self.is_full = False
        self.commits = 0
        self.slow_s = 0.005
        self.db = sqlite3.connect(":memory:", check_same_thread=False, cached_statements=512)
        self.db.isolation_level = None
        engine = sa.create_engine("sqlite://", creator=lambda: self.db, poolclass=sa.pool.StaticPool)
        with engine.begin() as connection:
            metadata.create_all(connection)
            for table, row in seeds:
                connection.execute(sa.insert(table).values(row))

    async def flush(self) -> None:
        """The time that the disk takes."""
        await asyncio.sleep(self.rng.expovariate(1 / self.slow_s))

    def rollback(self) -> None:
        """What a killed process leaves behind is undone."""
        if self.db.in_transaction:
            self.db.rollback()


class Inline(sqlite_thread.Connection):
    """The product's connection without its thread: all of it happens where it stands."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._connection = disk.db  # type: ignore[assignment]
        self._tx = SimpleNamespace(put_nowait=_do)  # type: ignore[assignment]

    @property
    def _conn(self) -> sqlite3.Connection:  # type: ignore[override]
        return self._disk.db

    async def hand_over(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        return work(self._disk.db)

    async def create_function(self, *args: Any, **options: Any) -> None:
        self._disk.db.create_function(*args, **options)

    async def commit(self) -> None:
        if not self._disk.db.in_transaction:
            return
        await self._disk.flush()
        if self._disk.is_full:
            raise sqlite3.OperationalError("database or disk is full")
        self._disk.db.commit()
        self._disk.commits += 1
        await self._disk.flush()

    async def rollback(self) -> None:
        self._disk.rollback()

    async def close(self) -> None:
        self._disk.rollback()

    def stop(self) -> None:  # type: ignore[override]
        self._disk.rollback()

    def __del__(self) -> None:
        """Nothing is left open: the database is the disk's."""


def _do(item: tuple[asyncio.Future[Any], Callable[[], Any]]) -> None:
    future, work = item
    future.set_result(work())


@contextmanager
def on(disk: Disk) -> Iterator[None]:
    """All connections to SQLite that are made in the block are to this disk."""

    async def connect(path: str, **options: Any) -> Inline:
        return Inline(disk)

    with mock.patch.object(sqlite_thread, "connect", connect):
        yield


def open_database() -> Database:
    """A database on the disk, as a process that starts has it. Readers and the writer take turns: there is one connection."""
    database = Database("sqlite://")
    database._reader = database._urgent_reader = database._writer
    return database

"""Transactions, column types and bulk statements, alike on every database."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from builders import NOON, another
from voltway.kernel import bulk, clock
from voltway.kernel import database as database_module
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus.asks import transaction_is_open
from voltway.kernel.bus.outbox import parked
from voltway.kernel.database import Database, is_conflict, is_unavailable
from voltway.kernel.errors import StartUpError
from voltway.kernel.ids import new_id

from .notes import notes, store_note, texts  # noqa: TID252  (tests are not installed)

pytestmark = pytest.mark.mariadb


def a_note(text: str, note_id: str | None = None, *, stars: int = 0) -> dict[str, Any]:
    at = clock.now()
    return {"id": note_id or new_id(), "operator_id": DEFAULT_OPERATOR_ID, "text": text, "stars": stars, "at": at}


# ---- transactions


async def test_a_block_that_raises_leaves_nothing(notes_database: Database) -> None:
    called = []
    with contextlib.suppress(RuntimeError):
        async with notes_database.begin() as tx:
            await store_note(tx, DEFAULT_OPERATOR_ID, "a")
            tx.after_commit(lambda: called.append(1))
            raise RuntimeError
    assert await texts(notes_database) == []
    assert called == []
    assert not transaction_is_open.get()


async def test_what_comes_after_the_commit_cannot_undo_or_fail_it(notes_database: Database) -> None:
    seen = []

    def fail() -> None:
        raise RuntimeError("a bug in a page that watches")

    async with notes_database.begin() as tx:
        await store_note(tx, DEFAULT_OPERATOR_ID, "a")
        tx.after_commit(fail)
        tx.after_commit(lambda: seen.append("called all the same"))
    assert await texts(notes_database) == ["a"]
    assert seen == ["called all the same"]


async def test_writing_through_a_reader_does_not_stay(notes_database: Database) -> None:
    # SQLite refuses it; on a server it is rolled back.
    with contextlib.suppress(sa.exc.OperationalError):
        async with notes_database.read() as tx:
            await tx.execute(sa.insert(notes).values(a_note("a")))
    assert await texts(notes_database) == []


async def test_readers_see_what_is_committed_and_do_not_wait(notes_database: Database) -> None:
    async with notes_database.begin() as tx:
        await store_note(tx, DEFAULT_OPERATOR_ID, "a")
        async with asyncio.timeout(12):
            assert await asyncio.create_task(texts(notes_database)) == []
    assert await texts(notes_database) == ["a"]


async def test_writers_wait_for_each_other(notes_database: Database) -> None:
    other = another(notes_database)

    async def count_up(database: Database) -> None:
        for _ in range(5):
            async with database.begin() as tx:
                statement = bulk.locked(sa.select(notes.c.stars).where(notes.c.id == "one"), tx)
                stars = (await tx.execute(statement)).scalar_one()
                await tx.execute(sa.update(notes).where(notes.c.id == "one").values(stars=stars + 1))

    async with notes_database.begin() as tx:
        await bulk.insert(tx, notes, [a_note("a", "one")])
    await asyncio.gather(count_up(notes_database), count_up(notes_database), count_up(other))
    async with notes_database.read() as tx:
        assert (await tx.execute(sa.select(notes.c.stars))).scalar_one() == 15
    await other.close()


async def test_a_savepoint_undoes_its_part_only(notes_database: Database) -> None:
    async with notes_database.begin() as tx:
        await store_note(tx, DEFAULT_OPERATOR_ID, "a")
        with contextlib.suppress(RuntimeError):
            async with tx.connection.begin_nested():
                await store_note(tx, DEFAULT_OPERATOR_ID, "b")
                raise RuntimeError
        await store_note(tx, DEFAULT_OPERATOR_ID, "c")
    assert await texts(notes_database) == ["a", "c"]


async def test_sqlite_syncs_every_commit(database: Database) -> None:
    if database.dialect != "sqlite":
        pytest.skip("is about SQLite")
    async with database.begin() as tx:
        for pragma, value in (("synchronous", 2), ("journal_mode", "wal"), ("foreign_keys", 1)):
            assert (await tx.execute(sa.text(f"PRAGMA {pragma}"))).scalar_one() == value


# ---- types


@pytest.mark.parametrize(
    "at",
    [
        NOON,
        datetime(2026, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
        datetime(2026, 6, 1, 2, 0, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    ],
)
async def test_an_instant_comes_back_as_the_same_instant_in_utc(notes_database: Database, at: datetime) -> None:
    async with notes_database.begin() as tx:
        await bulk.insert(tx, notes, [{**a_note("a"), "at": at}])
        read = (await tx.execute(sa.select(notes.c.at))).scalar_one()
        found = (await tx.execute(sa.select(notes.c.text).where(notes.c.at == at))).scalars().all()
    assert read == at
    assert read.utcoffset() == timedelta(0)
    assert found == ["a"]


async def test_instants_compare_and_sort_in_the_database(notes_database: Database) -> None:
    instants = [NOON + timedelta(milliseconds=step) for step in (5, 1, 999, 1000, 86_400_000)]
    async with notes_database.begin() as tx:
        await bulk.insert(tx, notes, [{**a_note(str(index)), "at": at} for index, at in enumerate(instants)])
        ordered = (await tx.execute(sa.select(notes.c.at).order_by(notes.c.at))).scalars().all()
        early = (await tx.execute(sa.select(notes.c.text).where(notes.c.at < NOON + timedelta(milliseconds=5)))).all()
    assert ordered == sorted(instants)
    assert [row.text for row in early] == ["1"]


@pytest.mark.parametrize(
    "document", [{}, [], {"a": [1, 2.5, None, True]}, "text", {"emoji": "🔌", "quote": "'\"\\"}, 0]
)
async def test_a_document_comes_back_as_it_was(database: Database, document: Any) -> None:
    row = {"consumer": "c", "position": 1, "name": "n", "payload": document, "error": "", "parked_at": NOON}
    async with database.begin() as tx:
        await bulk.insert(tx, parked, [row])
        assert (await tx.execute(sa.select(parked.c.payload))).scalar_one() == document


# ---- bulk statements


async def test_repeats_fall_on_their_key_and_abort_nothing(notes_database: Database) -> None:
    async with notes_database.begin() as tx:
        await bulk.insert_if_absent(tx, notes, [a_note("first", "1"), a_note("other", "2")])
        await bulk.insert_if_absent(tx, notes, [a_note("again", "1"), a_note("new", "3"), a_note("twice", "3")])
    assert await texts(notes_database) == ["first", "other", "new"]


async def test_an_upsert_sets_only_what_it_names(notes_database: Database) -> None:
    async with notes_database.begin() as tx:
        await bulk.insert(tx, notes, [a_note("kept", "1", stars=1)])
        rows = [a_note("new", "2", stars=5), a_note("ignored", "1", stars=4)]
        await bulk.upsert(tx, notes, rows, key=("id",), update=("stars",))
        found = (await tx.execute(sa.select(notes.c.id, notes.c.text, notes.c.stars).order_by(notes.c.id))).all()
    assert [tuple(row) for row in found] == [("1", "kept", 4), ("2", "new", 5)]


async def test_nothing_to_write_is_no_statement(notes_database: Database) -> None:
    async with notes_database.begin() as tx:
        await bulk.insert(tx, notes, [])
        assert await bulk.insert_if_absent(tx, notes, []) == 0
        await bulk.upsert(tx, notes, [], key=("id",), update=("stars",))


# ---- what went wrong


async def test_a_row_that_is_refused_is_not_a_database_that_is_away(notes_database: Database) -> None:
    for rows in ([a_note("a", "1"), a_note("b", "1")], [{**a_note("a"), "text": None}]):
        with pytest.raises(sa.exc.DBAPIError) as refused:
            async with notes_database.begin() as tx:
                await bulk.insert(tx, notes, rows)
        assert not is_unavailable(refused.value)
        assert not is_conflict(refused.value)


@pytest.mark.parametrize(
    "url", ["postgresql://127.0.0.1:1/x", "mariadb://127.0.0.1:1/x", "sqlite:////proc/nowhere/x.db"]
)
async def test_a_database_that_cannot_be_reached_is_away(url: str) -> None:
    error: BaseException | None = None
    try:
        database = Database(url)
        await database.check()
    except Exception as refused:
        error = refused
    assert error is not None
    assert is_unavailable(error)


async def test_a_connection_that_was_cut_is_made_anew(notes_database: Database) -> None:
    if notes_database.dialect == "sqlite":
        pytest.skip("is about servers")
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        if notes_database.dialect == "postgresql"
        else None
    )
    await notes_database.check()
    killer = another(notes_database)
    async with killer.read() as tx:
        if cut is not None:
            await tx.execute(sa.text(cut))
        else:
            ours = "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
            for connection_id in (await tx.execute(sa.text(ours))).scalars().all():
                await tx.execute(sa.text(f"KILL {connection_id}"))
    await killer.close()
    await notes_database.check()


@pytest.mark.parametrize("url", ["", "oracle://x", "voltway.db", "http://localhost"])
def test_a_url_of_something_else_is_said_in_one_line(url: str) -> None:
    with pytest.raises(StartUpError, match="must begin with sqlite"):
        Database(url)


@pytest.mark.parametrize("waits", [0, 1, 2, 3, 5, 8])
async def test_a_writer_that_is_cancelled_leaves_no_transaction_open(notes_database: Database, waits: int) -> None:
    async def write() -> None:
        async with notes_database.begin() as tx:
            await tx.execute(sa.insert(notes).values(a_note("never")))
            await asyncio.sleep(10)

    for _ in range(5):
        writing = asyncio.create_task(write())
        for _ in range(waits):
            await asyncio.sleep(0)
        writing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writing
    async with notes_database.begin() as tx:
        await store_note(tx, DEFAULT_OPERATOR_ID, "a")
    assert await texts(notes_database) == ["a"]


async def test_the_write_ahead_log_begins_anew_and_nothing_is_lost(
    notes_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if notes_database.dialect != "sqlite":
        pytest.skip("is about SQLite")
    monkeypatch.setattr("voltway.kernel.database._WAL_PAGES_KEPT", 50)

    def log_size() -> int:
        return Path(f"{notes_database.url.database}-wal").stat().st_size

    sizes = []
    for round_ in range(4):
        for number in range(40):
            async with notes_database.begin() as tx:
                await store_note(tx, DEFAULT_OPERATOR_ID, f"{round_}:{number}")
        await notes_database.checkpoint()
        sizes.append(log_size())
    assert len(await texts(notes_database)) == 160
    assert sizes[-1] == sizes[0]


async def test_log_does_not_begin_anew_while_somebody_reads_and_the_writer_is_not_held_up(
    notes_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if notes_database.dialect != "sqlite":
        pytest.skip("only SQLite has such a log")
    monkeypatch.setattr(database_module, "_WAL_PAGES_KEPT", 0)
    path = str(notes_database.url.database)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM notes").fetchone()  # as a backup does, for minutes
        async with notes_database.begin() as tx:
            await store_note(tx, DEFAULT_OPERATOR_ID, "while somebody reads")
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as writer:
            waits: list[str] = []
            writer.set_trace_callback(waits.append)
            database_module._restart_log(writer)
            assert [said for said in waits if "busy_timeout" in said] == [
                f"PRAGMA busy_timeout={database_module._RESTART_WAIT_MS}",
                f"PRAGMA busy_timeout={database_module._BUSY_TIMEOUT_MS}",
            ]
        await notes_database.checkpoint()
        assert reader.execute("SELECT count(*) FROM notes").fetchone() == (0,)  # what it reads stands still
    assert await texts(notes_database) == ["while somebody reads"]


def test_connection_that_nobody_closed_does_not_keep_the_process() -> None:
    work = "import asyncio; from voltway.kernel import sqlite_thread as t; kept = asyncio.run(t.connect(':memory:'))"
    subprocess.run([sys.executable, "-W", "ignore", "-c", work], timeout=60, check=True)

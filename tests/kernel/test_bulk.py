"""Hot statements: many rows in one step, alike on every database."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from builders import NOON
from voltway.kernel import bulk
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bulk import HotSelect, HotStatement
from voltway.kernel.database import Database, Tx, is_conflict, is_unavailable

from .notes import notes  # noqa: TID252  (tests are not installed)

pytestmark = pytest.mark.mariadb
COLUMNS = ("id", "operator_id", "text", "stars", "at")
INSERT = HotStatement.insert(notes, COLUMNS)
INSERT_IF_ABSENT = HotStatement.insert_if_absent(notes, COLUMNS)
UPDATE = HotStatement.update(notes, ("text", "stars", "at"), key="id")


class Note(msgspec.Struct, array_like=True, frozen=True):
    id: str
    text: str
    stars: int
    at: datetime


def a_row(number: int, text: str = "it's 🔌", stars: int = 1) -> tuple[Any, ...]:
    return (f"{number:05d}", DEFAULT_OPERATOR_ID, text, stars, NOON + timedelta(milliseconds=number))


async def stored(tx: Tx) -> list[tuple[Any, ...]]:
    statement = sa.select(*(notes.c[name] for name in COLUMNS)).order_by(notes.c.id)
    return [tuple(row) for row in (await tx.execute(statement)).all()]


@pytest.mark.parametrize("count", [0, 1, 3, 700])
async def test_any_number_of_rows_is_written(notes_database: Database, count: int) -> None:
    rows = [a_row(number) for number in range(count)]
    async with notes_database.begin() as tx:
        assert await INSERT.run(tx, rows) == count
        assert await stored(tx) == rows


async def test_repeats_are_passed_over_and_counted_out(notes_database: Database) -> None:
    async with notes_database.begin() as tx:
        await INSERT.run(tx, [a_row(1, "first")])
        assert await INSERT_IF_ABSENT.run(tx, [a_row(0), a_row(1, "again"), a_row(2), a_row(2, "twice")]) == 2
        assert [row[2] for row in await stored(tx)] == ["it's 🔌", "first", "it's 🔌"]


async def test_each_row_is_updated_with_its_own_values(notes_database: Database) -> None:
    later = NOON + timedelta(hours=1)
    async with notes_database.begin() as tx:
        await INSERT.run(tx, [a_row(number) for number in range(600)])
        changes = [(f"new {number}", number, later, f"{number:05d}") for number in range(0, 600, 2)]
        assert await UPDATE.run(tx, [*changes, ("nobody", 0, later, "absent")]) == 300
        found = await stored(tx)
    assert found[4] == ("00004", DEFAULT_OPERATOR_ID, "new 4", 4, later)
    assert found[5] == a_row(5)
    assert len(found) == 600


async def test_all_rows_are_written_or_none(notes_database: Database) -> None:
    async with notes_database.begin() as tx:
        assert await INSERT_IF_ABSENT.run_all_or_none(tx, [a_row(1), a_row(2)])
        assert not await INSERT_IF_ABSENT.run_all_or_none(tx, [a_row(3), a_row(2), a_row(4)])
        assert await INSERT_IF_ABSENT.run_all_or_none(tx, [])
        await INSERT.run(tx, [a_row(5)])
        assert [row[0] for row in await stored(tx)] == ["00001", "00002", "00005"]


async def test_several_statements_run_in_their_order(notes_database: Database) -> None:
    async with notes_database.begin() as tx:
        work = [(INSERT, [a_row(1), a_row(2)]), (UPDATE, [("b", 2, NOON, "00001")]), (INSERT, [])]
        assert await bulk.run_all(tx, work) == [2, 1, 0]
        assert [row[2] for row in await stored(tx)] == ["b", "it's 🔌"]
        assert await bulk.run_all(tx, [(INSERT, [])]) == [0]


async def test_hot_rows_are_undone_with_their_transaction(notes_database: Database) -> None:
    with pytest.raises(RuntimeError, match="undone"):
        await _insert_and_fail(notes_database)
    async with notes_database.read() as tx:
        assert await stored(tx) == []


async def _insert_and_fail(database: Database) -> None:
    async with database.begin() as tx:
        await INSERT.run(tx, [a_row(1)])
        await INSERT_IF_ABSENT.run_all_or_none(tx, [a_row(2)])
        raise RuntimeError("undone")


async def test_rows_come_back_as_structs(notes_database: Database) -> None:
    select = HotSelect(
        [notes.c[name] for name in ("id", "text", "stars", "at")], Note, {"ids": notes.c.id}, notes.c.stars == 1
    )
    async with notes_database.begin() as tx:
        await INSERT.run(tx, [a_row(1), a_row(2, stars=2), a_row(3)])
        found = await select.fetch(tx, {"ids": ["00001", "00002", "00003", "it's"]})
        assert sorted(found, key=lambda note: note.id) == [
            Note(id=row[0], text=row[2], stars=row[3], at=row[4]) for row in (a_row(1), a_row(3))
        ]
        assert await select.fetch(tx, {"ids": ["absent"]}) == []
        assert await select.fetch(tx, {"ids": []}) == []


async def test_a_key_in_the_way_is_an_error_of_the_row(notes_database: Database) -> None:
    error: BaseException | None = None
    try:
        async with notes_database.begin() as tx:
            await INSERT.run(tx, [a_row(1), a_row(1)])
    except Exception as refused:
        error = refused
    assert error is not None
    assert not is_unavailable(error)
    assert not is_conflict(error)


@pytest.mark.parametrize(
    "text", ["database or disk is full", "database is locked", "disk I/O error", "attempt to write a readonly database"]
)
def test_what_sqlite_says_on_its_own_thread_is_understood_too(text: str) -> None:
    assert is_unavailable(sqlite3.OperationalError(text))
    assert not is_unavailable(sqlite3.OperationalError("no such table: x"))

"""Bulk statements that differ between the databases: insert what is new, insert or update.

Repeats fall on a unique key (ON CONFLICT, INSERT IGNORE), never on an IntegrityError, which would abort the whole batch.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, Generic, Literal, TypeVar, cast

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from voltway.kernel import sqlite_thread
from voltway.kernel.database import DialectName, JsonDocument, Tx, UtcDateTime, document_text, instant_text
from voltway.kernel.json import to_json

Rows = Sequence[Mapping[str, Any]]
Found = TypeVar("Found")


async def insert(tx: Tx, table: sa.Table, rows: Rows) -> None:
    """Insert rows, all with the same keys, in one round trip."""
    if rows:
        await tx.execute(_insert(table), rows)


async def insert_if_absent(tx: Tx, table: sa.Table, rows: Rows) -> int:
    """Insert the rows whose unique keys are not there yet; how many were inserted (-1 where the driver cannot say)."""
    if not rows:
        return 0
    result = await tx.execute(_insert_if_absent(table, tx.dialect), rows)
    return result.rowcount


async def upsert(tx: Tx, table: sa.Table, rows: Rows, *, key: tuple[str, ...], update: tuple[str, ...]) -> None:
    """Insert rows; where `key` is there already, set the columns of `update` from the new row. One row per key, sorted
    by key, so that two nodes lock in the same order."""
    if rows:
        ordered = sorted(rows, key=lambda row: tuple(row[column] for column in key))
        await tx.execute(_upsert(table, key, update, tx.dialect), ordered)


@lru_cache(maxsize=256)
def _insert(table: sa.Table) -> sa.Insert:
    return sa.insert(table)


@lru_cache(maxsize=256)
def _insert_if_absent(table: sa.Table, dialect: DialectName) -> sa.Insert:
    if dialect == "mysql":
        from sqlalchemy.dialects import mysql  # each of these takes long to import, and a process needs one of them

        return mysql.insert(table).prefix_with("IGNORE")
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


@lru_cache(maxsize=256)
def _upsert(table: sa.Table, key: tuple[str, ...], update: tuple[str, ...], dialect: DialectName) -> sa.Insert:
    if dialect == "mysql":
        from sqlalchemy.dialects import mysql

        on_mysql = mysql.insert(table)
        return on_mysql.on_duplicate_key_update({column: on_mysql.inserted[column] for column in update})
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        on_postgresql = postgresql.insert(table)
        return on_postgresql.on_conflict_do_update(
            index_elements=list(key), set_={column: on_postgresql.excluded[column] for column in update}
        )
    on_sqlite = sqlite.insert(table)
    return on_sqlite.on_conflict_do_update(
        index_elements=list(key), set_={column: on_sqlite.excluded[column] for column in update}
    )


def locked(statement: sa.Select[Any], tx: Tx) -> sa.Select[Any]:
    """The select with its rows locked until the commit; on SQLite the writer is alone anyway."""
    return statement if tx.dialect == "sqlite" else statement.with_for_update()


class HotStatement:
    """A statement that writes many rows, for the paths where every microsecond a row counts.

    Rows are tuples in the order of `columns`, and go as the VALUES of one statement: one round trip, and on SQLite one step.
    Statements are made for 512, 384, 256, ... 1 rows, so that each text is prepared once and three or four of them write any
    batch. Columns of which a batch has no value are left out of an insert and written as NULL in an update: binding nothing
    costs as much as binding something. On MariaDB an update runs row by row: its VALUES have no names to join by.
    """

    def __init__(
        self, kind: _Kind, table: sa.Table, columns: Sequence[str], key: Sequence[str] = (), changes: Sequence[str] = ()
    ) -> None:
        self._kind = kind
        self._table = table
        self._columns = tuple(columns)
        self._key = tuple(key)
        self._changes = tuple(changes)
        self._forms: dict[tuple[str, tuple[str, ...]], _Form] = {}

    @classmethod
    def insert(cls, table: sa.Table, columns: Sequence[str]) -> HotStatement:
        """Insert these columns of a table."""
        return cls("insert", table, columns)

    @classmethod
    def insert_if_absent(cls, table: sa.Table, columns: Sequence[str]) -> HotStatement:
        """Insert these columns of a table where no unique key is in the way."""
        return cls("insert_if_absent", table, columns)

    @classmethod
    def update(cls, table: sa.Table, columns: Sequence[str], *, key: str) -> HotStatement:
        """Set these columns of the row whose `key`, the last of each tuple, is given."""
        return cls("update", table, (*columns, key))

    @classmethod
    def upsert(
        cls, table: sa.Table, columns: Sequence[str], *, key: Sequence[str], changes: Sequence[str]
    ) -> HotStatement:
        """Insert these columns; where `key` is there already, set those of `changes`. One row per key, sorted by key."""
        return cls("upsert", table, columns, key, changes)

    async def run(self, tx: Tx, rows: Sequence[tuple[Any, ...]]) -> int:
        """Write all rows; how many were written."""
        return (await run_all(tx, [(self, rows)]))[0]

    async def run_all_or_none(self, tx: Tx, rows: Sequence[tuple[Any, ...]]) -> bool:
        """Write all rows; or none, and False, if a unique key is in the way of one."""
        if not rows:
            return True
        statements = self.statements(tx, rows)
        if tx.dialect == "sqlite":
            return await sqlite_thread.run(tx.connection, lambda db: _all_or_none(db, statements, len(rows)))
        savepoint = await tx.connection.begin_nested()
        if await _execute(tx, statements) == len(rows):
            await savepoint.commit()
            return True
        await savepoint.rollback()
        return False

    def statements(self, tx: Tx, rows: Sequence[tuple[Any, ...]]) -> list[_Statement]:
        """What the driver is to execute: (text, parameters)."""
        if not rows:
            return []
        columns = self._columns
        if self._kind != "upsert":
            rows, columns = _without_empty_columns(rows, columns)
        form = self._form(tx, columns)
        values = form.convert(rows)
        width = form.width
        if form.runs_row_by_row:
            return [(form.sql(1), tuple(values[at : at + width])) for at in range(0, len(values), width)]
        made: list[_Statement] = []
        start = 0
        for size in _SIZES:
            while len(rows) - start >= size:
                made.append((form.sql(size), tuple(values[start * width : (start + size) * width])))
                start += size
        return made

    def _form(self, tx: Tx, columns: tuple[str, ...]) -> _Form:
        """The statement in the words of the transaction's database, with these of its columns."""
        form = self._forms.get((tx.dialect, columns))
        if form is None:
            if len(self._forms) >= _FORMS_MAX:
                self._forms.clear()
            empty = [name for name in self._columns if name not in columns]
            form = _Form(self._kind, self._table, columns, tx, self._key, self._changes, empty)
            self._forms[tx.dialect, columns] = form
        return form


_Statement = tuple[str, tuple[Any, ...]]
_FORMS_MAX = 16
"""Which columns are empty differs from batch to batch in a few ways only."""


def _without_empty_columns(
    rows: Sequence[tuple[Any, ...]], columns: tuple[str, ...]
) -> tuple[Sequence[tuple[Any, ...]], tuple[str, ...]]:
    """The rows and their columns without those that are None in every row."""
    count = len(rows)
    kept = [
        index
        for index, values in enumerate(zip(*rows, strict=True))
        if values[0] is not None or values.count(None) < count
    ]
    if len(kept) == len(columns) or len(kept) < 2:  # an itemgetter of one gives no tuple
        return rows, columns
    pick = itemgetter(*kept)
    return list(map(pick, rows)), pick(columns)


async def run_all(tx: Tx, work: Sequence[tuple[HotStatement, Sequence[tuple[Any, ...]]]]) -> list[int]:
    """Run several hot statements in their order; how many rows each has written. On SQLite in one go of its thread."""
    parts = [statement.statements(tx, rows) for statement, rows in work]
    if tx.dialect == "sqlite":
        if not any(parts):
            return [0] * len(parts)
        return await sqlite_thread.run(tx.connection, lambda db: [execute_in_thread(db, part) for part in parts])
    return [await _execute(tx, part) for part in parts]


async def _execute(tx: Tx, statements: list[_Statement]) -> int:
    return sum([(await tx.connection.exec_driver_sql(sql, values)).rowcount for sql, values in statements])


def execute_in_thread(db: sqlite3.Connection, statements: list[_Statement]) -> int:
    """Run statements of a HotStatement on SQLite's thread; how many rows they have written."""
    return sum([db.execute(sql, values).rowcount for sql, values in statements])


def _all_or_none(db: sqlite3.Connection, statements: list[_Statement], count: int) -> bool:
    db.execute("SAVEPOINT all_or_none")
    is_complete = execute_in_thread(db, statements) == count
    if not is_complete:
        db.execute("ROLLBACK TO all_or_none")
    db.execute("RELEASE all_or_none")
    return is_complete


_Kind = Literal["insert", "insert_if_absent", "update", "upsert"]
_SIZES = (512, 384, 256, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1)


def _bind_processor(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    """What turns a value of a type into the driver's, None where it goes as it is."""
    if isinstance(kind, UtcDateTime) and dialect.name == "sqlite":
        return instant_text  # without the wrapper that a TypeDecorator puts around it
    if isinstance(kind, JsonDocument):
        return document_text
    return kind.dialect_impl(dialect).bind_processor(dialect)


class _Form:
    """A hot statement in the words of one database."""

    def __init__(
        self,
        kind: _Kind,
        table: sa.Table,
        columns: tuple[str, ...],
        tx: Tx,
        key: tuple[str, ...],
        changes: tuple[str, ...],
        empty: Sequence[str],
    ) -> None:
        dialect = tx.connection.dialect
        quote = dialect.identifier_preparer.quote
        self._dialect = tx.dialect
        self._names = [quote(name) for name in columns]
        # Without lengths: a cast to VARCHAR(36) would cut a text off where the column refuses it.
        self._types = [table.c[name].type.compile(dialect).partition("(")[0] for name in columns]
        self._sql: dict[int, str] = {}
        self.width = len(columns)
        self._key, self._changes = [quote(name) for name in key], [quote(name) for name in changes]
        self._empty = [quote(name) for name in empty]
        self._head, self._tail = self._around(kind, quote(table.name))
        self.runs_row_by_row = kind == "update" and tx.dialect == "mysql"
        processors = [_bind_processor(table.c[name].type, dialect) for name in columns]
        self._processors = [(index, processor) for index, processor in enumerate(processors) if processor is not None]

    def convert(self, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Our values as the driver takes them, row after row."""
        values = list(chain.from_iterable(rows))
        for index, processor in self._processors:
            column = values[index :: self.width]
            values[index :: self.width] = [None if value is None else processor(value) for value in column]
        return values

    def sql(self, size: int) -> str:
        """The statement for so many rows."""
        found = self._sql.get(size)
        if found is None:
            found = self._sql[size] = self._head + ",".join(self._row(number) for number in range(size)) + self._tail
        return found

    def _around(self, kind: _Kind, table: str) -> tuple[str, str]:
        """What stands before and after the rows."""
        if kind == "update":
            *names, key = self._names
            nothing = [f"{name}=NULL" for name in self._empty]
            if self._dialect == "mysql":
                settings = ", ".join([*(f"{name}=%s" for name in names), *nothing])
                return f"UPDATE {table} SET {settings} WHERE {key}=%s", ""
            settings = ", ".join([*(f"{name}=v.column{index}" for index, name in enumerate(names, 1)), *nothing])
            return (
                f"UPDATE {table} SET {settings} FROM (VALUES ",
                f") AS v WHERE {table}.{key}=v.column{len(self._names)}",
            )
        columns = ", ".join(self._names)
        if kind == "insert_if_absent" and self._dialect == "mysql":
            return f"INSERT IGNORE INTO {table} ({columns}) VALUES ", ""
        return f"INSERT INTO {table} ({columns}) VALUES ", self._on_conflict(kind)

    def _on_conflict(self, kind: _Kind) -> str:
        """What an insert does where a row is there already."""
        if kind == "insert":
            return ""
        if kind == "insert_if_absent":
            return " ON CONFLICT DO NOTHING"
        if self._dialect == "mysql":
            return " ON DUPLICATE KEY UPDATE " + ", ".join(f"{name}=VALUES({name})" for name in self._changes)
        settings = ", ".join(f"{name}=excluded.{name}" for name in self._changes)
        return f" ON CONFLICT ({', '.join(self._key)}) DO UPDATE SET {settings}"

    def _row(self, number: int) -> str:
        if self.runs_row_by_row:
            return ""
        width = self.width
        if self._dialect == "postgresql":
            first = number * width + 1
            return "(" + ",".join(f"${first + i}::{kind}" for i, kind in enumerate(self._types)) + ")"
        return "(" + ",".join(["?" if self._dialect == "sqlite" else "%s"] * width) + ")"


def in_json(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """SQLite: a column as a part of a JSON array, as it is stored; a document as the document that it is."""
    as_text = sa.type_coerce(column, sa.String)
    return sa.func.json(as_text) if isinstance(column.type, JsonDocument) else as_text


class HotSelect(Generic[Found]):
    """A query for many rows as structs, whose fields are the columns in their order (`array_like=True`).

    The query takes lists of values: `lists[name]` is the column that must be in the list of that name. On SQLite the rows come
    as one JSON text, made in one step and decoded in one; elsewhere as the driver gives them, and in a
    transaction that writes they are locked until its commit.
    """

    def __init__(
        self,
        columns: Sequence[sa.Column[Any]],
        kind: type[Found],
        lists: Mapping[str, sa.Column[Any]],
        *conditions: sa.ColumnElement[bool],
    ) -> None:
        self._kind = kind
        self._names = tuple(lists)
        self._decoder = msgspec.json.Decoder(list[kind], strict=False)  # type: ignore[valid-type]  # SQLite: 0 is False
        within = [column.in_(sa.bindparam(name, expanding=True)) for name, column in lists.items()]
        self._statement = sa.select(*columns).where(*within, *conditions).order_by(columns[0])
        self._locking = self._statement.with_for_update()
        as_array = sa.func.json_group_array(sa.func.json_array(*map(in_json, columns)))
        in_array = [
            column.in_(sa.select(sa.column("value")).select_from(sa.func.json_each(sa.bindparam(name))))
            for name, column in lists.items()
        ]
        compiled = sa.select(as_array).where(*in_array, *conditions).compile(dialect=sqlite.dialect(paramstyle="named"))
        self._sqlite = str(compiled)
        self._constants = {name: value for name, value in compiled.params.items() if name not in lists}

    async def fetch(self, tx: Tx, lists: Mapping[str, Sequence[str]]) -> list[Found]:
        """The structs."""
        if not all(lists[name] for name in self._names):
            return []
        if tx.dialect == "sqlite":
            values = {**self._constants, **{name: to_json(lists[name]) for name in self._names}}
            (text,) = await sqlite_thread.run(tx.connection, lambda db: db.execute(self._sqlite, values).fetchone())
            return cast(list[Found], self._decoder.decode(text))
        statement = self._locking if tx.is_writing else self._statement
        rows = (await tx.execute(statement, {name: list(lists[name]) for name in self._names})).all()
        return [self._kind(*row) for row in rows]

"""Bulk statements that differ between the databases: insert what is new, insert or update.

Repeats fall on a unique key (ON CONFLICT, INSERT IGNORE), never on an IntegrityError, which would abort the whole batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from voltway.kernel.database import DialectName, Tx

Rows = Sequence[Mapping[str, Any]]


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
        return mysql.insert(table).prefix_with("IGNORE")
    if dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


@lru_cache(maxsize=256)
def _upsert(table: sa.Table, key: tuple[str, ...], update: tuple[str, ...], dialect: DialectName) -> sa.Insert:
    if dialect == "mysql":
        on_mysql = mysql.insert(table)
        return on_mysql.on_duplicate_key_update({column: on_mysql.inserted[column] for column in update})
    if dialect == "postgresql":
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

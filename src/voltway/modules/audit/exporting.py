"""The audit log as a file: JSON lines that can be verified elsewhere, or a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa

from voltway.kernel.clock import to_rfc3339
from voltway.kernel.database import Database, Tx
from voltway.modules.audit import store
from voltway.modules.audit.rules import HASHED
from voltway.modules.audit.tables import entries

CHUNK = 500
COLUMNS = (*HASHED, "hash")
NAMES = {"was": "before", "became": "after"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Form(StrEnum):
    """What an export is written as."""

    JSONL = "jsonl"
    CSV = "csv"


MEDIA_TYPES = {Form.JSONL: "application/jsonl", Form.CSV: "text/csv; charset=utf-8"}


async def export(
    database: Database, operator_id: str, form: Form, *conditions: sa.ColumnElement[bool], until: int | None = None
) -> AsyncIterator[str]:
    """The entries that fit, the oldest first, a piece for each few hundred; `until`: no entry behind this number."""
    write = _WRITERS[form]
    if form is Form.CSV:
        yield _csv([[NAMES.get(name, name) for name in COLUMNS]])
    number = 0
    while True:
        async with database.read() as tx:
            rows = await store.after(tx, operator_id, number, CHUNK, *conditions)
        rows = [row for row in rows if until is None or row.number <= until]
        if not rows:
            return
        number = rows[-1].number
        yield write(rows)


async def count(tx: Tx, operator_id: str, *conditions: sa.ColumnElement[bool], until: int) -> int:
    """How many entries an export holds."""
    wanted = (entries.c.operator_id == operator_id, entries.c.number <= until, *conditions)
    count: int = (await tx.execute(sa.select(sa.func.count()).select_from(entries).where(*wanted))).scalar_one()
    return count


def _jsonl(rows: Sequence[Any]) -> str:
    return "".join(
        _json({NAMES.get(name, name): _plain(getattr(row, name)) for name in COLUMNS}) + "\n" for row in rows
    )


def _table(rows: Sequence[Any]) -> str:
    return _csv([[_cell(getattr(row, name)) for name in COLUMNS] for row in rows])


_WRITERS: dict[Form, Callable[[Sequence[Any]], str]] = {Form.JSONL: _jsonl, Form.CSV: _table}


def _plain(value: Any) -> Any:
    return to_rfc3339(value) if isinstance(value, datetime) else value


def _cell(value: Any) -> Any:
    """A cell's text. One that a spreadsheet would compute is marked as text: names are chosen by those who are watched."""
    value = _plain(value)
    if isinstance(value, dict):
        value = _json(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _csv(lines: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue()

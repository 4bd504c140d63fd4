"""Rows of a list, read without a detour: on SQLite each row comes as one JSON text, made and decoded in one step.

Reading fifty rows of forty columns value by value costs more than everything else that a list does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from voltway.kernel.bulk import in_json
from voltway.kernel.database import JsonDocument, Tx, UtcDateTime

_PLAIN: tuple[tuple[type[sa.types.TypeEngine[Any]], Any], ...] = (
    (UtcDateTime, datetime),
    (JsonDocument, Any),
    (sa.Boolean, bool),
    (sa.Integer, int),
    (sa.Float, float),
    (sa.String, str),
)
"""A column's type -> that of the value; the first that fits."""


class Listing:
    """What a list shows of its rows: objects with an attribute for each column.

        _SESSIONS = Listing([sessions.c.id, ...], key=sessions.c.id)
        statement = _SESSIONS.select(tx).where(...)
        rows, next_cursor = await page.fetch(tx, statement, sessions.c.id)
        shown = _SESSIONS.read(tx, rows)

    `key`: the columns by which the list is paged. `source`: where the columns come from, if not from one table.
    """

    def __init__(
        self,
        columns: Sequence[sa.ColumnElement[Any]],
        *,
        key: Sequence[sa.ColumnElement[Any]],
        source: sa.FromClause | None = None,
    ) -> None:
        fields = [(_name(column), _type_of(column) | None) for column in columns]
        self._kind = msgspec.defstruct("Listed", fields, array_like=True, gc=False)
        self._decode = msgspec.json.Decoder(list[self._kind], strict=False).decode  # type: ignore[name-defined]  # SQLite: 0 is False
        as_array = sa.func.json_array(*map(in_json, columns)).label("listed_row")
        self._typed, self._width = sa.select(*columns), len(columns)
        self._as_json = sa.select(as_array, *key)
        if source is not None:
            self._typed, self._as_json = self._typed.select_from(source), self._as_json.select_from(source)

    def select(self, tx: Tx) -> sa.Select[Any]:
        """The statement to which a list adds its conditions."""
        return self._as_json if tx.dialect == "sqlite" else self._typed

    def read(self, tx: Tx, rows: Iterable[Any]) -> list[Any]:
        """The rows that the statement has found."""
        if tx.dialect == "sqlite":
            listed: list[Any] = self._decode(f"[{','.join([row.listed_row for row in rows])}]")
            return listed
        # What is beyond the columns is what the list is ordered by.
        return [self._kind(*row[: self._width]) for row in rows]


def _name(column: sa.ColumnElement[Any]) -> str:
    return str(getattr(column, "name"))  # noqa: B009 - a label and a column have one, their base class does not say so


def _type_of(column: sa.ColumnElement[Any]) -> Any:
    return next(plain for kind, plain in _PLAIN if isinstance(column.type, kind))

"""Lists in pages, by key: a page costs the same however deep it is, and rows added meanwhile do not shift it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import msgspec
import sqlalchemy as sa
from fastapi import Query

from voltway.kernel.database import Tx, UtcDateTime
from voltway.kernel.errors import Malformed

LIMIT_MAX = 500
LIMIT_DEFAULT = 50
_CURSOR_LENGTH_MAX = 500


class BadCursor(Malformed):
    """The cursor is not one that this list gave out."""

    title = "Cursor cannot be read"


class PageQuery(NamedTuple):
    """Which part of a list is asked for."""

    limit: int = LIMIT_DEFAULT
    cursor: str | None = None

    async def fetch(
        self, tx: Tx, statement: sa.Select[Any], *keys: sa.ColumnElement[Any], newest_first: bool = True
    ) -> tuple[Sequence[sa.Row[Any]], str | None]:
        """One page of a statement, and the cursor of the next.

        The rows are ordered by the columns `keys`, of which the last is unique and which the statement selects under their
        own names; an id (UUIDv7) alone is enough where rows are listed by when they were made. Raises BadCursor.
        """
        if self.cursor is not None:
            statement = statement.where(_beyond(keys, _read_cursor(self.cursor, keys), newest_first))
        order = [key.desc() if newest_first else key.asc() for key in keys]
        rows = (await tx.execute(statement.order_by(*order).limit(self.limit + 1))).all()
        if len(rows) <= self.limit:
            return rows, None
        rows = rows[: self.limit]
        return rows, _write_cursor([rows[-1]._mapping[key] for key in keys])


async def page_query(
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX, description="how many items")] = LIMIT_DEFAULT,
    cursor: Annotated[
        str | None, Query(max_length=_CURSOR_LENGTH_MAX, description="`next_cursor` of the page before")
    ] = None,
) -> PageQuery:
    """The dependency that reads `limit` and `cursor`."""
    return PageQuery(limit, cursor)


def _beyond(keys: Sequence[sa.ColumnElement[Any]], values: list[Any], newest_first: bool) -> sa.ColumnElement[bool]:
    """(a, b) < (x, y), spelled out: a < x or (a = x and b < y)."""
    steps = []
    for index, key in enumerate(keys):
        same = [before == value for before, value in zip(keys[:index], values, strict=False)]
        steps.append(sa.and_(*same, key < values[index] if newest_first else key > values[index]))
    return sa.or_(*steps)


def _write_cursor(values: list[Any]) -> str:
    texts = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(msgspec.json.encode(texts)).decode().rstrip("=")


def _read_cursor(cursor: str, keys: Sequence[sa.ColumnElement[Any]]) -> list[Any]:
    try:
        values = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=list[str | int])
        if len(values) != len(keys):
            raise ValueError(cursor)
        return [_value(value, key) for value, key in zip(values, keys, strict=True)]
    except (ValueError, TypeError, binascii.Error, msgspec.DecodeError) as error:
        raise BadCursor("Take the cursor as `next_cursor` gave it, for the same list.") from error


def _value(value: str | int, key: sa.ColumnElement[Any]) -> Any:
    if isinstance(key.type, UtcDateTime):
        return datetime.fromisoformat(str(value))
    if isinstance(value, str) is not isinstance(key.type, sa.String) or "\0" in str(value):
        raise ValueError(value)
    return value

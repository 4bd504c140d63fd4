"""Reading the message log: rows, each with the frames of half a second, become a page of single messages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from voltway.kernel.database import Tx
from voltway.kernel.http.paging import BadCursor
from voltway.modules.gateway.tables import messages

ROWS_AT_ONCE = 100
_decode = msgspec.json.Decoder(list[tuple[int, str, str, str, str | None, str]]).decode


class Message(NamedTuple):
    """One message of the log."""

    id: str
    at: datetime
    direction: str
    kind: str
    message_id: str
    action: str | None
    frame: str


class MessageFilter(NamedTuple):
    """Which messages are wanted."""

    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    direction: str | None = None
    kind: str | None = None

    def takes(self, message: Message) -> bool:
        """Whether this one is."""
        return (
            (self.action is None or message.action == self.action)
            and (self.since is None or message.at >= self.since)
            and (self.until is None or message.at < self.until)
            and self.direction in (None, message.direction)
            and self.kind in (None, message.kind)
            and (self.text is None or self.text.casefold() in message.frame.casefold())
        )


class Place(NamedTuple):
    """Where a page ended: before the frame `frame` of a row."""

    row_id: str
    frame: int


async def read_page(
    tx: Tx, operator_id: str, station_id: str, wanted: MessageFilter, limit: int, cursor: str | None
) -> tuple[list[Message], str | None]:
    """A station's messages, newest first, and the cursor of the next page. Raises BadCursor."""
    place = _read_cursor(cursor) if cursor is not None else None
    found: list[Message] = []
    while True:
        rows = (await tx.execute(_rows_before(operator_id, station_id, wanted, place))).all()
        for row in rows:
            for message in _newest_first(row, place):
                if wanted.takes(message):
                    found.append(message)
                if len(found) > limit:
                    return found[:limit], _write_cursor(found[limit - 1])
            place = Place(row.id, 0)
        if len(rows) < ROWS_AT_ONCE:
            return found, None


def _rows_before(operator_id: str, station_id: str, wanted: MessageFilter, place: Place | None) -> sa.Select[Any]:
    """The rows that may hold what is wanted: what is in them is looked at one by one."""
    statement = sa.select(messages).where(messages.c.station_id == station_id, messages.c.operator_id == operator_id)
    if place is not None:
        statement = statement.where(messages.c.id <= place.row_id if place.frame > 0 else messages.c.id < place.row_id)
    if wanted.action is not None:
        statement = statement.where(messages.c.actions.contains(f",{wanted.action},", autoescape=True))
    if wanted.since is not None:
        statement = statement.where(messages.c.last_at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(messages.c.first_at < wanted.until)
    for word in (wanted.direction, wanted.kind):
        if word is not None:
            statement = statement.where(messages.c.frames.contains(f',"{word}",', autoescape=True))
    if wanted.text is not None and wanted.text.isascii():
        as_written = msgspec.json.encode(wanted.text).decode()[1:-1]  # frames stand as texts in a document
        statement = statement.where(messages.c.frames.icontains(as_written, autoescape=True))
    return statement.order_by(messages.c.id.desc()).limit(ROWS_AT_ONCE)


def _newest_first(row: Any, place: Place | None) -> Iterator[Message]:
    frames = _decode(row.frames)
    end = place.frame if place is not None and place.row_id == row.id else len(frames)
    for index in range(end - 1, -1, -1):
        at_ms, direction, kind, message_id, action, frame = frames[index]
        at = datetime.fromtimestamp(at_ms / 1000, UTC)
        yield Message(f"{row.id}.{index:02}", at, direction, kind, message_id, action, frame)


def _write_cursor(last: Message) -> str:
    return base64.urlsafe_b64encode(last.id.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> Place:
    try:
        row_id, _, index = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(".")
        return Place(row_id, int(index))
    except (ValueError, binascii.Error) as error:
        raise BadCursor("Take the cursor as `next_cursor` gave it, for the same list.") from error

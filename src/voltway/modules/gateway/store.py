"""Reading the message log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from voltway.modules.gateway.tables import messages


class MessageFilter(NamedTuple):
    """Which messages are wanted."""

    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None


def messages_of(operator_id: str, station_id: str, wanted: MessageFilter) -> sa.Select[Any]:
    """The statement that reads a station's messages."""
    statement = sa.select(messages).where(messages.c.station_id == station_id, messages.c.operator_id == operator_id)
    if wanted.action is not None:
        statement = statement.where(messages.c.action == wanted.action)
    if wanted.since is not None:
        statement = statement.where(messages.c.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(messages.c.at < wanted.until)
    if wanted.text is not None:
        statement = statement.where(messages.c.frame.icontains(wanted.text, autoescape=True))
    return statement

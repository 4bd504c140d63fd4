"""The queue of mails in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk
from voltway.kernel.auth import Principal, visible
from voltway.kernel.database import Tx
from voltway.modules.notify.errors import MailNotFound
from voltway.modules.notify.rules import MailState
from voltway.modules.notify.tables import mails

Row = sa.Row[Any]
PURGE_ROWS = 1000


def visible_to(principal: Principal) -> sa.ColumnElement[bool]:
    """Whose mails a caller sees; who is bound to locations sees none, since a mail has none."""
    if principal.location_ids is not None:
        return sa.false()
    return visible(principal, mails)


async def add(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Queue mails; one that was asked for before is left as it is."""
    await bulk.insert_if_absent(tx, mails, list(rows))


async def get(tx: Tx, mail_id: str, *conditions: sa.ColumnElement[bool]) -> Row:
    """A mail by our id. Raises MailNotFound unless the conditions hold."""
    row = (await tx.execute(sa.select(mails).where(mails.c.id == mail_id, *conditions))).one_or_none()
    if row is None:
        raise MailNotFound(f"There is no mail {mail_id[:50]}.")
    return row


async def find_due(tx: Tx, now: datetime, limit: int) -> Sequence[Row]:
    """Mails whose next attempt is due, those that wait longest first."""
    statement = sa.select(mails).where(mails.c.next_attempt_at <= now).order_by(mails.c.next_attempt_at).limit(limit)
    return (await tx.execute(statement)).all()


async def claim(tx: Tx, row: Row, until: datetime) -> bool:
    """Take an attempt at a mail until then; False if another process has it."""
    statement = sa.update(mails).where(
        mails.c.id == row.id, mails.c.attempts == row.attempts, mails.c.state == MailState.QUEUED.value
    )
    claimed = await tx.execute(statement.values(attempts=row.attempts + 1, next_attempt_at=until))
    return claimed.rowcount == 1


async def change(tx: Tx, mail_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a mail."""
    await tx.execute(sa.update(mails).where(mails.c.id == mail_id).values(**values))


async def forget(tx: Tx, before: datetime) -> list[str]:
    """Delete mails that were asked for before then, in a chunk; their ids."""
    old = sa.select(mails.c.id).where(mails.c.created_at < before).order_by(mails.c.created_at).limit(PURGE_ROWS)
    gone = [row.id for row in (await tx.execute(old)).all()]
    if gone:
        await tx.execute(sa.delete(mails).where(mails.c.id.in_(gone)))
    return gone


async def erase_texts(tx: Tx, before: datetime) -> None:
    """Erase the texts of mails that have failed before then: nobody has sent them again."""
    statement = sa.update(mails).where(
        mails.c.state == MailState.FAILED.value, mails.c.finished_at < before, mails.c.text.is_not(None)
    )
    await tx.execute(statement.values(text=None))

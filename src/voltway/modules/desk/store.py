"""All SQL of the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.auth.tables import accounts
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.desk.errors import TicketNotFound
from voltway.modules.desk.tables import notes, photos, tickets


async def add(tx: Tx, values: Mapping[str, Any]) -> Any:
    """A new ticket; its row."""
    now = clock.now()
    row = {"id": new_id(), "opened_at": now, "changed_at": now, "version": 1, **values}
    await bulk.insert(tx, tickets, [row])
    return await get(tx, row["id"])


async def get(tx: Tx, ticket_id: str, *conditions: sa.ColumnElement[bool], is_locked: bool = False) -> Any:
    """A ticket. Raises TicketNotFound unless the conditions hold."""
    statement = sa.select(tickets).where(tickets.c.id == ticket_id, *conditions)
    row = (await tx.execute(bulk.locked(statement, tx) if is_locked else statement)).one_or_none()
    if row is None:
        raise TicketNotFound(f"There is no ticket {ticket_id}.")
    return row


async def change(tx: Tx, row: Any, changes: Mapping[str, Any]) -> Any:
    """The ticket with other values, as its next version."""
    values = {**changes, "changed_at": clock.now(), "version": row.version + 1}
    await tx.execute(sa.update(tickets).where(tickets.c.id == row.id).values(values))
    return await get(tx, row.id)


async def add_note(tx: Tx, ticket: Any, author: str, what: str, text: str) -> None:
    """Write a line into a ticket."""
    row = {
        "id": new_id(),
        "operator_id": ticket.operator_id,
        "ticket_id": ticket.id,
        "at": clock.now(),
        "author": author[:200],
        "what": what,
        "text": text,
    }
    await bulk.insert(tx, notes, [row])
    await tx.execute(sa.update(tickets).where(tickets.c.id == ticket.id).values(changed_at=row["at"]))


async def notes_of(tx: Tx, ticket_id: str, limit: int) -> Sequence[Any]:
    """A ticket's lines, the latest first."""
    statement = sa.select(notes).where(notes.c.ticket_id == ticket_id).order_by(notes.c.id.desc()).limit(limit)
    return (await tx.execute(statement)).all()


async def find_account(tx: Tx, operator_id: str, account_id: str) -> str | None:
    """The name of an operator's account, by its address where it has none; None: there is no such account."""
    mine = (accounts.c.operator_id == operator_id, accounts.c.id == account_id, accounts.c.is_active)
    row = (await tx.execute(sa.select(accounts.c.name, accounts.c.email).where(*mine))).one_or_none()
    return None if row is None else (row.name or row.email)


async def search(tx: Tx, visible: sa.ColumnElement[bool], text: str, limit: int) -> Sequence[Any]:
    """Tickets by their subject, contact or station, the latest first."""
    found = [tickets.c[name].icontains(text, autoescape=True) for name in ("subject", "contact", "station_identity")]
    statement = sa.select(tickets).where(visible, sa.or_(*found, tickets.c.id == text))
    return (await tx.execute(statement.order_by(tickets.c.id.desc()).limit(limit))).all()


async def forget_driver(tx: Tx, account_id: str) -> None:
    """Tickets of a person who has gone: what was reported stays, the person does not."""
    statement = sa.update(tickets).where(tickets.c.driver_id == account_id)
    await tx.execute(statement.values(driver_id=None, contact=None))


async def put_photo(tx: Tx, ticket: Any, content: bytes) -> None:
    """A ticket's photo, in place of the one before. The ticket is locked."""
    await tx.execute(sa.delete(photos).where(photos.c.ticket_id == ticket.id))
    row = {"ticket_id": ticket.id, "operator_id": ticket.operator_id, "added_at": clock.now(), "content": content}
    await bulk.insert(tx, photos, [row])


async def find_photo(tx: Tx, ticket_id: str) -> datetime | None:
    """When a ticket's photo was added; None: it has none."""
    return (await tx.execute(sa.select(photos.c.added_at).where(photos.c.ticket_id == ticket_id))).scalar_one_or_none()


async def photo_of(tx: Tx, ticket_id: str) -> bytes | None:
    """A ticket's photo, as JPEG."""
    return (await tx.execute(sa.select(photos.c.content).where(photos.c.ticket_id == ticket_id))).scalar_one_or_none()


async def forget_photos(tx: Tx, before: datetime, limit: int) -> int:
    """Photos that were added before then go; how many went."""
    old = sa.select(photos.c.ticket_id).where(photos.c.added_at < before).limit(limit)
    ids = list((await tx.execute(old)).scalars())
    if ids:
        await tx.execute(sa.delete(photos).where(photos.c.ticket_id.in_(ids)))
    return len(ids)

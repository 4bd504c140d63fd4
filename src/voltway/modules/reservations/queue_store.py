"""All SQL of queues."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.contracts.bookings import PublicQueue
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.reservations import booking_store
from voltway.modules.reservations.booking import Place
from voltway.modules.reservations.errors import AlreadyQueued, QueuePlaceNotFound
from voltway.modules.reservations.queueing import OPEN, Queued, State
from voltway.modules.reservations.tables import queue_places, reservations, sites

_OPEN = [state.value for state in OPEN]


def queued(row: Any) -> Queued:
    """A place as the rules see it."""
    at = None if row.station_id is None else Place(row.station_id, row.evse_number)
    wants = frozenset() if row.connector_type is None else frozenset({row.connector_type})
    return Queued(row.id, row.number, State(row.state), wants, at, row.until)


async def get(tx: Tx, place_id: str, *conditions: sa.ColumnElement[bool]) -> Any:
    """A place. Raises QueuePlaceNotFound unless the conditions hold."""
    row = (await tx.execute(sa.select(queue_places).where(queue_places.c.id == place_id, *conditions))).one_or_none()
    if row is None:
        raise QueuePlaceNotFound(f"There is no place {place_id} in a queue.")
    return row


async def at(tx: Tx, location_id: str) -> Sequence[Any]:
    """The open places at a location, in their order."""
    statement = sa.select(queue_places).where(
        queue_places.c.location_id == location_id, queue_places.c.state.in_(_OPEN)
    )
    return (await tx.execute(statement.order_by(queue_places.c.number))).all()


async def ahead_of(tx: Tx, rows: Iterable[Any]) -> dict[str, int]:
    """How many open places are before each of these."""
    wanted = {row.id: (row.location_id, row.number) for row in rows}
    locations = sorted({location_id for location_id, _ in wanted.values()})
    if not locations:
        return {}
    statement = sa.select(queue_places.c.location_id, queue_places.c.number).where(
        queue_places.c.location_id.in_(locations), queue_places.c.state.in_(_OPEN)
    )
    there = (await tx.execute(statement)).all()
    return {
        place_id: sum(one.location_id == location_id and one.number < number for one in there)
        for place_id, (location_id, number) in wanted.items()
    }


async def add(tx: Tx, site: Any, values: Mapping[str, Any]) -> Any:
    """Add a place at the end of a location's queue, whose row the caller has locked. Raises AlreadyQueued: the unique key says so,
    whoever else asks at the same time."""
    now = clock.now()
    blank = dict.fromkeys(
        ("reason", "station_id", "station_identity", "evse_number", "reservation_id", "until", "session_id")
    )
    row = {"id": new_id(), "number": site.next_number, "state": State.WAITING.value, "snoozes": 0, "is_told": False}
    row |= {"joined_at": now, "updated_at": now, **blank, **values, "open_account_id": values["account_id"]}
    await bulk.insert_if_absent(tx, queue_places, [row])
    found = (await tx.execute(sa.select(queue_places).where(queue_places.c.id == row["id"]))).one_or_none()
    if found is None:
        raise AlreadyQueued("You have a place in a queue already. Leave it first.")
    later = {"next_number": site.next_number + 1, "queue_due_at": now}
    await tx.execute(sa.update(sites).where(sites.c.location_id == site.location_id).values(**later))
    return found


async def change(tx: Tx, row: Any, **values: Any) -> Any:
    """Set some columns; the row as it is then. The caller holds its location."""
    values |= {"updated_at": clock.now()}
    if values.get("state") is not None and State(values["state"]) not in OPEN:
        values |= {"open_account_id": None, "until": None}
    await tx.execute(sa.update(queue_places).where(queue_places.c.id == row.id).values(**values))
    return await get(tx, row.id)


async def set_due(tx: Tx, location_id: str, due_at: datetime | None) -> None:
    """When to look at a location's queue; None: nobody waits."""
    await tx.execute(sa.update(sites).where(sites.c.location_id == location_id).values(queue_due_at=due_at))


async def find_due(tx: Tx) -> Sequence[Any]:
    """Locations whose queue is to be looked at by now."""
    statement = sa.select(sites).where(sites.c.queue_due_at <= clock.now()).order_by(sites.c.queue_due_at)
    return (await tx.execute(statement.limit(booking_store.DUE_MAX))).all()


async def open_of_token(tx: Tx, location_id: str, id_token: str) -> Sequence[Any]:
    """The open places of a token at a location."""
    statement = sa.select(queue_places).where(
        queue_places.c.location_id == location_id,
        queue_places.c.state.in_(_OPEN),
        sa.func.lower(queue_places.c.id_token) == id_token.lower(),
    )
    return (await tx.execute(statement)).all()


async def take_left_behind(tx: Tx, location_id: str) -> list[Any]:
    """What stations hold for people who charge by now, perhaps at another EVSE; given once."""
    mine = (
        queue_places.c.location_id == location_id,
        queue_places.c.state == State.SERVED.value,
        queue_places.c.reservation_id.is_not(None),
    )
    ids = (await tx.execute(sa.select(queue_places.c.reservation_id).where(*mine))).scalars().all()
    if not ids:
        return []
    await tx.execute(sa.update(queue_places).where(*mine).values(reservation_id=None))
    return list((await tx.execute(sa.select(reservations).where(reservations.c.id.in_(ids)))).all())


async def public(tx: Tx, location_ids: Sequence[str]) -> dict[str, PublicQueue]:
    """What anybody may know of locations."""
    rows = (await tx.execute(sa.select(sites).where(sites.c.location_id.in_(location_ids)))).all()
    counted = (
        sa.select(queue_places.c.location_id, sa.func.count())
        .where(queue_places.c.location_id.in_(location_ids), queue_places.c.state.in_(_OPEN))
        .group_by(queue_places.c.location_id)
    )
    lengths = {row[0]: row[1] for row in (await tx.execute(counted)).all()}
    found: dict[str, PublicQueue] = {}
    for row in rows:
        rules = booking_store.rules_of(row)
        length = lengths.get(row.location_id, 0) if rules.has_queue else None
        found[row.location_id] = PublicQueue(is_bookable=rules.is_bookable, queue_length=length)
    return found

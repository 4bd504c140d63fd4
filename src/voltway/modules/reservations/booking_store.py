"""All SQL of bookings, and of the rules of locations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.reservations.booking import OPEN, Place, Rules, Slot, State, Taken, Terms
from voltway.modules.reservations.errors import BookingNotFound
from voltway.modules.reservations.tables import bookings, queue_places, reservations, sites

DUE_MAX = 50
_OPEN = [state.value for state in OPEN]

# ---- rules


async def find_site(tx: Tx, operator_id: str, location_id: str, *, is_locked: bool = False) -> Any | None:
    """The row of a location. Locked, it keeps everybody else from handing out the location's EVSEs until the commit."""
    statement = sa.select(sites).where(sites.c.location_id == location_id, sites.c.operator_id == operator_id)
    return (await tx.execute(bulk.locked(statement, tx) if is_locked else statement)).one_or_none()


async def lock_sites(tx: Tx, location_ids: Iterable[str]) -> set[str]:
    """Lock the rows of locations, in an order that is the same for everybody; those that have one."""
    wanted = sorted(set(location_ids))
    if not wanted:
        return set()
    statement = sa.select(sites.c.location_id).where(sites.c.location_id.in_(wanted)).order_by(sites.c.location_id)
    return set((await tx.execute(bulk.locked(statement, tx))).scalars())


def rules_of(site: Any | None) -> Rules:
    """What an operator has said of a location; where they have said nothing, nothing is booked."""
    return Rules() if site is None else msgspec.convert(site.rules, Rules, strict=False)


async def save_rules(tx: Tx, operator_id: str, location_id: str, rules: Rules) -> Any:
    """Set the rules of a location; its row. What is booked keeps the terms it was booked by."""
    blank = {
        "location_id": location_id,
        "operator_id": operator_id,
        "rules": msgspec.to_builtins(Rules()),
        "version": 0,
        "next_number": 1,
        "queue_due_at": None,
        "updated_at": clock.now(),
    }
    await bulk.insert_if_absent(tx, sites, [blank])
    site = await find_site(tx, operator_id, location_id, is_locked=True)
    assert site is not None
    values = {"rules": msgspec.to_builtins(rules), "version": site.version + 1, "updated_at": clock.now()}
    await tx.execute(sa.update(sites).where(sites.c.location_id == location_id).values(**values))
    return await find_site(tx, operator_id, location_id)


# ---- bookings


def terms_of(row: Any) -> Terms:
    """What holds for a booking."""
    return msgspec.convert(row.terms, Terms, strict=False)


def slot_of(row: Any) -> Slot:
    """When it is."""
    return Slot(row.starts_at, row.ends_at)


def place_of(row: Any) -> Place:
    """Where it is."""
    return Place(row.station_id, row.evse_number)


async def get(tx: Tx, booking_id: str, *conditions: sa.ColumnElement[bool], is_locked: bool = False) -> Any:
    """A booking. Raises BookingNotFound unless the conditions hold."""
    statement = sa.select(bookings).where(bookings.c.id == booking_id, *conditions)
    row = (await tx.execute(bulk.locked(statement, tx) if is_locked else statement)).one_or_none()
    if row is None:
        raise BookingNotFound(f"There is no booking {booking_id}.")
    return row


async def taken(tx: Tx, location_id: str, within: Slot, besides_id: str | None = None) -> Taken:
    """What is booked at a location in some part of a time."""
    statement = sa.select(bookings).where(
        bookings.c.location_id == location_id,
        bookings.c.ends_at > within.starts_at,
        bookings.c.starts_at < within.ends_at,
        bookings.c.state.in_(_OPEN),
    )
    rows = (await tx.execute(statement)).all()
    return [(place_of(row), slot_of(row)) for row in rows if row.id != besides_id]


async def count_open(tx: Tx, operator_id: str, account_id: str) -> int:
    """How many open bookings a driver has."""
    statement = sa.select(sa.func.count()).where(
        bookings.c.operator_id == operator_id, bookings.c.account_id == account_id, bookings.c.state.in_(_OPEN)
    )
    return int((await tx.execute(statement)).scalar_one())


async def add(tx: Tx, values: Mapping[str, Any]) -> Any:
    """Add a booking; its row."""
    now = clock.now()
    blank = dict.fromkeys(
        ("reason", "reservation_id", "session_id", "checked_in_at", "fee_id", "fee", "fee_reason", "fee_waived_at")
    )
    row = {"id": new_id(), "revision": 1, "created_at": now, "updated_at": now, **blank, **values}
    await tx.execute(sa.insert(bookings).values(**row))
    return await get(tx, row["id"])


async def change(tx: Tx, row: Any, **values: Any) -> Any:
    """Set some columns; the row as it is then. The caller holds its location."""
    values |= {"updated_at": clock.now(), "revision": row.revision + 1}
    await tx.execute(sa.update(bookings).where(bookings.c.id == row.id).values(**values))
    return await get(tx, row.id)


async def set_due(tx: Tx, booking_id: str, due_at: datetime | None) -> None:
    """When to look at a booking."""
    await tx.execute(sa.update(bookings).where(bookings.c.id == booking_id).values(due_at=due_at))


async def find_due(tx: Tx) -> Sequence[Any]:
    """Bookings to be looked at by now."""
    statement = sa.select(bookings).where(bookings.c.due_at <= clock.now()).order_by(bookings.c.due_at).limit(DUE_MAX)
    return (await tx.execute(statement)).all()


async def find_reservation(tx: Tx, reservation_id: str | None) -> Any | None:
    """What a station was told."""
    if reservation_id is None:
        return None
    return (await tx.execute(sa.select(reservations).where(reservations.c.id == reservation_id))).one_or_none()


async def find_arrivals(tx: Tx, location_id: str, id_token: str, at: datetime) -> Sequence[Any]:
    """The bookings of a token at a location that are about to begin or have begun; the first one first. The caller holds the
    location."""
    statement = (
        sa.select(bookings)
        .where(
            bookings.c.location_id == location_id,
            sa.func.lower(bookings.c.id_token) == id_token.lower(),
            bookings.c.ends_at > at,
            bookings.c.state.in_([State.CONFIRMED.value, State.MOVED.value, State.CHECKED_IN.value]),
        )
        .order_by(bookings.c.starts_at)
    )
    return (await tx.execute(statement)).all()


async def of_session(tx: Tx, session_ids: Iterable[str]) -> Sequence[Any]:
    """The bookings that these sessions belong to."""
    wanted = sorted(set(session_ids))
    return (await tx.execute(sa.select(bookings).where(bookings.c.session_id.in_(wanted)))).all() if wanted else ()


async def hurry(tx: Tx, station_ids: Iterable[str]) -> None:
    """Something has happened at these stations: what is booked there by now is looked at."""
    now = clock.now()
    wanted = sorted(set(station_ids))
    if wanted:
        statement = sa.update(bookings).where(
            bookings.c.station_id.in_(wanted), bookings.c.ends_at > now, bookings.c.due_at > now,
            bookings.c.reservation_id.is_not(None),
        )  # fmt: skip
        await tx.execute(statement.values(due_at=now))


async def called_places(tx: Tx, location_id: str) -> set[Place]:
    """The EVSEs that are held for people of the location's queue."""
    statement = sa.select(queue_places.c.station_id, queue_places.c.evse_number).where(
        queue_places.c.location_id == location_id, queue_places.c.state == "called"
    )
    return {Place(row.station_id, row.evse_number) for row in (await tx.execute(statement)).all() if row.station_id}

"""All SQL of the reservations module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.contracts.access import ReservationChanged
from voltway.kernel import bulk, clock
from voltway.kernel.auth import Principal, visible
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.reservations.errors import ReservationNotFound
from voltway.modules.reservations.rules import OPEN, State
from voltway.modules.reservations.tables import reservations

DUE_MAX = 100
ATTEMPTS = 20


def visible_to(principal: Principal) -> sa.ColumnElement[bool]:
    """Whose reservations a caller sees."""
    return visible(principal, reservations)


async def get(tx: Tx, reservation_id: str, *conditions: sa.ColumnElement[bool]) -> Any:
    """A reservation. Raises ReservationNotFound unless the conditions hold."""
    statement = sa.select(reservations).where(reservations.c.id == reservation_id, *conditions)
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        raise ReservationNotFound(f"There is no reservation {reservation_id}.")
    return row


async def find_locked(tx: Tx, station_id: str, number: int) -> Any | None:
    """A station's reservation by its number, locked until the commit."""
    statement = sa.select(reservations).where(reservations.c.station_id == station_id, reservations.c.number == number)
    return (await tx.execute(bulk.locked(statement, tx))).one_or_none()


async def add(tx: Tx, values: Mapping[str, Any], number: int | None = None) -> Any:
    """Add a reservation with this number, or the station's next one; its row.

    Two at once want the same next number: the second falls on the unique key and takes the one after it.
    """
    now = clock.now()
    row = {"id": new_id(), "created_at": now, "updated_at": now, "state": State.PENDING.value, **values}
    row |= {"ends_at": row["expires_at"], "wire_status": None, "session_id": None}
    highest = sa.select(sa.func.max(reservations.c.number)).where(reservations.c.station_id == row["station_id"])
    for attempt in range(ATTEMPTS):
        taken = number if number is not None else ((await tx.execute(highest)).scalar() or 0) + 1 + attempt // 2
        row["number"] = taken
        await bulk.insert_if_absent(tx, reservations, [row])
        found = (await tx.execute(sa.select(reservations).where(reservations.c.id == row["id"]))).one_or_none()
        if found is not None:
            _tell(tx, found, State.PENDING)
            return found
    raise RuntimeError("No reservation number is free")


async def change(tx: Tx, row: Any, state: State, **values: Any) -> None:
    """Set a reservation's state and some columns, and say so where the state is another."""
    ends_at = row.expires_at if state in OPEN else None
    due = {} if state is State.PENDING else {"due_at": None}
    statement = sa.update(reservations).where(reservations.c.id == row.id)
    await tx.execute(
        statement.values(**{"state": state.value, "ends_at": ends_at, "updated_at": clock.now(), **due, **values})
    )
    if state != row.state:
        _tell(tx, row, state)


async def remove(tx: Tx, reservation_id: str) -> None:
    """Forget a reservation that no station was told of."""
    await tx.execute(sa.delete(reservations).where(reservations.c.id == reservation_id))


async def set_due(tx: Tx, reservation_id: str, due_at: datetime | None) -> None:
    """When to tell the station."""
    await tx.execute(sa.update(reservations).where(reservations.c.id == reservation_id).values(due_at=due_at))


async def find_due(tx: Tx) -> Sequence[Any]:
    """Reservations that the station is to be told of by now."""
    statement = (
        sa.select(reservations)
        .where(reservations.c.due_at <= clock.now(), reservations.c.state == State.PENDING.value)
        .order_by(reservations.c.due_at)
        .limit(DUE_MAX)
    )
    return (await tx.execute(statement)).all()


async def find_run_out(tx: Tx) -> Sequence[Any]:
    """Reservations that are over by our clock and not by their state; locked."""
    statement = sa.select(reservations).where(reservations.c.ends_at <= clock.now()).limit(1000)
    return (await tx.execute(bulk.locked(statement, tx))).all()


async def is_any_run_out(tx: Tx) -> bool:
    """Whether `find_run_out` would find something."""
    statement = sa.select(reservations.c.id).where(reservations.c.ends_at <= clock.now()).limit(1)
    return (await tx.execute(statement)).one_or_none() is not None


async def find_accepted(tx: Tx, station_ids: Iterable[str]) -> Sequence[Any]:
    """The accepted reservations of these stations; locked."""
    statement = sa.select(reservations).where(
        reservations.c.station_id.in_(sorted(set(station_ids))), reservations.c.state == State.ACCEPTED.value
    )
    return (await tx.execute(bulk.locked(statement, tx))).all()


def _tell(tx: Tx, row: Any, state: State) -> None:
    tx.publish(
        ReservationChanged(
            operator_id=row.operator_id,
            at=clock.now(),
            reservation_id=row.id,
            station_id=row.station_id,
            station_identity=row.station_identity,
            evse_number=row.evse_number,
            state=state.value,
        )
    )


async def hurry(tx: Tx, station_ids: set[str]) -> None:
    """What these stations are still to be told of, and should know by now, is due."""
    now = clock.now()
    statement = (
        sa.update(reservations)
        .where(
            reservations.c.station_id.in_(sorted(station_ids)),
            reservations.c.state == State.PENDING.value,
            reservations.c.starts_at <= now,
            reservations.c.due_at > now,
        )
        .values(due_at=now)
    )
    await tx.execute(statement)

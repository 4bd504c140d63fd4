"""What the reservations module has to do with a person: the copy of their reservations, and letting go of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from voltway.contracts.accounts import (
    PERSONAL_DATA_MAX,
    AccountErased,
    FindPersonalBookings,
    FindPersonalReservations,
    PersonalDataAsk,
)
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.reservations import (
    booking,
    booking_service,
    booking_store,
    booking_telling,
    queue_store,
    queue_work,
    queueing,
)
from voltway.modules.reservations.booking_schemas import staff_booking_out, staff_queue_place_out
from voltway.modules.reservations.schemas import reservation_out
from voltway.modules.reservations.tables import bookings, queue_places, reservations

NOBODY = "erased"
"""What stands in a reservation in the place of the token of a person who has gone."""


async def find_personal_reservations(runtime: Runtime, request: FindPersonalReservations) -> list[dict[str, Any]]:
    """A person's reservations: those for their tokens."""
    if not request.id_tokens:
        return []
    statement = sa.select(reservations).where(_theirs(request.operator_id, request.id_tokens))
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement.order_by(reservations.c.id.desc()).limit(PERSONAL_DATA_MAX))).all()
    return [reservation_out(row, str).model_dump(mode="json") for row in rows]


async def on_account_erased(runtime: Runtime, tx: Tx, events: Sequence[AccountErased]) -> None:
    """A person has gone: their reservations name nobody. One that is open runs out by itself; its token opens nothing. What they
    have booked or wait for is given up, and nobody's."""
    for event in events:
        await _give_up(tx, event)
        if event.id_tokens:
            statement = sa.update(reservations).where(_theirs(event.operator_id, event.id_tokens))
            await tx.execute(statement.values(id_token=NOBODY, group_value=None))


async def _give_up(tx: Tx, event: AccountErased) -> None:
    theirs = {table: _of_account(table, event) for table in (bookings, queue_places)}
    booked = (await tx.execute(sa.select(bookings).where(theirs[bookings]))).all()
    queued = (await tx.execute(sa.select(queue_places).where(theirs[queue_places]))).all()
    await booking_store.lock_sites(tx, (row.location_id for row in (*booked, *queued)))
    for table, mine in theirs.items():
        await tx.execute(sa.update(table).where(mine).values(account_id=None, id_token=NOBODY, group_value=None))
    for row in booked:
        fresh = await booking_store.get(tx, row.id)
        if booking.after(booking.State(fresh.state), booking.Act.CANCEL) is not None:
            await booking_telling.tell(tx, await booking_service.act(tx, fresh, booking.Act.CANCEL, reason=NOBODY))
    for row in queued:
        if queueing.State(row.state) in queueing.OPEN:
            await queue_work.leave(tx, await queue_store.get(tx, row.id))


async def find_personal_bookings(runtime: Runtime, request: FindPersonalBookings) -> list[dict[str, Any]]:
    """A person's bookings and places in queues."""
    async with runtime.database.read() as tx:
        booked, queued = [
            (
                await tx.execute(
                    sa.select(table)
                    .where(_of_account(table, request))
                    .order_by(table.c.id.desc())
                    .limit(PERSONAL_DATA_MAX)
                )
            ).all()
            for table in (bookings, queue_places)
        ]
    found = [("booking", staff_booking_out(row, str)) for row in booked]
    waited = [("queue_place", staff_queue_place_out(row, 0, str)) for row in queued]
    everything = [{"kind": kind, **out.model_dump(mode="json")} for kind, out in (*found, *waited)]
    return everything[:PERSONAL_DATA_MAX]


def _of_account(table: sa.Table, whose: AccountErased | PersonalDataAsk) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.operator_id == whose.operator_id, table.c.account_id == whose.account_id)


def _theirs(operator_id: str, id_tokens: Sequence[str]) -> sa.ColumnElement[bool]:
    is_theirs = sa.func.lower(reservations.c.id_token).in_([value.lower() for value in id_tokens])
    return sa.and_(reservations.c.operator_id == operator_id, is_theirs)

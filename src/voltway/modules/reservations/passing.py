"""What is held for a driver's card is passed on to the token of what they pay with in the app.

A payment charges with a token of its own, which no station was told of. The station gets the same reservation again, with that token
(1.6 §5.13: the same number replaces it; 2.0.1 H01.FR.02), so that there is no moment in which the EVSE is anybody's. A payment that
comes to nothing leaves it so: the driver pays anew, or the hold runs out.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from voltway.contracts.bookings import PassHold
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.reservations import booking_store, holding, queue_store, queueing, store
from voltway.modules.reservations.booking import State as BookingState
from voltway.modules.reservations.rules import State
from voltway.modules.reservations.tables import bookings, queue_places

WHO = "booking"
COMING = (BookingState.CONFIRMED.value, BookingState.MOVED.value, BookingState.CHECKED_IN.value)


async def pass_hold(runtime: Runtime, request: PassHold) -> None:
    """Have what a driver has booked, or waits for, at a location go with another token, and the station told where it holds."""
    token = {"id_token": request.id_token, "id_token_kind": request.id_token_kind}
    async with runtime.database.begin() as tx:
        await booking_store.lock_sites(tx, (request.location_id,))
        held = [await booking_store.change(tx, row, **token) for row in await _booked(tx, request)]
        held += [await queue_store.change(tx, row, **token) for row in await _waiting(tx, request)]
        here = [found for row in held if (found := await _reserved_here(tx, row, request)) is not None]
        for reservation in here:
            await store.change(tx, reservation, State(reservation.state), **token)
        told = [await store.get(tx, reservation.id) for reservation in here]
    for reservation in told:
        await holding.tell(runtime, reservation, WHO)


async def _booked(tx: Tx, request: PassHold) -> list[Any]:
    """The bookings that charging there now is for: the first one."""
    now = clock.now()
    mine = sa.select(bookings).where(
        bookings.c.operator_id == request.operator_id,
        bookings.c.location_id == request.location_id,
        bookings.c.account_id == request.account_id,
        bookings.c.ends_at > now,
        bookings.c.state.in_(COMING),
    )
    rows = (await tx.execute(mine.order_by(bookings.c.starts_at))).all()
    return [row for row in rows if row.starts_at - booking_store.terms_of(row).hold <= now][:1]


async def _waiting(tx: Tx, request: PassHold) -> list[Any]:
    """The place in the queue there."""
    mine = sa.select(queue_places).where(
        queue_places.c.operator_id == request.operator_id,
        queue_places.c.location_id == request.location_id,
        queue_places.c.account_id == request.account_id,
        queue_places.c.state.in_([state.value for state in queueing.OPEN]),
    )
    return list((await tx.execute(mine)).all())


async def _reserved_here(tx: Tx, row: Any, request: PassHold) -> Any | None:
    """What the station that is charged at holds for a booking, or a place in the queue; None: nothing."""
    found = await booking_store.find_reservation(tx, row.reservation_id)
    if found is None or not holding.is_held(found):
        return None
    return found if (found.station_id, found.evse_number) == (request.station_id, request.evse_number) else None

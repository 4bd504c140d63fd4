"""How long EVSEs were held before the sessions for which they were: what a tariff's reservation prices are for."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from voltway.contracts.bookings import FindHeldBefore, Held
from voltway.kernel.runtime import Runtime
from voltway.modules.reservations.tables import bookings, reservations


async def find_held_before(runtime: Runtime, request: FindHeldBefore) -> dict[str, Held]:
    """By the booking that a session is for, else by the reservation. A booked EVSE may be held before its slot: that is our
    affair, and costs nothing; who charges before the slot begins has had nothing held."""
    started = {session_id: started_at for session_id, _, started_at in request.sessions}
    stations = {station_id for _, station_id, _ in request.sessions}
    since: dict[str, datetime] = {}
    async with runtime.database.read() as tx:
        for table in (reservations, bookings):
            mine = (table.c.station_id.in_(stations), table.c.session_id.in_(started))
            rows = (await tx.execute(sa.select(table.c.session_id, table.c.starts_at).where(*mine))).all()
            since |= {row.session_id: row.starts_at for row in rows}
    return {
        session_id: Held(start=start, end=started[session_id])
        for session_id, start in since.items()
        if start < started[session_id]
    }

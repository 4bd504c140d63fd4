"""An EVSE that is held for a person: what bookings and queues have the station told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from voltway.contracts.stations import EvseView, SendCommand
from voltway.contracts.vocabulary import ConnectorStatus
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.reservations import booking_store, rules, sending, store
from voltway.modules.reservations.booking import Place
from voltway.modules.reservations.rules import State
from voltway.modules.reservations.tables import reservations

log = structlog.get_logger()

WAIT_S = 20.0
FIT = frozenset({ConnectorStatus.AVAILABLE, ConnectorStatus.OCCUPIED, ConnectorStatus.RESERVED})
"""What an EVSE says that can charge, now or when the car before has gone."""


async def note(tx: Tx, row: Any, place: Place, identity: str, until: datetime) -> Any:
    """A reservation of an EVSE for the person of a booking or a place in the queue, from now; it is told after the commit."""
    values = {
        "operator_id": row.operator_id,
        "station_id": place.station_id,
        "station_identity": identity,
        "location_id": row.location_id,
        "evse_number": place.evse_number,
        "connector_type": None,
        "id_token": row.id_token,
        "id_token_kind": row.id_token_kind,
        "group_value": row.group_value,
        "starts_at": clock.now(),
        "expires_at": until,
        "due_at": None,
    }
    return await store.add(tx, values)


async def prolong(tx: Tx, reservation: Any, until: datetime) -> Any:
    """The same reservation for longer: the station gets the same number again (2.0.1 H01.FR.02; 1.6 §5.13 replaces it)."""
    await store.change(tx, reservation, State(reservation.state), expires_at=until, ends_at=until)
    return await store.get(tx, reservation.id)


async def tell(runtime: Runtime, reservation: Any, who: str) -> bool:
    """Tell the station of a reservation; whether it holds the EVSE."""
    try:
        await sending.send(runtime, reservation, who, WAIT_S)
    except Problem as problem:
        log.info("reservation.refused", reservation_id=reservation.id, error=problem.detail)
        async with runtime.database.begin() as tx:
            fresh = await store.find_locked(tx, reservation.station_id, reservation.number)
            if fresh is not None and fresh.state == State.PENDING:
                await store.change(tx, fresh, State.REJECTED, wire_status=problem.kind()[:50])
    async with runtime.database.read() as tx:
        fresh = await booking_store.find_reservation(tx, reservation.id)
    return is_held(fresh)


async def release(runtime: Runtime, reservation: Any, who: str) -> None:
    """Let an EVSE go. What the station does not hear runs out by itself: nothing is held for long."""
    if reservation is None or State(reservation.state) not in rules.OPEN:
        return
    order = SendCommand(
        operator_id=reservation.operator_id,
        station_id=reservation.station_id,
        type="cancel_reservation",
        arguments={"reservation_id": reservation.id},
        requested_by=who,
        wait_s=WAIT_S,
    )
    try:
        await runtime.ask(order, timeout_s=WAIT_S + 10)
    except Problem as error:
        log.info("reservation.not_released", reservation_id=reservation.id, error=repr(error))


async def refused_since(tx: Tx, location_id: str, since: datetime) -> set[Place]:
    """The EVSEs of a location that a station would not hold since an instant."""
    gone = [State.REJECTED.value, State.OFFLINE.value]
    statement = sa.select(reservations.c.station_id, reservations.c.evse_number).where(
        reservations.c.location_id == location_id,
        reservations.c.updated_at >= since,
        reservations.c.state.in_(gone),
        reservations.c.evse_number.is_not(None),
    )
    return {Place(*row) for row in (await tx.execute(statement)).all()}


def is_held(reservation: Any | None) -> bool:
    """Whether the station has said that it holds the EVSE."""
    return reservation is not None and State(reservation.state) in rules.HELD


def is_refused(reservation: Any | None) -> bool:
    """Whether it has said, or shown, that it does not."""
    return reservation is not None and State(reservation.state) not in {*rules.OPEN, State.USED}


def is_fit(evse: EvseView | None) -> bool:
    """Whether an EVSE can charge and can be told: now, or when the car before has gone."""
    return evse is not None and evse.is_online and evse.can_reserve and evse.status in FIT


def is_open(reservation: Any) -> bool:
    """Whether it may be that the station holds the EVSE."""
    return State(reservation.state) in rules.OPEN


def is_asked(reservation: Any | None, since: datetime) -> bool:
    """Whether the station is being asked right now."""
    return reservation is not None and reservation.state == State.PENDING and reservation.updated_at >= since

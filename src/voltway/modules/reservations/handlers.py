"""What the reservations module records, answers and listens to."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from voltway.contracts.access import (
    ClaimReservation,
    FindReservation,
    ReportReservation,
    ReservationMet,
    ReservationNotTold,
)
from voltway.contracts.sessions import SessionEnded, SessionStarted
from voltway.contracts.station_link import LinkOpened, ReportNotRecorded
from voltway.contracts.stations import ConnectorStatusChanged, StationChanged
from voltway.contracts.vocabulary import ConnectorStatus
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.reservations import booking_work, queue_work, rules, sending, store
from voltway.modules.reservations.rules import State
from voltway.modules.reservations.tables import reservations

log = structlog.get_logger()


class ReservationHandler:
    """The batch handler of `ReportReservation`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def prepare(self, reports: Sequence[ReportReservation]) -> None:
        """Nothing to ask."""

    async def record(self, tx: Tx, reports: Sequence[ReportReservation], prepared: None) -> list[None]:
        """Note what stations say of their reservations. One that is not ours is no matter of ours."""
        for report in reports:
            row = await store.find_locked(tx, report.station_id, report.number)
            if row is None:
                log.info("reservation.unknown", station_id=report.station_id, number=report.number)
                continue
            state = rules.answered(State(row.state), report.about, report.wire_status)
            await store.change(tx, row, state, wire_status=report.wire_status[:50])
        return [None] * len(reports)

    async def quarantine(self, tx: Tx, report: ReportReservation, error: Exception) -> None:
        """The station is answered all the same; the reservation runs out by our clock."""
        log.error("reservation.not_recorded", station_id=report.station_id, number=report.number, exc_info=error)
        tx.publish(ReportNotRecorded.of(report, error))


async def claim(runtime: Runtime, request: ClaimReservation) -> int:
    """The number of a reservation that is about to be sent. A number that is known is taken up again with what is new."""
    values = {
        "evse_number": request.evse_number,
        "connector_type": request.connector_type,
        "id_token": request.id_token,
        "id_token_kind": request.id_token_kind,
        "group_value": request.group,
        "expires_at": request.expires_at,
    }
    async with runtime.database.begin() as tx:
        if request.number is not None:
            row = await store.find_locked(tx, request.station_id, request.number)
            if row is not None:
                state = State(row.state) if State(row.state) in rules.OPEN else State.PENDING
                await store.change(tx, row, state, **values, ends_at=request.expires_at)
                return request.number
        origin = {
            "operator_id": request.operator_id,
            "station_id": request.station_id,
            "station_identity": request.station_identity,
            "location_id": request.location_id,
            "starts_at": clock.now(),
            "due_at": None,
        }
        row = await store.add(tx, {**origin, **values}, request.number)
        return int(row.number)


async def find(runtime: Runtime, request: FindReservation) -> int:
    """The number of a station's reservation. Raises ReservationNotFound."""
    async with runtime.database.read() as tx:
        row = await store.get(
            tx,
            request.reservation_id,
            reservations.c.operator_id == request.operator_id,
            reservations.c.station_id == request.station_id,
        )
    return int(row.number)


async def on_met(runtime: Runtime, tx: Tx, events: Sequence[ReservationMet]) -> None:
    """A transaction has named a reservation: it is used."""
    for event in events:
        row = await store.find_locked(tx, event.station_id, event.number)
        if row is not None and row.session_id is None:
            await store.change(tx, row, rules.met(State(row.state)), session_id=event.session_id)


async def on_connector_status(runtime: Runtime, tx: Tx, events: Sequence[ConnectorStatusChanged]) -> None:
    """An EVSE stands reserved: the reservation for it is active."""
    await booking_work.on_status(tx, events)
    places = {(event.station_id, event.evse_number) for event in events if event.status is ConnectorStatus.RESERVED}
    if not places:
        return
    for row in await store.find_accepted(tx, (station_id for station_id, _ in places)):
        is_there = row.evse_number is None or (row.station_id, row.evse_number) in places
        if is_there:
            await store.change(tx, row, rules.reserved(State(row.state)))


async def on_link_opened(runtime: Runtime, tx: Tx, events: Sequence[LinkOpened]) -> None:
    """A station is back: it is told at once of the reservations that wait for it."""
    await store.hurry(tx, {event.station_id for event in events})


async def on_not_told(runtime: Runtime, tx: Tx, events: Sequence[ReservationNotTold]) -> None:
    """Orders that have found their stations offline."""
    for event in events:
        row = await store.find_locked(tx, event.station_id, event.number)
        if row is not None:
            await sending.note_offline(tx, row)


async def on_station_changed(runtime: Runtime, tx: Tx, events: Sequence[StationChanged]) -> None:
    """A station is online or offline: what is booked there now is looked at."""
    await booking_work.on_status(tx, events)


async def on_session_started(runtime: Runtime, tx: Tx, events: Sequence[SessionStarted]) -> None:
    """Somebody charges: who has booked is there, who waits waits no more."""
    await booking_work.on_session_started(tx, events)
    await queue_work.on_session_started(tx, events)


async def on_session_ended(runtime: Runtime, tx: Tx, events: Sequence[SessionEnded]) -> None:
    """Whoever has booked is done."""
    await booking_work.on_session_ended(tx, events)

"""Keeping bookings: the EVSE is held shortly before the slot, another one found where it fails, and what nobody came for ends.

A job looks at each booking when it is due:  its location's row is locked, one step taken (booking.next_step), committed; then the
station is told, with nothing open; then the booking is due again. `due_at` is the lease: of two processes one takes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog

from voltway.contracts.sessions import SessionEnded, SessionStarted
from voltway.contracts.stations import ConnectorStatusChanged, EvseView, FindEvses, StationChanged
from voltway.contracts.vocabulary import ConnectorStatus
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.reservations import booking, booking_service, booking_store, booking_telling, holding
from voltway.modules.reservations.booking import Act, Facts, Place, Slot, State, Step
from voltway.modules.reservations.errors import BookingNotInState

log = structlog.get_logger()

LEASE = timedelta(seconds=90)
RETRY = timedelta(seconds=20)
"""After an EVSE could not be held, and no other is free."""
WHO = "booking"


class _ToDo(NamedTuple):
    """What a station is to be told after the commit: of one reservation that it is held, of another that it is let go."""

    hold: Any | None = None
    release: Any | None = None
    next_at: datetime | None = None
    """When to look at the booking again if nobody is told anything."""


async def keep_due(runtime: Runtime) -> None:
    """A job: look at what is due."""
    async with runtime.database.read() as tx:
        rows = await booking_store.find_due(tx)
    for row in rows:
        try:
            await keep(runtime, row)
        except Problem as problem:  # nobody answers: the next round
            log.warning("booking.not_kept", booking_id=row.id, error=problem.detail)


async def keep(runtime: Runtime, row: Any) -> None:
    """Take one step with a booking, and tell its station."""
    evses = await runtime.ask(FindEvses(operator_id=row.operator_id, location_id=row.location_id))
    async with runtime.database.begin() as tx:
        await booking_store.find_site(tx, row.operator_id, row.location_id, is_locked=True)
        fresh = await booking_store.get(tx, row.id)
        if fresh.due_at is None or fresh.due_at > clock.now():
            return
        todo = await _step(tx, fresh, evses)
        is_told = todo.hold is not None or todo.release is not None
        await booking_store.set_due(tx, row.id, clock.now() + LEASE if is_told else todo.next_at)
    if not is_told:
        return
    if todo.release is not None:
        await holding.release(runtime, todo.release, WHO)
    if todo.hold is not None:
        await holding.tell(runtime, todo.hold, WHO)
    async with runtime.database.begin() as tx:
        await booking_store.set_due(tx, row.id, clock.now() if todo.hold is not None else todo.next_at)


async def _step(tx: Tx, row: Any, evses: Sequence[EvseView]) -> _ToDo:
    """Do what is due in the database; what is left to be told."""
    reservation = await booking_store.find_reservation(tx, row.reservation_id)
    here = next((one for one in evses if (one.station_id, one.evse_number) == booking_store.place_of(row)), None)
    facts = facts_of(row, reservation, here)
    now = clock.now()
    step = booking.next_step(facts, now)
    log.debug("booking.stepped", booking_id=row.id, step=step.value, state=row.state)
    match step:
        case Step.HOLD:
            return await _hold(tx, row, facts, reservation)
        case Step.MOVE:
            return await _move(tx, row, facts, reservation, evses)
        case Step.MISS:
            row = await booking_service.miss(tx, row)
        case Step.FAIL:
            row = await booking_service.fail(tx, row, "no_evse_left")
        case Step.LAPSE:
            row = await booking_service.cancel_for_driver(tx, row, "not_confirmed")
        case Step.FINISH:
            row = await booking_service.act(tx, row, Act.FINISH)
            await booking_telling.tell(tx, row)
        case Step.RELEASE:
            return _ToDo(release=reservation, next_at=booking.next_look(facts, now))
        case Step.WAIT:
            return _ToDo(next_at=now + RETRY if facts.is_asked else booking.next_look(facts, now))
    return _ToDo(release=reservation if holding.is_held(reservation) else None)


def facts_of(row: Any, reservation: Any | None, here: EvseView | None) -> Facts:
    """What decides what is due. A car that charges says by itself that the EVSE can be reached."""
    terms = booking_store.terms_of(row)
    broken = here is not None and here.status in (ConnectorStatus.FAULTED, ConnectorStatus.UNAVAILABLE)
    is_there = State(row.state) is State.CHARGING
    is_ours = _is_ours(row, reservation)
    return Facts(
        state=State(row.state),
        slot=booking_store.slot_of(row),
        hold=terms.hold,
        grace=terms.grace,
        is_fit=not broken if is_there else holding.is_fit(here),
        is_asked=is_ours and holding.is_asked(reservation, since=clock.now() - LEASE),
        is_held=is_ours and holding.is_held(reservation),
        is_refused=is_ours and holding.is_refused(reservation),
        held_until=None if reservation is None else reservation.expires_at,
    )


def _is_ours(row: Any, reservation: Any | None) -> bool:
    """Whether what the station was told last is about the EVSE that the booking has now."""
    if reservation is None:
        return False
    return booking_store.place_of(row) == Place(reservation.station_id, reservation.evse_number)


async def _hold(tx: Tx, row: Any, facts: Facts, reservation: Any | None) -> _ToDo:
    until = booking.wanted_until(facts)
    if reservation is not None and holding.is_open(reservation) and _is_ours(row, reservation):
        return _ToDo(hold=await holding.prolong(tx, reservation, until))
    held = await holding.note(tx, row, booking_store.place_of(row), row.station_identity, until)
    await booking_store.change(tx, row, reservation_id=held.id)
    return _ToDo(hold=held)


async def _move(tx: Tx, row: Any, facts: Facts, reservation: Any | None, evses: Sequence[EvseView]) -> _ToDo:
    """To another EVSE that is free now and for the rest of the slot. Where there is none: it is tried again until the grace is
    over, also at the first one, which may have come back; then we have failed."""
    now = clock.now()
    rest = Slot(max(facts.slot.starts_at, now), facts.slot.ends_at)
    rules = booking_store.rules_of(await booking_store.find_site(tx, row.operator_id, row.location_id))
    suits = booking_service.places_of(rules, tuple(evses), row.connector_type)
    taken = await booking_store.taken(tx, row.location_id, rest, besides_id=row.id)
    called = await booking_store.called_places(tx, row.location_id)
    ready = booking_service.ready_of(suits, evses, called)
    others = [place for place in ready if place != booking_store.place_of(row)]
    # What is booked already stays booked: the share for walk-ins does not count here.
    place = booking.choose(others, taken, rest, capacity=len(suits) + len(taken))
    if place is None:
        if now >= facts.slot.starts_at + facts.grace:
            await booking_service.fail(tx, row, "no_evse_left")
            return _ToDo(release=reservation if facts.is_held else None)
        if facts.is_refused and facts.is_fit:  # nobody else: once more here, when it is free
            await booking_store.change(tx, row, reservation_id=None)
        return _ToDo(next_at=now + RETRY)
    (evse,) = [one for one in evses if (one.station_id, one.evse_number) == place]
    where = {"station_id": place.station_id, "evse_number": place.evse_number}
    moved = await booking_service.act(
        tx, row, Act.MOVE, **where, station_identity=evse.station_identity, reservation_id=None
    )
    await booking_telling.tell(tx, moved, "moved")
    log.info("booking.moved", booking_id=row.id, evse_number=place.evse_number)
    held = await holding.note(tx, moved, place, evse.station_identity, booking.wanted_until(facts))
    await booking_store.change(tx, moved, reservation_id=held.id)
    return _ToDo(hold=held, release=reservation if facts.is_held else None)


# ---- what is heard


async def on_session_started(tx: Tx, events: Sequence[SessionStarted]) -> None:
    """The token of a booking has begun to charge at its location: the driver is there. Also at another EVSE than the booked one."""
    there = await booking_store.lock_sites(tx, (event.location_id for event in events if event.location_id))
    for event in events:
        if event.location_id not in there or event.id_token is None:
            continue
        for row in await booking_store.find_arrivals(tx, event.location_id or "", event.id_token, event.at):
            if row.starts_at - booking_store.terms_of(row).hold <= event.at:
                row = await booking_service.act(tx, row, Act.START, session_id=event.session_id)
                await booking_telling.tell(tx, row)
                break


async def on_session_ended(tx: Tx, events: Sequence[SessionEnded]) -> None:
    """Whoever has charged is done, and the EVSE free for others."""
    rows = await booking_store.of_session(tx, (event.session_id for event in events))
    await booking_store.lock_sites(tx, (row.location_id for row in rows))
    for row in rows:
        try:
            done = await booking_service.act(tx, await booking_store.get(tx, row.id), Act.FINISH)
        except BookingNotInState:
            continue  # told twice, or the slot was over before
        await booking_telling.tell(tx, done)


async def on_status(tx: Tx, events: Sequence[ConnectorStatusChanged | StationChanged]) -> None:
    """An EVSE is another than before: what is booked there now is looked at."""
    await booking_store.hurry(tx, (event.station_id for event in events))

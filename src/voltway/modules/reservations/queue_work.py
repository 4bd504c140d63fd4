"""Queues: what people do with their places, and who is called when an EVSE comes free.

A call-up has two halves. First the EVSE is taken for a person, with the location's row locked; then its station is told to hold it.
Only when it has said yes does the person hear of it, and the time they have begins; when it says no, they wait on, as the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog

from voltway.contracts.bookings import FindPublicQueues, PublicQueue
from voltway.contracts.sessions import SessionStarted
from voltway.contracts.stations import EvseView, FindEvses
from voltway.contracts.users import DriverToken
from voltway.contracts.vocabulary import ConnectorStatus
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.reservations import (
    booking_service,
    booking_store,
    booking_telling,
    holding,
    queue_store,
    queueing,
)
from voltway.modules.reservations.booking import Place, Rules, Slot
from voltway.modules.reservations.errors import NoQueue, QueueFull, QueuePlaceNotInState
from voltway.modules.reservations.queueing import Act, FreeEvse, State

log = structlog.get_logger()

LOOK = timedelta(seconds=2)
"""So often the EVSEs are looked at while somebody waits."""
REFUSED_FOR = timedelta(seconds=30)
"""So long an EVSE whose station did not hold it is offered to nobody."""
STALE = timedelta(seconds=120)
"""A call-up whose process died before the person was told is taken back after this."""
WHO = "queue"

# ---- what people do


async def join(
    tx: Tx,
    ground: booking_service.Ground,
    *,
    operator_id: str,
    location_id: str,
    account_id: str,
    token: DriverToken,
    connector_type: str | None,
) -> Any:
    """Take a place at the end. Raises NoQueue, QueueFull, AlreadyQueued."""
    site = await booking_store.find_site(tx, operator_id, location_id, is_locked=True)
    rules = booking_store.rules_of(site)
    if site is None or not rules.has_queue:
        raise NoQueue("Nobody queues here.")
    if len(await queue_store.at(tx, location_id)) >= rules.queue_max:
        raise QueueFull(f"{rules.queue_max} people wait already.")
    row = await queue_store.add(
        tx,
        site,
        {
            "operator_id": operator_id,
            "location_id": location_id,
            "location_name": ground.name,
            "time_zone": ground.zone.key,
            "account_id": account_id,
            "id_token": token.value,
            "id_token_kind": token.kind,
            "group_value": token.group,
            "connector_type": connector_type,
        },
    )
    await booking_telling.tell_of_place(tx, row)
    return row


async def snooze(tx: Tx, row: Any) -> tuple[Any, Any | None]:
    """Let others pass for a while; the row, and what its station held. Raises QueuePlaceNotInState."""
    rules = booking_store.rules_of(await booking_store.find_site(tx, row.operator_id, row.location_id))
    if not queueing.may_snooze(State(row.state), row.snoozes, rules.queue_snoozes_max):
        raise QueuePlaceNotInState(f"It is {row.state}, and others were let pass {row.snoozes} times.")
    until = clock.now() + timedelta(minutes=rules.queue_snooze_minutes)
    return await act(tx, row, Act.SNOOZE, snoozes=row.snoozes + 1, until=until)


async def leave(tx: Tx, row: Any, reason: str | None = None) -> tuple[Any, Any | None]:
    """Give a place up; with a reason it is the operator who takes it. The row, and what its station held."""
    return await act(tx, row, Act.LEAVE, "removed" if reason else None, reason=reason)


async def act(tx: Tx, row: Any, what: Act, occasion: str | None = None, **values: Any) -> tuple[Any, Any | None]:
    """Let something happen to a place; the row as it is then, and the reservation to be let go. The caller holds its location."""
    state = queueing.after(State(row.state), what)
    if state is None:
        raise QueuePlaceNotInState(f"The place is {row.state}.")
    held = await booking_store.find_reservation(tx, row.reservation_id)
    if occasion is not None:  # with the EVSE that it is about
        shown = await queue_store.change(tx, row, **{"state": state.value, **values})
        await booking_telling.tell_of_place(tx, shown, occasion)
    gone = dict.fromkeys(("station_id", "station_identity", "evse_number", "reservation_id"))
    gone |= {"is_told": False, "until": None}
    fresh = await queue_store.change(tx, row, **{**gone, "state": state.value, **values})
    await queue_store.set_due(tx, row.location_id, clock.now())
    if occasion is None:
        await booking_telling.tell_of_place(tx, fresh)
    return fresh, held if holding.is_held(held) else None


# ---- who is next


async def work_due(runtime: Runtime) -> None:
    """A job: look at the queues where somebody waits."""
    async with runtime.database.read() as tx:
        rows = await queue_store.find_due(tx)
    for site in rows:
        try:
            await work(runtime, site)
        except Problem as problem:
            log.warning("queue.not_looked_at", location_id=site.location_id, error=problem.detail)


async def work(runtime: Runtime, site: Any) -> None:
    """Look at one queue: end what has run out, and call who is next."""
    evses = await runtime.ask(FindEvses(operator_id=site.operator_id, location_id=site.location_id))
    calls: list[tuple[Any, Any]] = []
    async with runtime.database.begin() as tx:
        site = await booking_store.find_site(tx, site.operator_id, site.location_id, is_locked=True)
        if site is None or site.queue_due_at is None or site.queue_due_at > clock.now():
            return
        released = await _tend(tx, site, evses)
        rows = await queue_store.at(tx, site.location_id)
        free = await _free(tx, site, evses)
        for place_id, place in queueing.call_ups([queue_store.queued(row) for row in rows], free):
            calls.append(await _call(tx, site, next(row for row in rows if row.id == place_id), place, evses))
        await queue_store.set_due(tx, site.location_id, clock.now() + LOOK if rows else None)
    for reservation in released:
        await holding.release(runtime, reservation, WHO)
    for row, reservation in calls:
        is_held = await holding.tell(runtime, reservation, WHO)
        await _answered(runtime, row, is_held=is_held)


async def _tend(tx: Tx, site: Any, evses: Sequence[EvseView]) -> list[Any]:
    """What the clock does, and call-ups whose EVSE cannot be had any more; what stations hold and are to let go."""
    released: list[Any | None] = await queue_store.take_left_behind(tx, site.location_id)
    rows = {row.id: row for row in await queue_store.at(tx, site.location_id)}
    for place_id, what in queueing.due(map(queue_store.queued, rows.values()), clock.now()):
        row = rows.pop(place_id)
        if what is Act.EXPIRE and not row.is_told:
            what = Act.LOSE  # whoever has not been called cannot have missed it
        _, held = await act(tx, row, what, "expired" if what is Act.EXPIRE else None)
        released.append(held)
    views = {Place(one.station_id, one.evse_number): one for one in evses}
    for row in rows.values():
        place = queue_store.queued(row).at
        if row.state == State.CALLED and row.is_told and place is not None:
            reservation = await booking_store.find_reservation(tx, row.reservation_id)
            if not holding.is_fit(views.get(place)) or holding.is_refused(reservation):
                _, held = await act(tx, row, Act.LOSE, "lost")
                released.append(held)
    return [one for one in released if one is not None and holding.is_held(one)]


async def _free(tx: Tx, site: Any, evses: Sequence[EvseView]) -> list[FreeEvse]:
    """The EVSEs that somebody can be called to: free, nobody's, and not booked while they would be held."""
    rules: Rules = booking_store.rules_of(site)
    now = clock.now()
    soon = Slot(now, now + timedelta(minutes=rules.queue_hold_minutes + rules.hold_minutes))
    booked = {place for place, _ in await booking_store.taken(tx, site.location_id, soon)}
    refused = await holding.refused_since(tx, site.location_id, now - REFUSED_FOR)
    return [
        FreeEvse(place, frozenset(one.connector_types))
        for one in evses
        if (place := Place(one.station_id, one.evse_number)) not in booked | refused
        and holding.is_fit(one)
        and one.status == ConnectorStatus.AVAILABLE
    ]


async def _call(tx: Tx, site: Any, row: Any, place: Place, evses: Sequence[EvseView]) -> tuple[Any, Any]:
    """Take an EVSE for a person. They are told when the station holds it."""
    (evse,) = [one for one in evses if (one.station_id, one.evse_number) == place]
    until = clock.now() + timedelta(minutes=booking_store.rules_of(site).queue_hold_minutes)
    reservation = await holding.note(tx, row, place, evse.station_identity, until)
    fresh = await queue_store.change(
        tx,
        row,
        state=State.CALLED.value,
        station_id=place.station_id,
        station_identity=evse.station_identity,
        evse_number=place.evse_number,
        reservation_id=reservation.id,
        until=clock.now() + STALE,
        is_told=False,
    )
    return fresh, reservation


async def _answered(runtime: Runtime, row: Any, *, is_held: bool) -> None:
    """The station has said whether it holds the EVSE."""
    stray = None
    async with runtime.database.begin() as tx:
        await booking_store.find_site(tx, row.operator_id, row.location_id, is_locked=True)
        fresh = await queue_store.get(tx, row.id)
        reservation = await booking_store.find_reservation(tx, row.reservation_id)
        if fresh.state != State.CALLED or fresh.reservation_id != row.reservation_id:
            stray = reservation  # they have left, or charge already, while the station was asked
        elif is_held and reservation is not None:
            fresh = await queue_store.change(tx, fresh, is_told=True, until=reservation.expires_at)
            await booking_telling.tell_of_place(tx, fresh, "called")
        else:
            await act(tx, fresh, Act.LOSE)
    if stray is not None:
        await holding.release(runtime, stray, WHO)


# ---- what is heard


async def on_session_started(tx: Tx, events: Sequence[SessionStarted]) -> None:
    """Whoever charges at a location waits there no more."""
    there = await booking_store.lock_sites(tx, (event.location_id for event in events if event.location_id))
    for event in events:
        if event.location_id in there and event.id_token is not None:
            for row in await queue_store.open_of_token(tx, event.location_id or "", event.id_token):
                served = await queue_store.change(tx, row, state=State.SERVED.value, session_id=event.session_id)
                await booking_telling.tell_of_place(tx, served)
                await queue_store.set_due(tx, row.location_id, clock.now())


async def find_public(runtime: Runtime, request: FindPublicQueues) -> dict[str, PublicQueue]:
    """What anybody may know of locations."""
    async with runtime.database.read() as tx:
        return await queue_store.public(tx, request.location_ids)

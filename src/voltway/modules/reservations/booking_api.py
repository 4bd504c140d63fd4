"""REST of a driver's own bookings, and of what they read before."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Query, Request

from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.http import Instant, Page, PageQuery, keep_answer, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.reservations import booking, booking_service, booking_store, queue_store
from voltway.modules.reservations.booking import Slot, State
from voltway.modules.reservations.booking_schemas import (
    BookingCalendarOut,
    BookingIn,
    BookingOfferOut,
    BookingOut,
    BookingSlotIn,
    booking_out,
    offer_out,
    slots_out,
)
from voltway.modules.reservations.tables import bookings

router = APIRouter(tags=["own bookings"])

MayOwn = Annotated[Principal, Depends(allowed(Permission.BOOKINGS_OWN))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
LocationId = Annotated[str, Path(max_length=36)]
BookingId = Annotated[str, Path(max_length=36)]
Since = Annotated[Instant | None, Query(description="now, if not given")]
Until = Annotated[Instant | None, Query(description="a day later, if not given; at most a week")]
Length = Annotated[int, Query(ge=5, le=1440, description="of the slot that is wanted")]
Connector = Annotated[str | None, Query(max_length=40, description="that the EVSE must have")]

DAY, WEEK = timedelta(days=1), timedelta(days=7)


def own(principal: Principal) -> sa.ColumnElement[bool]:
    """The caller's own bookings, at their operator."""
    return sa.and_(bookings.c.account_id == principal.id, visible(principal, bookings))


# ---- before


@router.get("/me/bookable-locations/{location_id}")
async def get_booking_offer(location_id: LocationId, principal: MayOwn, runtime: OurRuntime) -> BookingOfferOut:
    """The rules of a location, with what is due for a booking that nobody comes to: to be shown before somebody books."""
    ground = await booking_service.survey(runtime, principal.operator_id, location_id)
    async with runtime.database.read(principal.operator_id) as tx:
        site = await booking_store.find_site(tx, principal.operator_id, location_id)
        length = len(await queue_store.at(tx, location_id))
    return offer_out(location_id, ground, site, length)


@router.get("/me/bookable-locations/{location_id}/calendar")
async def get_booking_calendar(
    location_id: LocationId,
    principal: MayOwn,
    runtime: OurRuntime,
    since: Since = None,
    until: Until = None,
    length_minutes: Length = 60,
    connector_type: Connector = None,
) -> BookingCalendarOut:
    """The slots that can be booked, each with how many EVSEs are free."""
    return await calendar_of(runtime, principal, location_id, since, until, length_minutes, connector_type)


async def calendar_of(
    runtime: Runtime,
    principal: Principal,
    location_id: str,
    since: Any,
    until: Any,
    length_minutes: int,
    connector_type: str | None,
) -> BookingCalendarOut:
    """The calendar of a location. Raises LocationNotFound."""
    now, length = clock.now(), timedelta(minutes=length_minutes)
    start = max(since or now, now)
    within = Slot(start, min(until or start + DAY, start + WEEK))
    ground = await booking_service.survey(runtime, principal.operator_id, location_id)
    async with runtime.database.read(principal.operator_id) as tx:
        site = await booking_store.find_site(tx, principal.operator_id, location_id)
        taken = await booking_store.taken(tx, location_id, Slot(within.starts_at, within.ends_at + length))
        called = await booking_store.called_places(tx, location_id)
    rules = booking_store.rules_of(site)
    every = booking_service.places_of(rules, ground.evses)
    suits = booking_service.places_of(rules, ground.evses, connector_type)
    # What would be held at once must be free now; of what is later nobody knows.
    soon = min(max(now + timedelta(minutes=rules.hold_minutes), within.starts_at), within.ends_at)
    parts = (
        (booking_service.ready_of(suits, ground.evses, called), Slot(within.starts_at, soon)),
        (suits, Slot(soon, within.ends_at)),
    )
    found = [
        offer
        for places, part in parts
        if rules.is_bookable
        for offer in booking.calendar(rules, places, every, taken, part, ground.zone, length=length, now=now)
    ]
    return BookingCalendarOut(
        location_id=location_id,
        time_zone=ground.zone.key,
        rules_version=0 if site is None else site.version,
        length_minutes=length_minutes,
        capacity=booking.capacity_of(rules, every) if rules.is_bookable else 0,
        slots=slots_out(found, ground.zone),
    )


# ---- one's own


@router.get("/me/bookings")
async def list_own_bookings(
    principal: MayOwn,
    tx: ReadTx,
    page: Annotated[PageQuery, Depends(page_query)],
    is_open: Annotated[
        bool | None, Query(description="only those that are ahead or going on, or only the others")
    ] = None,
) -> Page[BookingOut]:
    """The caller's own bookings, newest first."""
    statement = sa.select(bookings).where(own(principal))
    if is_open is not None:
        among = bookings.c.state.in_([state.value for state in State if (state in booking.OPEN) is is_open])
        statement = statement.where(among)
    rows, next_cursor = await page.fetch(tx, statement, bookings.c.id)
    return Page(items=[booking_out(row) for row in rows], next_cursor=next_cursor)


@router.post("/me/bookings", status_code=201)
async def add_own_booking(body: BookingIn, principal: MayOwn, runtime: OurRuntime, request: Request) -> BookingOut:
    """Book a slot. Of two who want the last EVSE one gets it; the other is told that it is taken (409)."""
    ground = await booking_service.survey(runtime, principal.operator_id, body.location_id)
    token = await booking_service.token_of(runtime, principal.operator_id, principal.id, body.id_token_id)
    async with runtime.database.begin(principal.operator_id) as tx:
        row = await booking_service.book(
            tx,
            ground,
            operator_id=principal.operator_id,
            location_id=body.location_id,
            account_id=principal.id,
            token=token,
            slot=Slot(body.starts_at, body.ends_at),
            connector_type=body.connector_type,
            rules_version=body.rules_version,
        )
        told = {name: getattr(row, name) for name in ("location_id", "starts_at", "ends_at", "evse_number", "state")}
        audit.note(tx, principal, "booking.made", ("booking", row.id), after=told)
        answer = booking_out(row)
        await keep_answer(tx, request, 201, answer)
    return answer


@router.get("/me/bookings/{booking_id}")
async def get_own_booking(booking_id: BookingId, principal: MayOwn, tx: ReadTx) -> BookingOut:
    """One of the caller's bookings."""
    return booking_out(await booking_store.get(tx, booking_id, own(principal)))


@router.patch("/me/bookings/{booking_id}")
async def change_own_booking(
    booking_id: BookingId, body: BookingSlotIn, principal: MayOwn, runtime: OurRuntime
) -> BookingOut:
    """Another slot, or another connector, for a booking, as long as cancelling it costs nothing."""
    async with runtime.database.read(principal.operator_id) as tx:
        row = await booking_store.get(tx, booking_id, own(principal))
    ground = await booking_service.survey(runtime, principal.operator_id, row.location_id)
    async with runtime.database.begin(principal.operator_id) as tx:
        row = await locked(tx, principal, booking_id)
        slot = Slot(body.starts_at, body.ends_at)
        now = await booking_service.change(
            tx, ground, row, slot=slot, connector_type=body.connector_type, rules_version=body.rules_version
        )
        audit.note(tx, principal, "booking.changed", ("booking", row.id), **changed(row, now))
        return booking_out(now)


@router.post("/me/bookings/{booking_id}/check-in")
async def check_in_own_booking(booking_id: BookingId, principal: MayOwn, tx: OpenTx) -> BookingOut:
    """The driver is there: the EVSE is kept to the end of the slot. Charging with the token of the booking says the same."""
    row = await locked(tx, principal, booking_id)
    now = await booking_service.check_in(tx, row)
    audit.note(tx, principal, "booking.checked_in", ("booking", row.id), **changed(row, now))
    return booking_out(now)


@router.post("/me/bookings/{booking_id}/cancellation")
async def cancel_own_booking(booking_id: BookingId, principal: MayOwn, tx: OpenTx) -> BookingOut:
    """Give a booking up. After `free_cancel_until` the fee is due that was shown."""
    row = await locked(tx, principal, booking_id)
    now = await booking_service.cancel(tx, row)
    audit.note(tx, principal, "booking.cancelled", ("booking", row.id), **changed(row, now))
    return booking_out(now)


async def locked(tx: Tx, principal: Principal, booking_id: str) -> Any:
    """One of the caller's bookings, its location locked. Raises BookingNotFound."""
    row = await booking_store.get(tx, booking_id, own(principal))
    await booking_store.find_site(tx, row.operator_id, row.location_id, is_locked=True)
    return await booking_store.get(tx, booking_id)


_NOTED = ("state", "starts_at", "ends_at", "station_id", "evse_number", "connector_type", "fee_reason")


def changed(before: Any, after: Any) -> audit.Changes:
    """What of a booking the audit log is told."""
    return audit.changes(*({name: getattr(row, name) for name in _NOTED} for row in (before, after)))

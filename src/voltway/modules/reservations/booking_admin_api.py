"""REST of bookings and queues for the operator's people: the rules, the calendar, and everybody's bookings and places."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Query

from voltway.contracts.stations import LocationExists
from voltway.kernel import audit
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.http import Instant, Page, PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.reservations import (
    booking_api,
    booking_service,
    booking_store,
    holding,
    queue_api,
    queue_store,
    queue_work,
    queueing,
)
from voltway.modules.reservations.booking import State
from voltway.modules.reservations.booking_schemas import (
    BookingCalendarOut,
    BookingReason,
    BookingRulesIn,
    BookingRulesOut,
    StaffBookingOut,
    StaffQueuePlaceOut,
    rules_out,
    staff_booking_out,
    staff_queue_place_out,
)
from voltway.modules.reservations.errors import LocationNotFound
from voltway.modules.reservations.tables import bookings, queue_places

router = APIRouter(tags=["bookings"])

MayRead = Annotated[Principal, Depends(allowed(Permission.RESERVATIONS_READ))]
MayOrder = Annotated[Principal, Depends(allowed(Permission.RESERVATIONS_WRITE))]
MayRule = Annotated[Principal, Depends(allowed(Permission.LOCATIONS_WRITE))]
MayWaive = Annotated[Principal, Depends(allowed(Permission.REFUNDS_WRITE))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
LocationId = Annotated[str, Path(max_length=36)]
BookingId = Annotated[str, Path(max_length=36)]
PlaceId = Annotated[str, Path(max_length=36)]


async def _at(runtime: Runtime, principal: Principal, location_id: str) -> None:
    """Raise LocationNotFound unless it is the caller's."""
    exists = LocationExists(operator_id=principal.operator_id, location_id=location_id)
    if not principal.reaches(location_id) or not await runtime.ask(exists):
        raise LocationNotFound("There is no such location.")


# ---- rules


@router.get("/locations/{location_id}/booking-rules")
async def get_booking_rules(location_id: LocationId, principal: MayRead, runtime: OurRuntime) -> BookingRulesOut:
    """How a location is booked and queued at."""
    await _at(runtime, principal, location_id)
    async with runtime.database.read(principal.operator_id) as tx:
        return rules_out(location_id, await booking_store.find_site(tx, principal.operator_id, location_id))


@router.put("/locations/{location_id}/booking-rules")
async def set_booking_rules(
    location_id: LocationId, body: BookingRulesIn, principal: MayRule, runtime: OurRuntime
) -> BookingRulesOut:
    """Say how a location is booked and queued at. What is booked keeps the terms it was booked by."""
    await _at(runtime, principal, location_id)
    async with runtime.database.begin(principal.operator_id) as tx:
        before = rules_out(location_id, await booking_store.find_site(tx, principal.operator_id, location_id))
        site = await booking_store.save_rules(tx, principal.operator_id, location_id, body.rules())
        answer = rules_out(location_id, site)
        told = audit.changes(before.model_dump(mode="json"), answer.model_dump(mode="json"))
        audit.note(tx, principal, "booking_rules.set", ("location", location_id), **told)
    return answer


@router.get("/locations/{location_id}/booking-calendar")
async def get_location_calendar(
    location_id: LocationId,
    principal: MayRead,
    runtime: OurRuntime,
    since: booking_api.Since = None,
    until: booking_api.Until = None,
    length_minutes: booking_api.Length = 60,
    connector_type: booking_api.Connector = None,
) -> BookingCalendarOut:
    """The slots that can be booked, as drivers see them."""
    await _at(runtime, principal, location_id)
    return await booking_api.calendar_of(runtime, principal, location_id, since, until, length_minutes, connector_type)


# ---- bookings


@router.get("/bookings")
async def list_bookings(
    principal: MayRead,
    tx: ReadTx,
    page: Annotated[PageQuery, Depends(page_query)],
    location_id: str | None = None,
    station_id: str | None = None,
    account_id: str | None = None,
    state: State | None = None,
    since: Annotated[Instant | None, Query(description="those that end after this")] = None,
    until: Annotated[Instant | None, Query(description="those that begin before this")] = None,
) -> Page[StaffBookingOut]:
    """Bookings, newest first."""
    conditions = [
        *(
            bookings.c[name] == value
            for name, value in (
                ("location_id", location_id),
                ("station_id", station_id),
                ("account_id", account_id),
                ("state", None if state is None else state.value),
            )
            if value is not None
        ),
        *([] if since is None else [bookings.c.ends_at > since]),
        *([] if until is None else [bookings.c.starts_at < until]),
    ]
    statement = sa.select(bookings).where(visible(principal, bookings), *conditions)
    rows, next_cursor = await page.fetch(tx, statement, bookings.c.id)
    return Page(items=[staff_booking_out(row, principal.shown) for row in rows], next_cursor=next_cursor)


@router.get("/bookings/{booking_id}")
async def get_booking(booking_id: BookingId, principal: MayRead, tx: ReadTx) -> StaffBookingOut:
    """One booking."""
    return staff_booking_out(await booking_store.get(tx, booking_id, visible(principal, bookings)), principal.shown)


@router.post("/bookings/{booking_id}/confirmation")
async def confirm_booking(booking_id: BookingId, principal: MayOrder, tx: OpenTx) -> StaffBookingOut:
    """Agree to a booking that was asked for."""
    row = await _locked(tx, principal, booking_id)
    now = await booking_service.confirm(tx, row)
    audit.note(tx, principal, "booking.confirmed", ("booking", row.id), **booking_api.changed(row, now))
    return staff_booking_out(now, principal.shown)


@router.post("/bookings/{booking_id}/cancellation")
async def cancel_booking(
    booking_id: BookingId, body: BookingReason, principal: MayOrder, tx: OpenTx
) -> StaffBookingOut:
    """Take a booking back. The driver owes nothing, and is told why."""
    row = await _locked(tx, principal, booking_id)
    now = await booking_service.cancel_for_driver(tx, row, body.reason)
    noted = booking_api.changed(row, now)
    audit.note(tx, principal, "booking.cancelled", ("booking", row.id), **noted, reason=body.reason)
    return staff_booking_out(now, principal.shown)


@router.post("/bookings/{booking_id}/fee-waiver")
async def waive_booking_fee(
    booking_id: BookingId, body: BookingReason, principal: MayWaive, tx: OpenTx
) -> StaffBookingOut:
    """Take the fee of a booking back, all of it."""
    row = await _locked(tx, principal, booking_id)
    now = await booking_service.waive(tx, row, body.reason)
    audit.note(tx, principal, "booking.fee_waived", ("booking", row.id), reason=body.reason)
    return staff_booking_out(now, principal.shown)


async def _locked(tx: Tx, principal: Principal, booking_id: str) -> Any:
    row = await booking_store.get(tx, booking_id, visible(principal, bookings))
    await booking_store.find_site(tx, row.operator_id, row.location_id, is_locked=True)
    return await booking_store.get(tx, booking_id)


# ---- queues


@router.get("/queue-places")
async def list_queue_places(
    principal: MayRead,
    tx: ReadTx,
    page: Annotated[PageQuery, Depends(page_query)],
    location_id: str | None = None,
    account_id: str | None = None,
    state: queueing.State | None = None,
) -> Page[StaffQueuePlaceOut]:
    """Places in queues, newest first."""
    statement = sa.select(queue_places).where(visible(principal, queue_places))
    if location_id is not None:
        statement = statement.where(queue_places.c.location_id == location_id)
    if account_id is not None:
        statement = statement.where(queue_places.c.account_id == account_id)
    if state is not None:
        statement = statement.where(queue_places.c.state == state.value)
    rows, next_cursor = await page.fetch(tx, statement, queue_places.c.id)
    ahead = await queue_store.ahead_of(tx, rows)
    items = [staff_queue_place_out(row, ahead[row.id], principal.shown) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


@router.post("/queue-places/{place_id}/removal")
async def remove_queue_place(
    place_id: PlaceId, body: BookingReason, principal: MayOrder, runtime: OurRuntime
) -> StaffQueuePlaceOut:
    """Take a place away; its person is told why."""
    async with runtime.database.begin(principal.operator_id) as tx:
        before = await queue_api.locked(tx, place_id, visible(principal, queue_places))
        row, held = await queue_work.leave(tx, before, body.reason)
        noted = audit.changes({"state": before.state}, {"state": row.state})
        audit.note(tx, principal, "queue.place_removed", ("queue_place", row.id), **noted, reason=body.reason)
        answer = staff_queue_place_out(row, 0, principal.shown)
    await holding.release(runtime, held, queue_work.WHO)
    return answer

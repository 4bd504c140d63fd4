"""REST of a driver's own places in queues."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Request

from voltway.kernel import audit
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.http import Page, PageQuery, keep_answer, page_query, read_tx, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.reservations import booking_service, booking_store, holding, queue_store, queue_work
from voltway.modules.reservations.booking_schemas import QueuePlaceIn, QueuePlaceOut, queue_place_out
from voltway.modules.reservations.tables import queue_places

router = APIRouter(tags=["own bookings"])

MayOwn = Annotated[Principal, Depends(allowed(Permission.BOOKINGS_OWN))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
PlaceId = Annotated[str, Path(max_length=36)]


def own(principal: Principal) -> sa.ColumnElement[bool]:
    """The caller's own places, at their operator."""
    return sa.and_(queue_places.c.account_id == principal.id, visible(principal, queue_places))


@router.get("/me/queue-places")
async def list_own_queue_places(
    principal: MayOwn, tx: ReadTx, page: Annotated[PageQuery, Depends(page_query)]
) -> Page[QueuePlaceOut]:
    """The caller's own places, newest first: at most one is open."""
    rows, next_cursor = await page.fetch(tx, sa.select(queue_places).where(own(principal)), queue_places.c.id)
    ahead = await queue_store.ahead_of(tx, rows)
    return Page(items=[queue_place_out(row, ahead[row.id]) for row in rows], next_cursor=next_cursor)


@router.post("/me/queue-places", status_code=201)
async def join_queue(body: QueuePlaceIn, principal: MayOwn, runtime: OurRuntime, request: Request) -> QueuePlaceOut:
    """Take a place at the end of a location's queue. One person has one place, wherever it is (409)."""
    ground = await booking_service.survey(runtime, principal.operator_id, body.location_id)
    token = await booking_service.token_of(runtime, principal.operator_id, principal.id, body.id_token_id)
    async with runtime.database.begin(principal.operator_id) as tx:
        row = await queue_work.join(
            tx,
            ground,
            operator_id=principal.operator_id,
            location_id=body.location_id,
            account_id=principal.id,
            token=token,
            connector_type=body.connector_type,
        )
        audit.note(tx, principal, "queue.joined", ("queue_place", row.id), after={"location_id": row.location_id})
        answer = await shown(tx, row)
        await keep_answer(tx, request, 201, answer)
    return answer


@router.get("/me/queue-places/{place_id}")
async def get_own_queue_place(place_id: PlaceId, principal: MayOwn, tx: ReadTx) -> QueuePlaceOut:
    """One of the caller's places, with how many people are ahead."""
    return await shown(tx, await queue_store.get(tx, place_id, own(principal)))


@router.post("/me/queue-places/{place_id}/snooze")
async def snooze_queue_place(place_id: PlaceId, principal: MayOwn, runtime: OurRuntime) -> QueuePlaceOut:
    """Let others pass for some minutes, and be first again after that. The EVSE that was held goes to the next."""
    async with runtime.database.begin(principal.operator_id) as tx:
        row, held = await queue_work.snooze(tx, await locked(tx, place_id, own(principal)))
        audit.note(tx, principal, "queue.snoozed", ("queue_place", row.id), after={"snoozes": row.snoozes})
        answer = await shown(tx, row)
    await holding.release(runtime, held, queue_work.WHO)
    return answer


@router.delete("/me/queue-places/{place_id}", status_code=204)
async def leave_queue(place_id: PlaceId, principal: MayOwn, runtime: OurRuntime) -> None:
    """Give the place up; what was held is let go."""
    async with runtime.database.begin(principal.operator_id) as tx:
        row, held = await queue_work.leave(tx, await locked(tx, place_id, own(principal)))
        audit.note(tx, principal, "queue.left", ("queue_place", row.id), after={"state": row.state})
    await holding.release(runtime, held, queue_work.WHO)


async def locked(tx: Tx, place_id: str, *conditions: sa.ColumnElement[bool]) -> Any:
    """A place, its location locked. Raises QueuePlaceNotFound."""
    row = await queue_store.get(tx, place_id, *conditions)
    await booking_store.find_site(tx, row.operator_id, row.location_id, is_locked=True)
    return await queue_store.get(tx, place_id)


async def shown(tx: Tx, row: Any) -> QueuePlaceOut:
    """A place with how many are ahead of it."""
    return queue_place_out(row, (await queue_store.ahead_of(tx, [row]))[row.id])

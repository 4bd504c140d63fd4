"""REST of tickets."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request, Response

from voltway.contracts.sessions import FindSession
from voltway.contracts.stations import FindStations, StationName
from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField
from voltway.kernel.http import Page, PageQuery, etag_of, open_tx, page_query, read_tx, require_match, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.desk import rules, schemas, store
from voltway.modules.desk.errors import PhotoNotFound
from voltway.modules.desk.tables import tickets

router = APIRouter(tags=["support desk"])

MayRead = Annotated[Principal, Depends(allowed(Permission.TICKETS_READ))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.TICKETS_WRITE))]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]

NOTES_MAX = 500


@router.get("/tickets")
async def list_tickets(
    principal: MayRead,
    tx: ReadTx,
    page: Annotated[PageQuery, Depends(page_query)],
    state: rules.TicketState | None = None,
    is_open: Annotated[bool | None, Query(description="true: all but solved ones")] = None,
    priority: rules.TicketPriority | None = None,
    station_id: Annotated[str | None, Query(max_length=36)] = None,
    session_id: Annotated[str | None, Query(max_length=36)] = None,
    driver_id: Annotated[str | None, Query(max_length=36)] = None,
    assignee_id: Annotated[str | None, Query(max_length=36)] = None,
    text: Annotated[str | None, Query(min_length=1, max_length=100, description="in the subject")] = None,
) -> Page[schemas.TicketOut]:
    """Tickets, newest first."""
    statement = sa.select(tickets).where(visible(principal, tickets))
    for column, wanted in (
        (tickets.c.state, state),
        (tickets.c.priority, priority),
        (tickets.c.station_id, station_id),
        (tickets.c.session_id, session_id),
        (tickets.c.driver_id, driver_id),
        (tickets.c.assignee_id, assignee_id),
    ):
        if wanted is not None:
            statement = statement.where(column == str(wanted))
    if is_open is not None:
        is_solved = tickets.c.state == rules.TicketState.SOLVED.value
        statement = statement.where(~is_solved if is_open else is_solved)
    if text is not None:
        statement = statement.where(tickets.c.subject.icontains(text, autoescape=True))
    rows, next_cursor = await page.fetch(tx, statement, tickets.c.id)
    return Page(items=[schemas.TicketOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.post("/tickets", status_code=201)
async def add_ticket(body: schemas.TicketIn, principal: MayWrite, runtime: OurRuntime) -> schemas.TicketDetail:
    """Note what somebody reports."""
    station = await _station_of(runtime, principal, body)
    values = body.model_dump(mode="json", exclude={"text", "station_id"}) | {
        "operator_id": principal.operator_id,
        "location_id": None if station is None else station.location_id,
        "station_id": None if station is None else station.station_id,
        "station_identity": None if station is None else station.identity,
        "state": rules.TicketState.OPEN.value,
        "opened_by": principal.name[:200],
    }
    async with runtime.database.begin(principal.operator_id) as tx:
        if body.driver_id is not None and await store.find_account(tx, principal.operator_id, body.driver_id) is None:
            raise InvalidField.at("$.driver_id", "there is no such account")
        row = await store.add(tx, values)
        await store.add_note(tx, row, principal.name, "opened", body.text or body.subject)
        audit.note(tx, principal, "ticket.opened", ("ticket", row.id), after={"subject": row.subject})
        return await _detail(tx, row)


@router.get("/tickets/{ticket_id}")
async def get_ticket(ticket_id: str, principal: MayRead, tx: ReadTx, response: Response) -> schemas.TicketDetail:
    """One ticket with its notes."""
    row = await store.get(tx, ticket_id, visible(principal, tickets))
    etag_of(row.version, response)
    return await _detail(tx, row)


@router.patch("/tickets/{ticket_id}")
async def change_ticket(
    ticket_id: str, body: schemas.TicketPatch, principal: MayWrite, tx: OpenTx, request: Request, response: Response
) -> schemas.TicketDetail:
    """Give it to somebody, say how it stands. With If-Match only if nobody else has changed it meanwhile."""
    row = await store.get(tx, ticket_id, visible(principal, tickets), is_locked=True)
    require_match(request, row.version)
    wanted = body.model_dump(mode="json", exclude_unset=True, exclude={"text"})
    if body.assignee_id is not None:
        wanted["assignee"] = await store.find_account(tx, principal.operator_id, body.assignee_id)
        if wanted["assignee"] is None:
            raise InvalidField.at("$.assignee_id", "name an account of yours")
    elif "assignee_id" in wanted:
        wanted["assignee"] = None
    for name in ("subject", "state", "priority"):
        if wanted.get(name, "") is None:
            raise InvalidField.at(f"$.{name}", "it cannot be nothing")
    changes = rules.changed(row, wanted, clock.now())
    if changes:
        before = {name: getattr(row, name) for name in changes if name != "solved_at"}
        row = await store.change(tx, row, changes)
        await store.add_note(tx, row, principal.name, "changed", rules.told(changes))
        after = {name: value for name, value in changes.items() if name != "solved_at"}
        audit.note(tx, principal, "ticket.changed", ("ticket", row.id), before=before, after=after)
    if body.text is not None:
        await store.add_note(tx, row, principal.name, "noted", body.text)
    row = await store.get(tx, ticket_id)
    etag_of(row.version, response)
    return await _detail(tx, row)


@router.post("/tickets/{ticket_id}/notes", status_code=201)
async def add_ticket_note(
    ticket_id: str, body: schemas.TicketNoteIn, principal: MayWrite, tx: OpenTx
) -> schemas.TicketDetail:
    """Write something into a ticket."""
    row = await store.get(tx, ticket_id, visible(principal, tickets))
    await store.add_note(tx, row, principal.name, "noted", body.text)
    return await _detail(tx, await store.get(tx, ticket_id))


@router.get(
    "/tickets/{ticket_id}/photo",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}, "description": "The photo."}},
)
async def get_ticket_photo(ticket_id: str, principal: MayRead, tx: ReadTx) -> Response:
    """What somebody has photographed for their report."""
    row = await store.get(tx, ticket_id, visible(principal, tickets))
    content = await store.photo_of(tx, row.id)
    if content is None:
        raise PhotoNotFound(f"Ticket {ticket_id} has no photo.")
    return Response(content, media_type="image/jpeg", headers={"Cache-Control": "private, no-store"})


async def _detail(tx: Tx, row: Any) -> schemas.TicketDetail:
    lines = await store.notes_of(tx, row.id, NOTES_MAX)
    shown = schemas.TicketOut.model_validate(row)
    return schemas.TicketDetail(
        **shown.model_dump(),
        notes=[schemas.TicketNoteOut.model_validate(line) for line in lines],
        has_photo=await store.find_photo(tx, row.id) is not None,
    )


async def _station_of(runtime: Runtime, principal: Principal, body: schemas.TicketIn) -> StationName | None:
    """The station that a ticket is about: the one that is named, else the session's. Raises InvalidField for what is not there
    or not the caller's to see."""
    station_id, field = body.station_id, "$.station_id"
    if body.session_id is not None:
        session = await runtime.ask(FindSession(operator_id=principal.operator_id, session_id=body.session_id))
        if session is None:
            raise InvalidField.at("$.session_id", "there is no such session")
        if station_id not in (None, session.station_id):
            raise InvalidField.at("$.session_id", "it was at another station")
        station_id, field = session.station_id, "$.session_id"
    if station_id is None:
        if not principal.reaches(None):
            raise InvalidField.at("$.station_id", "name a station at one of your locations")
        return None
    found = await runtime.ask(FindStations(operator_id=principal.operator_id, station_ids=(station_id,)))
    if not found or not principal.reaches(found[0].location_id):
        raise InvalidField.at(field, "there is no such station")
    return found[0]

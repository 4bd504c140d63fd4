"""REST of sessions (the outside contract: /sessions)."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Response

from voltway.contracts.stations import SendCommand
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.database import Tx
from voltway.kernel.http import Instant, Page, PageQuery, json_answer, page_answer, page_query, read_tx, runtime_of
from voltway.kernel.listing import Listing
from voltway.kernel.runtime import Runtime
from voltway.modules.sessions import store
from voltway.modules.sessions.errors import SessionHasEnded, SessionNotFound
from voltway.modules.sessions.schemas import SHOWN, SampleOut, SessionOut, session_out
from voltway.modules.sessions.tables import column, progress, samples, sessions, whole

router = APIRouter(tags=["sessions"])

MayRead = Annotated[Principal, Depends(allowed(Permission.SESSIONS_READ))]
MayStop = Annotated[Principal, Depends(allowed(Permission.COMMANDS_SEND))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]


_SESSIONS = Listing([column(name) for name in SHOWN], key=[sessions.c.id], source=whole)


@router.get("/sessions", response_model=Page[SessionOut])
async def list_sessions(
    principal: MayRead,
    tx: ReadTx,
    page: Annotated[PageQuery, Depends(page_query)],
    station_id: str | None = None,
    station_identity: str | None = None,
    location_id: str | None = None,
    id_token: str | None = None,
    state: Annotated[str | None, Query(pattern="^(pending|active|ended)$")] = None,
    since: Annotated[Instant | None, Query(description="started at or after")] = None,
    until: Annotated[Instant | None, Query(description="started before")] = None,
    updated_since: Instant | None = None,
) -> Response:
    """The operator's sessions, newest first."""
    statement = _SESSIONS.select(tx).where(sessions.c.operator_id == principal.operator_id)
    if principal.location_ids is not None:
        statement = statement.where(sessions.c.location_id.in_(principal.location_ids))
    for narrowed, value in (
        (sessions.c.station_id, station_id),
        (sessions.c.location_id, location_id),
        (sessions.c.state, state),
    ):
        if value is not None:
            statement = statement.where(narrowed == value)
    for text, value in ((sessions.c.station_identity, station_identity), (sessions.c.id_token, id_token)):
        if value is not None:
            statement = statement.where(sa.func.lower(text) == value.lower())
    if since is not None:
        statement = statement.where(sessions.c.started_at >= since)
    if until is not None:
        statement = statement.where(sessions.c.started_at < until)
    if updated_since is not None:
        # An active session changes all the time and is found by its state; the others by an index on their last change.
        statement = statement.where(
            sa.or_(sessions.c.state == "active", sessions.c.settled_at >= updated_since),
            progress.c.updated_at >= updated_since,
        )
    rows, next_cursor = await page.fetch(tx, statement, sessions.c.id)
    return page_answer(map(session_out, _SESSIONS.read(tx, rows)), next_cursor)


@router.get("/sessions/{session_id}", response_model=SessionOut)
async def get_session(session_id: str, principal: MayRead, tx: ReadTx) -> Response:
    """One session, with its cost so far or for good."""
    return json_answer(session_out(await _get(tx, principal, session_id)))


@router.get("/sessions/{session_id}/samples")
async def list_samples(
    session_id: str,
    principal: MayRead,
    tx: ReadTx,
    page: Annotated[PageQuery, Depends(page_query)],
) -> Page[SampleOut]:
    """What was measured during a session, newest first."""
    await _get(tx, principal, session_id)
    statement = sa.select(samples).where(samples.c.session_id == session_id)
    rows, next_cursor = await page.fetch(tx, statement, samples.c.id)
    items = [SampleOut(**{name: getattr(row, name) for name in SampleOut.model_fields}) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


@router.post("/sessions/{session_id}/stop", status_code=202)
async def stop_session(
    session_id: str,
    principal: MayStop,
    response: Response,
    runtime: Annotated[Runtime, Depends(runtime_of)],
    wait_s: Annotated[float, Query(ge=0, le=60)] = 0.0,
) -> dict[str, object]:
    """Tell the station to stop. Answers with the command: see GET /commands/{id} for how it goes on."""
    async with runtime.database.read() as tx:
        row = await _get(tx, principal, session_id)
    if row.state == "ended":
        raise SessionHasEnded(f"Session {session_id} ended at {row.ended_at:%Y-%m-%d %H:%M:%S} UTC.")
    command = await runtime.ask(
        SendCommand(
            operator_id=principal.operator_id,
            station_id=row.station_id,
            type="stop_transaction",
            arguments={"session_id": session_id},
            requested_by=principal.name,
            wait_s=wait_s,
        ),
        timeout_s=wait_s + 10,
    )
    if command.state not in ("pending", "sent"):
        response.status_code = 200
    return {
        "id": command.command_id,
        "type": command.type,
        "state": command.state,
        "wire_status": command.wire_status,
        "effect": command.effect,
        "result": command.result,
    }


async def _get(tx: Tx, principal: Principal, session_id: str) -> sa.Row[tuple[object, ...]]:
    row: sa.Row[tuple[object, ...]] | None = await store.find(tx, principal.operator_id, session_id)
    if row is None or (principal.location_ids is not None and row.location_id not in principal.location_ids):
        raise SessionNotFound(f"There is no session {session_id}.")
    return row

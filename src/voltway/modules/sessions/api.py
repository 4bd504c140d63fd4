"""REST of sessions (the outside contract: /sessions)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Response

from voltway.contracts.stations import FindStations, SendCommand
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.auth.errors import PermissionMissing
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField
from voltway.kernel.http import Instant, Page, PageQuery, json_answer, page_answer, page_query, read_tx, runtime_of
from voltway.kernel.listing import Listing
from voltway.kernel.runtime import Runtime
from voltway.modules.sessions import metering, store
from voltway.modules.sessions.errors import SessionHasEnded, SessionNotFound, StationNotFound
from voltway.modules.sessions.schemas import SHOWN, MeterValueOut, SampleOut, SessionDriverOut, SessionOut, session_out
from voltway.modules.sessions.tables import AWAITS_REVIEW, IS_OUTSIDE, column, progress, samples, sessions, whole

router = APIRouter(tags=["sessions"])

MayRead = Annotated[Principal, Depends(allowed(Permission.SESSIONS_READ))]
MayStop = Annotated[Principal, Depends(allowed(Permission.COMMANDS_SEND))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]


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
    driver_id: Annotated[
        str | None, Query(max_length=36, description="an account; wants `tokens:read` as well")
    ] = None,
    state: Annotated[str | None, Query(pattern="^(pending|active|ended)$")] = None,
    since: Annotated[Instant | None, Query(description="started at or after")] = None,
    until: Annotated[Instant | None, Query(description="started before")] = None,
    updated_since: Instant | None = None,
    awaits_review: Annotated[bool | None, Query(description="they are priced when somebody has reviewed them")] = None,
    sort: Annotated[
        Literal["-created", "created", "-energy", "energy"],
        Query(description="a minus: the other way round; by energy only of a station, a token or a period (`since`)"),
    ] = "-created",
) -> Response:
    """The operator's sessions, newest first unless something else is asked for."""
    statement = _SESSIONS.select(tx).where(visible(principal, sessions))
    for narrowed, value in (
        (sessions.c.station_id, station_id),
        (sessions.c.location_id, location_id),
        (sessions.c.state, state),
    ):
        if value is not None:
            statement = statement.where(narrowed == value)
    if driver_id is not None:
        if not principal.may(Permission.TOKENS_READ):
            raise PermissionMissing("Sessions of one driver want tokens:read: tokens lead to people.")
        statement = statement.where(sessions.c.user_id == driver_id)
    for text, value in ((sessions.c.station_identity, station_identity), (sessions.c.id_token, id_token)):
        if value is not None:
            statement = statement.where(sa.func.lower(text) == value.lower())
    if awaits_review is not None:
        statement = statement.where(AWAITS_REVIEW if awaits_review else ~AWAITS_REVIEW)
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
    keys: list[sa.ColumnElement[Any]] = [sessions.c.id]
    if sort.endswith("energy"):
        # There is no index on it: all that is asked for is read.
        if (since, station_id, station_identity, id_token) == (None, None, None, None):
            raise InvalidField.at("$.sort", "by energy only together with since, a station or a token")
        keys = [progress.c.energy_wh.label("sort_key"), sessions.c.id]
        statement = statement.add_columns(keys[0])
    rows, next_cursor = await page.fetch(tx, statement, *keys, newest_first=sort.startswith("-"))
    return page_answer((session_out(row, principal.shown) for row in _SESSIONS.read(tx, rows)), next_cursor)


@router.get("/sessions/{session_id}", response_model=SessionOut)
async def get_session(session_id: str, principal: MayRead, runtime: OurRuntime) -> Response:
    """One session, with its cost so far or for good."""
    async with runtime.database.read(principal.operator_id) as tx:
        row: Any = await _get(tx, principal, session_id)
    so_far = {} if row.cost else await metering.running_costs(runtime, [row])
    return json_answer(session_out(row, principal.shown, so_far.get(session_id)))


@router.get("/sessions/{session_id}/driver")
async def get_session_driver(session_id: str, principal: MayRead, tx: ReadTx) -> SessionDriverOut:
    """Whose session it is; nobody's to whoever may not read tokens, which lead to people."""
    row: Any = await _get(tx, principal, session_id)
    return SessionDriverOut(driver_id=row.user_id if principal.may(Permission.TOKENS_READ) else None)


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


@router.get("/charging-stations/{station_id}/meter-values")
async def list_meter_values(
    station_id: str,
    principal: MayRead,
    runtime: OurRuntime,
    page: Annotated[PageQuery, Depends(page_query)],
    evse_number: Annotated[int | None, Query(ge=0, le=1000)] = None,
) -> Page[MeterValueOut]:
    """What a charging station measured outside of any transaction, newest first. What it measured in one is under
    /sessions/{id}/samples."""
    found = await runtime.ask(FindStations(operator_id=principal.operator_id, station_ids=(station_id,)))
    if not found or not principal.reaches(found[0].location_id):
        raise StationNotFound(f"There is no charging station {station_id[:50]}.")
    statement = sa.select(samples).where(visible(principal, samples), samples.c.station_id == station_id, IS_OUTSIDE)
    if evse_number is not None:
        statement = statement.where(samples.c.evse_number == evse_number)
    async with runtime.database.read(principal.operator_id) as tx:
        rows, next_cursor = await page.fetch(tx, statement, samples.c.id)
    items = [MeterValueOut(**{name: getattr(row, name) for name in MeterValueOut.model_fields}) for row in rows]
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
    async with runtime.database.read(principal.operator_id) as tx:
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
    if row is None or not principal.reaches(row.location_id):
        raise SessionNotFound(f"There is no session {session_id}.")
    return row

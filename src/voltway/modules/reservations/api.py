"""REST of reservations (the outside contract: /reservations)."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request

from voltway.contracts.access import FindStationSettings
from voltway.contracts.stations import SendCommand
from voltway.contracts.users import AuthorizeTokens, TokenQuery
from voltway.contracts.vocabulary import CommandState, IdToken
from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.bus.asks import NobodyAnswers
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField, Problem
from voltway.kernel.http import Page, PageQuery, keep_answer, page_query, read_tx, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.reservations import rules, sending, store
from voltway.modules.reservations.errors import ReservationNotCancelled, ReservationOver, StationNotFound
from voltway.modules.reservations.rules import State
from voltway.modules.reservations.schemas import ReservationIn, ReservationOut, reservation_out
from voltway.modules.reservations.tables import reservations

router = APIRouter(tags=["reservations"])

MayRead = Annotated[Principal, Depends(allowed(Permission.RESERVATIONS_READ))]
MayOrder = Annotated[Principal, Depends(allowed(Permission.RESERVATIONS_WRITE))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]

CANCEL_WAIT_S = 30.0


@router.get("/reservations")
async def list_reservations(
    principal: MayRead,
    tx: ReadTx,
    page: Annotated[PageQuery, Depends(page_query)],
    station_id: str | None = None,
    station_identity: str | None = None,
    id_token: str | None = None,
    state: State | None = None,
) -> Page[ReservationOut]:
    """Reservations, newest first."""
    statement = sa.select(reservations).where(store.visible_to(principal))
    if station_id is not None:
        statement = statement.where(reservations.c.station_id == station_id)
    if station_identity is not None:
        statement = statement.where(sa.func.lower(reservations.c.station_identity) == station_identity.lower())
    if id_token is not None:
        statement = statement.where(sa.func.lower(reservations.c.id_token) == id_token.lower())
    if state is not None:
        statement = statement.where(reservations.c.state == state.value)
    rows, next_cursor = await page.fetch(tx, statement, reservations.c.id)
    return Page(items=[reservation_out(row, principal.shown) for row in rows], next_cursor=next_cursor)


@router.post("/reservations", status_code=201)
async def add_reservation(
    body: ReservationIn,
    principal: MayOrder,
    runtime: OurRuntime,
    request: Request,
    wait_s: Annotated[float, Query(ge=0, le=60, description="how long to wait for the station's answer")] = 10.0,
) -> ReservationOut:
    """Reserve. The station is told at once, or when `starts_at` comes. At one that is offline a reservation for now ends as `offline`; one
    for later is told when the station is back."""
    now = clock.now()
    if body.expires_at <= now:
        raise InvalidField.at("$.expires_at", "this is over already")
    station = await runtime.ask(
        FindStationSettings(
            operator_id=principal.operator_id, station_id=body.station_id, identity=body.station_identity
        )
    )
    if station is None or not principal.reaches(station.location_id):
        raise StationNotFound("There is no such charging station.")
    starts_at = body.starts_at or now
    is_later = starts_at > now
    values = {
        "operator_id": principal.operator_id,
        "station_id": station.station_id,
        "station_identity": station.identity,
        "location_id": station.location_id,
        "evse_number": body.evse_number,
        "connector_type": body.connector_type,
        "id_token": body.id_token,
        "id_token_kind": body.id_token_kind,
        "group_value": body.group or await _group_of(runtime, principal, station.station_id, body),
        "starts_at": starts_at,
        "expires_at": body.expires_at,
        "due_at": starts_at if is_later else None,
    }
    async with runtime.database.begin(principal.operator_id) as tx:
        row = await store.add(tx, values)
        told = {name: values[name] for name in ("station_id", "evse_number", "id_token", "starts_at", "expires_at")}
        audit.note(tx, principal, "reservation.made", ("reservation", row.id), after=told)
        await keep_answer(tx, request, 201, reservation_out(row, principal.shown))
    if not is_later:
        try:
            await sending.send(runtime, row, principal.name, wait_s)
        except Problem:
            async with runtime.database.begin(principal.operator_id) as tx:
                await store.remove(tx, row.id)
            raise
    async with runtime.database.read(principal.operator_id) as tx:
        return reservation_out(await store.get(tx, row.id), principal.shown)


@router.get("/reservations/{reservation_id}")
async def get_reservation(reservation_id: str, principal: MayRead, tx: ReadTx) -> ReservationOut:
    """One reservation."""
    return reservation_out(await store.get(tx, reservation_id, store.visible_to(principal)), principal.shown)


@router.delete("/reservations/{reservation_id}", status_code=204)
async def cancel_reservation(reservation_id: str, principal: MayOrder, runtime: OurRuntime) -> None:
    """Give up a reservation. It stays in the list, as cancelled; the station must agree if it holds it (else 409)."""
    async with runtime.database.begin(principal.operator_id) as tx:
        row = await store.get(tx, reservation_id, store.visible_to(principal))
        row = await store.find_locked(tx, row.station_id, row.number) or row
        if State(row.state) not in rules.OPEN:
            raise ReservationOver(f"The reservation is {row.state}.")
        told = {"station_id": row.station_id, "number": row.number, "state": row.state}
        audit.note(tx, principal, "reservation.given_up", ("reservation", row.id), before=told)
        if row.state == State.PENDING and row.due_at is not None:  # the station knows nothing of it
            await store.change(tx, row, State.CANCELLED)
            return
    await _cancel_at_station(runtime, principal, row)


async def _cancel_at_station(runtime: Runtime, principal: Principal, row: Any) -> None:
    command = await runtime.ask(
        SendCommand(
            operator_id=row.operator_id,
            station_id=row.station_id,
            type="cancel_reservation",
            arguments={"reservation_id": row.id},
            requested_by=principal.name,
            wait_s=CANCEL_WAIT_S,
        ),
        timeout_s=CANCEL_WAIT_S + 10,
    )
    if command.state is not CommandState.ACCEPTED:
        raise ReservationNotCancelled(
            f"The charging station has not cancelled it: {command.wire_status or command.state.value}."
        )


async def _group_of(runtime: Runtime, principal: Principal, station_id: str, body: ReservationIn) -> str | None:
    """The group of a token: others of it may use the reservation (1.6 §5.13, 2.0.1 H03)."""
    query = TokenQuery(
        operator_id=principal.operator_id,
        station_id=station_id,
        id_token=IdToken(body.id_token, body.id_token_kind),
    )
    try:
        (verdict,) = await runtime.ask(AuthorizeTokens(queries=(query,)))
    except NobodyAnswers:
        return None
    return verdict.group

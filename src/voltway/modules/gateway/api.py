"""Raw calls to a station, and its message log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from voltway.contracts.station_link import CallStation
from voltway.contracts.stations import FindStations
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.http import Instant, Page, PageQuery, page_query, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.errors import StationNotFound
from voltway.modules.gateway.schemas import CallIn, CallOut, MessageOut, message_out
from voltway.modules.gateway.store import MessageFilter, read_page

router = APIRouter(tags=["charging stations"])

ASK_MARGIN_S = 30.0
"""Beyond a call's own time-out: it may have to wait for its turn."""


@router.post("/charging-stations/{station_id}/calls")
async def call_station(
    station_id: str,
    call: CallIn,
    principal: Annotated[Principal, Depends(allowed(Permission.COMMANDS_SEND))],
    runtime: Annotated[Runtime, Depends(runtime_of)],
) -> CallOut:
    """Send a raw call in the station's own protocol and wait for its answer."""
    await require_station(runtime, principal, station_id)
    request = CallStation(station_id=station_id, action=call.action, payload=call.payload, timeout_s=call.timeout_s)
    outcome = await runtime.ask(request, timeout_s=call.timeout_s + ASK_MARGIN_S)
    return CallOut.model_validate(outcome)


@router.get("/charging-stations/{station_id}/messages")
async def list_messages(
    station_id: str,
    principal: Annotated[Principal, Depends(allowed(Permission.MESSAGES_READ))],
    runtime: Annotated[Runtime, Depends(runtime_of)],
    page: Annotated[PageQuery, Depends(page_query)],
    action: Annotated[str | None, Query(max_length=64)] = None,
    since: Instant | None = None,
    until: Instant | None = None,
    text: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[MessageOut]:
    """The messages between a station and us, newest first. Passwords are never kept; tokens are cut for those who may not
    read them."""
    await require_station(runtime, principal, station_id)
    wanted = MessageFilter(action, since, until, text)
    async with runtime.database.read() as tx:
        found, next_cursor = await read_page(tx, principal.operator_id, station_id, wanted, page.limit, page.cursor)
    shows_tokens = principal.may(Permission.TOKENS_READ)
    items = [message_out(message, shows_tokens=shows_tokens) for message in found]
    return Page(items=items, next_cursor=next_cursor)


async def require_station(runtime: Runtime, principal: Principal, station_id: str) -> None:
    """Raise StationNotFound if there is no such station, or it is not the caller's to see."""
    found = await runtime.ask(FindStations(operator_id=principal.operator_id, station_ids=(station_id,)))
    locations = principal.location_ids
    if not found or (locations is not None and found[0].location_id not in locations):
        raise StationNotFound

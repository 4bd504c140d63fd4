"""Raw calls to a station, and its message log."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from voltway.contracts.station_link import CallStation, FindCredential
from voltway.contracts.stations import FindStations, StationName
from voltway.kernel import audit
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.http import Instant, Page, PageQuery, page_query, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.deviations import SAYS, of_station
from voltway.modules.gateway.dialects.quirks import CORRECTIONS, Make, corrections_for
from voltway.modules.gateway.errors import StationNotFound
from voltway.modules.gateway.gateway import quirks_of
from voltway.modules.gateway.masking import mask_tokens, without_secrets
from voltway.modules.gateway.schemas import (
    CallIn,
    CallOut,
    CorrectionOut,
    DeviationOut,
    MessageOut,
    QuirksOut,
    message_out,
)
from voltway.modules.gateway.settings import GatewaySettings
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
    async with runtime.database.begin() as tx:  # before it is sent: what was not noted is not done
        told = {"action": call.action, "payload": mask_tokens(without_secrets(call.payload))}
        audit.note(tx, principal, "station.called", ("station", station_id), after=told)
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
    direction: Annotated[Literal["in", "out"] | None, Query(description="in: what the station sent")] = None,
    kind: Literal["call", "result", "error"] | None = None,
) -> Page[MessageOut]:
    """The messages between a station and us, newest first. Passwords are never kept; tokens are cut for those who may not
    see them whole."""
    await require_station(runtime, principal, station_id)
    wanted = MessageFilter(action, since, until, text, direction, kind)
    async with runtime.database.read(principal.operator_id) as tx:
        found, next_cursor = await read_page(tx, principal.operator_id, station_id, wanted, page.limit, page.cursor)
    shows_tokens = principal.may(Permission.TOKENS_REVEAL)
    items = [message_out(message, shows_tokens=shows_tokens) for message in found]
    return Page(items=items, next_cursor=next_cursor)


@router.get("/charging-stations/{station_id}/quirks")
async def read_quirks(
    station_id: str,
    principal: Annotated[Principal, Depends(allowed(Permission.MESSAGES_READ))],
    runtime: Annotated[Runtime, Depends(runtime_of)],
) -> QuirksOut:
    """How a station differs from its protocol: the corrections that its make needs, and what it has done how often."""
    station = await require_station(runtime, principal, station_id)
    records = await runtime.ask(FindCredential(identity=station.identity))
    record = next((each for each in records if each.station_id == station_id), None)
    vendor, model, firmware_version = (None, None, None)
    if record is not None:
        vendor, model, firmware_version = record.vendor, record.model, record.firmware_version
    make = Make(vendor or "", model or "", firmware_version)
    known = corrections_for(make, quirks_of(runtime.settings(GatewaySettings)))
    async with runtime.database.read(principal.operator_id) as tx:
        found = await of_station(tx, principal.operator_id, station_id)
    says = SAYS | {name: correction.says for name, correction in CORRECTIONS.items()}
    return QuirksOut(
        vendor=vendor,
        model=model,
        firmware_version=firmware_version,
        corrections=[CorrectionOut(name=each.name, says=each.says, source=each.source) for each in known],
        deviations=[
            DeviationOut(
                name=row.name,
                says=says.get(row.name, ""),
                count=row.count,
                first_at=row.first_at,
                last_at=row.last_at,
                last_detail=row.last_detail,
            )
            for row in found
        ],
    )


async def require_station(runtime: Runtime, principal: Principal, station_id: str) -> StationName:
    """The station. Raises StationNotFound if there is none, or it is not the caller's to see."""
    found = await runtime.ask(FindStations(operator_id=principal.operator_id, station_ids=(station_id,)))
    if not found or not principal.reaches(found[0].location_id):
        raise StationNotFound
    return found[0]

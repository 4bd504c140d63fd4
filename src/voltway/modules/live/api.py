"""REST of live updates (the outside contract: GET /live, server-sent events)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from voltway.contracts.stations import FindStations
from voltway.kernel import clock
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.auth.callers import identify
from voltway.kernel.errors import Problem
from voltway.kernel.http import runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.live.errors import TooManyWatchers
from voltway.modules.live.hub import Hub, Watcher
from voltway.modules.live.settings import LiveSettings

router = APIRouter(tags=["live"])


@router.get("/live", response_class=StreamingResponse)
async def live(
    request: Request,
    principal: Annotated[Principal, Depends(allowed(Permission.LIVE_READ))],
    runtime: Annotated[Runtime, Depends(runtime_of)],
) -> StreamingResponse:
    """Changes as they happen: `station.changed`, `session.changed`, `command.changed`, `message.logged`, `alert.raised`,
    `alert.changed`, `refresh`.

    Hints, not facts: they may be late or folded together; what matters is read again from the resource.
    """
    hub, verified_s = runtime.state(Hub), runtime.settings(LiveSettings).verified_every_s
    if hub.watching >= runtime.settings(LiveSettings).watchers_max:
        raise TooManyWatchers(f"{hub.watching} pages are open already.")
    watcher = Watcher(principal.operator_id, await _stations_of(runtime, principal))

    async def is_still_theirs() -> bool:
        """Whether who opened the page may see now what it sees; if not it ends, and the browser asks anew."""
        try:
            caller = await identify(request)
        except Problem:
            return False
        return caller == principal and await _stations_of(runtime, principal) == watcher.station_ids

    async def stream() -> AsyncIterator[str]:
        hub.add(watcher, runtime.events)
        try:
            verified_at = clock.monotonic()
            async for text in watcher.stream(verified_s):
                if clock.monotonic() - verified_at >= verified_s:
                    if not await is_still_theirs():
                        return
                    verified_at = clock.monotonic()
                yield text
        finally:
            hub.remove(watcher)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream(), media_type="text/event-stream", headers=headers)


async def _stations_of(runtime: Runtime, principal: Principal) -> frozenset[str] | None:
    """The stations that a caller may hear of; None: all of the operator's."""
    if principal.location_ids is None:
        return None
    places = tuple(sorted(principal.location_ids))
    found = await runtime.ask(FindStations(operator_id=principal.operator_id, location_ids=places))
    return frozenset(station.station_id for station in found)

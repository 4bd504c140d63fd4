"""REST of live updates (the outside contract: GET /live, server-sent events)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from voltway.contracts.stations import FindStations
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.http import runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.live.errors import TooManyWatchers
from voltway.modules.live.hub import Hub, Watcher
from voltway.modules.live.settings import LiveSettings

router = APIRouter(tags=["live"])


@router.get("/live", response_class=StreamingResponse)
async def live(
    principal: Annotated[Principal, Depends(allowed(Permission.LIVE_READ))],
    runtime: Annotated[Runtime, Depends(runtime_of)],
) -> StreamingResponse:
    """Changes as they happen: `station.changed`, `session.changed`, `command.changed`, `message.logged`, `refresh`.

    Hints, not facts: they may be late or folded together; what matters is read again from the resource.
    """
    hub = runtime.state(Hub)
    if hub.watching >= runtime.settings(LiveSettings).watchers_max:
        raise TooManyWatchers(f"{hub.watching} pages are open already.")
    station_ids = None
    if principal.location_ids is not None:
        found = await runtime.ask(
            FindStations(operator_id=principal.operator_id, location_ids=tuple(principal.location_ids))
        )
        station_ids = frozenset(station.station_id for station in found)
    watcher = Watcher(principal.operator_id, station_ids)

    async def stream() -> AsyncIterator[str]:
        hub.add(watcher, runtime.events)
        try:
            async for text in watcher.stream():
                yield text
        finally:
            hub.remove(watcher)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream(), media_type="text/event-stream", headers=headers)

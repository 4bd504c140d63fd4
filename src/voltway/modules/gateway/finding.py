"""Which process holds a station's link, where several have gateways: the station's record says it, with the link's epoch.

A link here that is older than the one in the record is fenced: the station has connected elsewhere since, so nothing more is
sent over it, whether or not we have heard of the newer one yet.
"""

from __future__ import annotations

from typing import NamedTuple

from voltway.contracts.station_link import FindLink
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.link import Link
from voltway.modules.gateway.registry import REPLACED, Registry


class Found(NamedTuple):
    """Our own link; or the process that holds the station's, or neither."""

    link: Link | None = None
    node_id: str | None = None


async def find(runtime: Runtime, registry: Registry, station_id: str) -> Found:
    """Where to send something to a station. With one process, no question is asked."""
    link = registry.find(station_id)
    if runtime.elsewhere is None or (link is not None and not runtime.elsewhere.others):
        return Found(link)
    place = await runtime.ask(FindLink(station_id=station_id))
    if link is not None:
        if place is None or place.node_id == runtime.node_id or place.epoch <= link.epoch:
            return Found(link)
        link.close(1008, REPLACED)
    if place is None or place.node_id == runtime.node_id:
        return Found()
    return Found(node_id=place.node_id)

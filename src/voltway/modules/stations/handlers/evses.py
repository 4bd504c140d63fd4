"""The EVSEs of a location, for those who hand them out."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from voltway.contracts.stations import EvseView, FindConnectorWords, FindEvses
from voltway.contracts.vocabulary import ConnectorStatus, Registration
from voltway.kernel.runtime import Runtime
from voltway.modules.stations import capabilities
from voltway.modules.stations.errors import CapabilityMissing
from voltway.modules.stations.store.stations import Layout, layouts
from voltway.modules.stations.tables import stations, variables

_SAYS_MOST = (
    ConnectorStatus.OCCUPIED,
    ConnectorStatus.RESERVED,
    ConnectorStatus.AVAILABLE,
    ConnectorStatus.UNAVAILABLE,
    ConnectorStatus.FAULTED,
)
"""An EVSE charges one car: a connector that is in use speaks for all; one that is broken does not while another is good."""


async def find_evses(runtime: Runtime, request: FindEvses) -> list[EvseView]:
    """The EVSEs of a location's accepted stations."""
    there = sa.select(stations.c.id, stations.c.identity, stations.c.is_online).where(
        stations.c.operator_id == request.operator_id,
        stations.c.location_id == request.location_id,
        stations.c.registration == Registration.ACCEPTED,
        stations.c.retired_key == "",
    )
    async with runtime.database.read() as tx:
        rows = (await tx.execute(there.order_by(stations.c.identity))).all()
        ids = [row.id for row in rows]
        layout_of = await layouts(tx, ids)
        told = sa.select(variables.c.station_id, variables.c.component, variables.c.variable, variables.c.value).where(
            variables.c.station_id.in_(ids),
            variables.c.attribute == "Actual",
            variables.c.variable.in_(sorted({variable for _, variable in capabilities.WANTED})),
        )
        said: dict[str, dict[tuple[str | None, str], str | None]] = {station_id: {} for station_id in ids}
        for row in (await tx.execute(told)).all():
            said[row.station_id][row.component, row.variable] = row.value
    return [
        view
        for row in rows
        for view in _views(row.id, row.identity, layout_of[row.id], is_online=row.is_online, settings=said[row.id])
    ]


def _views(
    station_id: str, identity: str, layout: Layout, *, is_online: bool, settings: capabilities.Settings
) -> Iterable[EvseView]:
    can_reserve = _can_reserve(settings)
    numbers = {evse.evse_number for evse in layout.evses} | {one.evse_number for one in layout.connectors}
    for number in sorted(numbers):
        connectors = [one for one in layout.connectors if one.evse_number == number]
        statuses = {one.status for one in connectors}
        yield EvseView(
            station_id=station_id,
            station_identity=identity,
            evse_number=number,
            connector_types=tuple(sorted({one.type for one in connectors if one.type})),
            status=next((word.value for word in _SAYS_MOST if word in statuses), None),
            is_online=is_online,
            can_reserve=can_reserve,
        )


async def find_connector_words(runtime: Runtime, request: FindConnectorWords) -> dict[int, str]:
    """What the connectors of a station have said last."""
    async with runtime.database.read() as tx:
        layout = (await layouts(tx, [request.station_id]))[request.station_id]
    told = [(each.evse_number, each.wire_status) for each in layout.connectors if each.wire_status is not None]
    return dict(reversed(told))  # they come by their numbers: the lowest is put last, and stands


def _can_reserve(settings: capabilities.Settings) -> bool:
    try:
        capabilities.check_reserve(settings, {"evse_number": 1})
    except CapabilityMissing:
        return False
    return True

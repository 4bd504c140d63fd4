"""What of locations and their stations anybody may know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import time
from typing import Any

import sqlalchemy as sa

from voltway.charging.opening_hours import OpeningHours, OpenPeriod
from voltway.contracts.directory import (
    ListPublished,
    PublishedConnector,
    PublishedEvse,
    PublishedLocation,
    PublishedStation,
)
from voltway.contracts.vocabulary import Registration
from voltway.kernel.auth import operators
from voltway.kernel.runtime import Runtime
from voltway.modules.stations.store.stations import Layout, layouts
from voltway.modules.stations.tables import locations, stations


async def list_published(runtime: Runtime, request: ListPublished) -> list[PublishedLocation]:
    """Locations that are published, of operators that are not suspended, with their accepted stations."""
    async with runtime.database.read() as tx:
        rows = (await tx.execute(_statement(request))).all()
        at_them = stations.c.location_id.in_([row.id for row in rows])
        accepted = stations.c.registration == Registration.ACCEPTED
        found = sa.select(stations).where(at_them, accepted, stations.c.retired_key == "").order_by(stations.c.identity)
        there = (await tx.execute(found)).all()
        layout_of = await layouts(tx, [row.id for row in there])
    stations_at: dict[str, list[PublishedStation]] = defaultdict(list)
    for row in there:
        stations_at[row.location_id].append(_station(row, layout_of[row.id]))
    return [_location(row, stations_at[row.id]) for row in rows]


def _statement(request: ListPublished) -> sa.Select[Any]:
    wanted = sa.select(locations, operators.c.name.label("operator_name")).select_from(
        sa.join(locations, operators, operators.c.id == locations.c.operator_id)
    )
    wanted = wanted.where(
        locations.c.published_at.is_not(None), locations.c.retired_at.is_(None), operators.c.suspended_at.is_(None)
    )
    if request.location_ids or request.station_ids:
        with_these = sa.select(stations.c.location_id).where(stations.c.id.in_(request.station_ids))
        return wanted.where(sa.or_(locations.c.id.in_(request.location_ids), locations.c.id.in_(with_these)))
    return wanted.where(locations.c.id > request.after_id).order_by(locations.c.id).limit(request.limit)


def _location(row: Any, there: list[PublishedStation]) -> PublishedLocation:
    return PublishedLocation(
        location_id=row.id,
        operator_id=row.operator_id,
        operator_name=row.operator_name,
        name=row.name,
        address=row.address,
        city=row.city,
        postal_code=row.postal_code,
        country=row.country,
        latitude=row.latitude,
        longitude=row.longitude,
        time_zone=row.time_zone,
        access=row.access,
        opening_hours=_hours(row.opening_hours),
        help_phone=row.help_phone,
        directions=row.directions,
        facilities=tuple(row.facilities or ()),
        stations=tuple(there),
    )


def _hours(kept: Iterable[dict[str, Any]] | None) -> OpeningHours | None:
    """The opening hours from their column, where Monday is 1 as in the API."""
    if kept is None:
        return None
    return tuple(
        OpenPeriod(
            weekday=each["weekday"] - 1, begin=time.fromisoformat(each["begin"]), end=time.fromisoformat(each["end"])
        )
        for each in kept
    )


def _station(row: Any, layout: Layout) -> PublishedStation:
    connectors: dict[int, list[PublishedConnector]] = defaultdict(list)
    for each in layout.connectors:
        connectors[each.evse_number].append(
            PublishedConnector(
                connector_number=each.connector_number, type=each.type, status=each.status, status_at=each.status_at
            )
        )
    powers = {evse.evse_number: evse.power_w_max for evse in layout.evses}
    return PublishedStation(
        station_id=row.id,
        name=row.name,
        is_online=bool(row.is_online),
        evses=tuple(
            PublishedEvse(
                evse_number=number, power_w_max=powers.get(number), connectors=tuple(connectors.get(number, ()))
            )
            for number in sorted(powers.keys() | connectors.keys())
        ),
    )

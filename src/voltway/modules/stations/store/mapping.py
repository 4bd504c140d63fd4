"""Where stations stand, and how many of them are in which state: for a map."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from voltway.contracts.vocabulary import ConnectorStatus
from voltway.kernel.auth import Principal, visible
from voltway.kernel.database import Tx
from voltway.kernel.geo import Box
from voltway.modules.stations.tables import connectors, locations, stations

AVAILABLE, IN_USE, FAULTED, OFFLINE = "available", "in_use", "faulted", "offline"


def _has(status: ConnectorStatus) -> sa.ColumnElement[bool]:
    """Whether a connector of the station says so."""
    found = sa.select(connectors.c.station_id).where(
        connectors.c.station_id == stations.c.id, connectors.c.status == status.value
    )
    return found.exists()


_STATE = sa.case(
    (stations.c.is_online.is_(False), OFFLINE),
    (_has(ConnectorStatus.FAULTED), FAULTED),
    (_has(ConnectorStatus.OCCUPIED), IN_USE),
    else_=AVAILABLE,
).label("state")


async def count_by_location(tx: Tx, principal: Principal, box: Box) -> list[sa.Row[Any]]:
    """Rows of location_id, name, latitude, longitude, state, stations and station_id (of one of them), for stations that a caller
    may see, are not retired and stand in a part of the map. As many rows as there are locations, times the states there."""
    if box.west <= box.east:
        is_between: sa.ColumnElement[bool] = locations.c.longitude.between(box.west, box.east)
    else:
        is_between = sa.or_(locations.c.longitude >= box.west, locations.c.longitude <= box.east)
    each = (
        sa.select(stations.c.id, stations.c.location_id, _STATE)
        .join(locations, locations.c.id == stations.c.location_id)
        .where(
            visible(principal, stations),
            stations.c.retired_key == "",
            locations.c.latitude.between(box.south, box.north),
            is_between,
        )
        .subquery()
    )
    counted = (
        sa.select(
            locations.c.id.label("location_id"),
            locations.c.name,
            locations.c.latitude,
            locations.c.longitude,
            each.c.state,
            sa.func.count().label("stations"),
            sa.func.min(each.c.id).label("station_id"),
        )
        .join(each, each.c.location_id == locations.c.id)
        .group_by(locations.c.id, locations.c.name, locations.c.latitude, locations.c.longitude, each.c.state)
    )
    return list((await tx.execute(counted)).all())

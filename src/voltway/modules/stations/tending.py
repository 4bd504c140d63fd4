"""What comes round: credentials that end by their time, stations that came by themselves and are forgotten."""

from __future__ import annotations

from datetime import timedelta

from voltway.contracts.station_link import CredentialChanged
from voltway.kernel import clock
from voltway.kernel.retention import forget_by_id
from voltway.kernel.runtime import Runtime
from voltway.modules.stations import rotation, service
from voltway.modules.stations.settings import StationsSettings
from voltway.modules.stations.store import stations
from voltway.modules.stations.tables import station_events, status_history


async def tend(runtime: Runtime) -> None:
    """A job. Who is online without proof though the time for that is over is cut off by its gateway, which hears of it."""
    now = clock.now()
    before = now - timedelta(days=runtime.settings(StationsSettings).quarantine_days)
    async with runtime.database.begin() as tx:
        await rotation.forget_ended(tx)
        for station in await stations.find_forgotten(tx, before):
            await service.retire_station(tx, None, station)
        for station in await stations.find_shut(tx, now):
            names = {"operator_id": station.operator_id, "at": now, "station_id": station.id}
            tx.publish(CredentialChanged(**names, identity=station.identity))


async def forget_history(runtime: Runtime) -> None:
    """A job: what connectors and monitors have said long ago."""
    settings, now = runtime.settings(StationsSettings), clock.now()
    await forget_by_id(runtime.database, status_history, now - timedelta(days=settings.status_days))
    await forget_by_id(runtime.database, station_events, now - timedelta(days=settings.event_days))

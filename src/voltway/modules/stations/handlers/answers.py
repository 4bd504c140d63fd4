"""What the stations module answers when others ask."""

from __future__ import annotations

import msgspec

from voltway.contracts.ledger import FindLocationCountries
from voltway.contracts.security import EnrolStation
from voltway.contracts.station_link import (
    AdmitStation,
    FindCredential,
    FindLink,
    LinkClosed,
    LinkPlace,
    ListCredentials,
    ProveCredential,
    StationCredential,
)
from voltway.contracts.stations import (
    AcceptStation,
    CheckOrder,
    CommandView,
    DescribeLocation,
    DescribeLocations,
    DescribeStation,
    FindLocationName,
    FindStations,
    FindTimeZones,
    KnownLocations,
    LocationDescription,
    LocationExists,
    NamedLocation,
    NodesGone,
    SendCommand,
    StationChanged,
    StationDescription,
    StationName,
    StationsSeen,
    StationSummary,
    SummarizeStations,
)
from voltway.contracts.vocabulary import CommandState
from voltway.kernel import clock
from voltway.kernel.runtime import Runtime
from voltway.modules.stations import execution, foreign_urls, rotation, rules, service
from voltway.modules.stations.schemas import read_order
from voltway.modules.stations.settings import StationsSettings
from voltway.modules.stations.store import commands, locations, reports, stations
from voltway.modules.stations.tables import stations as table


async def list_credentials(runtime: Runtime, request: ListCredentials) -> list[StationCredential]:
    """Every station that is not retired."""
    async with runtime.database.read() as tx:
        return await stations.credentials(tx)


async def find_credential(runtime: Runtime, request: FindCredential) -> list[StationCredential]:
    """The stations with this identity."""
    async with runtime.database.read() as tx:
        return await stations.credentials(tx, table.c.identity_key == rules.identity_key(request.identity))


async def admit_station(runtime: Runtime, request: AdmitStation) -> StationCredential:
    """A record for a station that nobody has registered. Safe when several links of it race: there will be one."""
    async with runtime.database.begin() as tx:
        row = await service.admit(
            tx, request.operator_slug, request.identity, request.registration, runtime.settings(StationsSettings)
        )
        (credential,) = await stations.credentials(tx, table.c.id == row.id)
    return credential


async def prove_credential(runtime: Runtime, request: ProveCredential) -> None:
    """A station has connected with its new password or profile."""
    async with runtime.database.begin() as tx:
        await rotation.prove(tx, request)


async def enrol_station(runtime: Runtime, request: EnrolStation) -> str:
    """The record of a station that has shown a registration token."""
    async with runtime.database.begin() as tx:
        return await service.enrol(tx, request, runtime.secret)


async def stations_seen(runtime: Runtime, request: StationsSeen) -> None:
    """Note when stations were last heard of."""
    async with runtime.database.begin() as tx:
        await stations.set_seen(tx, request.seen)


async def nodes_gone(runtime: Runtime, request: NodesGone) -> int:
    """Mark offline every station whose link was held by a process that is gone."""
    async with runtime.database.begin() as tx:
        orphans = await stations.find_orphans(tx, request.alive_node_ids)
        await reports.close_links(tx, [row.id for row in orphans], _GONE)
        for row in orphans:
            tx.publish(
                LinkClosed(
                    operator_id=row.operator_id,
                    at=clock.now(),
                    station_id=row.id,
                    station_identity=row.identity,
                    epoch=row.link_epoch,
                    reason=_GONE,
                ),
                StationChanged(
                    operator_id=row.operator_id,
                    at=clock.now(),
                    station_id=row.id,
                    station_identity=row.identity,
                    what="offline",
                ),
            )
    return len(orphans)


_GONE = "the process that held the link is gone"


async def find_link(runtime: Runtime, request: FindLink) -> LinkPlace | None:
    """Which process holds a station's link."""
    async with runtime.database.read() as tx:
        return await stations.find_link(tx, request.station_id)


async def find_stations(runtime: Runtime, request: FindStations) -> list[StationName]:
    """Who is meant."""
    keys = [rules.identity_key(identity) for identity in request.identities]
    async with runtime.database.read() as tx:
        return await stations.find_names(tx, request.operator_id, request.station_ids, keys, request.location_ids)


async def describe_station(runtime: Runtime, request: DescribeStation) -> StationDescription:
    """Where a station stands, and its serial number."""
    async with runtime.database.read() as tx:
        row = await stations.get(tx, request.station_id, table.c.operator_id == request.operator_id)
    return StationDescription(location_id=row.location_id, serial_number=row.serial_number)


async def summarize_stations(runtime: Runtime, request: SummarizeStations) -> StationSummary:
    """Counts."""
    async with runtime.database.read() as tx:
        return await stations.summarize(tx, request.operator_id)


async def known_locations(runtime: Runtime, request: KnownLocations) -> list[str]:
    """Which of these the operator has."""
    async with runtime.database.read() as tx:
        return await locations.known(tx, request.operator_id, request.location_ids)


async def find_time_zones(runtime: Runtime, request: FindTimeZones) -> dict[str, str]:
    """The time zones of locations, also of those that are retired."""
    async with runtime.database.read() as tx:
        return await locations.time_zones(tx, request.location_ids)


async def find_location_name(runtime: Runtime, request: FindLocationName) -> str | None:
    """What a location is called."""
    async with runtime.database.read() as tx:
        return await locations.find_name(tx, request.operator_id, request.location_id)


async def describe_location(runtime: Runtime, request: DescribeLocation) -> LocationDescription | None:
    """Where a location is."""
    async with runtime.database.read() as tx:
        row = await locations.find(tx, request.operator_id, request.location_id)
    return None if row is None else LocationDescription(**{name: getattr(row, name) for name in _OF_LOCATION})


_OF_LOCATION = tuple(field.name for field in msgspec.structs.fields(LocationDescription))


async def find_location_countries(runtime: Runtime, request: FindLocationCountries) -> dict[str, str]:
    """In which countries locations are."""
    async with runtime.database.read() as tx:
        return await locations.countries_of(tx, request.operator_id, request.location_ids)


async def describe_locations(runtime: Runtime, request: DescribeLocations) -> list[NamedLocation]:
    """What locations are called, and their time zones."""
    async with runtime.database.read() as tx:
        rows = await locations.describe(tx, request.operator_id, request.location_ids)
    return [NamedLocation(location_id=row.id, name=row.name, time_zone=row.time_zone) for row in rows]


async def location_exists(runtime: Runtime, request: LocationExists) -> bool:
    """Whether the operator has this location."""
    async with runtime.database.read() as tx:
        return await locations.exists(tx, request.operator_id, request.location_id)


async def check_order(runtime: Runtime, request: CheckOrder) -> None:
    """Raise if this is no order."""
    read_order(request.type, request.arguments)
    foreign_urls.check(runtime, request.type, request.arguments)


async def accept_station(runtime: Runtime, request: AcceptStation) -> None:
    """Accept a pending station for another module."""
    async with runtime.database.begin() as tx:
        station = await stations.get(tx, request.station_id, table.c.operator_id == request.operator_id)
        await service.accept(tx, station)


async def send_command(runtime: Runtime, request: SendCommand) -> CommandView:
    """Send a command for another module."""
    order = read_order(request.type, request.arguments)
    async with runtime.database.read() as tx:
        station = await stations.get(tx, request.station_id, table.c.operator_id == request.operator_id)
    command_id = await execution.order(
        runtime, station, order.type, order.said_as, order.arguments(), request.requested_by
    )
    await execution.wait(runtime, command_id, request.wait_s)
    async with runtime.database.read() as tx:
        row = await commands.get(tx, command_id)
    return CommandView(
        command_id=row.id,
        station_id=row.station_id,
        type=row.type,
        state=CommandState(row.state),
        wire_status=row.wire_status,
        effect=row.effect,
        result=row.result,
    )

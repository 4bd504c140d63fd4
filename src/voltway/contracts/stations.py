"""What the stations module says: stations, their connectors, the commands sent to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from voltway.contracts.vocabulary import CommandState, ConnectorStatus
from voltway.kernel.bus.asks import Ask
from voltway.kernel.bus.event import Event


class StationChanged(Event, frozen=True, kw_only=True, gc=False):
    """A station's record changed: added, edited, accepted, retired, booted, online or offline."""

    station_id: str
    station_identity: str
    what: str
    """added, edited, retired, booted, online, offline"""

    def key(self) -> str:
        return self.station_id


class ConnectorStatusChanged(Event, frozen=True, kw_only=True, gc=False):
    """A connector has another status than before. EVSE 0 is the station."""

    station_id: str
    station_identity: str
    evse_number: int
    connector_number: int
    status: ConnectorStatus
    wire_status: str
    error_code: str | None
    occurred_at: datetime

    def key(self) -> str:
        return self.station_id


class CommandChanged(Event, frozen=True, kw_only=True, gc=False):
    """A command has another state or effect than before."""

    command_id: str
    station_id: str
    type: str
    state: CommandState
    effect: str | None = None
    requested_by: str | None = None
    """Who wants it: the name of a principal, or what of the platform does."""

    def key(self) -> str:
        return self.station_id


class StationEventsRecorded(Event, frozen=True, kw_only=True, gc=False):
    """A station told of events on its variables."""

    station_id: str
    station_identity: str

    def key(self) -> str:
        return self.station_id


class StationSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How an operator's stations are. Statuses are words of ConnectorStatus."""

    total: int
    online: int
    by_status: dict[str, int]
    connectors_by_status: dict[str, int]


class SummarizeStations(Ask[StationSummary], frozen=True, kw_only=True):
    """Count the stations of an operator."""

    operator_id: str


class StationName(msgspec.Struct, frozen=True, kw_only=True):
    """Who a station is."""

    station_id: str
    operator_id: str
    identity: str
    location_id: str | None


class FindStations(Ask[list[StationName]], frozen=True, kw_only=True):
    """The stations of an operator with these ids, identities or at these locations; what is not found is left out."""

    operator_id: str
    station_ids: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    location_ids: tuple[str, ...] = ()


class StationDescription(msgspec.Struct, frozen=True, kw_only=True):
    """Where a station stands, and the serial number that it has told."""

    location_id: str | None
    serial_number: str | None


class DescribeStation(Ask[StationDescription], frozen=True, kw_only=True):
    """Ask for it. Raises StationNotFound."""

    operator_id: str
    station_id: str


class LocationExists(Ask[bool], frozen=True, kw_only=True):
    """Whether the operator has this location."""

    operator_id: str
    location_id: str


class KnownLocations(Ask[list[str]], frozen=True, kw_only=True):
    """Those of these locations that the operator has."""

    operator_id: str
    location_ids: tuple[str, ...]


class FindLocationName(Ask[str | None], frozen=True, kw_only=True):
    """What an operator calls a location."""

    operator_id: str
    location_id: str


class FindTimeZones(Ask[dict[str, str]], frozen=True, kw_only=True):
    """The time zones of locations: location -> name in the IANA database. Those that nobody knows are left out."""

    location_ids: tuple[str, ...]


class LocationDescription(msgspec.Struct, frozen=True, kw_only=True):
    """Where a location is. `time_zone`: an IANA name."""

    name: str
    address: str | None
    postal_code: str | None
    city: str | None
    country: str | None
    time_zone: str
    help_phone: str | None = None
    """Whom drivers there call."""


class DescribeLocation(Ask[LocationDescription | None], frozen=True, kw_only=True):
    """Where an operator's location is."""

    operator_id: str
    location_id: str


class NamedLocation(msgspec.Struct, frozen=True, kw_only=True):
    """What a location is called, and its time zone (IANA)."""

    location_id: str
    name: str
    time_zone: str


class DescribeLocations(Ask[list[NamedLocation]], frozen=True, kw_only=True):
    """Those of these locations that the operator has or had."""

    operator_id: str
    location_ids: tuple[str, ...]


class EvseView(msgspec.Struct, frozen=True, kw_only=True):
    """An EVSE as it stands. `status`: of its connectors the one that says most, a word of ConnectorStatus; None: not told yet.
    `can_reserve`: the station has not said that it cannot."""

    station_id: str
    station_identity: str
    evse_number: int
    connector_types: tuple[str, ...]
    status: str | None
    is_online: bool
    can_reserve: bool


class FindEvses(Ask[list[EvseView]], frozen=True, kw_only=True):
    """The EVSEs of the accepted stations at a location, by station and number."""

    operator_id: str
    location_id: str


class FindConnectorWords(Ask[dict[int, str]], frozen=True, kw_only=True):
    """What the connectors of a station have said last, in the wire's words: EVSE -> word, of its lowest connector that has said one."""

    operator_id: str
    station_id: str


class StationsSeen(Ask[None], frozen=True, kw_only=True):
    """The gateway has heard from these stations (station id -> when); said now and then for all of them together."""

    seen: dict[str, datetime]


class NodesGone(Ask[int], frozen=True, kw_only=True):
    """Only these processes hold links: stations whose link was held by another one are offline; how many that were.

    The gateway says it when it starts and when it finds that a process has died. A link opened meanwhile has a node that is
    alive, so nothing newer is closed.
    """

    alive_node_ids: tuple[str, ...]


class CommandView(msgspec.Struct, frozen=True, kw_only=True):
    """A command's record as it stands."""

    command_id: str
    station_id: str
    type: str
    state: CommandState
    wire_status: str | None = None
    effect: str | None = None
    result: Any = None


class CheckOrder(Ask[None], frozen=True, kw_only=True):
    """Raise InvalidField if this is no order that any station could be given; nothing is sent."""

    type: str
    arguments: dict[str, Any]


class AcceptStation(Ask[None], frozen=True, kw_only=True):
    """Accept a station that is pending; it is asked to boot again. Raises StationNotFound."""

    operator_id: str
    station_id: str


class ReadVariables(Ask[list[dict[str, Any]]], frozen=True, kw_only=True):
    """What a station has told of its variables (attribute Actual): component, component_instance, evse_number,
    connector_number, variable, instance, value. A configuration key of OCPP 1.6 has no component."""

    operator_id: str
    station_id: str


class SendCommand(Ask[CommandView], frozen=True, kw_only=True):
    """Record a command, send it, and wait up to `wait_s` for its end; the same as POST /charging-stations/{id}/commands.

    `arguments` are those of the contract's command table without `type`. `requested_by` is who wants it: a principal's name.
    Raises StationNotFound, InvalidField, or the Problem (409) that says why the station cannot do it.
    """

    operator_id: str
    station_id: str
    type: str
    arguments: dict[str, Any]
    requested_by: str
    wait_s: float = 0.0

"""Stations as the API shows and takes them (the outside contract: /charging-stations)."""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from voltway.contracts.vocabulary import ChargingState, ConnectorStatus, Registration
from voltway.kernel.http import Instant, Schema, instant_out
from voltway.modules.stations.rules import IDENTITY_PATTERN, PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN

EVSES_MAX = 200
CONNECTORS_MAX = 20
NUMBER_MAX = 2**31 - 1

Number = Annotated[int, Field(ge=1, le=NUMBER_MAX)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Password = Annotated[str, Field(min_length=PASSWORD_LENGTH_MIN, max_length=PASSWORD_LENGTH_MAX)]
SecurityProfile = Annotated[
    int,
    Field(
        ge=0,
        le=3,
        description="OCPP's security profiles: 1 password, 2 password over TLS, 3 certificate; 0: lets anybody in",
    ),
]


# ---- in


class ConnectorIn(Schema):
    """A connector of an EVSE."""

    connector_number: Number
    type: str | None = Field(default=None, max_length=40, examples=["cCCS2", "sType2"])


class EvseIn(Schema):
    """An EVSE and its connectors."""

    evse_number: Number
    power_w_max: float | None = Field(default=None, ge=0, le=10_000_000)
    connectors: list[ConnectorIn] = Field(default=[], max_length=CONNECTORS_MAX)


class PlaceIn(Schema):
    """The EVSE and connector that a 1.6 station's connector is."""

    evse_number: Number
    connector_number: Number = 1


def _numbered_once(wanted: list[EvseIn]) -> list[EvseIn]:
    numbers = [evse.evse_number for evse in wanted]
    if len(set(numbers)) < len(numbers):
        raise ValueError("an evse_number may stand only once")
    for evse in wanted:
        below = [connector.connector_number for connector in evse.connectors]
        if len(set(below)) < len(below):
            raise ValueError(f"a connector_number may stand only once in EVSE {evse.evse_number}")
    return wanted


def _mapped_once(places: dict[int, PlaceIn]) -> dict[int, PlaceIn]:
    if len({(place.evse_number, place.connector_number) for place in places.values()}) < len(places):
        raise ValueError("two connectors may not be at the same place")
    return places


Evses = Annotated[list[EvseIn], Field(max_length=EVSES_MAX), AfterValidator(_numbered_once)]
ConnectorMap = Annotated[
    dict[Number, PlaceIn],
    Field(
        max_length=EVSES_MAX,
        description="a 1.6 station's connectors, by their number on the wire; null: connector n is EVSE n, connector 1",
    ),
    AfterValidator(_mapped_once),
]


class StationIn(Schema):
    """A new charging station."""

    identity: str = Field(
        pattern=IDENTITY_PATTERN, description="as in the URL it connects to; compares without case", examples=["CS-1"]
    )
    name: Name | None = None
    location_id: str | None = Field(default=None, max_length=36)
    security_profile: SecurityProfile = 1
    password: Password | None = Field(default=None, description="if not given, one is made up and shown once")
    is_factory_password: bool = Field(
        default=False,
        description="the password is the one that its maker gave it: the station is pending until it has got its own",
    )
    open_until: Instant | None = Field(
        default=None, description="profile 0: nobody is let in after this; 90 days if not given, at most 366"
    )
    registration: Registration = Registration.ACCEPTED
    evses: Evses = Field(default=[])
    connector_map: ConnectorMap | None = None


class ReplacementIn(Schema):
    """New hardware; without an identity of its own it has the old one's."""

    identity: str | None = Field(default=None, min_length=1, max_length=48)
    reason: str = Field(min_length=1, max_length=500, description="for the audit log")


class StationPatch(Schema):
    """What may be changed; a field that is left out stays. Null empties `name`, `location_id` and `connector_map`, and asks for
    a new `password`; elsewhere it is as if left out. `evses` replaces the list."""

    name: Name | None = None
    location_id: str | None = Field(default=None, max_length=36)
    security_profile: SecurityProfile | None = None
    override_reason: str | None = Field(
        default=None, min_length=10, max_length=300, description="why the profile is lowered: kept in the audit log"
    )
    open_until: Instant | None = Field(default=None, description="profile 0: until when")
    password: Password | None = None
    registration: Registration | None = None
    evses: Evses | None = None
    connector_map: ConnectorMap | None = None


# ---- out


class ConnectorOut(Schema):
    """A connector. `status` is in the words of OCPP 2.x, `wire_status` as reported; both null until it has reported."""

    connector_number: int
    type: str | None
    status: ConnectorStatus | None
    wire_status: str | None
    error_code: str | None
    vendor_error_code: str | None
    info: str | None
    status_at: Instant | None


class EvseOut(Schema):
    """An EVSE."""

    evse_number: int
    power_w_max: float | None
    charging_state: ChargingState | None
    connectors: list[ConnectorOut]


class StationOut(Schema):
    """A charging station. `status` is that of its part which most needs to be seen; whether it is online stands beside."""

    id: str
    identity: str
    operator: str
    name: str | None
    location_id: str | None
    vendor: str | None
    model: str | None
    serial_number: str | None
    firmware_version: str | None
    iccid: str | None
    imsi: str | None
    meter_type: str | None
    meter_serial_number: str | None
    protocol: str | None
    security_profile: int
    security_profile_target: int | None = Field(
        description="what it was told to take; it has not connected with it yet"
    )
    is_password_changing: bool = Field(description="it was sent a new password, and has not connected with it yet")
    is_password_weak: bool | None = Field(
        description="worth less than a key: have it rotated; null: none, or not known"
    )
    has_factory_password: bool | None = Field(description="pending until it has got a password of its own")
    open_until: Instant | None = Field(description="profile 0: nobody is let in after this; null: it does not end")
    quarantined_at: Instant | None = Field(description="it came by itself: accept it, reject it or let it be forgotten")
    registration: Registration
    is_online: bool
    last_seen_at: Instant | None
    connected_at: Instant | None
    disconnected_at: Instant | None
    remote_address: str | None
    booted_at: Instant | None
    boot_reason: str | None
    status: ConnectorStatus | None
    connector_map: dict[int, PlaceIn] | None
    created_at: Instant
    retired_at: Instant | None
    evses: list[EvseOut]


class StationCreated(StationOut):
    """A charging station, and the password that was made up for it: shown this once, null if none was."""

    password: str | None


class VariableOut(Schema):
    """A setting of a station: a 1.6 configuration key (`key`; `component` is null) or a 2.x device-model variable."""

    key: str | None
    component: str | None
    component_instance: str | None
    evse_number: int | None
    connector_number: int | None
    variable: str
    instance: str | None
    attribute: str
    value: str | None
    is_readonly: bool | None
    data_type: str | None
    unit: str | None
    values: str | None = Field(description="what it may be, as the station lists it")
    value_min: float | None
    value_max: float | None
    can_be_monitored: bool | None
    updated_at: Instant


_INSTANTS = (
    "last_seen_at",
    "connected_at",
    "disconnected_at",
    "booted_at",
    "created_at",
    "retired_at",
    "open_until",
    "quarantined_at",
)
_AS_STORED = tuple(StationOut.model_fields.keys() - {"connector_map", "evses", "is_password_changing", *_INSTANTS})
_stored = attrgetter(*_AS_STORED)


def station_out(row: Any, layout: Any) -> dict[str, Any]:
    """A row of stations_stations with its layout, as StationOut describes it."""
    places: dict[int, list[dict[str, Any]]] = {}
    for connector in layout.connectors:
        places.setdefault(connector.evse_number, []).append(_connector_out(connector))
    out = dict(zip(_AS_STORED, _stored(row), strict=True))
    for name in _INSTANTS:
        out[name] = instant_out(getattr(row, name))
    out["is_password_changing"] = bool(row.candidate_hashes)
    out["connector_map"] = row.connector_map and {
        wire: {"evse_number": evse_number, "connector_number": connector_number}
        for wire, (evse_number, connector_number) in row.connector_map.items()
    }
    out["evses"] = [
        {
            "evse_number": evse.evse_number,
            "power_w_max": evse.power_w_max,
            "charging_state": evse.charging_state,
            "connectors": places.get(evse.evse_number, []),
        }
        for evse in layout.evses
    ]
    return out


def _connector_out(row: Any) -> dict[str, Any]:
    return {
        "connector_number": row.connector_number,
        "type": row.type,
        "status": row.status,
        "wire_status": row.wire_status,
        "error_code": row.error_code,
        "vendor_error_code": row.vendor_error_code,
        "info": row.info,
        "status_at": instant_out(row.status_at),
    }


def variable_out(row: Any) -> VariableOut:
    """A row of stations_variables as the API shows it."""
    return VariableOut(
        key=row.variable if row.component is None else None,
        component=row.component,
        component_instance=row.component_instance,
        evse_number=row.evse_number,
        connector_number=row.connector_number,
        variable=row.variable,
        instance=row.instance,
        attribute=row.attribute,
        value=row.value,
        is_readonly=row.is_readonly,
        data_type=row.data_type,
        unit=row.unit,
        values=row.value_list,
        value_min=row.value_min,
        value_max=row.value_max,
        can_be_monitored=row.can_be_monitored,
        updated_at=row.reported_at,
    )

"""What is said about local authorisation lists and reservations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from voltway.contracts.sessions import SessionName
from voltway.contracts.station_link import Report
from voltway.kernel.bus.asks import Ask
from voltway.kernel.bus.event import Event

# ---- local lists


class ReportLocalList(Report, frozen=True, kw_only=True, gc=False):
    """What became of a station's local authorisation list. Answered by None.

    `version` is the list's version as the station has it now: the last that it took, or the one it told when asked (-1: it has
    no lists, 0: it has none). `entries` are those of PlanLocalList that it took; None: it was only asked.
    """

    version: int | None
    wire_status: str | None = None
    is_complete: bool = True
    """Whether it took every part of what was sent."""
    is_full: bool = False
    entries: tuple[dict[str, Any], ...] | None = None


class ReportCustomerCleared(Report, frozen=True, kw_only=True, gc=False):
    """A station has forgotten what it kept of a token's holder, but for its local list, which is ours to change."""

    id_token: str


class LocalListPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to send to a station.

    An entry is `{"id_token", "kind", "status", "expires_at", "group", ...}`, its status a word of AuthorizationStatus; without
    one it is to be removed. `changes` is None where we do not know what the station has: only the full list will do.
    """

    version: int
    """The first version number that we have not used for this station."""
    known_version: int | None
    full: tuple[dict[str, Any], ...]
    changes: tuple[dict[str, Any], ...] | None


class PlanLocalList(Ask[LocalListPlan], frozen=True, kw_only=True):
    """What belongs into a station's list, and what is different from what it has. `entries`: these, whatever belongs."""

    operator_id: str
    station_id: str
    location_id: str | None
    entries: tuple[dict[str, Any], ...] | None = None


# ---- sessions


class FindTokenSessions(Ask[list[SessionName]], frozen=True, kw_only=True):
    """The running sessions of a token."""

    operator_id: str
    id_token_id: str


# ---- reservations


class ReportReservation(Report, frozen=True, kw_only=True, gc=False):
    """What a station says of a reservation: its answer to `reserve_now` or `cancel_reservation`, or that it is over
    (`wire_status` Expired, Removed, NoTransaction). Answered by None."""

    number: int
    about: str
    """reserve, cancel, update"""
    wire_status: str


class ClaimReservation(Ask[int], frozen=True, kw_only=True):
    """The number of a reservation that is about to be sent; its record is made where there is none with this number."""

    operator_id: str
    station_id: str
    station_identity: str
    location_id: str | None
    number: int | None
    evse_number: int | None
    connector_type: str | None
    id_token: str
    id_token_kind: str | None
    group: str | None
    expires_at: datetime


class FindReservation(Ask[int], frozen=True, kw_only=True):
    """The number of a station's reservation. Raises ReservationNotFound."""

    operator_id: str
    station_id: str
    reservation_id: str


class ReservationMet(Event, frozen=True, kw_only=True, gc=False):
    """A transaction has named a reservation."""

    station_id: str
    number: int
    session_id: str

    def key(self) -> str:
        return self.station_id


class ReservationChanged(Event, frozen=True, kw_only=True, gc=False):
    """A reservation has another state than before."""

    reservation_id: str
    station_id: str
    station_identity: str
    evse_number: int | None
    state: str

    def key(self) -> str:
        return self.station_id


class ReservationNotTold(Event, frozen=True, kw_only=True, gc=False):
    """An order to reserve has found its station offline."""

    station_id: str
    number: int

    def key(self) -> str:
        return self.station_id


# ---- what others must know of a station


class FindConnectorTypes(Ask[dict[str, dict[int, list[str]]]], frozen=True, kw_only=True):
    """The types of connectors of stations: station -> EVSE -> types that it has told; an EVSE that told none is left out."""

    station_ids: tuple[str, ...]


class FindEvsePhases(Ask[dict[str, dict[int, int]]], frozen=True, kw_only=True):
    """By how many phases EVSEs are fed: station -> EVSE -> 1 to 3; one of which nothing is known is left out."""

    station_ids: tuple[str, ...]


class FindEvsePowers(Ask[dict[str, dict[int, float]]], frozen=True, kw_only=True):
    """What EVSEs can deliver at most, in W: station -> EVSE -> power; one of which nothing is known is left out."""

    station_ids: tuple[str, ...]


class FindEnergyOnInvalidId(Ask[dict[str, int]], frozen=True, kw_only=True):
    """How many Wh stations deliver after they have heard that a token is not valid (MaxEnergyOnInvalidId): station -> Wh. One
    that has told nothing of it delivers none, and is left out."""

    station_ids: tuple[str, ...]


class StationSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A station as far as it matters for what it may be sent."""

    station_id: str
    identity: str
    location_id: str | None
    is_online: bool


class FindStationSettings(Ask[StationSettings | None], frozen=True, kw_only=True):
    """A station of an operator by its id or its identity."""

    operator_id: str
    station_id: str | None = None
    identity: str | None = None

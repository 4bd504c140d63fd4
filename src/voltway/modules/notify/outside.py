"""Which events are of interest outside, under which name, and what is told of them: one row for each type.

A new kind of event is one more row here. What names a person or a card stays inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from voltway.contracts.billing import SessionPriced
from voltway.contracts.bookings import BookingChanged
from voltway.contracts.detection import IncidentChanged
from voltway.contracts.holds import TerminalOrderMade
from voltway.contracts.security import CertificateExpiring
from voltway.contracts.sessions import SessionEnded, SessionStarted
from voltway.contracts.stations import CommandChanged, ConnectorStatusChanged, StationChanged
from voltway.contracts.vocabulary import CommandState, ConnectorStatus
from voltway.kernel.bus.event import Event


@dataclass(frozen=True)
class Told:
    """How a type of event is told: `name` for all of them, or `names` by the value of the field `by` (others are not told)."""

    fields: tuple[str, ...]
    name: str = ""
    by: str = ""
    names: Mapping[str, str] = field(default_factory=dict)


_STATION = ("station_id", "station_identity")
_ENDS = (
    CommandState.ACCEPTED,
    CommandState.REJECTED,
    CommandState.FAILED,
    CommandState.TIMED_OUT,
    CommandState.OFFLINE,
)

_OF_INCIDENTS = ("worsened", "acknowledged", "assigned", "closed", "recovered", "reopened")

TOLD: Mapping[type[Event], Told] = {
    SessionStarted: Told(("session_id", *_STATION, "evse_number"), "session.started"),
    SessionEnded: Told(
        ("session_id", *_STATION, "location_id", "evse_number", "started_at", "ended_at", "energy_wh", "review"),
        "session.ended",
    ),
    SessionPriced: Told(("session_id", "station_id", "cdr_id", "cost"), "session.priced"),
    BookingChanged: Told(
        ("booking_id", "location_id", *_STATION, "evse_number", "starts_at", "ends_at", "state"), "booking.changed"
    ),
    TerminalOrderMade: Told(("order_id", "payment_id", "psp_reference", "kind", "amount"), "payment.terminal_order"),
    StationChanged: Told(_STATION, by="what", names={"online": "station.online", "offline": "station.offline"}),
    ConnectorStatusChanged: Told(
        (*_STATION, "evse_number", "connector_number", "wire_status", "error_code", "occurred_at"),
        by="status",
        names={ConnectorStatus.FAULTED.value: "station.faulted"},
    ),
    CommandChanged: Told(
        ("command_id", "station_id", "type", "state", "effect"),
        by="state",
        names=dict.fromkeys(_ENDS, "command.finished"),
    ),
    IncidentChanged: Told(
        ("incident_id", "rule_id", "title", "subject", "severity", "state", "what", "count", *_STATION, "location_id"),
        by="what",
        names={"raised": "incident.raised", "due": "incident.due", **dict.fromkeys(_OF_INCIDENTS, "incident.changed")},
    ),
    CertificateExpiring: Told(
        (*_STATION, "kind", "subject", "serial_number", "not_after", "threshold_days"), "certificate.expiring"
    ),
}

NAMES: tuple[str, ...] = tuple(
    sorted({name for told in TOLD.values() for name in (told.name, *told.names.values()) if name})
)
"""Every public name."""


def name_of(event: Event) -> str | None:
    """The public name of an event; None if it is of no interest outside."""
    told = TOLD[type(event)]
    return told.name or told.names.get(str(getattr(event, told.by)))


def is_for(event: Event, webhook_id: str) -> bool:
    """Whether a webhook may be told: an incident that a policy wants told now goes to those that the policy names."""
    return not isinstance(event, IncidentChanged) or event.what != "due" or webhook_id in event.webhook_ids


def content_of(event: Event) -> dict[str, Any]:
    """What is told of an event: plain values, instants as RFC 3339, decimals as text."""
    return {name: msgspec.to_builtins(getattr(event, name)) for name in TOLD[type(event)].fields}

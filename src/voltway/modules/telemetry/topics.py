"""What is published of each event, and under which topic. Pure.

PREFIX/OPERATOR/STATION/link                    {"is_online", "at"}
PREFIX/OPERATOR/STATION/EVSE/CONNECTOR/status   {"status", "wire_status", "error_code", "at"}
PREFIX/OPERATOR/STATION/EVSE/session            {"session_id", "state", "energy_wh", "power_w", "soc_percent", "at"}

OPERATOR is the operator's slug, STATION the station's identity; what means something in a topic is percent-encoded. EVSE 0 is the
station itself. Neither tokens nor money are here: whoever reads the broker learns what chargers do, not who charges.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote

from voltway.contracts.sessions import SessionEnded, SessionProgressed, SessionStarted
from voltway.contracts.stations import ConnectorStatusChanged, StationChanged
from voltway.contracts.vocabulary import SessionState
from voltway.kernel.bus.event import Event
from voltway.kernel.clock import to_rfc3339

_LINK = {"online": True, "offline": False}


class Telling(NamedTuple):
    """A message: the rest of its topic after the station, and what it says; a value that is None is not known."""

    path: str
    values: dict[str, Any]


def _link(event: StationChanged) -> Telling | None:
    is_online = _LINK.get(event.what)
    return None if is_online is None else Telling("link", {"is_online": is_online})


def _status(event: ConnectorStatusChanged) -> Telling:
    values = {"status": event.status.value, "wire_status": event.wire_status, "error_code": event.error_code}
    return Telling(f"{event.evse_number}/{event.connector_number}/status", values)


def _session(state: SessionState | None = None) -> Callable[[Any], Telling]:
    """How to tell of a session that is in this state now; None: in the state that the event says."""

    def told(event: Any) -> Telling:
        values = {
            "session_id": event.session_id,
            "state": (state or event.state).value,
            "energy_wh": getattr(event, "energy_wh", None),
            "power_w": getattr(event, "power_w", None),
            "soc_percent": getattr(event, "soc_percent", None),
        }
        return Telling(f"{event.evse_number or 0}/session", values)

    return told


TELLING: dict[type[Event], Callable[[Any], Telling | None]] = {
    StationChanged: _link,
    ConnectorStatusChanged: _status,
    SessionStarted: _session(SessionState.ACTIVE),
    SessionProgressed: _session(),
    SessionEnded: _session(SessionState.ENDED),
}


def message_of(event: Any, prefix: str, operator_slug: str) -> tuple[str, dict[str, Any]] | None:
    """(topic, what it says) of an event; None: it is nobody's business."""
    found = TELLING[type(event)](event)
    if found is None:
        return None
    names = "/".join(quote(name, safe="") for name in (operator_slug, event.station_identity))
    return f"{prefix}/{names}/{found.path}", {**found.values, "at": to_rfc3339(event.at)}

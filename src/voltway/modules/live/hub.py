"""Who is watching, and what they are told.

Events are folded: between two sendings only the latest of each object is kept, so that a busy network costs a browser no more
than a quiet one. Nobody watching: nothing is done at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from math import inf
from typing import Any

from voltway.contracts.billing import SessionPriced
from voltway.contracts.detection import IncidentChanged
from voltway.contracts.security import SecurityEventRecorded
from voltway.contracts.sessions import SessionEnded, SessionProgressed, SessionStarted, SessionUnplugged
from voltway.contracts.station_link import MessagesLogged
from voltway.contracts.stations import CommandChanged, ConnectorStatusChanged, StationChanged
from voltway.kernel.bus.event import Event
from voltway.kernel.bus.events import Events
from voltway.kernel.clock import to_rfc3339
from voltway.kernel.json import to_json

FOLD_S = 0.25
KEEP_ALIVE_S = 15.0
WAITING_MAX = 200

Told = tuple[str, str | None, dict[str, Any]]
"""(name of the server-sent event, station it is about, data)"""


def _station(event: StationChanged) -> Told:
    data = {"id": event.station_id, "station_identity": event.station_identity, "what": event.what}
    return "station.changed", event.station_id, data


def _connector(event: ConnectorStatusChanged) -> Told:
    data = {
        "id": event.station_id,
        "station_identity": event.station_identity,
        "what": "status",
        "evse_number": event.evse_number,
        "connector_number": event.connector_number,
        "status": event.status.value,
        "wire_status": event.wire_status,
    }
    return "station.changed", event.station_id, data


def _session(state: str | None = None, *, what: str | None = None) -> Callable[[Any], Told]:
    """How to tell of a session that is in this state now; None: in the state that the event says. `what` has happened,
    if it is more than that the figures have moved."""

    def told(event: Any) -> Told:
        data = {
            "id": event.session_id,
            "station_id": event.station_id,
            "station_identity": getattr(event, "station_identity", None),
            "what": what,
            "state": state or event.state.value,
            "energy_wh": getattr(event, "energy_wh", None),
            "power_w": getattr(event, "power_w", None),
            "soc_percent": getattr(event, "soc_percent", None),
        }
        return "session.changed", event.station_id, data

    return told


def _priced(event: SessionPriced) -> Told:
    cost = {"minor": event.cost.incl_vat.minor, "currency": event.cost.incl_vat.currency}
    data = {"id": event.session_id, "station_id": event.station_id, "what": "priced", "state": "ended", "cost": cost}
    return "session.changed", event.station_id, data


def _command(event: CommandChanged) -> Told:
    data = {
        "id": event.command_id,
        "station_id": event.station_id,
        "type": event.type,
        "state": event.state.value,
        "effect": event.effect,
    }
    return "command.changed", event.station_id, data


def _messages(event: MessagesLogged) -> Told:
    return "message.logged", event.station_id, {"id": event.station_id}


def _security_event(event: SecurityEventRecorded) -> Told:
    data = {"id": event.security_event_id, "station_id": event.station_id, "station_identity": event.station_identity}
    return "security_event.recorded", event.station_id, data | {"type": event.type, "severity": event.severity}


def _incident(event: IncidentChanged) -> Told:
    data = {
        "id": event.incident_id,
        "station_id": event.station_id,
        "station_identity": event.station_identity,
        "what": event.what,
        "rule_id": event.rule_id,
        "title": event.title,
        "subject": event.subject,
        "severity": event.severity.value,
        "state": event.state.value,
        "count": event.count,
    }
    is_raised = event.what in ("raised", "reopened", "worsened")
    return "alert.raised" if is_raised else "alert.changed", event.station_id, data


TELLING: dict[type[Event], Callable[[Any], Told]] = {
    StationChanged: _station,
    ConnectorStatusChanged: _connector,
    SessionStarted: _session("active", what="started"),
    SessionProgressed: _session(),
    SessionEnded: _session("ended", what="ended"),
    SessionUnplugged: _session("ended"),
    SessionPriced: _priced,
    CommandChanged: _command,
    MessagesLogged: _messages,
    SecurityEventRecorded: _security_event,
    IncidentChanged: _incident,
}
"""What a browser is told of each event; the rest is not its business."""


class Watcher:
    """One open page."""

    def __init__(self, operator_id: str, station_ids: frozenset[str] | None) -> None:
        self.operator_id = operator_id
        self.station_ids = station_ids
        self._waiting: asyncio.Queue[str | None] = asyncio.Queue(WAITING_MAX)

    def may_see(self, station_id: str | None) -> bool:
        """Whether the page may hear of this station."""
        return self.station_ids is None or station_id in self.station_ids

    def tell(self, text: str) -> None:
        """Send later; a page that does not keep up loses what waits and is told to read everything anew."""
        try:
            self._waiting.put_nowait(text)
        except asyncio.QueueFull:
            while not self._waiting.empty():
                self._waiting.get_nowait()
            self._waiting.put_nowait(_text("refresh", {}))

    def end(self) -> None:
        """Close the stream: the process stops."""
        while not self._waiting.empty():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def stream(self, pause_s: float = inf) -> AsyncIterator[str]:
        """The text of the event stream; a comment after each pause in which nothing happens."""
        yield "retry: 2000\n: connected\n\n"
        while True:
            try:
                async with asyncio.timeout(min(pause_s, KEEP_ALIVE_S)):
                    text = await self._waiting.get()
            except TimeoutError:
                text = ": keep-alive\n\n"
            if text is None:
                return
            yield text


class Hub:
    """All open pages of this process."""

    def __init__(self) -> None:
        self._watchers: set[Watcher] = set()
        self._folded: dict[tuple[str, str, str, object], tuple[str | None, dict[str, Any]]] = {}
        self._stop_hearing: Callable[[], None] | None = None
        self._flushing: asyncio.TimerHandle | None = None

    @property
    def watching(self) -> int:
        """How many pages are open."""
        return len(self._watchers)

    def add(self, watcher: Watcher, events: Events) -> None:
        """A page opened."""
        self._watchers.add(watcher)
        if self._stop_hearing is None:
            self._stop_hearing = events.hear(self._hear, tuple(TELLING))

    def remove(self, watcher: Watcher) -> None:
        """A page closed; with the last one the hub stops listening."""
        self._watchers.discard(watcher)
        if not self._watchers and self._stop_hearing is not None:
            self._stop_hearing()
            self._stop_hearing = None
            self._folded.clear()

    def close(self) -> None:
        """End every stream."""
        for watcher in self._watchers:
            watcher.end()

    def _hear(self, event: Event) -> None:
        telling = TELLING.get(type(event))
        if telling is None:
            return
        name, station_id, data = telling(event)
        data["at"] = to_rfc3339(event.at)
        # A connector is an object of its own: two of one station must not fold into one.
        key = (event.operator_id, name, data["id"], (data.get("evse_number"), data.get("connector_number")))
        before = self._folded.pop(key, (None, {}))[1]
        self._folded[key] = (station_id, {**before, **{k: v for k, v in data.items() if v is not None}})
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().call_later(FOLD_S, self._flush)

    def _flush(self) -> None:
        self._flushing = None
        folded, self._folded = self._folded, {}
        for (operator_id, name, _, _), (station_id, data) in folded.items():
            text = _text(name, data)
            for watcher in self._watchers:
                if watcher.operator_id == operator_id and watcher.may_see(station_id):
                    watcher.tell(text)


def _text(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {to_json(data)}\n\n"

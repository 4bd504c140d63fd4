"""What EVSEs do, where the protocol says it in transactions (2.x) and not with the status.

Heard from the sessions module's events and written once a second for all EVSEs together, and only where it has changed. A
change that is lost with the process is made up for by the next report; a connector that is free ends it in any case.
"""

from __future__ import annotations

from voltway.contracts.sessions import ChargingStateTold, SessionEnded
from voltway.kernel.bus.event import Event
from voltway.kernel.runtime import Runtime
from voltway.modules.stations.store import reports as store

Evse = tuple[str, int]
"""Station id and EVSE number."""


class ChargingStates:
    """What was heard last (Runtime.state)."""

    def __init__(self) -> None:
        self._known: dict[Evse, tuple[str, str]] = {}
        """The session at each EVSE and its charging state, as long as it goes on."""
        self._unwritten: dict[Evse, str | None] = {}

    def hear(self, event: Event) -> None:
        """Take an event in."""
        if isinstance(event, ChargingStateTold):
            evse, now = (event.station_id, event.evse_number), (event.session_id, event.charging_state)
            if self._known.get(evse) != now:
                self._known[evse] = now
                self._unwritten[evse] = event.charging_state
        elif isinstance(event, SessionEnded) and event.evse_number is not None:
            evse = (event.station_id, event.evse_number)
            if self._known.get(evse, ("", ""))[0] == event.session_id:
                del self._known[evse]
                self._unwritten[evse] = None

    def take(self) -> list[tuple[str, int, str | None]]:
        """What is to be written: (station id, EVSE number, charging state)."""
        taken, self._unwritten = self._unwritten, {}
        return [(station_id, evse_number, state) for (station_id, evse_number), state in taken.items()]


async def write(runtime: Runtime) -> None:
    """A job: store what has changed."""
    changed = runtime.state(ChargingStates).take()
    if changed:
        async with runtime.database.begin() as tx:
            await store.set_charging_states(tx, changed)

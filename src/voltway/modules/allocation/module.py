"""Allocation: how much of a location's connection each car may have, and charging profiles that are kept to be applied.

Owns: limits of locations, the stations that have accepted the default profiles of such a limit, a claim per running session
with what is reserved for it, templates of charging profiles.

A station at a location with a limit is given two profiles when it has first booted: its maximum is the location's limit, and a
session without a share gets nothing. So a share dies with its transaction, and nobody starts by himself while the station is
offline. A share is a TxProfile. The job `share` tells less before it tells more, and counts whoever does not answer with the
most that he may have: the sum of what stations have accepted never exceeds the limit.

A limit in W counts the phases: those that feed the EVSE, or those that its car uses by what is measured (the job `phases`).

The job `compare` holds what cars take against their shares, for the rule D28 (comparing.py).

What the meter of a location's feeder reads comes by REST, for the rule D27 (feeding.py).

Asks: `FindStations`, `FindEvsePhases`, `LocationExists`, `DescribeLocations`, `SendCommand` of stations, `FindPhasesInUse`, `FindDraws`,
`FindRunningSessions` of sessions. Listens to:
`SessionStarted`, `SessionEnded`, `StationChanged`, `LinkOpened`; hears `ChargingStateTold` and `ConnectorStatusChanged` (cars that
take nothing). Publishes: `Noticed`.
"""

from voltway.contracts.sessions import ChargingStateTold, SessionEnded, SessionStarted
from voltway.contracts.station_link import LinkOpened
from voltway.contracts.stations import ConnectorStatusChanged, StationChanged
from voltway.kernel.module import Job, Manifest
from voltway.kernel.runtime import Runtime
from voltway.modules.allocation import api, handlers, sharing


async def _start(runtime: Runtime) -> None:
    runtime.events.hear(runtime.state(sharing.Cars).hear, (ChargingStateTold, ConnectorStatusChanged))


MANIFEST = Manifest(
    name="allocation",
    listens={
        SessionStarted: handlers.on_session_started,
        SessionEnded: handlers.on_session_ended,
        StationChanged: handlers.on_station_changed,
        LinkOpened: handlers.on_link_opened,
    },
    routes=lambda: (api.router,),
    jobs=(Job("share", 1.0, sharing.share_due), Job("phases", 5.0, sharing.look_at_phases, everywhere=True)),
    start=_start,
)

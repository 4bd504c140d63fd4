"""Detection: what looks wrong, and who looks after it.

Owns: the rules (rules_table.py: data, with thresholds that operators may move), the engine that is fed with signals, incidents
with their timelines, notification policies, when stations were last charged at.

Listens to: `Noticed` (what modules and the kernel meet beside their facts: refused handshakes, takeovers, broken messages),
`StationChanged`, `LinkOpened`, `ConnectorStatusChanged`, `CommandChanged`, `SecurityEventRecorded`, `SessionStarted`,
`SessionEnded`, `SessionDoubted`, `ActDone`. translating.py says what each means. Asks: `ListCredentials`, `FindStations`
(where stations stand), `FindReadingDigests`, `FindChargeStates`, `FindBatterySizes`.

Publishes: `IncidentChanged` (also for webhooks that a policy names), `MailWanted`. Jobs let time pass, look at listeners and
idle stations, and tell people what is due.

A signal's way: event -> translating.py -> engine.py (checks.py) -> findings -> service.py -> incident, timeline, notices.
"""

from voltway.contracts.detection import IncidentChanged
from voltway.contracts.notify import MailWanted
from voltway.contracts.sessions import SessionEnded
from voltway.contracts.stations import StationChanged
from voltway.contracts.timeline import TellIncidents
from voltway.kernel.module import Job, Manifest
from voltway.kernel.runtime import Runtime
from voltway.modules.detection import api, handlers, notifying, policy_api, sampling, telling
from voltway.modules.detection.settings import DetectionSettings
from voltway.modules.detection.translating import TRANSLATIONS
from voltway.modules.detection.watching import Places, Watch


async def _start(runtime: Runtime) -> None:
    await runtime.state(Places).load(runtime)
    await runtime.state(Watch).ready(runtime)


MANIFEST = Manifest(
    name="detection",
    settings=DetectionSettings,
    answers={TellIncidents: telling.tell_incidents},
    listens={
        **dict.fromkeys(TRANSLATIONS, handlers.on_events),
        StationChanged: handlers.on_station_changed,
        SessionEnded: handlers.on_session_ended,
    },
    publishes=(IncidentChanged, MailWanted),
    routes=lambda: (api.router, policy_api.router),
    jobs=(
        Job("come_round", 5.0, sampling.come_round, everywhere=True),
        Job("tell_due", 2.0, notifying.tell_due),
        Job("learn_places", 2.0, sampling.learn_places, everywhere=True),
        Job("compare_readings", 5.0, sampling.compare_readings, everywhere=True),
        Job("retune", 60.0, sampling.retune, everywhere=True),
        Job("find_idle_stations", 3600.0, sampling.find_idle_stations, everywhere=True),
    ),
    start=_start,
)

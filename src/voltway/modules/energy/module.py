"""Energy: what stations may draw, and what cars want.

Owns: the charging profiles that stations have (accepted from us, or reported: a report replaces what was believed of what was
asked for), limits from outside with their history, the needs of cars with the plans made for them, how cars mean to charge,
priority charging.

Records (batches): `ReportProfiles`, `ReportProfileSet`, `ReportProfilesCleared`, `ReportChargingLimit`,
`ReportChargingLimitCleared`, `ReportChargingNeeds` (answered by `NeedsReceipt`), `ReportCarSchedule` (answered by
`CarScheduleReceipt`), `ReportScheduleUpdated`, `ReportSchedulePull` (answered by `ScheduleValues`), `ReportPriorityCharging`.

A car's needs make a plan due: the job `plans` makes a TxProfile of what the car can take and all that limits its EVSE, and sends
it (K15). Another limit, or a car that wants too much, makes it due again (K16, K17).

Answers: `FindBatterySizes`.

Asks: `FindRunningSessions`, `AuthorizeTokens` (in which ways a driver's car may transfer energy), `SendCommand`,
`FindStations`. Listens to: `SessionEnded`, `SessionUnplugged`. Publishes nothing.
"""

from voltway.contracts.energy import (
    FindBatterySizes,
    ReportCarSchedule,
    ReportChargingLimit,
    ReportChargingLimitCleared,
    ReportChargingNeeds,
    ReportPriorityCharging,
    ReportProfiles,
    ReportProfilesCleared,
    ReportProfileSet,
    ReportSchedulePull,
    ReportScheduleUpdated,
)
from voltway.contracts.sessions import SessionEnded, SessionUnplugged
from voltway.contracts.station_link import ReportNotRecorded
from voltway.kernel.module import Job, Manifest
from voltway.modules.energy import api, handlers, planning
from voltway.modules.energy.settings import EnergySettings

MANIFEST = Manifest(
    name="energy",
    settings=EnergySettings,
    publishes=(ReportNotRecorded,),
    batches={
        ReportProfiles: handlers.ProfilesHandler,
        ReportProfileSet: handlers.ProfileSetHandler,
        ReportProfilesCleared: handlers.ProfilesClearedHandler,
        ReportChargingLimit: handlers.LimitHandler,
        ReportChargingLimitCleared: handlers.LimitClearedHandler,
        ReportChargingNeeds: handlers.NeedsHandler,
        ReportCarSchedule: handlers.CarScheduleHandler,
        ReportScheduleUpdated: handlers.ScheduleUpdatedHandler,
        ReportSchedulePull: handlers.SchedulePullHandler,
        ReportPriorityCharging: handlers.PriorityHandler,
    },
    answers={FindBatterySizes: handlers.find_battery_sizes},
    listens={SessionEnded: handlers.on_session_ended, SessionUnplugged: handlers.on_session_unplugged},
    routes=lambda: (api.router,),
    jobs=(Job("plans", 1.0, planning.send_due), Job("forget_history", 3600.0, handlers.forget_history)),
)

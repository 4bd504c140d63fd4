"""Grid: what only OCPP 2.1 stations tell beside charging. DER control and its alarms, battery swaps, periodic event streams.

Owns: the DER controls of stations with when they act, DER alarms, the steps of battery swaps, event streams and their values.

Records (batches): `ReportDerControls`, `ReportDerCleared`, `ReportDerSwitch`, `ReportDerAlarm`, `ReportBatterySwap` (the token
is judged, and the verdict kept), `ReportStreams` (answered by `StreamsReceipt`: a station has room for so many),
`ReportStreamValues` (in bulk, kept for some days), `ReportStreamClosed`.

Asks: `AuthorizeTokens`, `FindStations`. Listens to nothing, publishes nothing.
"""

from voltway.contracts.grid import (
    ReportBatterySwap,
    ReportDerAlarm,
    ReportDerCleared,
    ReportDerControls,
    ReportDerSwitch,
    ReportStreamClosed,
    ReportStreams,
    ReportStreamValues,
)
from voltway.contracts.station_link import ReportNotRecorded
from voltway.kernel.module import Job, Manifest
from voltway.modules.grid import api, handlers
from voltway.modules.grid.settings import GridSettings

MANIFEST = Manifest(
    name="grid",
    settings=GridSettings,
    publishes=(ReportNotRecorded,),
    batches={
        ReportDerControls: handlers.DerControlsHandler,
        ReportDerCleared: handlers.DerClearedHandler,
        ReportDerSwitch: handlers.DerSwitchHandler,
        ReportDerAlarm: handlers.DerAlarmHandler,
        ReportBatterySwap: handlers.BatterySwapHandler,
        ReportStreams: handlers.StreamsHandler,
        ReportStreamValues: handlers.StreamValuesHandler,
        ReportStreamClosed: handlers.StreamClosedHandler,
    },
    routes=lambda: (api.router,),
    jobs=(Job("forget_stream_values", 600.0, handlers.forget_values),),
)

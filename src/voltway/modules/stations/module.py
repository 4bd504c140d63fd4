"""Stations: where chargers stand, what they are, how they are, and what is ordered of them.

Owns: locations; charging stations with their EVSEs and connectors, the history of their statuses, their settings
(configuration keys and device-model variables), monitors, events, display messages and vendors' own messages, and their credentials (of a password a keyed hash); commands.

Records (batches): `ReportLink` (online or not; epochs order the links), `ReportBoot` (who it is; answered by `BootReceipt`),
`ReportStatus`, `ReportVariables`, `ReportMonitors`, `ReportEvents`, `ReportDisplayMessages`, `ReportDataTransfer`. A report that cannot be recorded is kept in `stations_quarantine`.

Answers: `ListCredentials`, `FindCredential`, `AdmitStation`, `ProveCredential` for the gateway's handshake, `EnrolStation` for
registration tokens; `StationsSeen`, `NodesGone` from the gateway; `FindStations`, `FindStationSettings`, `FindConnectorTypes`, `DescribeStation`,
`LocationExists`, `SummarizeStations`; `SendCommand`, `FindTariffAbility`. Asks: `CheckCommand`, `ExecuteCommand` of the gateway,
`FindSession` of sessions, `FindTariff` of billing, `PlanLocalList` of users, `ClaimReservation` and `FindReservation` of
reservations.

Listens to: `SessionStarted`, `SessionEnded`, `LinkOpened`, `StationChanged` for what follows from commands,
`SessionResumed` to set its profiles again; hears
`ChargingStateTold` for what EVSEs do. Publishes: `StationChanged`, `ConnectorStatusChanged`, `CredentialChanged`,
`LinkOpened`, `LinkClosed`, `CommandChanged`, `StationEventsRecorded`.

A command is a record: `pending`, `sent`, then one of `accepted`, `rejected`, `failed`, `timed_out`, `offline`. Its `effect` may
come later than the station's answer: `done` when the session began or ended or the station booted, `no_session` when an
accepted start led to none in time. One whose process died ends as `timed_out` and is never sent again by itself.
"""

from voltway.contracts.access import FindConnectorTypes, FindStationSettings
from voltway.contracts.device_model import ReportDataTransfer, ReportDisplayMessages, ReportEvents, ReportMonitors
from voltway.contracts.payments import FindTariffAbility
from voltway.contracts.security import EnrolStation
from voltway.contracts.sessions import ChargingStateTold, SessionEnded, SessionResumed, SessionStarted
from voltway.contracts.station_link import (
    AdmitStation,
    CredentialChanged,
    FindCredential,
    LinkClosed,
    LinkOpened,
    ListCredentials,
    ProveCredential,
    ReportBoot,
    ReportLink,
    ReportStatus,
    ReportVariables,
)
from voltway.contracts.stations import (
    AcceptStation,
    CheckOrder,
    CommandChanged,
    ConnectorStatusChanged,
    DescribeStation,
    FindStations,
    LocationExists,
    NodesGone,
    ReadVariables,
    SendCommand,
    StationChanged,
    StationEventsRecorded,
    StationsSeen,
    SummarizeStations,
)
from voltway.kernel.module import Job, Manifest
from voltway.kernel.runtime import Runtime
from voltway.modules.stations import access, charging_states, execution, resuming
from voltway.modules.stations.api import commands, locations, stations
from voltway.modules.stations.api import device_model as device_model_api
from voltway.modules.stations.charging_states import ChargingStates
from voltway.modules.stations.handlers import answers, device_model, effects, reports, tariffs
from voltway.modules.stations.settings import StationsSettings


async def _start(runtime: Runtime) -> None:
    runtime.events.hear(runtime.state(ChargingStates).hear, (ChargingStateTold, SessionEnded))
    await execution.give_up(runtime)


async def _stop(runtime: Runtime) -> None:
    await execution.finish_all(runtime)
    await charging_states.write(runtime)


MANIFEST = Manifest(
    name="stations",
    settings=StationsSettings,
    answers={
        ListCredentials: answers.list_credentials,
        FindCredential: answers.find_credential,
        AdmitStation: answers.admit_station,
        EnrolStation: answers.enrol_station,
        ProveCredential: answers.prove_credential,
        StationsSeen: answers.stations_seen,
        NodesGone: answers.nodes_gone,
        DescribeStation: answers.describe_station,
        FindStations: answers.find_stations,
        LocationExists: answers.location_exists,
        SummarizeStations: answers.summarize_stations,
        SendCommand: answers.send_command,
        CheckOrder: answers.check_order,
        AcceptStation: answers.accept_station,
        ReadVariables: access.read_variables,
        FindStationSettings: access.find_station_settings,
        FindConnectorTypes: access.find_connector_types,
        FindTariffAbility: tariffs.find_tariff_ability,
    },
    batches={
        ReportLink: reports.LinkHandler,
        ReportBoot: reports.BootHandler,
        ReportStatus: reports.StatusHandler,
        ReportVariables: reports.VariablesHandler,
        ReportMonitors: device_model.MonitorsHandler,
        ReportEvents: device_model.EventsHandler,
        ReportDisplayMessages: device_model.DisplayMessagesHandler,
        ReportDataTransfer: device_model.DataTransferHandler,
    },
    listens={
        SessionStarted: effects.on_session_started,
        SessionEnded: effects.on_session_ended,
        LinkOpened: effects.on_link_opened,
        StationChanged: effects.on_station_changed,
        SessionResumed: resuming.on_session_resumed,
    },
    publishes=(
        StationChanged,
        ConnectorStatusChanged,
        CredentialChanged,
        LinkOpened,
        LinkClosed,
        CommandChanged,
        StationEventsRecorded,
    ),
    routes=lambda: (locations.router, stations.router, commands.router, device_model_api.router),
    jobs=(
        Job("commands", 5.0, execution.give_up),
        Job("charging_states", 1.0, charging_states.write),
    ),
    start=_start,
    stop=_stop,
)

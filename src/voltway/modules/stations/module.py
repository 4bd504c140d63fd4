"""Stations: where chargers stand, what they are, how they are, and what is ordered of them.

Owns: locations; charging stations with their EVSEs and connectors, the history of their statuses, their settings
(configuration keys and device-model variables), monitors, events, display messages and vendors' own messages, and their credentials (of a password a keyed hash); commands.

Records (batches): `ReportLink` (online or not; epochs order the links), `ReportBoot` (who it is; answered by `BootReceipt`),
`ReportStatus`, `ReportVariables`, `ReportMonitors`, `ReportEvents`, `ReportDisplayMessages`, `ReportDataTransfer`. A report that cannot be recorded is kept in `stations_quarantine`.

Answers: `ListCredentials`, `FindCredential`, `AdmitStation`, `ProveCredential` for the gateway's handshake, `EnrolStation` for
registration tokens; `StationsSeen`, `NodesGone` from the gateway; `FindStations`, `FindStationSettings`, `FindConnectorTypes`,
`FindEvsePhases`, `FindEvsePowers`, `FindEvses`, `FindConnectorWords`, `TellStatuses` and `TellCommands` (for a station's timeline), `FindEnergyOnInvalidId`, `DescribeStation`, `DescribeLocation`,
`DescribeLocations`, `FindLocationCountries`, `LocationExists`, `KnownLocations`, `FindLocationName`, `FindTimeZones`,
`SummarizeStations`, `ListPublished`; `SendCommand`, `FindTariffAbility`. Asks: `CheckCommand`, `FindUnsayable`, `ExecuteCommand` of the gateway,
`FindSession` of sessions, `FindTariff` of billing, `PlanLocalList` of users, `ClaimReservation` and `FindReservation` of
reservations.

Listens to: `SessionStarted`, `SessionEnded`, `LinkOpened`, `StationChanged` for what follows from commands,
`SessionResumed` to set its profiles again; hears
`ChargingStateTold` for what EVSEs do. Publishes: `StationChanged`, `ConnectorStatusChanged`, `CredentialChanged`,
`LinkOpened`, `LinkClosed`, `CommandChanged`, `StationEventsRecorded`, `LocationChanged`.

A command is a record: `pending`, `sent`, then one of `accepted`, `rejected`, `failed`, `timed_out`, `offline`. Its `effect` may
come later than the station's answer: `done` when the session began or ended or the station booted, `no_session` when an
accepted start led to none in time. One whose process died ends as `timed_out` and is never sent again by itself.
"""

from voltway.contracts.access import (
    FindConnectorTypes,
    FindEnergyOnInvalidId,
    FindEvsePhases,
    FindEvsePowers,
    FindStationSettings,
    ReservationNotTold,
)
from voltway.contracts.desk import SearchStations
from voltway.contracts.device_model import ReportDataTransfer, ReportDisplayMessages, ReportEvents, ReportMonitors
from voltway.contracts.directory import ListPublished, LocationChanged
from voltway.contracts.files import FileOrderEnded
from voltway.contracts.ledger import FindLocationCountries
from voltway.contracts.payments import FindTariffAbility
from voltway.contracts.security import EnrolStation
from voltway.contracts.sessions import ChargingStateTold, SessionEnded, SessionResumed, SessionStarted
from voltway.contracts.station_link import (
    AdmitStation,
    CredentialChanged,
    FindCredential,
    FindLink,
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
    DescribeLocation,
    DescribeLocations,
    DescribeStation,
    FindConnectorWords,
    FindEvses,
    FindLocationName,
    FindStations,
    FindTimeZones,
    KnownLocations,
    LocationExists,
    NodesGone,
    ReadVariables,
    SendCommand,
    StationChanged,
    StationEventsRecorded,
    StationsSeen,
    SummarizeStations,
)
from voltway.contracts.timeline import TellCommands, TellStatuses
from voltway.kernel.module import Job, Manifest
from voltway.kernel.runtime import Runtime
from voltway.modules.stations import (
    access,
    charging_states,
    execution,
    publishing,
    resuming,
    searching,
    telling,
    tending,
)
from voltway.modules.stations.api import commands, locations, mapping, stations
from voltway.modules.stations.api import device_model as device_model_api
from voltway.modules.stations.charging_states import ChargingStates
from voltway.modules.stations.handlers import answers, device_model, effects, evses, reports, tariffs
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
        ListPublished: publishing.list_published,
        FindCredential: answers.find_credential,
        FindLink: answers.find_link,
        AdmitStation: answers.admit_station,
        EnrolStation: answers.enrol_station,
        ProveCredential: answers.prove_credential,
        StationsSeen: answers.stations_seen,
        NodesGone: answers.nodes_gone,
        DescribeStation: answers.describe_station,
        FindStations: answers.find_stations,
        KnownLocations: answers.known_locations,
        LocationExists: answers.location_exists,
        FindTimeZones: answers.find_time_zones,
        DescribeLocations: answers.describe_locations,
        FindEvses: evses.find_evses,
        FindConnectorWords: evses.find_connector_words,
        FindLocationName: answers.find_location_name,
        DescribeLocation: answers.describe_location,
        FindLocationCountries: answers.find_location_countries,
        SummarizeStations: answers.summarize_stations,
        SendCommand: answers.send_command,
        CheckOrder: answers.check_order,
        AcceptStation: answers.accept_station,
        ReadVariables: access.read_variables,
        SearchStations: searching.search_stations,
        TellStatuses: telling.tell_statuses,
        TellCommands: telling.tell_commands,
        FindStationSettings: access.find_station_settings,
        FindConnectorTypes: access.find_connector_types,
        FindEnergyOnInvalidId: access.find_energy_on_invalid_id,
        FindEvsePowers: access.find_evse_powers,
        FindEvsePhases: access.find_evse_phases,
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
        LocationChanged,
        FileOrderEnded,
        ReservationNotTold,
    ),
    routes=lambda: (locations.router, mapping.router, stations.router, commands.router, device_model_api.router),
    jobs=(
        Job("commands", 5.0, execution.give_up),
        Job("charging_states", 1.0, charging_states.write, everywhere=True),
        Job("tending", 60.0, tending.tend),
        Job("forget_history", 3600.0, tending.forget_history),
    ),
    start=_start,
    stop=_stop,
)

"""Directory: where one can charge, for everybody: what operators publish of their locations, and how it stands there.

Owns nothing that must last: the locations are those of the module stations, how charging goes at an EVSE is what the sessions
say. Both are kept in memory (index.py), all of it read at the start, a few hundred locations at a time, and what has changed
within a second of the change, tariffs likewise; how charging goes is read anew for each station every few minutes.

Answers people: `GET /public/locations`, the map with `/public/places` (gazetteer.py, and a geocoder if one is set) and, in plain HTML
that needs no script, `/places`; staff who print the codes of a station (codes_api.py); and `FindPublicPoint`: which EVSE a printed code
names. Asks: `ListPublished`, `SummarizeCharges`, `FindTariffs`, `FindPublicQueues`, `FindStations`. Listens to: `LocationChanged`, `StationChanged`,
`ConnectorStatusChanged`, `TariffsAssigned`.
Publishes nothing.
"""

from voltway.contracts.billing import TariffsAssigned
from voltway.contracts.directory import FindPublicPoint, LocationChanged
from voltway.contracts.stations import ConnectorStatusChanged, StationChanged
from voltway.kernel.module import Job, Manifest
from voltway.modules.directory import api, codes_api, handlers, map_api, pages
from voltway.modules.directory.settings import DirectorySettings

MANIFEST = Manifest(
    name="directory",
    settings=DirectorySettings,
    answers={FindPublicPoint: handlers.find_public_point},
    listens={
        LocationChanged: handlers.on_location_changed,
        StationChanged: handlers.on_station_changed,
        ConnectorStatusChanged: handlers.on_station_changed,
        TariffsAssigned: handlers.on_tariffs_assigned,
    },
    routes=lambda: (api.router, map_api.router, codes_api.router),
    device_routes=lambda: (pages.router,),
    page_sources=map_api.origins,
    jobs=(
        Job("directory", every_s=1, run=handlers.keep_in_step, everywhere=True),
        Job("directory_prices", every_s=1, run=handlers.look_up_prices, everywhere=True),
        Job("directory_charges", every_s=1, run=handlers.count_charges, everywhere=True),
    ),
)

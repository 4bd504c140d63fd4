"""Desk: what people who help drivers work with. Tickets with their notes, and one search over everything.

Owns: tickets (what somebody has reported, about a station, a session, a driver), the notes on them, and photos. Drivers report without
an account (`/problem-reports`), and follow how it stands by a key of their own.
Asks: `FindPublicPoint`, `ListPublished` for where a driver stands; `FindStations`, `FindSession` for what a ticket is about; `SearchStations`, `SearchSessions`, `SearchTokens`, `SearchDrivers`, each
only if the caller may read such things. Listens to: `AccountErased` (a ticket then knows nobody). Publishes acts for the audit log.
"""

from voltway.contracts.accounts import AccountErased
from voltway.kernel.module import Job, Manifest
from voltway.modules.desk import api, handlers, report_api, search_api

MANIFEST = Manifest(
    name="desk",
    listens={AccountErased: handlers.on_account_erased},
    routes=lambda: (api.router, report_api.router, search_api.router),
    jobs=(Job("forget_photos", 3600.0, handlers.forget_photos),),
)

"""Users: who may charge. Tokens only, until accounts of drivers come.

Owns: id tokens; how an operator's tokens are judged; the stations' local authorisation lists, as they should be and as they
are. Records (batch): `ReportLocalList`, `ReportCustomerCleared`. Answers: `AuthorizeTokens`, `PlanLocalList`. Asks:
`FindStationSettings`, `FindConnectorTypes`, `SendCommand` of stations, `FindTokenSessions` of sessions. Listens to:
`LinkOpened`, `StationChanged` (a list is due), `SessionPriced` (a prepaid token pays). Publishes nothing.

A change of a token makes the operator's lists due after a short time; a job sends what is different to the stations that are
online, the others get it when they are back.
"""

from voltway.contracts.access import PlanLocalList, ReportCustomerCleared, ReportLocalList
from voltway.contracts.billing import SessionPriced
from voltway.contracts.station_link import LinkOpened
from voltway.contracts.stations import StationChanged
from voltway.contracts.users import AuthorizeTokens
from voltway.kernel.module import Job, Manifest
from voltway.modules.users import api, handlers, local_lists
from voltway.modules.users.settings import UsersSettings

MANIFEST = Manifest(
    name="users",
    settings=UsersSettings,
    answers={AuthorizeTokens: handlers.authorize_tokens, PlanLocalList: local_lists.plan},
    batches={ReportLocalList: local_lists.LocalListHandler, ReportCustomerCleared: local_lists.CustomerClearedHandler},
    listens={
        LinkOpened: local_lists.on_link_opened,
        StationChanged: local_lists.on_station_changed,
        SessionPriced: handlers.on_session_priced,
    },
    routes=lambda: (api.router,),
    jobs=(
        Job("local_lists", 1.0, local_lists.keep_in_step),
        Job("deauthorized", 2.0, handlers.stop_deauthorized),
    ),
)

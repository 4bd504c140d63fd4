"""Users: who may charge.

Owns: id tokens, and which driver's they are; activation codes of cards; quotas, and what sessions took of them; how an
operator's tokens are judged; the stations' local authorisation lists, as they should be and as they are. Records (batch):
`ReportLocalList`, `ReportCustomerCleared`. Answers: `AuthorizeTokens`, `PlanLocalList`, `FindPersonalTokens`,
`FindTokenHolders`, `DescribeTokens`, `FindDriverToken`. Asks:
`FindStationSettings`, `FindConnectorTypes`, `FindLocationName`, `SendCommand` of stations, `FindTokenSessions` of sessions, `FindLimitedFleets`, `FindFleetLeft` of fleets.
Listens to: `LinkOpened`, `StationChanged` (a list is due), `SessionEnded`, `SessionPriced` (a quota is used, a prepaid token
pays), `AccountErased` (a person's tokens are blocked and nobody's). Publishes `MailWanted` (a car is at a new place), and acts
for the audit log.

A change of a token makes the operator's lists due after a short time; a job sends what is different to the stations that are
online, the others get it when they are back.
"""

from voltway.contracts.access import PlanLocalList, ReportCustomerCleared, ReportLocalList
from voltway.contracts.accounts import AccountErased, FindPersonalTokens
from voltway.contracts.billing import SessionPriced
from voltway.contracts.desk import SearchTokens
from voltway.contracts.notify import MailWanted
from voltway.contracts.sessions import SessionEnded
from voltway.contracts.station_link import LinkOpened, ReportNotRecorded
from voltway.contracts.stations import StationChanged
from voltway.contracts.users import AuthorizeTokens, DescribeTokens, FindDriverToken, FindTokenHolders
from voltway.kernel.module import Job, Manifest
from voltway.modules.users import (
    api,
    csv_api,
    driver_api,
    handlers,
    judging,
    local_lists,
    people,
    quota_api,
    quotas,
    searching,
)
from voltway.modules.users.settings import UsersSettings

MANIFEST = Manifest(
    name="users",
    settings=UsersSettings,
    answers={
        AuthorizeTokens: judging.authorize_tokens,
        FindPersonalTokens: people.find_personal_tokens,
        FindTokenHolders: people.find_token_holders,
        DescribeTokens: people.describe_tokens,
        FindDriverToken: people.find_driver_token,
        PlanLocalList: local_lists.plan,
        SearchTokens: searching.search_tokens,
    },
    batches={ReportLocalList: local_lists.LocalListHandler, ReportCustomerCleared: local_lists.CustomerClearedHandler},
    listens={
        LinkOpened: local_lists.on_link_opened,
        StationChanged: local_lists.on_station_changed,
        SessionEnded: quotas.on_session_ended,
        SessionPriced: handlers.on_session_priced,
        AccountErased: people.on_account_erased,
    },
    publishes=(MailWanted, ReportNotRecorded),
    # The fixed names under /id-tokens go before the one that takes any.
    routes=lambda: (csv_api.router, driver_api.router, quota_api.router, api.router),
    jobs=(
        Job("local_lists", 1.0, local_lists.keep_in_step),
        Job("deauthorized", 2.0, handlers.stop_deauthorized),
    ),
)

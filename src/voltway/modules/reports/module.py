"""Reports: what was charged, earned, paid, and how well stations worked.

Owns: facts as events told them (each once, in whatever order), the sums of days that are made of them, the ledger of statuses,
times that may be excluded from outages, what a location adds (opening hours, CO2 of its grid), schedules of mails.

Listens to: `SessionEnded`, `SessionPriced`, `SessionCredited`, `CommandChanged` (starts that failed), `ConnectorStatusChanged`,
`StationChanged`, the money facts, `AccountErased` (what a person charged and paid is nobody's). Asks: `FindStations`,
`DescribeLocations`, `LocationExists` of stations, `FindTokenHolders` of users, `FindPeakPowers` of sessions. Publishes
`MailWanted`, and acts for the audit log.

A fact's way: handlers.py keeps it; rolling.py gives it its local day and makes the sums of that day anew; queries.py,
money_queries.py and uptime_queries.py make tables, writing.py makes files of them. Definitions: docs/reports.md.
"""

from voltway.contracts.accounts import AccountErased
from voltway.contracts.billing import SessionCredited, SessionPriced
from voltway.contracts.notify import MailWanted
from voltway.contracts.sessions import SessionEnded
from voltway.contracts.stations import CommandChanged, ConnectorStatusChanged, StationChanged
from voltway.contracts.timeline import TellLinks
from voltway.kernel.audit import ActDone
from voltway.kernel.module import Job, Manifest
from voltway.modules.reports import api, handlers, keeping_api, rolling, scheduling, telling
from voltway.modules.reports.settings import ReportsSettings

MANIFEST = Manifest(
    name="reports",
    settings=ReportsSettings,
    answers={TellLinks: telling.tell_links},
    listens={
        SessionEnded: handlers.on_session_ended,
        SessionPriced: handlers.on_session_priced,
        SessionCredited: handlers.on_session_credited,
        CommandChanged: handlers.on_command_changed,
        ConnectorStatusChanged: handlers.on_status_changed,
        StationChanged: handlers.on_station_changed,
        AccountErased: handlers.on_account_erased,
        **dict.fromkeys(handlers.MONEY_FACTS, handlers.on_money),
    },
    publishes=(MailWanted, ActDone),
    routes=lambda: (api.router, keeping_api.router),
    jobs=(Job("roll_up", 2.0, rolling.roll_up), Job("mail_due", 60.0, scheduling.mail_due)),
)

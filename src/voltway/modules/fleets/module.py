"""Fleets: vehicles and drivers' tokens that charge on one account's behalf, with limits and monthly statements.

Owns: fleets with their managers, vehicles, cost centres, members (tokens) and limits; what their sessions took and cost. Answers:
`FindLimitedFleets`, `FindFleetLeft` (asked by users, who refuses a session beyond a limit), `FindPersonalFleets`. Asks:
`FindTokenHolders`, `DescribeTokens` of users (a member's token must be the operator's, and is shown by what it says). Listens to: `SessionEnded` (a session becomes a vehicle's and a
cost centre's), `SessionPriced`, `SessionCredited` (its cost is that of the CDR), `AccountErased`, `MemberRemoved` (a manager has
gone). Publishes acts for the audit log.

A fleet manager sees the fleets that they manage and nothing else: `store.seen`.
"""

from voltway.contracts.accounts import AccountErased, FindPersonalFleets, MemberRemoved
from voltway.contracts.billing import SessionCredited, SessionPriced
from voltway.contracts.fleets import FindFleetLeft, FindLimitedFleets
from voltway.contracts.sessions import SessionEnded
from voltway.kernel.module import Manifest
from voltway.modules.fleets import api, counting, people

MANIFEST = Manifest(
    name="fleets",
    answers={
        FindLimitedFleets: counting.find_limited_fleets,
        FindFleetLeft: counting.find_fleet_left,
        FindPersonalFleets: people.find_personal_fleets,
    },
    listens={
        SessionEnded: counting.on_session_ended,
        SessionPriced: counting.on_session_priced,
        SessionCredited: counting.on_session_credited,
        AccountErased: people.on_gone,
        MemberRemoved: people.on_gone,
    },
    routes=lambda: (api.router,),
)

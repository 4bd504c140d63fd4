"""Workbench: what makes long lists quick to work with. Saved views of lists, and one order for many stations.

Owns: saved views (an account's own filters of a list, by a name), bulk orders with the stations that are in them and what became of
each. A station's order is a task of the process that takes it; so many at once. What a process was doing when it died has
`failed` some minutes later: nobody knows what the station did, nothing is sent twice.

Asks: `FindStations`, `CheckOrder`, `SendCommand` of stations, `FindTemplateName`, `ApplyTemplate` of provisioning. Listens to:
`AccountErased`, `MemberRemoved` (their views go). Answers: `FindPersonalViews`. Publishes acts for the audit log.
"""

from voltway.contracts.accounts import AccountErased, FindPersonalViews, MemberRemoved
from voltway.kernel.module import Job, Manifest
from voltway.modules.workbench import bulk_api, people, running, views_api

MANIFEST = Manifest(
    name="workbench",
    answers={FindPersonalViews: people.find_personal_views},
    listens={AccountErased: people.on_gone, MemberRemoved: people.on_gone},
    routes=lambda: (views_api.router, bulk_api.router),
    jobs=(Job("go_on", 1.0, running.go_on),),
    stop=running.stop,
)

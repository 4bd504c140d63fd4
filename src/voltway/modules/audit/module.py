"""Audit: who did what to what, when, from where, how it was before and is now.

Owns: the audit log, one chain of entries for each operator. Listens to: `ActDone` (kernel/audit.py), which every module publishes
in the transaction of a privileged act, and the stations module for every command. An entry holds the hash of the one before
it and a seal by a key of the installation: `voltway audit verify` and GET /audit-entries/verification find what was changed,
removed, put in, moved or cut off. Where each chain ends is written outside the database as well (anchors.py). Entries are
never changed or removed; the database refuses it (migration 0023).
"""

from voltway.kernel.audit import ActDone
from voltway.kernel.module import Job, Manifest
from voltway.modules.audit import anchors, api, handlers

MANIFEST = Manifest(
    name="audit",
    listens={ActDone: handlers.on_acts},
    publishes=(ActDone,),
    routes=lambda: (api.router,),
    jobs=(Job("anchor", 2.0, anchors.move, everywhere=True),),
    stop=anchors.move,
)

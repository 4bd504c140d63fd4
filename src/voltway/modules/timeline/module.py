"""Timeline: "explain this charger at 14:05". What happened at a station in one column, with what probably is the matter.

Owns nothing. Asks every module that knows of stations for its moments (`TellStatuses`, `TellLinks`, `TellMessages`,
`TellCommands`, `TellSessions`, `TellPayments`, `TellIncidents`), each only if the caller may read its things, and only where a module
of this process answers. What the moments mean is a table of rules (rules.py), in words (words.py): each cause has its evidence and
a next step. Publishes and hears nothing.
"""

from voltway.kernel.module import Manifest
from voltway.modules.timeline import api

MANIFEST = Manifest(name="timeline", routes=lambda: (api.router,))

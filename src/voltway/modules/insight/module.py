"""Insight: figures over all modules.

Owns nothing yet. Asks `SummarizeStations`, `SummarizeSessions`, `SummarizeRevenue`. Publishes and hears nothing.
"""

from voltway.kernel.module import Manifest
from voltway.modules.insight import api

MANIFEST = Manifest(name="insight", routes=lambda: (api.router,))

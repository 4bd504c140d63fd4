"""Insight: figures over all modules.

Owns nothing yet. Asks `SummarizeStations`, `SummarizeSessions`, `SummarizeRevenue`. Publishes and hears nothing.
"""

from voltway.kernel.module import Manifest
from voltway.modules.insight import api
from voltway.modules.insight.settings import InsightSettings

MANIFEST = Manifest(name="insight", settings=InsightSettings, routes=lambda: (api.router,))

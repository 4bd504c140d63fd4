"""Billing: tariffs and what sessions cost. One tariff form (start fee, per kWh, per minute, VAT) until the full one comes.

Owns: tariffs, their assignments, CDRs. Answers: `FindTariffs`, `SummarizeRevenue`. Asks: `FindStations`, `LocationExists`.
Listens to: `SessionEnded` (makes the CDR, once). Publishes: `SessionPriced`.
"""

from voltway.contracts.billing import FindTariffs, SessionPriced, SummarizeRevenue
from voltway.contracts.sessions import SessionEnded
from voltway.kernel.module import Manifest
from voltway.modules.billing import api, handlers

MANIFEST = Manifest(
    name="billing",
    answers={FindTariffs: handlers.find_tariffs, SummarizeRevenue: handlers.summarize_revenue},
    listens={SessionEnded: handlers.on_session_ended},
    publishes=(SessionPriced,),
    routes=lambda: (api.router,),
)

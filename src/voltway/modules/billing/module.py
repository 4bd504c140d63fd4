"""Billing: tariffs and what sessions cost. One tariff form (start fee, per kWh, per minute, VAT) until the full one comes.

Owns: tariffs, their assignments, CDRs, settlements (payments at the terminals of stations). Records (batches):
`ReportSettlement`. Answers: `FindTariffs`, `FindTariff`, `AuthorizeWithTariff` (a verdict with the tariff for a station that
computes the cost by itself), `ValidateVatNumber`, `SummarizeRevenue`. Asks: `FindStations`, `LocationExists`,
`AuthorizeTokens`, `FindTariffAbility`, `FindTransactions`, `FindCredential` and `SendCommand` (the QR code of a station). Listens to: `SessionEnded` (makes the CDR, once). Publishes:
`SessionPriced`.
"""

from voltway.contracts.billing import FindTariffs, SessionPriced, SummarizeRevenue
from voltway.contracts.payments import AuthorizeWithTariff, FindTariff, ReportSettlement, ValidateVatNumber
from voltway.contracts.sessions import SessionEnded
from voltway.kernel.module import Manifest
from voltway.modules.billing import api, handlers, offers, settlement_api, settling, vat, web_payment_api
from voltway.modules.billing.settings import BillingSettings

MANIFEST = Manifest(
    name="billing",
    settings=BillingSettings,
    answers={
        FindTariffs: handlers.find_tariffs,
        SummarizeRevenue: handlers.summarize_revenue,
        FindTariff: offers.find_tariff,
        AuthorizeWithTariff: offers.authorize_with_tariff,
        ValidateVatNumber: vat.validate_vat_number,
    },
    batches={ReportSettlement: settling.SettlementHandler},
    listens={SessionEnded: handlers.on_session_ended},
    publishes=(SessionPriced,),
    routes=lambda: (api.router, settlement_api.router, web_payment_api.router),
)

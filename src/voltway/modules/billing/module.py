"""Billing: tariffs and what sessions cost. A tariff has a simple form (start fee, per kWh, per minute, VAT), or the full one of OCPI.

A session is priced when it ends: by the simple form from its totals in the handler of `SessionEnded`, by the full one from what was
metered, right after (pricing_due.py). What is not plausible is held until a person has looked.

Owns: tariffs, their versions and assignments, CDRs and those taken back, sessions that wait for their price, settlements (payments at the terminals of stations, and on the web), payments on the web.
Records (batches): `ReportSettlement`. Answers: `FindTariffs`, `FindTariff`, `AuthorizeWithTariff` (a verdict with the tariff for
a station that computes the cost by itself), `FindPaidLimits`, `ValidateVatNumber`, `SummarizeRevenue`, `FindPricedSessions`. Asks: `FindStations`,
`LocationExists`, `AuthorizeTokens`, `FindTariffAbility`, `FindTransactions`, `FindCredential` and `SendCommand` (the QR code of a
station, and the start of what was paid for). Listens to: `SessionEnded` (makes the CDR, once), `SessionReleased` (a person has looked at a held session), `SessionPriced`, `SessionStarted` (of a payment on
the web). Publishes: `SessionPriced`, `SessionCredited`, `SessionHeld`, `TariffsAssigned`, `WebPaymentCancelled`. Also asks: `FindMetered`, `FindTimeZones`,
`FindEvsePowers`.
"""

from voltway.contracts.billing import (
    FindTariffs,
    SessionCredited,
    SessionHeld,
    SessionPriced,
    SummarizeRevenue,
    TariffsAssigned,
)
from voltway.contracts.ledger import FindPricedSessions
from voltway.contracts.payments import (
    AuthorizeWithTariff,
    FindPaidLimits,
    FindTariff,
    ReportSettlement,
    ValidateVatNumber,
    WebPaymentCancelled,
)
from voltway.contracts.sessions import SessionEnded, SessionReleased, SessionStarted
from voltway.contracts.station_link import ReportNotRecorded
from voltway.kernel.module import Job, Manifest
from voltway.modules.billing import (
    api,
    cdr_api,
    handlers,
    offers,
    pricing_api,
    pricing_due,
    settlement_api,
    settling,
    vat,
    web_payment_api,
    web_payments,
)
from voltway.modules.billing.settings import BillingSettings

MANIFEST = Manifest(
    name="billing",
    settings=BillingSettings,
    answers={
        FindTariffs: handlers.find_tariffs,
        FindPricedSessions: handlers.find_priced_sessions,
        SummarizeRevenue: handlers.summarize_revenue,
        FindTariff: offers.find_tariff,
        FindPaidLimits: web_payments.find_paid_limits,
        AuthorizeWithTariff: offers.authorize_with_tariff,
        ValidateVatNumber: vat.validate_vat_number,
    },
    batches={ReportSettlement: settling.SettlementHandler},
    listens={
        SessionEnded: handlers.on_session_ended,
        SessionReleased: pricing_due.on_session_released,
        SessionPriced: handlers.on_session_priced,
        SessionStarted: web_payments.on_session_started,
    },
    publishes=(
        SessionPriced,
        SessionCredited,
        SessionHeld,
        TariffsAssigned,
        WebPaymentCancelled,
        ReportNotRecorded,
    ),
    routes=lambda: (pricing_api.router, api.router, cdr_api.router, settlement_api.router, web_payment_api.router),
    jobs=(
        Job("price_due", every_s=0.5, run=pricing_due.price_due),
        Job("take_over_tariffs", every_s=1, run=api.take_over_due),
        Job("web_payments", every_s=1, run=web_payments.work),
    ),
)

"""Documents: receipts, invoices, credit notes and monthly statements, as JSON that is kept, PDF, electronic invoice and page.

Owns: legal entities (who sells) with their series of numbers, customers (who get invoices), documents, what was sold (`charges`),
payments as far as they stand on documents. Answers: `FindPersonalDocuments`, `FindChargeDocument`. Asks: `FindSessionDetails` of sessions,
`DescribeLocation` and `KnownLocations` of stations. Listens to: `SessionPriced` (a receipt, an invoice, or a line of the month's),
`SessionCredited` (a credit note), `PaymentCaptured` and `PaymentRefunded` (what stands on a receipt), `AccountErased`.
Publishes: `MailWanted`.

A document is made in one transaction: the order is taken, the number is raised, the row is written, the mail is asked for. So
numbers have no hole and none is double, whatever process dies when; the database holds it by three unique keys besides. Jobs make
what is ordered, and close months. Pages for whoever has their address are at `/r/{code}`, outside the API.
"""

from voltway.contracts.accounts import AccountErased, FindPersonalDocuments
from voltway.contracts.billing import SessionCredited, SessionPriced
from voltway.contracts.documents import FindChargeDocument
from voltway.contracts.money_facts import PaymentCaptured, PaymentRefunded
from voltway.contracts.notify import MailWanted
from voltway.kernel.module import Job, Manifest
from voltway.modules.documents import api, closing, handlers, issuing, page_api, party_api, people, reading
from voltway.modules.documents.settings import DocumentsSettings

MANIFEST = Manifest(
    name="documents",
    settings=DocumentsSettings,
    answers={
        FindPersonalDocuments: people.find_personal_documents,
        FindChargeDocument: reading.find_charge_document,
    },
    listens={
        SessionPriced: handlers.on_priced,
        SessionCredited: handlers.on_credited,
        PaymentCaptured: handlers.on_captured,
        PaymentRefunded: handlers.on_refunded,
        AccountErased: people.on_account_erased,
    },
    publishes=(MailWanted,),
    restored=handlers.on_restored,
    routes=lambda: (api.router, party_api.router),
    device_routes=lambda: (page_api.router,),
    jobs=(Job("issue", 1.0, issuing.work), Job("close_months", 600.0, closing.close_months)),
)

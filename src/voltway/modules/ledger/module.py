"""Ledger: every cent that moves, in double entry; the daily reconciliation; what site hosts get, and how they are paid.

Owns: facts as heard, postings and entries (one chain for each operator, which the database refuses to change: migration 0028),
differences, site hosts with their agreements, statements and payout batches. Listens to: `SessionPriced`, `SessionCredited`,
`BookingFeeCharged`, `BookingFeeWaived`, all of contracts/money_facts.py, and `SessionEnded` (where a session was, and its energy). It writes down what it hears; a job posts
it (posting.py) by the table of rules.py. Asks: `FindLocationCountries`, `FindPricedSessions`, `FindProviderMovements` (nothing is
concluded where nobody answers), `LocationExists`. Publishes: `ActDone`.

A posting holds the hash of the one before it and a seal, as entries of the audit log do (kernel/chains.py); where the chain ends is
written outside the database (anchoring.py) and told to the audit log once a day, so that what is cut off is missed there.
"""

from voltway.contracts.billing import SessionCredited, SessionPriced
from voltway.contracts.bookings import BookingFeeCharged, BookingFeeWaived
from voltway.contracts.money_facts import (
    HoldReleased,
    PaymentCaptured,
    PaymentDisputed,
    PaymentHeld,
    PaymentRefunded,
    ProviderFeeBooked,
    ProviderPaidOut,
    WalletToppedUp,
)
from voltway.contracts.sessions import SessionEnded
from voltway.kernel.audit import ActDone
from voltway.kernel.module import Job, Manifest
from voltway.modules.ledger import anchoring, api, handlers, host_api, posting, reconciliation_api, reconciling
from voltway.modules.ledger.reconciliation_rules import DAY_S
from voltway.modules.ledger.settings import LedgerSettings

_FACTS = (
    SessionPriced,
    SessionCredited,
    BookingFeeCharged,
    BookingFeeWaived,
    PaymentHeld,
    HoldReleased,
    PaymentCaptured,
    PaymentRefunded,
    PaymentDisputed,
    WalletToppedUp,
    ProviderFeeBooked,
    ProviderPaidOut,
)

MANIFEST = Manifest(
    name="ledger",
    settings=LedgerSettings,
    listens={SessionEnded: handlers.on_sessions, **dict.fromkeys(_FACTS, handlers.on_facts)},
    publishes=(ActDone,),
    routes=lambda: (api.router, reconciliation_api.router, host_api.router),
    jobs=(
        Job("post", 1.0, posting.work),
        Job("reconcile", DAY_S, reconciling.work),
        Job("anchor", 10.0, anchoring.move, everywhere=True),
    ),
    stop=anchoring.move,
)

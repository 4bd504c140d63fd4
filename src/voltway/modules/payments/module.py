"""Payments: how money is held, taken and given back; several providers side by side, behind one port.

Owns: payments with every call to a provider (saved before it is sent), wallets, cards that are
kept for later (by their provider's references), credit lines, vouchers, the books of the sandbox.
Answers: `FindHeldLimits` (whether a payment's one-time token may charge, and how far), `FindProviderMovements` (of the sandbox,
and of Stripe as far as its books were read), `FindPersonalPayments`, `FindPersonalWallets`, `FindPersonalCards`, `TellPayments` (for a station's timeline). Asks: `FindCredential`, `FindTariffs`, `FindStationSettings`, `FindRunningSessions`,
`FindPublicPoint`, `FindSessionStanding`, `FindChargeDocument`, `PassHold`, `SendCommand`. Listens to: `SessionStarted` (by the one-time token),
`SessionEnded` (empty: nothing is owed), `SessionPriced` (capture, release), `SessionCredited` (refund), `BookingFeeCharged`,
`BookingFeeWaived`, `BookingFailed` (a wallet or card pays, gets back, is credited), `LinkOpened`, `AccountErased`. Publishes: the facts of
`contracts/money_facts.py`, `TerminalOrderMade`, `PushWanted` (to a payer who has an account). Jobs: work what is due, ask after calls
whose outcome is not known, tell providers which cards they shall keep no longer, raise holds or stop sessions in time, tell payers
before an idle fee begins. docs/money.md tells it in plain language.
"""

from voltway.contracts.accounts import AccountErased, FindPersonalCards, FindPersonalPayments, FindPersonalWallets
from voltway.contracts.billing import SessionCredited, SessionPriced
from voltway.contracts.bookings import BookingFailed, BookingFeeCharged, BookingFeeWaived
from voltway.contracts.holds import FindHeldLimits, TerminalOrderMade
from voltway.contracts.ledger import FindProviderMovements
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
from voltway.contracts.notify import PushWanted
from voltway.contracts.sessions import SessionEnded, SessionStarted
from voltway.contracts.station_link import LinkOpened
from voltway.contracts.timeline import TellPayments
from voltway.kernel.module import Job, Manifest
from voltway.modules.payments import (
    admin_api,
    api,
    booking_money,
    cards,
    cards_api,
    code_api,
    handlers,
    idle_notices,
    me_api,
    movements,
    people,
    provider_api,
    telling,
    visits,
    watching,
)
from voltway.modules.payments.settings import PaymentsSettings

MANIFEST = Manifest(
    name="payments",
    settings=PaymentsSettings,
    answers={
        FindHeldLimits: visits.find_held_limits,
        FindProviderMovements: movements.find_provider_movements,
        FindPersonalPayments: people.find_personal_payments,
        FindPersonalWallets: people.find_personal_wallets,
        FindPersonalCards: people.find_personal_cards,
        TellPayments: telling.tell_payments,
    },
    listens={
        SessionStarted: handlers.on_session_started,
        SessionEnded: handlers.on_session_ended,
        SessionPriced: handlers.on_session_priced,
        SessionCredited: handlers.on_session_credited,
        BookingFeeCharged: booking_money.on_fee_charged,
        BookingFeeWaived: booking_money.on_fee_waived,
        BookingFailed: booking_money.on_booking_failed,
        LinkOpened: handlers.on_link_opened,
        AccountErased: people.on_account_erased,
    },
    publishes=(
        PushWanted,
        PaymentHeld,
        HoldReleased,
        PaymentCaptured,
        PaymentRefunded,
        PaymentDisputed,
        WalletToppedUp,
        ProviderFeeBooked,
        ProviderPaidOut,
        TerminalOrderMade,
    ),
    routes=lambda: (
        api.router,
        code_api.router,
        me_api.router,
        cards_api.router,
        admin_api.router,
        provider_api.router,
    ),
    device_routes=lambda: (code_api.page_router,),
    jobs=(
        Job("work", 1.0, visits.work, everywhere=True),
        Job("watch", 2.0, watching.watch, everywhere=True),
        Job("warn_idle", 15.0, idle_notices.warn),
        Job("forget", 3600.0, visits.forget),
        Job("keep_cards", 2.0, cards.work),
        Job("read_books", 3600.0, movements.read_books),
    ),
    start=watching.start,
    stop=visits.stop,
)

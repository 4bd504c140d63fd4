"""Posting: from a fact to the entries of the ledger. One table, and how the amounts in it come about. Pure.

An entry moves an amount (> 0, minor units) from one account to another: it debits the one and credits the other. So no
entry can be out of balance, and no sum of entries either; there is no form in which half of it could be written.

An entry is `posted`, or it is about a hold: `pending` adds to what is held, `released` takes it off again, when the hold is let go or
used by a capture. Pending money is in no balance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from voltway.charging.pricing import Cost
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
from voltway.kernel import chains
from voltway.kernel.bus.event import Event
from voltway.kernel.money import Money

SEAL_PURPOSE = "ledger"
FORM = 1
"""Of what is hashed of a posting."""


class Phase(StrEnum):
    """What an entry is about."""

    POSTED = "posted"
    PENDING = "pending"
    RELEASED = "released"


class Side(StrEnum):
    """On which side an account grows."""

    DEBIT = "debit"
    CREDIT = "credit"


ACCOUNTS: Mapping[str, tuple[Side, str]] = {
    "bank": (Side.DEBIT, "the operator's bank account, as far as the ledger moves it"),
    "clearing": (Side.DEBIT, "what a payment provider has taken and not sent yet; one for each provider"),
    "invoiced": (Side.DEBIT, "what customers on invoice owe"),
    "receivable": (Side.DEBIT, "what sessions and fees cost and nobody has paid; below zero: paid and not owed"),
    "disputes": (Side.DEBIT, "what banks of payers have taken back, while it is disputed"),
    "fees": (Side.DEBIT, "what payment providers keep; one for each provider"),
    "chargebacks": (Side.DEBIT, "what was lost in disputes"),
    "vouchers": (Side.DEBIT, "what was given away by vouchers and free vend"),
    "host_share": (Side.DEBIT, "the hosts' share of the revenue"),
    "host_fees": (Side.DEBIT, "fixed fees for hosts"),
    "host_energy": (Side.DEBIT, "energy that hosts bought and we reimburse"),
    "wallets": (Side.CREDIT, "what is in drivers' wallets"),
    "revenue": (Side.CREDIT, "what was earned, excl. VAT; one for each country and VAT rate"),
    "vat": (Side.CREDIT, "VAT that is owed; one for each country and rate"),
    "host_payable": (Side.CREDIT, "what hosts have to get; one for each host"),
}
"""Kinds of accounts: on which side they grow, and what they hold. An account is a kind, or `kind:detail`."""


def side_of(account: str) -> Side:
    """On which side an account grows."""
    return ACCOUNTS[account.partition(":")[0]][0]


class HostStatementClosed(Event, frozen=True, kw_only=True, gc=False):
    """What a host gets for a month is settled. Amounts may be below zero: the host owes. In the ledger only, never published."""

    statement_id: str
    host_id: str
    share: Money
    fixed: Money
    energy: Money


class HostPaid(Event, frozen=True, kw_only=True, gc=False):
    """A host was paid for a statement. In the ledger only, never published."""

    batch_id: str
    statement_id: str
    host_id: str
    amount: Money


class Rule(NamedTuple):
    """A row of the posting table: an amount of a fact (`of`) debits one account and credits another."""

    fact: str
    of: str
    debit: str
    credit: str
    phase: Phase = Phase.POSTED


RULES: tuple[Rule, ...] = (
    Rule("SessionPriced", "net", "receivable", "revenue:{country}:{rate}"),
    Rule("SessionPriced", "vat", "receivable", "vat:{country}:{rate}"),
    Rule("SessionCredited", "net", "revenue:{country}:{rate}", "receivable"),
    Rule("SessionCredited", "vat", "vat:{country}:{rate}", "receivable"),
    Rule("BookingFeeCharged", "net", "receivable", "revenue:{country}:{rate}"),
    Rule("BookingFeeCharged", "vat", "receivable", "vat:{country}:{rate}"),
    Rule("BookingFeeWaived", "net", "revenue:{country}:{rate}", "receivable"),
    Rule("BookingFeeWaived", "vat", "vat:{country}:{rate}", "receivable"),
    Rule("PaymentHeld", "held", "{source}", "receivable", Phase.PENDING),
    Rule("HoldReleased", "let go", "{source}", "receivable", Phase.RELEASED),
    Rule("PaymentCaptured", "amount", "{source}", "receivable"),
    Rule("PaymentCaptured", "fee", "fees:{provider}", "{source}"),
    Rule("PaymentCaptured", "let go", "{source}", "receivable", Phase.RELEASED),
    Rule("ProviderFeeBooked", "fee", "fees:{provider}", "{source}"),
    Rule("PaymentRefunded", "amount", "receivable", "{source}"),
    Rule("PaymentDisputed", "opened", "disputes", "{source}"),
    Rule("PaymentDisputed", "won", "{source}", "disputes"),
    Rule("PaymentDisputed", "lost", "chargebacks", "disputes"),
    Rule("WalletToppedUp", "amount", "receivable", "wallets"),
    Rule("ProviderPaidOut", "amount", "bank", "clearing:{provider}"),
    Rule("ProviderPaidOut", "fee", "fees:{provider}", "clearing:{provider}"),
    Rule("HostStatementClosed", "share", "host_share", "host_payable:{host}"),
    Rule("HostStatementClosed", "fixed", "host_fees", "host_payable:{host}"),
    Rule("HostStatementClosed", "energy", "host_energy", "host_payable:{host}"),
    Rule("HostPaid", "amount", "host_payable:{host}", "bank"),
)
"""Every way in which money moves in the ledger."""

SOURCES = {"wallet": "wallets", "invoice": "invoiced", "voucher": "vouchers"}
"""`{source}` in a rule: the account that a provider's money comes from; of every other provider `clearing:{provider}`."""


class Entry(NamedTuple):
    """An amount that moves from one account to another."""

    debit: str
    credit: str
    minor: int
    currency: str
    phase: Phase


class Part(NamedTuple):
    """An amount of a fact, and what the accounts are to be called by."""

    of: str
    amount: Money
    names: Mapping[str, str] = {}


class Payment:
    """What the ledger knows of the holds of one payment, of one currency. What is held does not depend on the order in which its facts
    came: it is what was held at most, less what was taken and let go, never below zero."""

    def __init__(self) -> None:
        self.held: dict[str, int] = {}
        self.released: set[str] = set()
        self.let_go = 0
        self.captured = 0
        self.pending = 0

    def note(self, kind: str, hold_id: str | None, minor: int) -> None:
        """Take a fact in."""
        if kind == "PaymentHeld" and hold_id is not None:
            self.held[hold_id] = max(minor, self.held.get(hold_id, 0))
        elif kind == "HoldReleased" and hold_id is not None and hold_id not in self.released:
            self.released.add(hold_id)
            self.let_go += minor
        elif kind == "PaymentCaptured":
            self.captured += minor

    def due(self) -> int:
        """What must be held."""
        if self.held.keys() <= self.released:
            return 0
        return max(0, sum(self.held.values()) - self.captured - self.let_go)


def key_of(fact: Event) -> str:
    """What makes a fact one: it is posted once, however often it is told."""
    match fact:
        case SessionPriced():
            return f"priced:{fact.cdr_id}"
        case SessionCredited():
            return f"credited:{fact.credit_id}"
        case BookingFeeCharged():
            return f"booking_fee:{fact.fee_id}"
        case BookingFeeWaived():
            return f"booking_fee_waived:{fact.fee_id}"
        case PaymentHeld():
            return f"held:{fact.hold_id}:{fact.step}"
        case HoldReleased():
            return f"released:{fact.hold_id}"
        case PaymentCaptured():
            return f"captured:{fact.capture_id}"
        case ProviderFeeBooked():
            return f"fee:{fact.provider}:{fact.capture_id}"
        case PaymentRefunded():
            return f"refunded:{fact.refund_id}"
        case PaymentDisputed():
            return f"disputed:{fact.dispute_id}:{fact.state}"
        case WalletToppedUp():
            return f"topped_up:{fact.top_up_id}"
        case ProviderPaidOut():
            return f"paid_out:{fact.provider}:{fact.payout_id}"
        case HostStatementClosed():
            return f"statement:{fact.statement_id}"
        case HostPaid():
            return f"host_paid:{fact.batch_id}:{fact.statement_id}"
    raise TypeError(type(fact).__name__)


FACTS: Mapping[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
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
        HostStatementClosed,
        HostPaid,
    )
}


def entries_of(fact: Event, *, country: str = "ZZ", payment: Payment | None = None) -> list[Entry]:
    """The entries of a fact. `payment` is what is known of its payment so far, and takes the fact in. Of a `SessionCredited` none:
    `reversed_entries` of what the CDR was posted as."""
    return [entry for part in _parts(fact, country, payment) for entry in _entries(type(fact).__name__, part)]


def reversed_entries(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that undo others."""
    return [entry._replace(debit=entry.credit, credit=entry.debit) for entry in entries]


def _entries(kind: str, part: Part) -> list[Entry]:
    if not part.amount.minor:
        return []
    (rule,) = [rule for rule in RULES if rule.fact == kind and rule.of == part.of]
    debit, credit = rule.debit.format_map(part.names), rule.credit.format_map(part.names)
    if part.amount.minor < 0:  # a host may owe
        debit, credit = credit, debit
    return [Entry(debit, credit, abs(part.amount.minor), part.amount.currency, rule.phase)]


def _parts(fact: Any, country: str, payment: Payment | None) -> list[Part]:
    match fact:
        case SessionPriced() | BookingFeeCharged() | BookingFeeWaived():
            return priced_parts(fact.cost, country)
        case SessionCredited():
            return []
        case HostStatementClosed():
            names = {"host": fact.host_id}
            return [Part(of, getattr(fact, of), names) for of in ("share", "fixed", "energy")]
        case HostPaid():
            return [Part("amount", fact.amount, {"host": fact.host_id})]
        case ProviderPaidOut():
            names = {"provider": fact.provider}
            return [Part("amount", fact.amount, names), *_fee(fact.fee, names)]
    names = {"provider": fact.provider, "source": source_of(fact.provider)}
    match fact:
        case ProviderFeeBooked():
            return _fee(fact.fee, names)
        case PaymentHeld() | HoldReleased():
            return _held(fact, payment, names)
        case PaymentCaptured():
            return [Part("amount", fact.amount, names), *_fee(fact.fee, names), *_held(fact, payment, names)]
        case PaymentDisputed():
            return [Part(fact.state, fact.amount, names)]
    return [Part("amount", fact.amount, names)]


def source_of(provider: str) -> str:
    """The account that a provider's money comes from."""
    return SOURCES.get(provider, f"clearing:{provider}")


def _fee(fee: Money | None, names: Mapping[str, str]) -> list[Part]:
    return [] if fee is None else [Part("fee", fee, names)]


def _held(fact: Any, payment: Payment | None, names: Mapping[str, str]) -> list[Part]:
    """What of the hold the fact adds or takes off."""
    known = Payment() if payment is None else payment
    known.note(type(fact).__name__, getattr(fact, "hold_id", None), fact.amount.minor)
    change = known.due() - known.pending
    known.pending += change
    of = "held" if isinstance(fact, PaymentHeld) else "let go"
    return [Part(of, Money(change if of == "held" else -change, fact.amount.currency), names)]


def priced_parts(cost: Cost, country: str) -> list[Part]:
    """Net and VAT of a cost by rate. VAT is rounded once per rate, as pricing does; whatever a bound on the price or another
    way to round leaves over stands with the rate that has most, so that net and VAT come out as the CDR says."""
    currency = cost.incl_vat.currency
    net: defaultdict[Decimal, int] = defaultdict(int)
    for line in cost.lines:
        net[line.vat_percent] += line.amount.minor
    vat = {
        rate: Money.round_from(Money(minor, currency).to_decimal() * rate / 100, currency).minor
        for rate, minor in net.items()
    }
    most = max(net, key=lambda rate: (abs(net[rate]), rate), default=Decimal(0))
    net[most] += cost.excl_vat.minor - sum(net.values())
    vat[most] = vat.get(most, 0) + cost.vat.minor - sum(vat.values())
    parts = []
    for rate in sorted(net):
        names = {"country": country, "rate": rate_name(rate)}
        parts += [Part("net", Money(net[rate], currency), names), Part("vat", Money(vat[rate], currency), names)]
    return parts


def rate_name(rate: Decimal) -> str:
    """A rate as accounts name it: 19, 5.5."""
    return format(rate.normalize() + 0, "f")


# ---- the chain

HASHED = (
    "operator_id",
    "number",
    "fact_key",
    "kind",
    "at",
    "posted_at",
    "session_id",
    "payment_id",
    "cdr_id",
    "location_id",
)
HASHED_TOO = ("document", "entries", "previous_hash")


def hash_of(posting: Mapping[str, Any]) -> str:
    """What is hashed of a posting: its fields and its entries in their order."""
    return chains.hash_of_fields(FORM, [posting[name] for name in (*HASHED, *HASHED_TOO)])


def as_list(entry: Entry) -> list[Any]:
    """An entry as it is hashed."""
    return [entry.debit, entry.credit, entry.minor, entry.currency, str(entry.phase)]


# ---- balances


class Balance(NamedTuple):
    """What an account holds in a currency (minor units, on the side on which it grows)."""

    account: str
    currency: str
    debits: int
    credits: int
    pending: int

    @property
    def minor(self) -> int:
        """The balance."""
        return (self.debits - self.credits) * (1 if side_of(self.account) is Side.DEBIT else -1)


Sums = Sequence[tuple[str, str, str, int]]
"""(account, currency, phase, sum)"""


def balances(debits: Sums, credits: Sums) -> list[Balance]:
    """The balances that sums of debits and credits come to, by account and currency."""
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for index, sums in enumerate((debits, credits)):
        for account, currency, phase, minor in sums:
            row = found[account, currency]
            if phase == Phase.POSTED:
                row[index] += minor
            else:
                is_growth = (side_of(account) is Side.DEBIT) == (index == 0)
                row[2] += minor * (1 if is_growth else -1) * (1 if phase == Phase.PENDING else -1)
    return [Balance(account, currency, *row) for (account, currency), row in sorted(found.items())]


Convert = Callable[[Any], Any]


def document_of(fact: Event) -> dict[str, Any]:
    """A fact as it is kept."""
    kept: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(fact))
    return kept


def fact_of(kind: str, document: Mapping[str, Any]) -> Any:
    """The fact of a document."""
    return msgspec.convert(document, FACTS[kind], strict=False)

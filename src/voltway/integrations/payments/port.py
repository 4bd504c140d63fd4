"""What a payment provider can be asked, and what it answers: the port that every provider has behind it.

A call carries a key that was saved before it is sent. A provider does a key once. One that gives no answer raises
`OutcomeUnknown` (so does every other exception that is no `Answer`): the call is then asked after by `query`, and sent again,
with the same key, only when the provider says that it never came (`ABSENT`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

import msgspec

from voltway.kernel.money import Money


class Kind(StrEnum):
    """What is asked of a provider. `CHARGE` takes the money at once, where a method cannot hold it."""

    HOLD = "hold"
    CHARGE = "charge"
    RAISE = "raise"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class Outcome(StrEnum):
    """How a call ended. `PENDING`: the provider works on it, or waits for the payer. `ABSENT`: it never came."""

    DONE = "done"
    DECLINED = "declined"
    PENDING = "pending"
    ABSENT = "absent"


class OutcomeUnknown(Exception):
    """No answer came: the provider may have done it or not."""


class Abilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider can do for a method."""

    methods: tuple[str, ...]
    holds: tuple[str, ...] = ()
    """Those of the methods that can hold money; the others are charged first and refunded after."""
    is_raising: bool = False
    """A hold can be raised (incremental authorisation)."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call to a provider. `amount`: what to hold, capture or refund; of a raise what shall be held then, in all."""

    kind: Kind
    key: str
    """The idempotency key; ours, unique, saved before the call."""
    payment_id: str
    operator_id: str
    amount: Money
    method: str
    source: str | None = None
    """What pays, in the provider's words: a payment method's id, a voucher's code, an account."""
    reference: str | None = None
    """The provider's id of the payment, once there is one."""
    payer_id: str | None = None
    return_url: str | None = None
    is_payer_away: bool = False
    """Nobody is there to confirm: a fee, a wallet that fills itself. What their bank wants confirmed is declined."""
    made_at: datetime


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of a call. `amount`: what is held, captured or refunded by it, where it differs from what was asked."""

    outcome: Outcome
    reference: str | None = None
    amount: Money | None = None
    reason: str | None = None
    """Why it was declined, in one word: declined, insufficient_funds, expired …"""
    action_url: str | None = None
    """Where the payer confirms (3-D Secure, a wallet's page)."""
    expires_at: datetime | None = None
    """Until when money is held."""
    fee: Money | None = None


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider tells by itself (a webhook), after its signature was found good.

    Of a payment it is a hint and no more: we ask. `kind`: payment, dispute, payout, other."""

    event_id: str
    kind: str = "other"
    reference: str | None = None
    """Of the payment."""
    thing_id: str | None = None
    """Of the dispute or payout."""
    state: str | None = None
    """Of a dispute: opened, won, lost."""
    amount: Money | None = None
    fee: Money | None = None


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """Money that a provider's own books say it moved. `kind`: capture, refund, payout."""

    id: str
    """Of the entry in its books."""
    kind: str
    amount: Money
    at: datetime
    payment_reference: str | None = None
    """Its id of the payment; None: of none."""
    key: str | None = None
    """Our key, where the entry tells it."""
    thing_id: str | None = None
    """Of a refund or payout."""
    fee: Money | None = None


class NoticeRefused(Exception):
    """A webhook whose signature is not good, or whose time is too far off, or that cannot be read."""


class Provider(Protocol):
    """A payment provider. Whatever it raises but NoticeRefused counts as an outcome that is not known."""

    name: str

    @property
    def abilities(self) -> Abilities:
        """What it can do."""
        ...

    async def prepare(self, call: Call) -> str | None:
        """Make what a hold or charge needs and that moves no money yet; its reference, which is saved before the call is sent.
        None: nothing is needed. May be done twice: what was made in vain holds nothing."""
        ...

    async def send(self, call: Call) -> Answer:
        """Do what is asked, once for each key."""
        ...

    async def query(self, call: Call) -> Answer:
        """What became of a call that was sent, or may have been."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        """Read a webhook. Raises NoticeRefused."""
        ...


@runtime_checkable
class KeepsBooks(Protocol):
    """A provider whose books can be read."""

    name: str

    def movements(self, since: datetime, until: datetime) -> AsyncIterator[list[Moved]]:
        """What it moved in this time, page by page. Whatever it raises: nothing is known of the rest."""
        ...


# ---- cards that are kept


class CardFace(msgspec.Struct, frozen=True, kw_only=True):
    """What may be shown of a card."""

    brand: str
    last_four: str
    exp_month: int
    exp_year: int


class CardOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A card that a payer wants kept. `customer`: who it is kept for, in the provider's words; `source`: the card, as of a
    payment."""

    key: str
    """The idempotency key; ours, saved before the call."""
    customer: str
    source: str
    return_url: str | None = None


class CardAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of a card. `reference`: by which it is charged later, once it is kept (DONE)."""

    outcome: Outcome
    reference: str | None = None
    face: CardFace | None = None
    reason: str | None = None
    action_url: str | None = None


SAVED = "/"
"""Between customer and card in the source of a payment by a card that is kept. No other card's source has it."""


def saved_source(customer: str, reference: str) -> str:
    """The source of a payment by a card that is kept."""
    return f"{customer}{SAVED}{reference}"


@runtime_checkable
class KeepsCards(Protocol):
    """A provider that keeps cards and charges them while the payer is away. What of it gives no answer may be done again: money
    never moves, and what was made in vain keeps nothing. Removing what is gone is no error."""

    name: str

    async def add_customer(self, key: str) -> str:
        """Somebody for whom cards are kept; the provider's id. It is told nothing of the person."""
        ...

    async def begin_card(self, order: CardOrder) -> str:
        """Make what keeping a card needs; its reference, which is saved before `keep_card`."""
        ...

    async def keep_card(self, order: CardOrder, setup: str) -> CardAnswer:
        """Have the card's bank agree that it is charged later; PENDING while the payer must confirm."""
        ...

    async def find_card(self, setup: str) -> CardAnswer:
        """What became of it."""
        ...

    async def drop_setup(self, setup: str) -> CardAnswer:
        """Call off what was not confirmed; what became of it in the end."""
        ...

    async def remove_card(self, reference: str) -> None:
        """Keep a card no longer."""
        ...

    async def remove_customer(self, customer: str) -> None:
        """Forget somebody with all their cards."""
        ...


def same_currency(amount: Money | None, currency: str) -> bool:
    """Whether an amount that a provider names is one of ours to count."""
    return amount is None or amount.currency == currency

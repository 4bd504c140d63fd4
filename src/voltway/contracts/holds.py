"""What the payments module says: tokens of payments, and what the backends of card terminals shall do."""

from __future__ import annotations

from voltway.contracts.payments import PaidLimit
from voltway.kernel.bus.asks import Ask
from voltway.kernel.bus.event import Event
from voltway.kernel.money import Money

ONE_TIME_PREFIX = "PAY"
"""Tokens of payments begin so: of others the payments module is not asked. With 17 characters behind it fills what OCPP 1.6 takes."""


class FindHeldLimits(Ask[list[PaidLimit | None]], frozen=True, kw_only=True):
    """How far the sessions of payments' one-time tokens may go, in their order; None: that token is of no payment."""

    id_tokens: tuple[str, ...]


class TerminalOrderMade(Event, frozen=True, kw_only=True, gc=False):
    """The backend of a card terminal shall take, let go or give back money. `kind`: capture, void, refund, raise. It confirms with
    POST /terminal-orders/{order_id}/confirmation."""

    order_id: str
    payment_id: str
    psp_reference: str
    kind: str
    amount: Money

    def key(self) -> str:
        return self.payment_id

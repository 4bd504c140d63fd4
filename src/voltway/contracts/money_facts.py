"""What happens to money: holds, captures, refunds, wallets. The ledger posts these; documents and reports read them.

Every amount is positive. A fact may come twice: its own id (`hold_id`, `capture_id`, `refund_id`, …) is what makes that harmless.
"""

from __future__ import annotations

from datetime import datetime

from voltway.kernel.bus.event import Event
from voltway.kernel.money import Money


class _MoneyFact(Event, frozen=True, kw_only=True, gc=False):
    """`payment_id`: the payment it belongs to. `provider`: the name of the payment provider ("stripe", "sandbox", "wallet",
    "invoice", "voucher", "terminal"). `method`: card, alipay, wechat_pay, wallet, invoice, voucher, terminal. `payer_id`: the
    account who pays; None for a guest."""

    payment_id: str
    provider: str
    method: str
    amount: Money
    payer_id: str | None = None
    session_id: str | None = None
    visit_id: str | None = None
    provider_reference: str | None = None

    def key(self) -> str:
        return self.payment_id


class PaymentHeld(_MoneyFact, frozen=True, kw_only=True, gc=False):
    """An amount is held, or the hold of a payment was raised to `amount` (then with the same `hold_id` and a higher `step`)."""

    hold_id: str
    step: int = 1
    expires_at: datetime | None = None


class HoldReleased(_MoneyFact, frozen=True, kw_only=True, gc=False):
    """What was still held of a payment is held no more. `amount`: what is let go."""

    hold_id: str
    reason: str


class PaymentCaptured(_MoneyFact, frozen=True, kw_only=True, gc=False):
    """Money was taken. `amount` never exceeds what was held. `fee`: what the provider keeps, where it has said so."""

    capture_id: str
    fee: Money | None = None
    credit_line_id: str | None = None
    """Who is sent the invoice, where one pays; and the cost centre of the member."""
    cost_center: str | None = None


class PaymentRefunded(_MoneyFact, frozen=True, kw_only=True, gc=False):
    """Money went back, after it was taken. `cdr_id`: the CDR it credits, if it does."""

    refund_id: str
    reason: str
    cdr_id: str | None = None
    credit_line_id: str | None = None
    cost_center: str | None = None


class PaymentDisputed(_MoneyFact, frozen=True, kw_only=True, gc=False):
    """A payer's bank took money back (`state` "opened"), or the dispute was "won" or "lost"."""

    dispute_id: str
    state: str


class WalletToppedUp(_MoneyFact, frozen=True, kw_only=True, gc=False):
    """A captured payment became balance in a wallet. `provider` and `method` are those of the payment that filled it."""

    wallet_id: str
    top_up_id: str


class ProviderFeeBooked(Event, frozen=True, kw_only=True, gc=False):
    """What a provider keeps of a capture stands in its books. It may have been said with the capture already
    (`PaymentCaptured.fee`): then this is no news. The fee may be in another currency than the capture."""

    provider: str
    payment_id: str
    capture_id: str
    fee: Money

    def key(self) -> str:
        return self.payment_id


class ProviderPaidOut(Event, frozen=True, kw_only=True, gc=False):
    """A provider sent what it had taken to the operator's bank."""

    provider: str
    payout_id: str
    amount: Money
    fee: Money | None = None

    def key(self) -> str:
        return self.provider

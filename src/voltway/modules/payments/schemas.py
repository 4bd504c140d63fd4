"""What the payments module's routes take and give."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from voltway.kernel.http import Instant, MoneyOut, Schema
from voltway.kernel.money import Money

Method = Literal["card", "alipay", "wechat_pay", "wallet", "invoice", "voucher"]
PaymentState = Literal["created", "holding", "held", "capturing", "captured", "releasing", "released", "failed"]
StartState = Literal["none", "due", "ordered", "accepted", "unknown", "failed", "running"]


class AmountIn(MoneyOut):
    """An amount."""

    minor: int = Field(gt=0, le=10**12)
    currency: str = Field(pattern=r"^[A-Z]{3}$")


class StartIn(Schema):
    """A visit that somebody wants to pay for. Prices are the tariff's: none is taken from here."""

    code: str | None = Field(None, min_length=1, max_length=40, description="printed on the EVSE; or the next two")
    station_identity: str | None = Field(None, min_length=1, max_length=48)
    evse_number: int | None = Field(None, ge=1, le=10_000)
    operator: str | None = Field(
        None, max_length=63, description="where several operators have a station of this identity"
    )
    method: Method
    source: str | None = Field(
        None,
        min_length=1,
        max_length=255,
        description="what pays: a payment method of the provider, or a voucher's code",
    )
    card_id: str | None = Field(None, max_length=36, description="instead: one of the account's cards that are kept")
    limit: AmountIn | None = Field(None, description="the most that the visit may cost; null: the usual")
    return_url: str | None = Field(None, max_length=1000, pattern=r"^https?://\S+$")
    is_sent_again: bool = Field(
        False, description="no answer came: if this payment did, it is given as it is, also when it is over"
    )

    @model_validator(mode="after")
    def _names_one_place(self) -> Self:
        by_identity = self.station_identity is not None and self.evse_number is not None
        if (self.code is None) is not by_identity:
            raise ValueError("name the place by `code`, or by `station_identity` and `evse_number`")
        if self.card_id is not None and (self.method != "card" or self.source is not None):
            raise ValueError("`card_id` goes with the method card, and without `source`")
        return self


class OfferOut(Schema):
    """What charging costs at an EVSE, and how it can be paid. `hold`: what is held at first, `limit`: the most, if no other is
    named."""

    station_identity: str
    evse_number: int
    tariff: dict[str, Any]
    methods: list[str]
    limit: MoneyOut
    hold: MoneyOut


class VisitOut(Schema):
    """A payment as its payer sees it. `is_pending`: what came of the last call is not known yet."""

    payment_id: str
    key: str | None = Field(description="opens this payment to whoever has no account; keep it")
    state: PaymentState
    is_pending: bool
    start: StartState
    reason: str | None
    method: str
    held: MoneyOut
    captured: MoneyOut
    refunded: MoneyOut
    limit: MoneyOut
    action_url: str | None = Field(description="where the payer must confirm, else null")
    session_id: str | None
    hold_expires_at: Instant | None
    created_at: Instant


class CableOut(Schema):
    """Whether the station says that it has let the cable go."""

    is_let_go: bool


class ProviderCallOut(Schema):
    """A call to a provider."""

    id: str
    kind: str
    amount: MoneyOut
    state: str
    reason: str | None
    answer: str | None
    reference: str | None
    tries: int
    made_at: Instant
    settled_at: Instant | None


class PaymentOut(Schema):
    """A payment as the operator sees it."""

    id: str
    purpose: Literal["charge", "top_up"]
    provider: str
    method: str
    payer_id: str | None
    station_id: str | None
    location_id: str | None
    evse_number: int | None
    session_id: str | None
    cdr_id: str | None
    state: PaymentState
    start: StartState
    reason: str | None
    reference: str | None
    limit: MoneyOut
    held: MoneyOut
    captured: MoneyOut
    refunded: MoneyOut
    owed: MoneyOut | None
    hold_expires_at: Instant | None
    created_at: Instant
    changed_at: Instant


class PaymentDetailOut(PaymentOut):
    """A payment with all that was asked of its provider, oldest first."""

    calls: list[ProviderCallOut]


class RefundIn(Schema):
    """Money that shall go back."""

    amount: AmountIn
    reason: str = Field(min_length=1, max_length=40)


def check_one_card(source: str | None, card_id: str | None) -> None:
    """A card is named either way, and not both. Raises ValueError."""
    if (source is None) is (card_id is None):
        raise ValueError("name the card by `source`, or by `card_id`")


class AutoTopUp(Schema):
    """A wallet that fills itself: below `below` it takes `amount`, in a month no more than `month_max`."""

    method: Literal["card"] = "card"
    source: str | None = Field(None, min_length=1, max_length=255)
    card_id: str | None = Field(None, max_length=36, description="instead: one of the account's cards that are kept")
    below_minor: int = Field(gt=0, le=10**9)
    amount_minor: int = Field(gt=0, le=10**9)
    month_max_minor: int = Field(gt=0, le=10**9)

    @model_validator(mode="after")
    def _names_one_card(self) -> Self:
        check_one_card(self.source, self.card_id)
        return self


class AutoTopUpIn(Schema):
    """How a wallet fills itself; null: not at all."""

    currency: str = Field(pattern=r"^[A-Z]{3}$")
    auto_top_up: AutoTopUp | None


class WalletOut(Schema):
    """A prepaid balance; `held` is part of it."""

    id: str
    balance: MoneyOut
    held: MoneyOut
    auto_top_up: AutoTopUp | None


class StaffWalletOut(Schema):
    """A driver's prepaid balance as the operator's people see it: by what it fills itself is the driver's."""

    id: str
    account_id: str
    balance: MoneyOut
    held: MoneyOut
    is_filled_by_itself: bool
    changed_at: Instant


def staff_wallet_out(row: Any) -> StaffWalletOut:
    """A row of payments_wallets."""
    return StaffWalletOut(
        id=row.id,
        account_id=row.account_id,
        balance=money(row.balance_minor, row.currency),
        held=money(row.held_minor, row.currency),
        is_filled_by_itself=row.auto_top_up is not None,
        changed_at=row.changed_at,
    )


class TopUpIn(Schema):
    """A wallet that shall be filled."""

    amount: AmountIn
    method: Literal["card", "alipay", "wechat_pay"]
    source: str | None = Field(None, min_length=1, max_length=255)
    card_id: str | None = Field(None, max_length=36, description="instead: one of the account's cards that are kept")
    return_url: str | None = Field(None, max_length=1000, pattern=r"^https?://\S+$")

    @model_validator(mode="after")
    def _names_one_card(self) -> Self:
        if self.card_id is not None and self.method != "card":
            raise ValueError("`card_id` goes with the method card")
        check_one_card(self.source, self.card_id)
        return self


class VoucherIn(Schema):
    """Something that pays for drivers. `free` and `host` are budgets of the operator and of a location's host."""

    kind: Literal["voucher", "free", "host"] = "voucher"
    amount: AmountIn
    location_id: str | None = Field(None, max_length=36)
    expires_at: Instant | None = None


class VoucherOut(Schema):
    """A voucher without its code."""

    id: str
    kind: Literal["voucher", "free", "host"]
    hint: str
    amount: MoneyOut
    held: MoneyOut
    used: MoneyOut
    location_id: str | None
    expires_at: Instant | None
    is_active: bool
    created_at: Instant


class VoucherCreated(VoucherOut):
    """A new voucher; `code` is shown this once."""

    code: str


class CreditLineIn(Schema):
    """Who pays by invoice: account id -> cost centre."""

    name: str = Field(min_length=1, max_length=200)
    credit_limit: AmountIn
    members: dict[str, str] = Field(default_factory=dict, max_length=5000)
    is_active: bool = True


class CreditLineOut(Schema):
    """A credit line; `open`: taken and not paid yet."""

    id: str
    name: str
    credit_limit: MoneyOut
    held: MoneyOut
    open: MoneyOut
    members: dict[str, str]
    is_active: bool


class SettledIn(Schema):
    """An invoice was paid."""

    amount: AmountIn


class TerminalPaymentIn(Schema):
    """What a card terminal has authorised."""

    station_identity: str = Field(min_length=1, max_length=48)
    evse_number: int = Field(ge=1, le=10_000)
    psp_reference: str = Field(min_length=1, max_length=200)
    authorized: AmountIn


class TerminalOrderOut(Schema):
    """What the backend of a terminal shall do; it confirms each order once it is done, or was not possible."""

    order_id: str
    payment_id: str
    psp_reference: str
    kind: str
    amount: MoneyOut
    made_at: Instant


class ConfirmationIn(Schema):
    """What became of an order. `amount`: where less was taken."""

    outcome: Literal["done", "declined"]
    reason: str | None = Field(None, max_length=40)


def money(minor: int, currency: str) -> MoneyOut:
    """An amount as JSON has it."""
    return MoneyOut.of(Money(minor, currency))


def visit_out(row: Any, key: str | None, *, is_pending: bool) -> VisitOut:
    """A payment for its payer."""
    return VisitOut(
        payment_id=row.id,
        key=key,
        state=row.state,
        is_pending=is_pending,
        start=row.start_state,
        reason=row.reason,
        method=row.method,
        held=money(row.held_minor, row.currency),
        captured=money(row.captured_minor, row.currency),
        refunded=money(row.refunded_minor, row.currency),
        limit=money(row.limit_minor, row.currency),
        action_url=row.action_url,
        session_id=row.session_id,
        hold_expires_at=row.hold_expires_at,
        created_at=row.created_at,
    )


_AMOUNTS = ("limit", "held", "captured", "refunded")


def payment_out(row: Any) -> PaymentOut:
    """A payment for the operator."""
    return PaymentOut(**_payment_fields(row))


def payment_detail_out(row: Any, calls: Any) -> PaymentDetailOut:
    """A payment with its calls."""
    return PaymentDetailOut(**_payment_fields(row), calls=[_call_out(call, row.currency) for call in calls])


def _payment_fields(row: Any) -> dict[str, Any]:
    special = {*_AMOUNTS, "owed", "start"}
    fields = {name: getattr(row, name) for name in PaymentOut.model_fields if name not in special}
    fields |= {name: money(getattr(row, f"{name}_minor"), row.currency) for name in _AMOUNTS}
    fields["owed"] = None if row.owed_minor is None else money(row.owed_minor, row.currency)
    return fields | {"start": row.start_state}


def _call_out(call: Any, currency: str) -> ProviderCallOut:
    fields = {name: getattr(call, name) for name in ProviderCallOut.model_fields if name != "amount"}
    return ProviderCallOut(**fields, amount=money(call.amount_minor, currency))

"""The ledger and the settlement with hosts, as the API shows and takes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainSerializer
from stdnum import iban

from voltway.kernel.http import Instant, MoneyOut, Schema
from voltway.modules.ledger.rules import Balance

Plain = PlainSerializer(lambda value: format(value, "f"), return_type=str)
Month = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-03"])]


def _iban(value: str) -> str:
    if not iban.is_valid(value):
        raise ValueError("is not an IBAN: its form or its check digits are wrong")
    return str(iban.compact(value))


class LedgerAccountOut(Schema):
    """An account in one currency. `balance` is on the side on which the account grows; `pending` is held, and in no balance."""

    account: str
    side: str = Field(description="debit or credit: on which the account grows")
    balance: MoneyOut
    debits: MoneyOut
    credits: MoneyOut
    pending: MoneyOut


class TrialBalanceOut(Schema):
    """All debits against all credits of a currency, and the balances that stand on either side."""

    currency: str
    debits_minor: int
    credits_minor: int
    balances_debit_minor: int
    balances_credit_minor: int
    is_balanced: bool


class LedgerEntryOut(Schema):
    """An amount that debits one account and credits another. `phase`: posted, pending, released."""

    number: int
    line: int
    kind: str
    debit: str
    credit: str
    amount: MoneyOut
    phase: str
    at: Instant
    posted_at: Instant
    session_id: str | None
    payment_id: str | None
    cdr_id: str | None


class LedgerBrokenOut(Schema):
    """The first posting at which the chain does not hold."""

    number: int
    says: str


class LedgerVerificationOut(Schema):
    """How the operator's ledger stands. `postings`: up to which it holds; `hash`: of that posting."""

    is_whole: bool
    postings: int
    hash: str
    is_anchored: bool = Field(description="a file outside the database says where the ledger was seen to end")
    broken: LedgerBrokenOut | None


class LedgerDifferenceOut(Schema):
    """What two sides say differently of one thing."""

    id: str
    kind: str
    subject: str
    expected: MoneyOut | None
    found: MoneyOut | None
    state: str = Field(description="open, resolved, gone")
    assignee_id: str | None
    note: str | None
    reason: str | None
    found_at: Instant
    changed_at: Instant


class DifferenceChange(Schema):
    """Who looks after it, what is known of it, and why it is resolved (then it is)."""

    assignee_id: str | None = Field(default=None, max_length=36)
    note: str | None = Field(default=None, max_length=2000)
    reason: str | None = Field(default=None, min_length=3, max_length=2000)


class ReconciliationOut(Schema):
    """How many differences were found now."""

    differences: int


class HostIn(Schema):
    """A site host, and the account it is paid to."""

    name: str = Field(min_length=1, max_length=70)
    iban: Annotated[str, Field(max_length=42), AfterValidator(_iban)]
    bic: str | None = Field(default=None, pattern="^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$")


class HostOut(HostIn):
    """A site host."""

    id: str
    created_at: Instant


class AgreementIn(Schema):
    """What a host gets for a location from a day on (UTC), until the next agreement of the location."""

    host_id: str = Field(max_length=36)
    location_id: str = Field(max_length=36)
    valid_from: date
    currency: str = Field(pattern="^[A-Z]{3}$")
    share_percent: Annotated[Decimal, Field(ge=0, le=100, max_digits=7, decimal_places=4), Plain] = Decimal(0)
    fixed_minor: int = Field(default=0, ge=0, le=10**12, description="for each month, minor units")
    energy_price: Annotated[Decimal, Field(ge=0, le=1000, max_digits=10, decimal_places=6), Plain] = Decimal(0)
    """Per kWh, major units."""


class AgreementOut(AgreementIn):
    """An agreement. It is never edited: another one follows it."""

    id: str
    created_at: Instant


class StatementOut(Schema):
    """What a host gets for a month. `id` is null while the month is open: then it is what is posted so far."""

    id: str | None
    host_id: str
    month: str
    total: MoneyOut
    lines: list[dict[str, Any]]
    left_out: int = Field(description="sessions in another currency than the agreement's")
    closed_at: Instant | None
    batch_id: str | None
    is_paid: bool


class StatementClosing(Schema):
    """Which month of which host is closed."""

    host_id: str = Field(max_length=36)
    month: Month


class StatementsOut(Schema):
    """The statements of a host for a month, one for each currency."""

    items: list[StatementOut]


class BatchIn(Schema):
    """Which statements are paid together."""

    statement_ids: list[Annotated[str, Field(max_length=36)]] = Field(min_length=1, max_length=1000)


class BatchOut(Schema):
    """Payouts to hosts. `state`: draft, approved, rejected, paid."""

    id: str
    state: str
    total: MoneyOut
    payees: list[dict[str, Any]]
    made_by: str
    approved_by: str | None
    created_at: Instant
    changed_at: Instant


def account_out(one: Balance, side: str) -> LedgerAccountOut:
    """A balance as the API shows it."""

    def money(minor: int) -> MoneyOut:
        return MoneyOut(minor=minor, currency=one.currency)

    return LedgerAccountOut(
        account=one.account,
        side=side,
        balance=money(one.minor),
        debits=money(one.debits),
        credits=money(one.credits),
        pending=money(one.pending),
    )


def difference_out(row: Any) -> LedgerDifferenceOut:
    """A row of ledger_differences as the API shows it."""
    amounts: dict[str, Any] = {
        name: None if (minor := getattr(row, f"{name}_minor")) is None else MoneyOut(minor=minor, currency=row.currency)
        for name in ("expected", "found")
    }
    plain = {name: getattr(row, name) for name in LedgerDifferenceOut.model_fields if name not in amounts}
    return LedgerDifferenceOut(**plain, **amounts)


def statement_out(document: Any, row: Any = None) -> StatementOut:
    """A statement, closed (its row) or as it stands."""
    total = sum(line["share_minor"] + line["fixed_minor"] + line["energy_minor"] for line in document["lines"])
    return StatementOut(
        id=None if row is None else row.id,
        host_id=document["host_id"],
        month=document["month"],
        total=MoneyOut(minor=total, currency=document["currency"]),
        lines=list(document["lines"]),
        left_out=document["left_out"],
        closed_at=None if row is None else row.closed_at,
        batch_id=None if row is None else row.batch_id,
        is_paid=row is not None and row.is_paid,
    )


def batch_out(row: Any) -> BatchOut:
    """A row of ledger_batches as the API shows it."""
    plain = {name: getattr(row, name) for name in BatchOut.model_fields if name not in ("total", "payees")}
    return BatchOut(**plain, total=MoneyOut(minor=row.total_minor, currency=row.currency), payees=row.document)

"""What stations and billing say to each other of prices and payment: tariffs at the station, settlements, VAT numbers."""

from __future__ import annotations

from datetime import datetime

import msgspec

from voltway.charging.pricing import Tariff
from voltway.contracts.security import AuthorizeContract
from voltway.contracts.station_link import Authorization, Report
from voltway.contracts.users import AuthorizeTokens
from voltway.contracts.vocabulary import SpendingLimit
from voltway.kernel.bus.asks import Ask
from voltway.kernel.bus.event import Event
from voltway.kernel.secrets import derive_key

# ---- tariffs at the station


class FindTariff(Ask[Tariff | None], frozen=True, kw_only=True):
    """A tariff of an operator by its id."""

    operator_id: str
    tariff_id: str


class TariffAbility(msgspec.Struct, frozen=True, kw_only=True):
    """What a station has said of tariffs. None: nothing. `has_local_cost`: it computes the cost of a charge by itself;
    `shows_cost_it_is_told`: it shows what we say that a charge costs so far; `takes_conditions`: of prices; `prices_max`: how
    many in one tariff."""

    takes_tariffs: bool | None = None
    has_local_cost: bool | None = None
    shows_cost_it_is_told: bool | None = None
    currency: str | None = None
    takes_conditions: bool | None = None
    prices_max: int | None = None


class FindTariffAbility(Ask[list[TariffAbility]], frozen=True, kw_only=True):
    """What stations have said of tariffs, in their order."""

    station_ids: tuple[str, ...]


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict on a token, and the tariff by which the station is to compute the cost, where it does."""

    verdicts: list[Authorization]
    tariff: Tariff | None = None


class AuthorizeWithTariff(Ask[Offer], frozen=True, kw_only=True):
    """Who may charge, and by which tariff."""

    who: AuthorizeTokens | AuthorizeContract
    operator_id: str
    station_id: str
    location_id: str | None


# ---- payment on the web

TOTP_VALIDITY_S, TOTP_LENGTH = 60, 10
"""How long the one-time password in a station's QR code holds, and how long it is (WebPaymentsCtrlr, OCPP 2.1 C25)."""


def shared_secret(secret: bytes, station_id: str) -> str:
    """What a station makes its one-time passwords of; nobody need keep it, for it follows from the installation's secret."""
    return derive_key(secret, f"web-payment:{station_id}").hex()


class PaidLimit(msgspec.Struct, frozen=True, kw_only=True):
    """How far the session of a payment may go, at its station; nowhere at all where it is not paid, or cancelled."""

    station_id: str
    is_paid: bool
    limit: SpendingLimit


class FindPaidLimits(Ask[list[PaidLimit | None]], frozen=True, kw_only=True):
    """What was paid on the web for tokens, in their order; None: that token is of no such payment."""

    id_tokens: tuple[str, ...]


class WebPaymentCancelled(Event, frozen=True, kw_only=True, gc=False):
    """A payment was made, and no transaction came of it: the money goes back. `reason`: station_offline, station_refused,
    station_silent, not_possible, not_plugged_in."""

    payment_id: str
    psp_reference: str
    reason: str

    def key(self) -> str:
        return self.payment_id


# ---- settlements


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """A company and its address."""

    name: str
    address: str
    address_2: str | None = None
    postal_code: str | None = None
    city: str
    country: str


class ReportSettlement(Report, frozen=True, kw_only=True, gc=False):
    """A payment at the station's terminal was settled, or not. `amount_text`: major units as the station wrote them; it names
    no currency. Answered by `SettlementReceipt`."""

    psp_reference: str
    status: str
    """Settled, Canceled, Rejected, Failed."""
    amount_text: str
    settled_at: datetime
    transaction_id: str | None = None
    receipt_id: str | None = None
    receipt_url: str | None = None
    remark: str | None = None
    vat_number: str | None = None
    vat_company: Company | None = None


class SettlementReceipt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where the driver finds the receipt, if it is we who give it."""

    receipt_id: str | None = None
    receipt_url: str | None = None


class TransactionQuery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A transaction by the station's own id."""

    station_id: str
    transaction_id: str


class TransactionSession(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The session of a transaction, and the currency of its tariff."""

    session_id: str
    currency: str | None


class FindTransactions(Ask[list[TransactionSession | None]], frozen=True, kw_only=True):
    """The sessions of transactions, in their order."""

    queries: tuple[TransactionQuery, ...]


# ---- VAT numbers


class VatVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a VAT number is one, and whose it is where a register has said so."""

    is_valid: bool
    reason: str | None = None
    company: Company | None = None


class ValidateVatNumber(Ask[VatVerdict], frozen=True, kw_only=True):
    """Check a VAT number: its form and check digits, and the register if there is one."""

    vat_number: str

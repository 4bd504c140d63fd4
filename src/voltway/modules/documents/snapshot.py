"""What a document says: the shape of the JSON that is kept for good. Every struct may gain fields, none loses one.

It holds facts and no sentences, but for names and the tariff's words: in which language it is read is decided when it is shown.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from voltway.charging.pricing import Cost
from voltway.kernel.money import Money


class Kind(StrEnum):
    """What a document is. A statement lists others and is no bill; the rest are what tax law calls invoices."""

    RECEIPT = "receipt"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    STATEMENT = "statement"


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A postal address. `country`: ISO 3166-1 alpha-2."""

    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None


class Bank(msgspec.Struct, frozen=True, kw_only=True):
    """An account to pay to."""

    iban: str
    bic: str | None = None
    name: str | None = None


class Seller(msgspec.Struct, frozen=True, kw_only=True):
    """The legal entity, as it was on the day."""

    entity_id: str
    name: str
    address: Address
    vat_id: str | None = None
    tax_number: str | None = None
    register_entry: str | None = None
    email: str | None = None
    phone: str | None = None
    website: str | None = None
    bank: Bank | None = None
    footer: str | None = None


class Buyer(msgspec.Struct, frozen=True, kw_only=True):
    """Whom an invoice is for. Receipts and statements name nobody."""

    customer_id: str
    name: str
    address: Address
    vat_id: str | None = None
    reference: str | None = None


class SignedValue(msgspec.Struct, frozen=True, kw_only=True):
    """What the meter signed, as it came."""

    at: datetime
    context: str
    text: str
    method: str | None = None
    public_key: str | None = None


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """One session with its price. Instants are UTC; `time_zone` is the place's. `token`: masked."""

    session_id: str
    cdr_id: str
    station_identity: str
    evse_number: int | None
    connector_number: int | None
    location_name: str | None
    address: Address | None
    time_zone: str
    started_at: datetime | None
    ended_at: datetime | None
    energy_wh: int | None
    meter_start_wh: int | None
    meter_stop_wh: int | None
    token: str | None
    cost: Cost
    tariff_words: dict[str, str] = {}
    """Language -> the sentence that told the price before the start."""
    signed: tuple[SignedValue, ...] = ()


class VatPart(msgspec.Struct, frozen=True, kw_only=True):
    """All that is taxed at one rate."""

    vat_percent: Decimal
    excl_vat: Money
    vat: Money


class Credited(msgspec.Struct, frozen=True, kw_only=True):
    """The document that a credit note takes back, in whole or one charge of it. `cause`: why, as it was said."""

    document_id: str
    kind: Kind
    number: str
    issued_at: datetime
    cause: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a statement: a document of the month. The amount of a credit note is negative."""

    issued_at: datetime
    kind: Kind
    number: str
    location_name: str | None
    energy_wh: int | None
    amount: Money


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """A payment in a statement; what was given back is negative."""

    at: datetime
    method: str
    amount: Money


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A document. Sums are those of the charges; of a statement, those of its rows."""

    version: int = 1
    kind: Kind
    number: str
    issued_at: datetime
    locale: str
    time_zone: str
    currency: str
    seller: Seller
    buyer: Buyer | None = None
    period_start_at: datetime | None = None
    period_end_at: datetime | None = None
    due_at: datetime | None = None
    charges: tuple[Charge, ...] = ()
    vat_parts: tuple[VatPart, ...] = ()
    excl_vat: Money
    vat: Money
    incl_vat: Money
    credited: Credited | None = None
    rows: tuple[Row, ...] = ()
    settled: tuple[Settled, ...] = ()

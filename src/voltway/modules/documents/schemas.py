"""Documents, legal entities and customers as the API shows and takes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints
from stdnum import bic as bic_numbers
from stdnum import iban as iban_numbers
from stdnum.exceptions import ValidationError

from voltway.charging import vat_numbers
from voltway.kernel.http import Instant, MoneyOut, Schema
from voltway.kernel.money import Money
from voltway.modules.documents.snapshot import Kind


def _line(most: int) -> Any:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=most, pattern=r"^[^\x00-\x1f\x7f]*$")


def check_vat_id(value: str) -> str:
    """A VAT number of a country that is known, without blanks."""
    try:
        return vat_numbers.check(value)
    except vat_numbers.NoVatNumber as error:
        raise ValueError(f"is no VAT number: {error}") from error


def _check(module: Any, what: str) -> Any:
    def checked(value: str) -> str:
        try:
            return str(module.validate(value))
        except ValidationError as error:
            raise ValueError(f"is no {what}: {error}") from error

    return AfterValidator(checked)


def _check_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("is no time zone of the IANA data base, such as Europe/Berlin")
    return value


VatId = Annotated[str, Field(max_length=20), AfterValidator(check_vat_id)]
Locale = Literal["en", "de", "zh"]
Email = Annotated[
    str, Field(min_length=3, max_length=254, pattern=r"^[\x21-\x3f\x41-\x7e]{1,64}@[^\s@\x00-\x1f]{1,253}$")
]
Id = Annotated[str, Field(min_length=1, max_length=36)]


class AddressPart(Schema):
    """A postal address."""

    street: Annotated[str, _line(200)] | None = None
    postal_code: Annotated[str, _line(20)] | None = None
    city: Annotated[str, _line(100)] | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")] | None = None


class BankPart(Schema):
    """An account to pay to."""

    iban: Annotated[str, Field(max_length=42), _check(iban_numbers, "IBAN")]
    bic: Annotated[str, Field(max_length=11), _check(bic_numbers, "BIC")] | None = None
    name: Annotated[str, _line(100)] | None = None


class EntityIn(Schema):
    """A legal entity: who sells, and stands on the documents."""

    name: Annotated[str, _line(200)]
    address: AddressPart = AddressPart()
    vat_id: VatId | None = None
    tax_number: Annotated[str, _line(40)] | None = None
    register_entry: Annotated[str, _line(200)] | None = None
    email: Email | None = None
    phone: Annotated[str, _line(40)] | None = None
    website: Annotated[str, _line(200)] | None = None
    bank: BankPart | None = None
    number_prefix: str = Field(
        pattern=r"^[A-Z0-9]{1,12}$", description="its numbers begin with it; fixed once there is one"
    )
    locale: Locale = "en"
    time_zone: Annotated[str, Field(max_length=64), AfterValidator(_check_zone)] = Field(
        "UTC", description="by its clock months and years begin"
    )
    due_days: int = Field(14, ge=0, le=365, description="so long an invoice may wait to be paid")
    footer: Annotated[str, _line(500)] | None = None
    place_ids: list[Id] | None = Field(None, max_length=500, description="the locations whose sessions it sells")
    is_default: bool = Field(False, description="it sells what no other one does; at most one is")


class EntityOut(EntityIn):
    """A legal entity."""

    id: str
    vat_id: str | None = None
    email: str | None = None
    time_zone: str = "UTC"
    number_prefix: str
    created_at: Instant
    changed_at: Instant


class CustomerIn(Schema):
    """Somebody who gets invoices in place of receipts: for each session, or one a month."""

    name: Annotated[str, _line(200)]
    address: AddressPart = AddressPart()
    vat_id: VatId | None = None
    email: Email | None = None
    reference: Annotated[str, _line(100)] | None = Field(
        None, description="stands on the invoices: an order number, a cost centre"
    )
    locale: Locale = "en"
    cadence: Literal["session", "monthly"] = "monthly"
    account_id: Id | None = Field(None, description="whose sessions it pays")
    id_token_ids: list[Id] = Field([], max_length=1000, description="the cards whose sessions it pays")


class CustomerOut(CustomerIn):
    """A customer."""

    id: str
    vat_id: str | None = None
    email: str | None = None
    created_at: Instant
    changed_at: Instant


class DocumentOut(Schema):
    """A document. What it says in full: GET …/content, …/pdf, …/xml, or the page at `link`."""

    id: str
    kind: Kind
    number: str
    entity_id: str
    session_id: str | None
    credits_id: str | None = Field(description="the document that a credit note takes back")
    payer_id: str | None
    customer_id: str | None
    location_id: str | None
    locale: str
    excl_vat: MoneyOut
    incl_vat: MoneyOut
    sha256: str = Field(description="of the content, byte for byte")
    issued_at: Instant
    sent_at: Instant | None
    link: str = Field(description="a page for whoever has the address")


def document_out(row: Any, link: str) -> DocumentOut:
    """A row as the API shows it."""
    same = {name: getattr(row, name) for name in DocumentOut.model_fields if hasattr(row, name)}
    return DocumentOut(
        **same,
        excl_vat=MoneyOut.of(Money(row.excl_vat_minor, row.currency)),
        incl_vat=MoneyOut.of(Money(row.incl_vat_minor, row.currency)),
        link=link,
    )

"""Tables of the documents module.

A document is written once: nothing of its row changes but who may see it (`payer_id`, let go when a person goes) and when it was
last sent. What it says is `snapshot`, a JSON text, with its SHA-256.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata


def _long() -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(LONGTEXT(), "mysql", "mariadb")


entities = sa.Table(
    "documents_entities",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("address", JsonDocument, nullable=False),
    sa.Column("vat_id", sa.String(20)),
    sa.Column("tax_number", sa.String(40)),
    sa.Column("register_entry", sa.String(200)),
    sa.Column("email", sa.String(254)),
    sa.Column("phone", sa.String(40)),
    sa.Column("website", sa.String(200)),
    sa.Column("bank", JsonDocument),
    sa.Column("number_prefix", sa.String(16), nullable=False),
    sa.Column("locale", sa.String(8), nullable=False),
    sa.Column("time_zone", sa.String(64), nullable=False),
    sa.Column("due_days", sa.Integer, nullable=False),
    sa.Column("footer", sa.String(500)),
    sa.Column("place_ids", JsonDocument),
    sa.Column("is_default", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("operator_id", "number_prefix"),
)
"""Legal entities: who sells. `place_ids`: the locations whose sessions it sells; null: only what no other one does, if it is
the default. `address`: street, postal_code, city, country. `bank`: iban, bic, name."""

series = sa.Table(
    "documents_series",
    metadata,
    sa.Column("entity_id", sa.String(36), primary_key=True),
    sa.Column("kind", sa.String(12), primary_key=True),
    sa.Column("year", sa.Integer, primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("last_number", sa.Integer, nullable=False),
)
"""The last number of each series. It is raised in the transaction that writes the document: a transaction that fails, or a
process that dies, takes the number back with it, and the next one waits for the row."""

documents = sa.Table(
    "documents_documents",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("location_id", sa.String(36)),
    sa.Column("entity_id", sa.String(36), nullable=False),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("number", sa.String(40), nullable=False),
    sa.Column("series_year", sa.Integer, nullable=False),
    sa.Column("series_number", sa.Integer, nullable=False),
    sa.Column("origin", sa.String(120), nullable=False),
    sa.Column("session_id", sa.String(36), index=True),
    sa.Column("credits_id", sa.String(36), index=True),
    sa.Column("payer_id", sa.String(36)),
    sa.Column("customer_id", sa.String(36)),
    sa.Column("locale", sa.String(8), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("excl_vat_minor", sa.BigInteger, nullable=False),
    sa.Column("incl_vat_minor", sa.BigInteger, nullable=False),
    sa.Column("snapshot", _long(), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("issued_at", UtcDateTime, nullable=False),
    sa.Column("sent_at", UtcDateTime),
    sa.UniqueConstraint("operator_id", "number"),
    sa.UniqueConstraint("operator_id", "origin"),
    sa.UniqueConstraint("entity_id", "kind", "series_year", "series_number"),
    sa.Index("ix_documents_documents_operator", "operator_id", "id"),
    sa.Index("ix_documents_documents_payer", "payer_id", "id"),
    sa.Index("ix_documents_documents_customer", "customer_id", "id"),
)
"""`origin`: what it was made of (`charge:…`, `credit:…`, `month:…`): the same cause makes one document, however often it is told."""

charges = sa.Table(
    "documents_charges",
    metadata,
    sa.Column("cdr_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("session_id", sa.String(36), nullable=False, index=True),
    sa.Column("location_id", sa.String(36)),
    sa.Column("entity_id", sa.String(36), nullable=False),
    sa.Column("customer_id", sa.String(36)),
    sa.Column("payer_id", sa.String(36)),
    sa.Column("charge", _long(), nullable=False),
    sa.Column("ended_at", UtcDateTime, nullable=False),
    sa.Column("document_id", sa.String(36), index=True),
    sa.Column("is_credited", sa.Boolean, nullable=False),
    sa.Index("ix_documents_charges_waiting", "customer_id", "document_id", "ended_at"),
)
"""What was sold, one row per CDR. `document_id` is null while it waits for its customer's monthly invoice."""

customers = sa.Table(
    "documents_customers",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("account_id", sa.String(36), index=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("address", JsonDocument, nullable=False),
    sa.Column("vat_id", sa.String(20)),
    sa.Column("email", sa.String(254)),
    sa.Column("reference", sa.String(100)),
    sa.Column("locale", sa.String(8), nullable=False),
    sa.Column("cadence", sa.String(8), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
)
"""Who gets invoices in place of receipts: `session` one for each, `monthly` one for all of a month."""

customer_tokens = sa.Table(
    "documents_customer_tokens",
    metadata,
    sa.Column("id_token_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("customer_id", sa.String(36), sa.ForeignKey(customers.c.id), nullable=False, index=True),
)
"""The tokens whose sessions a customer pays, such as the cards of a fleet."""

payments = sa.Table(
    "documents_payments",
    metadata,
    sa.Column("id", sa.String(100), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("session_id", sa.String(36), index=True),
    sa.Column("payer_id", sa.String(36), index=True),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("provider", sa.String(40), nullable=False),
    sa.Column("method", sa.String(40), nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)
"""What was paid (`captured`) and given back (`refunded`), once per id of the payments part."""

orders = sa.Table(
    "documents_orders",
    metadata,
    sa.Column("id", sa.String(120), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("session_id", sa.String(36), nullable=False),
    sa.Column("body", _long(), nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)
"""Documents that are to be made: filled with the event, emptied by a job in the transaction that writes the document."""

closings = sa.Table(
    "documents_closings",
    metadata,
    sa.Column("entity_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("closed_until", UtcDateTime, nullable=False),
)
"""Up to which instant an entity's months are closed: monthly invoices and statements are made."""

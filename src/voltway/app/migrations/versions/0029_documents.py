"""Receipts, invoices, credit notes and statements, with the legal entities that issue them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import LONGTEXT

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0029"
down_revision = "0028"


def _long() -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(LONGTEXT(), "mysql", "mariadb")


def _id(name: str, *, is_needed: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=36), nullable=not is_needed)


def _at(name: str, *, is_needed: bool = True) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime(), nullable=not is_needed)


def _index(table: str, name: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{name}"), table, list(columns), unique=False)


def upgrade() -> None:
    _create_parties()
    _create_documents()
    _create_work()


def _create_parties() -> None:
    op.create_table(
        "documents_entities",
        _id("id"),
        _id("operator_id"),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", JsonDocument(), nullable=False),
        sa.Column("vat_id", sa.String(length=20), nullable=True),
        sa.Column("tax_number", sa.String(length=40), nullable=True),
        sa.Column("register_entry", sa.String(length=200), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("website", sa.String(length=200), nullable=True),
        sa.Column("bank", JsonDocument(), nullable=True),
        sa.Column("number_prefix", sa.String(length=16), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("due_days", sa.Integer(), nullable=False),
        sa.Column("footer", sa.String(length=500), nullable=True),
        sa.Column("place_ids", JsonDocument(), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        _at("created_at"),
        _at("changed_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "operator_id", "number_prefix", name=op.f("uq_documents_entities_operator_id_number_prefix")
        ),
    )
    op.create_table(
        "documents_customers",
        _id("id"),
        _id("operator_id"),
        _id("account_id", is_needed=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", JsonDocument(), nullable=False),
        sa.Column("vat_id", sa.String(length=20), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("reference", sa.String(length=100), nullable=True),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("cadence", sa.String(length=8), nullable=False),
        _at("created_at"),
        _at("changed_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("documents_customers", "account_id", "account_id")
    op.create_table(
        "documents_customer_tokens",
        _id("id_token_id"),
        _id("operator_id"),
        _id("customer_id"),
        sa.PrimaryKeyConstraint("id_token_id"),
        sa.ForeignKeyConstraint(["customer_id"], ["documents_customers.id"]),
    )
    _index("documents_customer_tokens", "customer_id", "customer_id")


def _create_documents() -> None:
    op.create_table(
        "documents_series",
        _id("entity_id"),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        _id("operator_id"),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "kind", "year"),
    )
    op.create_table(
        "documents_documents",
        _id("id"),
        _id("operator_id"),
        _id("location_id", is_needed=False),
        _id("entity_id"),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("series_year", sa.Integer(), nullable=False),
        sa.Column("series_number", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=120), nullable=False),
        _id("session_id", is_needed=False),
        _id("credits_id", is_needed=False),
        _id("payer_id", is_needed=False),
        _id("customer_id", is_needed=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("excl_vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("incl_vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("snapshot", _long(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        _at("issued_at"),
        _at("sent_at", is_needed=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("operator_id", "number", name=op.f("uq_documents_documents_operator_id_number")),
        sa.UniqueConstraint("operator_id", "origin", name=op.f("uq_documents_documents_operator_id_origin")),
        sa.UniqueConstraint(
            "entity_id",
            "kind",
            "series_year",
            "series_number",
            name=op.f("uq_documents_documents_entity_id_kind_series_year_series_number"),
        ),
    )
    _index("documents_documents", "session_id", "session_id")
    _index("documents_documents", "credits_id", "credits_id")
    _index("documents_documents", "operator", "operator_id", "id")
    _index("documents_documents", "payer", "payer_id", "id")
    _index("documents_documents", "customer", "customer_id", "id")
    op.create_table(
        "documents_charges",
        _id("cdr_id"),
        _id("operator_id"),
        _id("session_id"),
        _id("location_id", is_needed=False),
        _id("entity_id"),
        _id("customer_id", is_needed=False),
        _id("payer_id", is_needed=False),
        sa.Column("charge", _long(), nullable=False),
        _at("ended_at"),
        _id("document_id", is_needed=False),
        sa.Column("is_credited", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("cdr_id"),
    )
    _index("documents_charges", "session_id", "session_id")
    _index("documents_charges", "document_id", "document_id")
    _index("documents_charges", "waiting", "customer_id", "document_id", "ended_at")


def _create_work() -> None:
    op.create_table(
        "documents_payments",
        sa.Column("id", sa.String(length=100), nullable=False),
        _id("operator_id"),
        _id("session_id", is_needed=False),
        _id("payer_id", is_needed=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        _at("at"),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("documents_payments", "session_id", "session_id")
    _index("documents_payments", "payer_id", "payer_id")
    op.create_table(
        "documents_orders",
        sa.Column("id", sa.String(length=120), nullable=False),
        _id("operator_id"),
        sa.Column("kind", sa.String(length=10), nullable=False),
        _id("session_id"),
        sa.Column("body", _long(), nullable=False),
        _at("due_at"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _at("created_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("documents_orders", "due_at", "due_at")
    op.create_table(
        "documents_closings",
        _id("entity_id"),
        _id("operator_id"),
        _at("closed_until"),
        sa.PrimaryKeyConstraint("entity_id"),
    )

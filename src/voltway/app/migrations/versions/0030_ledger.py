"""The ledger: facts, a chain of postings with their entries, which the database refuses to change; differences; hosts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    _make_books()
    _make_settlement()
    for table in ("ledger_postings", "ledger_entries"):
        _refuse_changes(table)


def _make_books() -> None:
    op.create_table(
        "ledger_facts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("fact_key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("document", JsonDocument(), nullable=False),
        sa.Column("heard_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("operator_id", "fact_key", name=op.f("uq_ledger_facts_operator_id_fact_key")),
    )
    op.create_index(op.f("ix_ledger_facts_due_at_id"), "ledger_facts", ["due_at", "id"], unique=False)
    op.create_table(
        "ledger_sessions",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=True),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session_id"),
    )
    op.create_table(
        "ledger_postings",
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fact_key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("posted_at", UtcDateTime(), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("payment_id", sa.String(length=100), nullable=True),
        sa.Column("cdr_id", sa.String(length=36), nullable=True),
        sa.Column("location_id", sa.String(length=36), nullable=True),
        sa.Column("document", JsonDocument(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "number"),
        sa.UniqueConstraint("operator_id", "fact_key", name=op.f("uq_ledger_postings_operator_id_fact_key")),
    )
    op.create_index(
        op.f("ix_ledger_postings_operator_id_cdr_id"), "ledger_postings", ["operator_id", "cdr_id"], unique=False
    )
    op.create_index(
        op.f("ix_ledger_postings_operator_id_payment_id"),
        "ledger_postings",
        ["operator_id", "payment_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_ledger_postings_operator_id_posted_at"), "ledger_postings", ["operator_id", "posted_at"], unique=False
    )
    op.create_index(
        op.f("ix_ledger_postings_operator_id_session_id"),
        "ledger_postings",
        ["operator_id", "session_id"],
        unique=False,
    )
    op.create_table(
        "ledger_entries",
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("debit", sa.String(length=100), nullable=False),
        sa.Column("credit", sa.String(length=100), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("phase", sa.String(length=10), nullable=False),
        sa.Column("posted_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_ledger_entries_accounts")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_ledger_entries_amount")),
        sa.CheckConstraint("phase IN ('posted', 'pending', 'released')", name=op.f("ck_ledger_entries_phase")),
        sa.PrimaryKeyConstraint("operator_id", "number", "line"),
    )
    op.create_index(
        op.f("ix_ledger_entries_operator_id_credit_posted_at"),
        "ledger_entries",
        ["operator_id", "credit", "posted_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_ledger_entries_operator_id_debit_posted_at"),
        "ledger_entries",
        ["operator_id", "debit", "posted_at"],
        unique=False,
    )
    op.create_table(
        "ledger_heads",
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("operator_id"),
    )


def _make_settlement() -> None:
    op.create_table(
        "ledger_differences",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("expected_minor", sa.BigInteger(), nullable=True),
        sa.Column("found_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("assignee_id", sa.String(length=36), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "operator_id", "kind", "subject", name=op.f("uq_ledger_differences_operator_id_kind_subject")
        ),
    )
    op.create_table(
        "ledger_hosts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=70), nullable=False),
        sa.Column("iban", sa.String(length=34), nullable=False),
        sa.Column("bic", sa.String(length=11), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_ledger_hosts_operator_id"), "ledger_hosts", ["operator_id"], unique=False)
    op.create_table(
        "ledger_agreements",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("host_id", sa.String(length=36), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=False),
        sa.Column("valid_from", sa.String(length=10), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("share_percent", sa.String(length=20), nullable=False),
        sa.Column("fixed_minor", sa.BigInteger(), nullable=False),
        sa.Column("energy_price", sa.String(length=20), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "operator_id",
            "location_id",
            "valid_from",
            name=op.f("uq_ledger_agreements_operator_id_location_id_valid_from"),
        ),
    )
    op.create_index(op.f("ix_ledger_agreements_host_id"), "ledger_agreements", ["host_id"], unique=False)
    op.create_table(
        "ledger_statements",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("host_id", sa.String(length=36), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("document", JsonDocument(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=True),
        sa.Column("is_paid", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "operator_id",
            "host_id",
            "month",
            "currency",
            name=op.f("uq_ledger_statements_operator_id_host_id_month_currency"),
        ),
    )
    op.create_index(op.f("ix_ledger_statements_batch_id"), "ledger_statements", ["batch_id"], unique=False)
    op.create_table(
        "ledger_batches",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("document", JsonDocument(), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("approved_by", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_ledger_batches_operator_id"), "ledger_batches", ["operator_id"], unique=False)


_SAYS = "the ledger is never changed or removed"
_NOT_TRUSTED = "1419"
"""MariaDB with a binary log lets only its administrators make triggers, unless log_bin_trust_function_creators is set."""


def _refuse_changes(table: str) -> None:
    """A wall against mistakes and the lazy; who may alter tables can take it down, and is found by the chain."""
    dialect = op.get_context().dialect.name
    if dialect == "postgresql":
        op.execute(
            "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_SAYS}'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        )
        return
    refuse = (
        f"SELECT RAISE(ABORT, '{_SAYS}');"
        if dialect == "sqlite"
        else f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{_SAYS}';"
    )
    for act in ("UPDATE", "DELETE"):
        name = f"{table}_stay_{act.lower()}"
        try:
            op.execute(f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW BEGIN {refuse} END")
        except DBAPIError as error:
            if _NOT_TRUSTED not in str(error.orig):
                raise

"""The ledger: facts as heard, postings in one chain for each operator, their entries; differences; hosts and what they get."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

facts = sa.Table(
    "ledger_facts",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("fact_key", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("document", JsonDocument, nullable=False),
    sa.Column("heard_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime),
    sa.UniqueConstraint("operator_id", "fact_key"),
    sa.Index(None, "due_at", "id"),
)
"""What was heard, once each. `due_at`: when it is to be posted; null: it is."""

sessions = sa.Table(
    "ledger_sessions",
    metadata,
    sa.Column("session_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("location_id", sa.String(36)),
    sa.Column("energy_wh", sa.BigInteger, nullable=False),
)
"""Where a session was, and its energy."""

postings = sa.Table(
    "ledger_postings",
    metadata,
    sa.Column("operator_id", sa.String(36), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("fact_key", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("posted_at", UtcDateTime, nullable=False),
    sa.Column("session_id", sa.String(36)),
    sa.Column("payment_id", sa.String(100)),
    sa.Column("cdr_id", sa.String(36)),
    sa.Column("location_id", sa.String(36)),
    sa.Column("document", JsonDocument, nullable=False),
    sa.Column("previous_hash", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("seal", sa.String(64), nullable=False),
    sa.UniqueConstraint("operator_id", "fact_key"),
    sa.Index(None, "operator_id", "payment_id"),
    sa.Index(None, "operator_id", "session_id"),
    sa.Index(None, "operator_id", "cdr_id"),
    sa.Index(None, "operator_id", "posted_at"),
)
"""One for each fact; `number` counts from 1 without a gap. Never changed or removed (migration 0028 has the database refuse it)."""

entries = sa.Table(
    "ledger_entries",
    metadata,
    sa.Column("operator_id", sa.String(36), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("debit", sa.String(100), nullable=False),
    sa.Column("credit", sa.String(100), nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("phase", sa.String(10), nullable=False),
    sa.Column("posted_at", UtcDateTime, nullable=False),
    sa.CheckConstraint("amount_minor > 0", name="ck_ledger_entries_amount"),
    sa.CheckConstraint("debit <> credit", name="ck_ledger_entries_accounts"),
    sa.CheckConstraint("phase IN ('posted', 'pending', 'released')", name="ck_ledger_entries_phase"),
    sa.Index(None, "operator_id", "debit", "posted_at"),
    sa.Index(None, "operator_id", "credit", "posted_at"),
)
"""An amount that debits one account and credits another: both sides are one row, so that none can be written without the other."""

heads = sa.Table(
    "ledger_heads",
    metadata,
    sa.Column("operator_id", sa.String(36), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("seal", sa.String(64), nullable=False),
)
"""The last posting of each chain. Whoever posts locks this row."""

differences = sa.Table(
    "ledger_differences",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("expected_minor", sa.BigInteger),
    sa.Column("found_minor", sa.BigInteger),
    sa.Column("currency", sa.String(3)),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("assignee_id", sa.String(36)),
    sa.Column("note", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("found_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("operator_id", "kind", "subject"),
)
"""What two of session, ledger and provider say differently. `state`: open, resolved (by a person, with a reason), gone (by itself)."""

hosts = sa.Table(
    "ledger_hosts",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False, index=True),
    sa.Column("name", sa.String(70), nullable=False),
    sa.Column("iban", sa.String(34), nullable=False),
    sa.Column("bic", sa.String(11)),
    sa.Column("created_at", UtcDateTime, nullable=False),
)
"""Site hosts: who has the ground that stations stand on."""

agreements = sa.Table(
    "ledger_agreements",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("host_id", sa.String(36), nullable=False, index=True),
    sa.Column("location_id", sa.String(36), nullable=False),
    sa.Column("valid_from", sa.String(10), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("share_percent", sa.String(20), nullable=False),
    sa.Column("fixed_minor", sa.BigInteger, nullable=False),
    sa.Column("energy_price", sa.String(20), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("operator_id", "location_id", "valid_from"),
)
"""What a host gets for a location from a day on (UTC, `2026-03-01`), until the next one. Never edited."""

statements = sa.Table(
    "ledger_statements",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("host_id", sa.String(36), nullable=False),
    sa.Column("month", sa.String(7), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("total_minor", sa.BigInteger, nullable=False),
    sa.Column("document", JsonDocument, nullable=False),
    sa.Column("closed_at", UtcDateTime, nullable=False),
    sa.Column("batch_id", sa.String(36), index=True),
    sa.Column("is_paid", sa.Boolean, nullable=False),
    sa.UniqueConstraint("operator_id", "host_id", "month", "currency"),
)
"""Closed statements. What they say never changes; `batch_id` and `is_paid` say what becomes of it."""

batches = sa.Table(
    "ledger_batches",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False, index=True),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("total_minor", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("document", JsonDocument, nullable=False),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("approved_by", sa.String(64)),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
)
"""Payouts to hosts. `state`: draft, approved, rejected, paid; `document`: who gets how much, as it was when the batch was made."""

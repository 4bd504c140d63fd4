"""The audit log: one chain of entries for each operator, and where each chain ends."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

entries = sa.Table(
    "audit_entries",
    metadata,
    sa.Column("operator_id", sa.String(36), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("act_id", sa.String(36), nullable=False, unique=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor_kind", sa.String(20), nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
    sa.Column("actor_name", sa.String(200), nullable=False),
    sa.Column("action", sa.String(80), nullable=False),
    sa.Column("target_kind", sa.String(40), nullable=False),
    sa.Column("target_id", sa.String(100), nullable=False),
    sa.Column("was", JsonDocument),
    sa.Column("became", JsonDocument),
    sa.Column("reason", sa.Text),
    sa.Column("address", sa.String(64)),
    sa.Column("correlation_id", sa.String(64)),
    sa.Column("previous_hash", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("seal", sa.String(64), nullable=False),
    sa.Index(None, "operator_id", "at"),
    sa.Index(None, "operator_id", "target_id", "number"),
    sa.Index(None, "operator_id", "actor_id", "number"),
)
"""`number` counts from 1 without a gap; `previous_hash` is the `hash` before. Migration 0023 has the database refuse to change or
remove a row."""

heads = sa.Table(
    "audit_heads",
    metadata,
    sa.Column("operator_id", sa.String(36), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("seal", sa.String(64), nullable=False),
)
"""The last entry of each chain. Whoever appends locks this row, so that a chain cannot fork."""

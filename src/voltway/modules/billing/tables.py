"""Tables of the billing module. Prices are decimals as text: exact and equal on every database."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import UtcDateTime, metadata

tariffs = sa.Table(
    "billing_tariffs",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)
"""`document` is the Tariff as JSON. A tariff is never edited: sessions hold the one they began with."""

assignments = sa.Table(
    "billing_assignments",
    metadata,
    sa.Column("operator_id", sa.String(36), primary_key=True),
    sa.Column("kind", sa.String(10), primary_key=True),
    sa.Column("target_id", sa.String(80), primary_key=True),
    sa.Column("tariff_id", sa.String(36), nullable=False, index=True),
)

cdrs = sa.Table(
    "billing_cdrs",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("session_id", sa.String(36), nullable=False, unique=True),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("location_id", sa.String(36)),
    sa.Column("id_token", sa.String(255)),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime, nullable=False),
    sa.Column("energy_wh", sa.BigInteger, nullable=False),
    sa.Column("tariff_id", sa.String(36), nullable=False),
    sa.Column("incl_vat_minor", sa.BigInteger, nullable=False),
    sa.Column("excl_vat_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("cost", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("ix_billing_cdrs_operator_ended", "operator_id", "ended_at"),
)
"""Charge Detail Records: one per session, immutable."""

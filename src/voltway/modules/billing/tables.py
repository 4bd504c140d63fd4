"""Tables of the billing module. Prices are decimals as text: exact and equal on every database."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

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

settlements = sa.Table(
    "billing_settlements",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("location_id", sa.String(36)),
    sa.Column("psp_reference", sa.String(255), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("amount_text", sa.String(40), nullable=False),
    sa.Column("amount_minor", sa.BigInteger),
    sa.Column("currency", sa.String(3)),
    sa.Column("settled_at", UtcDateTime, nullable=False),
    sa.Column("transaction_id", sa.String(36)),
    sa.Column("session_id", sa.String(36), index=True),
    sa.Column("receipt_id", sa.String(50)),
    sa.Column("receipt_url", sa.Text),
    sa.Column("remark", sa.String(500)),
    sa.Column("vat_number", sa.String(20)),
    sa.Column("vat_company", JsonDocument),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("station_id", "psp_reference"),
    sa.Index("ix_billing_settlements_operator", "operator_id", "id"),
)
"""Payments at the terminals of stations: one row per reference of the payment provider. `amount_text` is what the station
wrote; the currency is that of the session's tariff, else what the station says of itself, else not known."""

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
    sa.Column("ocpi", JsonDocument),
    sa.Column("family_id", sa.String(36), index=True),
    sa.Column("takes_over_at", UtcDateTime, index=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
)
"""`document` is the Tariff as JSON; `ocpi` the full form as it was given. A tariff is never edited: sessions hold the one they
began with. A new version is a row of its own in the same family (that of its first version, null there), which takes the
assignments of the one before it over: at once, or when `takes_over_at` has come (null: done)."""

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
    sa.Column("session_id", sa.String(36), nullable=False, index=True),
    sa.Column("once_key", sa.String(80), unique=True),
    sa.Column("replaces_cdr_id", sa.String(36)),
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
"""Charge Detail Records, immutable. `once_key` is the session of the first one, and the CDR that it replaces of every other: so
there is one of each, however often it is asked for."""

credits = sa.Table(
    "billing_credits",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("cdr_id", sa.String(36), nullable=False, unique=True),
    sa.Column("session_id", sa.String(36), nullable=False, index=True),
    sa.Column("location_id", sa.String(36)),
    sa.Column("incl_vat_minor", sa.BigInteger, nullable=False),
    sa.Column("excl_vat_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("ix_billing_credits_operator", "operator_id", "id"),
)
"""CDRs that were taken back, whole; each once."""

due = sa.Table(
    "billing_due",
    metadata,
    sa.Column("session_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("location_id", sa.String(36)),
    sa.Column("session", sa.Text, nullable=False),
    sa.Column("due_at", UtcDateTime, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("reasons", sa.String(500), nullable=False),
    sa.Column("is_released", sa.Boolean, nullable=False),
)
"""Sessions that have ended and are to be priced by what was metered: `session` is the SessionEnded as JSON. `due_at` null: held,
for the `reasons`, until a person releases it."""

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

web_payments = sa.Table(
    "billing_web_payments",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("location_id", sa.String(36)),
    sa.Column("evse_number", sa.Integer, nullable=False),
    sa.Column("energy_wh_max", sa.BigInteger),
    sa.Column("duration_s_max", sa.BigInteger),
    sa.Column("cost_max", sa.String(40)),
    sa.Column("id_token", sa.String(36), nullable=False, unique=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(30)),
    sa.Column("psp_reference", sa.String(255)),
    sa.Column("amount_minor", sa.BigInteger),
    sa.Column("currency", sa.String(3)),
    sa.Column("session_id", sa.String(36), index=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, index=True),
    sa.Index("ix_billing_web_payments_place", "station_id", "evse_number", "created_at"),
)
"""One row per payment on the web. `due_at`: when it is to be started, or given up."""

"""Sessions, and what stations said about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "sessions_inbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("report_key", sa.String(length=100), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("phase", sa.String(length=10), nullable=False),
        sa.Column("protocol", sa.String(length=10), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("flags", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_sessions_inbox_session_id"), "sessions_inbox", ["session_id"], unique=False)
    op.create_table(
        "sessions_power_history",
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("power_w", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "at"),
    )
    op.create_table(
        "sessions_quarantine",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("transaction_id", sa.String(length=36), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_sessions_quarantine_station_id"), "sessions_quarantine", ["station_id"], unique=False)
    op.create_table(
        "sessions_samples",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("evse_number", sa.Integer(), nullable=True),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("context", sa.String(length=40), nullable=False),
        sa.Column("location", sa.String(length=10), nullable=False),
        sa.Column("energy_wh", sa.BigInteger(), nullable=True),
        sa.Column("power_w", sa.Double(), nullable=True),
        sa.Column("current_a", sa.Double(), nullable=True),
        sa.Column("voltage_v", sa.Double(), nullable=True),
        sa.Column("soc_percent", sa.Double(), nullable=True),
        sa.Column("phases", JsonDocument(), nullable=True),
        sa.Column("extra", JsonDocument(), nullable=True),
        sa.Column("signed", JsonDocument(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_sessions_samples_session_id"), "sessions_samples", ["session_id"], unique=False)
    op.create_table(
        "sessions_sessions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("visit_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("station_identity", sa.String(length=48), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=True),
        sa.Column("protocol", sa.String(length=10), nullable=False),
        sa.Column("evse_number", sa.Integer(), nullable=True),
        sa.Column("connector_number", sa.Integer(), nullable=True),
        sa.Column("transaction_id", sa.String(length=36), nullable=True),
        sa.Column("remote_start_id", sa.BigInteger(), nullable=True),
        sa.Column("id_token", sa.String(length=255), nullable=True),
        sa.Column("id_token_kind", sa.String(length=20), nullable=True),
        sa.Column("id_token_order", sa.BigInteger(), nullable=True),
        sa.Column("id_token_id", sa.String(length=36), nullable=True),
        sa.Column("user_id", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("charging_state", sa.String(length=20), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("start_received_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("end_received_at", UtcDateTime(), nullable=True),
        sa.Column("charging_ended_at", UtcDateTime(), nullable=True),
        sa.Column("unplugged_at", UtcDateTime(), nullable=True),
        sa.Column("last_report_at", UtcDateTime(), nullable=False),
        sa.Column("stop_reason", sa.String(length=60), nullable=True),
        sa.Column("meter_start_wh", sa.BigInteger(), nullable=True),
        sa.Column("meter_start_order", sa.BigInteger(), nullable=True),
        sa.Column("meter_stop_wh", sa.BigInteger(), nullable=True),
        sa.Column("register_wh", sa.BigInteger(), nullable=True),
        sa.Column("register_order", sa.BigInteger(), nullable=True),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("power_w", sa.Double(), nullable=True),
        sa.Column("soc_percent", sa.Double(), nullable=True),
        sa.Column("has_start", sa.Boolean(), nullable=False),
        sa.Column("sequence_first", sa.BigInteger(), nullable=True),
        sa.Column("sequence_last", sa.BigInteger(), nullable=True),
        sa.Column("sequence_count", sa.BigInteger(), nullable=False),
        sa.Column("clock_offset_s", sa.BigInteger(), nullable=False),
        sa.Column("tariff", sa.Text(), nullable=True),
        sa.Column("is_priced", sa.Boolean(), nullable=False),
        sa.Column("cost", sa.Text(), nullable=True),
        sa.Column("review", sa.String(length=500), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "station_id", "transaction_id", name=op.f("uq_sessions_sessions_station_id_transaction_id")
        ),
    )
    op.create_index("ix_sessions_open", "sessions_sessions", ["station_id", "is_open"], unique=False)
    op.create_index("ix_sessions_operator_settled", "sessions_sessions", ["operator_id", "settled_at"], unique=False)
    op.create_index("ix_sessions_operator_started", "sessions_sessions", ["operator_id", "started_at"], unique=False)
    op.create_index("ix_sessions_operator_state", "sessions_sessions", ["operator_id", "state", "id"], unique=False)
    op.create_index("ix_sessions_operator_token", "sessions_sessions", ["operator_id", "id_token"], unique=False)
    op.create_index(op.f("ix_sessions_sessions_id_token_id"), "sessions_sessions", ["id_token_id"], unique=False)
    op.create_table(
        "sessions_token_claims",
        sa.Column("id_token_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id_token_id"),
    )

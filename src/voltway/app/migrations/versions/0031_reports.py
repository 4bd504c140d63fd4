"""Reports: facts, the sums of days made of them, the ledger of statuses, and what people add."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "reports_sessions",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=True),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("station_identity", sa.String(length=48), nullable=False),
        sa.Column("evse_number", sa.Integer(), nullable=False, comment="0: the station did not say"),
        sa.Column("id_token_id", sa.String(length=36), nullable=True),
        sa.Column("driver_id", sa.String(length=36), nullable=True),
        sa.Column("token_group", sa.String(length=255), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=False),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("duration_s", sa.BigInteger(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False, comment="of the newest event that told of it"),
        sa.Column(
            "day_on",
            sa.String(length=10),
            nullable=True,
            comment="when it ended, in the location's zone; null: not rolled up yet",
        ),
        sa.Column("operator_day_on", sa.String(length=10), nullable=True, comment="the same in the operator's zone"),
        sa.Column("busy_s", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(length=30), nullable=True, comment="why it is no success; null: it is one"),
        sa.PrimaryKeyConstraint("session_id"),
    )
    op.create_index("ix_reports_sessions_day", "reports_sessions", ["operator_id", "day_on"], unique=False)
    op.create_index(
        "ix_reports_sessions_operator_day", "reports_sessions", ["operator_id", "operator_day_on"], unique=False
    )
    op.create_index("ix_reports_sessions_station_day", "reports_sessions", ["station_id", "day_on"], unique=False)
    op.create_table(
        "reports_spills",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("day_on", sa.String(length=10), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("evse_number", sa.Integer(), nullable=False),
        sa.Column("busy_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "day_on"),
    )
    op.create_index("ix_reports_spills_station_day", "reports_spills", ["station_id", "day_on"], unique=False)
    op.create_table(
        "reports_cdrs",
        sa.Column("cdr_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("excl_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("incl_minor", sa.BigInteger(), nullable=False),
        sa.Column("made_on", sa.String(length=10), nullable=False, comment="in the operator's zone"),
        sa.PrimaryKeyConstraint("cdr_id"),
    )
    op.create_index("ix_reports_cdrs_made", "reports_cdrs", ["operator_id", "made_on"], unique=False)
    op.create_index("ix_reports_cdrs_session", "reports_cdrs", ["session_id"], unique=False)
    op.create_table(
        "reports_taxes",
        sa.Column("cdr_id", sa.String(length=36), nullable=False),
        sa.Column("vat_percent", sa.String(length=12), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("made_on", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("cdr_id", "vat_percent"),
    )
    op.create_index("ix_reports_taxes_made", "reports_taxes", ["operator_id", "made_on"], unique=False)
    op.create_table(
        "reports_credits",
        sa.Column("cdr_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("credit_id", sa.String(length=36), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("excl_minor", sa.BigInteger(), nullable=False),
        sa.Column("incl_minor", sa.BigInteger(), nullable=False),
        sa.Column("made_on", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("cdr_id"),
    )
    op.create_index("ix_reports_credits_made", "reports_credits", ["operator_id", "made_on"], unique=False)
    op.create_index("ix_reports_credits_session", "reports_credits", ["session_id"], unique=False)
    op.create_table(
        "reports_starts",
        sa.Column("command_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=True),
        sa.Column("cause", sa.String(length=30), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("day_on", sa.String(length=10), nullable=True, comment="null: not rolled up yet"),
        sa.Column("operator_day_on", sa.String(length=10), nullable=True, comment="the same in the operator's zone"),
        sa.PrimaryKeyConstraint("command_id"),
    )
    op.create_index("ix_reports_starts_day", "reports_starts", ["operator_id", "day_on"], unique=False)
    op.create_index("ix_reports_starts_station_day", "reports_starts", ["station_id", "day_on"], unique=False)
    op.create_table(
        "reports_money",
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("fact_id", sa.String(length=200), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("day_on", sa.String(length=10), nullable=False, comment="in the operator's zone"),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("payer_id", sa.String(length=64), nullable=True),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("kind", "fact_id"),
    )
    op.create_index("ix_reports_money_day", "reports_money", ["operator_id", "kind", "day_on"], unique=False)
    op.create_index("ix_reports_money_session", "reports_money", ["session_id"], unique=False)
    op.create_table(
        "reports_days",
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("evse_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day_on", sa.String(length=10), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False, comment="empty: what is not money"),
        sa.Column("location_id", sa.String(length=36), nullable=False, comment="empty: none"),
        sa.Column("sessions", sa.BigInteger(), nullable=False),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("duration_s", sa.BigInteger(), nullable=False),
        sa.Column("busy_s", sa.BigInteger(), nullable=False),
        sa.Column("completed", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("cdrs", sa.BigInteger(), nullable=False),
        sa.Column("excl_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("incl_minor", sa.BigInteger(), nullable=False),
        sa.Column("credited_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "evse_number", "day_on", "currency", "location_id"),
    )
    op.create_index("ix_reports_days_day", "reports_days", ["operator_id", "day_on"], unique=False)
    op.create_table(
        "reports_stale",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("day_on", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "reports_evses",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("evse_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_identity", sa.String(length=48), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=True),
        sa.Column("is_placed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "evse_number"),
    )
    op.create_index("ix_reports_evses_operator", "reports_evses", ["operator_id"], unique=False)
    op.create_table(
        "reports_changes",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("evse_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("connector_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("error_code", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("station_id", "evse_number", "connector_number", "at", "state"),
    )
    op.create_index("ix_reports_changes_at", "reports_changes", ["station_id", "at"], unique=False)
    op.create_table(
        "reports_excluded_times",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=True),
        sa.Column("station_id", sa.String(length=36), nullable=True),
        sa.Column("evse_number", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("evidence_url", sa.String(length=1000), nullable=True),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_reports_excluded_operator", "reports_excluded_times", ["operator_id", "id"], unique=False)
    op.create_table(
        "reports_places",
        sa.Column("location_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("co2_g_per_kwh", sa.Integer(), nullable=True),
        sa.Column("opening_hours", JsonDocument(), nullable=True, comment="null: always open"),
        sa.PrimaryKeyConstraint("location_id"),
    )
    op.create_table(
        "reports_schedules",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("group_by", JsonDocument(), nullable=False),
        sa.Column("filters", JsonDocument(), nullable=False),
        sa.Column("emails", JsonDocument(), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_reports_schedules_next", "reports_schedules", ["next_at"], unique=False)

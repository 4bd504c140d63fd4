"""Monitors, events, display messages and vendors' messages of stations; what a variable may be."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0011"
down_revision = "0010"


def _names() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("component", sa.String(length=100), nullable=False),
        sa.Column("component_instance", sa.String(length=100), nullable=True),
        sa.Column("evse_number", sa.Integer(), nullable=True),
        sa.Column("connector_number", sa.Integer(), nullable=True),
        sa.Column("variable", sa.String(length=100), nullable=False),
        sa.Column("instance", sa.String(length=100), nullable=True),
    )


def _of_station(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["station_id"], ["stations_stations.id"], name=op.f(f"fk_{table}_station_id"))


def upgrade() -> None:
    op.add_column("stations_variables", sa.Column("value_min", sa.Double(), nullable=True))
    op.add_column("stations_variables", sa.Column("value_max", sa.Double(), nullable=True))
    op.add_column("stations_variables", sa.Column("can_be_monitored", sa.Boolean(), nullable=True))
    op.create_table(
        "stations_monitors",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        *_names(),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("is_in_transaction_only", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.String(length=40), nullable=True),
        sa.Column("reported_at", UtcDateTime(), nullable=False),
        _of_station("stations_monitors"),
        sa.PrimaryKeyConstraint("station_id", "number"),
    )
    op.create_table(
        "stations_events",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        *_names(),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("trigger", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("actual_value", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("cause_number", sa.BigInteger(), nullable=True),
        sa.Column("tech_code", sa.String(length=50), nullable=True),
        sa.Column("tech_info", sa.String(length=500), nullable=True),
        sa.Column("is_cleared", sa.Boolean(), nullable=False),
        sa.Column("transaction_id", sa.String(length=36), nullable=True),
        sa.Column("monitor_number", sa.BigInteger(), nullable=True),
        _of_station("stations_events"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("station_id", "key", name=op.f("uq_stations_events_station_id_key")),
    )
    op.create_table(
        "stations_display_messages",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("priority", sa.String(length=20), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=True),
        sa.Column("display", sa.String(length=50), nullable=True),
        sa.Column("starts_at", UtcDateTime(), nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("transaction_id", sa.String(length=36), nullable=True),
        sa.Column("reported_at", UtcDateTime(), nullable=False),
        _of_station("stations_display_messages"),
        sa.PrimaryKeyConstraint("station_id", "number"),
    )
    op.create_table(
        "stations_data_transfers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("vendor_id", sa.String(length=255), nullable=False),
        sa.Column("vendor_message_id", sa.String(length=50), nullable=True),
        sa.Column("data", JsonDocument(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("answer", JsonDocument(), nullable=True),
        _of_station("stations_data_transfers"),
        sa.PrimaryKeyConstraint("id"),
    )
    for table in ("monitors", "events", "display_messages", "data_transfers"):
        op.create_index(
            op.f(f"ix_stations_{table}_station_id_id"), f"stations_{table}", ["station_id", "id"], unique=False
        )

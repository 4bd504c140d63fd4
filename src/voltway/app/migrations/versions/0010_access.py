"""Tokens bound to locations, how an operator's tokens are judged, local lists, reservations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("users_id_tokens", sa.Column("location_ids", JsonDocument(), nullable=True))
    op.add_column("users_id_tokens", sa.Column("language", sa.String(length=8), nullable=True))
    op.add_column("users_id_tokens", sa.Column("message", sa.String(length=512), nullable=True))
    op.create_table(
        "users_local_lists",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("token_ids", JsonDocument(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("entries", JsonDocument(), nullable=True),
        sa.Column("wire_status", sa.String(length=50), nullable=True),
        sa.Column("detail", sa.String(length=500), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("station_id"),
    )
    op.create_index(op.f("ix_users_local_lists_due_at"), "users_local_lists", ["due_at"], unique=False)
    op.create_index(
        op.f("ix_users_local_lists_operator_id_mode"), "users_local_lists", ["operator_id", "mode"], unique=False
    )
    op.create_table(
        "users_access_settings",
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("master_group", sa.String(length=255), nullable=True),
        sa.Column("is_stopping_deauthorized", sa.Boolean(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id"),
    )
    op.create_table(
        "users_stops",
        sa.Column("id_token_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id_token_id"),
    )
    op.create_table(
        "reservations_reservations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("station_identity", sa.String(length=48), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("evse_number", sa.Integer(), nullable=True),
        sa.Column("connector_type", sa.String(length=50), nullable=True),
        sa.Column("id_token", sa.String(length=255), nullable=False),
        sa.Column("id_token_kind", sa.String(length=50), nullable=True),
        sa.Column("group_value", sa.String(length=255), nullable=True),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("wire_status", sa.String(length=50), nullable=True),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("station_id", "number", name=op.f("uq_reservations_reservations_station_id_number")),
    )
    for columns in (["operator_id", "id"], ["due_at"], ["ends_at"]):
        name = op.f(f"ix_reservations_reservations_{'_'.join(columns)}")
        op.create_index(name, "reservations_reservations", columns, unique=False)

"""Drivers have tokens of their own, quotas count, cars are known by their address; what a station's credential is worth."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("users_id_tokens", sa.Column("quota", JsonDocument(), nullable=True))
    op.add_column("users_id_tokens", sa.Column("name", sa.String(length=100), nullable=True))
    op.add_column("users_id_tokens", sa.Column("lost_at", UtcDateTime(), nullable=True))
    op.create_index(
        op.f("ix_users_id_tokens_operator_id_user_id"), "users_id_tokens", ["operator_id", "user_id"], unique=False
    )
    op.add_column("users_access_settings", sa.Column("autocharge", JsonDocument(), nullable=True))
    op.create_table(
        "users_drivers",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("app_token_id", sa.String(length=36), nullable=True),
        sa.Column("default_token_id", sa.String(length=36), nullable=True),
        sa.Column("is_autocharge_allowed", sa.Boolean(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "users_activation_codes",
        sa.Column("id_token_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id_token_id"),
        sa.UniqueConstraint("digest", name=op.f("uq_users_activation_codes_digest")),
    )
    op.create_table(
        "users_quotas",
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("quota", JsonDocument(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "kind", "key"),
    )
    op.create_table(
        "users_usage",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("id_token_id", sa.String(length=36), nullable=False),
        sa.Column("group_key", sa.String(length=255), nullable=True),
        sa.Column("user_id", sa.String(length=36), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=False),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.PrimaryKeyConstraint("session_id"),
    )
    for by in ("group_key", "id_token_id", "user_id"):
        op.create_index(
            op.f(f"ix_users_usage_operator_id_{by}_ended_at"),
            "users_usage",
            ["operator_id", by, "ended_at"],
            unique=False,
        )
    op.create_table(
        "users_autocharge_places",
        sa.Column("id_token_id", sa.String(length=36), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id_token_id", "location_id"),
    )
    op.add_column("stations_stations", sa.Column("is_password_weak", sa.Boolean(), nullable=True))
    op.add_column("stations_stations", sa.Column("has_factory_password", sa.Boolean(), nullable=True))
    op.add_column("stations_stations", sa.Column("open_until", UtcDateTime(), nullable=True))
    op.add_column("stations_stations", sa.Column("quarantined_at", UtcDateTime(), nullable=True))
    op.create_index(op.f("ix_stations_stations_quarantined_at"), "stations_stations", ["quarantined_at"], unique=False)

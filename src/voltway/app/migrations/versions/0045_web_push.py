"""Devices that show messages of the platform, and the messages on their way to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import UtcDateTime

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    op.create_table(
        "notify_push_subscriptions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("endpoint", sa.String(length=2000), nullable=False),
        sa.Column("endpoint_hash", sa.String(length=64), nullable=False),
        sa.Column("p256dh", sa.String(length=90), nullable=False),
        sa.Column("auth", sa.String(length=30), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notify_push_subscriptions")),
        sa.UniqueConstraint(
            "operator_id", "endpoint_hash", name=op.f("uq_notify_push_subscriptions_operator_id_endpoint_hash")
        ),
    )
    op.create_index(
        op.f("ix_notify_push_subscriptions_operator_id_account_id"),
        "notify_push_subscriptions",
        ["operator_id", "account_id"],
        unique=False,
    )
    op.create_table(
        "notify_pushes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("tag", sa.String(length=100), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notify_pushes")),
    )
    op.create_index(op.f("ix_notify_pushes_next_attempt_at"), "notify_pushes", ["next_attempt_at"], unique=False)
    op.create_index(op.f("ix_notify_pushes_subscription_id"), "notify_pushes", ["subscription_id"], unique=False)

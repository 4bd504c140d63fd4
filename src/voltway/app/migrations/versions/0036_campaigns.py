"""Firmware campaigns and the stations in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.create_table(
        "campaigns_campaigns",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("image_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False, comment="draft, running, paused, done, stopped"),
        sa.Column("reason", sa.String(length=200), nullable=True, comment="why it paused or was stopped"),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("waves", JsonDocument(), nullable=False, comment="sizes; the rest is one more"),
        sa.Column("failures_max", sa.Integer(), nullable=False),
        sa.Column("parallel_max", sa.Integer(), nullable=False),
        sa.Column("soak_s", sa.Integer(), nullable=False, comment="between waves"),
        sa.Column("timeout_s", sa.Integer(), nullable=False, comment="a station that says nothing so long has failed"),
        sa.Column(
            "window_from", sa.String(length=5), nullable=True, comment="hh:mm in the time zone; null: at any time"
        ),
        sa.Column("window_until", sa.String(length=5), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("campaigns_campaigns", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_campaigns_campaigns_operator_id_id"), ["operator_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_campaigns_campaigns_state"), ["state"], unique=False)

    op.create_table(
        "campaigns_stations",
        sa.Column("campaign_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_identity", sa.String(length=48), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False, comment="waiting, ordered, done, failed, skipped"),
        sa.Column("detail", sa.String(length=200), nullable=True, comment="the station's last word, or why not"),
        sa.Column("due_at", UtcDateTime(), nullable=True, comment="not before this"),
        sa.Column("ordered_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("campaign_id", "station_id"),
    )

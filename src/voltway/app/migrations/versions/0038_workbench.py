"""Saved views of lists, and orders for many stations at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.create_table(
        "workbench_views",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False, comment="whose it is; nobody else sees it"),
        sa.Column("list_name", sa.String(length=40), nullable=False, comment="stations, sessions"),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column(
            "search", JsonDocument(), nullable=False, comment="what the console's address says of filters and order"
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "account_id", "list_name", "name", name=op.f("uq_workbench_views_account_id_list_name_name")
        ),
    )
    op.create_table(
        "workbench_bulk_orders",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False, comment="a command's, or apply_template"),
        sa.Column("arguments", JsonDocument(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("workbench_bulk_orders", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_workbench_bulk_orders_operator_id_id"), ["operator_id", "id"], unique=False
        )
    op.create_table(
        "workbench_bulk_stations",
        sa.Column("bulk_order_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=True, comment="where the station stood"),
        sa.Column("station_identity", sa.String(length=48), nullable=False),
        sa.Column(
            "state",
            sa.String(length=10),
            nullable=False,
            comment="waiting, ordered, skipped, or a command's last state",
        ),
        sa.Column("detail", sa.String(length=300), nullable=True, comment="the station's word, or why not"),
        sa.Column("command_id", sa.String(length=36), nullable=True),
        sa.Column("ordered_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("bulk_order_id", "station_id"),
    )
    with op.batch_alter_table("workbench_bulk_stations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_workbench_bulk_stations_state_bulk_order_id"), ["state", "bulk_order_id"], unique=False
        )

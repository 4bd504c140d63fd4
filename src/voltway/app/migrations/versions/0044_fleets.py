"""Fleets: vehicles, cost centres, members, limits, and what their sessions took."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import UtcDateTime

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    op.create_table(
        "fleets_cost_centres",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("fleet_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fleet_id", "code", name=op.f("uq_fleets_cost_centres_fleet_id_code")),
    )
    op.create_table(
        "fleets_fleets",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("fleets_fleets", schema=None) as batch_op:
        batch_op.create_index("ix_fleets_fleets_operator_id", ["operator_id"], unique=False)
    op.create_table(
        "fleets_limits",
        sa.Column("fleet_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("target_id", sa.String(length=36), nullable=False),
        sa.Column("span", sa.String(length=10), nullable=False),
        sa.Column("unit", sa.String(length=3), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fleet_id", "kind", "target_id", "span", "unit"),
    )
    with op.batch_alter_table("fleets_limits", schema=None) as batch_op:
        batch_op.create_index("ix_fleets_limits_operator_id", ["operator_id"], unique=False)
    op.create_table(
        "fleets_managers",
        sa.Column("fleet_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("fleet_id", "account_id"),
    )
    with op.batch_alter_table("fleets_managers", schema=None) as batch_op:
        batch_op.create_index("ix_fleets_managers_account_id", ["account_id"], unique=False)
    op.create_table(
        "fleets_members",
        sa.Column("id_token_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("fleet_id", sa.String(length=36), nullable=False),
        sa.Column("vehicle_id", sa.String(length=36), nullable=True),
        sa.Column("cost_centre_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id_token_id"),
    )
    with op.batch_alter_table("fleets_members", schema=None) as batch_op:
        batch_op.create_index("ix_fleets_members_fleet_id", ["fleet_id"], unique=False)
    op.create_table(
        "fleets_sessions",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("fleet_id", sa.String(length=36), nullable=False),
        sa.Column("id_token_id", sa.String(length=36), nullable=False),
        sa.Column("vehicle_id", sa.String(length=36), nullable=True),
        sa.Column("cost_centre_id", sa.String(length=36), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=False),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("cdr_id", sa.String(length=36), nullable=True),
        sa.Column("incl_vat_minor", sa.BigInteger(), nullable=True),
        sa.Column("excl_vat_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.PrimaryKeyConstraint("session_id"),
    )
    with op.batch_alter_table("fleets_sessions", schema=None) as batch_op:
        batch_op.create_index("ix_fleets_sessions_fleet_id_ended_at", ["fleet_id", "ended_at"], unique=False)
        batch_op.create_index("ix_fleets_sessions_id_token_id_ended_at", ["id_token_id", "ended_at"], unique=False)
        batch_op.create_index("ix_fleets_sessions_vehicle_id_ended_at", ["vehicle_id", "ended_at"], unique=False)
    op.create_table(
        "fleets_vehicles",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("fleet_id", sa.String(length=36), nullable=False),
        sa.Column("plate", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("battery_wh", sa.BigInteger(), nullable=True),
        sa.Column("cost_centre_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fleet_id", "plate", name=op.f("uq_fleets_vehicles_fleet_id_plate")),
    )

"""Charging profiles of stations, limits from outside, the needs of cars."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0014"
down_revision = "0013"


def _of_station() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
    )


def upgrade() -> None:
    op.create_table(
        "energy_profiles",
        *_of_station(),
        sa.Column("charging_profile_id", sa.BigInteger(), nullable=False),
        sa.Column("evse_number", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("stack_level", sa.BigInteger(), nullable=False),
        sa.Column("transaction_id", sa.String(length=36), nullable=True),
        sa.Column("document", JsonDocument(), nullable=False),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("pulled_at", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "station_id",
            "charging_profile_id",
            "evse_number",
            name=op.f("uq_energy_profiles_station_id_charging_profile_id_evse_number"),
        ),
    )
    op.create_table(
        "energy_limits",
        *_of_station(),
        sa.Column("evse_number", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("is_grid_critical", sa.Boolean(), nullable=True),
        sa.Column("is_local_generation", sa.Boolean(), nullable=True),
        sa.Column("schedules", JsonDocument(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_energy_limits_station", "energy_limits", ["station_id", "id"], unique=False)
    op.create_table(
        "energy_needs",
        *_of_station(),
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("evse_number", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("transfer_mode", sa.String(length=20), nullable=False),
        sa.Column("control_mode", sa.String(length=20), nullable=True),
        sa.Column("departure_at", UtcDateTime(), nullable=True),
        sa.Column("schedules_max", sa.BigInteger(), nullable=True),
        sa.Column("energy_wh", sa.BigInteger(), nullable=True),
        sa.Column("current_a_min", sa.Double(), nullable=True),
        sa.Column("current_a_max", sa.Double(), nullable=True),
        sa.Column("power_w_max", sa.Double(), nullable=True),
        sa.Column("discharge_power_w_max", sa.Double(), nullable=True),
        sa.Column("soc_percent", sa.Double(), nullable=True),
        sa.Column("document", JsonDocument(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("plan", JsonDocument(), nullable=True),
        sa.Column("plan_status", sa.String(length=50), nullable=True),
        sa.Column("planned_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_energy_needs_due", "energy_needs", ["due_at"], unique=False)
    op.create_index("ix_energy_needs_session", "energy_needs", ["session_id"], unique=False)
    op.create_index("ix_energy_needs_station", "energy_needs", ["station_id", "id"], unique=False)
    op.create_table(
        "energy_car_schedules",
        *_of_station(),
        sa.Column("evse_number", sa.Integer(), nullable=False),
        sa.Column("time_base_at", UtcDateTime(), nullable=False),
        sa.Column("selected_schedule_id", sa.BigInteger(), nullable=True),
        sa.Column("document", JsonDocument(), nullable=False),
        sa.Column("is_within_limits", sa.Boolean(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_energy_car_schedules_station", "energy_car_schedules", ["station_id", "id"], unique=False)
    op.create_table(
        "energy_priorities",
        *_of_station(),
        sa.Column("transaction_id", sa.String(length=36), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_ordered", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "station_id", "transaction_id", name=op.f("uq_energy_priorities_station_id_transaction_id")
        ),
    )

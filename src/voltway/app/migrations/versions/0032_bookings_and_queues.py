"""bookings and queues"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.create_table(
        "reservations_bookings",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=False),
        sa.Column("location_name", sa.String(length=100), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=True),
        sa.Column("id_token", sa.String(length=255), nullable=False),
        sa.Column("id_token_kind", sa.String(length=50), nullable=True),
        sa.Column("group_value", sa.String(length=255), nullable=True),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("station_identity", sa.String(length=48), nullable=False),
        sa.Column("evse_number", sa.Integer(), nullable=False),
        sa.Column("connector_type", sa.String(length=40), nullable=True),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("terms", JsonDocument(), nullable=False),
        sa.Column("reservation_id", sa.String(length=36), nullable=True),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("checked_in_at", UtcDateTime(), nullable=True),
        sa.Column("fee_id", sa.String(length=36), nullable=True),
        sa.Column("fee", JsonDocument(), nullable=True),
        sa.Column("fee_reason", sa.String(length=12), nullable=True),
        sa.Column("fee_waived_at", UtcDateTime(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("reservations_bookings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reservations_bookings_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reservations_bookings_due_at"), ["due_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_reservations_bookings_location_id_ends_at"), ["location_id", "ends_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_reservations_bookings_operator_id_id"), ["operator_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_reservations_bookings_station_id_ends_at"), ["station_id", "ends_at"], unique=False
        )

    op.create_table(
        "reservations_queue_places",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=False),
        sa.Column("location_name", sa.String(length=100), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=True),
        sa.Column("open_account_id", sa.String(length=36), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("id_token", sa.String(length=255), nullable=False),
        sa.Column("id_token_kind", sa.String(length=50), nullable=True),
        sa.Column("group_value", sa.String(length=255), nullable=True),
        sa.Column("connector_type", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("snoozes", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=True),
        sa.Column("station_identity", sa.String(length=48), nullable=True),
        sa.Column("evse_number", sa.Integer(), nullable=True),
        sa.Column("reservation_id", sa.String(length=36), nullable=True),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("joined_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("location_id", "number", name=op.f("uq_reservations_queue_places_location_id_number")),
        sa.UniqueConstraint(
            "operator_id", "open_account_id", name=op.f("uq_reservations_queue_places_operator_id_open_account_id")
        ),
    )
    with op.batch_alter_table("reservations_queue_places", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reservations_queue_places_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_reservations_queue_places_location_id_state"), ["location_id", "state"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_reservations_queue_places_operator_id_id"), ["operator_id", "id"], unique=False
        )

    op.create_table(
        "reservations_sites",
        sa.Column("location_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("rules", JsonDocument(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("next_number", sa.BigInteger(), nullable=False),
        sa.Column("queue_due_at", UtcDateTime(), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("location_id"),
    )
    with op.batch_alter_table("reservations_sites", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reservations_sites_operator_id"), ["operator_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reservations_sites_queue_due_at"), ["queue_due_at"], unique=False)

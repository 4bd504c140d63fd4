"""What OCPP still lacked: how many periods a car takes; files, provisioning and payments that end as they should."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import UtcDateTime

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    with op.batch_alter_table("energy_needs") as needs:
        needs.alter_column("schedules_max", new_column_name="periods_max", existing_type=sa.BigInteger())
    op.add_column("sessions_sessions", sa.Column("tolerated_wh", sa.BigInteger(), nullable=True))
    op.create_table(
        "billing_web_payments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=True),
        sa.Column("evse_number", sa.Integer(), nullable=False),
        sa.Column("energy_wh_max", sa.BigInteger(), nullable=True),
        sa.Column("duration_s_max", sa.BigInteger(), nullable=True),
        sa.Column("cost_max", sa.String(length=40), nullable=True),
        sa.Column("id_token", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=True),
        sa.Column("psp_reference", sa.String(length=255), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("id_token", name=op.f("uq_billing_web_payments_id_token")),
    )
    for name, columns in (
        ("session_id", ["session_id"]),
        ("due_at", ["due_at"]),
        ("place", ["station_id", "evse_number", "created_at"]),
    ):
        op.create_index(op.f(f"ix_billing_web_payments_{name}"), "billing_web_payments", columns, unique=False)
    op.create_table(
        "files_makers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("vendor", sa.String(length=50), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("valid_to", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "operator_id", "vendor", "fingerprint", name=op.f("uq_files_makers_operator_id_vendor_fingerprint")
        ),
    )

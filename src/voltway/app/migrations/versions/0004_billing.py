"""Tariffs and CDRs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "billing_assignments",
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("target_id", sa.String(length=80), nullable=False),
        sa.Column("tariff_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "kind", "target_id"),
    )
    op.create_index(op.f("ix_billing_assignments_tariff_id"), "billing_assignments", ["tariff_id"], unique=False)
    op.create_table(
        "billing_cdrs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=True),
        sa.Column("id_token", sa.String(length=255), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=False),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("tariff_id", sa.String(length=36), nullable=False),
        sa.Column("incl_vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("excl_vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("cost", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("session_id", name=op.f("uq_billing_cdrs_session_id")),
    )
    op.create_index("ix_billing_cdrs_operator_ended", "billing_cdrs", ["operator_id", "ended_at"], unique=False)
    op.create_table(
        "billing_tariffs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_billing_tariffs_operator_id"), "billing_tariffs", ["operator_id"], unique=False)

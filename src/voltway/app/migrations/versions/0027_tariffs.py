"""Tariffs of the full form and their versions; sessions priced by what was metered; CDRs that are taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column("billing_tariffs", sa.Column("ocpi", JsonDocument(), nullable=True))
    op.add_column("billing_tariffs", sa.Column("family_id", sa.String(length=36), nullable=True))
    op.add_column("billing_tariffs", sa.Column("takes_over_at", UtcDateTime(), nullable=True))
    op.create_index(op.f("ix_billing_tariffs_family_id"), "billing_tariffs", ["family_id"])
    op.create_index(op.f("ix_billing_tariffs_takes_over_at"), "billing_tariffs", ["takes_over_at"])
    op.add_column("billing_cdrs", sa.Column("once_key", sa.String(length=80), nullable=True))
    op.add_column("billing_cdrs", sa.Column("replaces_cdr_id", sa.String(length=36), nullable=True))
    op.execute("UPDATE billing_cdrs SET once_key = session_id")
    with op.batch_alter_table("billing_cdrs") as cdrs:
        cdrs.drop_constraint(op.f("uq_billing_cdrs_session_id"), type_="unique")
        cdrs.create_unique_constraint(op.f("uq_billing_cdrs_once_key"), ["once_key"])
    op.create_index(op.f("ix_billing_cdrs_session_id"), "billing_cdrs", ["session_id"])
    op.create_table(
        "billing_credits",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("cdr_id", sa.String(length=36), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=True),
        sa.Column("incl_vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("excl_vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_credits")),
        sa.UniqueConstraint("cdr_id", name=op.f("uq_billing_credits_cdr_id")),
    )
    op.create_index("ix_billing_credits_operator", "billing_credits", ["operator_id", "id"])
    op.create_index(op.f("ix_billing_credits_session_id"), "billing_credits", ["session_id"])
    op.create_table(
        "billing_due",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=True),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.String(length=500), nullable=False),
        sa.Column("is_released", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_billing_due")),
    )
    op.create_index(op.f("ix_billing_due_due_at"), "billing_due", ["due_at"])

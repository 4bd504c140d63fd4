"""Payments are found by the payer's own key also when they are over: what is sent again begins nothing anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.add_column(
        "payments_payments",
        sa.Column("payer_key", sa.String(length=64), nullable=True, comment="EVSE and payer, for good"),
    )
    op.create_index(op.f("ix_payments_payments_payer_key"), "payments_payments", ["payer_key"])


def downgrade() -> None:
    op.drop_index(op.f("ix_payments_payments_payer_key"), "payments_payments")
    op.drop_column("payments_payments", "payer_key")

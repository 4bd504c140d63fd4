"""What payment providers' own books say."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import UtcDateTime

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    op.create_table(
        "payments_movements",
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("id", sa.String(length=120), nullable=False, comment="of the entry in the provider's books"),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False, comment="capture, refund, payout"),
        sa.Column(
            "subject",
            sa.String(length=255),
            nullable=False,
            comment="our id of it; the provider's where it is none of ours",
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=True, comment="in the currency of the provider's account"),
        sa.Column("fee_currency", sa.String(length=3), nullable=True),
        sa.Column("moved_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "id"),
    )
    with op.batch_alter_table("payments_movements", schema=None) as batch_op:
        batch_op.create_index("ix_payments_movements_operator_id_moved_at", ["operator_id", "moved_at"], unique=False)
    op.create_table(
        "payments_readings",
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("provider"),
    )

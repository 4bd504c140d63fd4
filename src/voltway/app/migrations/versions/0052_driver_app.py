"""Who may drive in to a location; which payers were told of an idle fee."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import UtcDateTime

revision = "0052"
down_revision = "0051"
keeps_older = True


def upgrade() -> None:
    op.add_column("stations_locations", sa.Column("access", sa.String(length=16), nullable=True))
    op.add_column(
        "payments_payments",
        sa.Column(
            "idle_told_at",
            UtcDateTime(),
            nullable=True,
            comment="when the payer was told that staying soon costs something",
        ),
    )

"""What stations do other than their protocol says."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import UtcDateTime

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "gateway_deviations",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("last_detail", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "name"),
    )

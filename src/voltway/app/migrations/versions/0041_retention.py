"""How far the jobs are that keep the samples few."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import UtcDateTime

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.create_table(
        "sessions_retention",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("position", sa.String(length=36), nullable=False, comment="the last id that was looked at"),
        sa.Column("moved_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )

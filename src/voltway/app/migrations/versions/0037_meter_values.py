"""What is measured outside of transactions is found by its station."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"

IS_OUTSIDE = sa.text("session_id IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_sessions_samples_outside",
        "sessions_samples",
        ["station_id", "id"],
        sqlite_where=IS_OUTSIDE,
        postgresql_where=IS_OUTSIDE,
    )

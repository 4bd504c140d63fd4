"""An index of the sessions of one driver."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
keeps_older = True


def upgrade() -> None:
    of_a_driver = sa.text("user_id IS NOT NULL")
    op.create_index(
        "ix_sessions_driver",
        "sessions_sessions",
        ["user_id", "id"],
        sqlite_where=of_a_driver,
        postgresql_where=of_a_driver,
    )

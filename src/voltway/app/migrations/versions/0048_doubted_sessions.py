"""An index of the sessions that wait for a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
keeps_older = True


def upgrade() -> None:
    is_doubted = sa.text("state = 'ended' AND cost IS NULL AND review != ''")
    op.create_index(
        "ix_sessions_doubted",
        "sessions_sessions",
        ["operator_id", "id"],
        sqlite_where=is_doubted,
        postgresql_where=is_doubted,
    )

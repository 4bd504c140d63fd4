"""The inbox's index by session holds events of transactions only: meter values, which are most of it, are not looked up so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.drop_index("ix_sessions_inbox_session_id", "sessions_inbox")
    is_event = sa.text("phase <> 'metered'")
    op.create_index(
        "ix_sessions_inbox_events",
        "sessions_inbox",
        ["session_id"],
        unique=False,
        sqlite_where=is_event,
        postgresql_where=is_event,
    )

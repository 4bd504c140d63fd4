"""Indexes of sessions: the operator's newest first; the inbox by session for events of transactions only.

Meter values are most of the inbox and are never looked up by their session."""

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
    op.create_index("ix_sessions_operator", "sessions_sessions", ["operator_id", "id"], unique=False)

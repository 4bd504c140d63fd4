"""Sessions that have been silent for long, and what their stations say of them; an index of the active ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import UtcDateTime

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.create_table(
        "sessions_inquiries",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column(
            "due_at",
            UtcDateTime(),
            nullable=False,
            comment="when the station is asked next, or its answer looked at",
        ),
        sa.Column("told_at", UtcDateTime(), nullable=False, comment="the session's last report when it was asked"),
        sa.Column(
            "is_triggered",
            sa.Boolean(),
            nullable=False,
            comment="1.6: the connector's status has been asked for",
        ),
        sa.Column(
            "gone_count", sa.Integer(), nullable=False, comment="answers in a row that the transaction is no more"
        ),
        sa.Column("unknown_count", sa.Integer(), nullable=False, comment="answers in a row that said nothing of it"),
        sa.PrimaryKeyConstraint("session_id"),
    )
    is_active = sa.text("state = 'active'")
    op.create_index(
        "ix_sessions_active", "sessions_sessions", ["state"], sqlite_where=is_active, postgresql_where=is_active
    )

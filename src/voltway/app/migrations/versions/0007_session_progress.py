"""What changes with every report of a session in a short table of its own; indexes for what is looked up, and for no more.

The operator's newest sessions first; the inbox by session for events of transactions only: meter values are most of it and are
never looked up so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import UtcDateTime

revision = "0007"
down_revision = "0006"

_PROGRESS = (
    "charging_state",
    "last_report_at",
    "register_wh",
    "register_order",
    "energy_wh",
    "power_w",
    "soc_percent",
    "sequence_first",
    "sequence_last",
    "sequence_count",
    "updated_at",
)


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
    op.create_table(
        "sessions_progress",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("charging_state", sa.String(length=20), nullable=True),
        sa.Column("last_report_at", UtcDateTime(), nullable=False),
        sa.Column("register_wh", sa.BigInteger(), nullable=True),
        sa.Column("register_order", sa.BigInteger(), nullable=True),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("power_w", sa.Double(), nullable=True),
        sa.Column("soc_percent", sa.Double(), nullable=True),
        sa.Column("sequence_first", sa.BigInteger(), nullable=True),
        sa.Column("sequence_last", sa.BigInteger(), nullable=True),
        sa.Column("sequence_count", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("session_id"),
        sqlite_with_rowid=False,
    )
    columns = ", ".join(_PROGRESS)
    op.execute(
        f"INSERT INTO sessions_progress (session_id, operator_id, {columns}) "
        f"SELECT id, operator_id, {columns} FROM sessions_sessions"
    )
    for name in _PROGRESS:
        op.drop_column("sessions_sessions", name)

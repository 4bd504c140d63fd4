"""Terms of tokens: prepaid credit, how far a session may go, when and at which connectors; sessions that must not go further."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("users_id_tokens", sa.Column("balance_minor", sa.BigInteger(), nullable=True))
    op.add_column("users_id_tokens", sa.Column("balance_currency", sa.String(length=3), nullable=True))
    op.add_column("users_id_tokens", sa.Column("session_limit", JsonDocument(), nullable=True))
    op.add_column("users_id_tokens", sa.Column("valid_hours", JsonDocument(), nullable=True))
    op.add_column("users_id_tokens", sa.Column("connector_types", JsonDocument(), nullable=True))
    op.create_table(
        "users_debits",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("id_token_id", sa.String(length=36), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("debited_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("session_id"),
    )
    op.create_index(op.f("ix_users_debits_id_token_id"), "users_debits", ["id_token_id"], unique=False)
    op.create_table(
        "sessions_limits",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("spending_limit", JsonDocument(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("reached_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id"),
    )
    op.create_index(op.f("ix_sessions_limits_due_at"), "sessions_limits", ["due_at"], unique=False)

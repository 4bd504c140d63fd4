"""Tables of operators, accounts, API keys and browser sessions."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

operators = sa.Table(
    "kernel_operators",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("slug", sa.String(40), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
)

accounts = sa.Table(
    "kernel_accounts",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), sa.ForeignKey(operators.c.id), nullable=False, index=True),
    sa.Column("email", sa.String(254), nullable=False),
    sa.Column("email_key", sa.String(254), nullable=False, unique=True, comment="the address without case"),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("role", sa.String(40), nullable=False),
    sa.Column("location_ids", JsonDocument, comment="null: every location of the operator"),
    sa.Column("password_hash", sa.String(255), nullable=False, comment="argon2id"),
    sa.Column("locale", sa.String(35), nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

api_keys = sa.Table(
    "kernel_api_keys",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), sa.ForeignKey(operators.c.id), nullable=False, index=True),
    sa.Column("prefix", sa.String(16), nullable=False, unique=True, comment="the part that is no secret"),
    sa.Column("secret_hash", sa.LargeBinary(40), nullable=False, comment="salt and keyed hash, kernel.secrets"),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("role", sa.String(40), nullable=False),
    sa.Column("location_ids", JsonDocument, comment="null: every location of the operator"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.String(36), comment="account or key; null: the command line"),
    sa.Column("expires_at", UtcDateTime),
    sa.Column("last_used_at", UtcDateTime, comment="coarse, see callers.TOUCH_EVERY"),
    sa.Column("revoked_at", UtcDateTime),
)

browser_sessions = sa.Table(
    "kernel_browser_sessions",
    metadata,
    sa.Column("id_hash", sa.String(64), primary_key=True, comment="keyed hash of the cookie"),
    sa.Column(
        "account_id", sa.String(36), sa.ForeignKey(accounts.c.id, ondelete="CASCADE"), nullable=False, index=True
    ),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("last_used_at", UtcDateTime, nullable=False, comment="coarse, see callers.TOUCH_EVERY"),
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
)

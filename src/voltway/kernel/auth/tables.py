"""Tables of operators, accounts, API keys, browser sessions, of what says what callers may (custom roles, location groups), and
of what proves once who somebody is."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

operators = sa.Table(
    "kernel_operators",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("slug", sa.String(40), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("suspended_at", UtcDateTime, comment="since when nobody of theirs is let in; null: not suspended"),
)

custom_roles = sa.Table(
    "kernel_custom_roles",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), sa.ForeignKey(operators.c.id), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("permissions", JsonDocument, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("operator_id", "name"),
)
"""Named sets of permissions, an operator's own."""

location_groups = sa.Table(
    "kernel_location_groups",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), sa.ForeignKey(operators.c.id), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("location_ids", JsonDocument, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("operator_id", "name"),
)
"""Named sets of locations, to which members and keys are bound."""


def _grant() -> tuple[sa.Column[Any], ...]:
    """What somebody may do, and where: the columns that accounts and API keys share."""
    return (
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("custom_role_id", sa.String(36), comment="with the role `custom`"),
        sa.Column("location_ids", JsonDocument, comment="null: every location of the operator"),
        sa.Column("location_group_ids", JsonDocument),
    )


accounts = sa.Table(
    "kernel_accounts",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), sa.ForeignKey(operators.c.id), nullable=False, index=True),
    sa.Column("email", sa.String(254), nullable=False),
    sa.Column("email_key", sa.String(254), nullable=False, unique=True, comment="the address without case"),
    sa.Column("name", sa.String(200), nullable=False),
    *_grant(),
    sa.Column("password_hash", sa.String(255), nullable=False, comment="argon2id"),
    sa.Column("locale", sa.String(35), nullable=False),
    sa.Column("time_zone", sa.String(64)),
    sa.Column(
        "second_factors", JsonDocument, comment="totp, passkey: what a log-in by password asks for; null: nothing"
    ),
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
    *_grant(),
    sa.Column("scopes", JsonDocument, comment="permissions; null: all of the role"),
    sa.Column("client_id", sa.String(36), index=True, comment="a token of this OAuth client, not a key of its own"),
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
    sa.Column("id", sa.String(36), nullable=False, unique=True, comment="by which its owner names it"),
    sa.Column(
        "account_id", sa.String(36), sa.ForeignKey(accounts.c.id, ondelete="CASCADE"), nullable=False, index=True
    ),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("last_used_at", UtcDateTime, nullable=False, comment="coarse, see callers.TOUCH_EVERY"),
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
    sa.Column("proved_at", UtcDateTime, nullable=False, comment="when the person last proved who they are"),
    sa.Column("method", sa.String(20), nullable=False, comment="how they logged in, browser_sessions.Method"),
    sa.Column("address", sa.String(45), nullable=False),
    sa.Column("user_agent", sa.String(300), nullable=False),
    sa.Column("device_id", sa.String(36), index=True),
)

devices = sa.Table(
    "kernel_devices",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("account_id", sa.String(36), sa.ForeignKey(accounts.c.id, ondelete="CASCADE"), nullable=False),
    sa.Column("token_hash", sa.String(64), nullable=False, comment="keyed hash of the device's cookie"),
    sa.Column("address", sa.String(45), nullable=False),
    sa.Column("user_agent", sa.String(300), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("last_used_at", UtcDateTime, nullable=False, index=True),
    sa.UniqueConstraint("account_id", "token_hash"),
)
"""Browsers in which an account has logged in: their log-ins are no news, and nobody else's failures hold them up."""

tickets = sa.Table(
    "kernel_tickets",
    metadata,
    sa.Column("id_hash", sa.String(64), primary_key=True, comment="keyed hash of the kind and the text"),
    sa.Column("kind", sa.String(30), nullable=False),
    sa.Column("about", sa.String(64), nullable=False, comment="an account's id, or a keyed hash of an address"),
    sa.Column("content", JsonDocument),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
    sa.Index(None, "about", "kind"),
)

log_in_policies = sa.Table(
    "kernel_log_in_policies",
    metadata,
    sa.Column("operator_id", sa.String(36), sa.ForeignKey(operators.c.id), primary_key=True),
    sa.Column("mfa_roles", JsonDocument, nullable=False, comment="roles that need a second factor"),
    sa.Column("mfa_grace_days", sa.Integer, nullable=False),
    sa.Column("mfa_since", UtcDateTime, nullable=False),
)

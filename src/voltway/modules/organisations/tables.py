"""The table of invitations. Operators, accounts, custom roles and location groups are the kernel's: every request needs them."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

invitations = sa.Table(
    "organisations_invitations",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("email", sa.String(254), nullable=False),
    sa.Column("email_key", sa.String(254), nullable=False, comment="the address without case"),
    sa.Column("locale", sa.String(35), nullable=False),
    sa.Column("role", sa.String(40), nullable=False),
    sa.Column("custom_role_id", sa.String(36)),
    sa.Column("location_ids", JsonDocument),
    sa.Column("location_group_ids", JsonDocument),
    sa.Column("code_hash", sa.String(64), nullable=False, unique=True, comment="keyed hash of the code in the mail"),
    sa.Column("invited_by", sa.String(36), nullable=False, comment="account or key"),
    sa.Column("invited_by_name", sa.String(200), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("sent_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("operator_id", "email_key"),
)
"""One row per address that is invited and has not come yet; accepted and withdrawn ones are deleted (the audit log knows)."""

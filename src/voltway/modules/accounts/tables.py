"""Tables of the accounts module. Accounts themselves, their sessions and their tickets are the kernel's."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

passkeys = sa.Table(
    "accounts_passkeys",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("account_id", sa.String(36), nullable=False, index=True),
    sa.Column("credential_key", sa.String(64), nullable=False, unique=True),
    sa.Column("credential_id", sa.String(1400), nullable=False),
    sa.Column("public_key", sa.LargeBinary(2048), nullable=False),
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("transports", JsonDocument, nullable=False),
    sa.Column("is_synced", sa.Boolean, nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("last_used_at", UtcDateTime),
)
"""`credential_key` is the SHA-256 of the credential's id, which is too long for a key; the id is base64url, the public key COSE."""

totp = sa.Table(
    "accounts_totp",
    metadata,
    sa.Column("account_id", sa.String(36), primary_key=True),
    sa.Column("secret", sa.LargeBinary(120), nullable=False),
    sa.Column("last_step", sa.BigInteger, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("confirmed_at", UtcDateTime),
)
"""Authenticator apps: the secret is sealed; `last_step` is the newest half minute whose code was used, none before it is taken
again. Not confirmed: the app has not shown yet that it works, and nothing is asked of it."""

recovery_codes = sa.Table(
    "accounts_recovery_codes",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("account_id", sa.String(36), nullable=False),
    sa.Column("code_hash", sa.String(64), nullable=False),
    sa.Column("used_at", UtcDateTime),
    sa.UniqueConstraint("account_id", "code_hash"),
)

consents = sa.Table(
    "accounts_consents",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("account_id", sa.String(36), nullable=False, index=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("version", sa.String(40), nullable=False),
    sa.Column("is_given", sa.Boolean, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)
"""What people have agreed to and taken back, in which version: rows are added and never changed; the newest of a kind holds."""

identities = sa.Table(
    "accounts_identities",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("account_id", sa.String(36), nullable=False, index=True),
    sa.Column("provider", sa.String(40), nullable=False),
    sa.Column("subject", sa.String(255), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("last_used_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("provider", "subject"),
)
"""Who an account is at an OpenID Connect provider."""

oauth_clients = sa.Table(
    "accounts_oauth_clients",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False, index=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("role", sa.String(40), nullable=False),
    sa.Column("scopes", JsonDocument, nullable=False),
    sa.Column("location_ids", JsonDocument),  # null: every location of the operator
    sa.Column("secret_hash", sa.LargeBinary(40), nullable=False),
    sa.Column("old_secret_hash", sa.LargeBinary(40)),
    sa.Column("old_secret_until", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.String(36), nullable=False),
    sa.Column("last_used_at", UtcDateTime),
    sa.Column("revoked_at", UtcDateTime),
)
"""Machines that fetch short-lived tokens. After a rotation the old secret is good for a while, so that nothing stands still."""

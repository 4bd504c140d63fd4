"""How people prove who they are: passkeys, authenticator apps, tickets, devices; consents; OAuth clients; scopes of keys.

Sessions of browsers end with this: the rows do not know from where they came.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "accounts_consents",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_accounts_consents_account_id"), "accounts_consents", ["account_id"], unique=False)

    op.create_table(
        "accounts_identities",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("provider", "subject", name=op.f("uq_accounts_identities_provider_subject")),
    )
    op.create_index(op.f("ix_accounts_identities_account_id"), "accounts_identities", ["account_id"], unique=False)

    op.create_table(
        "accounts_oauth_clients",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("scopes", JsonDocument(), nullable=False),
        sa.Column("location_ids", JsonDocument(), nullable=True),
        sa.Column("secret_hash", sa.LargeBinary(length=40), nullable=False),
        sa.Column("old_secret_hash", sa.LargeBinary(length=40), nullable=True),
        sa.Column("old_secret_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=36), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_accounts_oauth_clients_operator_id"), "accounts_oauth_clients", ["operator_id"], unique=False
    )

    op.create_table(
        "accounts_passkeys",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("credential_key", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.String(length=1400), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=2048), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", JsonDocument(), nullable=False),
        sa.Column("is_synced", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("credential_key", name=op.f("uq_accounts_passkeys_credential_key")),
    )
    op.create_index(op.f("ix_accounts_passkeys_account_id"), "accounts_passkeys", ["account_id"], unique=False)

    op.create_table(
        "accounts_recovery_codes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "code_hash", name=op.f("uq_accounts_recovery_codes_account_id_code_hash")),
    )
    op.create_table(
        "accounts_totp",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("secret", sa.LargeBinary(length=120), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "kernel_tickets",
        sa.Column("id_hash", sa.String(length=64), nullable=False, comment="keyed hash of the kind and the text"),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column(
            "about", sa.String(length=64), nullable=False, comment="an account's id, or a keyed hash of an address"
        ),
        sa.Column("content", JsonDocument(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id_hash"),
    )
    op.create_index(op.f("ix_kernel_tickets_about_kind"), "kernel_tickets", ["about", "kind"], unique=False)
    op.create_index(op.f("ix_kernel_tickets_expires_at"), "kernel_tickets", ["expires_at"], unique=False)

    op.create_table(
        "kernel_log_in_policies",
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("mfa_roles", JsonDocument(), nullable=False, comment="roles that need a second factor"),
        sa.Column("mfa_grace_days", sa.Integer(), nullable=False),
        sa.Column("mfa_since", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["kernel_operators.id"], name=op.f("fk_kernel_log_in_policies_operator_id")
        ),
        sa.PrimaryKeyConstraint("operator_id"),
    )
    op.create_table(
        "kernel_devices",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False, comment="keyed hash of the device's cookie"),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("user_agent", sa.String(length=300), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["kernel_accounts.id"], name=op.f("fk_kernel_devices_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "token_hash", name=op.f("uq_kernel_devices_account_id_token_hash")),
    )
    op.create_index(op.f("ix_kernel_devices_last_used_at"), "kernel_devices", ["last_used_at"], unique=False)

    op.add_column("kernel_accounts", sa.Column("time_zone", sa.String(length=64), nullable=True))
    op.add_column(
        "kernel_accounts",
        sa.Column(
            "second_factors",
            JsonDocument(),
            nullable=True,
            comment="totp, passkey: what a log-in by password asks for; null: nothing",
        ),
    )

    op.add_column(
        "kernel_api_keys",
        sa.Column("scopes", JsonDocument(), nullable=True, comment="permissions; null: all of the role"),
    )
    op.add_column(
        "kernel_api_keys",
        sa.Column(
            "client_id",
            sa.String(length=36),
            nullable=True,
            comment="a token of this OAuth client, not a key of its own",
        ),
    )
    op.create_index(op.f("ix_kernel_api_keys_client_id"), "kernel_api_keys", ["client_id"], unique=False)

    op.drop_table("kernel_browser_sessions")
    op.create_table(
        "kernel_browser_sessions",
        sa.Column("id_hash", sa.String(length=64), nullable=False, comment="keyed hash of the cookie"),
        sa.Column("id", sa.String(length=36), nullable=False, comment="by which its owner names it"),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=False, comment="coarse, see callers.TOUCH_EVERY"),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("proved_at", UtcDateTime(), nullable=False, comment="when the person last proved who they are"),
        sa.Column(
            "method", sa.String(length=20), nullable=False, comment="how they logged in, browser_sessions.Method"
        ),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("user_agent", sa.String(length=300), nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["kernel_accounts.id"],
            name=op.f("fk_kernel_browser_sessions_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id_hash"),
        sa.UniqueConstraint("id", name=op.f("uq_kernel_browser_sessions_id")),
    )
    op.create_index(
        op.f("ix_kernel_browser_sessions_account_id"), "kernel_browser_sessions", ["account_id"], unique=False
    )
    op.create_index(
        op.f("ix_kernel_browser_sessions_expires_at"), "kernel_browser_sessions", ["expires_at"], unique=False
    )
    op.create_index(
        op.f("ix_kernel_browser_sessions_device_id"), "kernel_browser_sessions", ["device_id"], unique=False
    )

"""The kernel's tables, and the installation's own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    if op.get_bind().dialect.name in ("mysql", "mariadb"):
        # Text compares as on the other databases: case, accents and spaces at the end count. The tables below take after it.
        op.execute("ALTER DATABASE CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin")
    op.create_table(
        "app_installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="always 1"),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column(
            "secret_fingerprint",
            sa.String(length=64),
            nullable=False,
            comment="says which secret belongs to this database",
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("demo_seeded_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "kernel_cursors",
        sa.Column("consumer", sa.String(length=80), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("consumer"),
    )
    op.create_table(
        "kernel_idempotency_keys",
        sa.Column("id", sa.String(length=64), nullable=False, comment="keyed hash of principal and key"),
        sa.Column("attempt_id", sa.String(length=36), nullable=False, comment="the request that claimed it"),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True, comment="null: not answered yet"),
        sa.Column("answer", sa.LargeBinary(length=16777216), nullable=True, comment="headers and body, sealed"),
        sa.Column("claimed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_kernel_idempotency_keys_claimed_at"), "kernel_idempotency_keys", ["claimed_at"], unique=False
    )
    op.create_table(
        "kernel_operators",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug", name=op.f("uq_kernel_operators_slug")),
    )
    op.create_table(
        "kernel_outbox",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_table(
        "kernel_outbox_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "kernel_parked_events",
        sa.Column("consumer", sa.String(length=80), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("payload", JsonDocument(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("parked_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "position"),
    )
    op.create_table(
        "kernel_accounts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False, comment="the address without case"),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("location_ids", JsonDocument(), nullable=True, comment="null: every location of the operator"),
        sa.Column("password_hash", sa.String(length=255), nullable=False, comment="argon2id"),
        sa.Column("locale", sa.String(length=35), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["kernel_operators.id"], name=op.f("fk_kernel_accounts_operator_id")),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email_key", name=op.f("uq_kernel_accounts_email_key")),
    )
    op.create_index(op.f("ix_kernel_accounts_operator_id"), "kernel_accounts", ["operator_id"], unique=False)
    op.create_table(
        "kernel_api_keys",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False, comment="the part that is no secret"),
        sa.Column(
            "secret_hash", sa.LargeBinary(length=40), nullable=False, comment="salt and keyed hash, kernel.secrets"
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("location_ids", JsonDocument(), nullable=True, comment="null: every location of the operator"),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=36), nullable=True, comment="account or key; null: the command line"),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("last_used_at", UtcDateTime(), nullable=True, comment="coarse, see callers.TOUCH_EVERY"),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["kernel_operators.id"], name=op.f("fk_kernel_api_keys_operator_id")),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("prefix", name=op.f("uq_kernel_api_keys_prefix")),
    )
    op.create_index(op.f("ix_kernel_api_keys_operator_id"), "kernel_api_keys", ["operator_id"], unique=False)
    op.create_table(
        "kernel_browser_sessions",
        sa.Column("id_hash", sa.String(length=64), nullable=False, comment="keyed hash of the cookie"),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=False, comment="coarse, see callers.TOUCH_EVERY"),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["kernel_accounts.id"],
            name=op.f("fk_kernel_browser_sessions_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id_hash"),
    )
    op.create_index(
        op.f("ix_kernel_browser_sessions_account_id"), "kernel_browser_sessions", ["account_id"], unique=False
    )
    op.create_index(
        op.f("ix_kernel_browser_sessions_expires_at"), "kernel_browser_sessions", ["expires_at"], unique=False
    )
    op.bulk_insert(
        sa.table("kernel_outbox_head", sa.column("id"), sa.column("position")),
        [{"id": 1, "position": 0}],
    )
    op.bulk_insert(
        sa.table("kernel_operators", sa.column("id"), sa.column("slug"), sa.column("name")),
        [{"id": "00000000-0000-7000-8000-000000000001", "slug": "default", "name": "Default operator"}],
    )

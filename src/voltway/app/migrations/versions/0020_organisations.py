"""Operators that are suspended, custom roles, location groups, and who is bound to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column(
        "kernel_operators",
        sa.Column(
            "suspended_at",
            UtcDateTime(),
            nullable=True,
            comment="since when nobody of theirs is let in; null: not suspended",
        ),
    )
    for table in ("kernel_accounts", "kernel_api_keys"):
        op.add_column(
            table,
            sa.Column("custom_role_id", sa.String(length=36), nullable=True, comment="with the role `custom`"),
        )
        op.add_column(table, sa.Column("location_group_ids", JsonDocument(), nullable=True))
    op.create_table(
        "kernel_custom_roles",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("permissions", JsonDocument(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["kernel_operators.id"], name=op.f("fk_kernel_custom_roles_operator_id")
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("operator_id", "name", name=op.f("uq_kernel_custom_roles_operator_id_name")),
    )
    op.create_table(
        "kernel_location_groups",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("location_ids", JsonDocument(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["kernel_operators.id"], name=op.f("fk_kernel_location_groups_operator_id")
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("operator_id", "name", name=op.f("uq_kernel_location_groups_operator_id_name")),
    )
    op.create_table(
        "organisations_invitations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False, comment="the address without case"),
        sa.Column("locale", sa.String(length=35), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("custom_role_id", sa.String(length=36), nullable=True),
        sa.Column("location_ids", JsonDocument(), nullable=True),
        sa.Column("location_group_ids", JsonDocument(), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=False, comment="keyed hash of the code in the mail"),
        sa.Column("invited_by", sa.String(length=36), nullable=False, comment="account or key"),
        sa.Column("invited_by_name", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code_hash", name=op.f("uq_organisations_invitations_code_hash")),
        sa.UniqueConstraint(
            "operator_id", "email_key", name=op.f("uq_organisations_invitations_operator_id_email_key")
        ),
    )

"""Tables of the users module."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

id_tokens = sa.Table(
    "users_id_tokens",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("value", sa.String(255), nullable=False),
    sa.Column("value_key", sa.String(255), nullable=False),
    sa.Column("kind", sa.String(20)),
    sa.Column("kind_key", sa.String(20), nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("expires_at", UtcDateTime),
    sa.Column("group_value", sa.String(255)),
    sa.Column("user_id", sa.String(36)),
    sa.Column("concurrent_max", sa.Integer),
    sa.Column("energy_transfer_modes", JsonDocument),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.UniqueConstraint("operator_id", "value_key", "kind_key"),
)
"""`value_key` is the value without case, `kind_key` the kind or '': two tokens of one kind and value cannot be."""

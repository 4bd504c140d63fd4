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
    sa.Column("location_ids", JsonDocument),  # null: everywhere
    sa.Column("language", sa.String(8)),
    sa.Column("message", sa.String(512)),
    sa.Column("energy_transfer_modes", JsonDocument),
    sa.Column("balance_minor", sa.BigInteger),  # null: not prepaid
    sa.Column("balance_currency", sa.String(3)),
    sa.Column("session_limit", JsonDocument),
    sa.Column("valid_hours", JsonDocument),  # null: at all hours
    sa.Column("connector_types", JsonDocument),  # null: all of them
    sa.Column("quota", JsonDocument),  # quota_rules; null: none
    sa.Column("name", sa.String(100)),  # the driver's word for it
    sa.Column("lost_at", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.UniqueConstraint("operator_id", "value_key", "kind_key"),
    sa.Index(None, "operator_id", "user_id"),
)
"""`value_key` is the value without case, `kind_key` the kind or '': two tokens of one kind and value cannot be."""

debits = sa.Table(
    "users_debits",
    metadata,
    sa.Column("session_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("id_token_id", sa.String(36), nullable=False, index=True),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("debited_at", UtcDateTime, nullable=False),
)
"""What sessions took from prepaid tokens: each once, however often its price is told."""

local_lists = sa.Table(
    "users_local_lists",
    metadata,
    sa.Column("station_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("mode", sa.String(10), nullable=False),
    sa.Column("token_ids", JsonDocument),  # mode selected
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("entries", JsonDocument),  # list_rules.Known; null: not known
    sa.Column("left_out", JsonDocument),  # tokens without case whose holders' data was cleared at the station
    sa.Column("wire_status", sa.String(50)),
    sa.Column("detail", sa.String(500)),
    sa.Column("told_at", UtcDateTime),
    sa.Column("due_at", UtcDateTime, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Index(None, "operator_id", "mode"),
)
"""What each station's local list should be, and what it is as far as we know."""

access_settings = sa.Table(
    "users_access_settings",
    metadata,
    sa.Column("operator_id", sa.String(36), primary_key=True),
    sa.Column("master_group", sa.String(255)),
    sa.Column("is_stopping_deauthorized", sa.Boolean, nullable=False),
    sa.Column("autocharge", JsonDocument),  # autocharge_rules; null: off
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

stops = sa.Table(
    "users_stops",
    metadata,
    sa.Column("id_token_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
)
"""Tokens that may not charge any more and whose running sessions are still to be stopped. A token may be gone by then."""

drivers = sa.Table(
    "users_drivers",
    metadata,
    sa.Column("account_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("app_token_id", sa.String(36)),
    sa.Column("default_token_id", sa.String(36)),
    sa.Column("is_autocharge_allowed", sa.Boolean, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)
"""What drivers have chosen. Locked by who changes one of a driver's tokens that there is once."""

activation_codes = sa.Table(
    "users_activation_codes",
    metadata,
    sa.Column("id_token_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),  # keyed hash: a code is random and looked up by it
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("used_at", UtcDateTime),
)
"""By which a driver takes a card as his own: one for a card, the last that was made."""

quotas = sa.Table(
    "users_quotas",
    metadata,
    sa.Column("operator_id", sa.String(36), primary_key=True),
    sa.Column("kind", sa.String(10), primary_key=True),  # group, driver
    sa.Column("key", sa.String(255), primary_key=True),  # a group without case, an account's id
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("quota", JsonDocument, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)
"""What all tokens of a group or a driver may take together."""

usage = sa.Table(
    "users_usage",
    metadata,
    sa.Column("session_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("id_token_id", sa.String(36), nullable=False),
    sa.Column("group_key", sa.String(255)),
    sa.Column("user_id", sa.String(36)),
    sa.Column("ended_at", UtcDateTime, nullable=False),
    sa.Column("energy_wh", sa.BigInteger, nullable=False),
    sa.Column("amount_minor", sa.BigInteger),
    sa.Column("currency", sa.String(3)),
    sa.Index(None, "operator_id", "id_token_id", "ended_at"),
    sa.Index(None, "operator_id", "group_key", "ended_at"),
    sa.Index(None, "operator_id", "user_id", "ended_at"),
)
"""What sessions took, for quotas: each once, with whose token it was when it ended."""

autocharge_places = sa.Table(
    "users_autocharge_places",
    metadata,
    sa.Column("id_token_id", sa.String(36), primary_key=True),
    sa.Column("location_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("first_at", UtcDateTime, nullable=False),
)
"""Where a car has charged by its address: its driver is told of each new place."""

"""The tables of the notify module: mails, webhooks, their deliveries and each attempt at one."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

mails = sa.Table(
    "notify_mails",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("mail_id", sa.String(200), nullable=False),  # of whoever asked for it
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("recipient", sa.String(254), nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("text", sa.Text),  # null: it has left, or is of no use any more
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", UtcDateTime, index=True),  # null: none
    sa.Column("last_error", sa.String(300)),
    sa.Column("expires_at", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False, index=True),
    sa.Column("queued_at", UtcDateTime, nullable=False),  # when its attempts began
    sa.Column("finished_at", UtcDateTime),
    sa.UniqueConstraint("mail_id"),
    sa.Index(None, "operator_id", "id"),
)

webhooks = sa.Table(
    "notify_webhooks",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("url", sa.String(2000), nullable=False),
    sa.Column("description", sa.String(200), nullable=False),
    sa.Column("kinds", JsonDocument, nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("secret_salt", sa.String(32), nullable=False),  # what the secret is made from, rules.secret_of
    sa.Column("old_secret_salt", sa.String(32)),
    sa.Column("old_secret_until", UtcDateTime),
    sa.Column("failing_since", UtcDateTime),  # null: the last attempt was taken
    sa.Column("disabled_reason", sa.String(200)),  # null: nobody, or a person, has switched it off
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Index(None, "operator_id", "id"),
)

deliveries = sa.Table(
    "notify_deliveries",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("webhook_id", sa.String(36), nullable=False),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),  # deliveries with the same key leave one after the other
    sa.Column("body", sa.Text, nullable=False),  # the very bytes that are signed
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", UtcDateTime, index=True),  # null: none
    sa.Column("last_status", sa.Integer),
    sa.Column("last_error", sa.String(300)),
    sa.Column("created_at", UtcDateTime, nullable=False, index=True),
    sa.Column("queued_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sa.Index(None, "webhook_id", "id"),
    sa.Index(None, "webhook_id", "state"),
)

attempts = sa.Table(
    "notify_attempts",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("delivery_id", sa.String(36), nullable=False, index=True),
    sa.Column("webhook_id", sa.String(36), nullable=False, index=True),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.Column("status", sa.Integer),  # null: nothing came back
    sa.Column("latency_ms", sa.Integer, nullable=False),
    sa.Column("error", sa.String(300)),
)

push_subscriptions = sa.Table(
    "notify_push_subscriptions",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("account_id", sa.String(36), nullable=False),
    sa.Column("endpoint", sa.String(2000), nullable=False),
    sa.Column("endpoint_hash", sa.String(64), nullable=False),  # an endpoint is longer than a key may be
    sa.Column("p256dh", sa.String(90), nullable=False),
    sa.Column("auth", sa.String(30), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("operator_id", "endpoint_hash"),
    sa.Index(None, "operator_id", "account_id"),
)

pushes = sa.Table(
    "notify_pushes",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("subscription_id", sa.String(36), nullable=False, index=True),
    sa.Column("tag", sa.String(100), nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # a row is gone when the push has left, or is of no use any more
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", UtcDateTime, nullable=False, index=True),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)

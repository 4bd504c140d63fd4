"""Tables of the sessions module.

`sessions_inbox` keeps every transaction report as received, with what we answered: the truth. `sessions_sessions`,
`sessions_progress` and `sessions_samples` are its projection. A repeat falls on the inbox's primary key.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata
from voltway.modules.sessions.rules import HELD, HELD_FOR_REVIEW

BIG_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")

inbox = sa.Table(
    "sessions_inbox",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("report_key", sa.String(100), nullable=False),
    sa.Column("session_id", sa.String(36)),
    sa.Column("phase", sa.String(10), nullable=False),
    sa.Column("protocol", sa.String(10), nullable=False),
    sa.Column("message_id", sa.String(36), nullable=False),
    sa.Column("occurred_at", UtcDateTime, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("receipt", sa.Text),
    sa.Column("flags", sa.String(500)),
)
"""`id` begins with the second in which the report occurred: a repeat has the same one, and what comes in at one time lies
together in the index, so that a commit writes few pages."""

IS_EVENT = inbox.c.phase != sa.literal_column("'metered'")
"""Whether a row is about the transaction itself: these are looked up by their session, meter values never, and most rows are
meter values. (A literal: a database uses a partial index only for what it can see to be inside.)"""
sa.Index("ix_sessions_inbox_events", inbox.c.session_id, sqlite_where=IS_EVENT, postgresql_where=IS_EVENT)

sessions = sa.Table(
    "sessions_sessions",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("visit_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("station_identity", sa.String(48), nullable=False),
    sa.Column("location_id", sa.String(36)),
    sa.Column("protocol", sa.String(10), nullable=False),
    sa.Column("evse_number", sa.Integer),
    sa.Column("connector_number", sa.Integer),
    sa.Column("transaction_id", sa.String(36)),
    sa.Column("remote_start_id", sa.BigInteger),
    sa.Column("id_token", sa.String(255)),
    sa.Column("id_token_kind", sa.String(20)),
    sa.Column("id_token_order", sa.BigInteger),
    sa.Column("id_token_id", sa.String(36), index=True),
    sa.Column("user_id", sa.String(36)),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("start_received_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("end_received_at", UtcDateTime),
    sa.Column("charging_ended_at", UtcDateTime),
    sa.Column("unplugged_at", UtcDateTime),
    sa.Column("stop_reason", sa.String(60)),
    sa.Column("meter_start_wh", sa.BigInteger),
    sa.Column("meter_start_order", sa.BigInteger),
    sa.Column("meter_stop_wh", sa.BigInteger),
    sa.Column("has_start", sa.Boolean, nullable=False),
    sa.Column("clock_offset_s", sa.BigInteger, nullable=False),
    sa.Column("tariff", sa.Text),
    sa.Column("is_priced", sa.Boolean, nullable=False),
    sa.Column("cost", sa.Text),
    sa.Column("review", sa.String(500), nullable=False),
    sa.Column("tolerated_wh", sa.BigInteger),
    sa.Column("settled_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("station_id", "transaction_id"),
    sa.Index("ix_sessions_open", "station_id", "is_open"),
    sa.Index("ix_sessions_operator", "operator_id", "id"),
    sa.Index("ix_sessions_operator_state", "operator_id", "state", "id"),
    sa.Index("ix_sessions_operator_settled", "operator_id", "settled_at"),
    sa.Index("ix_sessions_operator_started", "operator_id", "started_at"),
    sa.Index("ix_sessions_operator_token", "operator_id", "id_token"),
)

IS_ACTIVE = sessions.c.state == sa.literal_column("'active'")
"""A literal, as above. Few sessions of all that there are."""
sa.Index("ix_sessions_active", sessions.c.state, sqlite_where=IS_ACTIVE, postgresql_where=IS_ACTIVE)

OF_A_DRIVER = sessions.c.user_id.is_not(None)
"""Sessions whose person is known: the operator's own drivers."""
sa.Index(
    "ix_sessions_driver", sessions.c.user_id, sessions.c.id, sqlite_where=OF_A_DRIVER, postgresql_where=OF_A_DRIVER
)

IS_DOUBTED = sa.and_(
    sessions.c.state == sa.literal_column("'ended'"),
    sessions.c.cost.is_(None),
    sessions.c.review != sa.literal_column("''"),
)
"""A session that is over, costs nothing yet, and has something to be said about it. Few of all that there are."""
sa.Index(
    "ix_sessions_doubted", sessions.c.operator_id, sessions.c.id, sqlite_where=IS_DOUBTED, postgresql_where=IS_DOUBTED
)


def _has_reason(*reasons: str) -> sa.ColumnElement[bool]:
    words = sa.literal_column("' '").concat(sessions.c.review).concat(sa.literal_column("' '"))
    return sa.or_(*(words.contains(f" {reason} ", autoescape=True) for reason in reasons))


AWAITS_REVIEW = sa.and_(
    IS_DOUBTED,
    sa.or_(_has_reason(HELD), sa.and_(~sessions.c.is_priced, _has_reason(*sorted(HELD_FOR_REVIEW)))),
)
"""`rules.awaits_review` in SQL."""

progress = sa.Table(
    "sessions_progress",
    metadata,
    sa.Column("session_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("charging_state", sa.String(20)),
    sa.Column("last_report_at", UtcDateTime, nullable=False),
    sa.Column("register_wh", sa.BigInteger),
    sa.Column("register_order", sa.BigInteger),
    sa.Column("energy_wh", sa.BigInteger, nullable=False),
    sa.Column("power_w", sa.Double),
    sa.Column("soc_percent", sa.Double),
    sa.Column("sequence_first", sa.BigInteger),
    sa.Column("sequence_last", sa.BigInteger),
    sa.Column("sequence_count", sa.BigInteger, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)
"""The columns of a session that change with every report, one row beside each of `sessions`: a meter value rewrites this short
row and not the whole session."""

whole = sa.join(sessions, progress, progress.c.session_id == sessions.c.id)
"""Sessions with their progress."""


def column(name: str) -> sa.Column[Any]:
    """A session's column, in whichever of the two tables it is."""
    return progress.c[name] if name in progress.c and name not in sessions.c else sessions.c[name]


samples = sa.Table(
    "sessions_samples",
    metadata,
    sa.Column("id", BIG_KEY, primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("evse_number", sa.Integer),
    sa.Column("session_id", sa.String(36), index=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("context", sa.String(40), nullable=False),
    sa.Column("location", sa.String(10), nullable=False),
    sa.Column("energy_wh", sa.BigInteger),
    sa.Column("power_w", sa.Double),
    sa.Column("current_a", sa.Double),
    sa.Column("voltage_v", sa.Double),
    sa.Column("soc_percent", sa.Double),
    sa.Column("phases", JsonDocument),
    sa.Column("extra", JsonDocument),
    sa.Column("signed", JsonDocument),
)

IS_OUTSIDE = samples.c.session_id.is_(sa.null())
sa.Index(
    "ix_sessions_samples_outside",
    samples.c.station_id,
    samples.c.id,
    sqlite_where=IS_OUTSIDE,
    postgresql_where=IS_OUTSIDE,
)
"""For what was measured outside of transactions: these are few, and the many of sessions must not pay for them."""

token_claims = sa.Table(
    "sessions_token_claims",
    metadata,
    sa.Column("id_token_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("claimed_at", UtcDateTime, nullable=False),
)
"""One row per token with a limit; writing it lets starts of one token wait for each other."""

limits = sa.Table(
    "sessions_limits",
    metadata,
    sa.Column("session_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("spending_limit", JsonDocument, nullable=False),
    sa.Column("due_at", UtcDateTime, index=True),  # when to look again; null: it is over
    sa.Column("reached_at", UtcDateTime),
    sa.Column("attempts", sa.Integer, nullable=False),
)
"""Sessions that may go so far and no further."""

inquiries = sa.Table(
    "sessions_inquiries",
    metadata,
    sa.Column("session_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False, comment="when the station is asked next, or its answer looked at"),
    sa.Column("told_at", UtcDateTime, nullable=False, comment="the session's last report when it was asked"),
    sa.Column("is_triggered", sa.Boolean, nullable=False, comment="1.6: the connector's status has been asked for"),
    sa.Column("gone_count", sa.Integer, nullable=False, comment="answers in a row that the transaction is no more"),
    sa.Column("unknown_count", sa.Integer, nullable=False, comment="answers in a row that said nothing of it"),
)
"""Active sessions that have been silent for long, and what their stations say of them (silence.py)."""

retention = sa.Table(
    "sessions_retention",
    metadata,
    sa.Column("name", sa.String(20), primary_key=True),
    sa.Column("position", sa.String(36), nullable=False, comment="the last id that was looked at"),
    sa.Column("moved_at", UtcDateTime, nullable=False),
)
"""How far the jobs are that keep the samples few (thinning.py)."""

power_history = sa.Table(
    "sessions_power_history",
    metadata,
    sa.Column("operator_id", sa.String(36), primary_key=True),
    sa.Column("at", UtcDateTime, primary_key=True),
    sa.Column("power_w", sa.Double, nullable=False),
)

quarantine = sa.Table(
    "sessions_quarantine",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False, index=True),
    sa.Column("transaction_id", sa.String(36)),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("report", sa.Text, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
)

"""The tables of the gateway: the processes that hold links, and the message log."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import UtcDateTime, metadata

nodes = sa.Table(
    "gateway_nodes",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),  # the lease: a process says again and again that it lives
)

messages = sa.Table(
    "gateway_messages",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),  # begins with its time: old rows go by their id
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("direction", sa.String(3), nullable=False),
    sa.Column("kind", sa.String(6), nullable=False),
    sa.Column("message_id", sa.String(36), nullable=False),
    sa.Column("action", sa.String(64)),  # null: not known
    sa.Column("frame", sa.Text, nullable=False),  # the whole frame as text, passwords masked, cut where it is very long
    sa.Index(None, "station_id", "id"),
)

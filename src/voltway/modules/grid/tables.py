"""Tables of the grid module."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

der_controls = sa.Table(
    "grid_der_controls",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("control_id", sa.String(36), nullable=False),
    sa.Column("control_type", sa.String(40)),
    sa.Column("is_default", sa.Boolean),
    sa.Column("is_superseded", sa.Boolean, nullable=False),
    sa.Column("document", JsonDocument),
    sa.Column("started_at", UtcDateTime),
    sa.Column("stopped_at", UtcDateTime),
    sa.Column("told_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("station_id", "control_id"),
)
"""One row per control of a station. The type is not known of one that was only said to start."""

der_alarms = sa.Table(
    "grid_der_alarms",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("control_type", sa.String(40), nullable=False),
    sa.Column("grid_fault", sa.String(40), nullable=False),
    sa.Column("key_at", UtcDateTime, nullable=False),
    sa.Column("started_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("remark", sa.String(200)),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("station_id", "control_type", "grid_fault", "key_at"),
)
"""`key_at` is when it began, or ended where nobody told of its beginning: a message that is said again makes no second row.
`grid_fault` is '' where the station names none."""

battery_swaps = sa.Table(
    "grid_battery_swaps",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("request_number", sa.BigInteger, nullable=False),
    sa.Column("step", sa.String(20), nullable=False),
    sa.Column("id_token", sa.String(255), nullable=False),
    sa.Column("id_token_kind", sa.String(20)),
    sa.Column("verdict", sa.String(20), nullable=False),
    sa.Column("batteries", JsonDocument, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("station_id", "digest"),
)

streams = sa.Table(
    "grid_streams",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("stream_number", sa.BigInteger, nullable=False),
    sa.Column("monitor_number", sa.BigInteger),
    sa.Column("interval_s", sa.BigInteger),
    sa.Column("batch_size", sa.BigInteger),
    sa.Column("pending", sa.BigInteger),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("closed_at", UtcDateTime),
    sa.Column("last_value_at", UtcDateTime),
    sa.UniqueConstraint("station_id", "stream_number"),
)
"""One row per number that a station uses; a number that is used again is the same row, opened again."""

stream_values = sa.Table(
    "grid_stream_values",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("stream_id", sa.String(36), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Index("ix_grid_stream_values_stream", "stream_id", "id"),
)
"""Ids are made as values come in, and begin with that time: retention needs no other index."""

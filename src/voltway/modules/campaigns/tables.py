"""Tables of the campaigns module."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

campaigns = sa.Table(
    "campaigns_campaigns",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("image_id", sa.String(36), nullable=False),
    sa.Column("state", sa.String(10), nullable=False, comment="draft, running, paused, done, stopped"),
    sa.Column("reason", sa.String(200), comment="why it paused or was stopped"),
    sa.Column("wave", sa.Integer, nullable=False),
    sa.Column("waves", JsonDocument, nullable=False, comment="sizes; the rest is one more"),
    sa.Column("failures_max", sa.Integer, nullable=False),
    sa.Column("parallel_max", sa.Integer, nullable=False),
    sa.Column("soak_s", sa.Integer, nullable=False, comment="between waves"),
    sa.Column("timeout_s", sa.Integer, nullable=False, comment="a station that says nothing so long has failed"),
    sa.Column("window_from", sa.String(5), comment="hh:mm in the time zone; null: at any time"),
    sa.Column("window_until", sa.String(5)),
    sa.Column("time_zone", sa.String(64), nullable=False),
    sa.Column("created_by", sa.String(200), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("started_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.Index(None, "operator_id", "id"),
    sa.Index(None, "state"),
)

stations = sa.Table(
    "campaigns_stations",
    metadata,
    sa.Column("campaign_id", sa.String(36), primary_key=True),
    sa.Column("station_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_identity", sa.String(48), nullable=False),
    sa.Column("wave", sa.Integer, nullable=False),
    sa.Column("state", sa.String(10), nullable=False, comment="waiting, ordered, done, failed, skipped"),
    sa.Column("detail", sa.String(200), comment="the station's last word, or why not"),
    sa.Column("due_at", UtcDateTime, comment="not before this"),
    sa.Column("ordered_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
)
"""The stations of a campaign, as they were named when it was made."""

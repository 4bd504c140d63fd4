"""Tables of the provisioning module."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

templates = sa.Table(
    "provisioning_templates",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("vendor", sa.String(50)),
    sa.Column("model", sa.String(50)),
    sa.Column("location_id", sa.String(36)),
    sa.Column("steps", JsonDocument, nullable=False),
    sa.Column("is_accepting", sa.Boolean, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("operator_id", "name"),
)
"""What stations are to be told, in order. What is not named (vendor, model, location) may be anything."""

due = sa.Table(
    "provisioning_due",
    metadata,
    sa.Column("station_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("template_id", sa.String(36)),
    sa.Column("reason", sa.String(10), nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False, index=True),
)
"""The stations that are to be looked at."""

runs = sa.Table(
    "provisioning_runs",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("template_id", sa.String(36), nullable=False),
    sa.Column("template_name", sa.String(100), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("reason", sa.String(10), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("steps", JsonDocument, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Index(None, "station_id", "id"),
)
"""Each time that a template was applied to a station, with the result of each step."""

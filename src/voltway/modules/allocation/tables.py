"""Tables of the allocation module."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

templates = sa.Table(
    "allocation_templates",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("purpose", sa.String(40), nullable=False),
    sa.Column("document", JsonDocument, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("operator_id", "name"),
)
"""Charging profiles to be applied, as OCPP 2.x writes them."""

location_limits = sa.Table(
    "allocation_limits",
    metadata,
    sa.Column("location_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("unit", sa.String(1), nullable=False),
    sa.Column("limit_value", sa.Double),
    sa.Column("due_at", UtcDateTime),
    sa.Column("changed_at", UtcDateTime, nullable=False),
)
"""What the stations of a location may draw together. No value: the limit is being taken away from its stations."""

controls = sa.Table(
    "allocation_controls",
    metadata,
    sa.Column("station_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("location_id", sa.String(36), nullable=False),
    sa.Column("unit", sa.String(1), nullable=False),
    sa.Column("limit_value", sa.Double, nullable=False),
    sa.Column("accepted_at", UtcDateTime, nullable=False),
    sa.Index("ix_allocation_controls_location", "location_id"),
)
"""The stations that have accepted their default profiles, with the location's limit at that time."""

claims = sa.Table(
    "allocation_claims",
    metadata,
    sa.Column("session_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("evse_number", sa.Integer, nullable=False),
    sa.Column("began_at", UtcDateTime, nullable=False),
    sa.Column("unit", sa.String(1)),
    sa.Column("reserved", sa.Double),
    sa.Column("is_unsure", sa.Boolean, comment="nobody knows whether the station has accepted what is reserved"),
    sa.Index("ix_allocation_claims_station", "station_id"),
)
"""One row per running session. `reserved`: the most that its station may have accepted for it, nothing while it was told none. It may
have heard of less, if whoever told it has died or it has not answered: then it is told again."""

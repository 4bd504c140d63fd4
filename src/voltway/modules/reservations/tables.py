"""The table of the reservations module."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import UtcDateTime, metadata

reservations = sa.Table(
    "reservations_reservations",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("station_identity", sa.String(48), nullable=False),
    sa.Column("location_id", sa.String(36)),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("evse_number", sa.Integer),
    sa.Column("connector_type", sa.String(50)),
    sa.Column("id_token", sa.String(255), nullable=False),
    sa.Column("id_token_kind", sa.String(50)),
    sa.Column("group_value", sa.String(255)),
    sa.Column("starts_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("wire_status", sa.String(50)),
    sa.Column("session_id", sa.String(36)),
    sa.Column("due_at", UtcDateTime, index=True),  # when the station is to be told; null: it was, or will not be
    sa.Column("ends_at", UtcDateTime, index=True),  # expires_at, while it is not over
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("station_id", "number"),
    sa.Index(None, "operator_id", "id"),
)
"""`number` is what the station knows a reservation by: it counts from 1 for each station."""

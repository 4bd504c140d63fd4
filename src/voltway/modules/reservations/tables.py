"""The tables of the reservations module."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

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

sites = sa.Table(
    "reservations_sites",
    metadata,
    sa.Column("location_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("rules", JsonDocument, nullable=False),  # booking.Rules
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("next_number", sa.BigInteger, nullable=False),  # of the queue
    sa.Column("queue_due_at", UtcDateTime, index=True),  # null: nobody waits
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Index(None, "operator_id"),
)
"""A location that is booked or queued at. Whoever hands out its EVSEs locks its row first: so they are handed out once."""

bookings = sa.Table(
    "reservations_bookings",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("location_id", sa.String(36), nullable=False),
    sa.Column("location_name", sa.String(100), nullable=False),
    sa.Column("time_zone", sa.String(64), nullable=False),
    sa.Column("account_id", sa.String(36)),  # null: of a person who has gone
    sa.Column("id_token", sa.String(255), nullable=False),
    sa.Column("id_token_kind", sa.String(50)),
    sa.Column("group_value", sa.String(255)),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("station_identity", sa.String(48), nullable=False),
    sa.Column("evse_number", sa.Integer, nullable=False),
    sa.Column("connector_type", sa.String(40)),  # that the driver needs; null: any
    sa.Column("starts_at", UtcDateTime, nullable=False),
    sa.Column("ends_at", UtcDateTime, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("reason", sa.String(500)),
    sa.Column("terms", JsonDocument, nullable=False),  # booking.Terms
    sa.Column("reservation_id", sa.String(36)),  # what the station was told last
    sa.Column("session_id", sa.String(36)),
    sa.Column("checked_in_at", UtcDateTime),
    sa.Column("fee_id", sa.String(36)),
    sa.Column("fee", JsonDocument),  # pricing.Cost; null: none is owed
    sa.Column("fee_reason", sa.String(12)),
    sa.Column("fee_waived_at", UtcDateTime),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("due_at", UtcDateTime, index=True),  # when to look at it; null: it is over
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Index(None, "operator_id", "id"),
    sa.Index(None, "location_id", "ends_at"),
    sa.Index(None, "account_id"),
    sa.Index(None, "station_id", "ends_at"),
)

queue_places = sa.Table(
    "reservations_queue_places",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("location_id", sa.String(36), nullable=False),
    sa.Column("location_name", sa.String(100), nullable=False),
    sa.Column("time_zone", sa.String(64), nullable=False),
    sa.Column("account_id", sa.String(36)),
    sa.Column("open_account_id", sa.String(36)),  # account_id while it is open: one place per person
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("id_token", sa.String(255), nullable=False),
    sa.Column("id_token_kind", sa.String(50)),
    sa.Column("group_value", sa.String(255)),
    sa.Column("connector_type", sa.String(40)),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(500)),
    sa.Column("snoozes", sa.Integer, nullable=False),
    sa.Column("station_id", sa.String(36)),  # the EVSE that is held
    sa.Column("station_identity", sa.String(48)),
    sa.Column("evse_number", sa.Integer),
    sa.Column("reservation_id", sa.String(36)),
    sa.Column("until", UtcDateTime),  # when the hold, or the snooze, ends
    sa.Column("is_told", sa.Boolean, nullable=False),  # the station holds the EVSE, and the person knows
    sa.Column("session_id", sa.String(36)),
    sa.Column("joined_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("operator_id", "open_account_id"),
    sa.UniqueConstraint("location_id", "number"),
    sa.Index(None, "operator_id", "id"),
    sa.Index(None, "location_id", "state"),
    sa.Index(None, "account_id"),
)

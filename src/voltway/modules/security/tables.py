"""The tables of the security module. Rows of certificates and events are never deleted."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

certificates = sa.Table(
    "security_certificates",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("station_identity", sa.String(48), nullable=False),
    sa.Column("location_id", sa.String(36)),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("authority", sa.String(10), nullable=False),  # csms, v2g
    # refused (by us), issued, accepted, rejected (by the station), revoked
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(200)),
    sa.Column("request_number", sa.Integer),
    sa.Column("common_name", sa.String(64)),
    sa.Column("serial_number", sa.String(40)),
    sa.Column("certificate", sa.Text),  # PEM, with its chain
    sa.Column("not_before", UtcDateTime),
    sa.Column("not_after", UtcDateTime),
    sa.Column("command_id", sa.String(36)),
    sa.Column("requested_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("renewal_asked_at", UtcDateTime),
    sa.Column("revoked_at", UtcDateTime),
    sa.UniqueConstraint("authority", "serial_number"),
    sa.Index(None, "operator_id", "id"),
    sa.Index(None, "station_id", "id"),
    sa.Index(None, "state", "not_after"),
)

events = sa.Table(
    "security_events",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("station_identity", sa.String(48), nullable=False),
    sa.Column("location_id", sa.String(36)),
    sa.Column("protocol", sa.String(16), nullable=False),
    sa.Column("type", sa.String(50), nullable=False),
    sa.Column("severity", sa.String(10), nullable=False),
    sa.Column("tech_info", sa.String(255)),
    sa.Column("occurred_at", UtcDateTime, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("event_key", sa.String(40), nullable=False),  # rules.event_key: a message said twice is one event
    sa.UniqueConstraint("station_id", "event_key"),
    sa.Index(None, "operator_id", "id"),
)

quarantine = sa.Table(
    "security_quarantine",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("error", sa.String(1000), nullable=False),
    sa.Column("report", JsonDocument, nullable=False),
    sa.Column("quarantined_at", UtcDateTime, nullable=False),
)

registration_tokens = sa.Table(
    "security_registration_tokens",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),  # keyed hash
    sa.Column("location_id", sa.String(36)),
    sa.Column("evses", JsonDocument, nullable=False),
    sa.Column("uses_max", sa.Integer, nullable=False),
    sa.Column("uses", sa.Integer, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.String(200), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime),
    sa.UniqueConstraint("digest"),
    sa.Index(None, "operator_id", "id"),
)

enrolments = sa.Table(
    "security_enrolments",
    metadata,
    sa.Column("station_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("token_id", sa.String(36), nullable=False),
    sa.Column("enrolled_at", UtcDateTime, nullable=False),
    sa.Column("rotated_at", UtcDateTime),  # null: its password is the token still
)

expiry_notices = sa.Table(
    "security_expiry_notices",
    metadata,
    sa.Column("serial_number", sa.String(64), primary_key=True),
    sa.Column("threshold_days", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("told_at", UtcDateTime, nullable=False),
)
"""Which certificate was told of at which threshold: each once."""

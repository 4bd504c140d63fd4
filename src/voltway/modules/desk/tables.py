"""Tables of the desk."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import UtcDateTime, metadata

tickets = sa.Table(
    "desk_tickets",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("location_id", sa.String(36), comment="where the station stands; null: it is about none"),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False, comment="problem, payment, damage, question, other"),
    sa.Column("state", sa.String(10), nullable=False, comment="open, waiting, solved"),
    sa.Column("priority", sa.String(10), nullable=False, comment="urgent, normal, low"),
    sa.Column("station_id", sa.String(36)),
    sa.Column("station_identity", sa.String(48)),
    sa.Column("evse_number", sa.Integer),
    sa.Column("session_id", sa.String(36)),
    sa.Column("driver_id", sa.String(36), comment="an account"),
    sa.Column("contact", sa.String(200), comment="how to reach who reported it, in their own words"),
    sa.Column("assignee_id", sa.String(36)),
    sa.Column("assignee", sa.String(200)),
    sa.Column("opened_by", sa.String(200), nullable=False),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Column("solved_at", UtcDateTime),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index(None, "operator_id", "id"),
    sa.Index(None, "operator_id", "state", "id"),
    sa.Index(None, "station_id", "id"),
    sa.Index(None, "session_id"),
    sa.Index(None, "driver_id"),
)
"""What somebody has reported, and whose turn it is."""

notes = sa.Table(
    "desk_notes",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("ticket_id", sa.String(36), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("author", sa.String(200), nullable=False),
    sa.Column("what", sa.String(10), nullable=False, comment="opened, noted, changed"),
    sa.Column("text", sa.Text, nullable=False),
    sa.Index(None, "ticket_id", "id"),
)
"""What was said and done about a ticket; never changed."""

photos = sa.Table(
    "desk_photos",
    metadata,
    sa.Column("ticket_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("added_at", UtcDateTime, nullable=False),
    sa.Column("content", sa.LargeBinary(1_000_000), nullable=False, comment="a JPEG, rid of all but the picture"),
    sa.Index(None, "added_at"),
)
"""What somebody has photographed for their report; forgotten some time after."""

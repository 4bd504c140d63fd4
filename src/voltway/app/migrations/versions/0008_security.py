"""Passwords and security profiles on their way; certificates, security events, registration tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "security_certificates",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("station_identity", sa.String(length=48), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("authority", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("request_number", sa.Integer(), nullable=True),
        sa.Column("common_name", sa.String(length=64), nullable=True),
        sa.Column("serial_number", sa.String(length=40), nullable=True),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("not_after", UtcDateTime(), nullable=True),
        sa.Column("command_id", sa.String(length=36), nullable=True),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("renewal_asked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "authority", "serial_number", name=op.f("uq_security_certificates_authority_serial_number")
        ),
    )
    with op.batch_alter_table("security_certificates", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_security_certificates_operator_id_id"), ["operator_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_security_certificates_state_not_after"), ["state", "not_after"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_security_certificates_station_id_id"), ["station_id", "id"], unique=False)

    op.create_table(
        "security_enrolments",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("token_id", sa.String(length=36), nullable=False),
        sa.Column("enrolled_at", UtcDateTime(), nullable=False),
        sa.Column("rotated_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("station_id"),
    )
    op.create_table(
        "security_events",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("station_identity", sa.String(length=48), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=True),
        sa.Column("protocol", sa.String(length=16), nullable=False),
        sa.Column("type", sa.String(length=50), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("tech_info", sa.String(length=255), nullable=True),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("event_key", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("station_id", "event_key", name=op.f("uq_security_events_station_id_event_key")),
    )
    with op.batch_alter_table("security_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_security_events_operator_id_id"), ["operator_id", "id"], unique=False)

    op.create_table(
        "security_quarantine",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("error", sa.String(length=1000), nullable=False),
        sa.Column("report", JsonDocument(), nullable=False),
        sa.Column("quarantined_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "security_registration_tokens",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=True),
        sa.Column("evses", JsonDocument(), nullable=False),
        sa.Column("uses_max", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest", name=op.f("uq_security_registration_tokens_digest")),
    )
    with op.batch_alter_table("security_registration_tokens", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_security_registration_tokens_operator_id_id"), ["operator_id", "id"], unique=False
        )

    with op.batch_alter_table("stations_stations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("candidate_hashes", sa.LargeBinary(length=200), nullable=True))
        batch_op.add_column(sa.Column("security_profile_target", sa.SmallInteger(), nullable=True))

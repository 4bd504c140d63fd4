"""Incidents with their timelines, how operators want their rules, notification policies and what is to be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "detection_incidents",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("rule_id", sa.String(length=8), nullable=False),
        sa.Column("subject_key", sa.String(length=200), nullable=False),
        sa.Column("closed_key", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=True),
        sa.Column("station_identity", sa.String(length=48), nullable=True),
        sa.Column("location_id", sa.String(length=36), nullable=True),
        sa.Column("facts", JsonDocument(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("assignee_id", sa.String(length=36), nullable=True),
        sa.Column("assignee", sa.String(length=200), nullable=True),
        sa.Column("acknowledged_at", UtcDateTime(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=200), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.String(length=200), nullable=True),
        sa.Column("closed_reason", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "operator_id", "rule_id", "subject_key", "closed_key", name="uq_detection_incidents_subject"
        ),
    )
    with op.batch_alter_table("detection_incidents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_detection_incidents_operator_id_id"), ["operator_id", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_detection_incidents_operator_id_state_id"), ["operator_id", "state", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_detection_incidents_station_id_id"), ["station_id", "id"], unique=False)

    op.create_table(
        "detection_last_charges",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_identity", sa.String(length=48), nullable=False),
        sa.Column("charged_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("station_id"),
    )
    with op.batch_alter_table("detection_last_charges", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_detection_last_charges_charged_at"), ["charged_at"], unique=False)

    op.create_table(
        "detection_notices",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("policy_id", sa.String(length=36), nullable=False),
        sa.Column("is_escalation", sa.Boolean(), nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("detection_notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_detection_notices_due_at"), ["due_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_detection_notices_policy_id_incident_id"), ["policy_id", "incident_id"], unique=False
        )

    op.create_table(
        "detection_policies",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("severities", JsonDocument(), nullable=False),
        sa.Column("rule_ids", JsonDocument(), nullable=False),
        sa.Column("location_ids", JsonDocument(), nullable=True),
        sa.Column("emails", JsonDocument(), nullable=False),
        sa.Column("webhook_ids", JsonDocument(), nullable=False),
        sa.Column("quiet_from", sa.String(length=5), nullable=True),
        sa.Column("quiet_until", sa.String(length=5), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("dedupe_s", sa.Integer(), nullable=False),
        sa.Column("escalate_after_s", sa.Integer(), nullable=True),
        sa.Column("escalate_emails", JsonDocument(), nullable=False),
        sa.Column("escalate_webhook_ids", JsonDocument(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("detection_policies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_detection_policies_operator_id_id"), ["operator_id", "id"], unique=False)

    op.create_table(
        "detection_timeline",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=True),
        sa.Column("text", sa.String(length=2000), nullable=True),
        sa.Column("facts", JsonDocument(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("detection_timeline", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_detection_timeline_incident_id_id"), ["incident_id", "id"], unique=False)

    op.create_table(
        "detection_tunings",
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("rule_id", sa.String(length=8), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=True),
        sa.Column("parameters", JsonDocument(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "rule_id"),
    )

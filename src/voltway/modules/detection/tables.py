"""The tables of the detection module. Incidents and their timelines are never deleted."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

incidents = sa.Table(
    "detection_incidents",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("rule_id", sa.String(8), nullable=False),
    sa.Column("subject_key", sa.String(200), nullable=False),
    # Empty while it is not closed, then its id: a rule has one open incident of each subject.
    sa.Column("closed_key", sa.String(36), nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("title", sa.String(100), nullable=False),
    sa.Column("severity", sa.String(10), nullable=False),
    sa.Column("action", sa.String(12), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("station_id", sa.String(36)),
    sa.Column("station_identity", sa.String(48)),
    sa.Column("location_id", sa.String(36)),
    sa.Column("facts", JsonDocument, nullable=False),  # of the latest signal
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("first_at", UtcDateTime, nullable=False),
    sa.Column("last_at", UtcDateTime, nullable=False),
    sa.Column("raised_at", UtcDateTime, nullable=False),  # or reopened
    sa.Column("assignee_id", sa.String(36)),
    sa.Column("assignee", sa.String(200)),
    sa.Column("acknowledged_at", UtcDateTime),
    sa.Column("acknowledged_by", sa.String(200)),
    sa.Column("closed_at", UtcDateTime),
    sa.Column("closed_by", sa.String(200)),
    sa.Column("closed_reason", sa.String(500)),
    sa.UniqueConstraint("operator_id", "rule_id", "subject_key", "closed_key", name="uq_detection_incidents_subject"),
    sa.Index(None, "operator_id", "id"),
    sa.Index(None, "operator_id", "state", "id"),
    sa.Index(None, "station_id", "id"),
)

timeline = sa.Table(
    "detection_timeline",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("incident_id", sa.String(36), nullable=False),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    # raised, repeated, worsened, recovered, reopened, acknowledged, assigned, noted, closed, notified, escalated
    sa.Column("what", sa.String(12), nullable=False),
    sa.Column("actor_id", sa.String(36)),
    sa.Column("actor", sa.String(200)),  # null: nobody, a rule did it
    sa.Column("text", sa.String(2000)),
    sa.Column("facts", JsonDocument),
    sa.Index(None, "incident_id", "id"),
)

tunings = sa.Table(
    "detection_tunings",
    metadata,
    sa.Column("operator_id", sa.String(36), primary_key=True),
    sa.Column("rule_id", sa.String(8), primary_key=True),
    sa.Column("is_enabled", sa.Boolean, nullable=False),
    sa.Column("severity", sa.String(10)),
    sa.Column("parameters", JsonDocument, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Column("changed_by", sa.String(200), nullable=False),
)

policies = sa.Table(
    "detection_policies",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("is_enabled", sa.Boolean, nullable=False),
    sa.Column("severities", JsonDocument, nullable=False),
    sa.Column("rule_ids", JsonDocument, nullable=False),
    sa.Column("location_ids", JsonDocument),
    sa.Column("emails", JsonDocument, nullable=False),
    sa.Column("webhook_ids", JsonDocument, nullable=False),
    sa.Column("quiet_from", sa.String(5)),
    sa.Column("quiet_until", sa.String(5)),
    sa.Column("time_zone", sa.String(64), nullable=False),
    sa.Column("dedupe_s", sa.Integer, nullable=False),
    sa.Column("escalate_after_s", sa.Integer),
    sa.Column("escalate_emails", JsonDocument, nullable=False),
    sa.Column("escalate_webhook_ids", JsonDocument, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Index(None, "operator_id", "id"),
)

notices = sa.Table(
    "detection_notices",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("incident_id", sa.String(36), nullable=False),
    sa.Column("policy_id", sa.String(36), nullable=False),
    sa.Column("is_escalation", sa.Boolean, nullable=False),
    sa.Column("what", sa.String(12), nullable=False),
    sa.Column("due_at", UtcDateTime),  # null: it is done
    sa.Column("told_at", UtcDateTime),  # null: not yet, or it was not needed any more
    sa.Index(None, "due_at"),
    sa.Index(None, "policy_id", "incident_id"),
)

last_charges = sa.Table(
    "detection_last_charges",
    metadata,
    sa.Column("station_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_identity", sa.String(48), nullable=False),
    # When somebody last charged there with energy; of a station where nobody has, when it was first heard of.
    sa.Column("charged_at", UtcDateTime, nullable=False),
    sa.Index(None, "charged_at"),
)

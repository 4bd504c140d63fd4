"""The support desk: tickets and the notes on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import UtcDateTime

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.create_table(
        "desk_notes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("ticket_id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("what", sa.String(length=10), nullable=False, comment="opened, noted, changed"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("desk_notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_desk_notes_ticket_id_id"), ["ticket_id", "id"], unique=False)

    op.create_table(
        "desk_tickets",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column(
            "location_id",
            sa.String(length=36),
            nullable=True,
            comment="where the station stands; null: it is about none",
        ),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False, comment="problem, payment, damage, question, other"),
        sa.Column("state", sa.String(length=10), nullable=False, comment="open, waiting, solved"),
        sa.Column("priority", sa.String(length=10), nullable=False, comment="urgent, normal, low"),
        sa.Column("station_id", sa.String(length=36), nullable=True),
        sa.Column("station_identity", sa.String(length=48), nullable=True),
        sa.Column("evse_number", sa.Integer(), nullable=True),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("driver_id", sa.String(length=36), nullable=True, comment="an account"),
        sa.Column(
            "contact", sa.String(length=200), nullable=True, comment="how to reach who reported it, in their own words"
        ),
        sa.Column("assignee_id", sa.String(length=36), nullable=True),
        sa.Column("assignee", sa.String(length=200), nullable=True),
        sa.Column("opened_by", sa.String(length=200), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("solved_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("desk_tickets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_desk_tickets_driver_id"), ["driver_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_desk_tickets_operator_id_id"), ["operator_id", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_desk_tickets_operator_id_state_id"), ["operator_id", "state", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_desk_tickets_session_id"), ["session_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_desk_tickets_station_id_id"), ["station_id", "id"], unique=False)

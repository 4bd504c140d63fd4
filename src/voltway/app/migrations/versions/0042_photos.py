"""Photos that drivers add to what they report."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import UtcDateTime

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.create_table(
        "desk_photos",
        sa.Column("ticket_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column(
            "content",
            sa.LargeBinary(length=1_000_000),
            nullable=False,
            comment="a JPEG, rid of all but the picture",
        ),
        sa.PrimaryKeyConstraint("ticket_id"),
    )
    with op.batch_alter_table("desk_photos", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_desk_photos_added_at"), ["added_at"], unique=False)

"""The directory of the processes of an installation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.create_table(
        "kernel_nodes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column(
            "name", sa.String(length=80), nullable=False, comment="unique among those that run; VOLTWAY_BUS__NODE"
        ),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column(
            "address", sa.String(length=255), nullable=False, comment="where it is asked directly; empty: by the broker"
        ),
        sa.Column("answers", JsonDocument(), nullable=False, comment="names of the asks and reports that it takes"),
        sa.Column(
            "hears", JsonDocument(), nullable=False, comment="names of the events that are not kept and that it hears"
        ),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False, comment="the lease, by the database's clock"),
        sa.Column("left_at", UtcDateTime(), nullable=True, comment="null: it runs, or was killed"),
        sa.PrimaryKeyConstraint("id"),
    )

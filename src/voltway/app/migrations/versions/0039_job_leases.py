"""Who runs which job, where processes are several."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.create_table(
        "kernel_job_leases",
        sa.Column("name", sa.String(length=120), nullable=False, comment="module.job"),
        sa.Column(
            "node_id",
            sa.String(length=36),
            nullable=False,
            comment="the process that runs it, as long as that one lives",
        ),
        sa.Column("epoch", sa.BigInteger(), nullable=False, comment="one more each time that it changes hands"),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    with op.batch_alter_table("kernel_nodes", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "jobs",
                JsonDocument(),
                nullable=True,
                comment="names of the jobs that it can run, one process at a time each; null: says nothing of it",
            )
        )

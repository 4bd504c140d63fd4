"""Which programs can work on the schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    op.create_table(
        "app_schema",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="always 1"),
        sa.Column(
            "since",
            sa.String(length=4),
            nullable=False,
            comment="the revision that a program must know to work on this schema",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_schema")),
    )

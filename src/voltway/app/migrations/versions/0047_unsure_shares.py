"""Shares of which nobody knows whether their station has accepted them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
keeps_older = True


def upgrade() -> None:
    with op.batch_alter_table("allocation_claims", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "is_unsure",
                sa.Boolean(),
                nullable=True,
                comment="nobody knows whether the station has accepted what is reserved",
            )
        )

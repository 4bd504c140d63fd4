"""Tokens that a station's local list leaves out: what the station kept of their holders was cleared."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("users_local_lists", sa.Column("left_out", JsonDocument(), nullable=True))

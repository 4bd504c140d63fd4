"""Who may drive in to a location."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0049"
keeps_older = True


def upgrade() -> None:
    op.add_column("stations_locations", sa.Column("access", sa.String(length=16), nullable=True))

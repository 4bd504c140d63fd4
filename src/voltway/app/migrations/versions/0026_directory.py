"""What drivers may know of a location."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.add_column("stations_locations", sa.Column("published_at", UtcDateTime(), nullable=True))
    op.add_column("stations_locations", sa.Column("opening_hours", JsonDocument(), nullable=True))
    op.add_column("stations_locations", sa.Column("help_phone", sa.String(length=30), nullable=True))
    op.add_column("stations_locations", sa.Column("directions", sa.String(length=500), nullable=True))
    op.add_column("stations_locations", sa.Column("facilities", JsonDocument(), nullable=True))

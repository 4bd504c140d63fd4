"""The tables of the installation itself: one row each."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import UtcDateTime, metadata

installation = sa.Table(
    "app_installation",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False, comment="always 1"),
    sa.Column("is_demo", sa.Boolean, nullable=False),
    sa.Column(
        "secret_fingerprint", sa.String(64), nullable=False, comment="says which secret belongs to this database"
    ),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("demo_seeded_at", UtcDateTime),
)

reach = sa.Table(
    "app_schema",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False, comment="always 1"),
    sa.Column(
        "since", sa.String(4), nullable=False, comment="the revision that a program must know to work on this schema"
    ),
)
"""Which programs can work on the schema, older ones among them: so that a new version can be taken back."""

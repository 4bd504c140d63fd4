"""Tables of the workbench."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

views = sa.Table(
    "workbench_views",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("account_id", sa.String(36), nullable=False, comment="whose it is; nobody else sees it"),
    sa.Column("list_name", sa.String(40), nullable=False, comment="stations, sessions"),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("search", JsonDocument, nullable=False, comment="what the console's address says of filters and order"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("account_id", "list_name", "name"),
)
"""Filters of a list, under a name."""

bulk_orders = sa.Table(
    "workbench_bulk_orders",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("type", sa.String(40), nullable=False, comment="a command's, or apply_template"),
    sa.Column("arguments", JsonDocument, nullable=False),
    sa.Column("reason", sa.String(500)),
    sa.Column("created_by", sa.String(200), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index(None, "operator_id", "id"),
)
"""One order for many stations."""

bulk_stations = sa.Table(
    "workbench_bulk_stations",
    metadata,
    sa.Column("bulk_order_id", sa.String(36), primary_key=True),
    sa.Column("station_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("location_id", sa.String(36), comment="where the station stood"),
    sa.Column("station_identity", sa.String(48), nullable=False),
    sa.Column("state", sa.String(10), nullable=False, comment="waiting, ordered, skipped, or a command's last state"),
    sa.Column("detail", sa.String(300), comment="the station's word, or why not"),
    sa.Column("command_id", sa.String(36)),
    sa.Column("ordered_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.Index(None, "state", "bulk_order_id"),
)
"""What became of it at each station."""

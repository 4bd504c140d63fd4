"""The tables of the gateway: the processes that hold links, the message log, the deviations of stations."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT

from voltway.kernel.database import UtcDateTime, metadata

nodes = sa.Table(
    "gateway_nodes",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),  # the lease: a process says again and again that it lives
)

# One row holds what a station and we said to each other within half a second: a row for each frame would cost more than all
# the rest of a message's way. `frames` is what messages.py writes and store.py reads.
messages = sa.Table(
    "gateway_messages",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),  # begins with its time: old rows go by their id
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("first_at", UtcDateTime, nullable=False),
    sa.Column("last_at", UtcDateTime, nullable=False),
    sa.Column("actions", sa.String(1000), nullable=False),  # ",Authorize,Heartbeat,": to find the rows of an action
    sa.Column("frames", sa.Text().with_variant(LONGTEXT(), "mysql", "mariadb"), nullable=False),
    sa.Index(None, "station_id", "id"),
)

# What a station does other than its protocol says, by the name of the deviation (deviations.py).
deviations = sa.Table(
    "gateway_deviations",
    metadata,
    sa.Column("station_id", sa.String(36), primary_key=True),
    sa.Column("name", sa.String(50), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("first_at", UtcDateTime, nullable=False),
    sa.Column("last_at", UtcDateTime, nullable=False),
    sa.Column("last_detail", sa.String(300), nullable=False),
)

"""The directory of the processes: who runs, where it is reached, what it answers. A row is a lease that is renewed.

Leases are judged by the database's clock alone, so that a wrong clock of one machine buries nobody.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.bus import outbox
from voltway.kernel.database import Database, JsonDocument, Tx, UtcDateTime, metadata
from voltway.kernel.errors import StartUpError

KNOWN_FOR = timedelta(days=1)
"""How long it is remembered what a process has answered that is gone: until then it may come back."""

nodes = sa.Table(
    "kernel_nodes",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("name", sa.String(80), nullable=False, comment="unique among those that run; VOLTWAY_BUS__NODE"),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("address", sa.String(255), nullable=False, comment="where it is asked directly; empty: by the broker"),
    sa.Column("answers", JsonDocument, nullable=False, comment="names of the asks and reports that it takes"),
    sa.Column("hears", JsonDocument, nullable=False, comment="names of the events that are not kept and that it hears"),
    sa.Column(
        "jobs",
        JsonDocument,
        comment="names of the jobs that it can run, one process at a time each; null: says nothing of it",
    ),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False, comment="the lease, by the database's clock"),
    sa.Column("left_at", UtcDateTime, comment="null: it runs, or was killed"),
)


class Node(NamedTuple):
    """One process. `is_alive`: it has not left, and its lease holds."""

    id: str
    name: str
    host: str
    address: str
    answers: frozenset[str]
    hears: frozenset[str]
    jobs: frozenset[str]
    is_alive: bool


class Card(NamedTuple):
    """What a process says of itself."""

    id: str
    name: str
    address: str
    answers: tuple[str, ...]
    hears: tuple[str, ...]
    jobs: tuple[str, ...]
    started_at: datetime


class NameTaken(Exception):
    """Another process of this name has a lease."""

    def __init__(self, host: str, started_at: datetime, seen_at: datetime) -> None:
        super().__init__(host)
        self.host, self.started_at, self.seen_at = host, started_at, seen_at


async def enter_when_free(database: Database, card: Card, lease_s: float) -> None:
    """Be in the directory. A killed process of our name is waited for until its lease is out; one that lives says so by
    renewing it meanwhile, and then it is a StartUpError."""
    first: NameTaken | None = None
    while True:
        try:
            return await enter(database, card, lease_s)
        except NameTaken as taken:
            first = first or taken
            if taken.seen_at != first.seen_at:
                raise StartUpError(
                    f"A process named {card.name} runs already on {taken.host}, since "
                    f"{clock.to_rfc3339(taken.started_at)}. Every process needs a name of its own: set VOLTWAY_BUS__NODE, "
                    "or leave it empty."
                ) from None
        await asyncio.sleep(min(0.2, lease_s / 10))


async def enter(database: Database, card: Card, lease_s: float) -> None:
    """Be in the directory. Raises NameTaken if another process of this name has a lease."""
    async with database.begin() as tx:
        await outbox.lock_head(tx)  # of two that enter at once, the second sees the first
        now = await database_now(tx)
        same = sa.select(nodes.c.host, nodes.c.started_at, nodes.c.seen_at).where(
            nodes.c.name == card.name,
            nodes.c.id != card.id,
            nodes.c.left_at.is_(None),
            nodes.c.seen_at > now - timedelta(seconds=lease_s),
        )
        await bulk.upsert(tx, nodes, [_row(card, now)], key=("id",), update=("seen_at", "left_at"))
        other = (await tx.execute(bulk.locked(same, tx))).first()
        if other is not None:
            raise NameTaken(other.host, other.started_at, other.seen_at)
        await tx.execute(sa.delete(nodes).where(nodes.c.seen_at < now - KNOWN_FOR))


async def open_up(database: Database, card: Card) -> None:
    """Say what we answer."""
    async with database.begin() as tx:
        now = await database_now(tx)
        await bulk.upsert(
            tx, nodes, [_row(card, now)], key=("id",), update=("answers", "hears", "jobs", "seen_at", "left_at")
        )


async def renew(database: Database, card: Card) -> None:
    """Say that we live, and what we hear by now."""
    async with database.begin() as tx:
        now = await database_now(tx)
        await bulk.upsert(tx, nodes, [_row(card, now)], key=("id",), update=("hears", "seen_at", "left_at"))


async def leave(database: Database, node_id: str) -> None:
    """We stop; what we answered is remembered for a while."""
    async with database.begin() as tx:
        now = await database_now(tx)
        await tx.execute(sa.update(nodes).where(nodes.c.id == node_id).values(left_at=now))


async def read_all(database: Database, lease_s: float) -> list[Node]:
    """Everybody who runs, or has run of late."""
    async with database.read() as tx:
        now = await database_now(tx)
        rows = (await tx.execute(sa.select(nodes).order_by(nodes.c.id))).all()
    oldest = now - timedelta(seconds=lease_s)
    return [_node(row, oldest) for row in rows]


async def check_clock(database: Database, off_by_s_max: float) -> None:
    """Raise StartUpError where this machine's clock and the database's are too far apart: reports would be out of order."""
    async with database.read() as tx:
        off_s = (clock.now() - await database_now(tx)).total_seconds()
    if abs(off_s) > off_by_s_max:
        raise StartUpError(
            f"The clock of this machine is {abs(off_s):.0f} s {'ahead of' if off_s > 0 else 'behind'} the database's. "
            "Set both by NTP, then start again."
        )


async def database_now(tx: Tx) -> datetime:
    """What time the database has."""
    if tx.dialect == "sqlite":
        return clock.now()
    statement = {
        "postgresql": "SELECT extract(epoch FROM clock_timestamp())",
        "mysql": "SELECT unix_timestamp(sysdate(6))",
    }
    seconds = (await tx.execute(sa.text(statement[tx.dialect]))).scalar_one()
    return datetime.fromtimestamp(float(seconds), UTC)


def _row(card: Card, now: datetime) -> dict[str, Any]:
    return {
        "id": card.id,
        "name": card.name,
        "host": socket.gethostname()[:255],
        "address": card.address,
        "answers": list(card.answers),
        "hears": list(card.hears),
        "jobs": list(card.jobs),
        "started_at": card.started_at,
        "seen_at": now,
        "left_at": None,
    }


def _node(row: Any, oldest: datetime) -> Node:
    is_alive = row.left_at is None and row.seen_at > oldest
    answers, hears, jobs = (frozenset(names or ()) for names in (row.answers, row.hears, row.jobs))
    return Node(row.id, row.name, row.host, row.address, answers, hears, jobs, is_alive)


def names(found: Sequence[Node]) -> str:
    """Who runs, for a person."""
    return ", ".join(sorted(node.name for node in found if node.is_alive)) or "none"

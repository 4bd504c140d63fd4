"""The processes that hold links: each says again and again that it lives; one that does not is dead, and so are its links."""

from __future__ import annotations

import socket
from datetime import timedelta

import sqlalchemy as sa
import structlog

from voltway.contracts.stations import NodesGone
from voltway.kernel import bulk, clock
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.tables import nodes

log = structlog.get_logger()


async def enter(runtime: Runtime, lease_s: float) -> None:
    """Say that this process lives, and that the stations of dead ones are offline.

    Also after a kill -9: whatever the tables say, no station is connected that nobody holds the link of.
    """
    now = clock.now()
    row = {"id": runtime.node_id, "host": socket.gethostname()[:255], "started_at": runtime.started_at, "seen_at": now}
    async with runtime.database.begin() as tx:
        if tx.dialect == "sqlite":  # one process has the file; whoever was there before it is gone
            await tx.execute(sa.delete(nodes))
        await bulk.upsert(tx, nodes, [row], key=("id",), update=("seen_at",))
    await bury_the_dead(runtime, lease_s, is_said_anyway=True)


async def renew(runtime: Runtime, lease_s: float) -> bool:
    """Say that this process still lives. False: it slept so long that others took it for dead; it has entered again."""
    async with runtime.database.begin() as tx:
        statement = sa.update(nodes).where(nodes.c.id == runtime.node_id).values(seen_at=clock.now())
        was_known = (await tx.execute(statement)).rowcount == 1
    if not was_known:
        log.warning("node.taken_for_dead", node_id=runtime.node_id)
        await enter(runtime, lease_s)
        return False
    await bury_the_dead(runtime, lease_s)
    return True


async def leave(runtime: Runtime) -> None:
    """This process stops; its links have been closed."""
    async with runtime.database.begin() as tx:
        await tx.execute(sa.delete(nodes).where(nodes.c.id == runtime.node_id))


async def bury_the_dead(runtime: Runtime, lease_s: float, *, is_said_anyway: bool = False) -> None:
    """Strike off the processes that have not been heard of, and say who is left."""
    oldest = clock.now() - timedelta(seconds=lease_s)
    async with runtime.database.begin() as tx:
        dead = sa.delete(nodes).where(nodes.c.seen_at < oldest, nodes.c.id != runtime.node_id)
        died = (await tx.execute(dead)).rowcount
        alive = (await tx.execute(sa.select(nodes.c.id))).scalars().all()
    if died or is_said_anyway:
        count = await runtime.ask(NodesGone(alive_node_ids=tuple(alive)))
        log.info("node.links_cleared", processes=died, stations=count)

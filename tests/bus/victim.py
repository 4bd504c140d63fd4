"""A process that relays and kills itself at one step: `python victim.py DATABASE_URL KIND URL PREFIX STEP`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bus.brokers import PARTITIONS, Site, make_broker
from voltway.kernel.bus import outbox
from voltway.kernel.bus.events import Events
from voltway.kernel.database import Database
from voltway.kernel.processes.relays.relay import Relay

STEPS = ("before_publishing", "in_the_middle", "after_publishing", "before_the_commit", "after_moving")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def main(database_url: str, kind: str, url: str, prefix: str, step: str) -> None:
    database = Database(database_url)
    broker = make_broker(Site(kind, url, prefix))
    publish, move = broker.publish, outbox.move_cursor

    async def publish_and_die(packs: Any) -> None:
        if step == "before_publishing":
            die()
        if step == "in_the_middle":
            await publish(packs[: max(1, len(packs) // 2)])
            die()
        await publish(packs)
        if step == "after_publishing":
            die()

    async def move_and_die(*arguments: Any) -> bool:
        moved = await move(*arguments)
        if step == "before_the_commit":
            die()
        return moved

    broker.publish = publish_and_die  # type: ignore[method-assign]
    outbox.move_cursor = move_and_die
    relay = Relay(database, Events(database), broker, consumer="relay", partitions=PARTITIONS)
    await broker.connect()
    while await relay.hand_on():
        if step == "after_moving":
            die()
    await broker.close()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

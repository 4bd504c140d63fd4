"""A server process and a fleet beside it: how it charges, and how what both know is compared in the end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa

from builders import eventually
from e2e.server_process import ServerProcess
from fleet.conftest import BUSY, PATIENCE_S, SETTINGS, SPEED
from fleet.furnishing import PRICES, TOKEN
from fleet.history import Finding, check
from fleet.reading import books_of, history_of
from voltway.kernel.bus import outbox
from voltway.kernel.database import Database
from voltway.station.ocpp.dialects import DIALECTS
from voltway.station.ocpp.vocabulary import IdToken, StationSpec
from voltway.station.simulator.fleet import Fleet

STATIONS = 9


def open_database(server: ServerProcess) -> Database:
    """The database of the server, beside it."""
    return Database(server._settings.get("VOLTWAY_DATABASE__URL") or f"sqlite:///{server.data_dir / 'voltway.db'}")


HEARD = (("billing", "SessionEnded"), ("billing", "SessionPriced"), ("sessions", "SessionPriced"))
"""Who must have heard what, until a charge is priced."""


def a_fleet(server: ServerProcess, seed: int = 3) -> Fleet:
    """Stations of all protocols that know where the server is; their ledger keeps every report."""
    protocols = sorted(DIALECTS)
    specs = [StationSpec(f"PRC-{number:02}", protocols[number % len(protocols)]) for number in range(STATIONS)]
    fleet = Fleet(specs, server.stations_url, BUSY, random.Random(seed), tokens=[IdToken(TOKEN)], speed=SPEED)
    fleet.ledger.deliveries = []
    for station in fleet.stations:
        for name, value in SETTINGS.items():
            station.settings.store(name, value)
    return fleet


@asynccontextmanager
async def driving(fleet: Fleet) -> AsyncIterator[None]:
    """The fleet charges while the block runs; then all leave, and all that they have to say is said."""
    stop = asyncio.Event()
    running = asyncio.create_task(fleet.run(stop, drain_s=4 * PATIENCE_S))
    try:
        yield
    finally:
        stop.set()
        await running


async def more_done(fleet: Fleet, count: int = STATIONS) -> None:
    """Wait until so many more charges have ended."""
    done = fleet.ledger.ended_count
    for station in fleet.stations:
        station.link.hurry()
    await eventually(
        lambda: fleet.ledger.ended_count >= done + count and fleet.snapshot().online == STATIONS, PATIENCE_S
    )


async def until_heard(server: ServerProcess) -> None:
    """Wait until every listener has heard everything."""
    database = open_database(server)

    async def is_heard() -> bool:
        """A cursor moves when there is something for its listener: so it is compared with the last of that."""
        told = outbox.outbox.c
        for listener, event in HEARD:
            last = sa.select(sa.func.max(told.position)).where(told.name == event)
            async with database.read() as tx:
                position = (await tx.execute(last)).scalar() or 0
            if await outbox.cursor_position(database, listener) < position:
                return False
        return True

    try:
        await eventually(is_heard, PATIENCE_S)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{server.log[-4000:]}") from error
    finally:
        await database.close()


async def compare(server: ServerProcess, fleet: Fleet) -> list[Finding]:
    """What fleet and database do not agree on, once every listener has heard everything."""
    await until_heard(server)
    database = open_database(server)
    try:
        return check(history_of(fleet.stations), await books_of(database), PRICES)
    finally:
        await database.close()

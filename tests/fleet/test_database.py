"""F10-F12: the database does not answer, is away, loses its connections; nothing is acknowledged that is not stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from builders import another, eventually
from fleet.conftest import PATIENCE_S, OpenSite, Site
from fleet.fault_proxy import FaultProxy, Faults
from fleet.furnishing import MODULES, seed_platform
from voltway.app import catalog
from voltway.kernel import outbound
from voltway.kernel.database import Database
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.gateway import gateway_of
from voltway.modules.gateway.settings import GatewaySettings
from voltway.station.simulator.fleet import Fleet


def confirmed(fleet: Fleet) -> int:
    return sum(call.is_confirmed for _, call in fleet.ledger.deliveries or ())


@asynccontextmanager
async def held_up(database: Database) -> AsyncIterator[None]:
    """Somebody else has the database for himself: whoever wants to write waits, as with a server that stands still."""
    intruder = another(database)
    try:
        async with intruder.begin() as tx:
            if tx.dialect == "postgresql":
                await tx.execute(sa.text("LOCK TABLE sessions_inbox, kernel_outbox_head IN EXCLUSIVE MODE"))
            yield
    finally:
        await intruder.close()


async def test_f10_while_the_database_stands_still_nothing_is_acknowledged_and_links_are_closed(
    open_site: OpenSite, database: Database
) -> None:
    site = await open_site()
    fleet = site.a_fleet()

    async def stand_still() -> None:
        async with held_up(database):
            await eventually(lambda: site.gateway.counts.closed[1013] > 0, PATIENCE_S)
            await eventually(lambda: fleet.snapshot().online == 0, PATIENCE_S)  # what was on its way has arrived
            before = confirmed(fleet)
            await asyncio.sleep(3)
            assert confirmed(fleet) == before
            assert site.runtime.commits.backlog < 1000
        await eventually(lambda: fleet.snapshot().online == len(fleet.stations), PATIENCE_S)

    assert await site.live_through(fleet, stand_still) == []


@pytest.fixture
async def site_with_far_database(database: Database) -> AsyncIterator[tuple[Site, FaultProxy]]:
    """A site whose database is behind a fault proxy of its own."""
    if database.dialect == "sqlite":
        pytest.skip("a file has no connection to lose")
    await seed_platform(database)
    default_port = {"postgresql": 5432, "mysql": 3306}[database.dialect]
    async with FaultProxy(database.url.port or default_port) as far:
        url = database.url.set(host="127.0.0.1", port=far.port)
        gateway = GatewaySettings(port=0, unknown_stations="accept", log_messages=False)
        runtime = Runtime(
            (outbound.MANIFEST, *catalog.load(MODULES)),
            Database(url.render_as_string(hide_password=False)),
            settings={"gateway": gateway},
            secret=b"the secret of a test installation",
            stalled_after_s=2.0,
        )
        await runtime.start()
        try:
            async with FaultProxy(gateway_of(runtime).port.port) as near:
                yield Site(runtime, near), far
        finally:
            await runtime.stop()


@pytest.mark.long
async def test_f11_database_that_is_away_and_comes_back_costs_time_only(site_with_far_database: Any) -> None:
    site, far = site_with_far_database
    fleet = site.a_fleet()

    async def go_away() -> None:
        far.faults = Faults(is_refusing=True)
        far.reset_all()
        await eventually(lambda: site.gateway.counts.closed[1013] > 0, PATIENCE_S)
        await eventually(lambda: fleet.snapshot().online == 0, PATIENCE_S)
        before = confirmed(fleet)
        await asyncio.sleep(5)
        assert confirmed(fleet) == before
        far.faults = Faults()
        await eventually(lambda: fleet.snapshot().online == len(fleet.stations), PATIENCE_S)

    assert await site.live_through(fleet, go_away) == []


@pytest.mark.long
async def test_f12_connections_that_break_in_mid_transaction_lose_and_double_nothing(
    site_with_far_database: Any,
) -> None:
    site, far = site_with_far_database
    fleet = site.a_fleet()

    async def break_connections() -> None:
        for _ in range(25):
            await asyncio.sleep(far.rng.uniform(0.05, 0.4))
            far.reset_all()
        await eventually(lambda: fleet.snapshot().online == len(fleet.stations), PATIENCE_S)

    assert await site.live_through(fleet, break_connections) == []

"""Events at brokers: all of them, those of one key in their order, whatever is killed."""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from builders import MakeRuntime, another, eventually
from fleet.fault_proxy import FaultProxy, Faults
from services import needs_nats, needs_rabbitmq
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus import outbox
from voltway.kernel.bus.events import Events
from voltway.kernel.database import Database
from voltway.kernel.housekeeping import EVENTS_KEPT_S
from voltway.kernel.module import Manifest
from voltway.kernel.processes.relays.packing import PACK_EVENTS_MAX, Kept, Pack, Unseen, pack, partition_of
from voltway.kernel.processes.relays.relay import Relay
from voltway.kernel.processes.settings import BusSettings

from .brokers import PARTITIONS, Site, make_broker, read_back, remove  # noqa: TID252
from .victim import STEPS  # noqa: TID252
from .words import Written  # noqa: TID252

PAGES, EACH = 10, 30
VICTIM = Path(__file__).with_name("victim.py")


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """librdkafka's own mock cluster: it speaks the protocol, and keeps everything in memory."""
    from confluent_kafka import Producer

    holder = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    (broker,) = holder.list_topics(timeout=10).brokers.values()
    yield f"kafka://{broker.host}:{broker.port}"
    holder.flush(1)


@pytest.fixture(params=["nats", "rabbitmq", "kafka"])
async def site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    urls = {"nats": needs_nats, "rabbitmq": needs_rabbitmq, "kafka": lambda: request.getfixturevalue("kafka")}
    site = Site(request.param, urls[request.param](), f"test.{uuid.uuid4().hex}")
    yield site
    await remove(site)


async def write(database: Database, first: int = 0) -> int:
    """Publish some events in small transactions; how many."""
    for number in range(first, first + EACH):
        async with database.begin() as tx:
            await outbox.store(tx, [event(f"page-{page}", number) for page in range(PAGES)])
    return PAGES * EACH


def event(page: str, number: int) -> Written:
    return Written(operator_id=DEFAULT_OPERATOR_ID, at=clock.now(), page=page, number=number)


def numbers_by_page(packs: list[Pack]) -> dict[str, list[int]]:
    """What a consumer sees that remembers how far it has come."""
    unseen, found = Unseen(), dict[str, list[int]]()
    for one in packs:
        for packed in unseen.take(one):
            assert packed.name == "Written"
            found.setdefault(packed.key, []).append(msgspec.json.decode(packed.payload)["number"])
    return found


ALL = {f"page-{page}": list(range(EACH)) for page in range(PAGES)}


async def test_all_events_come_in_the_order_of_their_key(site: Site, make_runtime: MakeRuntime) -> None:
    runtime = await make_runtime(
        Manifest(name="pages", publishes=(Written,)),
        event_broker=make_broker(site),
        bus=BusSettings(partitions=PARTITIONS),
    )
    for number in range(EACH):
        async with runtime.database.begin() as tx:
            tx.publish(*(event(f"page-{page}", number) for page in range(PAGES)))
    packs = await read_back(site, PAGES * EACH)
    assert numbers_by_page(packs) == ALL
    assert len(packs) < PAGES * EACH / 2, "packed"
    assert all(partition_of(one.events[0].key, PARTITIONS) == one.partition for one in packs)
    assert runtime.relay is not None
    await eventually(lambda: runtime.relay.position == PAGES * EACH)


@pytest.mark.parametrize("step", STEPS)
async def test_a_relay_that_is_killed_loses_nothing(site: Site, database: Database, step: str) -> None:
    await outbox.cursor_position(database, "relay")  # a new consumer begins at the present
    count = await write(database)
    url = database.url.render_as_string(hide_password=False)
    for deaths in (step, "none"):
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(VICTIM), url, site.kind, site.url, site.prefix, deaths
        )
        code = await asyncio.wait_for(process.wait(), 120)
        assert code == (-9 if deaths != "none" else 0)
    assert await outbox.cursor_position(database, "relay") == count
    assert numbers_by_page(await read_back(site, count)) == ALL


async def test_two_relays_at_once_do_no_harm(site: Site, database: Database) -> None:
    await outbox.cursor_position(database, "relay")
    count = await write(database)
    relays = []
    for _ in range(2):
        own = another(database)
        relay = Relay(own, Events(own), make_broker(site), consumer="relay", partitions=PARTITIONS)
        await relay.start()
        relays.append((relay, own))

    async def is_done() -> bool:
        return await outbox.cursor_position(database, "relay") == count

    await eventually(is_done, 60)
    packs = await read_back(site, count)
    for relay, own in relays:
        await relay.stop()
        await own.close()
    assert numbers_by_page(packs) == ALL


@pytest.mark.parametrize("kind", ["nats", "rabbitmq"])
async def test_f35_broker_that_is_away_for_a_day_gets_what_it_missed_once_and_in_order(
    kind: str, database: Database
) -> None:
    """Events are forgotten after a day, but none that is still owed: not with another listener far ahead."""
    url, usual_port = (needs_nats(), 4222) if kind == "nats" else (needs_rabbitmq(), 5672)
    place, site = urlsplit(url), Site(kind, url, f"test.{uuid.uuid4().hex}")
    async with FaultProxy(place.port or usual_port) as proxy:
        user = f"{place.username}:{place.password}@" if place.username else ""
        far = site._replace(url=f"{place.scheme}://{user}127.0.0.1:{proxy.port}{place.path}")
        own = another(database)
        relay = Relay(own, Events(own), make_broker(far), consumer="relay", partitions=PARTITIONS)
        await relay.start()
        count = await write(database)
        await eventually(lambda: relay.position == count, 60)
        proxy.faults = Faults(is_refusing=True)
        proxy.reset_all()
        await write(database, EACH)
        knocks = proxy.accepted
        await eventually(lambda: proxy.accepted > knocks + 1, 60)
        await outbox.cursor_position(database, "another that has seen everything")
        with clock.frozen(clock.now() + timedelta(hours=25)):
            assert await outbox.forget_before(database, EVENTS_KEPT_S) == count
            await write(database, 2 * EACH)
        assert relay.position == count
        proxy.faults = Faults()
        await eventually(lambda: relay.position == 3 * count, 120)
        await relay.stop()
        await own.close()
    try:
        packs = await read_back(site, 3 * count)
    finally:
        await remove(site)
    assert numbers_by_page(packs) == {page: list(range(3 * EACH)) for page in ALL}


def kept(position: int, key: str, size: int = 10) -> Kept:
    return Kept(position, "Written", key, DEFAULT_OPERATOR_ID, f'"{"x" * size}"', clock.now())


def test_packs_keep_the_order_and_their_size() -> None:
    rows = [kept(n, f"key-{n % 7}", 2000) for n in range(1, 2001)]
    packs = pack(rows, 3)
    for partition in range(3):
        positions = [e.position for one in packs if one.partition == partition for e in one.events]
        assert positions == [row.position for row in rows if partition_of(row.key, 3) == partition]
    assert all(len(one.events) <= PACK_EVENTS_MAX for one in packs)
    assert all(sum(len(bytes(e.payload)) for e in one.events) < 600_000 for one in packs)


def test_what_comes_twice_is_passed_over() -> None:
    (first,), (second,) = pack([kept(n, "a") for n in (1, 2, 3)], 1), pack([kept(n, "a") for n in (2, 3, 4)], 1)
    unseen = Unseen()
    found: list[Any] = [[e.position for e in unseen.take(one)] for one in (first, first, second)]
    assert found == [[1, 2, 3], [], [4]]

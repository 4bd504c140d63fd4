"""Links come and go: pings, epochs, other processes, the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from voltway.contracts.station_link import ReportLink
from voltway.kernel import clock
from voltway.kernel.errors import StartUpError
from voltway.kernel.metrics import Metrics
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway import nodes
from voltway.modules.gateway.gateway import gateway_of
from voltway.modules.gateway.module import MANIFEST
from voltway.modules.gateway.tables import nodes as table

from . import neighbours  # noqa: TID252  (tests are not installed)
from .conftest import PASSWORD, Network, StartNetwork  # noqa: TID252
from .neighbours import Neighbours, opened, replace, until  # noqa: TID252
from .raw_station import PING, PONG, RawStation  # noqa: TID252

MakeRuntime = Callable[..., Awaitable[Runtime]]


def turn(network: Network, times: int = 1) -> None:
    """Let the ping interval pass."""
    for _ in range(times * network.gateway.settings.ping_interval_s):
        network.gateway.registry.tick()


async def test_silent_link_is_dead_within_two_intervals(network: Network) -> None:
    station = await network.connect("CS1")
    await until(lambda: network.neighbours.of(ReportLink), "the link is recorded")
    turn(network)
    assert (await station.frame()).opcode == PING  # and no pong
    assert len(network.gateway.registry) == 1
    turn(network)
    assert len(network.gateway.registry) == 0
    await until(lambda: len(network.neighbours.of(ReportLink)) == 2, "the end is recorded")
    assert "no sign of life" in network.neighbours.of(ReportLink)[-1].close_reason


async def test_pong_or_any_message_keeps_the_link(network: Network) -> None:
    station = await network.connect("CS1")
    for _ in range(3):
        turn(network)
        frame = await station.frame()
        assert frame.opcode == PING
        station.send_frame(PONG, frame.payload)
        await until(lambda: all(link.is_heard for link in network.gateway.registry), "the pong is heard")
    turn(network)
    await station.exchange("h", "Heartbeat", {})
    turn(network)
    assert len(network.gateway.registry) == 1


async def test_every_link_is_pinged_once_per_interval(start_network: StartNetwork) -> None:
    network = await start_network({f"S{index}": {} for index in range(10)}, ping_interval_s=5)
    stations = [await network.connect(f"S{index}") for index in range(10)]
    turn(network)
    for station in stations:
        assert (await station.frame()).opcode == PING
    assert len(network.gateway.registry) == 10


async def test_seen_stations_are_told_in_bulk(network: Network) -> None:
    await network.connect("CS1")
    await network.gateway.say_seen()
    assert [network.neighbours.records[station_id].identity for station_id in network.neighbours.seen] == ["CS1"]
    network.neighbours.seen.clear()
    await network.gateway.say_seen()
    assert network.neighbours.seen == {}  # nothing new
    turn(network)
    turn(network)
    await network.gateway.say_seen()
    assert len(network.neighbours.seen) == 1


async def test_link_opened_elsewhere_ends_ours(network: Network) -> None:
    station = await network.connect("CS1")
    await until(lambda: network.neighbours.of(ReportLink), "the link is recorded")
    [report] = network.neighbours.of(ReportLink)
    network.gateway.registry.hear(opened(replace(report, epoch=report.epoch - 1)))
    assert (await station.exchange("h", "Heartbeat", {}))[0] == 3  # an older one says nothing
    ahead = report.epoch + 60_000  # the other node's clock is a minute ahead of ours
    network.gateway.registry.hear(opened(replace(report, epoch=ahead)))
    assert await station.closed() == 1008
    again = await network.connect("CS1")
    assert next(iter(network.gateway.registry)).epoch > ahead
    assert (await again.exchange("h", "Heartbeat", {}))[0] == 3


async def test_raised_profile_ends_the_link(start_network: StartNetwork) -> None:
    network = await start_network({"CS1": {"password": None}})
    station = await network.connect("CS1", password=None)
    record = next(iter(network.neighbours.records.values()))
    await network.record(replace(record, security_profile=1))
    assert await station.closed() == 1008


async def test_changed_record_reaches_the_link(network: Network) -> None:
    station = await network.connect("CS1")
    record = next(r for r in network.neighbours.records.values() if r.identity == "CS1")
    await network.record(replace(record, location_id="L1"))
    await until(lambda: next(iter(network.gateway.registry)).credential.location_id == "L1", "the link knows")
    assert (await station.exchange("h", "Heartbeat", {}))[0] == 3


async def test_stop_sends_everybody_off_after_what_was_under_way(
    start_network: StartNetwork, make_runtime: MakeRuntime
) -> None:
    network = await start_network()
    busy, idle = await network.connect("CS1"), await network.connect("CS2")
    network.neighbours.gate.clear()
    busy.call("b", "BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"})
    await until(lambda: any(link.is_busy for link in network.gateway.registry), "the boot is under way")
    stopping = asyncio.ensure_future(network.gateway.stop())
    await asyncio.sleep(0.05)
    network.neighbours.gate.set()
    assert (await busy.heard())[:2] == [3, "b"]
    assert await busy.closed() == 1012
    assert await idle.closed() == 1012
    await stopping
    await network.runtime.commits.stop()
    ends = [report for report in network.neighbours.of(ReportLink) if not report.is_open]
    assert sorted(report.station_identity for report in ends) == ["CS1", "CS2"]
    with pytest.raises(OSError, match=r"refused|reset|Connect"):
        await RawStation.dial(network.port)


async def test_after_a_kill_the_stations_of_the_dead_process_are_offline(
    start_network: StartNetwork, make_runtime: MakeRuntime
) -> None:
    dead = await start_network()
    neighbour = Neighbours()
    after = await make_runtime(
        neighbours.MANIFEST, MANIFEST, settings={"gateway": {"port": 0}}, before_start=lambda r: r.keep(neighbour)
    )
    if after.database.dialect == "sqlite":
        assert neighbour.alive_node_ids == (after.node_id,)
    else:  # the other one may be alive until its lease has run out
        assert set(neighbour.alive_node_ids) == {after.node_id, dead.runtime.node_id}
        async with after.database.begin() as tx:
            await tx.execute(
                sa.update(table)
                .where(table.c.id == dead.runtime.node_id)
                .values(seen_at=clock.now() - timedelta(minutes=1))
            )
        await nodes.renew(after, 30)
        assert neighbour.alive_node_ids == (after.node_id,)


async def test_process_that_was_taken_for_dead_lets_its_stations_connect_again(network: Network) -> None:
    station = await network.connect("CS1")
    async with network.runtime.database.begin() as tx:
        await tx.execute(sa.delete(table))
    await network.gateway.renew_lease()
    assert await station.closed() == 1012
    assert network.neighbours.alive_node_ids == (network.runtime.node_id,)


async def test_port_that_is_taken_is_one_clear_line(network: Network, make_runtime: MakeRuntime) -> None:
    with pytest.raises(
        StartUpError, match=rf"station port 127.0.0.1:{network.port} cannot be opened.*--ocpp HOST:PORT"
    ):
        await make_runtime(neighbours.MANIFEST, MANIFEST, settings={"gateway": {"port": network.port}})


async def test_metrics_show_links_and_refusals(network: Network) -> None:
    await network.connect("CS1")
    await (await network.dial()).ask("/ocpp/CS1", password="wrong")
    text = network.runtime.state(Metrics).to_text().decode()
    assert "voltway_links_online 1.0" in text
    assert 'voltway_gateway_refused_total{status="401"} 1.0' in text
    assert "voltway_gateway_frames_in_total 0.0" in text


async def test_gateway_that_has_not_started_is_not_found(make_runtime: MakeRuntime) -> None:
    with pytest.raises(LookupError):
        gateway_of(await make_runtime(neighbours.MANIFEST))


async def test_password_is_needed_by_default(network: Network) -> None:
    assert (await (await network.dial()).ask("/ocpp/CS1", password=PASSWORD)).status == 101

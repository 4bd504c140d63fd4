"""F23-F26, F29-F32: the network between stations and platform misbehaves; what was acknowledged is there, once, to the cent."""

from __future__ import annotations

import asyncio

import pytest

from builders import eventually
from fleet.conftest import PATIENCE_S, OpenSite
from fleet.fault_proxy import Faults

QUIET = {"sample_interval_s": "600", "heartbeat_interval_s": "3600", "message_timeout_s": "20"}
"""For fleets that are large for a test: what they say is not to keep the machine busy."""


async def test_f23_half_open_links_are_noticed_and_taken_over_and_nothing_is_lost(open_site: OpenSite) -> None:
    site = await open_site(ping_interval_s=2, probe_timeout_s=1)
    fleet = site.a_fleet()

    async def go_dark() -> None:
        """No byte in either direction, and no FIN: both sides must find out by themselves."""
        accepted, silent = site.proxy.accepted, len(site.proxy.connections)
        for connection in tuple(site.proxy.connections):
            connection.forget()
        await eventually(lambda: site.proxy.accepted >= accepted + silent, PATIENCE_S)
        await eventually(lambda: fleet.snapshot().online == len(fleet.stations), PATIENCE_S)

    assert await site.live_through(fleet, go_dark) == []


@pytest.mark.long
async def test_f24_with_answers_lost_stations_repeat_and_each_fact_counts_once(open_site: OpenSite) -> None:
    site = await open_site(ping_interval_s=60)
    fleet = site.a_fleet()

    def unanswered() -> int:
        return sum(call.attempts for _, call in fleet.ledger.deliveries or ())

    async def lose_the_answers() -> None:
        """Those of the links that there are; who connects anew is answered again."""
        for _ in range(3):
            for connection in tuple(site.proxy.connections):
                connection.is_deaf = True
            before = unanswered()
            await eventually(lambda: unanswered() > before + 2, PATIENCE_S)  # noqa: B023

    assert await site.live_through(fleet, lose_the_answers) == []
    assert [call for _, call in fleet.ledger.deliveries or () if len(call.sent_ids) > 1]


async def test_f25_connections_that_are_reset_again_and_again_still_get_everything_through(open_site: OpenSite) -> None:
    site = await open_site()
    fleet = site.a_fleet()

    async def reset_after_ten() -> None:
        site.proxy.faults = Faults(resets_after_chunks=10)
        resets = site.proxy.resets
        await eventually(lambda: site.proxy.resets > resets + 30, PATIENCE_S)

    assert await site.live_through(fleet, reset_after_ten) == []


async def test_f26_slow_and_sliced_bytes_break_nothing(open_site: OpenSite) -> None:
    site = await open_site()
    fleet = site.a_fleet(stations=6, message_timeout_s="30")

    async def crawl() -> None:
        site.proxy.faults = Faults(delay_s=(0.2, 1.0), slice_bytes=1)
        sent = fleet.counters.calls_sent
        await eventually(lambda: fleet.counters.calls_sent > sent + 20, PATIENCE_S)

    assert await site.live_through(fleet, crawl) == []
    assert fleet.counters.timeouts == 0


@pytest.mark.long
async def test_f29_storm_of_reconnects_is_spread_and_all_get_in(open_site: OpenSite) -> None:
    """Everybody comes at once; more than the rate are told when to come again (503), and nobody loses anything."""
    site = await open_site(connections_per_s=20, connections_burst=20)
    fleet = site.a_fleet(stations=40, **QUIET)

    async def come_all_at_once() -> None:
        await eventually(lambda: fleet.snapshot().online == len(fleet.stations), PATIENCE_S)
        site.proxy.reset_all()
        await eventually(lambda: fleet.counters.postponed > 0, PATIENCE_S)
        await eventually(lambda: fleet.snapshot().online == len(fleet.stations), PATIENCE_S)

    assert await site.live_through(fleet, come_all_at_once) == []
    assert site.gateway.counts.refused[503] > 0


@pytest.mark.long
async def test_f30_stations_that_all_come_back_in_the_same_second_are_let_in_by_rate(open_site: OpenSite) -> None:
    site = await open_site(connections_per_s=10, connections_burst=10)
    fleet = site.a_fleet(stations=20, backoff_random_s="0", **QUIET)

    async def come_without_jitter() -> None:
        await eventually(lambda: fleet.snapshot().online == len(fleet.stations), PATIENCE_S)
        for _ in range(2):
            site.proxy.reset_all()
            await asyncio.sleep(0.5)
        await eventually(lambda: fleet.snapshot().online == len(fleet.stations), PATIENCE_S)

    assert await site.live_through(fleet, come_without_jitter) == []
    assert site.gateway.counts.refused[503] > 0


async def test_f31_station_that_comes_from_elsewhere_goes_on_with_its_session(open_site: OpenSite) -> None:
    """The old path is dead without a word (NAT has forgotten it); the station comes over a new one in mid-session."""
    site = await open_site(ping_interval_s=3600, probe_timeout_s=0.5)
    fleet = site.a_fleet()

    async def come_over_another_path() -> None:
        for connection in tuple(site.proxy.connections):
            connection.forget()
        for station in fleet.stations:
            station.link.abandon()
        await eventually(lambda: fleet.snapshot().online == len(fleet.stations), PATIENCE_S)

    assert await site.live_through(fleet, come_over_another_path) == []


async def test_f32_pings_keep_links_alive_through_a_proxy_that_ends_silent_ones(open_site: OpenSite) -> None:
    site = await open_site(faults=Faults(idle_s=6.0), ping_interval_s=2)
    fleet = site.a_fleet(stations=3, heartbeat_interval_s="86400", sample_interval_s="0")
    stop = asyncio.Event()
    running = asyncio.create_task(fleet.run(stop))
    await eventually(lambda: fleet.snapshot().online == len(fleet.stations), PATIENCE_S)
    accepted = site.proxy.accepted
    await asyncio.sleep(13)  # more than two of its time-outs
    assert site.proxy.accepted == accepted
    assert fleet.snapshot().online == len(fleet.stations)
    stop.set()
    await running

"""F38, F47, F62: messages that come twice under one id, and a clock of the server that jumps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest import mock

import msgspec
import pytest

from builders import eventually
from fleet.conftest import PATIENCE_S, OpenSite
from fleet.fault_proxy import Faults, Way
from voltway.kernel import clock


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_f38_every_message_that_comes_twice_under_its_id_counts_once(open_site: OpenSite, protocol: str) -> None:
    """What a repeating proxy or a broken station does: the same bytes again, before the answer and after it."""
    last: list[bytes] = []

    def twice(way: Way, message: bytes) -> list[bytes]:
        if way == "down":
            return [message]
        earlier, last[:] = last[:], [message]
        return [message, message, *earlier]

    site = await open_site(Faults(on_message=twice), faults_per_minute=100_000)
    fleet = site.a_fleet(stations=1, protocol=protocol)  # whose messages are its own

    async def go_on() -> None:
        await eventually(lambda: fleet.ledger.ended_count > 2, PATIENCE_S)

    assert await site.live_through(fleet, go_on) == []
    assert site.gateway.counts.replayed_answers > 0


async def test_f47_our_side_never_has_two_calls_under_way(open_site: OpenSite) -> None:
    """Counted on the wire, over whole charges: a call of ours leaves only when the one before has its answer."""
    under_way: dict[str, None] = {}
    most = 0

    def watch(way: Way, message: bytes) -> list[bytes]:
        nonlocal most
        kind, message_id, *_ = msgspec.json.decode(message)
        if way == "down" and kind == 2:
            under_way[message_id] = None
            most = max(most, len(under_way))
        elif way == "up" and kind in (3, 4):
            under_way.pop(message_id, None)
        return [message]

    site = await open_site(Faults(on_message=watch))
    fleet = site.a_fleet(stations=1)

    async def go_on() -> None:
        await eventually(lambda: fleet.ledger.ended_count > 2, PATIENCE_S)

    assert await site.live_through(fleet, go_on) == []
    assert most == 1


@contextmanager
def a_clock_that_is_set() -> Iterator[list[timedelta]]:
    """The server's clock, with what somebody has added to it. Time-outs do not go by it."""
    added = [timedelta(0)]
    now, now_ms = clock._now, clock._now_ms

    def moved() -> datetime:
        return now() + added[0]

    def moved_ms() -> datetime:
        return now_ms() + added[0]

    with mock.patch.object(clock, "_now", moved), mock.patch.object(clock, "_now_ms", moved_ms):
        yield added


async def test_f62_servers_clock_that_jumps_leaves_energy_money_and_order_as_they_were(open_site: OpenSite) -> None:
    site = await open_site()
    fleet = site.a_fleet()
    with a_clock_that_is_set() as added:

        async def set_the_clock() -> None:
            for hours in (1, -1, 24 * 365, 0):
                added[0] = timedelta(hours=hours)
                done = fleet.ledger.ended_count
                await eventually(lambda: fleet.ledger.ended_count > done + 3, PATIENCE_S)  # noqa: B023

        findings = await site.live_through(fleet, set_the_clock)
    held = [finding for finding in findings if finding.promise == "P4" and "time_implausible" in finding.what]
    assert [finding for finding in findings if finding not in held] == []
    assert len(held) < len(fleet.ledger.entries) / 2

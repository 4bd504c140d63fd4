"""Calls over a link: what is answered, when, and in what order."""

from __future__ import annotations

import asyncio

import pytest

from voltway.contracts.station_link import ReportBoot, ReportLink, ReportTransaction
from voltway.contracts.vocabulary import Registration
from voltway.kernel.batching import NothingCommits
from voltway.wire.ocpp.faults import ErrorCode

from .conftest import Network, StartNetwork  # noqa: TID252  (tests are not installed)
from .neighbours import until  # noqa: TID252

BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}
START = {"connectorId": 1, "idTag": "TAG", "meterStart": 10, "timestamp": "2026-01-01T00:00:00Z"}


async def test_boot_is_answered_with_what_was_recorded(network: Network) -> None:
    station = await network.connect("CS1")
    kind, message_id, answer = await station.exchange("m1", "BootNotification", BOOT)
    assert (kind, message_id, answer["status"], answer["interval"]) == (3, "m1", "Accepted", 300)
    [report] = network.neighbours.of(ReportBoot)
    assert (report.vendor, report.station_identity, report.message_id) == ("Acme", "CS1", "m1")


async def test_heartbeat_needs_no_commit(network: Network) -> None:
    station = await network.connect("CS1")
    network.neighbours.gate.clear()
    kind, _, answer = await station.exchange("m1", "Heartbeat", {})
    network.neighbours.gate.set()
    assert kind == 3
    assert answer["currentTime"].endswith("Z")


async def test_start_is_answered_only_after_its_commit(network: Network) -> None:
    station = await network.connect("CS1")
    network.neighbours.gate.clear()
    station.call("m1", "StartTransaction", START)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await station.reader.readexactly(1)
    assert network.neighbours.of(ReportTransaction) == []
    network.neighbours.gate.set()
    kind, _, answer = await station.heard()
    assert (kind, answer["transactionId"], answer["idTagInfo"]["status"]) == (3, 17, "Accepted")
    assert [report.id_token.value for report in network.neighbours.of(ReportTransaction)] == ["TAG"]


async def test_ask_is_answered_with_the_reply(network: Network) -> None:
    station = await network.connect("CS1")
    assert (await station.exchange("m1", "Authorize", {"idTag": "TAG"}))[2] == {"idTagInfo": {"status": "Accepted"}}


async def test_reconnect_needs_no_boot(network: Network) -> None:
    await (await network.connect("CS1")).hang_up()
    station = await network.connect("CS1")
    assert (await station.exchange("m1", "StartTransaction", START))[0] == 3


async def test_acceptance_counts_from_the_boot_that_is_told_of_it(start_network: StartNetwork) -> None:
    network = await start_network({"CS1": {"registration": Registration.PENDING}})
    station = await network.connect("CS1")
    assert (await station.exchange("h1", "Heartbeat", {}))[2] == "SecurityError"
    assert (await station.exchange("b", "BootNotification", BOOT))[2]["status"] == "Accepted"
    assert (await station.exchange("h2", "Heartbeat", {}))[0] == 3


async def test_same_id_with_other_bytes_is_processed_and_flagged(network: Network) -> None:
    station = await network.connect("CS1")
    await station.exchange("1", "StartTransaction", START)
    await station.exchange("1", "StartTransaction", {**START, "meterStart": 11})
    await station.exchange("1", "Heartbeat", {})
    await station.exchange("1", "StartTransaction", {**START, "meterStart": 12})
    flags = [report.flags for report in network.neighbours.of(ReportTransaction)]
    assert flags == [(), ("message_id_reused",), ("message_id_reused",)]
    assert network.gateway.counts.replayed_answers == 0


async def test_repeated_message_of_another_kind_is_processed_again(network: Network) -> None:
    station = await network.connect("CS1")
    for _ in range(2):
        assert (await station.exchange("1", "BootNotification", BOOT))[0] == 3
    assert len(network.neighbours.of(ReportBoot)) == 2


async def test_nothing_to_commit_to_closes_the_links_and_lets_nobody_in(start_network: StartNetwork) -> None:
    network = await start_network(stall_pause_s=0.3)
    station, idle = await network.connect("CS1"), await network.connect("CS2")
    await until(lambda: len(network.neighbours.of(ReportLink)) == 2, "both links are recorded")
    network.neighbours.refusals = [NothingCommits("test")] * 3
    network.runtime.commits._stalled_after_s = 0.05
    station.call("m1", "StartTransaction", START)
    assert await station.closed() == 1013
    assert await idle.closed() == 1013
    assert network.neighbours.of(ReportTransaction) == []
    late = await network.dial()
    response = await late.ask("/ocpp/CS1", password="correct-horse-battery")
    assert response.status == 503
    assert int(response.headers["retry-after"]) >= 1
    await asyncio.sleep(0.3)
    again = await network.connect("CS1")
    assert (await again.exchange("m1", "StartTransaction", START))[0] == 3


async def test_end_of_a_link_is_said_until_it_is_recorded(network: Network) -> None:
    station = await network.connect("CS1")
    await until(lambda: network.neighbours.of(ReportLink), "the link is recorded")
    network.neighbours.refusals = [NothingCommits("test")] * 2
    network.runtime.commits._stalled_after_s = 0.01
    await station.hang_up()
    await until(lambda: not network.neighbours.refusals, "it has failed twice")
    network.runtime.commits._stalled_after_s = 5
    network.gateway.registry.tick()
    await until(lambda: len(network.neighbours.of(ReportLink)) == 2, "the end is recorded")
    assert not network.neighbours.of(ReportLink)[-1].is_open


async def test_station_that_reads_nothing_is_cut_off(start_network: StartNetwork) -> None:
    network = await start_network(send_buffer_bytes_max=4096, messages_burst=100_000, close_timeout_s=0.1)
    station = await network.connect("CS1")
    other = await network.connect("CS2")
    link = next(link for link in network.gateway.registry if link.credential.identity == "CS1")
    station.reader._transport.pause_reading()  # type: ignore[attr-defined]

    while link.is_open:  # until the buffers of both sides are full
        for _ in range(50):
            link._answer_error("x" * 36, "A", ErrorCode.NotSupported, "x" * 255)
        await asyncio.sleep(0)
    await until(lambda: network.gateway.registry.find(link.credential.station_id) is None, "it is gone")
    assert network.gateway.counts.closed[1008] == 1
    assert (await other.exchange("h", "Heartbeat", {}))[0] == 3

"""A fleet as a whole: nothing is lost over broken links, and chance comes from the seed alone."""

from __future__ import annotations

import asyncio
import random

import pytest

from voltway.station.ocpp.vocabulary import IdToken, StationSpec
from voltway.station.simulator.driver import hand_of, plan_visit
from voltway.station.simulator.fleet import CannotConnect, Fleet
from voltway.station.simulator.makes import build_specs
from voltway.station.simulator.scenarios import SCENARIOS, Scenario

from .fake_csms import FakeCsms  # noqa: TID252  (tests are not installed)

STORMY = Scenario(
    "stormy",
    "short visits on a bad network",
    first_arrival_s=(0, 10),
    gap_s=(5, 20),
    stay_s=(60, 120),
    visits_max=3,
    link_lasts_s=(20, 60),
    link_away_s=(5, 40),
)
TOKENS = [IdToken("TOKEN-1")]


async def test_no_report_is_lost_over_broken_links(csms: FakeCsms) -> None:
    specs = [
        StationSpec(f"{protocol}-{number}", protocol, sample_interval_s=10)
        for protocol in ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
        for number in range(2)
    ]
    fleet = Fleet(specs, csms.url, STORMY, random.Random(3), tokens=TOKENS, speed=150)
    async with asyncio.timeout(30):
        await fleet.run(asyncio.Event())

    assert fleet.counters.links_lost > 10
    assert fleet.snapshot().undelivered == 0
    assert len(fleet.ledger.entries) == 3 * len(specs)
    told: dict[tuple[str, str], tuple[int, int]] = {}
    starts = {}
    for heard in csms.heard:
        payload = heard.payload
        if heard.action == "StartTransaction":
            starts[heard.identity] = payload["meterStart"]
        elif heard.action == "StopTransaction":
            told[heard.identity, str(payload["transactionId"])] = (starts[heard.identity], payload["meterStop"])
        elif heard.action == "TransactionEvent" and payload["eventType"] != "Updated":
            register_wh = int(payload["meterValue"][0]["sampledValue"][0]["value"])
            transaction_id = payload["transactionInfo"]["transactionId"]
            if payload["eventType"] == "Started":
                starts[transaction_id] = register_wh
            else:
                told[heard.identity, transaction_id] = (starts[transaction_id], register_wh)
    for entry in fleet.ledger.entries:
        transaction = entry.transaction
        registers_wh = (transaction.meter_start_wh, transaction.meter_stop_wh)
        assert told[entry.station_identity, transaction.transaction_id or ""] == registers_wh


async def test_a_stopped_fleet_ends_its_charges_and_delivers_them(csms: FakeCsms) -> None:
    stop = asyncio.Event()
    fleet = Fleet(
        [StationSpec("S1", "ocpp1.6")], csms.url, SCENARIOS["rush"], random.Random(1), tokens=TOKENS, speed=60
    )
    asyncio.get_running_loop().call_later(1.0, stop.set)
    async with asyncio.timeout(30):
        await fleet.run(stop)
    assert fleet.ledger.ended_count == len(fleet.ledger.entries) >= 1
    assert csms.actions().count("StopTransaction") == fleet.ledger.ended_count
    assert fleet.snapshot().online == 0


async def test_a_fleet_that_never_gets_through_says_why(unused_tcp_port: int) -> None:
    url = f"ws://127.0.0.1:{unused_tcp_port}/ocpp"
    fleet = Fleet([StationSpec("S1", "ocpp1.6")], url, SCENARIOS["steady"], random.Random(1), tokens=TOKENS)
    async with asyncio.timeout(30):
        with pytest.raises(CannotConnect, match="cannot connect to ws://"):
            await fleet.run(asyncio.Event(), is_failing_fast=True)


async def test_one_seed_draws_one_fleet() -> None:
    def drawn(seed: int) -> list[object]:
        rng = random.Random(seed)
        specs = build_specs(6, None, "SIM-{n:05d}", None, rng)
        fleet = Fleet(specs, "ws://localhost", SCENARIOS["steady"], rng, tokens=TOKENS)
        evse = fleet.stations[0].evses[0]
        return [specs, *(plan_visit(SCENARIOS["steady"], rng, evse, tuple(TOKENS)) for _ in range(5))]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    specs = drawn(1)[0]
    assert {spec.protocol for spec in specs} == {"ocpp1.6", "ocpp2.0.1", "ocpp2.1"}


async def test_ids_are_unique_over_runs_with_one_seed() -> None:
    def ids() -> set[str]:
        fleet = Fleet(
            [StationSpec("S1", "ocpp2.1")], "ws://localhost", SCENARIOS["steady"], random.Random(1), tokens=TOKENS
        )
        return {fleet.stations[0].new_key() for _ in range(3)}

    first = ids()
    await asyncio.sleep(0.01)
    assert len(first | ids()) == 6


def test_with_enough_tokens_none_is_dealt_to_two_evses() -> None:
    hands = [hand_of(range(7), seat, 3) for seat in range(3)]
    assert sorted(token for hand in hands for token in hand) == list(range(7))
    assert [hand_of("AB", seat, 3) for seat in range(3)] == [("A",), ("B",), ("A",)]

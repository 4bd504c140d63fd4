"""A CSMS that says nonsense, in frames or in answers: a charge that was permitted goes on, and no transaction is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from station.fake_csms import FakeCsms
from station.test_scenarios import Bench, each_protocol, until
from voltway.station.ocpp.vocabulary import EvseState
from voltway.station.pilot import Pilot

FRAMES: tuple[str | bytes, ...] = (
    "",
    "no JSON at all",
    "null",
    "{}",
    "[]",
    "[2]",
    "[3]",
    "[9,1,2,3]",
    '[2,7,"Reset",{}]',
    '[2,"1","Reset"]',
    '[2,"2","Reset",[]]',
    '[2,"3","Reset",{"type":"Perhaps"}]',
    '[2,"4","SetChargingProfile",{"connectorId":"x","evseId":-1}]',
    '[2,"5","MakeCoffee",{"cups":1e999}]',
    '[3,"nobody asked",{"transactionId":1}]',
    '[4,"nobody asked","InternalError","",{}]',
    '[4,"nobody asked",null]',
    "[" * 3_000,
    json.dumps([2, "6" * 40, "DataTransfer", {"vendorId": "x" * 4_000}]),
    '[2,"7","DataTransfer",{"vendorId":"\\ud800"}]',
    b"\x00\xff\xfe",
)


@pytest.fixture
def bench(csms: FakeCsms, tmp_path: Path, protocol: str) -> Bench:
    return Bench(csms, tmp_path, protocol)


@each_protocol
async def test_nonsense_on_the_link_neither_ends_a_charge_nor_the_station(bench: Bench) -> None:
    async with bench.on():
        await bench.charge()
        await bench.told()
        for frame in FRAMES:
            await until(lambda: bench.station.is_online)  # some are reason enough to drop a link, never to stay away
            link = bench.csms.links["S1"]
            await link.send(frame)
            await until(lambda: bench.station.is_online)
            assert bench.board.is_closed, frame
        assert bench.evse.state is EvseState.CHARGING
        await bench.leave()
        await bench.told()
    assert [reason for _, _, reason in bench.charges()] == ["EVDisconnected"]


def nonsense(*answers: object) -> Any:
    """Say these, one after the other, and then what is usual."""
    left = list(answers)
    return lambda identity, payload: left.pop(0) if left else None


@each_protocol
async def test_answers_that_mean_nothing_lose_nothing(bench: Bench) -> None:
    bench.settings |= {"attempt_interval_s": "0"}
    odd = ({}, {"transactionId": "seven"}, {"idTagInfo": 7, "idTokenInfo": 7}, {"transactionId": None}, [], "yes")
    for action in ("StartTransaction", "StopTransaction"):
        bench.csms.answers[action] = nonsense(*odd)
    bench.csms.answers["TransactionEvent"] = nonsense({"idTokenInfo": 7}, {"totalCost": "much"}, [], "yes")
    bench.csms.answers["StatusNotification"] = bench.csms.answers["MeterValues"] = nonsense([], 7)
    async with bench.on():
        await bench.charge()
        assert bench.board.is_closed
        await bench.leave()
        await bench.told()
        assert bench.station.counters.given_up == 0
    assert [reason for _, _, reason in bench.charges()] == ["EVDisconnected"]


@each_protocol
@pytest.mark.parametrize(
    "answer", [{}, {"idTagInfo": {}, "idTokenInfo": {}}, {"idTagInfo": {"status": "Perhaps"}}, "yes", []], ids=str
)
async def test_an_authorisation_that_means_nothing_authorises_nobody(bench: Bench, answer: object) -> None:
    bench.settings["is_unknown_offline"] = "false"
    bench.csms.answers["Authorize"] = nonsense(answer)
    async with bench.on():
        await bench.plug()
        bench.hold()
        await until(lambda: bench.csms.payloads("Authorize"))
        await bench.told()
        assert bench.evse.transaction is None
        assert not bench.board.is_closed
        bench.hold()  # the next answer is one
        await bench.draw()
        bench.board.connect(Pilot.B)


@each_protocol
async def test_a_boot_that_is_answered_by_nonsense_is_tried_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voltway.station.ocpp.station.BOOT_RETRY_S", 0.1)
    odd: list[object] = [{}, [], {"status": "Accepted", "currentTime": 7, "interval": "soon"}]
    bench.csms.answers["BootNotification"] = nonsense(
        *odd, {"status": "Accepted", "currentTime": "yesterday", "interval": 0}
    )
    async with bench.on():
        assert bench.csms.actions().count("BootNotification") == len(odd) + 1
        await bench.charge()
        await bench.leave()

"""How long a station waits before it tries again, and what it tells when it is back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from station.fake_csms import FakeCsms
from station.test_scenarios import Bench, each_protocol, until
from voltway.station.faults import Fault
from voltway.station.ocpp.caller import Caller, OutgoingCall
from voltway.station.ocpp.link import Link
from voltway.station.ocpp.variables import Settings
from voltway.station.ocpp.virtual_time import VirtualClock
from voltway.station.ocpp.vocabulary import Counters, EvseState, StationSpec
from voltway.station.pilot import Pilot
from voltway.wire.ocpp import v16
from voltway.wire.ocpp.rpc import codec_for


@pytest.fixture
def bench(csms: FakeCsms, tmp_path: Path, protocol: str) -> Bench:
    return Bench(csms, tmp_path, protocol)


class HeldClock(VirtualClock):
    """A clock whose waits are over when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.waits_s: list[float] = []
        self.due: Callable[[], object] = lambda: None

    def after(self, virtual_s: float, action: Callable[[], object]) -> asyncio.TimerHandle:
        self.waits_s.append(virtual_s)
        self.due = action
        return super().after(1e6, action)


class Wire:
    """Remembers the ids of what was sent."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def send(self, frame: bytes) -> None:
        self.ids.append(frame.split(b'"')[1].decode())

    def abandon(self) -> None:
        raise AssertionError("it has answered")


async def test_a_report_waits_the_interval_times_its_transmissions_and_is_then_given_up_for_the_next() -> None:
    clock, settings, wire = HeldClock(), Settings(StationSpec("S1", "ocpp1.6")), Wire()
    settings.store("attempts", "3")
    settings.store("attempt_interval_s", "60")
    caller = Caller(codec_for("ocpp1.6"), clock, settings, Counters(), "m", lambda action, payload: payload)
    given_up: list[str] = []
    for name in ("first", "second"):
        report = v16.HeartbeatRequest()
        caller.submit(OutgoingCall(report, print, lambda name=name: given_up.append(name), is_durable=True))
    caller.link_up(wire)
    caller.open_durable(True)
    for sent in (1, 2):
        caller.receive(f'[4,"{wire.ids[-1]}","InternalError","",{{}}]'.encode())
        assert len(wire.ids) == sent, "not before its time"
        clock.due()
    caller.receive(f'[4,"{wire.ids[-1]}","InternalError","",{{}}]'.encode())
    assert clock.waits_s == [60, 120]
    assert given_up == ["first"]
    assert len(wire.ids) == 4, "the second goes out at once"
    caller.close()


async def test_time_without_a_link_is_no_attempt() -> None:
    clock, settings, wire = HeldClock(), Settings(StationSpec("S1", "ocpp1.6")), Wire()
    settings.store("attempts", "1")
    caller = Caller(codec_for("ocpp1.6"), clock, settings, Counters(), "m", lambda action, payload: payload)
    given_up: list[int] = []
    caller.submit(OutgoingCall(v16.HeartbeatRequest(), print, lambda: given_up.append(1), is_durable=True))
    caller.open_durable(True)
    for _ in range(5):
        caller.link_up(wire)
        caller.link_down()
    assert len(wire.ids) == 5
    assert not given_up
    assert len(caller.queued) == 1
    caller.close()


class Owner:
    """Whom a link serves, and who wants nothing of it."""

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: None


async def test_attempts_to_connect_double_their_wait_up_to_a_bound_with_a_part_of_chance() -> None:
    settings = Settings(StationSpec("S1", "ocpp2.0.1"))
    for name, value in (("backoff_minimum_s", "10"), ("backoff_repeats", "3"), ("backoff_random_s", "5")):
        settings.store(name, value)
    link = Link(
        Owner(), "ws://localhost", "S1", "ocpp2.0.1", clock=VirtualClock(), settings=settings,
        rng=random.Random(1), counters=Counters(), gate=asyncio.Semaphore(1),
    )  # fmt: skip
    waits_s = [link._back_off_s() for _ in range(6)]
    parts = [wait_s - least_s for wait_s, least_s in zip(waits_s, (10, 20, 40, 80, 80, 80), strict=True)]
    assert all(0 <= part <= 5 for part in parts)
    assert len(set(parts)) == len(parts), "a fleet that comes back does not come at one moment"


@each_protocol
async def test_after_a_short_outage_what_has_changed_is_told_and_after_a_long_one_everything(bench: Bench) -> None:
    async def outage(threshold_s: str, *, changes: bool) -> list[str]:
        before = len(bench.csms.payloads("StatusNotification"))
        bench.station.settings.store("offline_threshold_s", threshold_s)
        bench.station.link.drop(3600)
        await until(lambda: not bench.station.is_online)
        if changes:
            bench.board.inject(Fault.VENDOR_ERROR)
            await until(lambda: bench.evse.state is EvseState.FAULTED)
        bench.station.link.hurry()
        await bench.told()
        told = bench.csms.payloads("StatusNotification")[before:]
        return [one["status" if bench.is_16 else "connectorStatus"] for one in told]

    async with bench.on():
        assert await outage("3600", changes=False) == []
        assert await outage("0", changes=False) == ["Available"]
        assert await outage("3600", changes=True) == ["Faulted"]


@each_protocol
async def test_an_unknown_token_charges_offline_is_not_cached_and_ends_when_the_csms_refuses_it(bench: Bench) -> None:
    refused = {"status": "Invalid"}
    bench.csms.answers["StartTransaction"] = lambda identity, payload: {"transactionId": 7, "idTagInfo": refused}
    bench.csms.answers["TransactionEvent"] = lambda identity, payload: (
        {"idTokenInfo": refused} if payload["eventType"] == "Started" else None
    )
    async with bench.on(is_linked=False):
        await bench.charge("STRANGER")
        assert bench.station.tokens.find("STRANGER") is None
        bench.station.start()
        await until(lambda: not bench.board.output.is_pwm)
        bench.board.connect(Pilot.B)
        await until(lambda: bench.charges())
        assert not bench.board.is_closed
        await bench.told()
        known = bench.station.tokens.find("STRANGER")
        assert known is None or not known.is_accepted
    assert [reason for _, _, reason in bench.charges()] == ["DeAuthorized"]

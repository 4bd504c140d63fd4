"""What goes wrong at stations in the field, each as it was reported, against a CSMS over a real socket.

The scenarios that need no CSMS are elsewhere: power cut at every octet (`queue/test_power_cut.py`); a vehicle that never leaves C1, one
that toggles, limits that change each second or fall below 6 A, a thin cable, unlocking during a charge (`test_evse.py`,
`hardware/test_serial_board.py`).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from station.fake_csms import SILENCE, FakeCsms, Refusal
from station.test_program import until as happens
from voltway.station.config import read_config
from voltway.station.faults import Fault
from voltway.station.hardware.simulated import SimulatedBoard
from voltway.station.local.standing import standing
from voltway.station.ocpp.vocabulary import EvseState, IdToken
from voltway.station.pilot import Pilot
from voltway.station.program import StationProgram

WITHIN_S = 60.0
FLAPS = int(os.environ.get("VOLTWAY_TEST_FLAPS", "20"))
"""How often the link breaks; 1440 for a day with a break each minute."""
PROTOCOLS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]
each_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)


async def until(holds: Any) -> None:
    await happens(holds, WITHIN_S)


class Bench:
    """A station with its one EVSE, the car before it, and the CSMS; `on` switches it on, leaving that cuts its power."""

    def __init__(self, csms: FakeCsms, folder: Path, protocol: str) -> None:
        self.csms, self.protocol = csms, protocol
        self.config = folder / "station.toml"
        self.config.write_text(
            f'[station]\ndata_dir = "{folder}/data"\n[ocpp]\nurl = "{csms.url}"\nidentity = "S1"\n'
            f'protocols = ["{protocol}"]\n[[evse]]\nsample_every_s = 1\n'
        )
        self.settings = {"backoff_minimum_s": "0", "backoff_random_s": "0", "is_unknown_offline": "true"}
        self.program: StationProgram | None = None
        self.is_plugged_at_start = False

    @property
    def is_16(self) -> bool:
        return self.protocol == "ocpp1.6"

    @asynccontextmanager
    async def on(self, *, is_linked: bool = True) -> AsyncIterator[None]:
        program = self.program = StationProgram(read_config(self.config))
        for name, value in self.settings.items():
            program.station.settings.store(name, value)
        program.station.is_alone = not is_linked  # it does not even try
        if self.is_plugged_at_start:
            self.board.connect(Pilot.B)
        running = asyncio.create_task(program.run())
        try:
            await until(lambda: program.evses[0].hardware.is_settled)  # type: ignore[union-attr]
            program.station.is_alone = False
            if is_linked:
                await until(lambda: program.station.is_online and program.station.caller.is_idle)
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    @property
    def station(self) -> Any:
        assert self.program is not None
        return self.program.station

    @property
    def evse(self) -> Any:
        return self.station.evses[0]

    @property
    def board(self) -> SimulatedBoard:
        assert self.program is not None
        board = self.program.evses[0].board
        assert isinstance(board, SimulatedBoard)
        return board

    @property
    def register_wh(self) -> int:
        assert self.program is not None
        return self.program.evses[0].register.energy_wh

    async def plug(self) -> None:
        self.board.connect(Pilot.B)
        await until(lambda: self.evse.state is EvseState.CONNECTED)

    def hold(self, token: str = "CARD-1") -> None:
        assert self.program is not None
        self.program.hold(IdToken(token))

    async def draw(self) -> None:
        await until(lambda: self.board.output.is_pwm)
        self.board.connect(Pilot.C)
        await until(lambda: self.evse.state is EvseState.CHARGING)

    async def charge(self, token: str = "CARD-1") -> None:
        await self.plug()
        self.hold(token)
        await self.draw()

    async def leave(self) -> None:
        self.board.connect(Pilot.A)
        await until(lambda: self.evse.transaction is None and self.evse.state is EvseState.AVAILABLE)

    async def told(self) -> None:
        await until(lambda: self.station.is_online and self.station.caller.is_idle)

    def charges(self) -> list[tuple[int, int, str]]:
        """What the CSMS knows of ended charges: the register at the begin and at the end, and why it ended."""
        return _charges_16(self.csms) if self.is_16 else _charges_2(self.csms)


def _charges_16(csms: FakeCsms) -> list[tuple[int, int, str]]:
    starts = {(one["timestamp"], one["meterStart"]): one for one in csms.payloads("StartTransaction")}
    stops = {one["transactionId"]: one for one in csms.payloads("StopTransaction")}
    assert len(starts) >= len(stops)
    begun = [one["meterStart"] for one in starts.values()]
    return [(begun[at], stop["meterStop"], stop["reason"]) for at, stop in enumerate(stops.values())]


def _charges_2(csms: FakeCsms) -> list[tuple[int, int, str]]:
    by_id: dict[str, dict[int, dict[str, Any]]] = {}
    for event in csms.payloads("TransactionEvent"):
        by_id.setdefault(event["transactionInfo"]["transactionId"], {})[event["seqNo"]] = event
    found = []
    for events in by_id.values():
        assert sorted(events) == list(range(len(events))), "no gap in the numbers"
        first, last = events[0], events[max(events)]
        assert first["eventType"] == "Started"
        if last["eventType"] == "Ended":
            registers = [int(one["meterValue"][0]["sampledValue"][0]["value"]) for one in (first, last)]
            found.append((registers[0], registers[1], last["transactionInfo"]["stoppedReason"]))
    return found


@pytest.fixture
def bench(csms: FakeCsms, tmp_path: Path, protocol: str) -> Bench:
    return Bench(csms, tmp_path, protocol)


@each_protocol
async def test_a_charge_is_told_with_its_register_and_its_reason(bench: Bench) -> None:
    async with bench.on():
        await bench.charge()
        await asyncio.sleep(2)
        bench.board.connect(Pilot.B)
        bench.hold()
        await until(lambda: bench.evse.state is EvseState.FINISHING)
        await bench.told()
    [(begin_wh, end_wh, reason)] = bench.charges()
    assert (begin_wh, end_wh, reason) == (0, bench.register_wh, "Local")
    assert end_wh > 0


@each_protocol
@pytest.mark.parametrize("when", ["authorised", "charging", "stopping"])
async def test_01_a_power_cut_in_any_phase_leaves_one_start_and_one_end(bench: Bench, when: str) -> None:
    async with bench.on():
        await bench.plug()
        bench.hold()
        await until(lambda: bench.evse.transaction is not None)
        if when != "authorised":
            await bench.draw()
            await asyncio.sleep(1.5)
        if when == "stopping":
            bench.hold()
    register_wh = bench.register_wh
    async with bench.on():
        await until(lambda: bench.charges())
        await bench.told()
    [(begin_wh, end_wh, reason)] = bench.charges()
    assert (begin_wh, end_wh) == (0, register_wh)
    assert reason in ({"PowerLoss", "Local"} if when == "stopping" else {"PowerLoss"})


@each_protocol
async def test_02_two_charges_offline_then_a_reboot_then_the_link(bench: Bench) -> None:
    async with bench.on(is_linked=False):
        await bench.charge("CARD-1")
        await asyncio.sleep(1.5)
        await bench.leave()
        await bench.charge("CARD-2")
        await asyncio.sleep(1.5)
        await bench.leave()
        middle_wh = bench.register_wh
    assert bench.csms.heard == []
    async with bench.on():
        await until(lambda: len(bench.charges()) == 2)
        await bench.told()
    first, second = bench.charges()
    assert first[0] == 0
    assert first[1] == second[0] > 0
    assert second[1] == middle_wh > second[0]
    assert {first[2], second[2]} == {"EVDisconnected"}
    if not bench.is_16:
        assert all(event["offline"] for event in bench.csms.payloads("TransactionEvent"))


@each_protocol
@pytest.mark.parametrize("answer", [Refusal(), SILENCE], ids=["an error", "nothing"])
async def test_03_a_csms_that_answers_by_an_error_or_not_at_all_loses_nothing(bench: Bench, answer: object) -> None:
    bench.settings |= {"attempt_interval_s": "0", "message_timeout_s": "1"}
    tried: list[str] = []

    def at_first(identity: str, payload: dict[str, Any]) -> object:
        tried.append(identity)
        return answer if len(tried) <= 2 else None

    bench.csms.answers["StartTransaction"] = bench.csms.answers["TransactionEvent"] = at_first
    async with bench.on():
        await bench.charge()
        await until(lambda: len(tried) > 2)
        await bench.leave()
        await bench.told()
    assert [(begin_wh, reason) for begin_wh, _, reason in bench.charges()] == [(0, "EVDisconnected")]


@each_protocol
async def test_03_a_report_that_fails_for_good_is_given_up_and_the_next_goes_out(bench: Bench) -> None:
    bench.settings |= {"attempt_interval_s": "0", "attempts": "2"}
    bench.csms.answers["MeterValues"] = lambda identity, payload: Refusal()
    bench.csms.answers["TransactionEvent"] = lambda identity, payload: (
        Refusal() if payload["eventType"] == "Updated" else None
    )
    async with bench.on():
        await bench.charge()
        await asyncio.sleep(1.5)
        await bench.leave()
        await bench.told()
        assert bench.station.counters.given_up > 0
        assert not bench.station.journal.pending
    ends = bench.csms.payloads("StopTransaction") or [
        one for one in bench.csms.payloads("TransactionEvent") if one["eventType"] == "Ended"
    ]
    assert len(ends) == 1


@each_protocol
async def test_03_a_token_that_turns_out_invalid_stops_the_charge(bench: Bench) -> None:
    refused = {"status": "Invalid"}
    bench.csms.answers["StartTransaction"] = lambda identity, payload: {"transactionId": 7, "idTagInfo": refused}
    bench.csms.answers["TransactionEvent"] = lambda identity, payload: (
        {"idTokenInfo": refused} if payload["eventType"] == "Started" else None
    )
    async with bench.on():
        await bench.plug()
        bench.hold()
        await until(lambda: bench.charges())
        assert not bench.board.is_closed
        await bench.told()
    assert [reason for _, _, reason in bench.charges()] == ["DeAuthorized"]


@each_protocol
async def test_04_a_fault_stops_the_current_is_told_by_its_code_and_the_charge_goes_on_after_it(bench: Bench) -> None:
    async with bench.on():
        await bench.charge()
        bench.board.inject(Fault.VENDOR_ERROR)
        await until(lambda: bench.evse.state is EvseState.FAULTED)
        assert not bench.board.is_closed
        await bench.told()
        bench.board.inject(Fault.VENDOR_ERROR, is_present=False)
        await until(lambda: bench.evse.state is EvseState.CHARGING)
        await bench.leave()
        await bench.told()
    statuses = bench.csms.payloads("StatusNotification")
    words = [one["status" if bench.is_16 else "connectorStatus"] for one in statuses]
    assert words[-1] == "Available"
    assert "Faulted" in words
    if bench.is_16:
        assert statuses[words.index("Faulted")]["errorCode"] == "InternalError"
    else:
        events = [one["eventData"][0] for one in bench.csms.payloads("NotifyEvent")]
        assert [one["cleared"] for one in events if one["techInfo"] == "vendor_error"] == [False, True]
    assert len(bench.charges()) == 1


@each_protocol
async def test_04_a_fault_that_stands_before_the_vehicle_comes_blocks_the_charge(bench: Bench) -> None:
    async with bench.on():
        bench.board.inject(Fault.VENDOR_ERROR)
        await until(lambda: bench.evse.state is EvseState.FAULTED)
        bench.board.connect(Pilot.B)
        bench.evse.present(IdToken("CARD-1"))
        await asyncio.sleep(1)
        assert bench.evse.transaction is None
        assert not bench.board.is_closed
        await bench.told()
    assert bench.csms.payloads("Authorize") == []


@each_protocol
async def test_08_a_profile_below_6_a_pauses_the_charge_and_one_above_resumes_it(bench: Bench) -> None:
    async with bench.on():
        await bench.charge()
        await bench.told()
        assert (await bench.csms.ask(*profile(bench.protocol, 0.0)))["status"] == "Accepted"
        await until(lambda: bench.evse.state is EvseState.SUSPENDED_EVSE)
        assert (await bench.csms.ask(*profile(bench.protocol, 10.0)))["status"] == "Accepted"
        bench.board.connect(Pilot.C)
        await until(lambda: bench.evse.state is EvseState.CHARGING)
        assert bench.board.current_a == pytest.approx(10.0, abs=0.2)
        await bench.leave()


def profile(protocol: str, limit_a: float) -> tuple[str, dict[str, Any]]:
    schedule: dict[str, Any] = {
        "chargingRateUnit": "A",
        "startSchedule": "2026-01-01T00:00:00Z",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit_a}],
    }
    common = {"stackLevel": 1, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute"}
    if protocol == "ocpp1.6":
        told = common | {"chargingProfileId": 1, "chargingSchedule": schedule}
        return "SetChargingProfile", {"connectorId": 1, "csChargingProfiles": told}
    told = common | {"id": 1, "chargingSchedule": [schedule | {"id": 1}]}
    return "SetChargingProfile", {"evseId": 1, "chargingProfile": told}


def remote_start(protocol: str, token: str = "CARD-1") -> tuple[str, dict[str, Any]]:
    if protocol == "ocpp1.6":
        return "RemoteStartTransaction", {"idTag": token, "connectorId": 1}
    id_token = {"idToken": token, "type": "ISO14443"}
    return "RequestStartTransaction", {"idToken": id_token, "remoteStartId": 7, "evseId": 1}


@each_protocol
async def test_11_a_remote_start_without_a_cable_times_out_and_with_one_charges(bench: Bench) -> None:
    bench.settings["connection_timeout_s"] = "1"
    async with bench.on():
        assert (await bench.csms.ask(*remote_start(bench.protocol)))["status"] == "Accepted"
        await until(lambda: bench.evse.state is EvseState.AUTHORIZED)
        await until(lambda: bench.evse.state is EvseState.AVAILABLE)
        await bench.told()
        assert bench.charges() == []
        await bench.plug()
        assert (await bench.csms.ask(*remote_start(bench.protocol)))["status"] == "Accepted"
        await bench.draw()
        await bench.leave()
        await bench.told()
    assert len(bench.charges()) == 1
    if not bench.is_16:
        assert bench.csms.payloads("TransactionEvent")[0]["transactionInfo"]["remoteStartId"] == 7


@each_protocol
async def test_12_a_card_of_the_same_group_ends_the_charge_and_a_strangers_does_not(bench: Bench) -> None:
    def info(identity: str, payload: dict[str, Any]) -> dict[str, Any]:
        if bench.is_16:
            group = {"parentIdTag": "FAMILY"} if payload["idTag"].startswith("OURS") else {}
            return {"idTagInfo": {"status": "Accepted"} | group}
        is_ours = payload["idToken"]["idToken"].startswith("OURS")
        group = {"groupIdToken": {"idToken": "FAMILY", "type": "Central"}} if is_ours else {}
        return {"idTokenInfo": {"status": "Accepted"} | group}

    bench.csms.answers["Authorize"] = info
    async with bench.on():
        for token in ("OURS-2", "THEIRS"):  # known from an earlier visit
            bench.station.authorize(IdToken(token), lambda is_accepted: None)
        await bench.told()
        await bench.charge("OURS-1")
        bench.evse.present(IdToken("THEIRS"))
        await asyncio.sleep(0.5)
        assert bench.evse.transaction is not None
        bench.board.connect(Pilot.B)
        bench.hold("OURS-2")
        await until(lambda: bench.evse.state is EvseState.FINISHING)
        await bench.told()
    assert [reason for _, _, reason in bench.charges()] == ["Local"]


@each_protocol
async def test_13_what_was_dated_offline_by_a_wrong_clock_is_corrected_when_the_csms_tells_the_time(
    bench: Bench,
) -> None:
    async with bench.on(is_linked=False):
        bench.station.clock.correct(-86_400.0 * 365)  # no battery behind the clock
        await bench.charge()
        await asyncio.sleep(1.5)
        await bench.leave()
        bench.station.start()
        await until(lambda: bench.charges())
        await bench.told()
    dated = [one["timestamp"] for one in bench.csms.payloads("StartTransaction", "StopTransaction", "TransactionEvent")]
    now = datetime.now(UTC)
    assert all(abs(now - datetime.fromisoformat(one)) < timedelta(minutes=10) for one in dated)


@pytest.mark.parametrize(
    ("protocol", "kind", "reason"),
    [
        ("ocpp1.6", "Soft", "SoftReset"),
        ("ocpp1.6", "Hard", "HardReset"),
        ("ocpp2.0.1", "Immediate", "ImmediateReset"),
        ("ocpp2.1", "Immediate", "ImmediateReset"),
    ],
)
async def test_14_a_reset_during_a_charge_ends_it_and_boots_anew(bench: Bench, kind: str, reason: str) -> None:
    async with bench.on():
        await bench.charge()
        await bench.told()
        assert (await bench.csms.ask("Reset", {"type": kind}))["status"] == "Accepted"
        await until(lambda: bench.csms.actions().count("BootNotification") == 2)
        bench.board.connect(Pilot.A)
        await until(lambda: bench.charges())
        await bench.told()
    assert [one[2] for one in bench.charges()] == [reason]


@pytest.mark.parametrize("protocol", PROTOCOLS[1:])
async def test_14_a_reset_on_idle_waits_for_the_end_of_the_charge(bench: Bench) -> None:
    async with bench.on():
        await bench.charge()
        assert (await bench.csms.ask("Reset", {"type": "OnIdle"}))["status"] == "Scheduled"
        await asyncio.sleep(1)
        assert bench.csms.actions().count("BootNotification") == 1
        await bench.leave()
        await until(lambda: bench.csms.actions().count("BootNotification") == 2)
        await bench.told()
    assert [one[2] for one in bench.charges()] == ["EVDisconnected"]


@pytest.mark.parametrize("protocol", PROTOCOLS[:2])
async def test_15_a_link_that_flaps_neither_grows_the_queue_nor_the_file(bench: Bench) -> None:
    async with bench.on():
        await bench.charge()
        counters = bench.station.counters
        for flap in range(FLAPS):
            bench.csms.links["S1"].transport.abort()
            await until(lambda so_far=flap: counters.connects == so_far + 2 and bench.station.is_online)
            await bench.told()
        await bench.told()
        assert len(bench.station.journal.pending) <= 1
        await bench.leave()
        await bench.told()
        assert not bench.station.journal.pending
        assert not bench.station.journal.running
    assert len(bench.charges()) == 1
    assert (bench.config.parent / "data" / "queue").stat().st_size < 600_000


@each_protocol
async def test_a_transaction_is_resumed_after_a_power_cut_where_that_is_wished(bench: Bench) -> None:
    bench.settings["resumption_timeout_s"] = "600"
    async with bench.on():
        await bench.charge()
        await asyncio.sleep(1.5)
        await bench.told()
        cut_wh = bench.register_wh
    bench.is_plugged_at_start = True
    async with bench.on():
        await bench.draw()
        await asyncio.sleep(1.5)
        await bench.leave()
        await bench.told()
    [(begin_wh, end_wh, reason)] = bench.charges()
    assert (begin_wh, end_wh, reason) == (0, bench.register_wh, "EVDisconnected")
    assert end_wh > cut_wh > 0


@each_protocol
async def test_a_local_list_comes_before_the_cache_and_outlives_a_reboot(bench: Bench) -> None:
    bench.settings["is_unknown_offline"] = "false"
    async with bench.on():
        assert (await bench.csms.ask(*local_list(bench.is_16)))["status"] == "Accepted"
        answer = await bench.csms.ask("GetLocalListVersion", {})
        assert answer["listVersion" if bench.is_16 else "versionNumber"] == 3
    async with bench.on(is_linked=False):
        await bench.plug()
        for token in ("STRANGER", "BLOCKED"):
            bench.hold(token)
            await asyncio.sleep(0.3)
            assert bench.evse.transaction is None
        bench.hold("LISTED")
        await bench.draw()
        await bench.leave()


def local_list(is_16: bool) -> tuple[str, dict[str, Any]]:
    words = {"LISTED": "Accepted", "BLOCKED": "Blocked"}
    if is_16:
        entries: list[dict[str, Any]] = [{"idTag": one, "idTagInfo": {"status": word}} for one, word in words.items()]
        return "SendLocalList", {"listVersion": 3, "updateType": "Full", "localAuthorizationList": entries}
    entries = [
        {"idToken": {"idToken": one, "type": "ISO14443"}, "idTokenInfo": {"status": word}}
        for one, word in words.items()
    ]
    return "SendLocalList", {"versionNumber": 3, "updateType": "Full", "localAuthorizationList": entries}


@each_protocol
async def test_a_reserved_evse_charges_only_whom_it_is_kept_for(bench: Bench) -> None:
    until_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    wanted: dict[str, Any] = {"connectorId": 1, "expiryDate": until_at, "idTag": "GUEST", "reservationId": 5}
    if not bench.is_16:
        id_token = {"idToken": "GUEST", "type": "ISO14443"}
        wanted = {"id": 5, "expiryDateTime": until_at, "idToken": id_token, "evseId": 1}
    async with bench.on():
        assert (await bench.csms.ask("ReserveNow", wanted))["status"] == "Accepted"
        await until(lambda: bench.evse.state is EvseState.RESERVED)
        await bench.plug()
        bench.hold("OTHER")
        await bench.told()
        assert bench.evse.transaction is None
        bench.hold("GUEST")
        await bench.draw()
        await bench.leave()
        await bench.told()
        assert (await bench.csms.ask("CancelReservation", {"reservationId": 5}))["status"] == "Rejected"
    first = bench.csms.payloads("StartTransaction", "TransactionEvent")[0]
    assert first["reservationId"] == 5


@pytest.mark.parametrize("protocol", PROTOCOLS[1:])
async def test_a_message_is_shown_told_kept_over_a_reboot_and_cleared(bench: Bench) -> None:
    told = {"id": 3, "priority": "InFront", "message": {"format": "UTF8", "content": "Half price today"}}
    async with bench.on():
        assert (await bench.csms.ask("SetDisplayMessage", {"message": told}))["status"] == "Accepted"
        late = told | {"id": 4, "priority": "AlwaysFront", "endDateTime": "2026-01-01T00:00:00Z"}
        assert (await bench.csms.ask("SetDisplayMessage", {"message": late}))["status"] == "Accepted"
        stranger = told | {"id": 5, "transactionId": "nobody's"}
        assert (await bench.csms.ask("SetDisplayMessage", {"message": stranger}))["status"] == "UnknownTransaction"
    async with bench.on():
        assert bench.program is not None
        assert standing(bench.program)["messages"] == ["Half price today"]
        assert (await bench.csms.ask("GetDisplayMessages", {"requestId": 8, "id": [3]}))["status"] == "Accepted"
        await until(lambda: bench.csms.payloads("NotifyDisplayMessages"))
        assert (await bench.csms.ask("ClearDisplayMessage", {"id": 3}))["status"] == "Accepted"
        assert (await bench.csms.ask("ClearDisplayMessage", {"id": 3}))["status"] == "Unknown"
        assert standing(bench.program)["messages"] == []
    [notified] = bench.csms.payloads("NotifyDisplayMessages")
    assert notified["requestId"] == 8
    assert [one["message"]["content"] for one in notified["messageInfo"]] == ["Half price today"]


@each_protocol
async def test_values_are_taken_on_the_clock_with_and_without_a_transaction(bench: Bench) -> None:
    bench.settings["sample_interval_s"] = "0"
    interval = ("ChangeConfiguration", {"key": "ClockAlignedDataInterval", "value": "2"})
    if not bench.is_16:
        named = {"component": {"name": "AlignedDataCtrlr"}, "variable": {"name": "Interval"}, "attributeValue": "2"}
        interval = ("SetVariables", {"setVariableData": [named]})  # type: ignore[dict-item]
    async with bench.on():
        await bench.csms.ask(*interval)
        await until(lambda: bench.csms.payloads("MeterValues"))
        await bench.charge()
        before = len(bench.csms.heard)
        await until(lambda: any("Sample.Clock" in str(one.payload) for one in bench.csms.heard[before:]))
        await bench.leave()
        await bench.told()
    assert any(one["sampledValue"][0]["context"] == "Sample.Clock" for one in _values(bench))
    assert "transactionId" not in bench.csms.payloads("MeterValues")[0]


def _values(bench: Bench) -> list[dict[str, Any]]:
    payloads = bench.csms.payloads("MeterValues", "TransactionEvent")
    return [value for payload in payloads for value in payload.get("meterValue", [])]


@each_protocol
async def test_profiles_outlive_a_reboot_and_that_of_a_transaction_ends_with_it(bench: Bench) -> None:
    async with bench.on():
        assert (await bench.csms.ask(*profile(bench.protocol, 10.0)))["status"] == "Accepted"
        await bench.charge()
        await bench.told()
        action, own = profile(bench.protocol, 7.0)
        told = own["csChargingProfiles" if bench.is_16 else "chargingProfile"]
        told["chargingProfilePurpose"] = "TxProfile"
        told["chargingProfileId" if bench.is_16 else "id"] = 2
        if not bench.is_16:
            told["transactionId"] = bench.evse.transaction.transaction_id
        assert (await bench.csms.ask(action, own))["status"] == "Accepted"
        await until(lambda: bench.board.current_a == pytest.approx(7.0, abs=0.2))
    async with bench.on():
        await until(lambda: bench.charges())
        await bench.charge()
        await until(lambda: bench.board.current_a == pytest.approx(10.0, abs=0.2))
        assert [limit.profile_id for limit in bench.station.limits] == [1]
        await bench.leave()

"""A simulated station against a CSMS, in all three protocols."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from voltway.station.ocpp.vocabulary import IdToken, StopReason
from voltway.station.simulator.car import CAR_MODELS
from voltway.station.simulator.control import SimulatedStation as Station
from voltway.station.simulator.evse import PluggedCar

from .fake_csms import BRISK, SILENCE, FakeCsms, Launch, Refusal, until  # noqa: TID252  (tests are not installed)

PROTOCOLS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
TOKEN = IdToken("TOKEN-1")
each_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)


def begin_charge(station: Station) -> None:
    """Plug a car in and hold a token to the reader."""
    station.evses[0].plug(PluggedCar(CAR_MODELS["saloon"], 20.0))
    station.evses[0].present(TOKEN)


def is_charging(station: Station) -> bool:
    return station.evses[0].hardware.power_w > 0


def energy_told_wh(csms: FakeCsms) -> tuple[int, int]:
    """The register at the start and at the end, as the CSMS has heard it last."""
    starts, stops = csms.payloads("StartTransaction"), csms.payloads("StopTransaction")
    if starts:
        return starts[-1]["meterStart"], stops[-1]["meterStop"]
    events = csms.payloads("TransactionEvent")
    edges = [event["meterValue"][0]["sampledValue"][0]["value"] for event in events if event["eventType"] != "Updated"]
    return int(edges[0]), int(edges[-1])


@each_protocol
async def test_a_full_charge_is_told_from_boot_to_departure(protocol: str, csms: FakeCsms, launch: Launch) -> None:
    running = await launch(protocol, BRISK, speed=100)
    await running.task

    assert csms.actions()[0] == "BootNotification"
    (entry,) = running.fleet.ledger.entries
    assert entry.energy_wh > 0
    assert energy_told_wh(csms) == (entry.transaction.meter_start_wh, entry.transaction.meter_stop_wh)
    statuses = [payload.get("status") or payload["connectorStatus"] for payload in csms.payloads("StatusNotification")]
    assert statuses[-1] == "Available"
    if protocol == "ocpp1.6":
        assert "Charging" in statuses
        meter_values = csms.payloads("MeterValues")
        assert len(meter_values) >= 3
        assert {payload["transactionId"] for payload in meter_values} == {csms.transaction_id}
        assert entry.transaction.transaction_id == str(csms.transaction_id)
    else:
        assert "Occupied" in statuses
        events = csms.payloads("TransactionEvent")
        assert [event["seqNo"] for event in events] == list(range(len(events)))
        assert [events[0]["eventType"], events[-1]["eventType"]] == ["Started", "Ended"]
        assert {event["transactionInfo"]["transactionId"] for event in events} == {entry.transaction.transaction_id}
        assert [event["triggerReason"] for event in events].count("MeterValuePeriodic") >= 3
        assert all("offline" not in event for event in events)


@each_protocol
async def test_a_remote_start_brings_a_driver_and_a_remote_stop_sends_him_away(
    protocol: str, csms: FakeCsms, launch: Launch
) -> None:
    running = await launch(protocol)
    station = running.fleet.stations[0]
    await until(lambda: station.is_online, "the boot is accepted")
    if protocol == "ocpp1.6":
        start = ("RemoteStartTransaction", {"idTag": "APP-1", "connectorId": 1})
    else:
        start = (
            "RequestStartTransaction",
            {"idToken": {"idToken": "APP-1", "type": "Central"}, "remoteStartId": 77, "evseId": 1},
        )
    assert (await csms.ask(*start))["status"] == "Accepted"
    assert (await csms.ask(*start))["status"] == "Rejected"  # one at a time
    await until(lambda: is_charging(station) and station.caller.is_idle, "the car charges")
    assert "Authorize" in csms.actions()

    transaction_id = running.fleet.ledger.entries[0].transaction.transaction_id
    assert transaction_id is not None
    stop = (
        ("RemoteStopTransaction", int(transaction_id))
        if protocol == "ocpp1.6"
        else ("RequestStopTransaction", transaction_id)
    )
    assert (await csms.ask(stop[0], {"transactionId": 999_999 if protocol == "ocpp1.6" else "x"}))[
        "status"
    ] == "Rejected"
    assert (await csms.ask(stop[0], {"transactionId": stop[1]}))["status"] == "Accepted"
    await until(lambda: running.fleet.ledger.active == 0 and station.caller.is_idle, "the transaction has ended")
    assert running.fleet.ledger.entries[0].transaction.stop_reason is StopReason.REMOTE
    last = csms.payloads("StopTransaction", "TransactionEvent")[-1]
    assert (last.get("reason") or last["transactionInfo"]["stoppedReason"]) == "Remote"
    if protocol != "ocpp1.6":
        assert csms.payloads("TransactionEvent")[0]["transactionInfo"]["remoteStartId"] == 77


@each_protocol
async def test_what_happens_offline_is_told_later_in_order_and_without_loss(
    protocol: str, csms: FakeCsms, launch: Launch
) -> None:
    running = await launch(protocol)
    station = running.fleet.stations[0]
    await until(lambda: station.is_online, "the boot is accepted")
    station.link.drop(3600)
    begin_charge(station)
    await until(lambda: len(station.caller.queued) >= 5, "samples are queued")
    station.evses[0].unplug()
    assert csms.payloads("StartTransaction", "TransactionEvent") == []
    station.link.hurry()
    await until(lambda: station.is_online and station.caller.is_idle, "the queue is delivered")

    (entry,) = running.fleet.ledger.entries
    assert energy_told_wh(csms) == (entry.transaction.meter_start_wh, entry.transaction.meter_stop_wh)
    assert csms.actions().count("BootNotification") == 1
    if protocol == "ocpp1.6":
        told = [action for action in csms.actions() if action in ("StartTransaction", "MeterValues", "StopTransaction")]
        assert [told[0], told[-1]] == ["StartTransaction", "StopTransaction"]
        assert all(payload["transactionId"] == 1001 for payload in csms.payloads("MeterValues", "StopTransaction"))
        times = [
            datetime.fromisoformat(payload["timestamp"])
            for payload in csms.payloads("StartTransaction", "StopTransaction")
        ]
        assert times == [
            entry.transaction.started_at.replace(microsecond=entry.transaction.started_at.microsecond // 1000 * 1000),
            entry.transaction.ended_at.replace(microsecond=entry.transaction.ended_at.microsecond // 1000 * 1000),
        ]
    else:
        events = csms.payloads("TransactionEvent")
        assert [event["seqNo"] for event in events] == list(range(len(events)))
        assert all(event["offline"] is True for event in events)


@each_protocol
async def test_a_link_that_breaks_in_mid_charge_loses_nothing(protocol: str, csms: FakeCsms, launch: Launch) -> None:
    running = await launch(protocol)
    station = running.fleet.stations[0]
    await until(lambda: station.is_online, "the boot is accepted")
    begin_charge(station)
    # The answer to this report is lost with the link.
    lost: list[str] = []

    def lose(identity: str, payload: dict[str, Any]) -> object:
        if not lost:
            lost.append(identity)
            csms.links[identity].transport.abort()
            return SILENCE
        return None

    csms.answers["MeterValues"] = csms.answers["TransactionEvent"] = lose
    await until(lambda: lost and station.is_online and station.caller.is_idle, "the link has come back")
    station.evses[0].unplug()
    await until(lambda: station.caller.is_idle, "the end is delivered")

    heard = [one for one in csms.heard if one.action in ("MeterValues", "TransactionEvent")]
    assert len({one.message_id for one in heard}) == len(heard)  # what is sent again has an id of its own
    if protocol != "ocpp1.6":
        numbers = [one.payload["seqNo"] for one in heard]
        assert sorted(set(numbers)) == list(range(max(numbers) + 1))
        assert len(numbers) == len(set(numbers)) + 1  # one report was sent twice


@each_protocol
async def test_a_report_that_is_answered_by_an_error_is_sent_again(
    protocol: str, csms: FakeCsms, launch: Launch
) -> None:
    refused: list[str] = []

    def refuse_twice(identity: str, payload: dict[str, Any]) -> object:
        refused.append(identity)
        return Refusal() if len(refused) <= 2 else None

    csms.answers["StartTransaction"] = csms.answers["TransactionEvent"] = refuse_twice
    running = await launch(protocol)
    station = running.fleet.stations[0]
    station.settings.store("attempt_interval_s", "5")
    await until(lambda: station.is_online, "the boot is accepted")
    begin_charge(station)
    await until(lambda: len(refused) > 2 and station.caller.is_idle, "the start has got through")
    station.evses[0].unplug()
    await until(lambda: station.caller.is_idle, "the end is delivered")
    assert running.fleet.counters.call_errors == 2
    starts = [one for one in csms.heard if one.action in ("StartTransaction", "TransactionEvent")][:3]
    assert starts[0].payload == starts[1].payload == starts[2].payload
    assert len({one.message_id for one in starts}) == 3
    assert energy_told_wh(csms)[1] == running.fleet.ledger.entries[0].transaction.meter_stop_wh


async def test_an_answer_that_comes_too_late_counts_for_nothing(csms: FakeCsms, launch: Launch) -> None:
    silent: list[str] = []

    def keep_silent_once(identity: str, payload: dict[str, Any]) -> object:
        silent.append(csms.heard[-1].message_id)
        return SILENCE if len(silent) == 1 else None

    csms.answers["StartTransaction"] = keep_silent_once
    running = await launch("ocpp1.6")
    station = running.fleet.stations[0]
    station.settings.store("message_timeout_s", "1")
    station.settings.store("attempt_interval_s", "1")
    await until(lambda: station.is_online, "the boot is accepted")
    begin_charge(station)
    await until(lambda: len(silent) == 2, "the start is sent again")
    late = f'[3,"{silent[0]}",{{"transactionId":666,"idTagInfo":{{"status":"Accepted"}}}}]'
    await csms.links["S1"].send(late)
    await until(lambda: running.fleet.counters.late_answers == 1, "the late answer is dropped")
    await until(lambda: station.caller.is_idle, "the start is confirmed")
    assert running.fleet.counters.timeouts == 1
    assert running.fleet.ledger.entries[0].transaction.transaction_id == "1001"


@each_protocol
async def test_a_pending_station_only_boots_and_refuses_to_start(protocol: str, csms: FakeCsms, launch: Launch) -> None:
    asked: list[str] = []
    decided: list[str] = []

    def decide(identity: str, payload: dict[str, Any]) -> object:
        asked.append(identity)
        status = decided[0] if decided else "Rejected" if len(asked) == 1 else "Pending"
        return {"status": status, "currentTime": "2026-01-01T00:00:00Z", "interval": 20}

    csms.answers["BootNotification"] = decide
    running = await launch(protocol, speed=100)
    station = running.fleet.stations[0]
    await until(lambda: len(asked) >= 3, "the station is pending, and asks again")
    start = (
        ("RemoteStartTransaction", {"idTag": "APP-1"})
        if protocol == "ocpp1.6"
        else ("RequestStartTransaction", {"idToken": {"idToken": "A", "type": "Central"}, "remoteStartId": 1})
    )
    assert (await csms.ask(*start))["status"] == "Rejected"
    assert set(csms.actions()) == {"BootNotification"}
    assert (running.fleet.snapshot().online, running.fleet.snapshot().waiting) == (0, 1)
    decided.append("Accepted")
    await until(lambda: station.is_online and station.caller.is_idle, "the boot is accepted")
    assert (running.fleet.snapshot().online, running.fleet.snapshot().waiting) == (1, 0)
    assert "StatusNotification" in csms.actions()
    assert station.settings.integer("heartbeat_interval_s") == 20


@each_protocol
async def test_a_refused_token_does_not_charge(protocol: str, csms: FakeCsms, launch: Launch) -> None:
    info = "idTagInfo" if protocol == "ocpp1.6" else "idTokenInfo"
    csms.answers["Authorize"] = lambda identity, payload: {info: {"status": "Blocked"}}
    running = await launch(protocol, BRISK)
    await running.task
    assert running.fleet.counters.denials == 1
    assert running.fleet.ledger.entries == []


@each_protocol
async def test_a_token_refused_at_the_start_ends_the_transaction(protocol: str, csms: FakeCsms, launch: Launch) -> None:
    if protocol == "ocpp1.6":
        csms.answers["StartTransaction"] = lambda identity, payload: {
            "transactionId": 5,
            "idTagInfo": {"status": "ConcurrentTx"},
        }
    else:
        csms.answers["TransactionEvent"] = lambda identity, payload: (
            {"idTokenInfo": {"status": "Blocked"}} if payload["eventType"] == "Started" else {}
        )
    running = await launch(protocol)
    station = running.fleet.stations[0]
    await until(lambda: station.is_online, "the boot is accepted")
    begin_charge(station)
    await until(lambda: running.fleet.ledger.ended_count == 1 and station.caller.is_idle, "the transaction has ended")
    assert running.fleet.ledger.entries[0].transaction.stop_reason is StopReason.DEAUTHORIZED
    assert not is_charging(station)

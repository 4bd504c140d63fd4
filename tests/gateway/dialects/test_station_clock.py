"""What a link learns of its station's clock, and what it does not believe."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from voltway.modules.gateway.dialects.station_clock import clock_offset_s, idle_at

from .builders import NOON, Station  # noqa: TID252  (tests are not installed)

HOUR = timedelta(hours=1)


def status_16(station: Station, said: datetime, at: datetime) -> int:
    payload = {"connectorId": 1, "errorCode": "NoError", "status": "Preparing", "timestamp": said.isoformat()}
    station.says("StatusNotification", payload, at)
    return clock_offset_s(station.memory)


def event_2(station: Station, said: datetime, at: datetime, **fields: Any) -> Any:
    payload = {
        "eventType": "Updated",
        "timestamp": said.isoformat(),
        "triggerReason": "Trigger",
        "seqNo": 1,
        "transactionInfo": {"transactionId": "t"},
        **fields,
    }
    return station.says("TransactionEvent", payload, at)


def test_a_minute_is_no_offset() -> None:
    station = Station("ocpp1.6")
    assert status_16(station, NOON - timedelta(seconds=60), NOON) == 0
    assert status_16(station, NOON + timedelta(seconds=60), NOON) == 0


def test_a_clock_ahead_is_believed_at_once() -> None:
    assert status_16(Station("ocpp1.6"), NOON + 2 * HOUR, NOON) == -7200


def test_an_old_status_does_not_set_the_clock_back() -> None:
    station = Station("ocpp1.6")
    assert status_16(station, NOON - HOUR, NOON) == 0
    assert status_16(station, NOON - HOUR, NOON + timedelta(seconds=1)) == 0  # two of them, sent together
    assert status_16(station, NOON - HOUR, NOON + timedelta(minutes=5)) == 0  # the same instant, repeated later


def test_a_clock_behind_is_believed_when_it_stays_behind() -> None:
    station = Station("ocpp1.6")
    assert status_16(station, NOON - HOUR, NOON) == 0
    later = NOON + timedelta(seconds=40)
    assert status_16(station, later - HOUR - timedelta(seconds=2), later) == 3602


def test_a_clock_that_was_set_right_has_no_offset_any_more() -> None:
    station = Station("ocpp2.0.1")
    assert event_2(station, NOON - 3 * HOUR, NOON).clock_offset_s == 10800
    assert event_2(station, NOON, NOON).clock_offset_s == 0


def test_an_event_that_was_not_kept_back_tells_the_time() -> None:
    assert event_2(Station("ocpp2.1"), NOON - HOUR, NOON).clock_offset_s == 3600
    assert event_2(Station("ocpp2.1"), NOON - HOUR, NOON, offline=True).clock_offset_s == 0


def test_a_time_that_cannot_be_read_measures_nothing() -> None:
    station = Station("ocpp2.0.1")
    report = station.says(
        "TransactionEvent",
        {
            "eventType": "Updated",
            "timestamp": "noon",
            "triggerReason": "Trigger",
            "seqNo": 1,
            "transactionInfo": {"transactionId": "t"},
        },
    )
    assert report.occurred_at == NOON
    assert station.memory.clock_offset_s is None


def test_queued_transaction_messages_of_1_6_measure_nothing() -> None:
    station = Station("ocpp1.6")
    old = (NOON - HOUR).isoformat()
    station.says("StartTransaction", {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": old})
    value = {"timestamp": old, "sampledValue": [{"value": "1"}]}
    station.says("MeterValues", {"connectorId": 1, "transactionId": 1, "meterValue": [value]})
    station.says("StopTransaction", {"transactionId": 1, "meterStop": 1, "timestamp": old})
    assert station.memory.clock_offset_s is None


def test_the_offset_goes_into_the_transaction_reports_of_1_6() -> None:
    station = Station("ocpp1.6")
    status_16(station, NOON + HOUR, NOON)
    start = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "2026-03-01T13:00:00Z"}
    assert station.says("StartTransaction", start).clock_offset_s == -3600


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
def test_a_boot_forgets_what_was_measured(protocol: str) -> None:
    station = Station(protocol)
    station.memory.clock_offset_s = 5000.0
    boot: dict[str, Any] = (
        {"chargePointVendor": "a", "chargePointModel": "b"}
        if protocol == "ocpp1.6"
        else {"reason": "PowerUp", "chargingStation": {"vendorName": "a", "model": "b"}}
    )
    station.says("BootNotification", boot)
    assert clock_offset_s(station.memory) == 0
    assert station.memory.booted_at == NOON


def test_a_suspicion_from_before_a_boot_confirms_nothing_after_it() -> None:
    station = Station("ocpp1.6")
    assert status_16(station, NOON - HOUR, NOON) == 0
    station.says("BootNotification", {"chargePointVendor": "a", "chargePointModel": "b"}, NOON + timedelta(seconds=20))
    later = NOON + timedelta(seconds=40)
    assert status_16(station, later - HOUR, later) == 0


def test_an_evse_is_idle_since_it_was_last_heard_free_or_since_the_boot() -> None:
    station = Station("ocpp1.6")
    assert idle_at(station.memory, 1) is None
    station.says("BootNotification", {"chargePointVendor": "a", "chargePointModel": "b"})
    assert (idle_at(station.memory, 1), idle_at(station.memory, None)) == (NOON, NOON)
    later = NOON + HOUR
    station.says("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"}, later)
    station.says("StatusNotification", {"connectorId": 2, "errorCode": "NoError", "status": "Reserved"}, later)
    assert (idle_at(station.memory, 1), idle_at(station.memory, 2)) == (later, NOON)
    start = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "2026-03-01T13:00:00Z"}
    assert station.says("StartTransaction", start, later + HOUR).evse_idle_at == later


def test_offsets_are_whole_seconds() -> None:
    station = Station("ocpp1.6")
    said = datetime(2026, 3, 1, 14, 0, 0, 600_000, tzinfo=UTC)
    assert status_16(station, said, NOON) == -7201

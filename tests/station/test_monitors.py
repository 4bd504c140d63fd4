"""Monitors: what is noticed of a row of values, and as a CSMS sets, reports and hears it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.station.memory import FileMemory
from voltway.station.ocpp.monitors import Monitor, Monitors, Noticed, Sort, Watch
from voltway.station.ocpp.vocabulary import IdToken, Trouble
from voltway.station.simulator.car import CAR_MODELS
from voltway.station.simulator.evse import PluggedCar

from .fake_csms import FakeCsms, Launch, until  # noqa: TID252  (tests are not installed)

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
both = pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])


def a_monitor(sort: Sort, value: float, **terms: Any) -> Monitor:
    return Monitor(**{"number": 0, "variable": "v", "sort": sort, "value": value, "severity": 5} | terms)


def noticed(sort: Sort, value: float, values: list[str], every_s: float = 1.0, **terms: Any) -> list[Noticed]:
    """What is noticed when a variable takes these values one after the other."""
    monitors, watch, found = Monitors(), Watch(), []
    monitors.set(a_monitor(sort, value, **terms), is_numeric=True)
    for number, text in enumerate(values):
        seconds = number * every_s
        at = MIDNIGHT + timedelta(seconds=seconds)
        found += watch.look(monitors, lambda name, text=text: text, lambda name: False, seconds, at)  # type: ignore[misc]
    return found


def test_a_threshold_is_told_once_when_it_is_passed_and_once_when_it_is_over() -> None:
    told = noticed(Sort.UPPER, 10.0, ["9", "10", "10.1", "12", "10", "11"])
    assert [(one.value, one.is_over, one.trigger) for one in told] == [
        ("10.1", False, "Alerting"),
        ("10", True, "Alerting"),
        ("11", False, "Alerting"),
    ]
    assert [one.value for one in noticed(Sort.LOWER, 210.0, ["230", "209", "200", "215"])] == ["209", "215"]


def test_a_difference_counts_from_what_was_told_last_and_of_a_text_any_change_does() -> None:
    assert [one.value for one in noticed(Sort.DELTA, 5.0, ["0", "4", "5", "9", "10", "4"])] == ["5", "10", "4"]
    assert [one.value for one in noticed(Sort.DELTA, 0.0, ["Available", "Available", "Occupied"])] == ["Occupied"]


def test_periods_count_from_the_setting_or_from_midnight() -> None:
    assert len(noticed(Sort.PERIODIC, 60.0, ["1"] * 200)) == 3
    told = noticed(Sort.ALIGNED, 900.0, ["1"] * 4, every_s=600)
    assert [one.trigger for one in told] == ["Periodic"] * 2


def test_what_is_only_for_transactions_or_not_serious_enough_is_not_told() -> None:
    assert noticed(Sort.UPPER, 10.0, ["0", "11"], only_in_transaction=True) == []
    monitors, watch = Monitors(), Watch()
    monitors.set(a_monitor(Sort.UPPER, 10.0, severity=6), is_numeric=True)
    monitors.level = 5
    assert watch.look(monitors, lambda name: "11", lambda name: True, 0.0, MIDNIGHT) == []


def test_what_makes_no_sense_or_is_there_already_is_refused() -> None:
    monitors = Monitors()
    assert monitors.set(a_monitor(Sort.UPPER, 1.0), is_numeric=False) == ("UnsupportedMonitorType", None)
    for one in (
        a_monitor(Sort.UPPER, 1.0, severity=10),
        a_monitor(Sort.DELTA, -1.0),
        a_monitor(Sort.PERIODIC, 0.0),
        a_monitor(Sort.UPPER, 1.0, number=7),
    ):
        assert monitors.set(one, is_numeric=True) == ("Rejected", None)
    assert monitors.set(a_monitor(Sort.UPPER, 1.0), is_numeric=True) == ("Accepted", 1)
    assert monitors.set(a_monitor(Sort.UPPER, 2.0), is_numeric=True) == ("Duplicate", None)
    assert monitors.set(a_monitor(Sort.UPPER, 2.0, number=1), is_numeric=True) == ("Accepted", 1)
    assert monitors.set(a_monitor(Sort.UPPER, 2.0, number=1, variable="other"), is_numeric=True)[0] == "Rejected"


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=50), st.floats(-100, 100))
def test_a_threshold_alternates_between_passed_and_over(values: list[float], bound: float) -> None:
    told = noticed(Sort.UPPER, bound, [str(value) for value in values])
    assert [one.is_over for one in told] == [bool(number % 2) for number in range(len(told))]
    assert all((float(one.value) > bound) is not one.is_over for one in told)


def test_monitors_outlive_a_reboot(tmp_path: Path) -> None:
    monitors = Monitors()
    monitors.set(a_monitor(Sort.UPPER, 1.5), is_numeric=True)
    FileMemory(tmp_path).save("monitors", monitors)
    assert FileMemory(tmp_path).load("monitors", Monitors) == monitors


def wish(kind: str, value: float, variable: str = "ACCurrent", **terms: Any) -> dict[str, Any]:
    component = {"name": "EVSE", "evse": {"id": 1}}
    return {"type": kind, "value": value, "severity": 4, "component": component, "variable": {"name": variable}} | terms


@both
async def test_a_csms_sets_monitors_hears_what_they_notice_and_reads_them_back(
    protocol: str, csms: FakeCsms, launch: Launch
) -> None:
    running = await launch(protocol)
    station = running.fleet.stations[0]
    evse = station.evses[0]
    await until(lambda: station.is_online, "the boot is accepted")
    wishes = [
        wish("UpperThreshold", 10),
        wish("Delta", 0, "AvailabilityState"),
        wish("UpperThreshold", 1, "AvailabilityState"),
        wish("UpperThreshold", 1, "NoSuch"),
        wish("UpperThreshold", 1, "SupplyPhases"),
        wish("UpperThreshold", 1) | {"component": {"name": "NoSuch"}},
    ]
    answer = await csms.ask("SetVariableMonitoring", {"setMonitoringData": wishes})
    assert [one["status"] for one in answer["setMonitoringResult"]] == [
        "Accepted",
        "Accepted",
        "UnsupportedMonitorType",
        "UnknownVariable",
        "UnsupportedMonitorType",
        "UnknownComponent",
    ]
    evse.plug(PluggedCar(CAR_MODELS["saloon"], 20.0))
    evse.present(IdToken("TOKEN-1"))
    told = lambda: [one for call in csms.payloads("NotifyEvent") for one in call["eventData"]]  # noqa: E731
    await until(lambda: {one["variable"]["name"] for one in told()} == {"ACCurrent", "AvailabilityState"}, "it is told")
    alert = next(one for one in told() if one["variable"]["name"] == "ACCurrent")
    assert (alert["trigger"], alert["eventNotificationType"], float(alert["actualValue"])) == (
        "Alerting",
        "CustomMonitor",
        16.0,
    )
    assert alert["transactionId"] == evse.transaction.transaction_id  # type: ignore[union-attr]
    evse.unplug()
    await until(lambda: any(one.get("cleared") for one in told()), "its end is told")
    assert len({one["eventId"] for one in told()}) == len(told())

    asked = {"requestId": 9, "monitoringCriteria": ["ThresholdMonitoring"]}
    assert (await csms.ask("GetMonitoringReport", asked))["status"] == "Accepted"
    await until(lambda: csms.payloads("NotifyMonitoringReport"), "the report comes")
    (report,) = csms.payloads("NotifyMonitoringReport")
    (row,) = report["monitor"]
    assert row["variableMonitoring"][0] | {"eventNotificationType": ""} == {
        "id": 1,
        "transaction": False,
        "value": 10,
        "type": "UpperThreshold",
        "severity": 4,
        "eventNotificationType": "",
    }
    cleared = await csms.ask("ClearVariableMonitoring", {"id": [1, 99]})
    assert [one["status"] for one in cleared["clearMonitoringResult"]] == ["Accepted", "NotFound"]
    assert (await csms.ask("GetMonitoringReport", asked))["status"] == "EmptyResultSet"
    assert (await csms.ask("SetMonitoringLevel", {"severity": 10}))["status"] == "Rejected"
    assert (await csms.ask("SetMonitoringLevel", {"severity": 3}))["status"] == "Accepted"
    assert (await csms.ask("SetMonitoringBase", {"monitoringBase": "FactoryDefault"}))["status"] == "Accepted"
    assert station.monitoring.monitors.standing == {}


@both
async def test_what_is_measured_can_be_read(protocol: str, csms: FakeCsms, launch: Launch) -> None:
    running = await launch(protocol)
    await until(lambda: running.fleet.stations[0].is_online, "the boot is accepted")
    names = ("AvailabilityState", "ACVoltage")
    asked = [{"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": name}} for name in names]
    answer = await csms.ask("GetVariables", {"getVariableData": asked})
    assert [one["attributeValue"] for one in answer["getVariableResult"]] == ["Available", "230.0"]


@both
async def test_what_is_noticed_offline_is_told_later_if_it_is_serious_enough(
    protocol: str, csms: FakeCsms, launch: Launch
) -> None:
    station = (await launch(protocol)).fleet.stations[0]
    evse = station.evses[0]
    await until(lambda: station.is_online, "the boot is accepted")
    wishes = [
        wish("Delta", 0, "AvailabilityState", severity=5),
        wish("Delta", 0, "AvailabilityState", severity=6),
    ]
    await csms.ask("SetVariableMonitoring", {"setMonitoringData": wishes})
    variable = {"component": {"name": "MonitoringCtrlr"}, "variable": {"name": "OfflineQueuingSeverity"}}
    answer = await csms.ask("SetVariables", {"setVariableData": [variable | {"attributeValue": "5"}]})
    assert answer["setVariableResult"][0]["attributeStatus"] == "Accepted"
    await until(lambda: len(station.monitoring._watch._told) == 2, "it has been looked at once")
    station.link.drop(3600)
    went_away = station.clock.now()
    evse.plug(PluggedCar(CAR_MODELS["saloon"], 20.0))
    station.trouble_changed(1, Trouble("ground_failure", "GroundFailure", "RCD", "Active", 4), is_over=False)
    await until(lambda: len(station.monitoring._missed) >= 2, "it is noticed")
    noticed_by = station.clock.now()
    assert csms.payloads("NotifyEvent") == []
    station.link.hurry()
    told = lambda: [one for call in csms.payloads("NotifyEvent") for one in call["eventData"]]  # noqa: E731
    await until(lambda: len(told()) >= 2, "it is told")
    assert all(went_away <= datetime.fromisoformat(one["timestamp"]) <= noticed_by for one in told()[:2])
    kinds = [one["eventNotificationType"] for one in told()]
    assert sorted(kinds[:2]) == ["CustomMonitor", "HardWiredNotification"]
    assert {one["variableMonitoringId"] for one in told() if "variableMonitoringId" in one} == {1}

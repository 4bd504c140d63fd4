"""Cases of certification: monitors of variables, their reports and their events (block N)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from conformance.device_model_stations import TIME, V21, V201, Platform, both, part, variable
from e2e.server_process import ServerProcess


@pytest.fixture
async def platform(whole_platform: ServerProcess, key: str) -> AsyncIterator[Platform]:
    async with httpx.AsyncClient(
        base_url=whole_platform.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
    ) as api:
        yield Platform(whole_platform, api)


LATER = "2026-03-01T12:30:00Z"
A_MONITOR: dict[str, Any] = {
    "component": "EVSE",
    "evse_number": 1,
    "variable": "Power",
    "kind": "UpperThreshold",
    "value": 11000.0,
    "severity": 4,
}


def monitors_set(request: dict[str, Any]) -> dict[str, Any]:
    return {
        "setMonitoringResult": [
            {
                "id": 40 + index,
                "status": "Accepted",
                "type": each["type"],
                "component": each["component"],
                "variable": each["variable"],
                "severity": each["severity"],
            }
            for index, each in enumerate(request["setMonitoringData"])
        ]
    }


def an_event(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "eventId": number,
        "timestamp": TIME,
        "trigger": "Alerting",
        "actualValue": "11500",
        "component": {"name": "EVSE", "evse": {"id": 1}},
        "variable": {"name": "Power"},
        "eventNotificationType": "CustomMonitor",
        **changes,
    }


def in_events(*events: dict[str, Any]) -> dict[str, Any]:
    return {"generatedAt": TIME, "seqNo": 0, "eventData": list(events)}


@both
async def test_tc_n_08_a_monitor_that_is_set_is_listed_and_its_event_is_linked_to_it(
    platform: Platform, protocol: str
) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetVariableMonitoring"] = monitors_set
        command = await platform.order("set_variable_monitoring", monitors=[A_MONITOR])
        assert (command["state"], command["result"][0]["number"]) == ("accepted", 40)
        (monitor,) = await platform.items("monitors")
        assert (monitor["number"], monitor["kind"], monitor["value"]) == (40, "UpperThreshold", 11000.0)
        event = {
            "eventId": 7,
            "timestamp": TIME,
            "trigger": "Alerting",
            "actualValue": "11500",
            "component": {"name": "EVSE", "evse": {"id": 1}},
            "variable": {"name": "Power"},
            "eventNotificationType": "CustomMonitor",
            "variableMonitoringId": 40,
        }
        message = {"generatedAt": TIME, "seqNo": 0, "eventData": [event]}
        assert await station.call("NotifyEvent", message) == {}
        assert await station.call("NotifyEvent", message) == {}
        later = {**event, "eventId": 8, "cleared": True, "actualValue": "9000"}
        await station.call("NotifyEvent", {"generatedAt": TIME, "seqNo": 1, "eventData": [later]})
        cleared, alerted = await platform.items("events")
        assert (alerted["number"], alerted["actual_value"], alerted["severity"]) == (7, "11500", 4)
        assert (alerted["monitor_number"], alerted["trigger"], alerted["is_cleared"]) == (40, "Alerting", False)
        assert cleared["is_cleared"] is True
        assert await platform.items("events", severity_max=3) == []


async def test_tc_n_a_monitor_that_the_station_refuses_is_not_listed(platform: Platform) -> None:
    async with platform.station() as station:

        def refused(request: dict[str, Any]) -> dict[str, Any]:
            results = monitors_set(request)["setMonitoringResult"]
            return {"setMonitoringResult": [{**each, "status": "UnknownVariable"} for each in results]}

        station.answers["SetVariableMonitoring"] = refused
        command = await platform.order("set_variable_monitoring", monitors=[A_MONITOR])
        assert (command["state"], command["wire_status"]) == ("rejected", "UnknownVariable")
        assert await platform.items("monitors") == []


async def test_tc_n_cleared_monitors_are_listed_no_more(platform: Platform) -> None:
    async with platform.station() as station:
        station.answers["SetVariableMonitoring"] = monitors_set
        await platform.order("set_variable_monitoring", monitors=[A_MONITOR])
        station.answers["ClearVariableMonitoring"] = {"clearMonitoringResult": [{"status": "Accepted", "id": 40}]}
        command = await platform.order("clear_variable_monitoring", numbers=[40])
        assert (command["state"], command["effect"]) == ("accepted", "done")
        assert await platform.items("monitors") == []


@pytest.mark.parametrize(
    ("base", "word"),
    [("all", "All"), ("factory_default", "FactoryDefault"), ("hard_wired_only", "HardWiredOnly")],
)
async def test_tc_n_05_the_monitoring_base_is_set(platform: Platform, base: str, word: str) -> None:
    async with platform.station() as station:
        station.answers["SetMonitoringBase"] = {"status": "Accepted"}
        assert (await platform.order("set_monitoring_base", base=base))["effect"] == "done"
        assert station.requests("SetMonitoringBase") == [{"monitoringBase": word}]


async def test_tc_n_16_the_monitoring_level_is_set_within_its_bounds(platform: Platform) -> None:
    async with platform.station() as station:
        station.answers["SetMonitoringLevel"] = {"status": "Accepted"}
        assert (await platform.order("set_monitoring_level", severity=4))["effect"] == "done"
        assert station.requests("SetMonitoringLevel") == [{"severity": 4}]
        await platform.order("set_monitoring_level", severity=10, status=422)


async def test_tc_n_17_a_level_that_the_station_refuses_is_a_refusal(platform: Platform) -> None:
    async with platform.station() as station:
        station.answers["SetMonitoringLevel"] = {"status": "Rejected"}
        assert (await platform.order("set_monitoring_level", severity=9))["state"] == "rejected"


async def test_tc_n_18_monitors_are_cleared_in_as_many_calls_as_the_station_asks_for(platform: Platform) -> None:
    def cleared(request: dict[str, Any]) -> dict[str, Any]:
        words = {3: "NotFound"}
        return {
            "clearMonitoringResult": [
                {"status": words.get(number, "Accepted"), "id": number} for number in request["id"]
            ]
        }

    async with platform.station() as station:
        limit = variable("ItemsPerMessage", "2", "MonitoringCtrlr")
        limit["variable"]["instance"] = "ClearVariableMonitoring"
        report = {"requestId": 1, "generatedAt": TIME, "seqNo": 0, "reportData": [limit]}
        await station.call("NotifyReport", report)
        station.answers["ClearVariableMonitoring"] = cleared
        command = await platform.order("clear_variable_monitoring", numbers=[1, 2, 3])
        assert [each["id"] for each in station.requests("ClearVariableMonitoring")] == [[1, 2], [3]]
        assert [each["status"] for each in command["result"]] == ["Accepted", "Accepted", "NotFound"]


@both
async def test_tc_n_44_a_monitor_that_cannot_be_cleared_is_told_and_stays(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetVariableMonitoring"] = monitors_set
        await platform.order("set_variable_monitoring", monitors=[A_MONITOR])
        station.answers["ClearVariableMonitoring"] = {"clearMonitoringResult": [{"status": "Rejected", "id": 40}]}
        command = await platform.order("clear_variable_monitoring", numbers=[40])
        assert station.requests("ClearVariableMonitoring") == [{"id": [40]}]
        assert (command["state"], command["wire_status"]) == ("rejected", "Rejected")
        assert command["result"] == [{"number": 40, "status": "Rejected"}]
        assert [monitor["number"] for monitor in await platform.items("monitors")] == [40]


# ---- setting several, and those that tell periodically


@both
async def test_tc_n_09_monitors_on_several_variables_are_set_in_one_call(platform: Platform, protocol: str) -> None:
    other = {**A_MONITOR, "component": "ChargingStation", "kind": "Delta", "value": 1.0, "severity": 8}
    del other["evse_number"]
    other["variable"] = "AvailabilityState"
    async with platform.station(protocol) as station:
        station.answers["SetVariableMonitoring"] = monitors_set
        command = await platform.order("set_variable_monitoring", monitors=[A_MONITOR, other])
        (request,) = station.requests("SetVariableMonitoring")
        first, second = request["setMonitoringData"]
        assert first["component"] == {"name": "EVSE", "evse": {"id": 1}}
        assert second["component"] == {"name": "ChargingStation"}
        assert second["variable"] == {"name": "AvailabilityState"}
        assert (second["type"], second["value"], second["severity"]) == ("Delta", 1.0, 8)
        assert [result["number"] for result in command["result"]] == [40, 41]
        shown = {monitor["number"]: monitor for monitor in await platform.items("monitors")}
        assert (shown[40]["component"], shown[40]["evse_number"]) == ("EVSE", 1)
        assert (shown[41]["component"], shown[41]["kind"], shown[41]["severity"]) == ("ChargingStation", "Delta", 8)


@both
async def test_tc_n_24_a_periodic_monitor_is_set_and_its_events_are_shown(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetVariableMonitoring"] = monitors_set
        await platform.order("set_variable_monitoring", monitors=[{**A_MONITOR, "kind": "Periodic", "value": 2.0}])
        (asked,) = station.requests("SetVariableMonitoring")[0]["setMonitoringData"]
        assert (asked["type"], asked["value"]) == ("Periodic", 2.0)
        for number, value in enumerate(("100", "200")):
            said = an_event(7 + number, trigger="Periodic", actualValue=value, variableMonitoringId=40)
            assert await station.call("NotifyEvent", in_events(said)) == {}
        newest, oldest = await platform.items("events")
        assert (oldest["trigger"], oldest["actual_value"], oldest["monitor_number"]) == ("Periodic", "100", 40)
        assert newest["actual_value"] == "200"


@pytest.mark.parametrize("kind", ["Periodic", "PeriodicClockAligned"])
async def test_tc_n_50_a_periodic_event_is_answered_and_kept_with_its_monitor(platform: Platform, kind: str) -> None:
    async with platform.station() as station:
        station.answers["SetVariableMonitoring"] = monitors_set
        await platform.order("set_variable_monitoring", monitors=[{**A_MONITOR, "kind": kind, "value": 60.0}])
        said = an_event(1, trigger="Periodic", actualValue="42", variableMonitoringId=40, transactionId="t-1")
        assert await station.call("NotifyEvent", in_events(said)) == {}
        (event,) = await platform.items("events")
        assert (event["trigger"], event["monitor_number"], event["severity"]) == ("Periodic", 40, 4)
        assert (event["transaction_id"], event["is_cleared"]) == ("t-1", False)


# ---- alerts


@both
async def test_tc_n_48_an_alert_on_a_variable_that_can_only_be_written_tells_no_value(
    platform: Platform, protocol: str
) -> None:
    async with platform.station(protocol) as station:
        said = an_event(3, trigger="Delta", actualValue="", variable={"name": "BasicAuthPassword"})
        assert await station.call("NotifyEvent", in_events(said)) == {}
        (event,) = await platform.items("events")
        assert (event["variable"], event["actual_value"], event["trigger"]) == ("BasicAuthPassword", "", "Delta")


@both
async def test_tc_n_49_a_threshold_that_is_no_longer_exceeded_after_a_boot_is_cleared(
    platform: Platform, protocol: str
) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetVariableMonitoring"] = monitors_set
        await platform.order("set_variable_monitoring", monitors=[A_MONITOR])
        alert = an_event(7, actualValue="11500", variableMonitoringId=40)
        await station.call("NotifyEvent", in_events(alert))
        answer = await station.call(
            "BootNotification", {"chargingStation": {"vendorName": "Acme", "model": "Two"}, "reason": "LocalReset"}
        )
        assert answer["status"] == "Accepted"
        # The station counts anew after its boot: another event, though its number was there before.
        gone = an_event(7, actualValue="0", variableMonitoringId=40, cleared=True, timestamp=LATER)
        assert await station.call("NotifyEvent", in_events(gone)) == {}
        cleared, alerted = await platform.items("events")
        assert (alerted["is_cleared"], alerted["actual_value"]) == (False, "11500")
        assert (cleared["is_cleared"], cleared["actual_value"], cleared["monitor_number"]) == (True, "0", 40)
        assert [monitor["number"] for monitor in await platform.items("monitors")] == [40]


@both
async def test_tc_n_21_an_alert_of_a_hard_wired_monitor_is_shown(platform: Platform, protocol: str) -> None:
    """Its number is the station's own: we have set no such monitor. 2.1 says its severity with the event."""
    async with platform.station(protocol) as station:
        severity = {"severity": 2} if protocol == V21 else {}
        said = an_event(
            5, eventNotificationType="HardWiredMonitor", variableMonitoringId=901, techCode="E12", **severity
        )
        assert await station.call("NotifyEvent", in_events(said)) == {}
        (event,) = await platform.items("events")
        assert (event["kind"], event["monitor_number"], event["tech_code"]) == ("HardWiredMonitor", 901, "E12")
        assert event["severity"] == severity.get("severity")


# ---- reports of monitors


def reported(*monitors: tuple[int, str], protocol: str = V201) -> Any:
    """What a station sends after it was asked: a part for each monitor, by (number, kind)."""

    def messages(request: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        return [
            (
                "NotifyMonitoringReport",
                part(request, index, is_last=index == len(monitors) - 1, monitor=[_listed(number, kind, protocol)]),
            )
            for index, (number, kind) in enumerate(monitors)
        ]

    return messages


def _listed(number: int, kind: str, protocol: str) -> dict[str, Any]:
    monitoring = {"id": number, "transaction": False, "value": 1, "type": kind, "severity": 5}
    if protocol == V21:
        monitoring["eventNotificationType"] = "HardWiredMonitor"
    return {
        "component": {"name": "Controller"},
        "variable": {"name": "Temperature"},
        "variableMonitoring": [monitoring],
    }


async def numbers_shown(platform: Platform) -> list[int]:
    return sorted(monitor["number"] for monitor in await platform.items("monitors"))


@both
async def test_tc_n_01_a_monitoring_report_by_criteria_fills_the_list(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["GetMonitoringReport"] = {"status": "Accepted"}
        kinds = ((0, "UpperThreshold"), (1, "Delta"), (2, "LowerThreshold"))
        station.then["GetMonitoringReport"] = reported(*kinds, protocol=protocol)
        command = await platform.order("get_monitoring_report", criteria=["threshold", "delta"])
        assert (command["effect"], command["result"]["parts"]) == ("done", 3)
        (request,) = station.requests("GetMonitoringReport")
        assert request["monitoringCriteria"] == ["ThresholdMonitoring", "DeltaMonitoring"]
        assert "componentVariable" not in request
        monitors = await platform.items("monitors")
        assert {monitor["number"] for monitor in monitors} == {0, 1, 2}
        assert {monitor["origin"] for monitor in monitors} == {"HardWiredMonitor" if protocol == V21 else None}


async def test_a_report_by_criteria_forgets_monitors_of_these_kinds_only(platform: Platform) -> None:
    async with platform.station() as station:
        station.answers["GetMonitoringReport"] = {"status": "Accepted"}
        station.then["GetMonitoringReport"] = reported((1, "Delta"), (2, "Periodic"), (3, "UpperThreshold"))
        await platform.order("get_monitoring_report")
        station.then["GetMonitoringReport"] = reported((4, "Delta"))
        await platform.order("get_monitoring_report", criteria=["delta"])
        assert await numbers_shown(platform) == [2, 3, 4]
        station.answers["GetMonitoringReport"] = {"status": "EmptyResultSet"}
        del station.then["GetMonitoringReport"]
        command = await platform.order("get_monitoring_report", criteria=["threshold"])
        assert (command["effect"], command["wire_status"]) == ("done", "EmptyResultSet")
        assert await numbers_shown(platform) == [2, 4]


@both
async def test_tc_n_47_a_full_monitoring_report_replaces_what_we_believed(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetVariableMonitoring"] = monitors_set
        await platform.order("set_variable_monitoring", monitors=[A_MONITOR])
        assert await numbers_shown(platform) == [40]
        station.answers["GetMonitoringReport"] = {"status": "Accepted"}
        station.then["GetMonitoringReport"] = reported((1, "Delta"), (2, "Periodic"), protocol=protocol)
        command = await platform.order("get_monitoring_report")
        (request,) = station.requests("GetMonitoringReport")
        assert set(request) == {"requestId"}
        assert (command["effect"], command["result"]["parts"]) == ("done", 2)
        assert await numbers_shown(platform) == [1, 2], "the station has monitor 40 no longer"


async def test_a_report_whose_last_part_does_not_come_forgets_nothing(platform: Platform) -> None:
    async with platform.station() as station:
        station.answers["SetVariableMonitoring"] = monitors_set
        await platform.order("set_variable_monitoring", monitors=[A_MONITOR])
        station.answers["GetMonitoringReport"] = {"status": "Rejected"}
        assert (await platform.order("get_monitoring_report"))["state"] == "rejected"
        assert await numbers_shown(platform) == [40]


WANTED = [
    {"component": "EVSE", "evse_number": 1, "variable": "Power"},
    {"component": "Controller", "component_instance": "A", "variable": "Temperature", "instance": "Inside"},
]
WANTED_ON_THE_WIRE = [
    {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}},
    {
        "component": {"name": "Controller", "instance": "A"},
        "variable": {"name": "Temperature", "instance": "Inside"},
    },
]


@pytest.mark.parametrize(
    ("criteria", "count"),
    [
        pytest.param([], 1, id="tc_n_02"),
        pytest.param(["threshold"], 1, id="tc_n_03"),
        pytest.param(["periodic", "delta"], 2, id="tc_n_60"),
    ],
)
@both
async def test_a_monitoring_report_of_named_variables_leaves_the_others_alone(
    platform: Platform, protocol: str, criteria: list[str], count: int
) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetVariableMonitoring"] = monitors_set
        await platform.order("set_variable_monitoring", monitors=[A_MONITOR])
        station.answers["GetMonitoringReport"] = {"status": "Accepted"}
        station.then["GetMonitoringReport"] = reported((9, "Delta"), protocol=protocol)
        command = await platform.order("get_monitoring_report", criteria=criteria, variables=WANTED[:count])
        assert (command["effect"], command["result"]["items"]) == ("done", 1)
        (request,) = station.requests("GetMonitoringReport")
        assert request["componentVariable"] == WANTED_ON_THE_WIRE[:count]
        words = [f"{word.title()}Monitoring" for word in criteria]
        assert request.get("monitoringCriteria", []) == words
        assert await numbers_shown(platform) == [9, 40]


async def test_tc_n_104_monitors_that_compare_with_a_target_are_listed(platform: Platform) -> None:
    async with platform.station(V21) as station:
        station.answers["GetMonitoringReport"] = {"status": "Accepted"}
        kinds = ((1, "TargetDelta"), (2, "TargetDeltaRelative"))
        station.then["GetMonitoringReport"] = reported(*kinds, protocol=V21)
        await platform.order("get_monitoring_report", criteria=["delta"])
        assert {monitor["kind"] for monitor in await platform.items("monitors")} == {
            "TargetDelta",
            "TargetDeltaRelative",
        }
        # Asked again, those that are there no longer are of the kinds that were asked for.
        station.then["GetMonitoringReport"] = reported((2, "TargetDeltaRelative"), protocol=V21)
        await platform.order("get_monitoring_report", criteria=["delta"])
        assert await numbers_shown(platform) == [2]


# ---- frequent periodic monitoring (2.1)


async def test_tc_n_105_a_periodic_monitor_with_a_stream_is_set_and_its_stream_is_shown(platform: Platform) -> None:
    wanted = {**A_MONITOR, "kind": "Periodic", "value": 1.0, "stream": {"interval_s": 5, "values": 3}}
    async with platform.station(V21) as station:
        station.answers["SetVariableMonitoring"] = monitors_set
        command = await platform.order("set_variable_monitoring", monitors=[wanted])
        assert command["state"] == "accepted"
        (asked,) = station.requests("SetVariableMonitoring")[0]["setMonitoringData"]
        assert (asked["type"], asked["periodicEventStream"]) == ("Periodic", {"interval": 5, "values": 3})
        stream = {"id": 1, "variableMonitoringId": 40, "params": {"interval": 5, "values": 3}}
        answer = await station.call("OpenPeriodicEventStream", {"constantStreamData": stream})
        assert answer["status"] == "Accepted"
        (shown,) = await platform.items("event-streams")
        assert (shown["monitor_number"], shown["interval_s"], shown["batch_size"]) == (40, 5, 3)


async def test_a_stream_is_refused_where_the_protocol_or_the_monitor_has_none(platform: Platform) -> None:
    stream = {"interval_s": 5}
    async with platform.station(V201) as station:
        wanted = {**A_MONITOR, "kind": "Periodic", "stream": stream}
        refusal = await platform.order("set_variable_monitoring", monitors=[wanted], status=409)
        assert "2.1" in refusal["detail"]
        assert station.requests("SetVariableMonitoring") == []
    async with platform.station(V21) as station:
        await platform.order("set_variable_monitoring", monitors=[{**A_MONITOR, "stream": stream}], status=422)
        assert station.requests("SetVariableMonitoring") == []

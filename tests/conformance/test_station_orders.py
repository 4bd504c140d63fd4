"""Cases of certification: what is ordered of a station in 1.6 and 2.0.1 (reset, unlock, settings, triggers, availability)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from builders import eventually
from conformance.device_model_stations import Platform, ScriptedStation
from e2e.server_process import ServerProcess

V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"
BOOT_16 = {"chargePointVendor": "Acme", "chargePointModel": "One"}
TIME = "2026-03-01T12:00:00Z"
both = pytest.mark.parametrize("protocol", [V201, V21])


@pytest.fixture
async def platform(whole_platform: ServerProcess, key: str) -> AsyncIterator[Platform]:
    async with httpx.AsyncClient(
        base_url=whole_platform.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
    ) as api:
        yield Platform(whole_platform, api)


# ---- OCPP 1.6


async def test_tc_001_a_cold_boot_is_accepted_and_the_status_of_each_connector_shown(platform: Platform) -> None:
    async with platform.station(V16) as station:
        answer = await station.call("BootNotification", BOOT_16)
        assert (answer["status"], answer["interval"]) == ("Accepted", 300)
        for connector in (0, 1, 2):
            status = {"connectorId": connector, "errorCode": "NoError", "status": "Available"}
            assert await station.call("StatusNotification", status) == {}
        assert "currentTime" in await station.call("Heartbeat", {})
        shown = await platform.read()
        assert (shown["status"], shown["is_online"], shown["vendor"]) == ("Available", True, "Acme")
        assert [evse["evse_number"] for evse in shown["evses"] if evse["evse_number"]] == [1, 2]


@pytest.mark.parametrize(("mode", "word"), [("immediate", "Hard"), ("on_idle", "Soft")])
async def test_tc_013_014_a_reset_is_done_when_the_station_has_booted(platform: Platform, mode: str, word: str) -> None:
    async with platform.station(V16) as station:
        station.answers["Reset"] = {"status": "Accepted"}
        command = await platform.order("reset", mode=mode)
        assert (command["state"], command["effect"]) == ("accepted", None)
        assert station.requests("Reset") == [{"type": word}]
        await station.call("BootNotification", BOOT_16)

        async def is_done() -> bool:
            answer = await platform.api.get(f"/commands/{command['id']}")
            return bool(answer.json()["effect"] == "done")

        await eventually(is_done)


@pytest.mark.parametrize(
    ("word", "state"),
    [("Unlocked", "accepted"), ("UnlockFailed", "rejected"), ("NotSupported", "rejected")],
)
async def test_tc_017_018_030_an_unlock_ends_as_the_station_says(platform: Platform, word: str, state: str) -> None:
    async with platform.station(V16) as station:
        station.answers["UnlockConnector"] = {"status": word}
        command = await platform.order("unlock_connector", evse_number=1)
        assert (command["state"], command["wire_status"]) == (state, word)
        assert station.requests("UnlockConnector") == [{"connectorId": 1}]


async def test_tc_031_an_unlock_of_an_unknown_connector_is_a_refusal(platform: Platform) -> None:
    async with platform.station(V16) as station:
        station.answers["UnlockConnector"] = {"status": "NotSupported"}
        command = await platform.order("unlock_connector", evse_number=9)
        assert (command["state"], command["wire_status"], command["effect"]) == ("rejected", "NotSupported", None)
        assert station.requests("UnlockConnector") == [{"connectorId": 9}]


async def test_tc_019_all_keys_and_those_that_are_named_are_read_and_shown(platform: Platform) -> None:
    async with platform.station(V16) as station:
        entry = {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
        station.answers["GetConfiguration"] = {"configurationKey": [entry]}
        assert (await platform.order("get_variables"))["state"] == "accepted"
        (shown,) = await platform.items("variables")
        assert (shown["key"], shown["value"], shown["is_readonly"]) == ("HeartbeatInterval", "300", False)
        await platform.order("get_variables", variables=[{"key": "HeartbeatInterval"}])
        assert station.requests("GetConfiguration")[-1] == {"key": ["HeartbeatInterval"]}


@pytest.mark.parametrize(
    ("word", "state", "effect"),
    [
        ("Accepted", "accepted", "done"),
        ("RebootRequired", "accepted", "reboot_required"),
        ("NotSupported", "rejected", None),
        ("Rejected", "rejected", None),
    ],
)
async def test_tc_021_040_1_040_2_a_key_is_written_or_the_refusal_is_told(
    platform: Platform, word: str, state: str, effect: str | None
) -> None:
    async with platform.station(V16) as station:
        station.answers["ChangeConfiguration"] = {"status": word}
        command = await platform.order("set_variables", variables=[{"key": "MeterValueSampleInterval", "value": "-1"}])
        assert (command["state"], command["effect"], command["wire_status"]) == (state, effect, word)
        kept = [item["value"] for item in await platform.items("variables")]
        assert kept == (["-1"] if word == "Accepted" else [])


async def test_tc_024_a_lock_failure_is_shown_on_the_connector(platform: Platform) -> None:
    async with platform.station(V16) as station:
        status = {"connectorId": 1, "errorCode": "ConnectorLockFailure", "status": "Faulted"}
        await station.call("StatusNotification", status)
        (evse,) = [evse for evse in (await platform.read())["evses"] if evse["evse_number"] == 1]
        (connector,) = evse["connectors"]
        assert (connector["status"], connector["error_code"]) == ("Faulted", "ConnectorLockFailure")


async def test_tc_026_a_remote_start_that_the_station_refuses_is_a_refusal(platform: Platform) -> None:
    async with platform.station(V16) as station:
        station.answers["RemoteStartTransaction"] = {"status": "Rejected"}
        command = await platform.order("start_transaction", id_token="04A1B2C3", evse_number=1)
        assert (command["state"], command["effect"]) == ("rejected", None)
        assert station.requests("RemoteStartTransaction") == [{"idTag": "04A1B2C3", "connectorId": 1}]


@pytest.mark.parametrize(
    "message",
    [
        "MeterValues",
        "Heartbeat",
        "StatusNotification",
        "BootNotification",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
    ],
)
@pytest.mark.parametrize(("word", "state"), [("Accepted", "accepted"), ("Rejected", "rejected")])
async def test_tc_054_055_a_message_is_asked_for(platform: Platform, message: str, word: str, state: str) -> None:
    async with platform.station(V16) as station:
        station.answers["TriggerMessage"] = {"status": word}
        command = await platform.order("trigger_message", message=message)
        assert (command["state"], command["wire_status"]) == (state, word)
        assert station.requests("TriggerMessage") == [{"requestedMessage": message}]


# ---- OCPP 2.0.1 and 2.1


def got(request: dict[str, Any]) -> dict[str, Any]:
    return {
        "getVariableResult": [
            {
                "attributeStatus": "Accepted",
                "attributeValue": str(index),
                "component": each["component"],
                "variable": each["variable"],
            }
            for index, each in enumerate(request["getVariableData"])
        ]
    }


@both
async def test_tc_b_06_07_variables_are_read_in_one_call(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        assert await read_variables(platform, station, "ABC") == [3]


@both
async def test_tc_b_08_variables_are_read_in_as_many_calls_as_the_station_takes(
    platform: Platform, protocol: str
) -> None:
    async with platform.station(protocol) as station:
        told = {
            "component": {"name": "DeviceDataCtrlr"},
            "variable": {"name": "ItemsPerMessage", "instance": "GetVariables"},
            "variableAttribute": [{"value": "4"}],
        }
        report = {"requestId": 1, "generatedAt": TIME, "seqNo": 0, "reportData": [told]}
        await station.call("NotifyReport", report)
        assert await read_variables(platform, station, "ABCDE") == [4, 1]  # B06.FR.05


async def read_variables(platform: Platform, station: ScriptedStation, names: str) -> list[int]:
    """Order it; how many variables each call asked for."""
    station.answers["GetVariables"] = got
    wanted = [{"component": "TxCtrlr", "variable": name} for name in names]
    command = await platform.order("get_variables", variables=wanted)
    assert [each["variable"] for each in command["result"]] == list(names)
    return [len(each["getVariableData"]) for each in station.requests("GetVariables")]


@both
async def test_tc_b_09_10_variables_are_written_and_each_refusal_is_told(platform: Platform, protocol: str) -> None:
    def written(request: dict[str, Any]) -> dict[str, Any]:
        words = {"A": "Accepted", "B": "UnknownVariable"}
        return {
            "setVariableResult": [
                {
                    "attributeStatus": words[each["variable"]["name"]],
                    "component": each["component"],
                    "variable": each["variable"],
                }
                for each in request["setVariableData"]
            ]
        }

    async with platform.station(protocol) as station:
        station.answers["SetVariables"] = written
        wanted = [{"component": "TxCtrlr", "variable": name, "value": "1"} for name in ("A", "B")]
        command = await platform.order("set_variables", variables=wanted)
        assert (command["state"], command["wire_status"]) == ("rejected", "UnknownVariable")
        assert [(item["variable"], item["value"]) for item in await platform.items("variables")] == [("A", "1")]


@pytest.mark.parametrize(
    ("mode", "evse_number", "word", "effect"),
    [
        ("on_idle", None, "Accepted", None),
        ("on_idle", None, "Scheduled", "scheduled"),
        ("immediate", None, "Accepted", None),
        ("on_idle", 1, "Scheduled", "scheduled"),
        ("immediate", 1, "Accepted", None),
    ],
)
async def test_tc_b_20_21_25_26_27_a_reset_is_ordered_of_the_station_or_an_evse(
    platform: Platform, mode: str, evse_number: int | None, word: str, effect: str | None
) -> None:
    async with platform.station() as station:
        station.answers["Reset"] = {"status": word}
        command = await platform.order("reset", mode=mode, evse_number=evse_number)
        assert (command["state"], command["wire_status"], command["effect"]) == ("accepted", word, effect)
        (request,) = station.requests("Reset")
        assert request["type"] == {"on_idle": "OnIdle", "immediate": "Immediate"}[mode]
        assert request.get("evseId") == evse_number


@pytest.mark.parametrize(
    ("word", "state"), [("Unlocked", "accepted"), ("UnlockFailed", "rejected"), ("UnknownConnector", "rejected")]
)
async def test_tc_f_06_an_unlock_ends_as_the_station_says(platform: Platform, word: str, state: str) -> None:
    async with platform.station() as station:
        station.answers["UnlockConnector"] = {"status": word}
        command = await platform.order("unlock_connector", evse_number=1, connector_number=1)
        assert (command["state"], command["wire_status"]) == (state, word)
        assert station.requests("UnlockConnector") == [{"evseId": 1, "connectorId": 1}]


async def test_tc_f_06_an_unlock_without_a_connector_is_of_the_first(platform: Platform) -> None:
    async with platform.station() as station:
        station.answers["UnlockConnector"] = {"status": "Unlocked"}
        await platform.order("unlock_connector", evse_number=2)
        assert station.requests("UnlockConnector") == [{"evseId": 2, "connectorId": 1}]


@pytest.mark.parametrize(
    ("message", "where", "evse"),
    [
        ("MeterValues", {"evse_number": 1}, {"id": 1}),
        ("MeterValues", {}, None),
        ("TransactionEvent", {"evse_number": 1}, {"id": 1}),
        ("TransactionEvent", {}, None),
        ("LogStatusNotification", {}, None),
        ("FirmwareStatusNotification", {}, None),
        ("Heartbeat", {}, None),
        ("StatusNotification", {"evse_number": 1, "connector_number": 1}, {"id": 1, "connectorId": 1}),
    ],
)
@both
async def test_tc_f_11_12_13_14_15_18_20_23_a_message_is_asked_for(
    platform: Platform, protocol: str, message: str, where: dict[str, int], evse: dict[str, int] | None
) -> None:
    async with platform.station(protocol) as station:
        station.answers["TriggerMessage"] = {"status": "Accepted"}
        assert (await platform.order("trigger_message", message=message, **where))["state"] == "accepted"
        (request,) = station.requests("TriggerMessage")
        assert (request["requestedMessage"], request.get("evse")) == (message, evse)


@pytest.mark.parametrize("operative", [True, False])
@pytest.mark.parametrize(
    ("where", "evse"),
    [
        ({"evse_number": 1}, {"id": 1}),
        ({}, None),
        ({"evse_number": 1, "connector_number": 1}, {"id": 1, "connectorId": 1}),
    ],
)
@pytest.mark.parametrize(("word", "effect"), [("Accepted", "done"), ("Scheduled", "scheduled")])
async def test_tc_g_03_04_05_06_07_08_11_14_17_availability_is_changed_now_or_later(
    platform: Platform,
    operative: bool,
    where: dict[str, int],
    evse: dict[str, int] | None,
    word: str,
    effect: str,
) -> None:
    async with platform.station() as station:
        station.answers["ChangeAvailability"] = {"status": word}
        command = await platform.order("change_availability", operative=operative, **where)
        assert (command["state"], command["effect"]) == ("accepted", effect)
        (request,) = station.requests("ChangeAvailability")
        assert request["operationalStatus"] == ("Operative" if operative else "Inoperative")
        assert request.get("evse") == evse


@both
async def test_tc_g_20_a_lock_failure_is_kept_as_an_event(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        event = {
            "eventId": 1,
            "timestamp": TIME,
            "trigger": "Alerting",
            "actualValue": "true",
            "component": {"name": "ConnectorPlugRetentionLock", "evse": {"id": 1, "connectorId": 1}},
            "variable": {"name": "Problem"},
            "eventNotificationType": "HardWiredNotification",
        }
        assert await station.call("NotifyEvent", {"generatedAt": TIME, "seqNo": 0, "eventData": [event]}) == {}
        (kept,) = await platform.items("events", component="connectorplugretentionlock")
        assert (kept["variable"], kept["actual_value"], kept["connector_number"]) == ("Problem", "true", 1)


@both
async def test_tc_p_03_custom_data_disturbs_nothing(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        custom = {"vendorId": "com.acme", "anything": [1, {"deep": True}]}
        assert "currentTime" in await station.call("Heartbeat", {"customData": custom})

"""Cases of certification: reports, monitoring, display messages, customer information, cost, vendors' messages.

Each drives a station's socket against a whole server and looks at what the API shows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from builders import eventually
from conformance.device_model_stations import Platform
from e2e.server_process import ServerProcess
from servers import database_on_server
from voltway.kernel.database import Database

TIME = "2026-03-01T12:00:00Z"
V201, V21, V16 = "ocpp2.0.1", "ocpp2.1", "ocpp1.6"
both = pytest.mark.parametrize("protocol", [V201, V21])


@pytest.fixture(scope="module")
def on_database(request: pytest.FixtureRequest, worker_id: str) -> Iterator[dict[str, str]]:
    """The environment of a server on the database that the tests run on; nothing for SQLite, which is the default."""
    url = Database(request.config.getoption("--database-url")).url
    if url.get_backend_name() == "sqlite":
        yield {}
        return
    with database_on_server(url, f"test_device_model_{worker_id}") as ours:
        yield {"VOLTWAY_DATABASE__URL": ours.render_as_string(hide_password=False)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[ServerProcess]:
    settings = {**on_database, "VOLTWAY_STATIONS__REPORT_TIMEOUT_S": "1"}
    server = ServerProcess(tmp_path_factory.mktemp("device_model") / "data", environment=settings)
    server.start()
    yield server
    assert server.stop() == 0
    assert '"level": "error"' not in server.log


@pytest.fixture(scope="module")
def key(server: ServerProcess) -> str:
    return server.make_key()


@pytest.fixture
async def platform(server: ServerProcess, key: str) -> AsyncIterator[Platform]:
    async with httpx.AsyncClient(
        base_url=server.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
    ) as api:
        yield Platform(server, api)


def boot_2(reason: str = "PowerUp") -> dict[str, Any]:
    return {"chargingStation": {"vendorName": "Acme", "model": "Two"}, "reason": reason}


def variable(name: str, value: str, component: str = "ClockCtrlr", **traits: Any) -> dict[str, Any]:
    return {
        "component": {"name": component},
        "variable": {"name": name},
        "variableAttribute": [{"type": "Actual", "value": value, "mutability": "ReadWrite"}],
        "variableCharacteristics": {"dataType": "string", "supportsMonitoring": False, **traits},
    }


def part(request: dict[str, Any], number: int, *, is_last: bool, **content: Any) -> dict[str, Any]:
    return {
        "requestId": request["requestId"],
        "generatedAt": TIME,
        "seqNo": number,
        "tbc": not is_last,
        **content,
    }


def in_two_parts(request: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    first = variable("Limited", "7", dataType="integer", minLimit=1, maxLimit=9, supportsMonitoring=True)
    second = variable("Chosen", "a", dataType="OptionList", valuesList="a,b")
    return [
        ("NotifyReport", part(request, 0, is_last=False, reportData=[first])),
        ("NotifyReport", part(request, 1, is_last=True, reportData=[second])),
    ]


# ---- B: reports


@both
async def test_tc_b_12_the_configuration_inventory_is_read(platform: Platform, protocol: str) -> None:
    await read_inventory(platform, protocol, "configuration", "ConfigurationInventory")


@both
async def test_tc_b_13_the_full_inventory_is_read(platform: Platform, protocol: str) -> None:
    await read_inventory(platform, protocol, "full", "FullInventory")


@both
async def test_tc_b_14_the_summary_inventory_is_read(platform: Platform, protocol: str) -> None:
    await read_inventory(platform, protocol, "summary", "SummaryInventory")


async def read_inventory(platform: Platform, protocol: str, base: str, word: str) -> None:
    """The order is done when the last part is stored."""
    async with platform.station(protocol) as station:
        station.answers["GetBaseReport"] = {"status": "Accepted"}
        station.then["GetBaseReport"] = in_two_parts
        command = await platform.order("get_base_report", base=base)
        assert (command["state"], command["effect"], command["wire_status"]) == ("accepted", "done", "Accepted")
        assert (command["result"]["parts"], command["result"]["items"]) == (2, 2)
        asked = station.requests("GetBaseReport")[-1]
        assert asked["reportBase"] == word
        limited, chosen = sorted(await platform.items("variables"), key=lambda item: item["variable"], reverse=True)
        assert (limited["value"], limited["value_min"], limited["value_max"]) == ("7", 1, 9)
        assert (limited["can_be_monitored"], chosen["values"]) == (True, "a,b")


async def test_tc_b_a_report_whose_last_part_does_not_come_has_timed_out(platform: Platform) -> None:
    async with platform.station() as station:
        station.answers["GetBaseReport"] = {"status": "Accepted"}
        station.then["GetBaseReport"] = lambda request: in_two_parts(request)[:1]
        command = await platform.order("get_base_report")
        assert (command["state"], command["effect"]) == ("timed_out", None)
        assert len(await platform.items("variables")) == 1, "what came is kept"


@pytest.mark.parametrize(
    ("status", "state", "effect"),
    [
        ("NotSupported", "rejected", None),
        ("Rejected", "rejected", None),
        ("EmptyResultSet", "accepted", "done"),
    ],
)
async def test_tc_b_a_report_that_is_not_made_says_why(
    platform: Platform, status: str, state: str, effect: str | None
) -> None:
    async with platform.station() as station:
        station.answers["GetReport"] = {"status": status}
        command = await platform.order("get_report", criteria=["problem"])
        assert (command["state"], command["effect"], command["wire_status"]) == (state, effect, status)


@both
async def test_tc_b_18_a_custom_report_asks_by_criteria_and_by_names(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["GetReport"] = {"status": "Accepted"}
        station.then["GetReport"] = in_two_parts
        wanted = [{"component": "EVSE", "evse_number": 1, "variable": "AvailabilityState"}]
        command = await platform.order("get_report", criteria=["active", "enabled"], variables=wanted)
        assert command["effect"] == "done"
        (request,) = station.requests("GetReport")
        assert request["componentCriteria"] == ["Active", "Enabled"]
        assert request["componentVariable"] == [
            {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}
        ]


async def test_tc_b_a_custom_report_is_split_by_the_limit_of_the_station(platform: Platform) -> None:
    async with platform.station() as station:
        limit = variable("ItemsPerMessage", "1", "DeviceDataCtrlr")
        limit["variable"]["instance"] = "GetReport"
        report = {"requestId": 1, "generatedAt": TIME, "seqNo": 0, "reportData": [limit]}
        await station.call("NotifyReport", report)
        station.answers["GetReport"] = {"status": "Accepted"}
        station.then["GetReport"] = in_two_parts
        command = await platform.order("get_report", variables=[{"component": "A"}, {"component": "B"}])
        assert [len(each["componentVariable"]) for each in station.requests("GetReport")] == [1, 1]
        assert (command["result"]["parts"], len(command["result"]["request_ids"])) == (4, 2)


# ---- B: registration


@both
async def test_tc_b_01_an_accepted_station_is_told_its_heartbeat_interval(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        answer = await station.call("BootNotification", boot_2("RemoteReset"))
        assert (answer["status"], answer["interval"]) == ("Accepted", 300)
        shown = await platform.read()
        assert (shown["vendor"], shown["model"], shown["boot_reason"]) == ("Acme", "Two", "RemoteReset")


async def test_tc_b_02_a_pending_station_can_be_configured_and_then_accepted(platform: Platform) -> None:
    async with platform.station(registration="pending") as station:
        assert (await station.call("BootNotification", boot_2()))["status"] == "Pending"
        with pytest.raises(Exception, match="SecurityError"):
            await station.call("Heartbeat", {})
        station.answers["SetVariables"] = lambda request: {
            "setVariableResult": [
                {"attributeStatus": "Accepted", "component": each["component"], "variable": each["variable"]}
                for each in request["setVariableData"]
            ]
        }
        setting = {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "value": "60"}
        assert (await platform.order("set_variables", variables=[setting]))["state"] == "accepted"
        station.answers["GetBaseReport"] = {"status": "Accepted"}
        station.then["GetBaseReport"] = in_two_parts
        assert (await platform.order("get_base_report"))["effect"] == "done", "the report is let in: we asked for it"
        await platform.order("start_transaction", id_token="04A1", status=409)
        station.answers["TriggerMessage"] = {"status": "Accepted"}
        changed = await platform.api.patch(
            f"/charging-stations/{platform.station_id}", json={"registration": "accepted"}
        )
        assert changed.status_code == 200

        async def is_accepted() -> bool:
            return (await station.call("BootNotification", boot_2("Triggered")))["status"] == "Accepted"

        await eventually(is_accepted)
        assert await station.call("Heartbeat", {})


async def test_tc_b_03_a_rejected_station_is_sent_nothing(platform: Platform) -> None:
    async with platform.station(registration="rejected") as station:
        assert (await station.call("BootNotification", boot_2()))["status"] == "Rejected"
        await platform.order("get_base_report", status=409)
        assert station.heard == []


# ---- N: monitoring

A_MONITOR = {
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


@both
async def test_tc_n_01_47_a_monitoring_report_fills_the_list(platform: Platform, protocol: str) -> None:
    def reported(request: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        def of(number: int) -> dict[str, Any]:
            monitoring = {"id": number, "transaction": False, "value": 1, "type": "Delta", "severity": 5}
            if protocol == V21:
                monitoring["eventNotificationType"] = "HardWiredMonitor"
            return {
                "component": {"name": "Controller"},
                "variable": {"name": "Temperature"},
                "variableMonitoring": [monitoring],
            }

        return [
            ("NotifyMonitoringReport", part(request, number, is_last=number == 2, monitor=[of(number)]))
            for number in range(3)
        ]

    async with platform.station(protocol) as station:
        station.answers["GetMonitoringReport"] = {"status": "Accepted"}
        station.then["GetMonitoringReport"] = reported
        command = await platform.order("get_monitoring_report", criteria=["threshold", "delta"])
        assert (command["effect"], command["result"]["parts"]) == ("done", 3)
        assert station.requests("GetMonitoringReport")[0]["monitoringCriteria"] == [
            "ThresholdMonitoring",
            "DeltaMonitoring",
        ]
        monitors = await platform.items("monitors")
        assert {monitor["number"] for monitor in monitors} == {0, 1, 2}
        assert {monitor["origin"] for monitor in monitors} == {"HardWiredMonitor" if protocol == V21 else None}


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


async def test_tc_n_18_44_monitors_are_cleared_in_portions_and_a_refusal_is_told(platform: Platform) -> None:
    def cleared(request: dict[str, Any]) -> dict[str, Any]:
        words = {1: "Accepted", 2: "NotFound", 3: "Rejected"}
        return {"clearMonitoringResult": [{"status": words[number], "id": number} for number in request["id"]]}

    async with platform.station() as station:
        limit = variable("ItemsPerMessage", "2", "MonitoringCtrlr")
        limit["variable"]["instance"] = "ClearVariableMonitoring"
        report = {"requestId": 1, "generatedAt": TIME, "seqNo": 0, "reportData": [limit]}
        await station.call("NotifyReport", report)
        station.answers["ClearVariableMonitoring"] = cleared
        command = await platform.order("clear_variable_monitoring", numbers=[1, 2, 3])
        assert [each["id"] for each in station.requests("ClearVariableMonitoring")] == [[1, 2], [3]]
        assert command["state"] == "rejected"
        assert [each["status"] for each in command["result"]] == ["Accepted", "NotFound", "Rejected"]


async def test_tc_n_02_03_60_a_monitoring_report_is_asked_for_by_criteria_and_names(platform: Platform) -> None:
    async with platform.station() as station:
        station.answers["GetMonitoringReport"] = {"status": "EmptyResultSet"}
        wanted = [{"component": "EVSE", "variable": "Power"}, {"component": "Controller"}]
        command = await platform.order("get_monitoring_report", criteria=["periodic"], variables=wanted)
        assert (command["effect"], command["wire_status"]) == ("done", "EmptyResultSet")
        (request,) = station.requests("GetMonitoringReport")
        assert request["monitoringCriteria"] == ["PeriodicMonitoring"]
        assert [each["component"]["name"] for each in request["componentVariable"]] == ["EVSE", "Controller"]


# ---- N: customer information


def customer_told(request: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("NotifyCustomerInformation", part(request, 0, is_last=False, data="Name: Ada ")),
        ("NotifyCustomerInformation", part(request, 1, is_last=True, data="Lovelace")),
    ]


@both
async def test_tc_n_27_30_what_a_station_keeps_of_a_customer_is_the_result_and_not_in_the_log(
    platform: Platform, protocol: str
) -> None:
    async with platform.station(protocol) as station:
        station.answers["CustomerInformation"] = {"status": "Accepted"}
        station.then["CustomerInformation"] = customer_told
        command = await platform.order("customer_information", id_token="04A1B2", id_token_kind="ISO14443", clear=True)
        assert (command["effect"], command["result"]["text"]) == ("done", "Name: Ada Lovelace")
        (request,) = station.requests("CustomerInformation")
        assert request["idToken"] == {"idToken": "04A1B2", "type": "ISO14443"}
        assert (request["report"], request["clear"]) == (True, True)

        async def is_logged() -> bool:
            return len(await platform.items("messages", action="NotifyCustomerInformation")) == 4

        await eventually(is_logged)
        logged = await platform.items("messages", action="NotifyCustomerInformation")
        assert "Lovelace" not in str(logged)
        assert "***" in str(logged)


async def test_tc_n_32_62_63_a_customer_is_named_by_identifier_or_certificate_and_in_one_way(
    platform: Platform,
) -> None:
    certificate = {"hash_algorithm": "SHA256", "issuer_name_hash": "a", "issuer_key_hash": "b", "serial_number": "1"}
    async with platform.station() as station:
        station.answers["CustomerInformation"] = {"status": "Accepted"}
        for who in ({"customer_identifier": "C-1"}, {"certificate": certificate}):
            command = await platform.order("customer_information", report=False, clear=True, **who)
            assert command["effect"] == "done"
        by_name, by_certificate = station.requests("CustomerInformation")
        assert by_name["customerIdentifier"] == "C-1"
        assert by_certificate["customerCertificate"]["serialNumber"] == "1"
        await platform.order("customer_information", customer_identifier="C", id_token="T", status=422)


async def test_tc_n_28_31_a_station_that_keeps_nothing_says_so_with_an_empty_text(platform: Platform) -> None:
    async with platform.station() as station:
        station.answers["CustomerInformation"] = {"status": "Accepted"}
        station.then["CustomerInformation"] = lambda request: [
            ("NotifyCustomerInformation", part(request, 0, is_last=True, data=""))
        ]
        command = await platform.order("customer_information", customer_identifier="C-1", clear=True)
        assert (command["effect"], command["result"]["text"]) == ("done", "")


@pytest.mark.parametrize("word", ["Rejected", "Invalid"])
async def test_tc_n_29_a_station_may_refuse_to_tell(platform: Platform, word: str) -> None:
    async with platform.station() as station:
        station.answers["CustomerInformation"] = {"status": word}
        command = await platform.order("customer_information", customer_identifier="C-1")
        assert (command["state"], command["wire_status"]) == ("rejected", word)


# ---- O: display messages


@both
async def test_tc_o_04_12_13_a_message_that_is_set_is_listed_and_cleared(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetDisplayMessage"] = {"status": "Accepted"}
        command = await platform.order(
            "set_display_message", number=3, content="Willkommen", state="Idle", starts_at=TIME
        )
        assert (command["state"], command["effect"]) == ("accepted", "done")
        message = station.requests("SetDisplayMessage")[0]["message"]
        assert (message["message"], message["state"]) == ({"format": "UTF8", "content": "Willkommen"}, "Idle")
        (listed,) = await platform.items("display-messages")
        assert (listed["number"], listed["content"], listed["priority"]) == (3, "Willkommen", "NormalCycle")
        assert listed["starts_at"] == "2026-03-01T12:00:00.000Z"
        station.answers["ClearDisplayMessage"] = {"status": "Accepted"}
        assert (await platform.order("clear_display_message", number=3))["effect"] == "done"
        assert await platform.items("display-messages") == []


async def test_tc_o_02_03_07_08_messages_come_in_parts_and_are_joined(platform: Platform) -> None:
    def listed(request: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        def of(number: int) -> dict[str, Any]:
            content = {"format": "ASCII", "content": f"Message {number}"}
            return {"id": number, "priority": "InFront", "message": content}

        return [
            ("NotifyDisplayMessages", {"requestId": request["requestId"], "messageInfo": [of(1)], "tbc": True}),
            ("NotifyDisplayMessages", {"requestId": request["requestId"], "messageInfo": [of(2)]}),
        ]

    async with platform.station() as station:
        station.answers["GetDisplayMessages"] = {"status": "Accepted"}
        station.then["GetDisplayMessages"] = listed
        command = await platform.order("get_display_messages", priority="InFront")
        assert (command["effect"], command["result"]["numbers"]) == ("done", [1, 2])
        assert {each["content"] for each in await platform.items("display-messages")} == {"Message 1", "Message 2"}
        station.answers["GetDisplayMessages"] = {"status": "Unknown"}
        command = await platform.order("get_display_messages", numbers=[9])
        assert (command["wire_status"], command["result"]["numbers"]) == ("Unknown", [])


async def test_tc_o_a_format_that_the_station_does_not_offer_is_a_conflict_that_says_why(platform: Platform) -> None:
    async with platform.station() as station:
        declared = variable("SupportedFormats", "ASCII,UTF8", "DisplayMessageCtrlr")
        report = {"requestId": 1, "generatedAt": TIME, "seqNo": 0, "reportData": [declared]}
        await station.call("NotifyReport", report)
        refusal = await platform.order("set_display_message", number=1, content="x", format="HTML", status=409)
        assert "ASCII, UTF8" in refusal["detail"]
        assert station.requests("SetDisplayMessage") == []


@pytest.mark.parametrize(
    "word", ["NotSupportedMessageFormat", "NotSupportedPriority", "NotSupportedState", "UnknownTransaction"]
)
async def test_tc_o_10_17_18_19_a_message_that_the_station_refuses_is_not_listed(platform: Platform, word: str) -> None:
    async with platform.station() as station:
        station.answers["SetDisplayMessage"] = {"status": word}
        command = await platform.order("set_display_message", number=1, content="x", transaction_id="t")
        assert (command["state"], command["wire_status"]) == ("rejected", word)
        assert await platform.items("display-messages") == []


async def test_tc_o_05_a_message_that_the_station_does_not_know_is_gone(platform: Platform) -> None:
    async with platform.station() as station:
        station.answers["SetDisplayMessage"] = {"status": "Accepted"}
        await platform.order("set_display_message", number=3, content="x")
        station.answers["ClearDisplayMessage"] = {"status": "Unknown"}
        command = await platform.order("clear_display_message", number=3)
        assert (command["state"], command["wire_status"]) == ("rejected", "Unknown")
        assert await platform.items("display-messages") == []


# ---- E, I: transactions and their cost


@both
async def test_tc_i_02_the_cost_so_far_is_told(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["CostUpdated"] = {}
        assert (await platform.order("update_cost", total_cost="3.31", transaction_id="t-1"))["effect"] == "done"
        assert station.requests("CostUpdated") == [{"totalCost": 3.31, "transactionId": "t-1"}]


# ---- P, 1.6 TC_064: vendors' own messages


@pytest.mark.parametrize("protocol", [V16, V201, V21])
async def test_tc_064_tc_p_02_a_vendor_that_we_do_not_know_is_told_so_and_its_message_is_kept(
    platform: Platform, protocol: str
) -> None:
    async with platform.station(protocol) as station:
        request = {"vendorId": "com.acme", "messageId": "hello", "data": "x=1"}
        assert await station.call("DataTransfer", request) == {"status": "UnknownVendorId"}
        (kept,) = await platform.items("data-transfers", vendor_id="com.acme")
        assert (kept["message_id"], kept["data"], kept["status"]) == ("hello", "x=1", "UnknownVendorId")


@pytest.mark.parametrize("protocol", [V16, V201, V21])
@pytest.mark.parametrize(("word", "state"), [("Accepted", "accepted"), ("UnknownVendorId", "rejected")])
async def test_tc_p_01_a_message_to_a_vendor_ends_as_the_station_says(
    platform: Platform, protocol: str, word: str, state: str
) -> None:
    async with platform.station(protocol) as station:
        station.answers["DataTransfer"] = {"status": word, "data": "pong"}
        command = await platform.order("data_transfer", vendor_id="com.acme", message_id="ping", data="ping")
        assert (command["state"], command["wire_status"], command["result"]) == (state, word, {"data": "pong"})


# ---- 1.6: what it cannot say


@pytest.mark.parametrize(
    "order",
    [
        {"type": "get_base_report"},
        {"type": "set_monitoring_level", "severity": 1},
        {"type": "customer_information", "id_token": "T"},
        {"type": "set_display_message", "number": 1, "content": "x"},
        {"type": "get_transaction_status"},
    ],
)
async def test_a_1_6_station_cannot_do_what_its_protocol_does_not_say(
    platform: Platform, order: dict[str, Any]
) -> None:
    async with platform.station(V16):
        refusal = await platform.order(order.pop("type"), status=409, **order)
        assert "ocpp1.6 has no" in refusal["detail"]


async def test_every_list_is_closed_to_who_has_no_key(platform: Platform) -> None:
    async with platform.station(), httpx.AsyncClient(base_url=platform.server.api, trust_env=False) as nobody:
        for what in ("monitors", "events", "display-messages", "data-transfers"):
            url = f"/charging-stations/{platform.station_id}/{what}"
            assert (await nobody.get(url)).status_code == 401
            strange = f"/charging-stations/00000000-0000-7000-8000-000000000009/{what}"
            assert (await platform.api.get(strange)).status_code == 404

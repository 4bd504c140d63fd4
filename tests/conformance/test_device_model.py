"""Cases of certification: reports, registration, cost, vendors' messages.

Each drives a station's socket against a whole server and looks at what the API shows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from builders import eventually
from conformance.device_model_stations import TIME, V16, V21, V201, Platform, both, part, variable
from e2e.server_process import ServerProcess
from servers import database_on_server


@pytest.fixture(scope="module")
def on_database(tested_url: sa.URL, worker_id: str) -> Iterator[dict[str, str]]:
    """The environment of a server on the database that the tests run on; nothing for SQLite, which is the default."""
    url = tested_url
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


# ---- E, I: transactions and their cost


@both
async def test_the_cost_so_far_is_told_on_order(platform: Platform, protocol: str) -> None:
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

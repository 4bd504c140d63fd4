"""Cases of certification: orders of which OCPP 2.1 has more to say: custom triggers, network configurations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from builders import eventually
from conformance.device_model_stations import TIME, V16, V21, V201, Platform, ScriptedStation, variable
from e2e.server_process import ServerProcess


@pytest.fixture
async def platform(whole_platform: ServerProcess, key: str) -> AsyncIterator[Platform]:
    async with httpx.AsyncClient(
        base_url=whole_platform.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
    ) as api:
        yield Platform(whole_platform, api)


# ---- F: triggers


@pytest.mark.parametrize("word", ["Accepted", "Rejected", "NotImplemented"])
async def test_tc_f_100_a_trigger_of_a_vendors_own(platform: Platform, word: str) -> None:
    async with platform.station(V21) as station:
        station.answers["TriggerMessage"] = {"status": word}
        command = await platform.order("trigger_message", message="CustomTrigger", custom_trigger="ExampleTrigger")
        assert station.requests("TriggerMessage") == [
            {"requestedMessage": "CustomTrigger", "customTrigger": "ExampleTrigger"}
        ]
        assert (command["state"], command["wire_status"]) == ("accepted" if word == "Accepted" else "rejected", word)


@pytest.mark.parametrize(
    "arguments",
    [{"message": "CustomTrigger"}, {"message": "Heartbeat", "custom_trigger": "X"}],
    ids=["without its name", "a name for another message"],
)
async def test_a_custom_trigger_has_a_name_and_nothing_else_has(platform: Platform, arguments: dict[str, Any]) -> None:
    async with platform.station(V21) as station:
        await platform.order("trigger_message", status=422, **arguments)
        assert station.requests("TriggerMessage") == []


@pytest.mark.parametrize("protocol", [V16, V201])
async def test_older_stations_know_no_custom_trigger(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        await platform.order("trigger_message", message="CustomTrigger", custom_trigger="X", status=422)
        assert station.requests("TriggerMessage") == []


# ---- B: network configurations as variables

SLOT_2 = {"OcppCsmsUrl": "wss://csms.example/ocpp", "SecurityProfile": "2", "OcppInterface": "Wired0"}


def accepted(request: dict[str, Any]) -> dict[str, Any]:
    return {
        "setVariableResult": [
            {"attributeStatus": "Accepted", "component": each["component"], "variable": each["variable"]}
            for each in request["setVariableData"]
        ]
    }


async def declare_slots(station: ScriptedStation, value: str) -> None:
    data = [variable("NetworkConfigurationPriority", value, "OCPPCommCtrlr", valuesList="0,1,2")]
    await station.call("NotifyReport", {"requestId": 1, "generatedAt": TIME, "seqNo": 0, "reportData": data})


def of_slot(slot: str) -> list[dict[str, Any]]:
    return [
        {"component": "NetworkConfiguration", "component_instance": slot, "variable": name, "value": value}
        for name, value in SLOT_2.items()
    ]


async def test_tc_b_105_a_network_configuration_is_written_as_variables_and_then_put_first(
    platform: Platform,
) -> None:
    async with platform.station(V21) as station:
        await declare_slots(station, "1")
        station.answers["SetVariables"] = accepted
        command = await platform.order("set_variables", variables=of_slot("2"))
        assert (command["state"], command["wire_status"]) == ("accepted", "Accepted")
        (request,) = station.requests("SetVariables")
        assert [
            (each["component"], each["variable"]["name"], each["attributeValue"]) for each in request["setVariableData"]
        ] == [({"name": "NetworkConfiguration", "instance": "2"}, name, value) for name, value in SLOT_2.items()]
        first = {"component": "OCPPCommCtrlr", "variable": "NetworkConfigurationPriority", "value": "2,1"}
        await platform.order("set_variables", variables=[first])
        station.answers["Reset"] = {"status": "Accepted"}
        assert (await platform.order("reset", mode="on_idle"))["state"] == "accepted"

        async def is_shown() -> bool:
            shown = await platform.items("variables", component="NetworkConfiguration")
            return {one["variable"]: one["value"] for one in shown} == SLOT_2

        await eventually(is_shown)


async def test_tc_b_105_a_configuration_that_is_in_use_is_not_written(platform: Platform) -> None:
    """2.1 part 2, B09.FR.21: first it is taken out of the priorities."""
    async with platform.station(V21) as station:
        await declare_slots(station, "1, 2")
        station.answers["SetVariables"] = accepted
        refusal = await platform.order("set_variables", variables=of_slot("2"), status=409)
        assert "NetworkConfigurationPriority" in refusal["detail"]
        assert station.requests("SetVariables") == []
        out = {"component": "OCPPCommCtrlr", "variable": "NetworkConfigurationPriority", "value": "1"}
        await platform.order("set_variables", variables=[out])
        assert (await platform.order("set_variables", variables=of_slot("2")))["state"] == "accepted"

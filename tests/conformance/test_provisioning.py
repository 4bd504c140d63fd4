"""Cases of certification and flows: stations that are pending, configured by a template, then accepted (B02, B03)."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from builders import eventually
from conformance.device_model_stations import Platform, ScriptedStation
from e2e.server_process import ServerProcess

V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"
every = pytest.mark.parametrize("protocol", [V16, V201, V21])
both = pytest.mark.parametrize("protocol", [V201, V21])


@pytest.fixture
async def platform(whole_platform: ServerProcess, key: str) -> AsyncIterator[Platform]:
    async with httpx.AsyncClient(
        base_url=whole_platform.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
    ) as api:
        yield Platform(whole_platform, api)


def boot(protocol: str, vendor: str, model: str = "One", reason: str = "PowerUp") -> dict[str, Any]:
    if protocol == V16:
        return {"chargePointVendor": vendor, "chargePointModel": model}
    return {"reason": reason, "chargingStation": {"vendorName": vendor, "model": model}}


def a_setting(protocol: str, value: str = "120") -> dict[str, Any]:
    if protocol == V16:
        return {"key": "HeartbeatInterval", "value": value}
    return {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "value": value}


def takes_settings(station: ScriptedStation, status: str = "Accepted") -> None:
    """The station answers what it is told of variables."""
    station.answers["ChangeConfiguration"] = {"status": status}
    station.answers["SetVariables"] = lambda request: {
        "setVariableResult": [
            {"attributeStatus": status, "component": each["component"], "variable": each["variable"]}
            for each in request["setVariableData"]
        ]
    }
    station.answers["TriggerMessage"] = {"status": "Accepted"}


SETTING = {V16: "ChangeConfiguration", V201: "SetVariables", V21: "SetVariables"}


@asynccontextmanager
async def a_template(platform: Platform, protocol: str, **given: Any) -> AsyncIterator[dict[str, Any]]:
    """A template for a vendor that nobody else is."""
    body = {
        "name": f"T {uuid.uuid4().hex}",
        "vendor": f"V{uuid.uuid4().hex[:10]}",
        "steps": [{"type": "set_variables", "arguments": {"variables": [a_setting(protocol)]}}],
        **given,
    }
    made = await platform.api.post("/provisioning-templates", json=body)
    assert made.status_code == 201, made.text
    template = made.json()
    yield template
    assert (await platform.api.delete(f"/provisioning-templates/{template['id']}")).status_code == 204


async def runs(platform: Platform) -> list[dict[str, Any]]:
    return await platform.items("provisioning-runs")


async def the_run(platform: Platform, count: int = 1) -> dict[str, Any]:
    """The latest of so many runs, when it has ended."""
    found: list[dict[str, Any]] = []

    async def has_ended() -> bool:
        found[:] = await runs(platform)
        return len(found) == count and found[0]["state"] in ("done", "failed")

    await eventually(has_ended)
    return found[0]


# ---- pending and rejected


@both
async def test_tc_b_30_a_pending_station_is_let_in_by_its_template(platform: Platform, protocol: str) -> None:
    async with (
        a_template(platform, protocol, is_accepting=True) as template,
        platform.station(protocol, registration="pending") as station,
    ):
        takes_settings(station)
        answer = await station.call("BootNotification", boot(protocol, template["vendor"]))
        assert answer["status"] == "Pending"
        assert answer["interval"] > 0
        with pytest.raises(Exception, match="SecurityError"):
            await station.call("Heartbeat", {})
        assert (await the_run(platform))["state"] == "done"
        assert station.requests("SetVariables")
        assert (await platform.read())["registration"] == "accepted"

        async def is_asked() -> bool:
            return {"requestedMessage": "BootNotification"} in station.requests("TriggerMessage")

        await eventually(is_asked)
        again = await station.call("BootNotification", boot(protocol, template["vendor"], reason="Triggered"))
        assert again["status"] == "Accepted"
        assert await station.call("Heartbeat", {})


@both
async def test_tc_b_31_a_pending_station_sends_what_it_is_asked_for_a_rejected_one_is_asked_nothing(
    platform: Platform, protocol: str
) -> None:
    async with platform.station(protocol, registration="pending") as station:
        assert (await station.call("BootNotification", boot(protocol, "Nobody")))["status"] == "Pending"
        status = {
            "timestamp": "2026-01-01T00:00:00Z",
            "connectorStatus": "Available",
            "evseId": 1,
            "connectorId": 1,
        }
        with pytest.raises(Exception, match="SecurityError"):
            await station.call("StatusNotification", status)
        station.answers["TriggerMessage"] = {"status": "Accepted"}
        command = await platform.order(
            "trigger_message", message="StatusNotification", evse_number=1, connector_number=1
        )
        assert command["state"] == "accepted"
        assert await station.call("StatusNotification", status) == {}
        rejected = await platform.api.patch(
            f"/charging-stations/{platform.station_id}", json={"registration": "rejected"}
        )
        assert rejected.status_code == 200

        async def is_rejected() -> bool:
            return (await station.call("BootNotification", boot(protocol, "Nobody")))["status"] == "Rejected"

        await eventually(is_rejected)
        heard = len(station.heard)
        await platform.order("trigger_message", message="BootNotification", status=409)
        assert len(station.heard) == heard, "a rejected station is sent nothing"


# ---- templates


@every
async def test_a_station_is_set_up_once_when_it_first_boots(platform: Platform, protocol: str) -> None:
    async with a_template(platform, protocol) as template, platform.station(protocol) as station:
        takes_settings(station)
        await station.call("BootNotification", boot(protocol, template["vendor"].upper() + " GmbH"))
        run = await the_run(platform)
        assert (run["state"], run["reason"], run["template_id"]) == ("done", "boot", template["id"])
        assert [(step["type"], step["state"]) for step in run["steps"]] == [("set_variables", "accepted")]
        assert len(station.requests(SETTING[protocol])) == 1
        await station.call("BootNotification", boot(protocol, template["vendor"]))
        later = Platform(platform.server, platform.api)
        async with later.station(protocol) as another:
            takes_settings(another)
            await another.call("BootNotification", boot(protocol, template["vendor"]))
            await the_run(later)
        assert len(await runs(platform)) == 1, "its second boot came before that of the other"
        answer = await platform.api.post(f"/charging-stations/{platform.station_id}/provision", json={})
        assert (answer.status_code, answer.json()["template_id"]) == (202, template["id"])
        run = await the_run(platform, count=2)
        assert (run["reason"], len(station.requests(SETTING[protocol]))) == ("order", 2)


@every
async def test_what_a_station_refuses_is_shown_and_done_again_at_its_next_boot(
    platform: Platform, protocol: str
) -> None:
    steps = [
        {"type": "set_variables", "arguments": {"variables": [a_setting(protocol)]}},
        {"type": "change_availability", "arguments": {"operative": True}},
    ]
    async with (
        a_template(platform, protocol, steps=steps, is_accepting=True) as template,
        platform.station(protocol, registration="pending") as station,
    ):
        takes_settings(station, "Rejected")
        station.answers["ChangeAvailability"] = {"status": "Accepted"}
        await station.call("BootNotification", boot(protocol, template["vendor"]))
        run = await the_run(platform)
        assert run["state"] == "failed"
        assert [step["state"] for step in run["steps"]] == ["rejected", "accepted"]
        assert (await platform.read())["registration"] == "pending"
        takes_settings(station)
        await station.call("BootNotification", boot(protocol, template["vendor"]))
        assert (await the_run(platform, count=2))["state"] == "done"
        assert (await platform.read())["registration"] == "accepted"


@both
async def test_what_needs_a_boot_resets_the_station_once_and_goes_on_after_it(
    platform: Platform, protocol: str
) -> None:
    steps = [
        {"type": "set_variables", "arguments": {"variables": [a_setting(protocol, value)]}}
        for value in ("60", "70", "80")
    ]
    async with a_template(platform, protocol, steps=steps) as template, platform.station(protocol) as station:
        takes_settings(station, "RebootRequired")
        station.answers["Reset"] = {"status": "Scheduled"}
        await station.call("BootNotification", boot(protocol, template["vendor"]))

        async def is_rebooting() -> bool:
            found = await runs(platform)
            return bool(found and found[0]["state"] == "rebooting")

        await eventually(is_rebooting)
        assert station.requests("Reset") == [{"type": "OnIdle"}]
        assert len(station.requests("SetVariables")) == 1
        takes_settings(station)
        await station.call("BootNotification", boot(protocol, template["vendor"], reason="ScheduledReset"))
        run = await the_run(platform)
        assert run["state"] == "done"
        values = [one["setVariableData"][0]["attributeValue"] for one in station.requests("SetVariables")]
        assert (values, len(station.requests("Reset"))) == (["60", "70", "80"], 1)
        assert "reset: accepted" in run["steps"][0]["detail"]


@both
async def test_after_a_failure_only_what_is_not_in_force_is_sent_again(platform: Platform, protocol: str) -> None:
    steps = [
        {"type": "set_variables", "arguments": {"variables": [a_setting(protocol)]}},
        {"type": "change_availability", "arguments": {"operative": True}},
    ]
    async with a_template(platform, protocol, steps=steps) as template, platform.station(protocol) as station:
        takes_settings(station)
        station.answers["ChangeAvailability"] = {"status": "Rejected"}
        await station.call("BootNotification", boot(protocol, template["vendor"]))
        assert (await the_run(platform))["state"] == "failed"
        station.answers["ChangeAvailability"] = {"status": "Accepted"}
        await station.call("BootNotification", boot(protocol, template["vendor"]))
        run = await the_run(platform, count=2)
        assert (run["state"], run["steps"][0]["detail"]) == ("done", "in force since an earlier run")
        assert (len(station.requests("SetVariables")), len(station.requests("ChangeAvailability"))) == (1, 2)


async def test_a_station_that_goes_away_is_told_no_more(platform: Platform) -> None:
    steps = [
        {"type": "set_variables", "arguments": {"variables": [a_setting(V201, value)]}} for value in ("60", "70", "80")
    ]
    async with a_template(platform, V201, steps=steps) as template:
        async with platform.station(V201) as station:
            station.answers["SetVariables"] = lambda request: None
            await station.call("BootNotification", boot(V201, template["vendor"]))

            async def is_told() -> bool:
                return bool(station.requests("SetVariables"))

            await eventually(is_told)
        run = await the_run(platform)
        assert run["state"] == "failed"
        assert [step["state"] for step in run["steps"]] == ["timed_out"]
        async with platform.again(V201) as station:
            takes_settings(station)
            await station.call("BootNotification", boot(V201, template["vendor"]))
            assert (await the_run(platform, count=2))["state"] == "done"
            assert len(station.requests("SetVariables")) == 3


async def test_a_station_that_is_slow_holds_up_nobody(platform: Platform) -> None:
    later = Platform(platform.server, platform.api)
    async with a_template(platform, V201) as template, platform.station(V201) as slow, later.station(V201) as quick:
        slow.answers["SetVariables"] = lambda request: None
        takes_settings(quick)
        await slow.call("BootNotification", boot(V201, template["vendor"]))

        async def is_told() -> bool:
            return bool(slow.requests("SetVariables"))

        await eventually(is_told)
        await quick.call("BootNotification", boot(V201, template["vendor"]))
        assert (await the_run(later))["state"] == "done"
        assert [run["state"] for run in await runs(platform)] == ["running"]


@both
async def test_drift_is_what_differs_from_the_template(platform: Platform, protocol: str) -> None:
    async with a_template(platform, protocol) as template, platform.station(protocol) as station:
        takes_settings(station)
        await station.call("BootNotification", boot(protocol, template["vendor"]))
        await the_run(platform)
        path = f"/charging-stations/{platform.station_id}/drift"

        async def differences() -> list[dict[str, Any]]:
            return list((await platform.api.get(path)).json()["differences"])

        async def told(value: str) -> None:
            report = {
                "component": {"name": "OCPPCommCtrlr"},
                "variable": {"name": "HeartbeatInterval"},
                "variableAttribute": [{"value": value}],
            }
            sent = {"requestId": 1, "generatedAt": "2026-01-01T00:00:00Z", "seqNo": 0, "reportData": [report]}
            await station.call("NotifyReport", sent)

        await told("300")
        wanted = {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "wanted": "120", "actual": "300"}
        assert await differences() == [wanted]
        await told("120")
        assert await differences() == []


async def test_templates_are_checked_and_named_once(platform: Platform) -> None:
    async with a_template(platform, V201) as template:
        body = {name: template[name] for name in ("name", "vendor", "steps")}
        assert (await platform.api.post("/provisioning-templates", json=body)).status_code == 409
        changed = await platform.api.put(f"/provisioning-templates/{template['id']}", json=body | {"model": "X"})
        assert (changed.status_code, changed.json()["revision"], changed.json()["model"]) == (200, 2, "X")
        no_order = {"name": "N", "steps": [{"type": "sing", "arguments": {}}]}
        refused = await platform.api.post("/provisioning-templates", json=no_order)
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid-field")
        assert "steps[0]" in refused.text
        wrong = {"name": "N", "steps": [{"type": "set_variables", "arguments": {"variables": []}}]}
        assert (await platform.api.post("/provisioning-templates", json=wrong)).status_code == 422
        nowhere = body | {"name": "N", "location_id": "nowhere"}
        assert (await platform.api.post("/provisioning-templates", json=nowhere)).status_code == 422
    assert (await platform.api.get(f"/provisioning-templates/{template['id']}")).status_code == 404
    async with platform.station(V201):
        path = f"/charging-stations/{platform.station_id}"
        assert (await platform.api.post(f"{path}/provision", json={})).status_code == 409
        assert (await platform.api.post(f"{path}/provision", json={"template_id": "no"})).status_code == 404
        assert (await platform.api.get(f"{path}/drift")).json()["template_id"] is None
    assert (await platform.api.post("/charging-stations/no/provision", json={})).status_code == 404

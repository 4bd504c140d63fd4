"""Cases of certification: a reset after which transactions go on, and transactions after an interruption (OCPP 2.1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from builders import eventually
from conformance.device_model_stations import V16, V21, V201, Platform, ScriptedStation, variable
from e2e.server_process import ServerProcess

AT = "2026-03-01T12:00:00Z"
LATER = "2026-03-01T12:10:00Z"


@pytest.fixture
async def platform(whole_platform: ServerProcess, key: str) -> AsyncIterator[Platform]:
    async with httpx.AsyncClient(
        base_url=whole_platform.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
    ) as api:
        yield Platform(whole_platform, api)


def boot(reason: str) -> dict[str, Any]:
    return {"chargingStation": {"vendorName": "Acme", "model": "Two"}, "reason": reason}


async def tell(
    station: ScriptedStation, phase: str, trigger: str, number: int, *, energy: int = 0, **transaction: Any
) -> dict[str, Any]:
    """A TransactionEvent of transaction tx-1 at EVSE 1."""
    sample = {"value": energy, "measurand": "Energy.Active.Import.Register"}
    event = {
        "eventType": phase,
        "timestamp": AT if number < 3 else LATER,
        "triggerReason": trigger,
        "seqNo": number,
        "transactionInfo": {"transactionId": "tx-1", "chargingState": "Charging", **transaction},
        "evse": {"id": 1, "connectorId": 1},
        "meterValue": [{"timestamp": AT if number < 3 else LATER, "sampledValue": [sample]}],
    }
    return await station.call("TransactionEvent", event)


async def only_session(platform: Platform) -> dict[str, Any]:
    answer = await platform.api.get("/sessions", params={"station_id": platform.station_id})
    (session,) = answer.json()["items"]
    return dict(session)


def a_profile(number: int, limit: float, purpose: str = "TxProfile") -> dict[str, Any]:
    return {
        "id": number,
        "stack_level": number,
        "charging_profile_purpose": purpose,
        "charging_profile_kind": "Relative",
        "charging_schedule": [
            {
                "id": 1,
                "charging_rate_unit": "A",
                "charging_schedule_period": [{"start_period": 0, "limit": limit}],
            }
        ],
    }


def limits_told(station: ScriptedStation) -> list[tuple[int, float, str | None]]:
    """(id, limit, transaction) of each profile that the station was given."""
    return [
        (
            said["chargingProfile"]["id"],
            said["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"],
            said["chargingProfile"].get("transactionId"),
        )
        for said in station.requests("SetChargingProfile")
    ]


async def reset_and_boot(platform: Platform, station: ScriptedStation) -> None:
    """Our reset, after which the station boots."""
    station.answers["Reset"] = {"status": "Accepted"}
    command = await platform.order("reset", mode="immediate_and_resume")
    assert (command["state"], command["wire_status"]) == ("accepted", "Accepted")
    assert station.requests("Reset") == [{"type": "ImmediateAndResume"}]


async def is_reset_done(platform: Platform) -> bool:
    commands = await platform.items("commands")
    return [one["effect"] for one in commands if one["type"] == "reset"] == ["done"]


async def test_tc_b_103_a_transaction_goes_on_after_a_reset(platform: Platform) -> None:
    async with platform.station(V21) as station:
        await tell(station, "Started", "CablePluggedIn", 0)
        session = await only_session(platform)
        await reset_and_boot(platform, station)
        await tell(station, "Updated", "ResetCommand", 1, energy=1000)
        assert (await station.call("BootNotification", boot("RemoteReset")))["status"] == "Accepted"
        await tell(station, "Updated", "TxResumed", 2, energy=1000)
        await eventually(lambda: is_reset_done(platform))
        await tell(station, "Updated", "MeterValuePeriodic", 3, energy=2500)
        shown = await only_session(platform)
        assert (shown["id"], shown["state"], shown["charging_state"]) == (session["id"], "active", "Charging")
        assert shown["energy_wh"] == 2500
        await tell(station, "Ended", "StopAuthorized", 4, energy=3000, stoppedReason="Local")
        ended = await only_session(platform)
        assert (ended["state"], ended["energy_wh"]) == ("ended", 3000)


async def test_tc_b_104_a_reset_with_resuming_of_a_station_that_charges_nobody(platform: Platform) -> None:
    async with platform.station(V21) as station:
        await reset_and_boot(platform, station)
        assert not await is_reset_done(platform)
        assert (await station.call("BootNotification", boot("RemoteReset")))["status"] == "Accepted"
        status = {"timestamp": AT, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
        assert await station.call("StatusNotification", status) == {}
        await eventually(lambda: is_reset_done(platform))
        assert (await platform.read())["boot_reason"] == "RemoteReset"


@pytest.mark.parametrize("protocol", [V16, V201])
async def test_a_reset_with_resuming_is_said_by_2_1_only(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        refusal = await platform.order("reset", mode="immediate_and_resume", status=409)
        assert "resume" in refusal["detail"]
        assert station.requests("Reset") == []


async def test_tc_b_116_profiles_of_a_transaction_are_set_again_after_a_reset(platform: Platform) -> None:
    async with platform.station(V21) as station:
        station.answers["SetChargingProfile"] = {"status": "Accepted"}
        await tell(station, "Started", "CablePluggedIn", 0)
        session = await only_session(platform)
        for profile in (a_profile(1, 6.0), a_profile(2, 10.0)):
            await platform.order("set_charging_profile", session_id=session["id"], charging_profile=profile)
        await platform.order(
            "set_charging_profile", evse_number=1, charging_profile=a_profile(9, 32.0, "TxDefaultProfile")
        )
        # One is set anew, one is taken away: what stands is what is set again.
        station.answers["ClearChargingProfile"] = {"status": "Accepted"}
        await platform.order("clear_charging_profile", charging_profile_id=2)
        await platform.order("set_charging_profile", session_id=session["id"], charging_profile=a_profile(1, 8.0))
        before = len(limits_told(station))
        await reset_and_boot(platform, station)
        await tell(station, "Updated", "ResetCommand", 1)
        await station.call("BootNotification", boot("RemoteReset"))
        assert len(limits_told(station)) == before
        await tell(station, "Updated", "TxResumed", 2)
        await eventually(lambda: len(limits_told(station)) > before)
        assert limits_told(station)[before:] == [(1, 8.0, "tx-1")]

        async def is_shown() -> bool:
            newest = (await platform.items("commands"))[0]
            return newest["type"] == "set_charging_profile" and newest["state"] == "accepted"

        await eventually(is_shown)


@pytest.mark.parametrize("state", ["Charging", "SuspendedEVSE"])
async def test_tc_e_113_a_transaction_goes_on_after_an_interruption(platform: Platform, state: str) -> None:
    async with platform.station(V21) as station:
        await tell(station, "Started", "CablePluggedIn", 0)
        session = await only_session(platform)
    # The link is gone without a word; the station comes back and boots.
    async with platform.again(V21) as station:
        assert (await station.call("BootNotification", boot("PowerUp")))["status"] == "Accepted"
        await tell(station, "Updated", "TxResumed", 1, energy=500, chargingState=state)
        await tell(station, "Updated", "MeterValuePeriodic", 2, energy=700, chargingState=state)
        shown = await only_session(platform)
        assert (shown["id"], shown["state"], shown["charging_state"]) == (session["id"], "active", state)
        assert shown["energy_wh"] == 700
        assert station.requests("SetChargingProfile") == [], "there was no profile to set again"


async def test_tc_e_117_profiles_of_a_transaction_are_set_again_after_an_interruption(platform: Platform) -> None:
    async with platform.station(V21) as station:
        station.answers["RequestStartTransaction"] = {"status": "Accepted"}
        command = await platform.order(
            "start_transaction", id_token="FREE", evse_number=1, charging_profile=a_profile(5, 12.0)
        )
        number = command["result"]["remote_start_id"]
        await tell(station, "Started", "RemoteStart", 0, remoteStartId=number)
        station.answers["SetChargingProfile"] = {"status": "Accepted"}
        session = await only_session(platform)
        await platform.order("set_charging_profile", session_id=session["id"], charging_profile=a_profile(6, 9.0))
    async with platform.again(V21) as station:
        station.answers["SetChargingProfile"] = {"status": "Accepted"}
        await station.call("BootNotification", boot("PowerUp"))
        for _ in range(2):  # said again, it is the same message
            await tell(station, "Updated", "TxResumed", 1)
        await eventually(lambda: len(limits_told(station)) >= 2)
        await tell(station, "Updated", "MeterValuePeriodic", 2)
        assert limits_told(station) == [(5, 12.0, "tx-1"), (6, 9.0, "tx-1")]


async def test_a_station_that_keeps_profiles_over_a_boot_is_not_told_them_again(platform: Platform) -> None:
    async with platform.station(V21) as station:
        kept = variable("ChargingProfilePersistence", "true", "SmartChargingCtrlr")
        kept["variable"]["instance"] = "TxProfile"
        await station.call("NotifyReport", {"requestId": 1, "generatedAt": AT, "seqNo": 0, "reportData": [kept]})
        station.answers["SetChargingProfile"] = {"status": "Accepted"}
        await tell(station, "Started", "CablePluggedIn", 0)
        session = await only_session(platform)
        await platform.order("set_charging_profile", session_id=session["id"], charging_profile=a_profile(1, 6.0))
        await tell(station, "Updated", "TxResumed", 1)
        await tell(station, "Updated", "MeterValuePeriodic", 2)
        await platform.order("set_charging_profile", session_id=session["id"], charging_profile=a_profile(2, 7.0))
        assert [number for number, _, _ in limits_told(station)] == [1, 2]

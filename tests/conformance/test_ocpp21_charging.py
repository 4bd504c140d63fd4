"""Cases of certification that are new in OCPP 2.1: dynamic profiles, priority charging, V2X (blocks K and Q)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from builders import eventually
from conformance.charging_cases import AT, a_profile, a_session, heard, limits_in, needs_of_a_car
from conformance.device_model_stations import Platform, ScriptedStation
from e2e.server_process import ServerProcess

V21 = "ocpp2.1"
V2X = {
    "minChargePower": 1400,
    "maxChargePower": 11000,
    "minDischargePower": -1400,
    "maxDischargePower": -10000,
    "targetSoC": 80,
}


@pytest.fixture
async def platform(whole_platform: ServerProcess, key: str) -> AsyncIterator[Platform]:
    async with httpx.AsyncClient(
        base_url=whole_platform.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
    ) as api:
        yield Platform(whole_platform, api)


@pytest.fixture
async def station(platform: Platform) -> AsyncIterator[ScriptedStation]:
    async with platform.station(V21) as linked:
        linked.answers["SetChargingProfile"] = {"status": "Accepted"}
        linked.answers["UpdateDynamicSchedule"] = {"status": "Accepted"}
        yield linked


def with_period(profile: dict[str, Any], **period: Any) -> dict[str, Any]:
    """The profile with this as its only period."""
    (schedule,) = profile["charging_schedule"]
    periods = [{"start_period": 0, **period}]
    return {**profile, "charging_schedule": [{**schedule, "charging_schedule_period": periods}]}


def with_schedule(profile: dict[str, Any], **fields: Any) -> dict[str, Any]:
    (schedule,) = profile["charging_schedule"]
    return {**profile, "charging_schedule": [{**schedule, **fields}]}


def a_dynamic_profile(**period: Any) -> dict[str, Any]:
    profile = with_period(a_profile("TxProfile", kind="Dynamic", dyn_update_interval=60), **period)
    del profile["charging_schedule"][0]["start_schedule"]
    return profile


async def set_at_evse(platform: Platform, station: ScriptedStation, profile: dict[str, Any]) -> dict[str, Any]:
    """What the station hears of a profile that is set at EVSE 1."""
    command = await platform.order("set_charging_profile", evse_number=1, charging_profile=profile)
    assert command["state"] == "accepted"
    return dict(station.requests("SetChargingProfile")[-1]["chargingProfile"])


async def set_for_session(platform: Platform, station: ScriptedStation, profile: dict[str, Any]) -> dict[str, Any]:
    """What the station hears of a profile that is set for its transaction."""
    session = await a_session(platform, station, V21)
    command = await platform.order("set_charging_profile", session_id=session["id"], charging_profile=profile)
    assert command["state"] == "accepted"
    said = dict(station.requests("SetChargingProfile")[-1]["chargingProfile"])
    assert said["transactionId"] == "tx-1"
    return said


def only_period(profile: dict[str, Any]) -> dict[str, Any]:
    (schedule,) = profile["chargingSchedule"]
    (period,) = schedule["chargingSchedulePeriod"]
    return dict(period)


# ---- K: what a profile of 2.1 says


async def test_tc_k_100_a_profile_says_how_long_it_holds_offline(platform: Platform, station: ScriptedStation) -> None:
    profile = a_profile(max_offline_duration=600, invalid_after_offline_duration=True)
    said = await set_at_evse(platform, station, profile)
    assert (said["maxOfflineDuration"], said["invalidAfterOfflineDuration"]) == (600, True)
    (shown,) = await platform.items("charging-profiles")
    assert shown["document"]["max_offline_duration"] == 600


async def test_tc_k_101_a_profile_changes_the_operation_mode(platform: Platform, station: ScriptedStation) -> None:
    for mode in ("ChargingOnly", "Idle"):
        profile = with_period(a_profile(), operation_mode=mode, limit=16.0)
        assert only_period(await set_at_evse(platform, station, profile))["operationMode"] == mode
    problem = await platform.order(
        "set_charging_profile", status=422, evse_number=1, charging_profile=with_period(a_profile(), operation_mode="?")
    )
    assert problem["errors"][0]["path"] == "$.charging_profile"


async def test_tc_k_102_a_profile_limits_from_a_state_of_charge_on(
    platform: Platform, station: ScriptedStation
) -> None:
    profile = with_schedule(a_profile(), limit_at_soc={"soc": 80, "limit": 6.0})
    said = await set_at_evse(platform, station, profile)
    assert said["chargingSchedule"][0]["limitAtSoC"] == {"soc": 80, "limit": 6.0}
    (shown,) = await platform.items("charging-profiles")
    assert shown["document"]["charging_schedule"][0]["limit_at_soc"] == {"soc": 80, "limit": 6.0}


async def test_tc_k_104_a_profile_for_priority_charging_is_set(platform: Platform, station: ScriptedStation) -> None:
    assert (await set_at_evse(platform, station, a_profile("PriorityCharging")))["chargingProfilePurpose"] == (
        "PriorityCharging"
    )
    session = await a_session(platform, station, V21)
    problem = await platform.order(
        "set_charging_profile", status=422, session_id=session["id"], charging_profile=a_profile("PriorityCharging")
    )
    assert problem["errors"][0]["path"] == "$.session_id"


async def test_tc_k_106_a_profile_is_delayed_at_random(platform: Platform, station: ScriptedStation) -> None:
    said = await set_at_evse(platform, station, with_schedule(a_profile(), randomized_delay=120))
    assert said["chargingSchedule"][0]["randomizedDelay"] == 120


async def test_tc_k_109_ids_that_a_station_keeps_for_limits_from_outside_are_not_used(
    platform: Platform, station: ScriptedStation
) -> None:
    await tells_variable(station, "SmartChargingCtrlr", "MaxExternalConstraintsId", "100")
    problem = await platform.order(
        "set_charging_profile", status=422, evse_number=1, charging_profile=a_profile(number=100)
    )
    assert problem["errors"][0]["path"] == "$.charging_profile.id"
    assert station.requests("SetChargingProfile") == []
    assert (await set_at_evse(platform, station, a_profile(number=101)))["id"] == 101


async def tells_variable(station: ScriptedStation, component: str, variable: str, value: str) -> None:
    told = {"component": {"name": component}, "variable": {"name": variable}, "variableAttribute": [{"value": value}]}
    report = {"requestId": 1, "generatedAt": AT, "seqNo": 0, "reportData": [told]}
    await station.call("NotifyReport", report)


# ---- K: cars of ISO 15118-20


async def limited(platform: Platform, station: ScriptedStation, limit: float) -> None:
    """The station as a whole gets a limit."""
    profile = a_profile("ChargingStationMaxProfile", number=1, periods=((0, limit),))
    await platform.order("set_charging_profile", charging_profile=profile)


async def plan_of(station: ScriptedStation, count: int) -> dict[str, Any]:
    """The profile for a car that is the so manieth profile of all."""
    said = await heard(station, "SetChargingProfile", count)
    assert said["chargingProfile"]["chargingProfilePurpose"] == "TxProfile"
    return said


async def test_tc_k_113_a_new_limit_leads_to_another_schedule(platform: Platform, station: ScriptedStation) -> None:
    await a_session(platform, station, V21)
    await limited(platform, station, 16.0)
    needs = needs_of_a_car(controlMode="ScheduledControl")
    assert await station.call("NotifyEVChargingNeeds", needs) == {"status": "Accepted"}
    first = await plan_of(station, 2)
    assert first["chargingProfile"]["chargingProfileKind"] == "Absolute"
    await limited(platform, station, 8.0)
    assert limits_in(await plan_of(station, 4)) == [8.0]


async def test_tc_k_114_a_car_that_discharges_negotiates_anew(platform: Platform, station: ScriptedStation) -> None:
    await a_session(platform, station, V21)
    needs = {"requestedEnergyTransfer": "AC_BPT", "controlMode": "ScheduledControl", "v2xChargingParameters": V2X}
    for count, power in ((1, 11000), (2, 7000)):
        needs["v2xChargingParameters"] = {**V2X, "maxChargePower": power}
        told = {"evseId": 1, "chargingNeeds": needs}
        assert await station.call("NotifyEVChargingNeeds", told) == {"status": "Accepted"}
        assert limits_in(await plan_of(station, count)) == [power]
    (shown,) = await platform.items("charging-needs", is_current=True)
    assert (shown["power_w_max"], shown["discharge_power_w_max"]) == (7000.0, -10000.0)
    assert shown["document"]["v2x_charging_parameters"]["target_soc"] == 80


async def test_tc_k_115_a_car_under_dynamic_control_gets_a_dynamic_profile(
    platform: Platform, station: ScriptedStation
) -> None:
    await a_session(platform, station, V21)
    await limited(platform, station, 16.0)
    needs = needs_of_a_car(controlMode="DynamicControl")
    assert await station.call("NotifyEVChargingNeeds", needs) == {"status": "Accepted"}
    profile = (await plan_of(station, 2))["chargingProfile"]
    assert profile["chargingProfileKind"] == "Dynamic"
    assert only_period(profile) == {"startPeriod": 0, "limit": 16.0}


async def test_tc_k_117_a_dynamic_profile_is_adjusted(platform: Platform, station: ScriptedStation) -> None:
    await a_session(platform, station, V21)
    await limited(platform, station, 16.0)
    await station.call("NotifyEVChargingNeeds", needs_of_a_car(controlMode="DynamicControl"))
    first = await plan_of(station, 2)
    await limited(platform, station, 9.0)
    again = await plan_of(station, 4)
    assert again["chargingProfile"]["id"] == first["chargingProfile"]["id"]
    assert limits_in(again) == [9.0]


async def test_tc_k_126_a_car_under_dynamic_control_that_nothing_limits_gets_no_profile(
    platform: Platform, station: ScriptedStation
) -> None:
    await a_session(platform, station, V21)
    needs = needs_of_a_car(controlMode="DynamicControl")
    assert await station.call("NotifyEVChargingNeeds", needs) == {"status": "NoChargingProfile"}
    (shown,) = await platform.items("charging-needs")
    assert (shown["status"], shown["plan"]) == ("NoChargingProfile", None)
    await limited(platform, station, 10.0)  # now there is something to say
    assert limits_in(await plan_of(station, 2)) == [10.0]


# ---- K: priority charging


async def test_tc_k_118_priority_charging_is_ordered_and_told(platform: Platform, station: ScriptedStation) -> None:
    session = await a_session(platform, station, V21)
    for word, state in (("NoProfile", "rejected"), ("Accepted", "accepted")):
        station.answers["UsePriorityCharging"] = {"status": word}
        command = await platform.order("use_priority_charging", session_id=session["id"])
        assert (command["state"], command["wire_status"]) == (state, word)
    assert station.requests("UsePriorityCharging") == [{"transactionId": "tx-1", "activate": True}] * 2
    (shown,) = await platform.items("priority-charging")
    assert (shown["transaction_id"], shown["is_active"], shown["is_ordered"]) == ("tx-1", True, True)
    told = {"transactionId": "tx-1", "activated": False}
    assert await station.call("NotifyPriorityCharging", told) == {}
    (shown,) = await platform.items("priority-charging")
    assert (shown["is_active"], shown["is_ordered"]) == (False, False)


# ---- K, Q: dynamic profiles


async def shown_period(platform: Platform) -> dict[str, Any]:
    """The only period of the only profile that is shown."""
    (shown,) = await platform.items("charging-profiles")
    ((period,),) = [schedule["charging_schedule_period"] for schedule in shown["document"]["charging_schedule"]]
    return dict(period)


async def put_values(platform: Platform, status: int = 200, profile_id: int = 7, **values: float) -> None:
    path = f"/charging-stations/{platform.station_id}/charging-profiles/{profile_id}/values"
    answer = await platform.api.put(path, json=values)
    assert answer.status_code == status, answer.text


async def test_tc_k_121_a_station_fetches_the_values_of_its_dynamic_profile(
    platform: Platform, station: ScriptedStation
) -> None:
    said = await set_for_session(platform, station, a_dynamic_profile(limit=16.0))
    assert (said["chargingProfileKind"], said["dynUpdateInterval"]) == ("Dynamic", 60)
    pull = {"chargingProfileId": 7}
    answer = await station.call("PullDynamicScheduleUpdate", pull)
    assert answer == {"status": "Accepted", "scheduleUpdate": {"limit": 16.0}}
    await put_values(platform, limit=11.0, limit_l2=9.0)
    answer = await station.call("PullDynamicScheduleUpdate", pull)
    assert answer == {"status": "Accepted", "scheduleUpdate": {"limit": 11.0, "limit_L2": 9.0}}
    (shown,) = await platform.items("charging-profiles")
    assert shown["pulled_at"] is not None
    await limited(platform, station, 10.0)  # never more than the station may draw
    answer = await station.call("PullDynamicScheduleUpdate", pull)
    assert answer["scheduleUpdate"] == {"limit": 10.0, "limit_L2": 9.0}
    assert await station.call("PullDynamicScheduleUpdate", {"chargingProfileId": 8}) == {"status": "Rejected"}
    await put_values(platform, status=404, profile_id=8, limit=1.0)


async def test_a_dynamic_profile_has_one_period(platform: Platform, station: ScriptedStation) -> None:
    profile = a_profile(kind="Dynamic", periods=((0, 16.0), (60, 6.0)))
    problem = await platform.order("set_charging_profile", status=422, evse_number=1, charging_profile=profile)
    assert problem["errors"][0]["path"] == "$.charging_profile.charging_schedule"


async def test_tc_q_103_a_car_that_may_not_discharge_is_refused(platform: Platform, station: ScriptedStation) -> None:
    token = {"value": "V2X-CARD", "energy_transfer_modes": ["AC_single_phase", "AC_three_phase"]}
    made = await platform.api.post("/id-tokens", json=token)
    assert made.status_code == 201, made.text
    shown_token = {"idToken": "V2X-CARD", "type": "ISO14443"}
    answer = await station.call("Authorize", {"idToken": shown_token})
    assert answer["allowedEnergyTransfer"] == ["AC_single_phase", "AC_three_phase"]
    event = {"eventType": "Started", "timestamp": AT, "triggerReason": "Authorized", "seqNo": 0}
    event |= {"transactionInfo": {"transactionId": "tx-1"}, "evse": {"id": 1, "connectorId": 1}}
    await station.call("TransactionEvent", event | {"idToken": shown_token})
    wanted = {"requestedEnergyTransfer": "AC_BPT", "v2xChargingParameters": V2X}
    answer = await station.call("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": wanted})
    assert answer == {"status": "Rejected"}
    (shown,) = await platform.items("charging-needs")
    assert (shown["status"], shown["transfer_mode"]) == ("Rejected", "AC_BPT")
    assert await station.call("NotifyEVChargingNeeds", needs_of_a_car()) == {"status": "Accepted"}


async def test_tc_q_108_a_car_discharges_by_a_schedule(platform: Platform, station: ScriptedStation) -> None:
    profile = with_schedule(
        a_profile("TxProfile"),
        charging_rate_unit="W",
        charging_schedule_period=[
            {"start_period": 0, "operation_mode": "CentralSetpoint", "setpoint": -5000.0},
            {"start_period": 1800, "operation_mode": "CentralSetpoint", "setpoint": 7000.0},
        ],
    )
    said = await set_for_session(platform, station, profile)
    assert said["chargingSchedule"][0]["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": -5000.0},
        {"startPeriod": 1800, "operationMode": "CentralSetpoint", "setpoint": 7000.0},
    ]
    wanted = {"requestedEnergyTransfer": "AC_BPT", "v2xChargingParameters": V2X}
    answer = await station.call("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": wanted})
    assert answer == {"status": "Accepted"}
    assert (await heard(station, "SetChargingProfile", 2))["chargingProfile"] == said


async def pushed(platform: Platform, station: ScriptedStation, **values: float) -> dict[str, Any]:
    """What the station hears of new values."""
    command = await platform.order("update_dynamic_schedule", charging_profile_id=7, values=values)
    assert (command["state"], command["effect"]) == ("accepted", "done")
    return station.requests("UpdateDynamicSchedule")[-1]


async def test_tc_q_109_a_setpoint_is_pushed(platform: Platform, station: ScriptedStation) -> None:
    said = await set_for_session(
        platform, station, a_dynamic_profile(operation_mode="CentralSetpoint", setpoint=1000.0)
    )
    assert only_period(said) == {"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": 1000.0}
    assert await pushed(platform, station, setpoint=-4000.0, setpoint_l2=-1000.0) == {
        "chargingProfileId": 7,
        "scheduleUpdate": {"setpoint": -4000.0, "setpoint_L2": -1000.0},
    }
    period = await shown_period(platform)
    assert (period["setpoint"], period["setpoint_l2"], period["operation_mode"]) == (
        -4000.0,
        -1000.0,
        "CentralSetpoint",
    )
    station.answers["UpdateDynamicSchedule"] = {"status": "Rejected"}
    command = await platform.order("update_dynamic_schedule", charging_profile_id=7, values={"setpoint": 1.0})
    assert command["state"] == "rejected"
    assert (await shown_period(platform))["setpoint"] == -4000.0


async def test_tc_q_110_a_setpoint_is_fetched(platform: Platform, station: ScriptedStation) -> None:
    await set_for_session(platform, station, a_dynamic_profile(operation_mode="CentralSetpoint", setpoint=1000.0))
    await put_values(platform, setpoint=-3000.0)
    answer = await station.call("PullDynamicScheduleUpdate", {"chargingProfileId": 7})
    assert answer == {"status": "Accepted", "scheduleUpdate": {"setpoint": -3000.0}}


async def external_mode(platform: Platform, station: ScriptedStation, mode: str, **period: float) -> None:
    """A profile hands an EVSE over to somebody at the site, who then limits it."""
    said = await set_for_session(platform, station, with_period(a_profile("TxProfile"), operation_mode=mode))
    assert only_period(said) == {"startPeriod": 0, "operationMode": mode}
    schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, **period}]}
    limit = {"evseId": 1, "chargingLimit": {"chargingLimitSource": "EMS"}, "chargingSchedule": [schedule]}
    assert await station.call("NotifyChargingLimit", limit) == {}


async def test_tc_q_111_a_setpoint_comes_from_outside(platform: Platform, station: ScriptedStation) -> None:
    await external_mode(platform, station, "ExternalSetpoint", setpoint=-2000.0)
    (shown,) = await platform.items("charging-limits", is_current=True)
    assert shown["schedules"][0]["charging_schedule_period"] == [{"start_period": 0, "setpoint": -2000.0}]


async def test_tc_q_112_limits_come_from_outside(platform: Platform, station: ScriptedStation) -> None:
    await external_mode(platform, station, "ExternalLimits", limit=7000.0, dischargeLimit=-3000.0)
    (shown,) = await platform.items("charging-limits", is_current=True)
    assert shown["schedules"][0]["charging_schedule_period"] == [
        {"start_period": 0, "limit": 7000.0, "discharge_limit": -3000.0}
    ]


async def test_tc_q_117_frequency_is_supported_by_pushed_setpoints(
    platform: Platform, station: ScriptedStation
) -> None:
    profile = a_dynamic_profile(operation_mode="CentralFrequency", setpoint=0.0, limit=11000.0, discharge_limit=-9000.0)
    said = only_period(await set_for_session(platform, station, profile))
    assert (said["operationMode"], said["dischargeLimit"]) == ("CentralFrequency", -9000.0)
    for setpoint in (-2500.0, 2500.0):
        update = (await pushed(platform, station, setpoint=setpoint))["scheduleUpdate"]
        assert update == {"setpoint": setpoint}
        assert (await shown_period(platform))["setpoint"] == setpoint


async def test_tc_q_121_frequency_is_supported_by_the_station(platform: Platform, station: ScriptedStation) -> None:
    curve = [{"frequency": 49.8, "power": -9000.0}, {"frequency": 50.2, "power": 11000.0}]
    period = {"operation_mode": "LocalFrequency", "v2x_baseline": 0.0, "v2x_freq_watt_curve": curve}
    said = only_period(await set_for_session(platform, station, with_period(a_profile("TxProfile"), **period)))
    assert said == {
        "startPeriod": 0,
        "operationMode": "LocalFrequency",
        "v2xBaseline": 0.0,
        "v2xFreqWattCurve": curve,
    }
    assert (await shown_period(platform))["v2x_freq_watt_curve"] == curve


async def test_tc_q_124_a_station_balances_its_load(platform: Platform, station: ScriptedStation) -> None:
    period = {"operation_mode": "LocalLoadBalancing", "limit": 11000.0, "discharge_limit": -9000.0}
    said = only_period(await set_for_session(platform, station, with_period(a_profile("TxProfile"), **period)))
    assert said["operationMode"] == "LocalLoadBalancing"
    wanted = {"requestedEnergyTransfer": "AC_BPT", "v2xChargingParameters": V2X}
    answer = await station.call("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": wanted})
    assert answer == {"status": "Accepted"}
    again = await heard(station, "SetChargingProfile", 2)
    assert only_period(again["chargingProfile"]) == said

    async def is_kept() -> bool:
        (needs,) = await platform.items("charging-needs")
        return bool(needs["plan_status"] == "Accepted")

    await eventually(is_kept)

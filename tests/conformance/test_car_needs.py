"""Cases of certification: cars that say what they need, and get a schedule (K15-K17 of 2.0.1, also played in 2.1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from builders import eventually
from conformance.charging_cases import (
    a_profile,
    a_session,
    heard,
    limits_in,
    needs_of_a_car,
    schedule_of_a_car,
)
from conformance.device_model_stations import Platform, ScriptedStation
from e2e.server_process import ServerProcess

both = pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])


@pytest.fixture
async def platform(whole_platform: ServerProcess, key: str) -> AsyncIterator[Platform]:
    async with httpx.AsyncClient(
        base_url=whole_platform.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
    ) as api:
        yield Platform(whole_platform, api)


async def limited(platform: Platform, station: ScriptedStation, limit: float) -> None:
    """The station as a whole gets a limit."""
    station.answers["SetChargingProfile"] = {"status": "Accepted"}
    profile = a_profile("ChargingStationMaxProfile", number=1, periods=((0, limit),))
    await platform.order("set_charging_profile", charging_profile=profile)


async def planned(platform: Platform, station: ScriptedStation, count: int) -> dict[str, Any]:
    """The plan that the station hears of as its so manieth profile; when it is shown as accepted."""
    payload = await heard(station, "SetChargingProfile", count)

    async def is_kept() -> bool:
        (needs,) = await platform.items("charging-needs", is_current=True)
        return bool(needs["plan_status"] == "Accepted" and needs["plan"]["id"] == payload["chargingProfile"]["id"])

    await eventually(is_kept)
    return payload


@both
async def test_tc_k_53_a_car_gets_a_schedule_for_its_needs(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        await a_session(platform, station, protocol)
        await limited(platform, station, 16.0)
        assert await station.call("NotifyEVChargingNeeds", needs_of_a_car()) == {"status": "Accepted"}
        said = await planned(platform, station, 2)
        profile = said["chargingProfile"]
        assert said["evseId"] == 1
        assert (profile["chargingProfilePurpose"], profile["transactionId"]) == ("TxProfile", "tx-1")
        assert profile["chargingSchedule"][0]["chargingRateUnit"] == "A"
        assert limits_in(said) == [16.0]
        assert await station.call("NotifyEVChargingSchedule", schedule_of_a_car(16.0)) == {"status": "Accepted"}
        (needs,) = await platform.items("charging-needs")
        assert (needs["status"], needs["energy_wh"], needs["current_a_max"]) == ("Accepted", 20000, 32.0)
        (schedule,) = await platform.items("car-schedules")
        assert schedule["is_within_limits"]


@both
async def test_tc_k_55_a_car_that_wants_too_much_is_refused_and_gets_another_schedule(
    platform: Platform, protocol: str
) -> None:
    async with platform.station(protocol) as station:
        await a_session(platform, station, protocol)
        await limited(platform, station, 16.0)
        await station.call("NotifyEVChargingNeeds", needs_of_a_car())
        first = await planned(platform, station, 2)
        assert await station.call("NotifyEVChargingSchedule", schedule_of_a_car(20.0)) == {"status": "Rejected"}
        again = await heard(station, "SetChargingProfile", 3)
        assert again["chargingProfile"]["id"] == first["chargingProfile"]["id"]
        assert limits_in(again) == [16.0]
        # The same in watts: 20 A of three phases.
        assert await station.call("NotifyEVChargingSchedule", schedule_of_a_car(13800.0, "W")) == {"status": "Rejected"}
        assert [each["is_within_limits"] for each in await platform.items("car-schedules")] == [False, False]


@both
async def test_tc_k_57_a_car_that_has_other_needs_gets_another_schedule(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        await a_session(platform, station, protocol)
        await limited(platform, station, 16.0)
        await station.call("NotifyEVChargingNeeds", needs_of_a_car())
        first = await planned(platform, station, 2)
        assert await station.call("NotifyEVChargingNeeds", needs_of_a_car(current_a=8)) == {"status": "Accepted"}
        second = await planned(platform, station, 3)
        assert first["chargingProfile"]["id"] == second["chargingProfile"]["id"]
        assert (limits_in(first), limits_in(second)) == ([16.0], [8.0])
        assert await station.call("NotifyEVChargingSchedule", schedule_of_a_car(8.0)) == {"status": "Accepted"}


@both
async def test_tc_k_58_a_new_limit_leads_to_another_schedule(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        await a_session(platform, station, protocol)
        await limited(platform, station, 16.0)
        await station.call("NotifyEVChargingNeeds", needs_of_a_car())
        await planned(platform, station, 2)
        await limited(platform, station, 10.0)
        again = await heard(station, "SetChargingProfile", 4)
        assert (again["chargingProfile"]["chargingProfilePurpose"], limits_in(again)) == ("TxProfile", [10.0])
        assert await station.call("NotifyEVChargingSchedule", schedule_of_a_car(10.0)) == {"status": "Accepted"}
        limit = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}]}
        outside = {"chargingLimit": {"chargingLimitSource": "SO"}, "chargingSchedule": [limit]}
        await station.call("NotifyChargingLimit", outside)
        assert limits_in(await heard(station, "SetChargingProfile", 5)) == [6.0]


@both
async def test_tc_k_59_needs_after_our_profile_are_answered_by_that_profile(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        session = await a_session(platform, station, protocol)
        station.answers["SetChargingProfile"] = {"status": "Accepted"}
        profile = a_profile("TxProfile", number=9, kind="Relative", periods=((0, 12.0),))
        await platform.order("set_charging_profile", session_id=session["id"], charging_profile=profile)
        assert await station.call("NotifyEVChargingNeeds", needs_of_a_car()) == {"status": "Accepted"}
        again = await heard(station, "SetChargingProfile", 2)
        assert again == station.requests("SetChargingProfile")[0]


@both
async def test_a_limit_that_is_cleared_leads_to_another_schedule(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        await a_session(platform, station, protocol)
        await limited(platform, station, 16.0)
        await station.call("NotifyEVChargingNeeds", needs_of_a_car())
        first = await planned(platform, station, 2)
        station.answers["ClearChargingProfile"] = {"status": "Accepted"}
        await platform.order("clear_charging_profile", purpose="ChargingStationMaxProfile")
        assert limits_in(await planned(platform, station, 3)) == [32.0]
        await platform.order("clear_charging_profile", charging_profile_id=first["chargingProfile"]["id"])
        assert await platform.items("charging-profiles") == []  # and what was cleared on purpose stays away
        (needs,) = await platform.items("charging-needs")
        assert needs["is_current"]


@both
async def test_needs_that_are_said_again_are_answered_alike(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        needs = needs_of_a_car()
        answers = [await station.call("NotifyEVChargingNeeds", needs, message_id="again") for _ in range(2)]
        assert answers == [{"status": "Processing"}] * 2
        assert len(await platform.items("charging-needs")) == 1


@both
async def test_needs_before_their_transaction_are_worked_on(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        assert await station.call("NotifyEVChargingNeeds", needs_of_a_car()) == {"status": "Processing"}
        (needs,) = await platform.items("charging-needs")
        assert (needs["status"], needs["session_id"], needs["plan"]) == ("Processing", None, None)


@both
async def test_direct_current_is_planned_in_watts(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        await a_session(platform, station, protocol)
        await limited(platform, station, 100.0)  # 69 kW
        dc = {"evMaxCurrent": 200, "evMaxVoltage": 400, "stateOfCharge": 20}
        needs = {"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "DC", "dcChargingParameters": dc}}
        assert await station.call("NotifyEVChargingNeeds", needs) == {"status": "Accepted"}
        said = await planned(platform, station, 2)
        assert said["chargingProfile"]["chargingSchedule"][0]["chargingRateUnit"] == "W"
        assert limits_in(said) == [69000.0]
        (shown,) = await platform.items("charging-needs")
        assert (shown["power_w_max"], shown["soc_percent"]) == (80000.0, 20.0)


@both
async def test_a_station_that_refuses_a_plan_is_shown_with_its_word(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        await a_session(platform, station, protocol)
        station.answers["SetChargingProfile"] = {"status": "Rejected"}
        await station.call("NotifyEVChargingNeeds", needs_of_a_car())
        await heard(station, "SetChargingProfile")

        async def is_told() -> bool:
            (needs,) = await platform.items("charging-needs")
            return bool(needs["plan_status"] == "Rejected")

        await eventually(is_told)

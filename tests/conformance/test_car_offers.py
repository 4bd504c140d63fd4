"""Cars that stay longer than they need are offered cheap and green hours beside the fastest schedule (K15.FR.07, .21, .22)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from builders import ClientOf, MakeRuntime, eventually
from conformance.network21 import Platform21, event, platform_21
from voltway.kernel import clock

LEAVES_IN_H = 20


@pytest.fixture
async def platform(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[Platform21]:
    hour = clock.now().hour
    in_so_many_h = [(at - hour) % 24 for at in range(24)]
    hours = {
        "price_by_hour": [1.0 if ahead in (5, 6) else 9.0 for ahead in in_so_many_h],
        "carbon_by_hour": [1.0 if ahead in (10, 11) else 9.0 for ahead in in_so_many_h],
    }
    async with platform_21(make_runtime, client_of, {"energy": hours}) as made:
        yield made


def needs(leaves_at: str | None) -> dict[str, Any]:
    ac = {"energyAmount": 10000, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 400}
    wanted = {"requestedEnergyTransfer": "AC_three_phase", "acChargingParameters": ac}
    return {
        "evseId": 1,
        "maxScheduleTuples": 12,
        "chargingNeeds": wanted | ({"departureTime": leaves_at} if leaves_at else {}),
    }


@pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
async def test_k15_fr_07_a_car_that_stays_can_choose_from_three_schedules(platform: Platform21, protocol: str) -> None:
    station = await platform.station(protocol=protocol)
    await station.say("TransactionEvent", event("Started", 0))
    leaves_at = clock.to_rfc3339(clock.now() + timedelta(hours=LEAVES_IN_H))
    assert await station.say("NotifyEVChargingNeeds", needs(leaves_at)) == {"status": "Accepted"}
    told = await station.heard("SetChargingProfile", {"status": "Accepted"})
    profile = told["chargingProfile"]
    assert (profile["chargingProfilePurpose"], profile["transactionId"]) == ("TxProfile", "T-1")
    fastest, cheapest, greenest = profile["chargingSchedule"]
    assert [schedule["id"] for schedule in profile["chargingSchedule"]] == [1, 2, 3]
    assert [period["limit"] for period in fastest["chargingSchedulePeriod"]] == [32.0]
    for schedule, ahead in ((cheapest, 5), (greenest, 10)):
        idle, charging, over = schedule["chargingSchedulePeriod"]
        assert (idle["limit"], charging["limit"], over["limit"]) == (0.0, 32.0, 0.0)
        assert (ahead - 1) * 3600 < charging["startPeriod"] <= ahead * 3600
        hours = (over["startPeriod"] - charging["startPeriod"]) / 3600
        assert hours * 32 * 690 >= 10_000  # what the car has asked for
    # What the car says it will do is held against the schedule that it has chosen.
    own = {
        "id": 2,
        "chargingRateUnit": "A",
        "duration": 3600,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 32.0}],
    }
    plan = {"evseId": 1, "timeBase": clock.to_rfc3339(clock.now()), "chargingSchedule": own}
    choice = {"selectedChargingScheduleId": 2} if protocol == "ocpp2.1" else {}
    answer = await station.say("NotifyEVChargingSchedule", plan | choice)
    assert answer["status"] == ("Rejected" if choice else "Accepted")  # nothing is allowed in this hour


async def test_k15_fr_18_a_car_that_does_not_say_when_it_leaves_gets_one_schedule(platform: Platform21) -> None:
    station = await platform.station()
    await station.say("TransactionEvent", event("Started", 0))
    await station.say("NotifyEVChargingNeeds", needs(None))
    told = await station.heard("SetChargingProfile", {"status": "Accepted"})
    (only,) = told["chargingProfile"]["chargingSchedule"]
    assert [period["limit"] for period in only["chargingSchedulePeriod"]] == [32.0]


async def test_a_car_waits_for_its_share_of_a_location_and_gets_no_plan_that_would_keep_it_out(
    platform: Platform21,
) -> None:
    station = await platform.station()
    await station.say("TransactionEvent", event("Started", 0))
    default = {
        "id": 1,
        "stack_level": 0,
        "charging_profile_purpose": "TxDefaultProfile",
        "charging_profile_kind": "Relative",
        "charging_schedule": [
            {"id": 1, "charging_rate_unit": "A", "charging_schedule_period": [{"start_period": 0, "limit": 0}]}
        ],
    }
    await station.ordered(
        "set_charging_profile", "SetChargingProfile", {"status": "Accepted"}, charging_profile=default
    )
    await station.say("NotifyEVChargingNeeds", needs(None))

    async def is_waiting() -> bool:
        (shown,) = await station.items("charging-needs")
        return bool(shown["plan_status"] == "waiting_for_share")

    await eventually(is_waiting)
    share = {**default, "id": 2, "charging_profile_purpose": "TxProfile"}
    share["charging_schedule"] = [
        {**default["charging_schedule"][0], "charging_schedule_period": [{"start_period": 0, "limit": 10}]}
    ]  # type: ignore[index,dict-item]
    (session,) = (await platform.client.get("/sessions")).json()["items"]
    heard, _ = await station.ordered(
        "set_charging_profile",
        "SetChargingProfile",
        {"status": "Accepted"},
        charging_profile=share,
        session_id=session["id"],
    )
    assert heard["chargingProfile"]["id"] == 2  # and not a plan of nothing before it
    (shown,) = await station.items("charging-needs")
    assert shown["plan"] is None

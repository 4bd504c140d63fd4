"""A location's limit in W counts phases: those that feed an EVSE, and those that a car uses (K01.FR.43, .50)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from builders import ClientOf, MakeRuntime
from conformance.network21 import Platform21, Station, event, platform_21
from voltway.kernel import clock
from voltway.modules.allocation import sharing

LIMIT_W = 11_040.0
ACCEPTED = {"status": "Accepted"}


@pytest.fixture
async def platform(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[Platform21]:
    async with platform_21(make_runtime, client_of, {}) as made:
        yield made


async def a_location(platform: Platform21) -> str:
    made = await platform.client.post("/locations", json={"name": "Yard", "time_zone": "UTC"})
    location_id = str(made.json()["id"])
    limit = {"unit": "W", "limit": LIMIT_W}
    assert (await platform.client.put(f"/locations/{location_id}/limit", json=limit)).status_code == 200
    return location_id


async def told(station: Station, answer: Any = ACCEPTED) -> tuple[str, float, int]:
    """The next profile: purpose, limit, phases."""
    profile = (await station.heard("SetChargingProfile", answer))["chargingProfile"]
    (schedule,) = profile["chargingSchedule"]
    (period,) = schedule["chargingSchedulePeriod"]
    assert schedule["chargingRateUnit"] == "W"
    return profile["chargingProfilePurpose"], period["limit"], period["numberPhases"]


async def defaults(station: Station) -> None:
    assert [(await told(station))[0] for _ in range(2)] == ["TxDefaultProfile", "ChargingStationMaxProfile"]


def draws(*amperes: float) -> list[dict[str, Any]]:
    values = [
        {"value": value, "measurand": "Current.Import", "phase": f"L{number}", "unitOfMeasure": {"unit": "A"}}
        for number, value in enumerate(amperes, 1)
    ]
    return [{"timestamp": clock.to_rfc3339(clock.now()), "sampledValue": values}]


async def test_an_evse_that_is_fed_by_one_phase_counts_with_one(platform: Platform21) -> None:
    location_id = await a_location(platform)
    three = await platform.station("THREE", location_id=location_id)
    await defaults(three)
    one = await platform.station("ONE", location_id=location_id)
    await defaults(one)
    supply = {
        "component": {"name": "EVSE", "evse": {"id": 1}},
        "variable": {"name": "SupplyPhases"},
        "variableAttribute": [{"value": "1"}],
    }
    report = {"requestId": 1, "generatedAt": "2026-05-01T12:00:00Z", "seqNo": 0, "reportData": [supply]}
    await one.say("NotifyReport", report)
    await three.say("TransactionEvent", event("Started", 0))
    assert await told(three) == ("TxProfile", LIMIT_W, 3)
    await one.say("TransactionEvent", event("Started", 0))
    assert await told(three) == ("TxProfile", 8_280.0, 3)  # 12 A on three phases
    assert await told(one) == ("TxProfile", 2_760.0, 1)  # 12 A on one


async def test_a_car_that_uses_one_phase_is_found_by_what_is_measured(platform: Platform21) -> None:
    location_id = await a_location(platform)
    first = await platform.station("FIRST", location_id=location_id)
    await defaults(first)
    second = await platform.station("SECOND", location_id=location_id)
    await defaults(second)
    await first.say("TransactionEvent", event("Started", 0))
    assert await told(first) == ("TxProfile", LIMIT_W, 3)
    await second.say("TransactionEvent", event("Started", 0))
    assert await told(first) == ("TxProfile", 5_520.0, 3)
    assert await told(second) == ("TxProfile", 5_520.0, 3)
    await second.say("TransactionEvent", event("Updated", 1, meterValue=draws(8.0, 0.1, 0.0)))
    await sharing.look_at_phases(platform.runtime)
    assert await told(second) == ("TxProfile", 2_760.0, 1)  # less first
    assert await told(first) == ("TxProfile", 8_280.0, 3)
    await second.say("TransactionEvent", event("Updated", 2, meterValue=draws(8.0, 8.0, 8.0)))
    await sharing.look_at_phases(platform.runtime)
    assert await told(first) == ("TxProfile", 5_520.0, 3)
    assert await told(second) == ("TxProfile", 5_520.0, 3)


async def test_k01_fr_43_a_station_that_cannot_keep_to_one_phase_is_told_all_of_them(platform: Platform21) -> None:
    location_id = await a_location(platform)
    station = await platform.station(location_id=location_id)
    await defaults(station)
    await station.say("TransactionEvent", event("Started", 0))
    assert await told(station) == ("TxProfile", LIMIT_W, 3)
    await station.say("TransactionEvent", event("Updated", 1, meterValue=draws(16.0, 0.1, 0.0)))
    await sharing.look_at_phases(platform.runtime)
    limit = {"unit": "W", "limit": 6_900.0}
    await platform.client.put(f"/locations/{location_id}/limit", json=limit)
    await defaults(station)
    assert await told(station, {"status": "Rejected"}) == ("TxProfile", 6_900.0, 1)
    await platform.client.put(f"/locations/{location_id}/limit", json=limit)
    assert await told(station) == ("TxProfile", 6_900.0, 3)

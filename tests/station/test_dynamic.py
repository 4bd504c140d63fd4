"""Dynamic limits of OCPP 2.1: set, changed by the CSMS, and asked for by the station."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from voltway.station.ocpp.vocabulary import EvseState, IdToken
from voltway.station.simulator.car import CAR_MODELS
from voltway.station.simulator.control import SimulatedControl
from voltway.station.simulator.evse import PluggedCar

from .fake_csms import FakeCsms, Launch, until  # noqa: TID252  (tests are not installed)


async def charging(launch: Launch) -> SimulatedControl:
    control = (await launch("ocpp2.1")).fleet.stations[0].evses[0]
    await until(lambda: control.station.is_online, "the boot is accepted")
    control.plug(PluggedCar(CAR_MODELS["saloon"], 20.0))
    control.present(IdToken("TOKEN-1"))
    await until(lambda: control.state is EvseState.CHARGING, "it charges")
    return control


def a_profile(limit_a: float = 10, **terms: Any) -> dict[str, Any]:
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit_a}]}
    said = {
        "id": 7,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Dynamic",
        "chargingSchedule": [schedule],
    }
    return {"evseId": 1, "chargingProfile": said | terms}


def draws(control: SimulatedControl, current_a: float) -> bool:
    control.hardware.advance(control.station.clock.now())
    return control.hardware.power_w == pytest.approx(current_a * 3 * 230, rel=1e-3)


async def test_a_dynamic_limit_holds_and_changes_when_the_csms_says_so(csms: FakeCsms, launch: Launch) -> None:
    control = await charging(launch)
    assert (await csms.ask("SetChargingProfile", a_profile()))["status"] == "Accepted"
    await until(lambda: draws(control, 10), "10 A")
    update = {"chargingProfileId": 7, "scheduleUpdate": {"limit": 8}}
    assert (await csms.ask("UpdateDynamicSchedule", update))["status"] == "Accepted"
    await until(lambda: draws(control, 8), "8 A")
    for wrong in (
        {"chargingProfileId": 8, "scheduleUpdate": {"limit": 8}},
        {"chargingProfileId": 7, "scheduleUpdate": {"setpoint": 8}},
        {"chargingProfileId": 7, "scheduleUpdate": {"limit": 8, "limit_L2": 6}},
    ):
        assert (await csms.ask("UpdateDynamicSchedule", wrong))["status"] == "Rejected"
    assert (await csms.ask("ClearChargingProfile", {"chargingProfileId": 7}))["status"] == "Accepted"
    assert (await csms.ask("UpdateDynamicSchedule", update))["status"] == "Rejected"
    await until(lambda: draws(control, 16), "all that the car takes")


async def test_a_station_asks_for_the_value_at_its_interval(csms: FakeCsms, launch: Launch) -> None:
    control, values = await charging(launch), iter([9, 12])

    def answer(identity: str, payload: dict[str, Any]) -> object:
        assert payload == {"chargingProfileId": 7}
        value = next(values, None)
        return {"status": "Rejected"} if value is None else {"status": "Accepted", "scheduleUpdate": {"limit": value}}

    csms.answers["PullDynamicScheduleUpdate"] = answer
    assert (await csms.ask("SetChargingProfile", a_profile(dynUpdateInterval=60)))["status"] == "Accepted"
    await until(lambda: draws(control, 9), "the first value")
    await until(lambda: draws(control, 12), "the second")
    await until(lambda: len(csms.payloads("PullDynamicScheduleUpdate")) > 3, "it goes on asking")
    assert draws(control, 12), "no value changes nothing"
    await csms.ask("ClearChargingProfile", {"chargingProfileId": 7})


async def test_what_is_no_dynamic_limit_is_rejected(csms: FakeCsms, launch: Launch) -> None:
    await charging(launch)
    two = [{"startPeriod": 0, "limit": 10}, {"startPeriod": 60, "limit": 8}]
    for schedule in (
        {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": two},
        {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": two[:1], "startSchedule": "2026-01-01T00:00:00Z"},
    ):
        order = a_profile(chargingSchedule=[schedule])
        assert (await csms.ask("SetChargingProfile", order))["status"] == "Rejected"
    nameless = a_profile(chargingProfilePurpose="TxProfile")
    assert (await csms.ask("SetChargingProfile", nameless))["status"] == "Rejected"


# ---- limits that end while the station is offline (K01: maxOfflineDuration, invalidAfterOfflineDuration)


def a_default(**terms: Any) -> dict[str, Any]:
    return a_profile(chargingProfileKind="Relative", **terms)


async def test_a_limit_ends_when_the_station_is_offline_for_too_long_and_holds_again_when_it_is_back(
    csms: FakeCsms, launch: Launch
) -> None:
    control = await charging(launch)
    station = control.station
    assert (await csms.ask("SetChargingProfile", a_default(maxOfflineDuration=120)))["status"] == "Accepted"
    await until(lambda: draws(control, 10), "10 A")
    station.link.drop(3600)
    went_away = station.clock.now()
    assert station.limit_w(1, went_away + timedelta(seconds=100)) == pytest.approx(10 * 3 * 230)
    await until(lambda: draws(control, 16), "all that the car takes")
    assert station.clock.now() - went_away >= timedelta(seconds=120)
    assert [limit.profile_id for limit in station.limits] == [7]
    station.link.hurry()
    await until(lambda: draws(control, 10), "10 A again")


async def test_a_limit_that_is_invalid_after_its_time_offline_is_forgotten(csms: FakeCsms, launch: Launch) -> None:
    control = await charging(launch)
    station = control.station
    for terms in (
        {"maxOfflineDuration": 120, "invalidAfterOfflineDuration": True},
        {"id": 8, "stackLevel": 1, "maxOfflineDuration": 400, "invalidAfterOfflineDuration": True},
    ):
        assert (await csms.ask("SetChargingProfile", a_default(**terms)))["status"] == "Accepted"
    station.link.drop(3600)
    await until(lambda: [limit.profile_id for limit in station.limits] == [8], "the first is gone")
    assert draws(control, 10)
    await until(lambda: not station.limits, "both are")
    await until(lambda: draws(control, 16), "all that the car takes")
    station.link.hurry()
    await until(lambda: station.is_online, "it is back")
    assert (await csms.ask("ClearChargingProfile", {"chargingProfileId": 7}))["status"] == "Unknown"


async def test_a_short_time_offline_ends_nothing(csms: FakeCsms, launch: Launch) -> None:
    control = await charging(launch)
    station = control.station
    await csms.ask("SetChargingProfile", a_default(maxOfflineDuration=3600, invalidAfterOfflineDuration=True))
    station.link.drop(0.2)
    await until(lambda: not station.is_online, "it is away")
    await until(lambda: station.is_online, "it is back")
    station.link.drop(3600)  # the time before does not count
    assert station.offline_s(station.clock.now()) < 3600
    assert len(station.limits) == 1

"""Cases of certification: charging profiles set, replaced, cleared and asked back (1.6 and block K of 2.0.1, also played in 2.1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from conformance.charging_cases import AT, a_profile, a_session
from conformance.device_model_stations import Platform
from e2e.server_process import ServerProcess

V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"
both = pytest.mark.parametrize("protocol", [V201, V21])


@pytest.fixture
async def platform(whole_platform: ServerProcess, key: str) -> AsyncIterator[Platform]:
    async with httpx.AsyncClient(
        base_url=whole_platform.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
    ) as api:
        yield Platform(whole_platform, api)


# ---- OCPP 1.6


async def test_tc_056_a_default_profile_is_set_at_a_connector(platform: Platform) -> None:
    async with platform.station(V16) as station:
        station.answers["SetChargingProfile"] = {"status": "Accepted"}
        command = await platform.order("set_charging_profile", evse_number=1, charging_profile=a_profile())
        assert (command["state"], command["effect"]) == ("accepted", "done")
        (said,) = station.requests("SetChargingProfile")
        assert said["connectorId"] == 1
        assert said["csChargingProfiles"]["chargingProfilePurpose"] == "TxDefaultProfile"
        assert said["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"] == [
            {"startPeriod": 0, "limit": 16.0}
        ]


async def test_tc_057_a_profile_of_a_session_names_its_transaction(platform: Platform) -> None:
    async with platform.station(V16) as station:
        session = await a_session(platform, station, V16)
        station.answers["SetChargingProfile"] = {"status": "Accepted"}
        profile = a_profile("TxProfile", kind="Relative", periods=((0, 16.0), (600, 6.0)))
        command = await platform.order("set_charging_profile", session_id=session["id"], charging_profile=profile)
        assert command["state"] == "accepted"
        (said,) = station.requests("SetChargingProfile")
        assert said["connectorId"] == 1
        assert str(said["csChargingProfiles"]["transactionId"]) == session["transaction_id"]


async def test_tc_059_a_remote_start_carries_its_profile(platform: Platform) -> None:
    async with platform.station(V16) as station:
        station.answers["RemoteStartTransaction"] = {"status": "Accepted"}
        profile = a_profile("TxProfile", kind="Relative")
        command = await platform.order("start_transaction", id_token="FREE", evse_number=1, charging_profile=profile)
        assert command["state"] == "accepted"
        (said,) = station.requests("RemoteStartTransaction")
        assert said["chargingProfile"]["chargingProfilePurpose"] == "TxProfile"


async def test_tc_066_the_composite_schedule_is_told(platform: Platform) -> None:
    async with platform.station(V16) as station:
        schedule = {
            "duration": 300,
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}],
        }
        station.answers["GetCompositeSchedule"] = {
            "status": "Accepted",
            "connectorId": 1,
            "scheduleStart": AT,
            "chargingSchedule": schedule,
        }
        command = await platform.order("get_composite_schedule", evse_number=1, duration_s=300, unit="A")
        assert station.requests("GetCompositeSchedule") == [
            {"connectorId": 1, "duration": 300, "chargingRateUnit": "A"}
        ]
        assert command["result"] == {
            "schedule_start": AT,
            "duration_s": 300,
            "unit": "A",
            "periods": [{"start_s": 0, "limit": 10.0, "number_phases": None}],
        }


@pytest.mark.parametrize(("word", "state"), [("Accepted", "accepted"), ("Unknown", "rejected")])
async def test_tc_067_profiles_are_cleared_by_what_they_are(platform: Platform, word: str, state: str) -> None:
    async with platform.station(V16) as station:
        station.answers["ClearChargingProfile"] = {"status": word}
        command = await platform.order("clear_charging_profile", purpose="ChargingStationMaxProfile", stack_level=2)
        assert (command["state"], command["wire_status"]) == (state, word)
        assert station.requests("ClearChargingProfile") == [
            {"chargingProfilePurpose": "ChargePointMaxProfile", "stackLevel": 2}
        ]


async def test_1_6_station_without_profiles_is_told_of_as_a_missing_capability(platform: Platform) -> None:
    async with platform.station(V16) as station:
        station.answers["SetChargingProfile"] = {"status": "NotSupported"}
        problem = await platform.order("set_charging_profile", status=409, charging_profile=a_profile())
        assert "NotSupported" in problem["detail"]


# ---- OCPP 2.x


@both
async def test_tc_k_01_a_default_profile_is_set_at_an_evse(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetChargingProfile"] = {"status": "Accepted"}
        command = await platform.order("set_charging_profile", evse_number=1, charging_profile=a_profile())
        assert (command["state"], command["effect"]) == ("accepted", "done")
        (said,) = station.requests("SetChargingProfile")
        assert (said["evseId"], said["chargingProfile"]["chargingProfilePurpose"]) == (1, "TxDefaultProfile")
        assert said["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0]["startPeriod"] == 0


@both
async def test_tc_k_02_a_profile_of_a_transaction_that_is_not_there_is_refused(
    platform: Platform, protocol: str
) -> None:
    async with platform.station(protocol) as station:
        session = await a_session(platform, station, protocol)
        station.answers["SetChargingProfile"] = {"status": "Rejected", "statusInfo": {"reasonCode": "TxNotFound"}}
        profile = a_profile("TxProfile", kind="Relative")
        command = await platform.order("set_charging_profile", session_id=session["id"], charging_profile=profile)
        assert (command["state"], command["result"]["reason_code"]) == ("rejected", "TxNotFound")
        assert await platform.items("charging-profiles") == []


@both
async def test_tc_k_03_the_limit_of_the_station_is_set_at_evse_0(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetChargingProfile"] = {"status": "Accepted"}
        await platform.order("set_charging_profile", charging_profile=a_profile("ChargingStationMaxProfile"))
        (said,) = station.requests("SetChargingProfile")
        assert (said["evseId"], said["chargingProfile"]["chargingProfilePurpose"]) == (0, "ChargingStationMaxProfile")


@both
async def test_tc_k_04_a_profile_is_replaced_under_its_id(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetChargingProfile"] = {"status": "Accepted"}
        for limit in (16.0, 6.0):
            await platform.order(
                "set_charging_profile", evse_number=1, charging_profile=a_profile(periods=((0, limit),))
            )
        first, second = (each["chargingProfile"] for each in station.requests("SetChargingProfile"))
        assert first["id"] == second["id"]
        assert second["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] == 6.0
        (shown,) = await platform.items("charging-profiles")
        assert shown["document"]["charging_schedule"][0]["charging_schedule_period"][0]["limit"] == 6.0


@both
async def test_tc_k_05_a_profile_is_cleared_by_its_id(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["ClearChargingProfile"] = {"status": "Accepted"}
        command = await platform.order("clear_charging_profile", charging_profile_id=7)
        assert (command["state"], command["effect"]) == ("accepted", "done")
        assert station.requests("ClearChargingProfile") == [{"chargingProfileId": 7}]


@both
async def test_tc_k_06_a_profile_is_cleared_by_its_level_and_purpose(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["ClearChargingProfile"] = {"status": "Accepted"}
        await platform.order("clear_charging_profile", purpose="TxDefaultProfile", stack_level=1, evse_number=1)
        criteria = {"evseId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1}
        assert station.requests("ClearChargingProfile") == [{"chargingProfileCriteria": criteria}]


@both
async def test_tc_k_08_nothing_to_clear_is_told(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["ClearChargingProfile"] = {"status": "Unknown"}
        command = await platform.order("clear_charging_profile", charging_profile_id=7)
        assert (command["state"], command["wire_status"]) == ("rejected", "Unknown")
        await platform.order("clear_charging_profile", status=422)


@both
async def test_tc_k_10_a_default_profile_for_all_evses_is_set_at_evse_0(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetChargingProfile"] = {"status": "Accepted"}
        await platform.order("set_charging_profile", charging_profile=a_profile())
        assert station.requests("SetChargingProfile")[0]["evseId"] == 0


@both
async def test_tc_k_15_a_station_without_smart_charging_is_a_missing_capability(
    platform: Platform, protocol: str
) -> None:
    async with platform.station(protocol):
        problem = await platform.order("set_charging_profile", status=409, charging_profile=a_profile())
        assert problem["type"] == "/problems/command-not-supported"


@both
async def test_tc_k_19_a_recurring_profile_is_set(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetChargingProfile"] = {"status": "Accepted"}
        profile = a_profile(kind="Recurring", recurrency_kind="Daily", periods=((0, 16.0), (28800, 6.0)))
        await platform.order("set_charging_profile", evse_number=1, charging_profile=profile)
        said = station.requests("SetChargingProfile")[0]["chargingProfile"]
        assert (said["chargingProfileKind"], said["recurrencyKind"]) == ("Recurring", "Daily")


@both
async def test_tc_k_60_a_profile_of_a_session_names_its_transaction(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        session = await a_session(platform, station, protocol)
        station.answers["SetChargingProfile"] = {"status": "Accepted"}
        await platform.order(
            "set_charging_profile", session_id=session["id"], charging_profile=a_profile("TxProfile", kind="Relative")
        )
        (said,) = station.requests("SetChargingProfile")
        assert (said["evseId"], said["chargingProfile"]["transactionId"]) == (1, "tx-1")


@both
async def test_tc_k_37_a_remote_start_carries_its_profile(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["RequestStartTransaction"] = {"status": "Accepted"}
        profile = a_profile("TxProfile", kind="Relative")
        await platform.order("start_transaction", id_token="FREE", evse_number=1, charging_profile=profile)
        assert station.requests("RequestStartTransaction")[0]["chargingProfile"]["id"] == 7


async def composite_is_told(platform: Platform, protocol: str, evse_number: int) -> None:
    async with platform.station(protocol) as station:
        schedule = {"evseId": evse_number, "duration": 300, "scheduleStart": AT, "chargingRateUnit": "W"}
        schedule |= {
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11000.0}, {"startPeriod": 60, "limit": 0.0}]
        }
        station.answers["GetCompositeSchedule"] = {"status": "Accepted", "schedule": schedule}
        command = await platform.order("get_composite_schedule", evse_number=evse_number, duration_s=300)
        assert station.requests("GetCompositeSchedule") == [{"duration": 300, "evseId": evse_number}]
        assert [period["limit"] for period in command["result"]["periods"]] == [11000.0, 0.0]


@both
async def test_tc_k_43_the_composite_schedule_of_an_evse_is_told(platform: Platform, protocol: str) -> None:
    await composite_is_told(platform, protocol, 1)


@both
async def test_tc_k_44_the_composite_schedule_of_the_station_is_told(platform: Platform, protocol: str) -> None:
    await composite_is_told(platform, protocol, 0)


WRONG: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (a_profile(periods=((5, 16.0),)), {"evse_number": 1}, "charging_schedule_period[0].start_period"),
    (
        a_profile(periods=((0, 16.0), (9, 6.0), (9, 8.0))),
        {"evse_number": 1},
        "charging_schedule_period[2].start_period",
    ),
    (a_profile("ChargingStationMaxProfile", kind="Relative"), {}, "charging_profile_kind"),
    (a_profile("ChargingStationMaxProfile"), {"evse_number": 1}, "evse_number"),
    (a_profile("TxProfile", kind="Relative"), {}, "evse_number"),
    (a_profile("TxProfile", kind="Relative"), {"evse_number": 1}, "session_id"),
    (a_profile(kind="Sometimes"), {"evse_number": 1}, "charging_profile"),
]


@both
@pytest.mark.parametrize(("profile", "place", "path"), WRONG)
async def test_a_profile_that_a_station_must_refuse_is_not_sent(
    platform: Platform, protocol: str, profile: dict[str, Any], place: dict[str, Any], path: str
) -> None:
    async with platform.station(protocol) as station:
        problem = await platform.order("set_charging_profile", status=422, charging_profile=profile, **place)
        assert path in problem["errors"][0]["path"]
        assert station.requests("SetChargingProfile") == []

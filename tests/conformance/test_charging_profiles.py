"""Cases of certification: which profiles stations have, and limits from outside (block K of 2.0.1, also played in 2.1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from builders import eventually
from conformance.charging_cases import AT, a_profile, a_session
from conformance.device_model_stations import Platform, ScriptedStation
from e2e.server_process import ServerProcess

V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"
both = pytest.mark.parametrize("protocol", [V201, V21])


@pytest.fixture
async def platform(whole_platform: ServerProcess, key: str) -> AsyncIterator[Platform]:
    async with httpx.AsyncClient(
        base_url=whole_platform.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
    ) as api:
        yield Platform(whole_platform, api)


def wire_profile(number: int, purpose: str = "TxDefaultProfile", level: int = 0) -> dict[str, Any]:
    """A profile as a station reports it."""
    schedule = {
        "id": 1,
        "startSchedule": AT,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}],
    }
    return {
        "id": number,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule],
    }


def reports(station: ScriptedStation, *parts: tuple[int, str, list[dict[str, Any]]]) -> None:
    """What the station tells when it is asked: (EVSE, who set them, profiles) for each message."""

    def told(request: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        return [
            (
                "ReportChargingProfiles",
                {
                    "requestId": request["requestId"],
                    "chargingLimitSource": source,
                    "evseId": evse_number,
                    "chargingProfile": profiles,
                    "tbc": index < len(parts),
                },
            )
            for index, (evse_number, source, profiles) in enumerate(parts, 1)
        ]

    station.answers["GetChargingProfiles"] = {"status": "Accepted" if parts else "NoProfiles"}
    station.then["GetChargingProfiles"] = told


async def asked(platform: Platform, station: ScriptedStation, **criteria: Any) -> dict[str, Any]:
    """What the station hears of an order, without its request's number; what it reports is shown."""
    command = await platform.order("get_charging_profiles", **criteria)
    assert (command["state"], command["effect"]) == ("accepted", "done")
    assert command["result"]["charging_profile_ids"] == [7]
    assert [each["charging_profile_id"] for each in await platform.items("charging-profiles")] == [7]
    (said,) = station.requests("GetChargingProfiles")
    assert said.pop("requestId") == command["result"]["request_id"]
    return said


@both
async def test_tc_k_29_profiles_of_the_station_itself_are_asked_for_at_evse_0(
    platform: Platform, protocol: str
) -> None:
    async with platform.station(protocol) as station:
        reports(station, (0, "CSO", [wire_profile(7, "ChargingStationMaxProfile")]))
        said = await asked(platform, station, evse_number=0)
        assert said == {"evseId": 0, "chargingProfile": {}}


@both
async def test_tc_k_30_profiles_of_an_evse_are_asked_for(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        reports(station, (1, "CSO", [wire_profile(7)]))
        assert await asked(platform, station, evse_number=1) == {"evseId": 1, "chargingProfile": {}}
        (shown,) = await platform.items("charging-profiles", evse_number=1)
        assert shown["is_confirmed"]
        assert shown["document"]["charging_schedule"][0]["charging_schedule_period"] == [
            {"start_period": 0, "limit": 16.0}
        ]
        assert await platform.items("charging-profiles", evse_number=2) == []


@both
async def test_tc_k_31_all_profiles_come_in_parts_and_replace_what_was_believed(
    platform: Platform, protocol: str
) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetChargingProfile"] = {"status": "Accepted"}
        await platform.order("set_charging_profile", evse_number=2, charging_profile=a_profile(number=99))
        (believed,) = await platform.items("charging-profiles")
        assert (believed["charging_profile_id"], believed["is_confirmed"]) == (99, False)
        station_max = wire_profile(1, "ChargingStationMaxProfile")
        reports(station, (0, "CSO", [station_max]), (1, "EMS", [wire_profile(2), wire_profile(3, level=1)]))
        command = await platform.order("get_charging_profiles")
        assert command["result"]["parts"] == 2
        assert command["result"]["charging_profile_ids"] == [1, 2, 3]
        found = await platform.items("charging-profiles")
        assert {(each["charging_profile_id"], each["evse_number"], each["source"]) for each in found} == {
            (1, 0, "CSO"),
            (2, 1, "EMS"),
            (3, 1, "EMS"),
        }


@both
async def test_tc_k_32_profiles_are_asked_for_by_their_ids(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        reports(station, (1, "CSO", [wire_profile(7)]))
        assert await asked(platform, station, charging_profile_ids=[7]) == {
            "chargingProfile": {"chargingProfileId": [7]}
        }


@both
async def test_tc_k_33_profiles_of_an_evse_are_asked_for_by_their_level(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        reports(station, (1, "CSO", [wire_profile(7, level=2)]))
        said = await asked(platform, station, evse_number=1, stack_level=2)
        assert said == {"evseId": 1, "chargingProfile": {"stackLevel": 2}}


@both
async def test_tc_k_34_profiles_of_an_evse_are_asked_for_by_who_set_them(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        reports(station, (1, "EMS", [wire_profile(7, "ChargingStationExternalConstraints")]))
        said = await asked(platform, station, evse_number=1, limit_sources=["EMS"])
        assert said == {"evseId": 1, "chargingProfile": {"chargingLimitSource": ["EMS"]}}


@both
async def test_tc_k_35_profiles_of_an_evse_are_asked_for_by_their_purpose(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        reports(station, (1, "CSO", [wire_profile(7)]))
        said = await asked(platform, station, evse_number=1, purpose="TxDefaultProfile")
        assert said == {"evseId": 1, "chargingProfile": {"chargingProfilePurpose": "TxDefaultProfile"}}


@both
async def test_tc_k_36_profiles_of_an_evse_are_asked_for_by_purpose_and_level(
    platform: Platform, protocol: str
) -> None:
    async with platform.station(protocol) as station:
        reports(station, (1, "CSO", [wire_profile(7, level=3)]))
        said = await asked(platform, station, evse_number=1, purpose="TxDefaultProfile", stack_level=3)
        assert said["chargingProfile"] == {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 3}


@both
async def test_no_profiles_forgets_what_was_asked_for_and_nothing_else(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetChargingProfile"] = {"status": "Accepted"}
        for evse_number in (1, 2):
            profile = a_profile(number=evse_number)
            await platform.order("set_charging_profile", evse_number=evse_number, charging_profile=profile)
        reports(station)
        command = await platform.order("get_charging_profiles", evse_number=1)
        assert (command["state"], command["wire_status"]) == ("accepted", "NoProfiles")
        assert [each["evse_number"] for each in await platform.items("charging-profiles")] == [2]


@both
async def test_a_purpose_that_there_is_not_is_not_asked_for(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        problem = await platform.order("get_charging_profiles", status=422, purpose="Birthday")
        assert problem["errors"][0]["path"] == "$.purpose"
        assert station.requests("GetChargingProfiles") == []


async def test_2_0_1_knows_four_sources_of_limits(platform: Platform) -> None:
    async with platform.station(V201):
        problem = await platform.order("get_charging_profiles", status=422, limit_sources=["Neighbour"])
        assert problem["errors"][0]["path"] == "$.limit_sources"


@both
async def test_tc_k_70_several_profiles_stand_beside_each_other(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetChargingProfile"] = {"status": "Accepted"}
        station.answers["ClearChargingProfile"] = {"status": "Accepted"}
        for number in (1, 2):
            profile = a_profile(number=number, stack_level=number)
            await platform.order("set_charging_profile", evse_number=1, charging_profile=profile)
        await platform.order("set_charging_profile", evse_number=1, charging_profile=a_profile(number=2, stack_level=5))
        found = await platform.items("charging-profiles")
        assert {(each["charging_profile_id"], each["stack_level"]) for each in found} == {(1, 1), (2, 5)}
        await platform.order("clear_charging_profile", evse_number=1, stack_level=5)
        assert [each["charging_profile_id"] for each in await platform.items("charging-profiles")] == [1]


async def test_1_6_station_replaces_a_profile_of_the_same_level(platform: Platform) -> None:
    async with platform.station(V16) as station:
        station.answers["SetChargingProfile"] = {"status": "Accepted"}
        for number in (1, 2):
            await platform.order("set_charging_profile", evse_number=1, charging_profile=a_profile(number=number))
        assert [each["charging_profile_id"] for each in await platform.items("charging-profiles")] == [2]


@both
async def test_a_transaction_that_is_over_takes_its_profiles_along(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        session = await a_session(platform, station, protocol)
        station.answers["SetChargingProfile"] = {"status": "Accepted"}
        profile = a_profile("TxProfile", kind="Relative")
        await platform.order("set_charging_profile", session_id=session["id"], charging_profile=profile)
        (shown,) = await platform.items("charging-profiles")
        assert shown["transaction_id"] == "tx-1"
        event = {"eventType": "Ended", "timestamp": AT, "triggerReason": "EVDeparted", "seqNo": 1}
        values = [
            {"value": value, "measurand": "Energy.Active.Import.Register", "context": context}
            for value, context in ((0, "Transaction.Begin"), (500, "Transaction.End"))
        ]
        event["meterValue"] = [{"timestamp": AT, "sampledValue": [value]} for value in values]
        await station.call("TransactionEvent", event | {"transactionInfo": {"transactionId": "tx-1"}})

        async def is_empty() -> bool:
            return await platform.items("charging-profiles") == []

        await eventually(is_empty)


# ---- limits from outside


def a_limit(limit: float = 10.0, source: str = "EMS") -> dict[str, Any]:
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}
    return {
        "evseId": 1,
        "chargingLimit": {"chargingLimitSource": source, "isGridCritical": False},
        "chargingSchedule": [schedule],
    }


@both
async def test_tc_k_48_a_limit_from_outside_is_shown_and_updated(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        for limit in (10.0, 10.0, 6.0):
            assert await station.call("NotifyChargingLimit", a_limit(limit)) == {}
        (current,) = await platform.items("charging-limits", is_current=True)
        assert (current["evse_number"], current["source"], current["is_grid_critical"]) == (1, "EMS", False)
        assert current["schedules"][0]["charging_schedule_period"][0]["limit"] == 6.0
        (before,) = await platform.items("charging-limits", is_current=False)
        assert before["ended_at"] == current["began_at"]


@both
async def test_tc_k_50_a_limit_from_outside_is_released(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        await station.call("NotifyChargingLimit", a_limit())
        await station.call("NotifyChargingLimit", a_limit(source="SO"))
        assert await station.call("ClearedChargingLimit", {"chargingLimitSource": "EMS", "evseId": 2}) == {}
        assert len(await platform.items("charging-limits", is_current=True)) == 2
        assert await station.call("ClearedChargingLimit", {"chargingLimitSource": "EMS"}) == {}
        (current,) = await platform.items("charging-limits", is_current=True)
        assert current["source"] == "SO"


@both
async def test_tc_k_51_a_limit_is_released_during_a_transaction(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        await a_session(platform, station, protocol)
        await station.call("NotifyChargingLimit", a_limit())
        assert await station.call("ClearedChargingLimit", {"chargingLimitSource": "EMS", "evseId": 1}) == {}
        event = {"eventType": "Updated", "timestamp": AT, "triggerReason": "ChargingRateChanged", "seqNo": 1}
        info = {"transactionId": "tx-1", "chargingState": "Charging"}
        assert await station.call("TransactionEvent", event | {"transactionInfo": info}) == {}
        assert await platform.items("charging-limits", is_current=True) == []


@both
async def test_tc_k_52_constraints_from_outside_are_in_the_report(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        assert await station.call("NotifyChargingLimit", a_limit()) == {}
        reports(station, (1, "EMS", [wire_profile(7, "ChargingStationExternalConstraints")]))
        await asked(platform, station, purpose="ChargingStationExternalConstraints")
        (shown,) = await platform.items("charging-profiles")
        assert (shown["purpose"], shown["source"]) == ("ChargingStationExternalConstraints", "EMS")

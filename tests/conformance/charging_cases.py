"""What cases of smart charging are made of: profiles as the API takes them, a charge that runs, the needs of a car."""

from __future__ import annotations

from typing import Any

from builders import eventually
from conformance.device_model_stations import Platform, ScriptedStation
from voltway.kernel import clock

V16 = "ocpp1.6"
AT = "2026-03-01T12:00:00Z"


def a_profile(
    purpose: str = "TxDefaultProfile",
    *,
    number: int = 7,
    kind: str = "Absolute",
    periods: Any = ((0, 16.0),),
    **more: Any,
) -> dict[str, Any]:
    """A profile as the API takes it."""
    schedule: dict[str, Any] = {
        "id": 1,
        "charging_rate_unit": "A",
        "charging_schedule_period": [{"start_period": start, "limit": limit} for start, limit in periods],
    }
    if kind != "Relative":
        schedule["start_schedule"] = AT
    return {
        "id": number,
        "stack_level": 0,
        "charging_profile_purpose": purpose,
        "charging_profile_kind": kind,
        "charging_schedule": [schedule],
        **more,
    }


async def a_session(platform: Platform, station: Any, protocol: str) -> dict[str, Any]:
    """The session of a charge at EVSE 1 that runs."""
    if protocol == V16:
        await station.call("StartTransaction", {"connectorId": 1, "idTag": "FREE", "meterStart": 0, "timestamp": AT})
    else:
        event = {"eventType": "Started", "timestamp": AT, "triggerReason": "CablePluggedIn", "seqNo": 0}
        event |= {"transactionInfo": {"transactionId": "tx-1"}, "evse": {"id": 1, "connectorId": 1}}
        await station.call("TransactionEvent", event)
    answer = await platform.api.get("/sessions", params={"station_id": platform.station_id})
    (session,) = answer.json()["items"]
    return dict(session)


def needs_of_a_car(mode: str = "AC_three_phase", current_a: float = 32.0, **more: Any) -> dict[str, Any]:
    """NotifyEVChargingNeeds at EVSE 1, of a car that takes alternating current."""
    ac = {"energyAmount": 20000, "evMinCurrent": 6, "evMaxCurrent": current_a, "evMaxVoltage": 400}
    return {
        "evseId": 1,
        "maxScheduleTuples": 3,
        "chargingNeeds": {"requestedEnergyTransfer": mode, "acChargingParameters": ac, **more},
    }


def schedule_of_a_car(limit: float, unit: str = "A") -> dict[str, Any]:
    """NotifyEVChargingSchedule at EVSE 1."""
    schedule = {"id": 1, "chargingRateUnit": unit, "duration": 3600}
    periods = [{"startPeriod": 0, "limit": limit}]
    return {"evseId": 1, "timeBase": now(), "chargingSchedule": {**schedule, "chargingSchedulePeriod": periods}}


def now() -> str:
    return clock.to_rfc3339(clock.now())


async def heard(station: ScriptedStation, action: str, count: int = 1) -> dict[str, Any]:
    """The call of the platform with this number, as soon as it has come."""
    await eventually(lambda: len(station.requests(action)) >= count)
    return station.requests(action)[count - 1]


def limits_in(payload: dict[str, Any]) -> list[float]:
    """The limits of the periods of the profile in a SetChargingProfile."""
    (schedule,) = payload["chargingProfile"]["chargingSchedule"]
    return [period["limit"] for period in schedule["chargingSchedulePeriod"]]

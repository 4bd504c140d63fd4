"""Orders of smart charging."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from voltway.kernel.http import Schema
from voltway.modules.stations.schemas.order import Order, StationOrEvse, Word

DAY_S = 86_400
PROFILE_ID_MAX = 2**31 - 1
PROFILES_MAX = 100

ProfileId = Annotated[int, Field(ge=-PROFILE_ID_MAX, le=PROFILE_ID_MAX)]
LimitSource = Annotated[str, Field(min_length=1, max_length=20)]


class SetChargingProfile(Order):
    """Limit what a station, an EVSE or a session may draw. A TxProfile is that of a session; 0 or no EVSE is the whole station."""

    type: Literal["set_charging_profile"]
    charging_profile: dict[str, Any] = Field(description="as OCPP 2.x writes it, names in snake_case or as on the wire")
    evse_number: StationOrEvse | None = None
    session_id: str | None = Field(default=None, min_length=1, max_length=36)


class ClearChargingProfile(Order):
    """Take profiles away: the one that is named, or all that meet the conditions."""

    type: Literal["clear_charging_profile"]
    charging_profile_id: int | None = Field(default=None, ge=0, le=PROFILE_ID_MAX)
    evse_number: StationOrEvse | None = None
    purpose: Word | None = Field(default=None, description="a word of OCPP 2.x, such as TxDefaultProfile")
    stack_level: int | None = Field(default=None, ge=0, le=PROFILE_ID_MAX)


class GetCompositeSchedule(Order):
    """Ask what the station makes of all its profiles, from now on for so many seconds."""

    type: Literal["get_composite_schedule"]
    duration_s: int = Field(ge=1, le=7 * DAY_S)
    evse_number: StationOrEvse | None = None
    unit: Literal["W", "A"] | None = None


class GetChargingProfiles(Order):
    """Have the station tell which charging profiles it has: those that meet all conditions that are given. What it says is in
    /charging-stations/{station_id}/charging-profiles. EVSE 0: those of the station as a whole; no EVSE: all."""

    type: Literal["get_charging_profiles"]
    evse_number: StationOrEvse | None = None
    charging_profile_ids: list[ProfileId] | None = Field(default=None, min_length=1, max_length=PROFILES_MAX)
    purpose: Word | None = Field(default=None, description="a word of OCPP 2.x, such as TxDefaultProfile")
    stack_level: int | None = Field(default=None, ge=0, le=PROFILE_ID_MAX)
    limit_sources: list[LimitSource] | None = Field(
        default=None, min_length=1, max_length=4, description="who set them: EMS, Other, SO, CSO (the operator)"
    )

    def arguments(self) -> dict[str, Any]:
        """EVSE 0 is not the same as none here."""
        return self.model_dump(mode="json", exclude={"type"}, exclude_none=True)


class DynamicValues(Schema):
    """New values of a dynamic profile, in its unit; what is not given stays as it is."""

    limit: float | None = Field(default=None, ge=0)
    limit_l2: float | None = Field(default=None, ge=0)
    limit_l3: float | None = Field(default=None, ge=0)
    discharge_limit: float | None = Field(default=None, le=0)
    discharge_limit_l2: float | None = Field(default=None, le=0)
    discharge_limit_l3: float | None = Field(default=None, le=0)
    setpoint: float | None = None
    setpoint_l2: float | None = None
    setpoint_l3: float | None = None
    setpoint_reactive: float | None = None
    setpoint_reactive_l2: float | None = None
    setpoint_reactive_l3: float | None = None


class UpdateDynamicSchedule(Order):
    """Give a dynamic charging profile new values at once (OCPP 2.1)."""

    type: Literal["update_dynamic_schedule"]
    charging_profile_id: ProfileId
    values: DynamicValues


class UsePriorityCharging(Order):
    """Let a session charge with priority, by the station's profile for that, or no longer (OCPP 2.1)."""

    type: Literal["use_priority_charging"]
    session_id: str = Field(min_length=1, max_length=36)
    is_active: bool = True


ChargingOrder = Annotated[
    SetChargingProfile
    | ClearChargingProfile
    | GetCompositeSchedule
    | GetChargingProfiles
    | UpdateDynamicSchedule
    | UsePriorityCharging,
    Field(discriminator="type"),
]

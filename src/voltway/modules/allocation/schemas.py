"""Limits of locations and templates of charging profiles, as the API shows and takes them."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from voltway.charging.profiles import Purpose
from voltway.kernel.http import Instant, Schema


class LocationLimitIn(Schema):
    """What all stations of a location may draw together: W, or A per phase (then as if all were on one phase)."""

    unit: Literal["W", "A"]
    limit: float = Field(gt=0, le=1e9)


class ShareOut(Schema):
    """A running session. `reserved` is the most that its station may have accepted, in `unit`; nothing: it was told none yet."""

    session_id: str
    station_id: str
    evse_number: int
    began_at: Instant
    unit: str | None
    reserved: float | None


class LocationLimitOut(Schema):
    """A location's limit, how it is shared just now, and the stations that have accepted their default profiles."""

    location_id: str
    unit: str
    limit: float
    changed_at: Instant
    is_settled: bool
    controlled_station_ids: list[str]
    shares: list[ShareOut]


class FeederReadingIn(Schema):
    """What the meter of a location's feeder reads now: the power that its stations are given, in W."""

    power_w: float = Field(ge=-1e9, le=1e9, allow_inf_nan=False)


class FeederReadingOut(Schema):
    """The reading beside what cars take by what their stations have measured last. `unknown_sessions` tell no power."""

    at: Instant
    power_w: float
    stations_w: float
    unknown_sessions: int
    is_off: bool


class ChargingProfileIn(Schema):
    """A template: `charging_profile` as OCPP 2.x writes it, with names in snake_case."""

    name: str = Field(min_length=1, max_length=100)
    purpose: Purpose
    charging_profile: dict[str, Any] = Field(description="id, stack_level, charging_profile_kind, charging_schedule …")


class ChargingProfileOut(Schema):
    """A template of a charging profile."""

    id: str
    name: str
    purpose: str
    charging_profile: dict[str, Any]
    created_at: Instant


class ApplyIn(Schema):
    """Where to set a profile: at a station, at an EVSE of it, or at every station of a location."""

    station_id: str | None = Field(default=None, min_length=1, max_length=36)
    location_id: str | None = Field(default=None, min_length=1, max_length=36)
    evse_number: int | None = Field(default=None, ge=0, le=1000)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.station_id is None) == (self.location_id is None):
            raise ValueError("name a charging station or a location")
        return self


class AppliedOut(Schema):
    """How one station has taken a profile. `state` is that of the command, or `refused`: `detail` says why it cannot."""

    station_id: str
    state: str
    wire_status: str | None
    command_id: str | None
    detail: str | None

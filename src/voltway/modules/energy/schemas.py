"""Charging profiles, limits and needs as the API shows them. Documents have the shape that orders take."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from voltway.kernel.http import Instant, Schema


class InstalledProfileOut(Schema):
    """A charging profile that a station has. EVSE 0 is the station as a whole; `source` CSO: set by us. `is_confirmed`: the
    station has reported it itself; otherwise it has accepted it from us. `pulled_at`: when it last asked for new values."""

    id: str
    charging_profile_id: int
    evse_number: int
    source: str
    purpose: str
    kind: str
    stack_level: int
    transaction_id: str | None
    document: dict[str, Any]
    is_confirmed: bool
    pulled_at: Instant | None
    told_at: Instant


class ChargingLimitOut(Schema):
    """A limit from outside, such as the grid operator's. Without schedules the station does not say to how much."""

    id: str
    evse_number: int
    source: str
    is_grid_critical: bool | None
    is_local_generation: bool | None
    schedules: list[dict[str, Any]]
    began_at: Instant
    ended_at: Instant | None


class ChargingNeedsOut(Schema):
    """What a car wanted (`status`: what it was answered), and the profile that was made for it (`plan_status`: what the
    station said to it, or why there is none). `is_current`: the car is there, and this is the last that it said."""

    id: str
    evse_number: int
    session_id: str | None
    transfer_mode: str
    control_mode: str | None
    departure_at: Instant | None
    periods_max: int | None
    energy_wh: int | None
    current_a_min: float | None
    current_a_max: float | None
    power_w_max: float | None
    discharge_power_w_max: float | None
    soc_percent: float | None
    document: dict[str, Any]
    status: str
    received_at: Instant
    is_current: bool
    plan: dict[str, Any] | None
    plan_status: str | None
    planned_at: Instant | None


class CarScheduleOut(Schema):
    """How a car meant to charge; its periods count from `time_base_at`."""

    id: str
    evse_number: int
    time_base_at: Instant
    selected_schedule_id: int | None
    document: dict[str, Any]
    is_within_limits: bool
    received_at: Instant


class PriorityOut(Schema):
    """Whether a transaction charges with priority; `is_ordered`: by our order, else somebody chose it at the station."""

    id: str
    transaction_id: str
    is_active: bool
    is_ordered: bool
    changed_at: Instant


class ProfileValues(Schema):
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

"""Settings of the energy module."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator

from voltway.kernel.module import Settings
from voltway.modules.energy.offers import Goal, Hours

CostsByHour = Annotated[tuple[float, ...], Field(max_length=24)]


class EnergySettings(Settings):
    """How plans for cars are made, and how long history is kept."""

    plan_retry_s: float = Field(default=10.0, gt=0, le=3600)
    """When a plan that did not reach its station, or has no transaction yet, is tried again."""
    plan_attempts_max: int = Field(default=5, ge=1, le=100)
    """How often a plan is made for one car before nobody tries any more."""
    price_by_hour: CostsByHour = ()
    """What a kWh costs in each of the 24 hours of a day, in whatever unit. A car that stays is offered the cheap ones beside
    the fastest schedule; () offers none (K15.FR.18: one schedule leaves no doubt which one is followed)."""
    carbon_by_hour: CostsByHour = ()
    """What a kWh brings of CO2 in each of the 24 hours of a day, in whatever unit; as above, for the green ones."""
    hours_zone: str = "UTC"
    """The time zone of those hours."""
    history_days: float = Field(default=90.0, gt=0, le=3650)
    """How long limits that are over, and what cars wanted, are kept."""

    @field_validator("price_by_hour", "carbon_by_hour")
    @classmethod
    def _whole_day(cls, hours: tuple[float, ...]) -> tuple[float, ...]:
        if len(hours) not in (0, 24):
            raise ValueError("a day has 24 hours")
        return hours

    @field_validator("hours_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError("the name of a time zone, such as Europe/Berlin")
        return zone

    @property
    def hours(self) -> dict[Goal, Hours]:
        """What is known of the hours of a day."""
        told = {Goal.CHEAPEST: self.price_by_hour, Goal.GREENEST: self.carbon_by_hour}
        zone = ZoneInfo(self.hours_zone)
        return {goal: Hours(ranks, zone) for goal, ranks in told.items() if ranks}

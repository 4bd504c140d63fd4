"""Settings of the energy module."""

from __future__ import annotations

from pydantic import Field

from voltway.kernel.module import Settings


class EnergySettings(Settings):
    """How plans for cars are made, and how long history is kept."""

    plan_retry_s: float = Field(default=10.0, gt=0, le=3600)
    """When a plan that did not reach its station, or has no transaction yet, is tried again."""
    plan_attempts_max: int = Field(default=5, ge=1, le=100)
    """How often a plan is made for one car before nobody tries any more."""
    history_days: float = Field(default=90.0, gt=0, le=3650)
    """How long limits that are over, and what cars wanted, are kept."""

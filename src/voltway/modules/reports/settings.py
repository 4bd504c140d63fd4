"""Settings of the reports module."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from voltway.kernel.module import Settings


def _is_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name} is no time zone; write it as IANA does: Europe/Berlin") from error
    return name


class ReportsSettings(Settings):
    """`reports.…`"""

    time_zone: Annotated[str, AfterValidator(_is_zone)] = "UTC"
    """The operator's own: of days of money, and of sessions at no location. Set it once: days that are counted stay as they are."""
    completed_wh_min: int = Field(default=100, ge=1, le=100_000)
    """A session that gave less is a failed start."""
    co2_g_per_kwh: int = Field(default=380, ge=0, le=5000)
    """Of the grid, where a location has no figure of its own."""
    batch: int = Field(default=2000, ge=1, le=50_000)
    """So many sessions are given their day at once."""
    rows_max: int = Field(default=50_000, ge=100, le=1_000_000)
    """A report of more lines is refused."""
    changes_max: int = Field(default=500_000, ge=1000, le=10_000_000)
    """A report of uptime that would read more changes of status is refused."""
    schedules_max: int = Field(default=100, ge=1, le=1000)
    """Of one operator."""

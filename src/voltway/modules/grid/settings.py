"""Settings of the grid module."""

from __future__ import annotations

from pydantic import Field

from voltway.kernel.module import Settings


class GridSettings(Settings):
    """Limits of what stations may tell beside charging."""

    streams_max: int = Field(default=100, ge=0, le=10_000)
    """Periodic event streams that one station may have open."""
    stream_days: float = Field(default=30.0, gt=0, le=3650)
    """How long the values of streams are kept."""

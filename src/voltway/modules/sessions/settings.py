"""The settings of the sessions module: VOLTWAY_SESSIONS__COST_UPDATE_INTERVAL_S and so on."""

from __future__ import annotations

from pydantic import Field

from voltway.kernel.module import Settings


class SessionsSettings(Settings):
    """Intervals, in seconds."""

    cost_update_interval_s: int = Field(default=60, ge=0, le=86_400)
    """How often a station that shows costs is told what a charge costs so far, at most; 0: never by itself."""

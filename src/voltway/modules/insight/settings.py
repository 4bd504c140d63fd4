"""Settings of the insight module."""

from __future__ import annotations

from pydantic import Field

from voltway.kernel.module import Settings


class InsightSettings(Settings):
    """VOLTWAY_INSIGHT__…"""

    overview_age_max_s: float = Field(
        default=1.0, ge=0, le=60, description="how old the overview's figures may be; 0: counted for every request"
    )

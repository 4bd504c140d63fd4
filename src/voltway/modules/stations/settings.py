"""The settings of the stations module: VOLTWAY_STATIONS__HEARTBEAT_INTERVAL_S and so on."""

from __future__ import annotations

from pydantic import Field

from voltway.kernel.module import Settings


class StationsSettings(Settings):
    """Intervals and limits; all durations in seconds."""

    heartbeat_interval_s: int = Field(default=300, ge=10, le=86_400)
    """What an accepted station is told at boot. At least one heartbeat a day keeps its clock right (OCPP-J, 5.2)."""
    boot_retry_interval_s: int = Field(default=60, ge=5, le=86_400)
    """When a station that is pending or rejected is to boot again."""
    open_days: int = Field(default=90, ge=1, le=366)
    """How long a station may be let in without proof (security profile 0), unless somebody says until when."""
    quarantine_max: int = Field(default=1000, ge=1, le=100_000)
    """Unknown stations that may wait for somebody's word (unknown_stations=pending); further ones are refused."""
    quarantine_days: int = Field(default=7, ge=1, le=366)
    """After so long without being seen or accepted an unknown station's record is retired."""
    boots_max: int = Field(default=5, ge=1)
    """More boots than this within `boot_window_s` are a boot loop: the interval doubles with each, up to the limit below."""
    boot_window_s: int = Field(default=600, ge=60)
    boot_interval_s_max: int = Field(default=3600, ge=60, le=86_400)
    command_timeout_s: float = Field(default=30.0, gt=0, le=600)
    """How long a station may take to answer a command."""
    effect_timeout_s: int = Field(default=120, ge=1, le=86_400)
    """How long after an accepted start a transaction may begin; after that the start led to no session."""
    report_timeout_s: float = Field(default=120.0, gt=0, le=3600)
    """How long the parts of a report may take that a command has asked for."""
    data_transfers_kept_max: int = Field(default=1000, ge=1, le=100_000)
    """Vendors' own messages that are kept of each station; the oldest go first."""
    status_days: float = Field(default=400.0, ge=1, le=3650)
    """How long the history of a station's connectors is kept."""
    event_days: float = Field(default=400.0, ge=1, le=3650)
    """How long the events are kept that its monitors have told."""

"""Firmware campaigns as the API shows them."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import Field, model_validator

from voltway.kernel.http import Instant, Schema

HourMinute = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
CampaignState = Literal["draft", "running", "paused", "done", "stopped"]
DAY_S = 86_400


class CampaignIn(Schema):
    """An image for stations, in their order. `waves`: how many in each; the rest is one more. It begins when it is set running."""

    name: str = Field(min_length=1, max_length=100)
    image_id: str = Field(max_length=36)
    station_ids: list[Annotated[str, Field(max_length=36)]] = Field(min_length=1, max_length=10_000)
    waves: list[Annotated[int, Field(ge=1, le=10_000)]] = Field(default_factory=lambda: [1], max_length=20)
    failures_max: int = Field(default=0, ge=0, le=10_000, description="it pauses when more have failed")
    parallel_max: int = Field(default=10, ge=1, le=1000)
    soak_s: int = Field(default=0, ge=0, le=30 * DAY_S, description="to wait between waves")
    timeout_s: int = Field(default=6 * 3600, ge=60, le=7 * DAY_S)
    window_from: HourMinute | None = None
    window_until: HourMinute | None = None
    time_zone: str = Field(default="UTC", max_length=64)

    @model_validator(mode="after")
    def _has_a_window_or_none(self) -> Self:
        if (self.window_from is None) != (self.window_until is None):
            raise ValueError("a window has both ends")
        if self.time_zone not in available_timezones():
            raise ValueError("time_zone is a name of the IANA database")
        if len(set(self.station_ids)) != len(self.station_ids):
            raise ValueError("each station once")
        return self


class CampaignPatch(Schema):
    """Begin or go on, pause, or give it up for good. `reason` is for the audit log."""

    state: Literal["running", "paused", "stopped"]
    reason: str | None = Field(default=None, min_length=1, max_length=200)


class CampaignCounts(Schema):
    """How many of its stations are where."""

    waiting: int = 0
    ordered: int = 0
    done: int = 0
    failed: int = 0
    skipped: int = 0


class CampaignOut(Schema):
    """A campaign. `wave` is the one that is on, from 1. `reason`: `too_many_failures`, or what somebody said."""

    id: str
    name: str
    image_id: str
    state: CampaignState
    reason: str | None
    wave: int
    waves: list[int]
    failures_max: int
    parallel_max: int
    soak_s: int
    timeout_s: int
    window_from: str | None
    window_until: str | None
    time_zone: str
    created_by: str
    created_at: Instant
    started_at: Instant | None
    ended_at: Instant | None
    counts: CampaignCounts


class CampaignStationOut(Schema):
    """A station in a campaign."""

    station_id: str
    station_identity: str
    wave: int
    state: Literal["waiting", "ordered", "done", "failed", "skipped"]
    detail: str | None
    ordered_at: Instant | None
    ended_at: Instant | None

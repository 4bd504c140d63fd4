"""Reports, excluded times, schedules and what a location adds, as the API shows and takes them."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from voltway.charging.uptime import Exclusion
from voltway.kernel.http import Instant, Schema

Id = Annotated[str, Field(min_length=1, max_length=36)]
Address = Annotated[str, StringConstraints(pattern=r"^[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,180}$")]
Group = Annotated[str, Field(min_length=1, max_length=20)]


class ReportOut(Schema):
    """A report: names of columns, and rows as objects. Amounts are minor units of the row's currency, energy is Wh."""

    title: str
    columns: list[str]
    rows: list[dict[str, Any]]


class ExcludedTimeIn(Schema):
    """A time that may be excluded: of a location, of a station, or of one EVSE of it."""

    location_id: Id | None = None
    station_id: Id | None = None
    evse_number: int | None = Field(default=None, ge=1, le=1000)
    kind: Exclusion
    since: Instant
    until: Instant
    reason: str = Field(min_length=1, max_length=500)
    evidence_url: str | None = Field(default=None, max_length=1000, pattern=r"^https?://[!-~]+$")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.station_id is None) == (self.location_id is None):
            raise ValueError("name a charging station or a location")
        if self.evse_number is not None and self.station_id is None:
            raise ValueError("an EVSE belongs to a charging station")
        if self.until <= self.since:
            raise ValueError("`until` lies after `since`")
        return self


class ExcludedTimeOut(Schema):
    """A time that may be excluded, and who says so."""

    id: str
    location_id: str | None
    station_id: str | None
    evse_number: int | None
    kind: str
    since: Instant
    until: Instant
    reason: str
    evidence_url: str | None
    recorded_by: str
    created_at: Instant


class StatusSpanOut(Schema):
    """A piece of an EVSE's ledger."""

    since: Instant
    until: Instant
    state: str


class OpeningWindow(Schema):
    """Open from `begins` to `ends` (24-hour local time) on these weekdays, 0 Monday; an end that is not later is of the next day."""

    weekdays: list[Annotated[int, Field(ge=0, le=6)]] = Field(min_length=1, max_length=7)
    begins: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    ends: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")

    @model_validator(mode="after")
    def _are_times(self) -> Self:
        time.fromisoformat(self.begins), time.fromisoformat(self.ends)
        return self


class ReportPlace(Schema):
    """What reports must know of a location: opening hours (null: always), and the grid's CO2 (null: the setting)."""

    co2_g_per_kwh: int | None = Field(default=None, ge=0, le=5000)
    opening_hours: list[OpeningWindow] | None = Field(default=None, max_length=50)


class ReportFilters(Schema):
    """Of what a scheduled report is."""

    location_ids: list[Id] = Field(default=[], max_length=200)
    station_ids: list[Id] = Field(default=[], max_length=200)
    token_groups: list[Annotated[str, Field(max_length=255)]] = Field(default=[], max_length=50)


class ScheduleIn(Schema):
    """A report that is mailed when each of its periods is over, in the operator's zone."""

    name: str = Field(min_length=1, max_length=100, pattern=r"^[^\r\n]*$")
    kind: str = Field(min_length=1, max_length=20)
    period: Literal["day", "week", "month"]
    group_by: list[Group] = Field(default=[], max_length=5)
    filters: ReportFilters = ReportFilters()
    emails: list[Address] = Field(min_length=1, max_length=20)


class ScheduleOut(Schema):
    """A schedule; `next_at` is when it is mailed next."""

    id: str
    name: str
    kind: str
    period: str
    group_by: list[str]
    filters: ReportFilters
    emails: list[str]
    created_by: str
    created_at: Instant
    next_at: Instant

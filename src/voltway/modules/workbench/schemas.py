"""Saved views and bulk orders as the API shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from voltway.kernel.http import Instant, Schema

ListName = Literal["stations", "sessions"]
SearchKey = Annotated[str, Field(pattern=r"^[a-z_]{1,30}$")]
SearchValue = Annotated[str, Field(max_length=200)] | bool | Annotated[int, Field(ge=-(2**31), le=2**31)]
STATIONS_MAX = 5000


class ViewIn(Schema):
    """A list's filters under a name. `search`: what the console's address says, as names and plain values."""

    list_name: ListName
    name: str = Field(min_length=1, max_length=60)
    search: dict[SearchKey, SearchValue] = Field(max_length=20)


class ViewOut(ViewIn):
    """A saved view."""

    id: str
    created_at: Instant


class Views(Schema):
    """All that an account has saved, by their names."""

    items: list[ViewOut]


class BulkOrderIn(Schema):
    """One order for many stations. `arguments`: those of the command; of `apply_template` its `template_id`. Settings are a
    template's, new firmware is a campaign's, which has waves and a brake."""

    type: Literal[
        "reset",
        "change_availability",
        "trigger_message",
        "clear_cache",
        "apply_template",
    ]
    arguments: dict[str, Any] = Field(default_factory=dict, max_length=20)
    station_ids: list[Annotated[str, Field(max_length=36)]] = Field(min_length=1, max_length=STATIONS_MAX)
    reason: str | None = Field(default=None, min_length=1, max_length=500, description="for the audit log")


class BulkCounts(Schema):
    """How many of its stations are where. `skipped`: not told, or unable, with why; the others as in a command's state."""

    waiting: int = 0
    ordered: int = 0
    accepted: int = 0
    rejected: int = 0
    failed: int = 0
    timed_out: int = 0
    offline: int = 0
    skipped: int = 0


class BulkOrderOut(Schema):
    """An order for many stations, with how far it is (at the stations that the caller may see)."""

    id: str
    type: str
    arguments: dict[str, Any]
    reason: str | None
    created_by: str
    created_at: Instant
    counts: BulkCounts


class BulkStationOut(Schema):
    """What became of it at a station. `detail`: the station's word, or why it was not told."""

    station_id: str
    station_identity: str
    state: Literal["waiting", "ordered", "accepted", "rejected", "failed", "timed_out", "offline", "skipped"]
    detail: str | None
    command_id: str | None
    ordered_at: Instant | None
    ended_at: Instant | None

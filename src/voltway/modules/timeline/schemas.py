"""A station's timeline as the API shows it."""

from __future__ import annotations

from typing import Any, Literal

from voltway.kernel.http import Instant, Schema

Source = Literal["link", "status", "message", "command", "session", "payment", "incident"]


class MomentOut(Schema):
    """Something that happened, when we heard of it. `is_before`: before the window, and it still held when that began.
    `subject_id`: the command, session, payment or incident. `facts` differ by source."""

    id: str
    at: Instant
    source: Source
    kind: str
    evse_number: int | None
    subject_id: str | None
    is_before: bool
    facts: dict[str, Any]


class CauseOut(Schema):
    """What probably is the matter. `name` is stable, for translations; `moment_ids` are the evidence; `detail` is the word
    that the station used; `order` is a command worth a try, as it is posted."""

    name: str
    title: str
    next_step: str
    detail: str | None
    evse_numbers: list[int]
    moment_ids: list[str]
    order: dict[str, Any] | None


class TimelineOut(Schema):
    """What happened at a station, newest first. `left_out`: sources that the caller may not see. `is_cut`: there was more of
    a source than is shown."""

    station_id: str
    at: Instant
    since: Instant
    until: Instant
    causes: list[CauseOut]
    moments: list[MomentOut]
    left_out: list[Source]
    is_cut: bool

"""Tickets and search as the API shows them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from voltway.kernel.http import Instant, Schema
from voltway.modules.desk.rules import TicketKind, TicketPriority, TicketState

Id = Field(default=None, max_length=36)


class TicketIn(Schema):
    """What somebody reports. `contact`: how to reach them; `text` becomes the first note."""

    subject: str = Field(min_length=1, max_length=200)
    kind: TicketKind = TicketKind.PROBLEM
    priority: TicketPriority = TicketPriority.NORMAL
    station_id: str | None = Id
    evse_number: int | None = Field(default=None, ge=1, le=1000)
    session_id: str | None = Id
    driver_id: str | None = Id
    contact: str | None = Field(default=None, max_length=200)
    text: str | None = Field(default=None, min_length=1, max_length=5000)


class TicketPatch(Schema):
    """What to change; `assignee_id` null: nobody."""

    subject: str | None = Field(default=None, min_length=1, max_length=200)
    state: TicketState | None = None
    priority: TicketPriority | None = None
    assignee_id: str | None = Id
    text: str | None = Field(default=None, min_length=1, max_length=5000, description="a note that goes with it")


class TicketNoteIn(Schema):
    """Something to be kept."""

    text: str = Field(min_length=1, max_length=5000)


class TicketNoteOut(Schema):
    """A line of a ticket."""

    id: str
    at: Instant
    author: str
    what: Literal["opened", "noted", "changed"]
    text: str


class TicketOut(Schema):
    """What somebody has reported."""

    id: str
    subject: str
    kind: TicketKind
    state: TicketState
    priority: TicketPriority
    station_id: str | None
    station_identity: str | None
    evse_number: int | None
    session_id: str | None
    driver_id: str | None
    contact: str | None
    assignee_id: str | None
    assignee: str | None
    opened_by: str
    opened_at: Instant
    changed_at: Instant
    solved_at: Instant | None
    version: int


class TicketDetail(TicketOut):
    """A ticket with its notes, the latest first. Its photo is at `/tickets/{id}/photo`."""

    notes: list[TicketNoteOut]
    has_photo: bool


class ProblemReportIn(Schema):
    """What a driver reports, about an EVSE (`code`, as it is printed on it) or about a location. `contact`: how to reach them, if they
    want that."""

    code: str | None = Field(default=None, min_length=1, max_length=40)
    location_id: str | None = Id
    kind: TicketKind = TicketKind.PROBLEM
    text: Annotated[str, AfterValidator(str.strip), Field(min_length=1, max_length=2000)]
    contact: str | None = Field(default=None, max_length=200)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.code is None) == (self.location_id is None):
            raise ValueError("name a code or a location_id")
        return self


class ProblemReportOut(Schema):
    """How a report stands, for who made it. `key` opens it."""

    id: str
    key: str
    kind: TicketKind
    state: TicketState
    opened_at: Instant
    changed_at: Instant
    solved_at: Instant | None
    has_photo: bool


class FoundOut(Schema):
    """Something that the search has found."""

    kind: Literal["station", "session", "id_token", "driver", "ticket"]
    id: str
    title: str
    hint: str | None
    state: str | None


class FoundThings(Schema):
    """What a text may mean: of each kind the likeliest first."""

    items: list[FoundOut]

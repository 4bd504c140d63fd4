"""Bodies of the provisioning API."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from voltway.kernel.http import Instant, Schema

Name = Field(min_length=1, max_length=100)
Word = Field(default=None, min_length=1, max_length=50)


class StepIn(Schema):
    """An order for a station, as POST /charging-stations/{id}/commands takes it."""

    type: str = Field(min_length=1, max_length=50)
    arguments: dict[str, Any] = Field(default_factory=dict)


class TemplateIn(Schema):
    """What stations are told that begin with this vendor and model and stand at this location; what is not given is any."""

    name: str = Name
    vendor: str | None = Word
    model: str | None = Word
    location_id: str | None = Field(default=None, max_length=36)
    steps: list[StepIn] = Field(min_length=1, max_length=50)
    is_accepting: bool = False
    """Whether a pending station is accepted when it has taken all steps."""


class TemplateOut(TemplateIn):
    """A template as it stands; each change is another revision."""

    id: str
    revision: int
    created_at: Instant
    updated_at: Instant


class ProvisionIn(Schema):
    """Which template to apply; none: the one that fits best."""

    template_id: str | None = Field(default=None, max_length=36)


class ProvisionOut(Schema):
    """What will be applied."""

    template_id: str
    template_name: str


class StepOut(Schema):
    """How a step ended."""

    type: str
    state: str
    wire_status: str | None
    effect: str | None
    detail: str
    command_id: str | None


class RunOut(Schema):
    """One time that a template was applied. `reason`: `boot`, or `order` where somebody asked for it. `rebooting`:
    it goes on when the station has booted."""

    id: str
    template_id: str
    template_name: str
    revision: int
    reason: Literal["boot", "order"]
    state: Literal["running", "rebooting", "done", "failed"]
    steps: list[StepOut]
    started_at: Instant
    ended_at: Instant | None


class DifferenceOut(Schema):
    """A variable that is not what the template says; `actual` is nothing where the station has not told it."""

    component: str | None
    variable: str
    wanted: str
    actual: str | None


class DriftOut(Schema):
    """What of a station is not as its template says, by what it has told of its variables."""

    template_id: str | None
    template_name: str | None
    differences: list[DifferenceOut]

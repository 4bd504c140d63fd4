"""Bodies of the detection module's API."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from voltway.contracts.detection import IncidentState, Severity
from voltway.kernel.http import Instant, Schema
from voltway.modules.detection.rules import Action
from voltway.modules.detection.rules_table import BY_ID

EMAILS_MAX, IDS_MAX = 20, 200

# ---- incidents


class IncidentOut(Schema):
    """Something that looks wrong. `count`: how often it was seen; `facts`: what the latest signal said."""

    id: str
    rule_id: str
    title: str
    subject: str
    severity: Severity
    action: Action = Field(description="what the rule proposes")
    state: IncidentState
    station_id: str | None
    station_identity: str | None
    location_id: str | None
    facts: dict[str, Any]
    count: int
    first_at: Instant
    last_at: Instant
    raised_at: Instant
    assignee_id: str | None
    assignee: str | None
    acknowledged_at: Instant | None
    acknowledged_by: str | None
    closed_at: Instant | None
    closed_by: str | None = Field(description="null on a closed one: it recovered by itself")
    closed_reason: str | None


class EntryOut(Schema):
    """A line of a timeline. `actor` null: a rule did it."""

    id: str
    at: Instant
    what: Literal[
        "raised",
        "repeated",
        "worsened",
        "recovered",
        "reopened",
        "acknowledged",
        "assigned",
        "noted",
        "closed",
        "notified",
        "escalated",
    ]
    actor: str | None
    text: str | None
    facts: dict[str, Any] | None


class IncidentDetail(IncidentOut):
    """An incident with its timeline, oldest first: the latest 500 lines."""

    timeline: list[EntryOut]


class NoteIn(Schema):
    """Something to remember."""

    text: str = Field(min_length=1, max_length=2000)


class IncidentPatch(Schema):
    """What to change. A reason is needed to close an incident and to take one up again."""

    state: IncidentState = IncidentState.OPEN
    assignee_id: str | None = Field(default=None, max_length=36, description="an account of the operator; null: nobody")
    reason: str | None = Field(default=None, min_length=1, max_length=500)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set & {"state", "assignee_id"}:
            raise ValueError("say state or assignee_id")
        return self


# ---- rules


class ParameterOut(Schema):
    """A threshold, and between what it may be moved."""

    name: str
    value: float
    default: float
    low: float
    high: float
    unit: str


class RuleOut(Schema):
    """A rule as it holds for the operator."""

    id: str
    title: str
    signal: str
    severity: Severity
    action: Action
    is_enabled: bool
    is_waiting: bool = Field(description="nothing in the platform gives its signals yet")
    source: str
    waits_for: str
    parameters: list[ParameterOut]


class Rules(Schema):
    """All rules."""

    items: list[RuleOut]


class RulePatch(Schema):
    """What to change of a rule. `severity` null: the rule's own; `parameters`: those that are given, null: the default."""

    is_enabled: bool = True
    severity: Severity | None = None
    parameters: dict[str, float | None] = Field(default={}, max_length=20)


# ---- policies

_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f<>,;\"]{1,64}@[A-Za-z0-9.-]{1,253}")


def _is_email(value: str) -> str:
    if not _EMAIL.fullmatch(value):
        raise ValueError("an e-mail address")
    return value


def _is_time(value: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError("a time of day: 22:00")
    return value


def _is_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("an IANA time zone: Europe/Berlin") from None
    return value


def _is_rule(value: str) -> str:
    if value not in BY_ID:
        raise ValueError("a rule's id: D02")
    return value


Email = Annotated[str, Field(max_length=254), AfterValidator(_is_email)]
TimeOfDay = Annotated[str, Field(max_length=5), AfterValidator(_is_time)]
Id = Annotated[str, Field(min_length=1, max_length=36)]
Emails = Annotated[list[Email], Field(max_length=EMAILS_MAX)]
WebhookIds = Annotated[list[Id], Field(max_length=EMAILS_MAX)]
Ids = Annotated[list[Id], Field(max_length=IDS_MAX)]


class PolicyIn(Schema):
    """Who is to hear of which incidents. Empty `severities` and `rule_ids`: all; `location_ids` null: everywhere.

    Quiet hours hold back what is not critical until they end. Who is named to escalate hears of what nobody has acknowledged
    `escalate_after_s` after it was raised.
    """

    name: str = Field(min_length=1, max_length=100)
    is_enabled: bool = True
    severities: list[Severity] = Field(default=[], max_length=3)
    rule_ids: list[Annotated[str, Field(max_length=8), AfterValidator(_is_rule)]] = Field(
        default=[], max_length=IDS_MAX
    )
    location_ids: Ids | None = None
    emails: Emails = Field(default=[])
    webhook_ids: WebhookIds = Field(default=[])
    quiet_from: TimeOfDay | None = None
    quiet_until: TimeOfDay | None = None
    time_zone: Annotated[str, Field(max_length=64), AfterValidator(_is_zone)] = "UTC"
    dedupe_s: int = Field(default=900, ge=0, le=7 * 86_400)
    escalate_after_s: int | None = Field(default=None, ge=60, le=7 * 86_400)
    escalate_emails: Emails = Field(default=[])
    escalate_webhook_ids: WebhookIds = Field(default=[])

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.emails and not self.webhook_ids:
            raise ValueError("name an e-mail address or a webhook")
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValueError("quiet hours have a start and an end")
        if (self.escalate_after_s is None) != (not self.escalate_emails and not self.escalate_webhook_ids):
            raise ValueError("an escalation has a time and somebody who is told")
        return self


class PolicyOut(PolicyIn):
    """A policy as it stands."""

    id: str
    created_at: Instant
    updated_at: Instant

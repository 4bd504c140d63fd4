"""What becomes of incidents, and who hears of them. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from voltway.contracts.detection import IncidentState, Severity

RANKS = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}


class Action(StrEnum):
    """What a rule proposes. The modules that own a thing do it; an incident only says that it should be done."""

    INCIDENT = "incident"
    """Somebody looks."""
    REVIEW = "review"
    """Sessions are held from billing until a person has looked."""
    QUARANTINE = "quarantine"
    """The station should be set to pending."""
    THROTTLE = "throttle"
    """Whoever does it is slowed down."""


def worse(one: Severity, other: Severity) -> Severity:
    """The graver of two."""
    return one if RANKS[one] >= RANKS[other] else other


MOVES = {
    IncidentState.OPEN: frozenset({IncidentState.ACKNOWLEDGED, IncidentState.CLOSED}),
    IncidentState.ACKNOWLEDGED: frozenset({IncidentState.OPEN, IncidentState.CLOSED}),
    IncidentState.CLOSED: frozenset({IncidentState.OPEN}),
}
"""Where a person may move an incident from each state."""

NEEDS_REASON = frozenset({(IncidentState.ACKNOWLEDGED, IncidentState.OPEN), (IncidentState.CLOSED, IncidentState.OPEN)})


def needs_reason(before: IncidentState, after: IncidentState) -> bool:
    """Whether a move must be explained: an incident is closed, or taken up again."""
    return after is IncidentState.CLOSED or (before, after) in NEEDS_REASON


def is_milestone(count: int, more: int = 1) -> bool:
    """Whether the last `more` repeats are worth a line in the timeline: the 2nd, 4th, 8th ..., so that a storm writes a few."""
    return count.bit_length() > (count - more).bit_length()


class Again(StrEnum):
    """What a finding is to an incident that was closed."""

    SAME = "same"
    """The state that was closed still lasts: nothing new."""
    REOPENED = "reopened"
    NEW = "new"


def after_closed(closed_at: datetime, seen_at: datetime, since: datetime | None, reopen_within: timedelta) -> Again:
    """What it is to find again what was closed. `since`: when the state began that was found; None: it is no state."""
    if since is not None and since < closed_at:
        return Again.SAME
    return Again.REOPENED if seen_at - closed_at <= reopen_within else Again.NEW


# ---- notification policies


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Who hears of what. Empty lists of severities and rules: all; `location_ids` None: everywhere.

    Quiet hours are local times of `time_zone`, over midnight where the end is before the start; equal ones are none.
    """

    id: str
    operator_id: str
    name: str
    is_enabled: bool = True
    severities: Collection[str] = ()
    rule_ids: Collection[str] = ()
    location_ids: Collection[str] | None = None
    emails: tuple[str, ...] = ()
    webhook_ids: tuple[str, ...] = ()
    quiet_from: str | None = None
    quiet_until: str | None = None
    time_zone: str = "UTC"
    dedupe_s: int = 0
    escalate_after_s: int | None = None
    escalate_emails: tuple[str, ...] = ()
    escalate_webhook_ids: tuple[str, ...] = ()


def wants(policy: Policy, incident: Any) -> bool:
    """Whether a policy is about an incident."""
    return (
        policy.is_enabled
        and (not policy.severities or incident.severity in policy.severities)
        and (not policy.rule_ids or incident.rule_id in policy.rule_ids)
        and (policy.location_ids is None or incident.location_id in policy.location_ids)
    )


def due_at(policy: Policy, severity: Severity, wanted_at: datetime) -> datetime:
    """When to tell what is wanted at an instant: at once, or after the quiet hours. They never hold back what is critical."""
    if severity is Severity.CRITICAL or policy.quiet_from is None or policy.quiet_until is None:
        return wanted_at
    start, end = time.fromisoformat(policy.quiet_from), time.fromisoformat(policy.quiet_until)
    if start == end:
        return wanted_at
    zone = ZoneInfo(policy.time_zone)
    local = wanted_at.astimezone(zone)
    now = local.time()
    is_quiet = start <= now < end if start < end else now >= start or now < end
    if not is_quiet:
        return wanted_at
    day = local.date() + timedelta(days=1) if now >= end else local.date()
    return datetime.combine(day, end, zone).astimezone(wanted_at.tzinfo)


def is_told_already(policy: Policy, told_at: datetime | None, now: datetime) -> bool:
    """Whether the same was told so lately that it is not told again."""
    return told_at is not None and now - told_at < timedelta(seconds=policy.dedupe_s)

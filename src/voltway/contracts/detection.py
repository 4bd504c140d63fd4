"""What the detection module says: incidents, what became of them, and who is to hear of them."""

from __future__ import annotations

import hashlib
from enum import StrEnum

from voltway.kernel.bus.event import Event


class Severity(StrEnum):
    """How much something matters."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class IncidentState(StrEnum):
    """Whether somebody looks after it."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class IncidentChanged(Event, frozen=True, kw_only=True, gc=False):
    """Something that looks wrong was found, or what became of it.

    `what`: raised, repeated, worsened, acknowledged, assigned, noted, closed, recovered, reopened; `due`: a policy wants it
    told now to `webhook_ids`. `count` is how often it was seen since it was raised.
    """

    incident_id: str
    rule_id: str
    title: str
    subject: str
    """What it is about, for people."""
    severity: Severity
    state: IncidentState
    what: str
    count: int = 1
    station_id: str | None = None
    station_identity: str | None = None
    location_id: str | None = None
    policy_id: str | None = None
    webhook_ids: tuple[str, ...] = ()

    def key(self) -> str:
        return self.incident_id


def token_name(token: str) -> str:
    """How a token may be shown and told from others: its last four characters, and a short hash of the whole.

    Tokens compare without case.
    """
    digest = hashlib.blake2b(token.casefold().encode(), digest_size=6).hexdigest()
    return f"…{token[-4:] if len(token) > 6 else ''} ({digest})"

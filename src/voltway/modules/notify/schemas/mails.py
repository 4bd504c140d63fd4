"""Mails as the API shows them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from voltway.kernel.http import Instant, Schema
from voltway.modules.notify import rules
from voltway.modules.notify.rules import MailState


class MailOut(Schema):
    """A mail, without its text."""

    id: str
    kind: str
    to: str = Field(description="masked for who is no administrator")
    subject: str
    state: MailState
    attempts: int
    next_attempt_at: Instant | None
    last_error: str | None
    expires_at: Instant | None
    created_at: Instant
    finished_at: Instant | None
    can_retry: bool


class MailWithText(MailOut):
    """A mail. `text` only for administrators, and only where mails lie in a folder because there is no mail server."""

    text: str | None


def mail_fields(row: Any, *, is_masked: bool) -> dict[str, Any]:
    """A row of notify_mails as the API shows it."""
    named = {name for name in MailOut.model_fields if name not in ("to", "can_retry")}
    to = rules.masked_address(row.recipient) if is_masked else row.recipient
    can_retry = row.state == MailState.FAILED and row.text is not None
    return {name: getattr(row, name) for name in named} | {"to": to, "can_retry": can_retry}

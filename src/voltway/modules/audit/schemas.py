"""The audit log as the API shows it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from voltway.kernel.http import Instant, Schema


class AuditEntryOut(Schema):
    """One act. `before` and `after`: the fields that changed; null where nothing was or is."""

    number: int
    at: Instant
    actor_kind: str = Field(description="account, api_key, driver or system")
    actor_id: str
    actor_name: str
    action: str
    target_kind: str
    target_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None
    address: str | None = Field(description="of whoever asked; null: nobody from outside")
    correlation_id: str | None
    previous_hash: str
    hash: str


class BrokenOut(Schema):
    """The first entry at which the chain does not hold."""

    number: int
    says: str


class VerificationOut(Schema):
    """How the operator's audit log stands. `entries`: up to which it holds; `hash`: of that entry."""

    is_whole: bool
    entries: int
    hash: str
    is_anchored: bool = Field(description="a file outside the database says where the log was seen to end")
    broken: BrokenOut | None


def entry_out(row: Any) -> AuditEntryOut:
    """A row of audit_entries as the API shows it."""
    fields = {name: getattr(row, name) for name in AuditEntryOut.model_fields if name not in ("before", "after")}
    return AuditEntryOut(**fields, before=row.was, after=row.became)

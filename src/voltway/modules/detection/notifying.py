"""Telling people: what is due leaves as mails, and as an event that webhooks deliver."""

from __future__ import annotations

from typing import Any

from voltway.contracts.detection import IncidentState, Severity
from voltway.contracts.notify import MailWanted
from voltway.kernel import clock
from voltway.kernel.clock import to_rfc3339
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.detection import service, store
from voltway.modules.detection.errors import IncidentNotFound, PolicyNotFound
from voltway.modules.detection.rules import Policy


async def tell_due(runtime: Runtime) -> None:
    """A job: tell what is due."""
    async with runtime.database.read() as tx:
        is_any = await store.is_any_due(tx, clock.now())
    while is_any:
        async with runtime.database.begin() as tx:
            due = await store.find_due(tx, clock.now())
            for notice in due:
                await _tell(tx, notice)
        is_any = len(due) >= 100


async def _tell(tx: Tx, notice: Any) -> None:
    """Tell, unless it is not needed any more: the policy is gone, somebody has acknowledged it, it has recovered."""
    try:
        policy = store.to_policy(await store.get_policy(tx, notice.operator_id, notice.policy_id))
        incident = await store.get_incident(tx, notice.incident_id)
    except (PolicyNotFound, IncidentNotFound):
        await store.end_notice(tx, notice.id, None)
        return
    state = IncidentState(incident.state)
    is_over = state is IncidentState.CLOSED or (notice.is_escalation and state is not IncidentState.OPEN)
    if is_over or not policy.is_enabled:
        await store.end_notice(tx, notice.id, None)
        return
    emails, webhook_ids = (
        (policy.escalate_emails, policy.escalate_webhook_ids)
        if notice.is_escalation
        else (policy.emails, policy.webhook_ids)
    )
    for number, email in enumerate(emails):
        tx.publish(_mail(notice, incident, policy, number, email))
    if webhook_ids:
        service.tell(tx, incident, "due", policy_id=policy.id, webhook_ids=webhook_ids)
    await store.end_notice(tx, notice.id, clock.now())
    what = "escalated" if notice.is_escalation else "notified"
    await store.add_entry(tx, incident, what, text=f"{policy.name}: {len(emails)} mails, {len(webhook_ids)} webhooks")


def _mail(notice: Any, incident: Any, policy: Policy, number: int, email: str) -> MailWanted:
    severity = Severity(incident.severity)
    head = "Nobody has acknowledged: " if notice.is_escalation else ""
    lines = [
        f"{incident.title}: {incident.subject}",
        "",
        f"Severity: {severity.value}",
        f"Rule: {incident.rule_id}",
        *([f"Charging station: {incident.station_identity}"] if incident.station_identity else []),
        f"First seen: {to_rfc3339(incident.first_at)}",
        f"Last seen: {to_rfc3339(incident.last_at)}, {incident.count} times",
        f"Incident: {incident.id}",
        "",
        f"You get this by the notification policy “{policy.name}”.",
    ]
    return MailWanted(
        operator_id=incident.operator_id,
        at=clock.now(),
        mail_id=f"{notice.id}:{number}",
        kind="incident.escalated" if notice.is_escalation else f"incident.{notice.what}",
        to=email,
        subject=_one_line(f"[{severity.value}] {head}{incident.title}: {incident.subject}"),
        text="\n".join(lines),
    )


def _one_line(text: str) -> str:
    """A subject is one line: what stations and strangers write ends up in it."""
    return " ".join(text.split())[:200]

"""What comes over the bus: mails that are wanted, and events that are of interest outside.

The cursor of this listener moves in the transaction of its handlers, so that each event makes one row, whatever happens.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog

from voltway.contracts.notify import MailWanted
from voltway.integrations.messaging.mail import address_of, check_subject
from voltway.kernel import clock
from voltway.kernel.bus.event import Event
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.kernel.json import to_json
from voltway.kernel.runtime import Runtime
from voltway.modules.notify import outside, rules
from voltway.modules.notify.rules import DeliveryState, MailState
from voltway.modules.notify.settings import NotifySettings
from voltway.modules.notify.store import mails, webhooks

log = structlog.get_logger()

TEXT_LENGTH_MAX = 16_000


async def on_mail_wanted(runtime: Runtime, tx: Tx, events: Sequence[MailWanted]) -> None:
    """Queue mails. One that could never leave is kept as dropped, with the reason: whoever asked is long gone."""
    await mails.add(tx, [_mail_row(event) for event in {event.mail_id: event for event in reversed(events)}.values()])


def _mail_row(event: MailWanted) -> dict[str, Any]:
    now = clock.now()
    complaint = _complaint(event)
    state = MailState.QUEUED if complaint is None else MailState.DROPPED
    if complaint is not None:
        log.error("mail.not_queued", mail_id=event.mail_id[:200], kind=event.kind, reason=complaint)
    return {
        "id": new_id(),
        "mail_id": event.mail_id[:200],
        "operator_id": event.operator_id,
        "kind": event.kind[:64],
        "recipient": event.to[:254],
        "subject": event.subject[:200],
        "text": event.text if complaint is None else None,
        "state": state.value,
        "attempts": 0,
        "next_attempt_at": now if complaint is None else None,
        "last_error": complaint,
        "expires_at": None if event.expires_at is None else datetime.fromisoformat(event.expires_at),
        "created_at": event.at,
        "queued_at": now,
        "finished_at": None if complaint is None else now,
    }


def _complaint(event: MailWanted) -> str | None:
    try:
        address_of(event.to)
        check_subject(event.subject)
    except ValueError as error:
        return str(error)
    return None if len(event.text) <= TEXT_LENGTH_MAX else f"a text has at most {TEXT_LENGTH_MAX} characters"


async def on_event(runtime: Runtime, tx: Tx, events: Sequence[Event]) -> None:
    """Queue a delivery of each event for every webhook that wants it."""
    named = [(event, name) for event in events if (name := outside.name_of(event)) is not None]
    if not named:
        return
    queue_max = runtime.settings(NotifySettings).webhook_queue_max
    hooks: dict[str, list[webhooks.Row]] = {}
    for hook in await webhooks.find_active(tx, {event.operator_id for event, _ in named}):
        if hook.failing_since is not None and await webhooks.count_waiting(tx, hook.id) >= queue_max:
            log.warning("webhook.queue_full", webhook_id=hook.id)
            continue
        hooks.setdefault(hook.operator_id, []).append(hook)
    rows = [
        delivery_row(hook, name, getattr(event, "station_id", None) or event.key(), event.at, outside.content_of(event))
        for event, name in named
        for hook in hooks.get(event.operator_id, ())
        if rules.wants(hook.kinds, name) and outside.is_for(event, hook.id)
    ]
    if rows:
        await webhooks.add_deliveries(tx, rows)


def delivery_row(hook: Any, name: str, key: str, at: datetime, content: dict[str, Any]) -> dict[str, Any]:
    """A delivery; its id is in its body too, so that a receiver can tell one that it has had."""
    now, delivery_id = clock.now(), new_id()
    body = {
        "id": delivery_id,
        "type": name,
        "at": clock.to_rfc3339(at),
        "operator_id": hook.operator_id,
        "data": content,
    }
    return {
        "id": delivery_id,
        "operator_id": hook.operator_id,
        "webhook_id": hook.id,
        "kind": name,
        "key": key[:64],
        "body": to_json(body),
        "state": DeliveryState.QUEUED.value,
        "attempts": 0,
        "next_attempt_at": now,
        "created_at": now,
        "queued_at": now,
    }

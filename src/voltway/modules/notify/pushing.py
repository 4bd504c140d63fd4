"""Messages on their way to the devices of drivers: queued by an event, encrypted and sent by a job, tried again until the push
service takes them or they are of no use any more. The service sees who gets something and how much, never what.

The key by which the platform shows who it is (VAPID) follows from the installation's secret, as the secrets of webhooks do: it is
there from the first start, is the same in every process, and stays as long as that secret. With another one each
subscription is refused by its service, and the app subscribes anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

import httpx
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from voltway.contracts.accounts import PERSONAL_DATA_MAX, AccountErased, FindPersonalDevices
from voltway.contracts.notify import PushWanted
from voltway.integrations.messaging import web_push
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.kernel.json import to_json
from voltway.kernel.outbound import HTTP, HTTPS, AddressRefused, client_of, send
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key
from voltway.modules.notify import rules
from voltway.modules.notify.rules import PushFate
from voltway.modules.notify.schemas.pushes import recipient_of
from voltway.modules.notify.settings import NotifySettings
from voltway.modules.notify.store import pushes as store
from voltway.modules.notify.tables import push_subscriptions

log = structlog.get_logger()

KEY_PURPOSE = "vapid"
BATCH = 50
LEASE = timedelta(minutes=10)
"""How long a batch is a process's own: longer than it can take."""
RESPONSE_BYTES_MAX = 4096
TITLE_LENGTH_MAX, TEXT_LENGTH_MAX = 200, 600  # at four bytes a character and with the rest, less than a push holds


def key_of(runtime: Runtime) -> EllipticCurvePrivateKey:
    """The platform's key pair towards push services."""
    return web_push.vapid_key(derive_key(runtime.secret, KEY_PURPOSE))


def schemes_of(runtime: Runtime) -> tuple[str, ...]:
    """How a push service may be reached."""
    return (HTTPS, HTTP) if runtime.settings(NotifySettings).push_over_http else (HTTPS,)


async def on_push_wanted(runtime: Runtime, tx: Tx, events: Sequence[PushWanted]) -> None:
    """Queue a message for each device of whom it is for."""
    accounts = sorted({event.account_id for event in events})
    devices = await store.find_devices(tx, push_subscriptions.c.account_id.in_(accounts))
    rows = [
        _row(event, device.id)
        for event in events
        for device in devices
        if (device.account_id, device.operator_id) == (event.account_id, event.operator_id)
    ]
    if rows:
        await store.add(tx, rows)


def _row(event: PushWanted, subscription_id: str) -> dict[str, Any]:
    shown = {
        "title": event.title[:TITLE_LENGTH_MAX],
        "text": event.text[:TEXT_LENGTH_MAX],
        "tag": event.tag[:100],
        "path": event.path[:200],
    }
    return {
        "id": new_id(),
        "operator_id": event.operator_id,
        "subscription_id": subscription_id,
        "tag": shown["tag"],
        "body": to_json(shown),
        "attempts": 0,
        "next_attempt_at": clock.now(),
        "expires_at": datetime.fromisoformat(event.expires_at),
    }


async def on_account_erased(runtime: Runtime, tx: Tx, events: Sequence[AccountErased]) -> None:
    """People have gone: nothing is shown on their devices any more."""
    await store.forget_accounts(tx, {event.account_id for event in events})


async def find_personal_devices(runtime: Runtime, request: FindPersonalDevices) -> list[dict[str, Any]]:
    """A person's devices. Their keys are none of the person's data: whoever has them could read along."""
    table = push_subscriptions.c
    async with runtime.database.read() as tx:
        theirs = (table.operator_id == request.operator_id, table.account_id == request.account_id)
        rows = await store.find_devices(tx, *theirs)
    return [
        {"push_service": httpx.URL(row.endpoint).host, "created_at": clock.to_rfc3339(row.created_at)}
        for row in rows[:PERSONAL_DATA_MAX]
    ]


async def push_due(runtime: Runtime) -> None:
    """A job: one attempt at each message that is due."""
    now = clock.now()
    async with runtime.database.read() as tx:
        is_any = bool(await store.find_due(tx, now, 1))
    if not is_any:
        return
    async with runtime.database.begin() as tx:
        batch = [row for row in await store.find_due(tx, now, BATCH) if await store.claim(tx, row, now + LEASE)]
    settings = runtime.settings(NotifySettings)
    at_once = asyncio.Semaphore(settings.push_concurrency)
    async with client_of(runtime, settings.push_timeout_s) as client, asyncio.TaskGroup() as group:
        for row in batch:
            group.create_task(_push(runtime, client, row, at_once))


async def _push(runtime: Runtime, client: httpx.AsyncClient, row: store.Row, at_once: asyncio.Semaphore) -> None:
    async with at_once:
        is_late = row.expires_at <= clock.now()
        status, error = (None, "too late") if is_late else await _try(runtime, client, row)
    fate = PushFate.REFUSED if is_late else rules.fate_of_push(status)
    now = clock.now()
    again_at = now + rules.pause_after(row.attempts + 1)
    async with runtime.database.begin() as tx:
        if fate is PushFate.GONE:
            await store.remove(tx, [row.subscription_id])
        elif fate is PushFate.AGAIN and again_at < row.expires_at:
            await store.put_off(tx, row.id, again_at)
        else:
            await store.drop(tx, row.id)
    tell = log.info if fate in (PushFate.TAKEN, PushFate.GONE) else log.warning
    tell("push.tried", subscription_id=row.subscription_id, fate=fate.value, status=status, error=error)


async def _try(runtime: Runtime, client: httpx.AsyncClient, row: store.Row) -> tuple[int | None, str | None]:
    """The push service's answer, or what went wrong instead."""
    settings, now = runtime.settings(NotifySettings), clock.now()
    contact = settings.push_contact or f"mailto:{parseaddr(settings.sender)[1]}"
    headers = {
        "Authorization": web_push.authorization(key_of(runtime), row.endpoint, contact, now),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(max(int((row.expires_at - now).total_seconds()), 0)),
        "Urgency": "high",
        "Topic": web_push.topic_of(row.tag),
    }
    try:
        answer = await send(
            client,
            "POST",
            row.endpoint,
            timeout_s=settings.push_timeout_s,
            bytes_max=RESPONSE_BYTES_MAX,
            content=web_push.encrypt(row.body.encode(), recipient_of(row.p256dh, row.auth)),
            headers=headers,
        )
    except AddressRefused as refused:
        return None, str(refused)
    except TimeoutError:
        return None, f"no answer within {settings.push_timeout_s:g} s"
    except (httpx.HTTPError, httpx.InvalidURL) as failed:
        return None, str(failed) or type(failed).__name__
    return answer.status, None

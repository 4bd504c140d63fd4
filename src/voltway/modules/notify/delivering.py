"""Deliveries on their way to webhooks.

Each webhook has a task of its own while something is due for it, so that a slow receiver holds up nobody else. What has the
same key leaves one after the other; a delivery that failed and waits does not hold up what came after it. A receiver that
cannot be reached at all is asked once a round: what else is due for it waits for the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
import structlog

from voltway.contracts.notify import MailWanted
from voltway.kernel import clock
from voltway.kernel.auth.accounts import find_administrators
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.kernel.outbound import AddressRefused, client_of, send
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key
from voltway.modules.notify import rules
from voltway.modules.notify.rules import DeliveryState
from voltway.modules.notify.settings import NotifySettings
from voltway.modules.notify.store import webhooks as store

log = structlog.get_logger()

SECRET_PURPOSE = "webhook"
BATCH = 20
AT_ONCE = 4
"""Requests to one receiver at the same time."""
LEASE = timedelta(minutes=10)
"""How long a batch is a process's own: longer than it can take."""
RESPONSE_BYTES_MAX = 4096
UNREACHABLE_PAUSE = timedelta(minutes=1)
DISABLED = "it has failed for too long"


class Workers:
    """The webhooks that this process is delivering to (Runtime.state)."""

    def __init__(self) -> None:
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.requests: asyncio.Semaphore | None = None

    async def stop(self) -> None:
        """End them; what they had taken is tried again after its lease."""
        tasks = list(self.tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Attempt:
    """How a request went. `status` None: nothing came back."""

    __slots__ = ("error", "latency_ms", "status")

    def __init__(self, status: int | None, latency_ms: int, error: str | None) -> None:
        self.status, self.latency_ms, self.error = status, latency_ms, error

    @property
    def is_success(self) -> bool:
        return self.status is not None and rules.is_success(self.status)


def secrets_of(runtime: Runtime, hook: store.Row) -> list[str]:
    """The secrets by which a webhook's deliveries are signed now, the newest first."""
    key = derive_key(runtime.secret, SECRET_PURPOSE)
    salts = [hook.secret_salt]
    if hook.old_secret_salt is not None and hook.old_secret_until > clock.now():
        salts.append(hook.old_secret_salt)
    return [rules.secret_of(key, hook.id, salt) for salt in salts]


async def deliver_due(runtime: Runtime) -> None:
    """A job: see that every webhook for which something is due is being delivered to."""
    workers = runtime.state(Workers)
    async with runtime.database.read() as tx:
        due = await store.find_webhooks_with_due(tx, clock.now())
    for webhook_id in due:
        if webhook_id not in workers.tasks:
            task = asyncio.create_task(_work_off(runtime, webhook_id), name=f"webhook:{webhook_id}")
            workers.tasks[webhook_id] = task
            task.add_done_callback(lambda done, of=webhook_id: _finished(workers, of, done))  # type: ignore[misc]


def _finished(workers: Workers, webhook_id: str, task: asyncio.Task[None]) -> None:
    workers.tasks.pop(webhook_id, None)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("webhook.not_served", webhook_id=webhook_id, exc_info=error)


async def _work_off(runtime: Runtime, webhook_id: str) -> None:
    """Deliver what is due for a webhook, batch by batch."""
    settings = runtime.settings(NotifySettings)
    async with client_of(
        runtime, settings.webhook_timeout_s, authorities_file=settings.webhook_authorities_file
    ) as client:
        while True:
            now = clock.now()
            async with runtime.database.begin() as tx:
                hook = await store.find(tx, webhook_id)
                if hook is None or not hook.is_active:
                    return
                due = await store.find_due(tx, webhook_id, now, BATCH)
                batch = [row for row in due if await store.claim(tx, row, now + LEASE)]
            if not batch:
                return
            await _Round(runtime, client, hook).deliver(batch)


class _Round:
    """One batch for one webhook."""

    def __init__(self, runtime: Runtime, client: httpx.AsyncClient, hook: store.Row) -> None:
        self._runtime, self._client, self._hook = runtime, client, hook
        self._settings = runtime.settings(NotifySettings)
        self._here = asyncio.Semaphore(AT_ONCE)
        workers = runtime.state(Workers)
        if workers.requests is None:
            workers.requests = asyncio.Semaphore(self._settings.webhook_concurrency)
        self._everywhere = workers.requests
        self._is_unreachable = False

    async def deliver(self, batch: Sequence[store.Row]) -> None:
        by_key: dict[str, list[store.Row]] = {}
        for row in batch:
            by_key.setdefault(row.key, []).append(row)
        async with asyncio.TaskGroup() as group:
            for rows in by_key.values():
                group.create_task(self._one_after_the_other(rows))

    async def _one_after_the_other(self, rows: Sequence[store.Row]) -> None:
        for row in rows:
            async with self._here:
                if self._is_unreachable:
                    await self._put_back(row)
                    continue
                async with self._everywhere:
                    attempt = await self._try(row)
                self._is_unreachable |= attempt.status is None
                async with self._runtime.database.begin() as tx:
                    await self._record(tx, row, attempt)

    async def _try(self, row: store.Row) -> Attempt:
        body = row.body.encode()
        headers = {
            "Content-Type": "application/json",
            "X-Voltway-Event": row.kind,
            "X-Voltway-Delivery": row.id,
            "X-Voltway-Signature": rules.signature(secrets_of(self._runtime, self._hook), clock.now(), body),
        }
        began = clock.monotonic()
        status, error = None, None
        try:
            answer = await send(
                self._client,
                "POST",
                self._hook.url,
                timeout_s=self._settings.webhook_timeout_s,
                bytes_max=RESPONSE_BYTES_MAX,
                content=body,
                headers=headers,
            )
            status = answer.status
            error = None if rules.is_success(status) else f"the receiver answered {status}"
        except AddressRefused as refused:
            error = str(refused)
        except TimeoutError:
            error = f"no answer within {self._settings.webhook_timeout_s:g} s"
        except (httpx.HTTPError, httpx.InvalidURL) as failed:
            error = str(failed) or type(failed).__name__
        return Attempt(status, int((clock.monotonic() - began) * 1000), error and error[:300])

    async def _put_back(self, row: store.Row) -> None:
        """An attempt that was not made: it does not count."""
        async with self._runtime.database.begin() as tx:
            values = {"attempts": row.attempts, "next_attempt_at": clock.now() + UNREACHABLE_PAUSE}
            await store.change_delivery(tx, row.id, values)

    async def _record(self, tx: Tx, row: store.Row, attempt: Attempt) -> None:
        now = clock.now()
        noted = {"status": attempt.status, "latency_ms": attempt.latency_ms, "error": attempt.error}
        await store.add_attempt(
            tx, {"id": new_id(), "delivery_id": row.id, "webhook_id": row.webhook_id, "at": now, **noted}
        )
        values: dict[str, Any] = {"last_status": attempt.status, "last_error": attempt.error}
        if attempt.is_success:
            values |= _ended(DeliveryState.DELIVERED)
        else:
            patience = timedelta(hours=self._settings.webhook_hours)
            at = rules.next_attempt(row.attempts + 1, row.queued_at, now, patience)
            values |= {"next_attempt_at": at} if at is not None else _ended(DeliveryState.FAILED)
        await store.change_delivery(tx, row.id, values)
        await self._judge(tx, attempt)
        log.info("webhook.tried", webhook_id=row.webhook_id, delivery_id=row.id, status=attempt.status)

    async def _judge(self, tx: Tx, attempt: Attempt) -> None:
        """What an attempt says of its webhook: it works, it fails, it has failed for too long."""
        hook = await store.find(tx, self._hook.id)
        if hook is None or not hook.is_active:
            return
        if attempt.is_success:
            if hook.failing_since is not None:
                await store.change(tx, hook.id, {"failing_since": None})
            return
        now = clock.now()
        if hook.failing_since is None:
            await store.change(tx, hook.id, {"failing_since": now})
        elif now - hook.failing_since >= timedelta(days=self._settings.webhook_disable_days):
            values = {"is_active": False, "disabled_reason": DISABLED, "revision": hook.revision + 1, "updated_at": now}
            await store.change(tx, hook.id, values)
            log.warning("webhook.disabled", webhook_id=hook.id, failing_since=clock.to_rfc3339(hook.failing_since))
            await _tell_administrators(tx, hook, attempt)


def _ended(state: DeliveryState) -> dict[str, Any]:
    return {"state": state.value, "next_attempt_at": None, "finished_at": clock.now()}


async def _tell_administrators(tx: Tx, hook: store.Row, attempt: Attempt) -> None:
    now = clock.now()
    text = (
        f"The webhook {hook.description or hook.id} to {httpx.URL(hook.url).host} has taken nothing since "
        f"{clock.to_rfc3339(hook.failing_since)}.\nLast of all: {attempt.error}.\n\nIt is switched off. Mend the receiver, "
        "then switch the webhook on again; deliveries that failed can be sent again one by one.\n"
    )
    for number, address in enumerate(await find_administrators(tx, hook.operator_id)):
        tx.publish(
            MailWanted(
                operator_id=hook.operator_id,
                at=now,
                mail_id=f"webhook-disabled:{hook.id}:{hook.revision}:{number}",
                kind="webhook.disabled",
                to=address,
                subject="A webhook of Voltway is switched off",
                text=text,
            )
        )


async def forget_old(runtime: Runtime) -> None:
    """A job: deliveries that are older than they are to be kept, and those that have waited for too long."""
    settings, now = runtime.settings(NotifySettings), clock.now()
    async with runtime.database.begin() as tx:
        await store.give_up(tx, now - timedelta(hours=settings.webhook_hours) - LEASE, now)
    while True:
        async with runtime.database.begin() as tx:
            count = await store.forget(tx, now - timedelta(days=settings.delivery_days))
        if count < store.PURGE_ROWS:
            return

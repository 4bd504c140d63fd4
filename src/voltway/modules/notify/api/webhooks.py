"""REST of webhooks and their deliveries."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

import httpx
import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request, Response

from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.auth.errors import PermissionMissing
from voltway.kernel.database import Tx
from voltway.kernel.http import Page, PageQuery, etag_of, open_tx, page_query, read_tx, require_match, runtime_of
from voltway.kernel.ids import new_id
from voltway.kernel.outbound import HTTP, HTTPS, AddressRefused, OutboundSettings, addresses_of, check_url
from voltway.kernel.runtime import Runtime
from voltway.modules.notify import delivering
from voltway.modules.notify.errors import AddressNotAllowed, DeliveryNotFinished, TooManyWebhooks
from voltway.modules.notify.rules import DeliveryState
from voltway.modules.notify.schemas import webhooks as schemas
from voltway.modules.notify.settings import NotifySettings
from voltway.modules.notify.store import webhooks as store
from voltway.modules.notify.tables import deliveries, webhooks

router = APIRouter(tags=["webhooks"])

MayAdminister = Annotated[Principal, Depends(allowed(Permission.ADMIN, everywhere=True))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
PagePart = Annotated[PageQuery, Depends(page_query)]

SALT_BYTES = 12


@router.get("/webhooks")
async def list_webhooks(principal: MayAdminister, tx: ReadTx, page: PagePart) -> Page[schemas.WebhookOut]:
    """The webhooks, newest first."""
    statement = sa.select(webhooks).where(store.visible_to(principal))
    rows, next_cursor = await page.fetch(tx, statement, webhooks.c.id)
    return Page(items=[schemas.WebhookOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.post("/webhooks", status_code=201)
async def add_webhook(
    body: schemas.WebhookIn, principal: MayAdminister, runtime: OurRuntime, request: Request
) -> schemas.WebhookWithSecret:
    """Add a webhook. The secret by which its deliveries are signed is shown in this answer only."""
    if principal.location_ids is not None:
        raise PermissionMissing("Who is bound to locations has no hand in webhooks: they tell of all.")
    await _check_url(runtime, body.url)
    settings, now = runtime.settings(NotifySettings), clock.now()
    row = {
        "id": new_id(),
        "operator_id": principal.operator_id,
        **body.model_dump(),
        "secret_salt": secrets.token_urlsafe(SALT_BYTES),
        "revision": 1,
        "created_at": now,
        "updated_at": now,
    }
    async with runtime.database.begin() as tx:
        if await store.count(tx, principal.operator_id) >= settings.webhooks_max:
            raise TooManyWebhooks(f"There are at most {settings.webhooks_max}.")
        await store.add(tx, row)
        audit.note(tx, principal, "webhook.added", ("webhook", row["id"]), after=_noted(body.model_dump()))
        hook = await store.get(tx, row["id"])
    return _with_secret(runtime, hook)


@router.get("/webhooks/{webhook_id}")
async def get_webhook(webhook_id: str, principal: MayAdminister, tx: ReadTx, response: Response) -> schemas.WebhookOut:
    """One webhook."""
    hook = await store.get(tx, webhook_id, store.visible_to(principal))
    etag_of(hook.revision, response)
    return schemas.WebhookOut.model_validate(hook)


@router.patch("/webhooks/{webhook_id}")
async def change_webhook(
    webhook_id: str,
    body: schemas.WebhookChange,
    principal: MayAdminister,
    runtime: OurRuntime,
    request: Request,
    response: Response,
) -> schemas.WebhookOut:
    """Change a webhook. Switched on again, it is given as much time as a new one."""
    if body.url is not None:
        await _check_url(runtime, body.url)
    values = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    async with runtime.database.begin() as tx:
        hook = await store.get(tx, webhook_id, store.visible_to(principal), is_locked=True)
        require_match(request, hook.revision)
        before = {name: getattr(hook, name) for name in values}
        if values.get("is_active"):
            values |= {"failing_since": None, "disabled_reason": None}
        stamp = {"revision": hook.revision + 1, "updated_at": clock.now()}
        await store.change(tx, hook.id, values | stamp)
        after = {name: values[name] for name in before}
        audit.note(tx, principal, "webhook.edited", ("webhook", hook.id), before=_noted(before), after=_noted(after))
        changed = await store.get(tx, hook.id)
    etag_of(changed.revision, response)
    return schemas.WebhookOut.model_validate(changed)


@router.delete("/webhooks/{webhook_id}", status_code=204)
async def remove_webhook(webhook_id: str, principal: MayAdminister, tx: OpenTx) -> None:
    """Remove a webhook with its deliveries."""
    hook = await store.get(tx, webhook_id, store.visible_to(principal))
    await store.remove(tx, hook.id)
    audit.note(tx, principal, "webhook.removed", ("webhook", hook.id), before=_noted({"url": hook.url}))


@router.post("/webhooks/{webhook_id}/secret")
async def rotate_webhook_secret(
    webhook_id: str, body: schemas.SecretRotation, principal: MayAdminister, runtime: OurRuntime
) -> schemas.WebhookWithSecret:
    """Make a new secret, shown in this answer only. For a while deliveries are signed with the old one as well."""
    async with runtime.database.begin() as tx:
        hook = await store.get(tx, webhook_id, store.visible_to(principal), is_locked=True)
        now = clock.now()
        values = {
            "secret_salt": secrets.token_urlsafe(SALT_BYTES),
            "old_secret_salt": hook.secret_salt if body.overlap_hours else None,
            "old_secret_until": now + timedelta(hours=body.overlap_hours) if body.overlap_hours else None,
            "revision": hook.revision + 1,
            "updated_at": now,
        }
        await store.change(tx, hook.id, values)
        audit.note(tx, principal, "webhook.secret_rotated", ("webhook", hook.id))
        changed = await store.get(tx, hook.id)
    return _with_secret(runtime, changed)


# ---- deliveries


@router.get("/webhooks/{webhook_id}/deliveries")
async def list_deliveries(
    webhook_id: str,
    principal: MayAdminister,
    tx: ReadTx,
    page: PagePart,
    state: DeliveryState | None = None,
    kind: Annotated[str | None, Query(max_length=64)] = None,
) -> Page[schemas.DeliveryOut]:
    """What was to be delivered to a webhook, newest first."""
    hook = await store.get(tx, webhook_id, store.visible_to(principal))
    statement = sa.select(deliveries).where(deliveries.c.webhook_id == hook.id)
    if state is not None:
        statement = statement.where(deliveries.c.state == state.value)
    if kind is not None:
        statement = statement.where(deliveries.c.kind == kind)
    rows, next_cursor = await page.fetch(tx, statement, deliveries.c.id)
    return Page(items=[schemas.DeliveryOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get("/webhooks/{webhook_id}/deliveries/{delivery_id}")
async def get_delivery(
    webhook_id: str, delivery_id: str, principal: MayAdminister, tx: ReadTx
) -> schemas.DeliveryWithAttempts:
    """One delivery, with its body and how each attempt went."""
    hook = await store.get(tx, webhook_id, store.visible_to(principal))
    row = await store.get_delivery(tx, hook.id, delivery_id)
    return schemas.delivery_with(row, await store.attempts_at(tx, row.id))


@router.post("/webhooks/{webhook_id}/deliveries/{delivery_id}/retry")
async def retry_delivery(
    webhook_id: str, delivery_id: str, principal: MayAdminister, tx: OpenTx
) -> schemas.DeliveryOut:
    """Deliver again, with the same id and body: what has failed, or what the receiver has lost."""
    hook = await store.get(tx, webhook_id, store.visible_to(principal))
    row = await store.get_delivery(tx, hook.id, delivery_id)
    if row.state == DeliveryState.QUEUED:
        raise DeliveryNotFinished("It will be tried by itself.")
    now = clock.now()
    values = {"state": DeliveryState.QUEUED.value, "attempts": 0, "next_attempt_at": now, "queued_at": now}
    await store.change_delivery(tx, row.id, {**values, "finished_at": None})
    audit.note(tx, principal, "webhook.delivered_again", ("webhook", hook.id), after={"delivery_id": row.id})
    return schemas.DeliveryOut.model_validate(await store.get_delivery(tx, hook.id, row.id))


async def _check_url(runtime: Runtime, url: str) -> None:
    """Raise AddressNotAllowed for an address to which nothing would be delivered. A name that nobody knows now may be known
    later."""
    networks = runtime.settings(OutboundSettings).networks
    schemes = (HTTPS, HTTP) if runtime.settings(NotifySettings).webhooks_over_http else (HTTPS,)
    try:
        target = check_url(url, schemes, networks)
        await addresses_of(target.host, target.port or 443, networks)
    except AddressRefused as refused:
        raise AddressNotAllowed.at("$.url", str(refused)) from None
    except OSError:
        return


def _noted(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit log gets: of a URL the host, since receivers put secrets into what follows."""
    return {name: httpx.URL(value).host if name == "url" else value for name, value in values.items()}


def _with_secret(runtime: Runtime, hook: store.Row) -> schemas.WebhookWithSecret:
    shown = schemas.WebhookOut.model_validate(hook)
    return schemas.WebhookWithSecret(**shown.model_dump(), secret=delivering.secrets_of(runtime, hook)[0])

"""REST of the devices that show the platform's messages to their driver (web push)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from voltway.integrations.messaging import web_push
from voltway.kernel import clock
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.database import Tx
from voltway.kernel.http import open_tx, read_tx, runtime_of
from voltway.kernel.ids import new_id
from voltway.kernel.outbound import AddressRefused, OutboundSettings, addresses_of, check_url
from voltway.kernel.runtime import Runtime
from voltway.modules.notify import pushing
from voltway.modules.notify.errors import AddressNotAllowed
from voltway.modules.notify.schemas import pushes as schemas
from voltway.modules.notify.settings import NotifySettings
from voltway.modules.notify.store import pushes as store

router = APIRouter(tags=["push"])

MayOwn = Annotated[Principal, Depends(allowed(Permission.TOKENS_OWN))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]


@router.get("/me/push-subscriptions")
async def list_push_subscriptions(principal: MayOwn, tx: ReadTx, runtime: OurRuntime) -> schemas.PushDevicesOut:
    """The caller's devices that show messages, and the key with which a browser subscribes another one."""
    rows = await store.find_devices(tx, store.own(principal))
    return schemas.PushDevicesOut(
        server_key=web_push.to_text(web_push.point_of(pushing.key_of(runtime))),
        items=[schemas.PushSubscriptionOut.model_validate(row) for row in rows],
    )


@router.post("/me/push-subscriptions", status_code=201)
async def add_push_subscription(
    body: schemas.PushSubscriptionIn, principal: MayOwn, runtime: OurRuntime
) -> schemas.PushSubscriptionOut:
    """Have messages shown on a device: what its browser's `PushSubscription.toJSON()` says. Asked again it is the same one; a
    device that was somebody else's is the caller's from now on, and beyond `notify.push_devices_max` the oldest goes."""
    await _check_endpoint(runtime, body.endpoint)
    row = {
        "id": new_id(),
        "operator_id": principal.operator_id,
        "account_id": principal.id,
        "endpoint": body.endpoint,
        "endpoint_hash": store.hash_of(body.endpoint),
        **body.keys.model_dump(),
        "created_at": clock.now(),
    }
    async with runtime.database.begin() as tx:
        added = await store.put(tx, row)
        others = [each.id for each in await store.find_devices(tx, store.own(principal)) if each.id != added.id]
        await store.remove(tx, others[runtime.settings(NotifySettings).push_devices_max - 1 :])
    return schemas.PushSubscriptionOut.model_validate(added)


@router.delete("/me/push-subscriptions/{subscription_id}", status_code=204)
async def remove_push_subscription(subscription_id: str, principal: MayOwn, tx: OpenTx) -> None:
    """Have no more messages shown on a device."""
    await store.remove_own(tx, principal, subscription_id)


async def _check_endpoint(runtime: Runtime, endpoint: str) -> None:
    """Raise AddressNotAllowed for an address to which nothing would be pushed. The name is looked up again at each push."""
    networks = runtime.settings(OutboundSettings).networks
    try:
        target = check_url(endpoint, pushing.schemes_of(runtime), networks)
        await addresses_of(target.host, target.port or 443, networks)
    except AddressRefused as refused:
        raise AddressNotAllowed.at("$.endpoint", str(refused)) from None
    except OSError:
        return  # a name that nobody knows now may be known later

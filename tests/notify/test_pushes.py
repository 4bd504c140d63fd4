"""Messages from the event that wants them to a real push service, read with the device's own keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from builders import ClientOf, MakeRuntime, served
from voltway.contracts.accounts import AccountErased, FindPersonalDevices
from voltway.contracts.notify import PushWanted
from voltway.integrations.messaging.web_push import to_bytes
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.module import Manifest
from voltway.kernel.runtime import Runtime
from voltway.modules.notify import pushing
from voltway.modules.notify.module import MANIFEST
from voltway.modules.notify.tables import push_subscriptions, pushes

from .push_device import PushDevice, PushService  # noqa: TID252  (tests are not installed)

QUIET = Manifest(
    name="notify",
    settings=MANIFEST.settings,
    listens=MANIFEST.listens,
    routes=MANIFEST.routes,
    answers=MANIFEST.answers,
)
"""The module without its jobs: a test calls them itself."""
SETTINGS: dict[str, Any] = {
    "notify": {"push_over_http": True, "push_contact": "mailto:ops@example.org", "push_devices_max": 2},
    "outbound": {"networks": ["127.0.0.1/32"]},
}


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    service = PushService()
    async with served(service.app()) as url:
        service.url = url
        yield service


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(QUIET, settings=SETTINGS)


@pytest.fixture
async def client(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(runtime, "driver")


async def subscribe(client: httpx.AsyncClient, url: str, device: PushDevice, name: str = "x") -> dict[str, Any]:
    answer = await client.post("/me/push-subscriptions", json={"endpoint": f"{url}/send/{name}", "keys": device.keys})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def rows(runtime: Runtime, table: sa.Table) -> list[Any]:
    async with runtime.database.read() as tx:
        return list((await tx.execute(sa.select(table).order_by(table.c.id))).all())


async def want(runtime: Runtime, **changes: Any) -> None:
    """A message for whoever subscribed first, queued as the module's listener does."""
    account_id = (await rows(runtime, push_subscriptions))[0].account_id
    now = clock.now()
    fields = {
        "operator_id": DEFAULT_OPERATOR_ID,
        "at": now,
        "account_id": account_id,
        "tag": "queue:1",
        "title": "轮到您了",
        "text": "Ihre Säule ist frei.",
        "path": "#/queue/1",
        "expires_at": clock.to_rfc3339(now + timedelta(hours=1)),
        **changes,
    }
    async with runtime.database.begin() as tx:
        await pushing.on_push_wanted(runtime, tx, [PushWanted(**fields)])


async def hurry(runtime: Runtime) -> None:
    async with runtime.database.begin() as tx:
        await tx.execute(sa.update(pushes).values(next_attempt_at=clock.now()))


async def test_a_message_arrives_and_only_the_device_can_read_it(
    runtime: Runtime, client: httpx.AsyncClient, service: PushService
) -> None:
    device = PushDevice()
    await subscribe(client, service.url, device)
    await want(runtime)
    await pushing.push_due(runtime)
    ((name, headers, body),) = service.got
    assert name == "x"
    assert device.read(body) == {
        "title": "轮到您了",
        "text": "Ihre Säule ist frei.",
        "tag": "queue:1",
        "path": "#/queue/1",
    }
    assert headers["content-encoding"] == "aes128gcm"
    assert 3000 < int(headers["ttl"]) <= 3600
    listed = (await client.get("/me/push-subscriptions")).json()
    assert headers["authorization"].endswith(f", k={listed['server_key']}")
    assert len(to_bytes(listed["server_key"])) == 65
    assert await rows(runtime, pushes) == []  # it has left, and its text with it


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_is_no_more_is_removed(
    runtime: Runtime, client: httpx.AsyncClient, service: PushService, status: int
) -> None:
    await subscribe(client, service.url, PushDevice())
    service.statuses = [status]
    await want(runtime)
    await want(runtime, tag="queue:2")
    await pushing.push_due(runtime)
    assert await rows(runtime, push_subscriptions) == []
    assert await rows(runtime, pushes) == []


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_busy_service_is_asked_again(
    runtime: Runtime, client: httpx.AsyncClient, service: PushService, status: int
) -> None:
    device = PushDevice()
    await subscribe(client, service.url, device)
    service.statuses = [status, 201]
    await want(runtime)
    await pushing.push_due(runtime)
    (waiting,) = await rows(runtime, pushes)
    assert waiting.attempts == 1
    await pushing.push_due(runtime)
    assert len(service.got) == 1  # not before its time
    await hurry(runtime)
    await pushing.push_due(runtime)
    assert [device.read(body)["tag"] for _, _, body in service.got] == ["queue:1", "queue:1"]
    assert await rows(runtime, pushes) == []
    assert len(await rows(runtime, push_subscriptions)) == 1


async def test_a_refused_message_is_dropped_and_the_device_stays(
    runtime: Runtime, client: httpx.AsyncClient, service: PushService
) -> None:
    await subscribe(client, service.url, PushDevice())
    service.statuses = [413]
    await want(runtime)
    await pushing.push_due(runtime)
    assert await rows(runtime, pushes) == []
    assert len(await rows(runtime, push_subscriptions)) == 1


async def test_a_message_that_has_expired_does_not_leave(
    runtime: Runtime, client: httpx.AsyncClient, service: PushService
) -> None:
    await subscribe(client, service.url, PushDevice())
    await want(runtime, expires_at=clock.to_rfc3339(clock.now() - timedelta(seconds=1)))
    await pushing.push_due(runtime)
    assert service.got == []
    assert await rows(runtime, pushes) == []


async def test_the_longest_message_still_fits(
    runtime: Runtime, client: httpx.AsyncClient, service: PushService
) -> None:
    device = PushDevice()
    await subscribe(client, service.url, device)
    await want(runtime, title="🔌" * 500, text="🔌" * 5000)
    await pushing.push_due(runtime)
    ((_, _, body),) = service.got
    assert device.read(body)["text"] == "🔌" * 600
    assert len(body) <= 4096


async def test_nothing_is_pushed_inside(make_runtime: MakeRuntime, client_of: ClientOf, service: PushService) -> None:
    runtime = await make_runtime(QUIET, settings={"notify": {"push_over_http": True}})
    client = await client_of(runtime, "driver")
    given = {"endpoint": f"{service.url}/send/x", "keys": PushDevice().keys}
    refused = await client.post("/me/push-subscriptions", json=given)
    assert (refused.status_code, refused.json()["title"]) == (422, "Address is not allowed")
    # A name that meant something else when it was subscribed: the guard stands before each push as well.
    subscribed = await client.post("/me/push-subscriptions", json=given | {"endpoint": "http://push.invalid/x"})
    assert subscribed.status_code == 201
    async with runtime.database.begin() as tx:
        await tx.execute(sa.update(push_subscriptions).values(endpoint=given["endpoint"]))
    await want(runtime)
    await pushing.push_due(runtime)
    assert service.got == []
    assert len(await rows(runtime, pushes)) == 1


async def test_keys_and_addresses_that_are_none_are_refused(client: httpx.AsyncClient) -> None:
    keys = PushDevice().keys
    for given in (
        {"endpoint": "https://push.example.org/x", "keys": keys | {"auth": "AAAA"}},
        {"endpoint": "https://push.example.org/x", "keys": keys | {"p256dh": "B" + "A" * 86}},
        {"endpoint": "https://push.example.org/x", "keys": keys | {"p256dh": "%%"}},
        {"endpoint": "ftp://push.example.org/x", "keys": keys},
    ):
        assert (await client.post("/me/push-subscriptions", json=given)).status_code == 422


async def test_a_device_is_one_and_belongs_to_whoever_subscribed_last(
    runtime: Runtime, client: httpx.AsyncClient, client_of: ClientOf, service: PushService
) -> None:
    device = PushDevice()
    first = await subscribe(client, service.url, device)
    assert (await subscribe(client, service.url, device))["id"] == first["id"]
    await want(runtime)
    other = await client_of(runtime, "driver")
    assert (await subscribe(other, service.url, device))["id"] == first["id"]
    assert (await client.get("/me/push-subscriptions")).json()["items"] == []
    await pushing.push_due(runtime)
    assert service.got == []  # what was meant for the one is not shown to the other
    assert (await client.delete(f"/me/push-subscriptions/{first['id']}")).status_code == 404
    assert (await other.delete(f"/me/push-subscriptions/{first['id']}")).status_code == 204
    assert await rows(runtime, push_subscriptions) == []


async def test_the_oldest_device_makes_room(runtime: Runtime, client: httpx.AsyncClient, service: PushService) -> None:
    made = [await subscribe(client, service.url, PushDevice(), name) for name in "abc"]
    items = (await client.get("/me/push-subscriptions")).json()["items"]
    assert [item["id"] for item in items] == [made[2]["id"], made[1]["id"]]


async def test_a_person_gets_a_copy_and_goes_with_their_devices(
    runtime: Runtime, client: httpx.AsyncClient, service: PushService
) -> None:
    await subscribe(client, service.url, PushDevice())
    await want(runtime)
    account_id = (await rows(runtime, push_subscriptions))[0].account_id
    request = FindPersonalDevices(operator_id=DEFAULT_OPERATOR_ID, account_id=account_id)
    (copy,) = await pushing.find_personal_devices(runtime, request)
    assert copy["push_service"] == "127.0.0.1"
    gone = AccountErased(operator_id=DEFAULT_OPERATOR_ID, at=clock.now(), account_id=account_id, id_tokens=())
    async with runtime.database.begin() as tx:
        await pushing.on_account_erased(runtime, tx, [gone])
    assert await rows(runtime, push_subscriptions) == []
    assert await rows(runtime, pushes) == []

"""/webhooks: which addresses are taken, secrets, bounds, who may."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from builders import ClientOf, MakeRuntime, eventually, served
from gateway.test_tls import Maker
from voltway.kernel.runtime import Runtime
from voltway.modules.notify.module import MANIFEST
from voltway.modules.notify.tables import deliveries, webhooks

from .receiver import (  # noqa: TID252  (tests are not installed)
    SETTINGS,
    Receiver,
    added,
    eventually_attempts,
    expected_signature,
    hurry,
    online,
    publish,
    rows,
)

ENDPOINTS = (
    "GET /webhooks/{id}",
    "PATCH /webhooks/{id}",
    "DELETE /webhooks/{id}",
    "POST /webhooks/{id}/secret",
    "GET /webhooks/{id}/deliveries",
    "GET /webhooks/{id}/deliveries/{delivery}",
    "POST /webhooks/{id}/deliveries/{delivery}/retry",
)


# ---- addresses


INSIDE = [
    "https://127.0.0.1/",
    "https://169.254.169.254/latest",
    "https://2130706433/",
    "https://[::ffff:127.0.0.1]/",
    "https://localhost/",
    "https://user:word@hooks.example/",
    "http://hooks.example/",
    "ftp://hooks.example/",
    "https://hooks.example:0/",
    "not an address",
]


@pytest.mark.parametrize("url", INSIDE)
async def test_an_address_inside_is_refused_when_it_is_given(
    make_runtime: MakeRuntime, client_of: ClientOf, url: str
) -> None:
    client = await client_of(await make_runtime(MANIFEST))
    answer = await client.post("/webhooks", json={"url": url})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "$.url"), answer.text
    hook = await added(client, "https://hooks.example.invalid/")
    assert (await client.patch(f"/webhooks/{hook['id']}", json={"url": url})).status_code == 422
    assert (await client.get(f"/webhooks/{hook['id']}")).json()["url"] == "https://hooks.example.invalid/"


async def test_an_address_that_has_turned_inside_since_is_refused_when_it_is_gone_to(
    make_runtime: MakeRuntime, client_of: ClientOf, receiver: Receiver
) -> None:
    allowed = await make_runtime(MANIFEST, settings=SETTINGS)
    await added(await client_of(allowed), receiver.url)
    await allowed.stop()
    strict = await make_runtime(MANIFEST)
    await publish(strict, online())
    await eventually_attempts(strict, 1)
    assert (receiver.got, (await rows(strict))[0].last_error) == ([], "127.0.0.1 is not a public address")


async def test_over_tls_the_receivers_certificate_must_be_good(
    make_runtime: MakeRuntime, client_of: ClientOf, tmp_path: Path
) -> None:
    maker, receiver = Maker(tmp_path), Receiver()
    async with served(receiver.app(), ssl_certfile=maker.server()) as url:
        address = f"{url}/hook".replace("127.0.0.1", "localhost")
        both = {"networks": ["127.0.0.1/32", "::1/128"]}
        stranger = await make_runtime(MANIFEST, settings={"outbound": both})
        await added(await client_of(stranger), address)
        await publish(stranger, online())
        await eventually_attempts(stranger, 1)
        (row,) = await rows(stranger)
        assert (receiver.got, "certificate" in row.last_error.lower()) == ([], True)
        await stranger.stop()
        settings = {"outbound": both, "notify": {"webhook_authorities_file": maker.file}}
        trusting = await make_runtime(MANIFEST, settings=settings)
        await hurry(trusting)
        await eventually(lambda: len(receiver.got) == 1)


# ---- secrets


async def test_a_secret_is_shown_once_and_two_of_them_hold_while_it_is_rotated(
    runtime: Runtime, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    hook = await added(client, receiver.url)
    assert hook["secret"].startswith("whsec_")
    assert len(hook["secret"]) == 49
    path = f"/webhooks/{hook['id']}"
    listed = (await client.get("/webhooks")).json()["items"]
    assert "secret" not in json.dumps([listed, (await client.get(path)).json()]).replace("old_secret_until", "")
    rotated = (await client.post(f"{path}/secret", json={"overlap_hours": 1})).json()
    assert rotated["secret"] != hook["secret"]
    await publish(runtime, online())
    await eventually(lambda: len(receiver.got) == 1)
    headers, body = receiver.got[0]
    signatures = headers["x-voltway-signature"].split(",")[1:]
    assert signatures == [
        f"v1={expected_signature(secret, headers, body)}" for secret in (rotated["secret"], hook["secret"])
    ]
    last = (await client.post(f"{path}/secret", json={"overlap_hours": 0})).json()["secret"]
    await publish(runtime, online())
    await eventually(lambda: len(receiver.got) == 2)
    headers, body = receiver.got[1]
    assert headers["x-voltway-signature"].split(",")[1:] == [f"v1={expected_signature(last, headers, body)}"]


async def test_no_secret_is_in_the_database_or_the_log(
    runtime: Runtime, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    with structlog.testing.capture_logs() as lines:
        hook = await added(client, receiver.url)
        await publish(runtime, online())
        await eventually_attempts(runtime, 1)
    stored = [str(dict(row._mapping)) for table in (webhooks, deliveries) for row in await rows(runtime, table)]
    assert hook["secret"] not in str(stored) + str(lines)
    assert any(line["event"] == "webhook.tried" for line in lines)


# ---- the API


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "$.url"),
        ({"url": "https://hooks.example/" + "x" * 2000}, "$.url"),
        ({"url": 7}, "$.url"),
        ({"url": "https://hooks.example/", "kinds": []}, "$.kinds"),
        ({"url": "https://hooks.example/", "kinds": ["station.exploded"]}, "$.kinds"),
        ({"url": "https://hooks.example/", "kinds": ["x" * 65]}, "$.kinds[0]"),
        ({"url": "https://hooks.example/", "description": "x" * 201}, "$.description"),
        ({"url": "https://hooks.example/", "secret": "mine"}, "$.secret"),
        ({"url": "https://hooks.example/", "operator_id": "x"}, "$.operator_id"),
    ],
)
async def test_a_body_that_is_wrong_is_refused(client: httpx.AsyncClient, body: dict[str, Any], path: str) -> None:
    answer = await client.post("/webhooks", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path), answer.text
    assert (await client.get("/webhooks")).json()["items"] == []


@pytest.mark.parametrize("hours", [-1, 169, "x"])
async def test_an_overlap_has_bounds(client: httpx.AsyncClient, receiver: Receiver, hours: Any) -> None:
    hook = await added(client, receiver.url)
    assert (await client.post(f"/webhooks/{hook['id']}/secret", json={"overlap_hours": hours})).status_code == 422


async def test_nobody_strangers_and_other_roles_get_nothing(
    runtime: Runtime, client: httpx.AsyncClient, client_of: ClientOf, receiver: Receiver, stranger_id: str
) -> None:
    hook = await added(client, receiver.url)
    await publish(runtime, online())
    await eventually_attempts(runtime, 1)
    names = {"id": hook["id"], "delivery": (await rows(runtime))[0].id}
    nobody, stranger = await client_of(runtime, None), await client_of(runtime, operator_id=stranger_id)
    bound = await client_of(runtime, "operator_admin", location_ids=["a"])
    others = [await client_of(runtime, role) for role in ("operations", "support", "auditor", "driver", "finance")]
    for endpoint in ENDPOINTS:
        method, path = endpoint.format(**names).split()
        body = {} if method in ("PATCH", "POST") else None
        assert (await nobody.request(method, path, json=body)).status_code == 401, endpoint
        assert (await stranger.request(method, path, json=body)).status_code == 404, endpoint
        for other in others:
            assert (await other.request(method, path, json=body)).status_code == 403, endpoint
    assert (await nobody.get("/webhooks")).status_code == 401
    assert (await stranger.get("/webhooks")).json()["items"] == []
    assert (await bound.post("/webhooks", json={"url": receiver.url})).status_code == 403
    assert (await client.get(f"/webhooks/{hook['id']}/deliveries/x")).status_code == 404
    second = await added(client, receiver.url)
    assert (await client.get(f"/webhooks/{second['id']}/deliveries/{names['delivery']}")).status_code == 404


async def test_an_operator_has_so_many_and_no_more(
    make_runtime: MakeRuntime, client_of: ClientOf, receiver: Receiver
) -> None:
    settings = {**SETTINGS, "notify": {"webhooks_over_http": True, "webhooks_max": 1}}
    client = await client_of(await make_runtime(MANIFEST, settings=settings))
    await added(client, receiver.url)
    answer = await client.post("/webhooks", json={"url": receiver.url})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/too-many-webhooks")


async def test_a_change_must_know_the_version_and_a_removed_webhook_is_gone_with_its_deliveries(
    runtime: Runtime, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    hook = await added(client, receiver.url)
    path = f"/webhooks/{hook['id']}"
    etag = (await client.get(path)).headers["etag"]
    changed = await client.patch(path, json={"description": "ERP"}, headers={"if-match": etag})
    assert (changed.status_code, changed.json()["description"]) == (200, "ERP")
    assert (await client.patch(path, json={"description": "x"}, headers={"if-match": etag})).status_code == 412
    await publish(runtime, online())
    await eventually_attempts(runtime, 1)
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404
    assert await rows(runtime) == []

"""A write that is sent again happens once and is answered alike."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from builders import NOON, ClientOf
from voltway.kernel import clock
from voltway.kernel.database import Database
from voltway.kernel.http import idempotency
from voltway.kernel.runtime import Runtime

from .notes import texts  # noqa: TID252  (tests are not installed)

KEY = {"idempotency-key": "first"}


@pytest.mark.parametrize("path", ["/notes", "/notes/send"])
async def test_a_retry_gets_the_first_answer_and_changes_nothing(
    client: httpx.AsyncClient, database: Database, path: str
) -> None:
    first = await client.post(path, json={"text": "a"}, headers=KEY)
    again = await client.post(path, json={"text": "a"}, headers=KEY)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers.get("location") == first.headers.get("location")
    assert again.headers["content-type"] == first.headers["content-type"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert await texts(database) == ["a"]


@pytest.mark.parametrize("path", ["/notes", "/notes/send"])
async def test_the_same_key_with_another_request_gets_422(
    client: httpx.AsyncClient, database: Database, path: str
) -> None:
    await client.post(path, json={"text": "a"}, headers=KEY)
    for other in (
        client.post(path, json={"text": "b"}, headers=KEY),
        client.post(f"{path}?x=1", json={"text": "a"}, headers=KEY),
    ):
        answer = await other
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/key-used-otherwise")
    assert await texts(database) == ["a"]


async def test_another_caller_may_use_the_same_key(runtime: Runtime, client_of: ClientOf, database: Database) -> None:
    for client in (await client_of(runtime), await client_of(runtime)):
        assert (await client.post("/notes", json={"text": "a"}, headers=KEY)).status_code == 201
    assert await texts(database) == ["a", "a"]


@pytest.mark.parametrize("path", ["/notes", "/notes/send"])
async def test_of_many_at_once_one_happens(client: httpx.AsyncClient, database: Database, path: str) -> None:
    answers = await asyncio.gather(*(client.post(path, json={"text": "a"}, headers=KEY) for _ in range(8)))
    done = [answer for answer in answers if answer.status_code in (201, 202)]
    assert done
    assert {answer.content for answer in done} == {done[0].content}
    assert {answer.status_code for answer in answers} <= {done[0].status_code, 409}
    assert await texts(database) == ["a"]


async def test_in_one_transaction_the_retry_waits_for_the_first(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.post("/notes", json={"text": "a"}, headers=KEY) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}


async def test_a_refusal_keeps_no_key(client: httpx.AsyncClient) -> None:
    for path, text, status in (
        ("/notes", "locked", 409),
        ("/notes/send", "refused", 409),
        ("/notes/send", "unavailable", 503),
    ):
        headers = {"idempotency-key": f"{path} {text}"}
        first = await client.post(path, json={"text": text}, headers=headers)
        again = await client.post(path, json={"text": text}, headers=headers)
        assert (first.status_code, again.status_code) == (status, status)
        assert "idempotent-replayed" not in again.headers
        assert (await client.post(path, json={"text": "fine"}, headers=headers)).status_code in (201, 202)


async def test_a_body_that_was_refused_can_be_mended_under_the_same_key(client: httpx.AsyncClient) -> None:
    for path in ("/notes", "/notes/send"):
        headers = {"idempotency-key": path}
        assert (await client.post(path, json={"stars": 1}, headers=headers)).status_code == 422
        assert (await client.post(path, json={"text": "mended"}, headers=headers)).status_code in (201, 202)


async def test_a_request_that_was_cut_short_is_not_done_twice(client: httpx.AsyncClient, database: Database) -> None:
    assert (await client.post("/notes/send", json={"text": "died"}, headers=KEY)).status_code == 500
    retry = await client.post("/notes/send", json={"text": "died"}, headers=KEY)
    assert (retry.status_code, retry.json()["type"]) == (409, "/problems/outcome-unknown")
    assert retry.headers["retry-after"] == "2"
    assert await texts(database) == ["died"]


async def test_an_answer_kept_with_the_effect_survives_what_comes_after(
    client: httpx.AsyncClient, database: Database
) -> None:
    body = {"text": "kept before it died"}
    assert (await client.post("/notes/send", json=body, headers=KEY)).status_code == 500
    retry = await client.post("/notes/send", json=body, headers=KEY)
    assert (retry.status_code, retry.json()["text"]) == (202, "pending")
    assert await texts(database) == ["kept before it died"]


async def test_the_effect_and_its_key_commit_together(
    runtime: Runtime, client: httpx.AsyncClient, database: Database
) -> None:
    async def power_cut(_: object) -> None:
        raise ConnectionResetError("connection reset")

    store, runtime.database.before_commit = runtime.database.before_commit, power_cut
    assert (await client.post("/notes", json={"text": "a"}, headers=KEY)).status_code == 503
    runtime.database.before_commit = store
    retry = await client.post("/notes", json={"text": "a"}, headers=KEY)
    assert retry.status_code == 201
    assert "idempotent-replayed" not in retry.headers
    assert await texts(database) == ["a"]


async def test_kept_answers_cannot_be_read_in_the_database(client: httpx.AsyncClient, database: Database) -> None:
    body = {"name": "x", "role": "support"}
    first = await client.post("/api-keys", json=body, headers=KEY)
    again = await client.post("/api-keys", json=body, headers=KEY)
    assert again.json()["key"] == first.json()["key"]
    async with database.read() as tx:
        row = (await tx.execute(sa.select(idempotency.keys))).one()
    assert first.json()["key"].encode() not in row.answer
    assert b"support" not in row.answer
    assert "first" not in (row.id, row.request_hash)


@pytest.mark.parametrize("key", ["", "a" * 256, "a\x7fb"])
async def test_a_key_that_is_none_gets_400(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.post("/notes", json={"text": "a"}, headers={"idempotency-key": key})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-idempotency-key")


async def test_a_key_is_forgotten_after_its_day(client: httpx.AsyncClient, database: Database) -> None:
    with clock.frozen(NOON) as move:
        await client.post("/notes", json={"text": "a"}, headers=KEY)
        await idempotency.forget_old(database)
        assert "idempotent-replayed" in (await client.post("/notes", json={"text": "a"}, headers=KEY)).headers
        move(NOON + timedelta(hours=25))
        await idempotency.forget_old(database)
        assert "idempotent-replayed" not in (await client.post("/notes", json={"text": "a"}, headers=KEY)).headers

"""Every route: who may, errors as problems, pages, versions."""

from __future__ import annotations

import json

import httpx
import pytest
import structlog

from builders import NOON, ClientOf
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.database import Database
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime

from .notes import store_note, texts  # noqa: TID252  (tests are not installed)

NOTE = {"text": "hello"}


async def test_nobody_gets_401_also_where_the_route_forgot_to_ask(nobody: httpx.AsyncClient) -> None:
    for method, path in (
        ("GET", "/notes"),
        ("POST", "/notes"),
        ("GET", "/unmarked"),
        ("GET", "/me"),
        ("GET", "/api-keys"),
    ):
        answer = await nobody.request(method, path)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"] == 'Bearer realm="voltway"'
        assert answer.json()["type"] == "/problems/unauthenticated"


async def test_nobody_learns_nothing_of_how_a_body_should_be(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.post("/notes", content="{", headers={"content-type": "application/json"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "authorization", ["Bearer vw_abcdefgh_wrong", "Bearer ", "Bearer x", "Basic dXNlcjpwYXNz", "vw_abcdefgh_x"]
)
async def test_a_wrong_key_gets_401(nobody: httpx.AsyncClient, authorization: str) -> None:
    answer = await nobody.get("/notes", headers={"authorization": authorization})
    assert answer.status_code == 401


async def test_a_role_without_the_permission_gets_403(runtime: Runtime, client_of: ClientOf) -> None:
    auditor = await client_of(runtime, "auditor")
    assert (await auditor.get("/notes")).status_code == 200
    answer = await auditor.post("/notes", json=NOTE)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/permission-missing")


async def test_a_note_comes_back_as_it_was_stored(client: httpx.AsyncClient) -> None:
    with clock.frozen(NOON):
        answer = await client.post("/notes", json=NOTE)
    assert answer.status_code == 201
    assert answer.json() == {"id": answer.json()["id"], "text": "hello", "stars": 3, "at": "2026-03-01T12:00:00.000Z"}
    assert (await client.get("/notes")).json() == {"items": [answer.json()], "next_cursor": None}


async def test_another_operators_rows_are_not_there(runtime: Runtime, client_of: ClientOf, stranger_id: str) -> None:
    client, stranger = await client_of(runtime), await client_of(runtime, operator_id=stranger_id)
    note = (await client.post("/notes", json=NOTE)).json()
    assert (await stranger.get("/notes")).json()["items"] == []
    assert (await stranger.patch(f"/notes/{note['id']}", json=NOTE)).status_code == 404


# ---- problems


async def test_a_wrong_field_is_named_by_its_path(client: httpx.AsyncClient) -> None:
    answer = await client.post("/notes", json={"text": "x", "stars": 9, "tags": [{"a": 1}, {"b": "x"}], "color": "red"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert [error["path"] for error in problem["errors"]] == ["$.stars", "$.tags[1].b", "$.color"]
    assert problem["type"] == "/problems/invalid-field"
    assert problem["instance"] == "/api/v1/notes"
    assert problem["correlation_id"] == answer.headers["x-correlation-id"]


async def test_a_wrong_query_parameter_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.get("/notes", params={"limit": 501})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "query.limit")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"text": "a\\u0000b"}',
        b'{"text": "a", "tags": [{"\\u0000": 1}]}',
        b'{"text": "\\ud83d"}',
        b'{"text": "a", "stars": ' + b"9" * 5000 + b"}",
    ],
)
async def test_a_body_that_cannot_be_read_or_stored_gets_400(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/notes", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed")


async def test_text_that_only_looks_like_an_escape_is_stored(client: httpx.AsyncClient) -> None:
    for text in ("\\u0000", "\U0001f600", "a\\\\u0000"):
        answer = await client.post(
            "/notes", content=json.dumps({"text": text}), headers={"content-type": "application/json"}
        )
        assert (answer.status_code, answer.json()["text"]) == (201, text)


async def test_a_problem_of_a_module_carries_its_context_and_undoes_the_transaction(
    client: httpx.AsyncClient, database: Database
) -> None:
    answer = await client.post("/notes", json={"text": "locked"})
    problem = answer.json()
    assert (answer.status_code, problem["type"], problem["title"]) == (409, "/problems/note-locked", "Note is locked")
    assert problem["context"]["note_id"]
    assert await texts(database) == []


async def test_a_bug_gives_500_without_a_trace_and_is_logged_with_one(
    client: httpx.AsyncClient, database: Database
) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        answer = await client.post("/notes", json={"text": "bug"}, headers={"x-correlation-id": "mine-1"})
    assert answer.status_code == 500
    assert "SELECT" not in answer.text
    assert "RuntimeError" not in answer.text
    assert answer.json()["correlation_id"] == answer.headers["x-correlation-id"] == "mine-1"
    failed = next(line for line in logs if line["event"] == "request.failed")
    assert isinstance(failed["exc_info"], RuntimeError)
    assert failed["correlation_id"] == "mine-1"
    assert await texts(database) == []


async def test_an_unknown_path_and_a_wrong_method_are_problems(client: httpx.AsyncClient) -> None:
    nowhere, wrong = await client.get("/nowhere"), await client.delete("/notes")
    assert (nowhere.status_code, nowhere.json()["type"]) == (404, "/problems/not-found")
    assert (wrong.status_code, wrong.json()["type"]) == (405, "/problems/method-not-allowed")
    assert "GET" in wrong.headers["allow"]


async def test_a_database_that_is_away_gives_503_with_retry_after(runtime: Runtime, client: httpx.AsyncClient) -> None:
    async def broken(_: object) -> None:
        raise ConnectionRefusedError("connection refused")

    runtime.database.before_commit = broken
    answer = await client.post("/notes", json=NOTE)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["type"] == "/problems/unavailable"


async def test_the_page_of_a_problem_is_open_to_anybody(nobody: httpx.AsyncClient) -> None:
    for kind in ("note-locked", "key-used-otherwise", "not-found", "internal-error"):
        answer = await nobody.get(f"http://localhost/problems/{kind}")
        assert answer.status_code == 200
        assert answer.json()["description"]
    page = await nobody.get("http://localhost/problems/note-locked", headers={"accept": "text/html"})
    assert "<h1>Note is locked</h1>" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    assert (await nobody.get("http://localhost/problems/nonsense")).status_code == 404


# ---- pages


async def test_every_note_comes_once_whatever_is_added_meanwhile(runtime: Runtime, client: httpx.AsyncClient) -> None:
    async with runtime.database.begin() as tx:
        for number in range(7):
            await store_note(tx, DEFAULT_OPERATOR_ID, f"{number}")
    seen, cursor = [], None
    for _ in range(4):
        page = (await client.get("/notes", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [item["text"] for item in page["items"]]
        cursor = page["next_cursor"]
        await client.post("/notes", json={"text": "newer"})
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]
    assert cursor is None


@pytest.mark.parametrize("by", ["stars", "at"])
async def test_pages_by_two_columns_break_ties_by_the_second(
    runtime: Runtime, client: httpx.AsyncClient, by: str
) -> None:
    with clock.frozen(NOON.replace(microsecond=123_456)):
        async with runtime.database.begin() as tx:
            for number in range(6):
                await store_note(tx, DEFAULT_OPERATOR_ID, f"{number}", stars=number // 3)
    seen, cursor = [], ""
    while cursor is not None:
        page = (
            await client.get("/notes", params={"limit": 2, "by": by} | ({"cursor": cursor} if cursor else {}))
        ).json()
        seen += [item["text"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == ["5", "4", "3", "2", "1", "0"]


@pytest.mark.parametrize("cursor", ["x", "!!!", "W10", "eyJhIjoxfQ", "WzFd", "WyJhIiwiYiJd", "WyJcdTAwMDAiXQ", "ww"])
async def test_a_cursor_that_no_list_gave_out_gets_400(client: httpx.AsyncClient, cursor: str) -> None:
    answer = await client.get("/notes", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-cursor")


# ---- versions


async def test_an_update_of_an_older_version_is_refused(client: httpx.AsyncClient) -> None:
    note = (await client.post("/notes", json={"text": "a", "stars": 1})).json()
    path = f"/notes/{note['id']}"
    first = await client.patch(path, json={"text": "b", "stars": 2}, headers={"if-match": '"1"'})
    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    late = await client.patch(path, json={"text": "c", "stars": 5}, headers={"if-match": '"1"'})
    assert (late.status_code, late.json()["type"]) == (412, "/problems/version-changed")
    for match in ('W/"2"', '"1", "2"', "*"):
        assert (
            await client.patch(path, json={"text": "d", "stars": 2}, headers={"if-match": match})
        ).status_code == 200


async def test_an_id_that_is_not_there_gets_404(client: httpx.AsyncClient) -> None:
    for note_id in (new_id(), "x", "a" * 3000):
        assert (await client.patch(f"/notes/{note_id}", json=NOTE)).status_code == 404

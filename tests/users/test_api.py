"""/id-tokens, and the verdicts that follow from what is put there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from voltway.contracts.users import AuthorizeTokens, TokenQuery
from voltway.contracts.vocabulary import AuthorizationStatus, IdToken
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.runtime import Runtime
from voltway.modules.users.module import MANIFEST

ClientOf = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def runtime(make_runtime: Any) -> Runtime:
    made: Runtime = await make_runtime(MANIFEST)
    return made


@pytest.fixture
async def client(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(runtime)


async def added(client: httpx.AsyncClient, value: str = "CARD-1", **fields: Any) -> dict[str, Any]:
    response = await client.post("/id-tokens", json={"value": value, **fields})
    assert response.status_code == 201, response.text
    token: dict[str, Any] = response.json()
    return token


async def verdicts(runtime: Runtime, *tokens: IdToken, operator_id: str = DEFAULT_OPERATOR_ID) -> list[str]:
    queries = tuple(TokenQuery(operator_id=operator_id, station_id="station-1", id_token=token) for token in tokens)
    return [verdict.status.value for verdict in await runtime.ask(AuthorizeTokens(queries=queries))]


# ---- add and read


async def test_token_reads_as_it_was_added(client: httpx.AsyncClient) -> None:
    given = {
        "value": "04AbCd",
        "kind": "ISO14443",
        "status": "accepted",
        "expires_at": "2027-01-31T13:00:00+01:00",
        "group": "FAMILY",
        "user_id": "user-1",
        "concurrent_max": 2,
    }
    response = await client.post("/id-tokens", json=given)
    assert (response.status_code, response.headers["etag"]) == (201, '"1"')
    body = response.json()
    assert {name: body[name] for name in given} == {**given, "expires_at": "2027-01-31T12:00:00.000Z"}
    assert body["created_at"] == body["updated_at"]
    read = await client.get(f"/id-tokens/{body['id']}")
    assert (read.status_code, read.headers["etag"], read.json()) == (200, '"1"', body)


async def test_token_needs_only_its_value(client: httpx.AsyncClient) -> None:
    body = await added(client)
    assert (body["kind"], body["status"], body["expires_at"], body["concurrent_max"]) == (None, "accepted", None, None)


@pytest.mark.parametrize(("value", "kind"), [("card-1", None), ("CARD-1", None), ("CARD-1", "eMAID")])
async def test_value_and_kind_are_taken_once_whatever_their_case(
    client: httpx.AsyncClient, value: str, kind: str | None
) -> None:
    await added(client, kind=kind)
    response = await client.post("/id-tokens", json={"value": value, "kind": kind})
    assert (response.status_code, response.json()["type"]) == (409, "/problems/id-token-exists")
    assert len((await client.get("/id-tokens")).json()["items"]) == 1


async def test_one_value_may_have_several_kinds_and_operators(
    runtime: Runtime, client: httpx.AsyncClient, client_of: ClientOf, stranger_id: str
) -> None:
    await added(client, kind="eMAID")
    await added(client, kind="ISO14443")
    await added(client)
    await added(await client_of(runtime, operator_id=stranger_id))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"value": ""},
        {"value": "X" * 256},
        {"value": "ß" * 200},  # 400 characters without case
        {"value": "two\nlines"},
        {"value": "X", "kind": "Card"},
        {"value": "X", "status": "lost"},
        {"value": "X", "expires_at": "2027-01-01T00:00:00"},
        {"value": "X", "concurrent_max": -1},
        {"value": "X", "color": "blue"},
    ],
    ids=str,
)
async def test_token_that_cannot_be_is_refused(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    response = await client.post("/id-tokens", json=body)
    assert response.status_code == 422, response.text
    assert response.json()["errors"][0]["path"].startswith("$.")


async def test_list_is_newest_first_page_by_page_and_filtered(client: httpx.AsyncClient) -> None:
    tokens = [await added(client, f"CARD-{number}") for number in range(3)]
    blocked = await added(client, "LOST", status="blocked")
    first = (await client.get("/id-tokens", params={"limit": 3})).json()
    rest = (await client.get("/id-tokens", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert first["items"] + rest["items"] == [blocked, *reversed(tokens)]
    assert rest["next_cursor"] is None
    assert (await client.get("/id-tokens", params={"value": "card-1"})).json()["items"] == [tokens[1]]
    assert (await client.get("/id-tokens", params={"value": "CARD"})).json()["items"] == []
    assert (await client.get("/id-tokens", params={"status": "blocked"})).json()["items"] == [blocked]
    assert (await client.get("/id-tokens", params={"status": "lost"})).status_code == 422


# ---- change and delete


async def test_change_touches_what_is_given_and_null_empties(client: httpx.AsyncClient) -> None:
    token = await added(client, group="FAMILY", concurrent_max=1, expires_at="2027-01-01T00:00:00Z")
    response = await client.patch(f"/id-tokens/{token['id']}", json={"status": "blocked", "group": None})
    assert (response.status_code, response.headers["etag"]) == (200, '"2"')
    expected = {**token, "status": "blocked", "group": None, "updated_at": response.json()["updated_at"]}
    assert response.json() == expected
    assert expected["updated_at"] >= token["updated_at"]
    emptied = (
        await client.patch(f"/id-tokens/{token['id']}", json={"expires_at": None, "concurrent_max": None})
    ).json()
    assert (emptied["expires_at"], emptied["concurrent_max"], emptied["status"]) == (None, None, "blocked")


async def test_status_cannot_be_emptied(client: httpx.AsyncClient) -> None:
    token = await added(client, status="blocked")
    response = await client.patch(f"/id-tokens/{token['id']}", json={"status": None})
    assert (response.status_code, response.json()["errors"][0]["path"]) == (422, "$.status")


async def test_change_of_a_version_that_is_no_more_is_refused(client: httpx.AsyncClient) -> None:
    url = f"/id-tokens/{(await added(client))['id']}"
    first = await client.patch(url, json={"status": "blocked"}, headers={"If-Match": '"1"'})
    assert first.status_code == 200
    second = await client.patch(url, json={"status": "accepted"}, headers={"If-Match": '"1"'})
    assert (second.status_code, second.json()["type"]) == (412, "/problems/version-changed")
    assert (await client.get(url)).json()["status"] == "blocked"


async def test_of_two_changes_of_one_version_at_once_one_is_made(client: httpx.AsyncClient) -> None:
    url = f"/id-tokens/{(await added(client))['id']}"
    changes = [client.patch(url, json={"group": f"G{n}"}, headers={"If-Match": '"1"'}) for n in range(4)]
    answers = await asyncio.gather(*changes)
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    made = next(answer for answer in answers if answer.status_code == 200)
    assert (await client.get(url)).json() == made.json()


@pytest.mark.parametrize("body", [{"value": "OTHER"}, {"kind": "eMAID"}, {"concurrent_max": 1_001}], ids=str)
async def test_what_identifies_a_token_does_not_change(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    token = await added(client)
    assert (await client.patch(f"/id-tokens/{token['id']}", json=body)).status_code == 422


async def test_deleted_token_is_unknown_and_its_value_free(runtime: Runtime, client: httpx.AsyncClient) -> None:
    token = await added(client)
    response = await client.delete(f"/id-tokens/{token['id']}")
    assert (response.status_code, response.content) == (204, b"")
    assert (await client.get(f"/id-tokens/{token['id']}")).status_code == 404
    assert (await client.delete(f"/id-tokens/{token['id']}")).status_code == 404
    assert await verdicts(runtime, IdToken("CARD-1")) == [AuthorizationStatus.INVALID]
    await added(client)


async def test_repeated_post_with_its_key_adds_one_token(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "one"}
    first = await client.post("/id-tokens", json={"value": "CARD-1"}, headers=headers)
    second = await client.post("/id-tokens", json={"value": "CARD-1"}, headers=headers)
    assert (first.status_code, second.status_code, second.json()) == (201, 201, first.json())


# ---- who may


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_token_of_another_operator_is_not_there(
    runtime: Runtime, client: httpx.AsyncClient, client_of: ClientOf, stranger_id: str, method: str
) -> None:
    url = f"/id-tokens/{(await added(client))['id']}"
    stranger = await client_of(runtime, operator_id=stranger_id)
    response = await stranger.request(method, url, json={"status": "blocked"} if method == "PATCH" else None)
    assert (response.status_code, response.json()["type"]) == (404, "/problems/id-token-not-found")
    assert (await stranger.get("/id-tokens")).json()["items"] == []
    assert (await client.get(url)).json()["status"] == "accepted"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/id-tokens"), ("POST", "/id-tokens")]
    + [(method, "/id-tokens/some") for method in ("GET", "PATCH", "DELETE")],
)
async def test_nobody_gets_401(runtime: Runtime, client_of: ClientOf, method: str, path: str) -> None:
    nobody = await client_of(runtime, None)
    assert (await nobody.request(method, path)).status_code == 401


async def test_who_may_read_may_not_write(runtime: Runtime, client: httpx.AsyncClient, client_of: ClientOf) -> None:
    url = f"/id-tokens/{(await added(client))['id']}"
    auditor = await client_of(runtime, "auditor")
    assert (await auditor.get(url)).status_code == 200
    for method, path in (("POST", "/id-tokens"), ("PATCH", url), ("DELETE", url)):
        assert (await auditor.request(method, path, json={"value": "X"})).status_code == 403


# ---- verdicts


async def test_verdicts_come_in_the_order_of_the_questions(runtime: Runtime, client: httpx.AsyncClient) -> None:
    await added(client, "GOOD")
    await added(client, "LOST", status="blocked")
    await added(client, "OLD", expires_at="2020-01-01T00:00:00Z")
    tokens = [IdToken(value) for value in ("old", "GOOD", "nobody's", "lost", "good")]
    assert await verdicts(runtime, *tokens) == ["Expired", "Accepted", "Invalid", "Blocked", "Accepted"]
    assert await verdicts(runtime) == []


async def test_token_is_good_at_its_own_operator_alone(
    runtime: Runtime, client: httpx.AsyncClient, client_of: ClientOf, stranger_id: str
) -> None:
    await added(client, "OURS")
    await added(await client_of(runtime, operator_id=stranger_id), "THEIRS")
    tokens = [IdToken("OURS"), IdToken("THEIRS")]
    assert await verdicts(runtime, *tokens) == ["Accepted", "Invalid"]
    assert await verdicts(runtime, *tokens, operator_id=stranger_id) == ["Invalid", "Accepted"]
    both = tuple(
        TokenQuery(operator_id=operator, station_id="s", id_token=IdToken("OURS"))
        for operator in (stranger_id, DEFAULT_OPERATOR_ID)
    )
    answers = await runtime.ask(AuthorizeTokens(queries=both))
    assert [answer.status.value for answer in answers] == ["Invalid", "Accepted"]


async def test_change_counts_for_the_next_question(runtime: Runtime, client: httpx.AsyncClient) -> None:
    token = await added(client)
    await client.patch(f"/id-tokens/{token['id']}", json={"status": "blocked"})
    assert await verdicts(runtime, IdToken("CARD-1")) == [AuthorizationStatus.BLOCKED]


async def test_tokens_are_found_by_whose_they_are(client: httpx.AsyncClient) -> None:
    mine = await added(client, "CARD-1", user_id="user-1")
    await added(client, "CARD-2", user_id="user-2")
    await added(client, "CARD-3")
    found = (await client.get("/id-tokens", params={"user_id": "user-1"})).json()["items"]
    assert [token["id"] for token in found] == [mine["id"]]

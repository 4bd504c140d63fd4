"""Saved views: somebody's own filters of a list, under a name."""

from __future__ import annotations

import httpx
import pytest

from builders import ClientOf, MakeRuntime
from voltway.app import catalog
from voltway.contracts.accounts import AccountErased, FindPersonalViews
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, Role, create_account
from voltway.kernel.runtime import Runtime
from voltway.modules.workbench import people, views_api

PASSWORD = "amber plug and a long cable"
FAULTED = {"list_name": "stations", "name": "Broken in the north", "search": {"status": "Faulted", "online": True}}


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(*catalog.load(["audit", "accounts", "stations", "provisioning", "workbench"]))


async def a_person(runtime: Runtime, client_of: ClientOf, email: str) -> tuple[httpx.AsyncClient, str]:
    async with runtime.database.begin() as tx:
        account_id = await create_account(tx, email, PASSWORD, "Mo", Role.OPERATIONS, DEFAULT_OPERATOR_ID)
    client = await client_of(runtime, None)
    answer = await client.post("/login", json={"email": email, "password": PASSWORD})
    client.headers["x-csrf-token"] = answer.json()["csrf_token"]
    return client, account_id


async def test_a_view_is_kept_replaced_and_forgotten(runtime: Runtime, client_of: ClientOf) -> None:
    client, _ = await a_person(runtime, client_of, "mo@example.org")
    first = (await client.put("/me/saved-views", json=FAULTED)).json()
    assert first["search"] == FAULTED["search"]
    again = (await client.put("/me/saved-views", json=FAULTED | {"search": {"status": "Faulted"}})).json()
    assert (again["id"], again["search"]) == (first["id"], {"status": "Faulted"})
    await client.put("/me/saved-views", json=FAULTED | {"list_name": "sessions"})
    of_stations = await client.get("/me/saved-views", params={"list_name": "stations"})
    assert [each["id"] for each in of_stations.json()["items"]] == [first["id"]]
    assert len((await client.get("/me/saved-views")).json()["items"]) == 2
    assert (await client.delete(f"/me/saved-views/{first['id']}")).status_code == 204
    assert (await client.delete(f"/me/saved-views/{first['id']}")).status_code == 404


async def test_nobody_sees_the_views_of_others(runtime: Runtime, client_of: ClientOf) -> None:
    mo, _ = await a_person(runtime, client_of, "mo@example.org")
    ada, _ = await a_person(runtime, client_of, "ada@example.org")
    view = (await mo.put("/me/saved-views", json=FAULTED)).json()
    assert (await ada.get("/me/saved-views")).json()["items"] == []
    assert (await ada.delete(f"/me/saved-views/{view['id']}")).status_code == 404
    key = await client_of(runtime)
    assert (await key.get("/me/saved-views")).status_code == 403


async def test_views_have_bounds(runtime: Runtime, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    client, _ = await a_person(runtime, client_of, "mo@example.org")
    for wrong in (
        {"name": ""},
        {"name": "x" * 61},
        {"list_name": "people"},
        {"search": {"a b": "x"}},
        {"search": {"text": "x" * 201}},
        {"search": {"deep": {"er": 1}}},
        {"search": {f"key_{chr(97 + index)}": 1 for index in range(21)}},
    ):
        assert (await client.put("/me/saved-views", json=FAULTED | wrong)).status_code == 422, wrong
    monkeypatch.setattr(views_api, "VIEWS_MAX", 1)
    assert (await client.put("/me/saved-views", json=FAULTED)).status_code == 200
    assert (await client.put("/me/saved-views", json=FAULTED | {"name": "One more"})).status_code == 409
    assert (await client.put("/me/saved-views", json=FAULTED)).status_code == 200


async def test_views_are_in_the_copy_of_a_persons_data_and_go_with_them(runtime: Runtime, client_of: ClientOf) -> None:
    client, account_id = await a_person(runtime, client_of, "mo@example.org")
    await client.put("/me/saved-views", json=FAULTED)
    question = FindPersonalViews(operator_id=DEFAULT_OPERATOR_ID, account_id=account_id)
    assert [each["name"] for each in await runtime.ask(question)] == ["Broken in the north"]
    gone = AccountErased(operator_id=DEFAULT_OPERATOR_ID, at=clock.now(), account_id=account_id, id_tokens=())
    async with runtime.database.begin() as tx:
        await people.on_gone(runtime, tx, [gone])
    assert await runtime.ask(question) == []

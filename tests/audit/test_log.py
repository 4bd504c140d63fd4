"""The audit log: acts become entries, once, in one chain; who may read, search, export and verify them."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import structlog

from builders import ClientOf, MakeRuntime, eventually
from voltway.app import catalog
from voltway.kernel import audit
from voltway.kernel.audit import ActDone
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus import outbox
from voltway.kernel.database import Database
from voltway.kernel.runtime import Runtime
from voltway.modules.audit import anchors, handlers
from voltway.modules.audit.tables import entries, heads


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(*catalog.load(["audit", "stations"]))


@pytest.fixture
async def client(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(runtime)


async def act(runtime: Runtime, number: int = 1, *, operator_id: str = DEFAULT_OPERATOR_ID, **fields: Any) -> None:
    async with runtime.database.begin() as tx:
        target = ("thing", f"thing-{number}")
        audit.note(tx, None, "thing.done", target, operator_id=operator_id, by="test", **fields)


async def listed(client: httpx.AsyncClient, count: int, **params: Any) -> list[dict[str, Any]]:
    """The entries, once there are so many."""
    found: list[dict[str, Any]] = []

    async def are_there() -> bool:
        answer = await client.get("/audit-entries", params=params)
        assert answer.status_code == 200, answer.text
        found[:] = answer.json()["items"]
        return len(found) >= count

    await eventually(are_there)
    return found


async def verified(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/audit-entries/verification")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


# ---- acts become entries


async def test_an_act_over_the_api_is_told_with_who_from_where_and_what(client: httpx.AsyncClient) -> None:
    headers = {"x-correlation-id": "of-this-test"}
    station = (await client.post("/charging-stations", json={"identity": "CS1"}, headers=headers)).json()
    await client.patch(f"/charging-stations/{station['id']}", json={"name": "Gate", "password": "a" * 16})
    edited, added = await listed(client, 2)
    assert (added["action"], added["target_kind"], added["target_id"]) == ("station.added", "station", station["id"])
    assert (added["actor_kind"], added["actor_name"]) == ("api_key", "test operator_admin")
    assert (added["address"], added["correlation_id"]) == ("127.0.0.1", "of-this-test")
    assert (added["before"], added["after"]["identity"]) == (None, "CS1")
    assert edited["before"]["name"] is None
    assert edited["after"]["name"] == "Gate"
    assert edited["after"]["secret_hash"] == "***"
    assert (added["number"], edited["number"]) == (1, 2)
    assert edited["previous_hash"] == added["hash"]
    assert (await client.get("/audit-entries/2")).json() == edited


async def test_what_is_undone_is_not_told(runtime: Runtime, client: httpx.AsyncClient) -> None:
    await client.post("/charging-stations", json={"identity": "CS1"})
    assert (await client.post("/charging-stations", json={"identity": "cs1"})).status_code == 409
    await act(runtime)
    assert [each["action"] for each in await listed(client, 2)] == ["thing.done", "station.added"]


async def test_a_command_names_who_sent_it_and_hides_what_opens(client: httpx.AsyncClient) -> None:
    station = (await client.post("/charging-stations", json={"identity": "CS1"})).json()
    order = {"type": "start_transaction", "evse_number": 1, "id_token": "04A1B2C3D4E5F6"}
    assert (await client.post(f"/charging-stations/{station['id']}/commands", json=order)).status_code == 202
    sent = (await listed(client, 2))[0]
    assert (sent["action"], sent["actor_kind"], sent["target_id"]) == ("command.sent", "api_key", station["id"])
    assert sent["after"]["type"] == "start_transaction"
    assert sent["after"]["arguments"]["id_token"] == "***E5F6"


async def test_an_act_told_twice_is_one_entry(runtime: Runtime, client: httpx.AsyncClient) -> None:
    await act(runtime)
    (entry,) = await listed(client, 1)
    async with runtime.database.begin() as tx:
        (event,) = [each for _, each in await _acts(runtime) if each is not None]
        await handlers.on_acts(runtime, tx, [event, event])
    assert await listed(client, 1) == [entry]


async def _acts(runtime: Runtime) -> list[tuple[int, Any]]:
    return await outbox.read_after(runtime.database, 0, {"ActDone": ActDone})


async def test_two_processes_make_one_chain(make_runtime: MakeRuntime, client_of: ClientOf) -> None:
    first, second = await make_runtime(*catalog.load(["audit"])), await make_runtime(*catalog.load(["audit"]))
    await asyncio.gather(*(act(each, number) for number in range(30) for each in (first, second)))
    client = await client_of(first)
    found = await listed(client, 60, limit=100)
    assert [each["number"] for each in found] == list(range(60, 0, -1))
    assert (await verified(client))["is_whole"]


async def test_appending_at_once_does_not_fork(runtime: Runtime, client: httpx.AsyncClient) -> None:
    """Without the bus between them, as if both had read the same events."""
    await act(runtime)
    await listed(client, 1)
    events = [
        ActDone(
            operator_id=DEFAULT_OPERATOR_ID,
            at=(await _acts(runtime))[0][1].at,
            act_id=f"act-{number}",
            actor_kind="system",
            actor_id="",
            actor_name="test",
            action="thing.done",
            target_kind="thing",
            target_id="x",
        )
        for number in range(20)
    ]

    async def append(event: ActDone) -> None:
        async with runtime.database.begin() as tx:
            await handlers.on_acts(runtime, tx, [event])

    await asyncio.gather(*map(append, events))
    found = await verified(client)
    assert (found["is_whole"], found["entries"], found["broken"]) == (True, 21, None)


# ---- reading


async def test_entries_page_and_filter(runtime: Runtime, client: httpx.AsyncClient) -> None:
    await client.post("/charging-stations", json={"identity": "CS1"})
    for number in range(3):
        await act(runtime, number, before={"name": "100%_a"}, after={"name": "ünïcode"}, reason="Because")
    found = await listed(client, 4)
    page = (await client.get("/audit-entries", params={"limit": 3})).json()
    rest = (await client.get("/audit-entries", params={"limit": 3, "cursor": page["next_cursor"]})).json()
    assert page["items"] + rest["items"] == found
    assert rest["next_cursor"] is None
    for params, count in (
        ({"actor": "test"}, 4),
        ({"actor": found[-1]["actor_id"]}, 1),
        ({"action": "thing.done"}, 3),
        ({"action": "station."}, 1),
        ({"action": "thing"}, 0),
        ({"target_kind": "thing"}, 3),
        ({"target_id": "thing-2"}, 1),
        ({"since": found[0]["at"]}, sum(each["at"] >= found[0]["at"] for each in found)),
        ({"until": found[-1]["at"]}, 0),
        ({"text": "%_A"}, 3),
        ({"text": "ünï"}, 3),
        ({"text": "because"}, 3),
        ({"text": "cs1"}, 1),
        ({"text": "\\"}, 0),
    ):
        items = (await client.get("/audit-entries", params=params)).json()["items"]
        assert len(items) == count, params


ENDPOINTS = ["/audit-entries", "/audit-entries/verification", "/audit-entries/export", "/audit-entries/1"]


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_who_may_read(runtime: Runtime, client_of: ClientOf, stranger_id: str, path: str) -> None:
    await act(runtime)
    await listed(await client_of(runtime), 1)
    for role, status in (
        (None, 401),
        ("auditor", 200),
        ("platform_admin", 200),
        ("operations", 403),
        ("support", 403),
        ("finance", 403),
        ("site_host", 403),
        ("driver", 403),
    ):
        assert (await (await client_of(runtime, role)).get(path)).status_code == status, role
    bound = await client_of(runtime, "operator_admin", location_ids=["x"])
    assert (await bound.get(path)).status_code == 403
    stranger = await client_of(runtime, operator_id=stranger_id)
    answer = await stranger.get(path)
    assert answer.status_code == (404 if path.endswith("/1") else 200)
    assert "thing.done" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/audit-entries?actor=" + "x" * 201,
        "/audit-entries?since=yesterday",
        "/audit-entries?limit=0",
        "/audit-entries/0",
        "/audit-entries/x",
        f"/audit-entries/{2**63}",
        "/audit-entries/export?form=pdf",
    ],
)
async def test_wrong_questions_get_422(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 422


async def test_an_export_is_complete_and_is_an_act_itself(runtime: Runtime, client: httpx.AsyncClient) -> None:
    for number in range(3):
        await act(runtime, number, after={"name": "=cmd|' /C calc'!A0"}, reason="=1+1")
    found = await listed(client, 3)
    answer = await client.get("/audit-entries/export")
    assert answer.headers["content-type"] == "application/jsonl"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.jsonl"'
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["hash"] for line in lines] == [each["hash"] for each in reversed(found)]
    assert lines[0]["after"] == {"name": "=cmd|' /C calc'!A0"}
    exported = (await listed(client, 4))[0]
    assert (exported["action"], exported["after"]) == ("audit_log.exported", {"form": "jsonl", "rows": 3})
    table = await client.get("/audit-entries/export", params={"form": "csv", "target_id": "thing-1"})
    (row,) = csv.DictReader(io.StringIO(table.text))
    assert (row["target_id"], row["reason"]) == ("thing-1", "'=1+1")
    assert json.loads(row["after"]) == {"name": "=cmd|' /C calc'!A0"}


# ---- somebody with the database


async def tampered(database: Database, *statements: sa.Executable) -> None:
    async with database.begin() as tx:
        for statement in statements:
            await tx.execute(statement)


NUMBER = entries.c.number
TAMPERING: dict[str, tuple[list[sa.Executable], int]] = {
    "changed": ([sa.update(entries).where(NUMBER == 2).values(actor_name="Eve")], 2),
    "removed": ([sa.delete(entries).where(NUMBER == 3)], 3),
    "cut off": ([sa.delete(entries).where(NUMBER > 3)], 4),
    "the head with it": (
        [
            sa.delete(entries).where(NUMBER > 3),
            sa.update(heads).values(number=3, hash=sa.select(entries.c.hash).where(NUMBER == 3).scalar_subquery()),
        ],
        4,
    ),
    "all of it": ([sa.delete(entries), sa.delete(heads)], 1),
}


@pytest.mark.parametrize("kind", TAMPERING)
async def test_what_was_tampered_with_is_found(runtime: Runtime, client: httpx.AsyncClient, kind: str) -> None:
    for number in range(5):
        await act(runtime, number)
    await listed(client, 5)
    await anchors.move(runtime)
    assert (await verified(client))["is_whole"]
    statements, number = TAMPERING[kind]
    await tampered(runtime.database, *statements)
    found = await verified(client)
    assert (found["is_whole"], found["broken"]["number"]) == (False, number), found


async def test_the_anchor_stays_on_its_chain(runtime: Runtime, client: httpx.AsyncClient) -> None:
    for number in range(3):
        await act(runtime, number)
    await listed(client, 3)
    await anchors.move(runtime)
    await tampered(runtime.database, sa.delete(entries), sa.delete(heads))
    for number in range(5):
        await act(runtime, number)
    await listed(client, 5)
    with structlog.testing.capture_logs() as logs:
        await anchors.move(runtime)
        await listed(client, 6)  # the log says so itself, once
        runtime.state(anchors.Anchored).is_due = True
        await anchors.move(runtime)
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["audit.chain_broken"]
    told = (await client.get("/audit-entries?action=audit.broken")).json()["items"]
    assert [entry["after"] for entry in told] == [{"number": 3}]
    anchor = anchors.read(runtime.data_dir, DEFAULT_OPERATOR_ID)
    assert anchor is not None
    assert anchor.number == 3
    assert (await verified(client))["broken"]["number"] == 3


async def test_a_log_that_grows_is_verified_meanwhile(runtime: Runtime, client: httpx.AsyncClient) -> None:
    async def grow() -> None:
        for number in range(50):
            await act(runtime, number)

    task = asyncio.create_task(grow())
    while not task.done():
        assert (await verified(client))["is_whole"]
    await task


async def test_one_verification_at_a_time(runtime: Runtime, client: httpx.AsyncClient) -> None:
    await act(runtime)
    answers = await asyncio.gather(*(client.get("/audit-entries/verification") for _ in range(5)))
    statuses = {answer.status_code for answer in answers}
    assert 200 in statuses
    assert statuses <= {200, 429}

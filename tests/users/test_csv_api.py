"""Import and export of tokens as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from voltway.kernel.bus import outbox
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


async def bring(client: httpx.AsyncClient, text: str | bytes, **query: Any) -> httpx.Response:
    return await client.post("/id-tokens/import", content=text, params=query, headers={"content-type": "text/csv"})


async def values(client: httpx.AsyncClient) -> list[str]:
    return sorted(token["value"] for token in (await client.get("/id-tokens")).json()["items"])


async def exported(client: httpx.AsyncClient) -> list[dict[str, str]]:
    answer = await client.get("/id-tokens/export")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


TABLE = (
    "value,kind,status,expires_at,group,concurrent_max,location_ids\n"
    "CARD-1,ISO14443,accepted,2027-01-31T13:00:00+01:00,FAMILY,2,here there\n"
    "card-1,ISO14443,,,,,\n"
    "CARD-2,Card,,,,,\n"
    "KNOWN,,,,,,\n"
    "CARD-3,,blocked,,,-1,\n"
    "CARD-4\n"
    "CARD-5,,,,,,\n"
)


async def test_each_row_says_what_became_of_it_and_bad_ones_are_explained_with_their_line(
    client: httpx.AsyncClient,
) -> None:
    await client.post("/id-tokens", json={"value": "known"})
    answer = await bring(client, TABLE)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["is_saved"], body["added"], body["not_added"]) == (True, 2, 5)
    assert [(row["line"], row["outcome"]) for row in body["rows"]] == [
        (2, "added"),
        (3, "repeated"),
        (4, "wrong"),
        (5, "exists"),
        (6, "wrong"),
        (7, "wrong"),
        (8, "added"),
    ]
    assert "line 2" in body["rows"][1]["errors"][0]["message"]
    assert body["rows"][2]["errors"][0]["path"] == "$.kind"
    assert body["rows"][4]["errors"][0]["path"] == "$.concurrent_max"
    assert "7" in body["rows"][5]["errors"][0]["message"]
    assert await values(client) == ["CARD-1", "CARD-5", "known"]
    card = (await client.get(f"/id-tokens/{body['rows'][0]['id']}")).json()
    assert (card["group"], card["concurrent_max"], card["location_ids"]) == ("FAMILY", 2, ["here", "there"])
    assert card["expires_at"] == "2027-01-31T12:00:00.000Z"


@pytest.mark.parametrize("query", [{"is_dry_run": True}, {"is_all_or_nothing": True}], ids=str)
async def test_nothing_is_saved_by_a_dry_run_or_where_one_row_of_all_cannot_be(
    client: httpx.AsyncClient, query: dict[str, Any]
) -> None:
    body = (await bring(client, TABLE, **query)).json()
    assert (body["is_saved"], body["added"]) == (False, 3)
    assert all(row["id"] is None for row in body["rows"])
    assert await values(client) == []


async def test_all_or_nothing_saves_all_of_a_good_table(client: httpx.AsyncClient) -> None:
    body = (await bring(client, "value\nA\nB\n", is_all_or_nothing=True)).json()
    assert (body["is_saved"], body["added"]) == (True, 2)
    assert await values(client) == ["A", "B"]


async def test_ten_thousand_rows_come_in_one_file_and_more_do_not(client: httpx.AsyncClient) -> None:
    body = (await bring(client, "value\n" + "".join(f"C{number}\n" for number in range(10_000)))).json()
    assert (body["is_saved"], body["added"]) == (True, 10_000)
    refused = await bring(client, "value\n" + "".join(f"D{number}\n" for number in range(10_001)))
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/bad-csv")
    assert len(await exported(client)) == 10_000


async def test_what_is_no_table_is_refused_with_why(client: httpx.AsyncClient) -> None:
    for text in (b"value\n\xff\xfe\n", "colour\nred\n", ""):
        refused = await bring(client, text)
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/bad-csv")
        assert refused.json()["errors"][0]["path"] == "$"
    large = await bring(client, b"value\n" + b"x" * (4 * 1024 * 1024))
    assert (large.status_code, large.json()["type"]) == (413, "/problems/csv-too-large")


async def test_export_has_no_formulas_is_masked_and_can_be_imported(
    runtime: Runtime, client: httpx.AsyncClient, client_of: ClientOf, stranger_id: str
) -> None:
    await client.post("/id-tokens", json={"value": "=HYPERLINK(1)", "group": "@evil", "message": 'a "quote", and more'})
    await client.post("/id-tokens", json={"value": "04A1B2C3D4E5F6"})
    rows = await exported(client)
    assert [row["value"] for row in rows] == ["'=HYPERLINK(1)", "04A1B2C3D4E5F6"]
    assert (rows[0]["group"], rows[0]["message"]) == ("'@evil", 'a "quote", and more')
    masked = await exported(await client_of(runtime, "finance"))
    assert [row["value"] for row in masked] == ["***K(1)", "***E5F6"]

    text = (await client.get("/id-tokens/export")).text
    stranger = await client_of(runtime, operator_id=stranger_id)
    assert await exported(stranger) == []
    assert (await bring(stranger, text)).json()["added"] == 2
    assert await values(stranger) == ["04A1B2C3D4E5F6", "=HYPERLINK(1)"]


async def test_import_and_export_are_told_to_the_audit_log(runtime: Runtime, client: httpx.AsyncClient) -> None:
    await bring(client, "value\nA\n")
    await exported(client)
    statement = sa.select(outbox.outbox.c.payload).where(outbox.outbox.c.name == "ActDone")
    async with runtime.database.read() as tx:
        said = " ".join(map(str, (await tx.execute(statement)).scalars()))
    assert "id_tokens.imported" in said
    assert "id_tokens.exported" in said


async def test_who_may_not_write_imports_nothing(runtime: Runtime, client_of: ClientOf) -> None:
    for role, status in ((None, 401), ("auditor", 403), ("driver", 403)):
        assert (await bring(await client_of(runtime, role), "value\nA\n")).status_code == status
    for role, status in ((None, 401), ("driver", 403)):
        assert (await (await client_of(runtime, role)).get("/id-tokens/export")).status_code == status

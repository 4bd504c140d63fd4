"""Tickets: what somebody reports, whose turn it is, and what was said about it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from builders import ClientOf, MakeRuntime
from voltway.app import catalog
from voltway.contracts.accounts import AccountErased
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, Role, create_account
from voltway.kernel.runtime import Runtime
from voltway.modules.desk import handlers

MODULES = ("audit", "accounts", "stations", "users", "sessions", "desk")


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(*catalog.load(MODULES))


async def made(client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def a_driver(runtime: Runtime) -> str:
    async with runtime.database.begin() as tx:
        return await create_account(
            tx, "dora.driver@example.org", None, "Dora Driver", Role.DRIVER, DEFAULT_OPERATOR_ID
        )


async def test_a_ticket_keeps_what_was_said_and_done(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    station = await made(client, "/charging-stations", identity="CS-1")
    ticket = await made(client, "/tickets", subject="Plug is stuck", station_id=station["id"], text="Cannot unplug")
    assert (ticket["state"], ticket["station_identity"], ticket["notes"][0]["what"]) == ("open", "CS-1", "opened")
    path = f"/tickets/{ticket['id']}"
    await made(client, f"{path}/notes", text="Technician is on the way")
    solved = (await client.patch(path, json={"state": "solved", "text": "Cleaned the latch"})).json()
    assert solved["solved_at"] is not None
    assert [note["text"] for note in solved["notes"]] == [
        "Cleaned the latch",
        "state: solved",
        "Technician is on the way",
        "Cannot unplug",
    ]
    again = (await client.patch(path, json={"state": "open"})).json()
    assert again["solved_at"] is None
    of_station = await client.get("/tickets", params={"station_id": station["id"], "is_open": True})
    assert [each["id"] for each in of_station.json()["items"]] == [ticket["id"]]
    assert (await client.get("/tickets", params={"is_open": False})).json()["items"] == []


async def test_of_two_people_who_change_a_ticket_the_later_hears_of_the_other(
    runtime: Runtime, client_of: ClientOf
) -> None:
    client = await client_of(runtime)
    ticket = await made(client, "/tickets", subject="Screen is dark")
    read = await client.get(f"/tickets/{ticket['id']}")
    known = {"if-match": read.headers["etag"]}
    first = await client.patch(f"/tickets/{ticket['id']}", json={"priority": "urgent"}, headers=known)
    assert first.status_code == 200
    second = await client.patch(f"/tickets/{ticket['id']}", json={"priority": "low"}, headers=known)
    assert second.status_code == 412
    assert (await client.get(f"/tickets/{ticket['id']}")).json()["priority"] == "urgent"


async def test_who_is_bound_to_locations_sees_tickets_there_only(runtime: Runtime, client_of: ClientOf) -> None:
    admin = await client_of(runtime)
    here = await made(admin, "/locations", name="Here")
    there = await made(admin, "/locations", name="There")
    station = await made(admin, "/charging-stations", identity="CS-1", location_id=here["id"])
    ticket = await made(admin, "/tickets", subject="Broken", station_id=station["id"])
    everywhere = await made(admin, "/tickets", subject="A question")
    bound = await client_of(runtime, "support", location_ids=[here["id"]])
    assert [each["id"] for each in (await bound.get("/tickets")).json()["items"]] == [ticket["id"]]
    assert (await bound.get(f"/tickets/{everywhere['id']}")).status_code == 404
    assert (await bound.post("/tickets", json={"subject": "About nothing"})).status_code == 422
    other = await client_of(runtime, "support", location_ids=[there["id"]])
    refused = await other.post("/tickets", json={"subject": "Not mine", "station_id": station["id"]})
    assert refused.status_code == 422
    assert (await other.get("/search", params={"text": "CS-1"})).json()["items"] == []


async def test_a_ticket_is_about_things_that_there_are(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    for field in ("station_id", "session_id", "driver_id"):
        answer = await client.post("/tickets", json={"subject": "x", field: "nobody"})
        assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, f"$.{field}")


async def test_a_person_who_has_gone_is_in_no_ticket(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    driver_id = await a_driver(runtime)
    ticket = await made(client, "/tickets", subject="Refund", driver_id=driver_id, contact="dora.driver@example.org")
    gone = AccountErased(operator_id=DEFAULT_OPERATOR_ID, at=clock.now(), account_id=driver_id, id_tokens=())
    async with runtime.database.begin() as tx:
        await handlers.on_account_erased(runtime, tx, [gone])
    left = (await client.get(f"/tickets/{ticket['id']}")).json()
    assert (left["driver_id"], left["contact"]) == (None, None)


async def test_one_search_finds_stations_tokens_drivers_and_tickets(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    station = await made(client, "/charging-stations", identity="DORA-1")
    token = await made(client, "/id-tokens", value="04A1B2C3D4E5F6")
    named = await client.patch(f"/id-tokens/{token['id']}", json={"language": "de"})
    assert named.status_code == 200
    driver_id = await a_driver(runtime)
    ticket = await made(client, "/tickets", subject="dora cannot charge")

    async def found(text: str, role: str = "operator_admin") -> dict[str, tuple[str, str]]:
        caller = await client_of(runtime, role)
        items = (await caller.get("/search", params={"text": text})).json()["items"]
        return {each["kind"]: (each["id"], each["title"]) for each in items}

    assert await found("dora") == {
        "station": (station["id"], "DORA-1"),
        "driver": (driver_id, "Dora Driver"),
        "ticket": (ticket["id"], "dora cannot charge"),
    }
    assert await found("b2c3") == {"id_token": (token["id"], "04A1B2C3D4E5F6")}
    assert await found("b2c3", "auditor") == {}  # who may not read values finds none by a part of it
    assert await found("e5f6", "auditor") == {"id_token": (token["id"], "***E5F6")}
    assert await found("%") == {}

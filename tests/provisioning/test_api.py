"""Who may see and change templates: they reach stations, so they are held to the same bounds as orders."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from builders import ClientOf, MakeRuntime
from voltway.app import catalog
from voltway.kernel.runtime import Runtime

PATH = "/provisioning-templates"
PASSWORD = "a-password-of-a-station"
STEPS = [
    {
        "type": "set_network_profile",
        "arguments": {"security_profile": 2, "url": "wss://elsewhere.example/ocpp", "password": PASSWORD},
    }
]


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(*catalog.load(), settings={"gateway": {"port": 0}})


async def a_location(client: httpx.AsyncClient, name: str) -> str:
    made = await client.post("/locations", json={"name": name, "time_zone": "UTC"})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def a_template(client: httpx.AsyncClient, name: str, **given: Any) -> str:
    made = await client.post(PATH, json={"name": name, "steps": STEPS, **given})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def names(client: httpx.AsyncClient) -> set[str]:
    return {each["name"] for each in (await client.get(PATH)).json()["items"]}


async def test_who_is_bound_to_locations_reaches_the_stations_there_only(runtime: Runtime, client_of: ClientOf) -> None:
    admin = await client_of(runtime)
    here, there = await a_location(admin, "Here"), await a_location(admin, "There")
    everywhere = await a_template(admin, "everywhere")
    elsewhere = await a_template(admin, "elsewhere", location_id=there)
    bound = await client_of(runtime, "operations", location_ids=[here])
    for place in ({}, {"location_id": there}):
        refused = await bound.post(PATH, json={"name": "mine", "steps": STEPS, **place})
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/permission-missing")
    mine = await a_template(bound, "mine", location_id=here)
    assert await names(bound) == {"everywhere", "mine"}
    body = {"name": "changed", "steps": STEPS}
    assert (await bound.put(f"{PATH}/{everywhere}", json=body | {"location_id": here})).status_code == 403
    assert (await bound.put(f"{PATH}/{mine}", json=body)).status_code == 403
    assert (await bound.put(f"{PATH}/{mine}", json=body | {"location_id": here})).status_code == 200
    assert (await bound.delete(f"{PATH}/{everywhere}")).status_code == 403
    assert (await bound.delete(f"{PATH}/{elsewhere}")).status_code == 404
    assert (await bound.get(f"{PATH}/{elsewhere}")).status_code == 404
    assert (await bound.delete(f"{PATH}/{mine}")).status_code == 204
    assert await names(admin) == {"everywhere", "elsewhere"}


async def test_passwords_in_a_template_are_for_those_who_may_change_it(runtime: Runtime, client_of: ClientOf) -> None:
    admin, auditor = await client_of(runtime), await client_of(runtime, "auditor")
    template_id = await a_template(admin, "with a password")
    for path in (PATH, f"{PATH}/{template_id}"):
        assert PASSWORD in (await admin.get(path)).text
        shown = await auditor.get(path)
        assert shown.status_code == 200
        assert PASSWORD not in shown.text
        assert "wss://elsewhere.example/ocpp" in shown.text


async def test_templates_of_another_operator_are_not_there(
    runtime: Runtime, client_of: ClientOf, stranger_id: str
) -> None:
    template_id = await a_template(await client_of(runtime), "ours")
    stranger = await client_of(runtime, operator_id=stranger_id)
    assert await names(stranger) == set()
    body = {"name": "theirs", "steps": STEPS}
    assert (await stranger.get(f"{PATH}/{template_id}")).status_code == 404
    assert (await stranger.put(f"{PATH}/{template_id}", json=body)).status_code == 404
    assert (await stranger.delete(f"{PATH}/{template_id}")).status_code == 404

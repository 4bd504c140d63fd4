"""/reservations, without a station at the other end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from builders import ClientOf, MakeRuntime
from voltway.app import catalog
from voltway.kernel import clock
from voltway.kernel.runtime import Runtime


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(*catalog.load(["stations", "users", "sessions", "reservations"]))


@pytest.fixture
async def client(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    client = await client_of(runtime)
    await client.post("/charging-stations", json={"identity": "CS1"})
    return client


def after(hours: float) -> str:
    return clock.to_rfc3339(clock.now() + timedelta(hours=hours))


def a_body(**changes: Any) -> dict[str, Any]:
    return {"station_identity": "cs1", "id_token": "CARD", "evse_number": 1, "expires_at": after(1), **changes}


async def added(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    response = await client.post("/reservations", json=a_body(**changes))
    assert response.status_code == 201, response.text
    return dict(response.json())


async def test_reservation_reads_as_the_contract_says(client: httpx.AsyncClient) -> None:
    body = await added(client)
    assert body.keys() >= {
        "id",
        "number",
        "station_identity",
        "evse_number",
        "id_token",
        "starts_at",
        "expires_at",
        "state",
    }
    assert (body["number"], body["station_identity"], body["state"]) == (1, "CS1", "offline")
    assert (await client.get(f"/reservations/{body['id']}")).json() == body


async def test_list_is_newest_first_and_pages_and_filters(client: httpx.AsyncClient) -> None:
    items = [await added(client, starts_at=after(0.5), id_token=f"CARD{number}") for number in range(3)]
    first = (await client.get("/reservations", params={"limit": 2})).json()
    rest = (await client.get("/reservations", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [item["number"] for item in first["items"] + rest["items"]] == [3, 2, 1]
    assert rest["next_cursor"] is None
    for name, value in (("id_token", "card1"), ("station_identity", "CS1"), ("state", "pending")):
        found = (await client.get("/reservations", params={name: value})).json()["items"]
        assert len(found) == (1 if name == "id_token" else 3)
    assert (await client.get("/reservations", params={"state": "used"})).json()["items"] == []
    assert items[0]["state"] == "pending"


@pytest.mark.parametrize(
    "changes",
    [
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"starts_at": "2999-01-01T00:00:00Z"},
        {"station_identity": None},
        {"station_id": "x"},
        {"evse_number": 0},
        {"evse_number": 1001},
        {"id_token": ""},
        {"id_token": "x" * 256},
        {"connector_type": ""},
        {"colour": "red"},
    ],
)
async def test_body_that_is_wrong_is_refused(client: httpx.AsyncClient, changes: dict[str, Any]) -> None:
    assert (await client.post("/reservations", json=a_body(**changes))).status_code == 422
    assert (await client.get("/reservations")).json()["items"] == []


async def test_unknown_station_is_not_there(client: httpx.AsyncClient) -> None:
    assert (await client.post("/reservations", json=a_body(station_identity="CS9"))).status_code == 404


async def test_repeat_with_the_same_key_reserves_once(client: httpx.AsyncClient) -> None:
    body, headers = a_body(starts_at=after(0.5)), {"Idempotency-Key": "a-key-of-this-test"}
    first = await client.post("/reservations", json=body, headers=headers)
    again = await client.post("/reservations", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert len((await client.get("/reservations")).json()["items"]) == 1


ENDPOINTS = [
    ("GET", "/reservations", None),
    ("POST", "/reservations", a_body()),
    ("GET", "/reservations/{reservation}", None),
    ("DELETE", "/reservations/{reservation}", None),
    ("GET", "/charging-stations/{station}/local-list", None),
    ("PUT", "/charging-stations/{station}/local-list", {"mode": "all"}),
    ("GET", "/access-settings", None),
    ("PUT", "/access-settings", {"master_group": "M"}),
]
OF_EVERYBODY = {"/access-settings"}


@pytest.mark.parametrize(("method", "path", "body"), ENDPOINTS)
async def test_anonymous_gets_401_and_a_stranger_404(
    runtime: Runtime,
    client: httpx.AsyncClient,
    client_of: ClientOf,
    stranger_id: str,
    method: str,
    path: str,
    body: Any,
) -> None:
    reservation = await added(client, starts_at=after(0.5))
    url = path.format(reservation=reservation["id"], station=reservation["station_id"])
    anonymous = await client_of(runtime, None)
    assert (await anonymous.request(method, url, json=body)).status_code == 401
    stranger = await client_of(runtime, operator_id=stranger_id)
    answer = await stranger.request(method, url, json=body)
    if (method, path) == ("GET", "/reservations"):
        assert answer.json()["items"] == []
    elif path in OF_EVERYBODY:
        assert answer.status_code == 200
        ours = (await client.get(path)).json()
        assert ours["master_group"] is None
    else:
        assert answer.status_code == 404
    assert (await client.get(f"/reservations/{reservation['id']}")).json() == reservation


async def test_who_may_only_read_reserves_nothing(
    runtime: Runtime, client: httpx.AsyncClient, client_of: ClientOf
) -> None:
    reservation = await added(client, starts_at=after(0.5))
    auditor = await client_of(runtime, "auditor")
    assert (await auditor.get(f"/reservations/{reservation['id']}")).status_code == 200
    assert (await auditor.post("/reservations", json=a_body())).status_code == 403
    assert (await auditor.delete(f"/reservations/{reservation['id']}")).status_code == 403
    path = f"/charging-stations/{reservation['station_id']}/local-list"
    assert (await auditor.get(path)).status_code == 200
    assert (await auditor.put(path, json={"mode": "all"})).status_code == 403


async def test_who_is_bound_to_a_location_sees_no_other(
    runtime: Runtime, client: httpx.AsyncClient, client_of: ClientOf
) -> None:
    reservation = await added(client, starts_at=after(0.5))
    host = await client_of(runtime, "site_host", location_ids=["00000000-0000-7000-8000-00000000abcd"])
    assert (await host.get("/reservations")).json()["items"] == []
    assert (await host.get(f"/reservations/{reservation['id']}")).status_code == 404
    assert (await host.get(f"/charging-stations/{reservation['station_id']}/local-list")).status_code == 404


async def test_local_list_of_a_station_that_is_away_waits(client: httpx.AsyncClient) -> None:
    (station,) = (await client.get("/charging-stations")).json()["items"]
    path = f"/charging-stations/{station['id']}/local-list"
    assert (await client.get(path)).json()["state"] == "off"
    assert (await client.put(path, json={"mode": "selected"})).status_code == 422
    assert (await client.put(path, json={"mode": "all", "id_token_ids": ["x"]})).status_code == 422
    changed = (await client.put(path, json={"mode": "all"})).json()
    assert (changed["mode"], changed["state"]) == ("all", "pending")
    assert (await client.get(path)).json() == changed
    assert (await client.put(path, json={"mode": "off"})).json()["state"] == "off"

"""Fleets: who sees them, whose their sessions are, how far their limits let them go, what a month came to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from charges import TARIFF, told_of_a_session, verdict
from voltway.charging.pricing import price
from voltway.contracts.accounts import AccountErased, FindPersonalFleets
from voltway.contracts.billing import SessionCredited, SessionPriced
from voltway.contracts.fleets import FindFleetLeft
from voltway.contracts.vocabulary import AuthorizationStatus
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, Role, create_account, create_operator
from voltway.kernel.auth.tables import api_keys
from voltway.kernel.bus.asks import AskTimedOut
from voltway.kernel.runtime import Runtime
from voltway.modules.fleets import counting, people
from voltway.modules.fleets.module import MANIFEST
from voltway.modules.users.module import MANIFEST as USERS

ClientOf = Callable[..., Awaitable[httpx.AsyncClient]]
NOON = datetime.fromisoformat("2026-07-15T12:00:00+00:00")


@pytest.fixture
async def runtime(make_runtime: Any) -> Runtime:
    made: Runtime = await make_runtime(USERS, MANIFEST)
    return made


@pytest.fixture
async def client(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(runtime)


@pytest.fixture
async def manager(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(runtime, "fleet_manager")


async def made(client: httpx.AsyncClient, path: str, **body: Any) -> str:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def put(client: httpx.AsyncClient, path: str, body: Any = None) -> None:
    answer = await client.put(path, json=body)
    assert answer.status_code in (200, 204), answer.text


async def a_fleet(client: httpx.AsyncClient, name: str = "Vans") -> str:
    return await made(client, "/fleets", name=name, time_zone="UTC")


async def a_member(client: httpx.AsyncClient, fleet_id: str, value: str = "CARD", **assigned: Any) -> str:
    token_id = await made(client, "/id-tokens", value=value)
    await put(client, f"/fleets/{fleet_id}/members/{token_id}")
    await put(client, f"/fleets/{fleet_id}/members/{token_id}/assignment", assigned)
    return token_id


async def let_manage(runtime: Runtime, client: httpx.AsyncClient, fleet_id: str) -> str:
    async with runtime.database.read() as tx:
        named = sa.select(api_keys.c.id).where(api_keys.c.name == "test fleet_manager")
        key_id = str((await tx.execute(named)).scalar_one())
    await put(client, f"/fleets/{fleet_id}/managers/{key_id}")
    return key_id


async def charged(
    runtime: Runtime, token_id: str, session_id: str = "s-1", ended_at: datetime | None = None, energy_wh: int = 10_000
) -> None:
    """A session of 10 kWh, which costs 5 euros and 1 of VAT; told twice, as the bus may."""
    ended, priced = told_of_a_session(token_id, energy_wh, session_id, ended_at)
    for _ in range(2):
        async with runtime.database.begin() as tx:
            await counting.on_session_ended(runtime, tx, [ended])
            await counting.on_session_priced(runtime, tx, [priced])


async def statement(client: httpx.AsyncClient, fleet_id: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/fleets/{fleet_id}/statement", params={"month": "2026-07"})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["lines"])


# ---- who sees what


async def test_manager_sees_the_own_fleet_only(
    runtime: Runtime, client: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    mine, other = await a_fleet(client), await a_fleet(client, "Taxis")
    await let_manage(runtime, client, mine)
    assert [item["id"] for item in (await manager.get("/fleets")).json()["items"]] == [mine]
    assert (await manager.get(f"/fleets/{mine}")).status_code == 200
    month = {"month": "2026-07"}
    for path in (f"/fleets/{other}", f"/fleets/{other}/statement", f"/fleets/{other}/statement.csv"):
        assert (await manager.get(path, params=month)).status_code == 404
    van = {"plate": "A 1", "name": "Van"}
    assert (await manager.post(f"/fleets/{other}/vehicles", json=van)).status_code == 404
    assert (await manager.put(f"/fleets/{other}/limits", json={"items": []})).status_code == 404
    assert (await manager.post(f"/fleets/{mine}/vehicles", json=van)).status_code == 201


async def test_manager_takes_no_tokens_into_the_fleet(
    runtime: Runtime, client: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    fleet_id = await a_fleet(client)
    await let_manage(runtime, client, fleet_id)
    token_id = await made(client, "/id-tokens", value="SOMEBODYS")
    assert (await manager.put(f"/fleets/{fleet_id}/members/{token_id}")).status_code == 403


async def test_fleet_of_another_operator_is_not_there(
    runtime: Runtime, client: httpx.AsyncClient, client_of: ClientOf
) -> None:
    fleet_id = await a_fleet(client)
    token_id = await made(client, "/id-tokens", value="OURS")
    async with runtime.database.begin() as tx:
        operator_id = await create_operator(tx, "other", "Other")
    stranger = await client_of(runtime, operator_id=operator_id)
    assert (await stranger.get(f"/fleets/{fleet_id}")).status_code == 404
    theirs = await a_fleet(stranger)
    assert (await stranger.put(f"/fleets/{theirs}/members/{token_id}")).status_code == 404


async def test_parts_of_another_fleet_cannot_be_named(client: httpx.AsyncClient) -> None:
    fleet_id, other = await a_fleet(client), await a_fleet(client, "Taxis")
    taxi = await made(client, f"/fleets/{other}/vehicles", plate="T 1", name="Taxi")
    token_id = await a_member(client, fleet_id)
    answer = await client.put(f"/fleets/{fleet_id}/members/{token_id}/assignment", json={"vehicle_id": taxi})
    assert answer.status_code == 422
    limit = {"kind": "vehicle", "target_id": taxi, "span": "day", "energy_wh": 1}
    assert (await client.put(f"/fleets/{fleet_id}/limits", json={"items": [limit]})).status_code == 422
    assert (await client.put(f"/fleets/{other}/members/{token_id}")).status_code == 409


async def test_plate_is_there_once_in_a_fleet(client: httpx.AsyncClient) -> None:
    fleet_id = await a_fleet(client)
    await made(client, f"/fleets/{fleet_id}/vehicles", plate="A 1", name="Van")
    again = await client.post(f"/fleets/{fleet_id}/vehicles", json={"plate": "A 1", "name": "Other"})
    assert again.status_code == 409


async def test_somebody_who_is_not_there_manages_nothing(runtime: Runtime, client: httpx.AsyncClient) -> None:
    fleet_id = await a_fleet(client)
    async with runtime.database.begin() as tx:
        other_id = await create_operator(tx, "other", "Other")
        theirs = await create_account(tx, "o@example.org", "a long enough password", "O", Role.FLEET_MANAGER, other_id)
        ours = await create_account(
            tx, "f@example.org", "a long enough password", "Fay", Role.FLEET_MANAGER, DEFAULT_OPERATOR_ID
        )
    for account_id in ("nobody", theirs):
        answer = await client.put(f"/fleets/{fleet_id}/managers/{account_id}")
        assert (answer.status_code, answer.json()["title"]) == (404, "No such account")
    await put(client, f"/fleets/{fleet_id}/managers/{ours}")
    assert (await client.get(f"/fleets/{fleet_id}")).json()["managers"] == [{"id": ours, "name": "Fay"}]


async def test_members_are_shown_by_what_their_tokens_say_as_far_as_one_may_read_them(
    runtime: Runtime, client: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    fleet_id = await a_fleet(client)
    await let_manage(runtime, client, fleet_id)
    await a_member(client, fleet_id, "04A1B2C3D4E5F6")
    [whole] = (await client.get(f"/fleets/{fleet_id}")).json()["members"]
    [cut] = (await manager.get(f"/fleets/{fleet_id}")).json()["members"]
    assert (whole["token"], cut["token"]) == ("04A1B2C3D4E5F6", "***E5F6")


# ---- what is changed and removed


async def test_fleet_gets_another_name_and_goes_once_nothing_hangs_on_it(
    runtime: Runtime, client: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    fleet_id = await a_fleet(client)
    await let_manage(runtime, client, fleet_id)
    renamed = {"name": "Cars", "time_zone": "Europe/Berlin"}
    assert (await manager.put(f"/fleets/{fleet_id}", json=renamed)).status_code == 403
    assert (await manager.delete(f"/fleets/{fleet_id}")).status_code == 403
    await put(client, f"/fleets/{fleet_id}", renamed)
    assert (await client.get(f"/fleets/{fleet_id}")).json().items() >= renamed.items()
    van = await made(client, f"/fleets/{fleet_id}/vehicles", plate="A 1", name="Van")
    token_id = await a_member(client, fleet_id)
    refused = await client.delete(f"/fleets/{fleet_id}")
    assert refused.status_code == 409
    assert "(members: 1, vehicles: 1)" in refused.json()["detail"]
    assert (await client.delete(f"/fleets/{fleet_id}/members/{token_id}")).status_code == 204
    assert (await client.delete(f"/fleets/{fleet_id}/vehicles/{van}")).status_code == 204
    assert (await client.delete(f"/fleets/{fleet_id}")).status_code == 204
    assert (await client.get(f"/fleets/{fleet_id}")).status_code == 404
    assert (await manager.get("/fleets")).json()["items"] == []


async def test_fleet_that_has_charged_stays_for_its_statements(runtime: Runtime, client: httpx.AsyncClient) -> None:
    fleet_id = await a_fleet(client)
    token_id = await a_member(client, fleet_id)
    await charged(runtime, token_id)
    assert (await client.delete(f"/fleets/{fleet_id}/members/{token_id}")).status_code == 204
    refused = await client.delete(f"/fleets/{fleet_id}")
    assert (refused.status_code, refused.json()["title"]) == (409, "The fleet is in use")


async def test_statement_names_what_was_removed(runtime: Runtime, client: httpx.AsyncClient) -> None:
    fleet_id = await a_fleet(client)
    centre = await made(client, f"/fleets/{fleet_id}/cost-centres", code="4711", name="Parcels")
    van = await made(client, f"/fleets/{fleet_id}/vehicles", plate="A 1", name="Van", cost_centre_id=centre)
    token_id = await a_member(client, fleet_id, vehicle_id=van)
    await charged(runtime, token_id, "s-1", NOON)
    limit = {"kind": "vehicle", "target_id": van, "span": "day", "energy_wh": 1}
    await put(client, f"/fleets/{fleet_id}/limits", {"items": [limit]})
    for path, what in ((f"vehicles/{van}", "members: 1"), (f"cost-centres/{centre}", "vehicles: 1")):
        refused = await client.delete(f"/fleets/{fleet_id}/{path}")
        assert refused.status_code == 409
        assert what in refused.json()["detail"]
    await put(client, f"/fleets/{fleet_id}/members/{token_id}/assignment", {})
    for path in (f"vehicles/{van}", f"cost-centres/{centre}"):
        assert (await client.delete(f"/fleets/{fleet_id}/{path}")).status_code == 204
        assert (await client.delete(f"/fleets/{fleet_id}/{path}")).status_code == 404
    [line] = await statement(client, fleet_id)
    assert (line["cost_centre"], line["plate"]) == ("4711", "A 1")
    assert (await client.get(f"/fleets/{fleet_id}/limits")).json()["items"] == []
    again = await made(client, f"/fleets/{fleet_id}/vehicles", plate="A 1", name="Another van")
    assert again != van


async def test_cost_centre_is_renamed_but_not_to_the_code_of_another(client: httpx.AsyncClient) -> None:
    fleet_id = await a_fleet(client)
    first = await made(client, f"/fleets/{fleet_id}/cost-centres", code="1", name="One")
    await made(client, f"/fleets/{fleet_id}/cost-centres", code="2", name="Two")
    path = f"/fleets/{fleet_id}/cost-centres/{first}"
    assert (await client.put(path, json={"code": "2", "name": "One"})).status_code == 409
    await put(client, path, {"code": "1", "name": "First"})
    centres = (await client.get(f"/fleets/{fleet_id}")).json()["cost_centres"]
    assert [item["name"] for item in centres] == ["First", "Two"]


# ---- limits


async def test_use_of_a_limit_is_what_was_charged_since_its_time_began(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    fleet_id, other = await a_fleet(client), await a_fleet(client, "Taxis")
    van = await made(client, f"/fleets/{fleet_id}/vehicles", plate="A 1", name="Van")
    token_id = await a_member(client, fleet_id, vehicle_id=van)
    second_id = await a_member(client, fleet_id, "SECOND")
    taxi_id = await a_member(client, other, "TAXI")
    euros = {"amount_minor": 10_000, "currency": "EUR"}
    wanted = [
        {"kind": "fleet", "span": "month", "energy_wh": 100_000},
        {"kind": "fleet", "span": "month", **euros},
        {"kind": "fleet", "span": "month", "amount_minor": 1, "currency": "SEK"},
        {"kind": "vehicle", "target_id": van, "span": "month", **euros},
        {"kind": "member", "target_id": second_id, "span": "day", "energy_wh": 5_000},
    ]
    await put(client, f"/fleets/{fleet_id}/limits", {"items": wanted})
    await put(client, f"/fleets/{other}/limits", {"items": wanted[:1]})
    await charged(runtime, token_id, "s-0", clock.now() - timedelta(days=40))
    await charged(runtime, token_id, "s-1")
    await charged(runtime, second_id, "s-2", energy_wh=2_000)
    await charged(runtime, taxi_id, "s-3", energy_wh=3_000)
    found = (await client.get(f"/fleets/{fleet_id}/limits")).json()["items"]
    uses = {(item["kind"], item["currency"]): (item["used_wh"], item["used_minor"]) for item in found}
    assert uses == {
        ("fleet", None): (12_000, None),
        ("fleet", "EUR"): (None, 720),
        ("fleet", "SEK"): (None, 0),
        ("vehicle", "EUR"): (None, 600),
        ("member", None): (2_000, None),
    }
    assert all(datetime.fromisoformat(item["since"]) <= clock.now() for item in found)
    taxis, vans = (await client.get("/fleets")).json()["items"]
    assert [item["used_wh"] for item in taxis["limits"]] == [3_000]
    assert [item["used_wh"] or item["used_minor"] for item in vans["limits"]] == [720, 0, 12_000]
    assert [(one["members"], one["vehicles"]) for one in (taxis, vans)] == [(1, 0), (2, 1)]


@pytest.mark.parametrize("kind", ["fleet", "vehicle", "member"])
@pytest.mark.parametrize("most", [{"energy_wh": 15_000}, {"amount_minor": 900, "currency": "EUR"}])
@pytest.mark.parametrize("span", ["day", "week", "month"])
async def test_session_beyond_a_limit_is_refused_with_its_cause(
    runtime: Runtime, client: httpx.AsyncClient, kind: str, most: dict[str, Any], span: str
) -> None:
    fleet_id = await a_fleet(client)
    vehicle_id = await made(client, f"/fleets/{fleet_id}/vehicles", plate="A 1", name="Van")
    token_id = await a_member(client, fleet_id, vehicle_id=vehicle_id)
    other_id = await a_member(client, fleet_id, "OTHER")
    target = {"fleet": None, "vehicle": vehicle_id, "member": token_id}[kind]
    limit = {"kind": kind, "target_id": target, "span": span, **most}
    await put(client, f"/fleets/{fleet_id}/limits", {"items": [limit]})
    # Of the time before it counts nothing.
    await charged(runtime, token_id, "s-0", clock.now() - timedelta(days=40))
    await charged(runtime, token_id)
    judged = await verdict(runtime)
    assert judged.status is AuthorizationStatus.ACCEPTED
    assert judged.limit.energy_wh == 5_000 if "energy_wh" in most else judged.limit.cost.minor == 300
    await charged(runtime, token_id, "s-2")
    refused = await verdict(runtime)
    assert refused.status is AuthorizationStatus.NO_CREDIT
    assert "limit" in refused.message
    assert not refused.is_kept
    await charged(runtime, other_id, "s-3")
    assert ((await verdict(runtime, "OTHER")).status is AuthorizationStatus.ACCEPTED) is (kind != "fleet")


async def test_fleets_that_do_not_answer_leave_nobody_standing(make_runtime: Any, client_of: ClientOf) -> None:
    asked: list[Any] = []

    async def in_vain(runtime: Runtime, request: Any) -> Any:
        asked.append(request)
        raise AskTimedOut("too late")

    stuck = replace(MANIFEST, answers={**MANIFEST.answers, FindFleetLeft: in_vain})
    runtime = await make_runtime(USERS, stuck)
    client = await client_of(runtime)
    fleet_id = await a_fleet(client)
    await a_member(client, fleet_id)
    await put(client, f"/fleets/{fleet_id}/limits", {"items": [{"kind": "fleet", "span": "day", "energy_wh": 0}]})
    for _ in range(3):
        judged = await verdict(runtime)
        assert judged.status is AuthorizationStatus.ACCEPTED
        assert not judged.is_kept
    assert len(asked) == 1, "whoever comes next does not wait for them"


async def test_token_that_left_the_fleet_has_no_limit(runtime: Runtime, client: httpx.AsyncClient) -> None:
    fleet_id = await a_fleet(client)
    token_id = await a_member(client, fleet_id)
    await put(client, f"/fleets/{fleet_id}/limits", {"items": [{"kind": "fleet", "span": "day", "energy_wh": 0}]})
    assert (await verdict(runtime)).status is AuthorizationStatus.NO_CREDIT
    assert (await client.delete(f"/fleets/{fleet_id}/members/{token_id}")).status_code == 204
    assert (await verdict(runtime)).status is AuthorizationStatus.ACCEPTED


# ---- statements


async def test_statement_is_by_cost_centre_and_vehicle(runtime: Runtime, client: httpx.AsyncClient) -> None:
    fleet_id = await a_fleet(client)
    parcels = await made(client, f"/fleets/{fleet_id}/cost-centres", code="4711", name="Parcels")
    office = await made(client, f"/fleets/{fleet_id}/cost-centres", code="=1+1", name="Office")
    van = await made(client, f"/fleets/{fleet_id}/vehicles", plate="A 1", name="Van", cost_centre_id=parcels)
    of_van = await a_member(client, fleet_id, vehicle_id=van)
    of_office = await a_member(client, fleet_id, "OFFICE", vehicle_id=van, cost_centre_id=office)
    await charged(runtime, of_van, "s-1", NOON)
    await charged(runtime, of_van, "s-2", NOON, 1_001)
    await charged(runtime, of_office, "s-3", NOON)
    await charged(runtime, of_van, "s-4", NOON.replace(month=8))
    first, second = await statement(client, fleet_id)
    shown = ("cost_centre", "plate", "sessions", "energy_wh", "currency", "excl_vat_minor", "incl_vat_minor")
    assert [first[name] for name in shown] == ["4711", "A 1", 2, 11_001, "EUR", 550, 660]
    assert [second[name] for name in shown] == ["=1+1", "A 1", 1, 10_000, "EUR", 500, 600]
    table = await client.get(f"/fleets/{fleet_id}/statement.csv", params={"month": "2026-07"})
    assert table.text.splitlines() == [
        "month,cost_centre,vehicle,sessions,energy_kwh,currency,excl_vat,incl_vat",
        "2026-07,4711,A 1,2,11.001,EUR,5.50,6.60",
        "2026-07,'=1+1,A 1,1,10,EUR,5.00,6.00",
    ]


async def test_session_stays_where_it_was_when_it_ended(runtime: Runtime, client: httpx.AsyncClient) -> None:
    fleet_id = await a_fleet(client)
    van = await made(client, f"/fleets/{fleet_id}/vehicles", plate="A 1", name="Van")
    token_id = await a_member(client, fleet_id, vehicle_id=van)
    await charged(runtime, token_id, "s-1", NOON)
    await put(client, f"/fleets/{fleet_id}/members/{token_id}/assignment", {})
    assert (await client.delete(f"/fleets/{fleet_id}/members/{token_id}")).status_code == 204
    [line] = await statement(client, fleet_id)
    assert (line["plate"], line["sessions"]) == ("A 1", 1)


async def test_credited_cdr_costs_nothing_until_it_is_corrected(runtime: Runtime, client: httpx.AsyncClient) -> None:
    fleet_id = await a_fleet(client)
    token_id = await a_member(client, fleet_id)
    await charged(runtime, token_id, "s-1", NOON)
    cost = price(TARIFF, energy_wh=10_000, duration_s=3600)
    credited = SessionCredited(
        operator_id=DEFAULT_OPERATOR_ID,
        at=NOON,
        session_id="s-1",
        station_id="station-1",
        cdr_id="cdr-s-1",
        credit_id="c",
        amount=cost.incl_vat,
        excl_vat=cost.excl_vat,
        reason="goodwill",
    )
    corrected = SessionPriced(
        operator_id=DEFAULT_OPERATOR_ID,
        at=NOON,
        session_id="s-1",
        station_id="station-1",
        cdr_id="cdr-2",
        cost=price(TARIFF, energy_wh=5_000, duration_s=3600),
        replaces_cdr_id="cdr-s-1",
    )
    async with runtime.database.begin() as tx:
        await counting.on_session_credited(runtime, tx, [credited])
    assert [line["incl_vat_minor"] for line in await statement(client, fleet_id)] == [0]
    async with runtime.database.begin() as tx:
        await counting.on_session_priced(runtime, tx, [corrected])
        await counting.on_session_credited(runtime, tx, [credited])  # once more, and late
    assert [line["incl_vat_minor"] for line in await statement(client, fleet_id)] == [300]


# ---- people


async def test_person_gets_a_copy_and_goes(
    runtime: Runtime, client: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    fleet_id = await a_fleet(client)
    token_id = await a_member(client, fleet_id)
    key_id = await let_manage(runtime, client, fleet_id)
    question = FindPersonalFleets(operator_id=DEFAULT_OPERATOR_ID, account_id=key_id, id_token_ids=(token_id,))
    assert [item["kind"] for item in await runtime.ask(question)] == ["manager", "member"]
    gone = AccountErased(operator_id=DEFAULT_OPERATOR_ID, at=NOON, account_id=key_id, id_tokens=())
    async with runtime.database.begin() as tx:
        await people.on_gone(runtime, tx, [gone])
    assert (await manager.get(f"/fleets/{fleet_id}")).status_code == 404

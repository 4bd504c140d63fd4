"""A driver's own tokens: cards by their codes, the app's token, cars; and what of them others see."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from voltway.contracts.users import AuthorizeTokens, TokenQuery
from voltway.contracts.vocabulary import IdToken
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, create_account
from voltway.kernel.bus import outbox
from voltway.kernel.runtime import Runtime
from voltway.modules.users import code_rules
from voltway.modules.users.module import MANIFEST
from voltway.modules.users.tables import activation_codes, local_lists

ClientOf = Callable[..., Awaitable[httpx.AsyncClient]]
PASSWORD = "four words of a driver"
MAC = {"mac_address": "00:1A:2b:3C:4d:5E", "name": "The blue one"}
TERMS = {
    "energy_wh_per_session": 60_000,
    "cost_per_day": {"minor": 4_000, "currency": "EUR"},
    "time_zone": "Europe/Berlin",
    "contract_location_ids": ["contracts-only"],
}


@pytest.fixture
async def runtime(make_runtime: Any) -> Runtime:
    made: Runtime = await make_runtime(MANIFEST)
    return made


@pytest.fixture
async def office(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(runtime)


@pytest.fixture
async def driver(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    return await logged_in(runtime, client_of, "ada@example.org")


async def logged_in(
    runtime: Runtime, client_of: ClientOf, email: str, operator_id: str = DEFAULT_OPERATOR_ID, locale: str = "en"
) -> httpx.AsyncClient:
    async with runtime.database.begin() as tx:
        await create_account(tx, email, PASSWORD, "Ada", "driver", operator_id, locale=locale)
    client = await client_of(runtime, None)
    answer = await client.post("/login", json={"email": email, "password": PASSWORD})
    client.headers["x-csrf-token"] = answer.json()["csrf_token"]
    return client


async def card(office: httpx.AsyncClient, value: str = "04A1B2C3D4E5F6", **fields: Any) -> str:
    return str((await office.post("/id-tokens", json={"value": value, **fields})).json()["id"])


async def codes(office: httpx.AsyncClient, *token_ids: str, days: float = 30) -> list[str]:
    body = {"id_token_ids": token_ids, "expires_at": clock.to_rfc3339(clock.now() + timedelta(days=days))}
    answer = await office.post("/id-tokens/activation-codes", json=body)
    assert answer.status_code == 201, answer.text
    return [item["code"] for item in answer.json()["items"]]


async def verdict(runtime: Runtime, value: str, kind: str | None = None, **query: Any) -> Any:
    asked = TokenQuery(operator_id=DEFAULT_OPERATOR_ID, station_id="station-1", id_token=IdToken(value, kind), **query)
    return (await runtime.ask(AuthorizeTokens(queries=(asked,))))[0]


async def said(runtime: Runtime, name: str) -> list[str]:
    statement = (
        sa.select(outbox.outbox.c.payload).where(outbox.outbox.c.name == name).order_by(outbox.outbox.c.position)
    )
    async with runtime.database.read() as tx:
        return list(map(str, (await tx.execute(statement)).scalars()))


# ---- cards and their codes


async def test_card_is_nobodys_until_its_code_is_used_and_then_the_drivers(
    runtime: Runtime, office: httpx.AsyncClient, driver: httpx.AsyncClient
) -> None:
    token_id = await card(office)
    [code] = await codes(office, token_id)
    assert (await verdict(runtime, "04A1B2C3D4E5F6")).status == "Invalid"
    assert (await driver.get("/me/id-tokens")).json()["items"] == []

    answer = await driver.post("/me/id-tokens", json={"code": f" {code.lower().replace('-', ' ')}", "name": "Key ring"})
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["id"], body["value"], body["name"], body["status"]) == (token_id, "***E5F6", "Key ring", "accepted")
    assert (body["is_lost"], body["is_default"], body["is_app"]) == (False, False, False)
    judged = await verdict(runtime, "04A1B2C3D4E5F6")
    assert (judged.status, judged.user_id) == (
        "Accepted",
        (await office.get(f"/id-tokens/{token_id}")).json()["user_id"],
    )
    assert (await driver.get("/me/id-tokens")).json()["items"] == [body]
    assert "id_token.activated" in " ".join(await said(runtime, "ActDone"))


@pytest.mark.parametrize("case", ["unknown", "used", "replaced", "expired", "blocked since", "another operator's"])
async def test_code_that_is_not_good_says_the_same_whatever_the_cause(
    runtime: Runtime,
    office: httpx.AsyncClient,
    driver: httpx.AsyncClient,
    client_of: ClientOf,
    stranger_id: str,
    case: str,
) -> None:
    token_id = await card(office)
    [code] = await codes(office, token_id)
    who = driver
    match case:
        case "unknown":
            code = "AAAAA-BBBBB-CCCCC"
        case "used":
            assert (await driver.post("/me/id-tokens", json={"code": code})).status_code == 201
        case "replaced":
            await codes(office, token_id)
        case "expired":
            async with runtime.database.begin() as tx:
                await tx.execute(sa.update(activation_codes).values(expires_at=clock.now()))
        case "blocked since":
            await office.patch(f"/id-tokens/{token_id}", json={"status": "blocked"})
        case _:
            who = await logged_in(runtime, client_of, "bob@example.org", stranger_id)
    refused = await who.post("/me/id-tokens", json={"code": code})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/wrong-code")
    assert refused.json()["errors"] == [
        {
            "path": "$.code",
            "message": "no card waits for this code: it is not known, was used, or has expired",
        }
    ]


async def test_of_two_drivers_with_one_code_one_gets_the_card(
    runtime: Runtime, office: httpx.AsyncClient, driver: httpx.AsyncClient, client_of: ClientOf
) -> None:
    [code] = await codes(office, await card(office))
    other = await logged_in(runtime, client_of, "bob@example.org")
    answers = await asyncio.gather(*(who.post("/me/id-tokens", json={"code": code}) for who in (driver, other)))
    assert sorted(answer.status_code for answer in answers) == [201, 422]


async def test_codes_are_stored_as_keyed_hashes_only_and_stand_in_one_answer(
    runtime: Runtime, office: httpx.AsyncClient
) -> None:
    token_id = await card(office)
    [code] = await codes(office, token_id)
    assert len(code_rules.read(code)) == 15
    async with runtime.database.read() as tx:
        stored = (await tx.execute(sa.select(activation_codes))).one()
    assert code_rules.read(code) not in str(stored)
    assert code not in (await office.get(f"/id-tokens/{token_id}")).text
    assert code not in " ".join(await said(runtime, "ActDone"))


async def test_guessing_codes_is_throttled_and_another_driver_is_not_held_up(
    runtime: Runtime, office: httpx.AsyncClient, driver: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    [code] = await codes(office, await card(office))
    statuses = [(await driver.post("/me/id-tokens", json={"code": f"GUESS{n}"})).status_code for n in range(12)]
    assert statuses == [422] * 10 + [429] * 2
    held = await driver.post("/me/id-tokens", json={"code": code})
    assert (held.status_code, held.json()["type"]) == (429, "/problems/too-many-codes")
    assert 1 <= int(held.headers["retry-after"]) <= 60
    guesses = code_rules.Guesses()
    for _ in range(code_rules.BURST):
        guesses.count(("account ada", "from 192.0.2.1"), 0.0)
    assert guesses.wait_s(("account bob", "from 192.0.2.2"), 0.0) == 0.0
    assert guesses.wait_s(("account ada", "from 192.0.2.2"), 0.0) > 0.0
    assert guesses.wait_s(("account ada", "from 192.0.2.1"), code_rules.REFILL_S) == 0.0


async def test_somebodys_card_gets_no_code(office: httpx.AsyncClient, driver: httpx.AsyncClient) -> None:
    token_id = await card(office)
    [code] = await codes(office, token_id)
    await driver.post("/me/id-tokens", json={"code": code})
    body = {"id_token_ids": [token_id], "expires_at": clock.to_rfc3339(clock.now() + timedelta(days=1))}
    refused = await office.post("/id-tokens/activation-codes", json=body)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/token-has-owner")
    unknown = await office.post("/id-tokens/activation-codes", json={**body, "id_token_ids": ["none"]})
    assert unknown.status_code == 404
    for days in (-1, 1000):
        late = {**body, "expires_at": clock.to_rfc3339(clock.now() + timedelta(days=days))}
        answer = await office.post("/id-tokens/activation-codes", json=late)
        assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "$.expires_at")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/me/id-tokens", {}),
        ("/me/id-tokens", {"code": ""}),
        ("/me/id-tokens", {"code": "X" * 41}),
        ("/me/id-tokens", {"code": "X", "name": "a\nb"}),
        ("/me/id-tokens", {"code": "X", "user_id": "somebody"}),
        ("/me/cars", {"mac_address": "00:1A:2B", "name": "Car"}),
        ("/me/cars", {"mac_address": "00:1A:2B:3C:4D:5E"}),
    ],
    ids=str,
)
async def test_what_cannot_be_is_refused_by_its_field(
    driver: httpx.AsyncClient, path: str, body: dict[str, Any]
) -> None:
    refused = await driver.post(path, json=body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["path"].startswith("$.")


# ---- whose they are


@pytest.mark.parametrize(("method", "tail"), [("GET", ""), ("PATCH", ""), ("POST", "/loss"), ("DELETE", "")])
async def test_another_drivers_token_is_not_there(
    runtime: Runtime, office: httpx.AsyncClient, driver: httpx.AsyncClient, client_of: ClientOf, method: str, tail: str
) -> None:
    other = await logged_in(runtime, client_of, "bob@example.org")
    token_id = (await driver.post("/me/id-tokens/app")).json()["id"]
    url = f"/me/id-tokens/{token_id}{tail}"
    refused = await other.request(method, url, json={"name": "Mine"} if method == "PATCH" else None)
    assert (refused.status_code, refused.json()["type"]) == (404, "/problems/id-token-not-found")
    assert (await other.get("/me/id-tokens")).json()["items"] == []
    assert (await driver.get(f"/me/id-tokens/{token_id}")).json()["name"] == "App"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/me/id-tokens"),
        ("POST", "/me/id-tokens"),
        ("POST", "/me/id-tokens/app"),
        ("POST", "/me/cars"),
        ("GET", "/me/id-tokens/some"),
        ("PATCH", "/me/id-tokens/some"),
        ("POST", "/me/id-tokens/some/loss"),
        ("DELETE", "/me/id-tokens/some"),
        ("GET", "/me/autocharge"),
        ("PUT", "/me/autocharge"),
    ],
)
async def test_nobody_gets_401_and_who_has_no_tokens_of_his_own_403(
    runtime: Runtime, client_of: ClientOf, method: str, path: str
) -> None:
    assert (await (await client_of(runtime, None)).request(method, path)).status_code == 401
    assert (await (await client_of(runtime, "site_host")).request(method, path, json={})).status_code == 403


async def test_a_driver_sees_nothing_of_the_office(office: httpx.AsyncClient, driver: httpx.AsyncClient) -> None:
    token_id = await card(office)
    for method, path in (
        ("GET", "/id-tokens"),
        ("GET", f"/id-tokens/{token_id}"),
        ("GET", f"/id-tokens/{token_id}/use"),
        ("POST", "/id-tokens/activation-codes"),
        ("GET", "/quotas"),
        ("GET", "/access-settings"),
    ):
        assert (await driver.request(method, path, json={})).status_code == 403


# ---- app, default, name, loss, giving back


async def test_app_token_is_made_once_and_fits_every_station(
    runtime: Runtime, office: httpx.AsyncClient, driver: httpx.AsyncClient
) -> None:
    answers = await asyncio.gather(*(driver.post("/me/id-tokens/app") for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert answers[0].json()["is_app"]
    whole = (await office.get(f"/id-tokens/{answers[0].json()['id']}")).json()
    assert (whole["kind"], len(whole["value"])) == ("Central", 20)
    assert (await verdict(runtime, whole["value"])).status == "Accepted"


async def test_one_token_is_the_default(office: httpx.AsyncClient, driver: httpx.AsyncClient) -> None:
    app = (await driver.post("/me/id-tokens/app")).json()["id"]
    [code] = await codes(office, await card(office))
    ring = (await driver.post("/me/id-tokens", json={"code": code})).json()["id"]
    for chosen in (app, ring, ring):
        assert (await driver.patch(f"/me/id-tokens/{chosen}", json={"is_default": True})).json()["is_default"]
        listed = (await driver.get("/me/id-tokens")).json()["items"]
        assert [token["id"] for token in listed if token["is_default"]] == [chosen]
    renamed = (await driver.patch(f"/me/id-tokens/{ring}", json={"name": "Ring", "is_default": False})).json()
    assert (renamed["name"], renamed["is_default"]) == ("Ring", False)
    assert (await driver.patch(f"/me/id-tokens/{ring}", json={"status": "accepted"})).status_code == 422


async def test_lost_token_is_blocked_at_once_and_due_in_the_lists_of_stations(
    runtime: Runtime, office: httpx.AsyncClient, driver: httpx.AsyncClient
) -> None:
    token_id = await card(office)
    [code] = await codes(office, token_id)
    await driver.post("/me/id-tokens", json={"code": code})
    now = clock.now()
    row = {
        "station_id": "station-1",
        "operator_id": DEFAULT_OPERATOR_ID,
        "mode": "all",
        "state": "in_step",
        "version": 1,
        "attempts": 0,
        "updated_at": now,
    }
    async with runtime.database.begin() as tx:
        await tx.execute(sa.insert(local_lists).values(row))
    lost = (await driver.post(f"/me/id-tokens/{token_id}/loss")).json()
    assert (lost["status"], lost["is_lost"]) == ("blocked", True)
    assert (await verdict(runtime, "04A1B2C3D4E5F6")).status == "Blocked"
    async with runtime.database.read() as tx:
        due_at = (await tx.execute(sa.select(local_lists.c.due_at))).scalar_one()
    assert due_at is not None
    assert due_at <= clock.now()
    assert (await office.get(f"/id-tokens/{token_id}")).json()["lost_at"] is not None
    # Who gives it back does not make it good, and no code does.
    assert (await driver.delete(f"/me/id-tokens/{token_id}")).status_code == 204
    assert (await verdict(runtime, "04A1B2C3D4E5F6")).status == "Blocked"
    body = {"id_token_ids": [token_id], "expires_at": clock.to_rfc3339(now + timedelta(days=1))}
    assert (await office.post("/id-tokens/activation-codes", json=body)).status_code == 409


async def test_card_that_was_given_back_charges_for_nobody_until_it_is_activated_anew(
    runtime: Runtime, office: httpx.AsyncClient, driver: httpx.AsyncClient, client_of: ClientOf
) -> None:
    token_id = await card(office)
    [code] = await codes(office, token_id)
    await driver.post("/me/id-tokens", json={"code": code, "name": "Mine"})
    assert (await driver.delete(f"/me/id-tokens/{token_id}")).status_code == 204
    assert (await driver.get(f"/me/id-tokens/{token_id}")).status_code == 404
    assert (await verdict(runtime, "04A1B2C3D4E5F6")).status == "Invalid"
    assert (await driver.post("/me/id-tokens", json={"code": code})).status_code == 422
    [code] = await codes(office, token_id)
    other = await logged_in(runtime, client_of, "bob@example.org")
    taken = (await other.post("/me/id-tokens", json={"code": code})).json()
    assert (taken["id"], taken["name"], taken["status"]) == (token_id, None, "accepted")


async def test_app_token_that_was_given_back_is_gone_and_the_next_is_another(
    office: httpx.AsyncClient, driver: httpx.AsyncClient
) -> None:
    first = (await driver.post("/me/id-tokens/app")).json()["id"]
    await driver.patch(f"/me/id-tokens/{first}", json={"is_default": True})
    assert (await driver.delete(f"/me/id-tokens/{first}")).status_code == 204
    assert (await office.get(f"/id-tokens/{first}")).status_code == 404
    second = (await driver.post("/me/id-tokens/app")).json()
    assert second["id"] != first
    assert not second["is_default"]


# ---- AutoCharge


async def offer(office: httpx.AsyncClient, terms: dict[str, Any] | None = TERMS) -> None:
    answer = await office.put("/access-settings", json={"autocharge": terms})
    assert (answer.status_code, answer.json()["autocharge"]) == (200, terms)


async def test_autocharge_is_off_until_the_operator_and_the_driver_both_want_it(
    runtime: Runtime, office: httpx.AsyncClient, driver: httpx.AsyncClient
) -> None:
    assert (await driver.get("/me/autocharge")).json() == {"is_allowed": False, "is_offered": False}
    refused = await driver.post("/me/cars", json=MAC)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/auto-charge-off")
    await offer(office)
    assert (await driver.post("/me/cars", json=MAC)).status_code == 409
    assert (await driver.put("/me/autocharge", json={"is_allowed": True})).json()["is_offered"]
    made = await driver.post("/me/cars", json=MAC)
    assert (made.status_code, made.json()["value"], made.json()["kind"]) == (201, "***4D5E", "MacAddress")
    assert (await driver.post("/me/cars", json=MAC)).status_code == 409

    for value, kind in (
        ("001A2B3C4D5E", "MacAddress"),
        ("00-1a-2b-3c-4d-5e", "MacAddress"),
        ("VID:001A2B3C4D5E", None),
    ):
        judged = await verdict(runtime, value, kind, location_id="here", is_start=True)
        assert judged.status == "Accepted", (value, kind)
        assert not judged.is_kept
    await driver.put("/me/autocharge", json={"is_allowed": False})
    assert (await verdict(runtime, "001A2B3C4D5E", "MacAddress")).status == "Invalid"
    await driver.put("/me/autocharge", json={"is_allowed": True})
    await offer(office, None)
    assert (await verdict(runtime, "001A2B3C4D5E", "MacAddress")).status == "Invalid"


async def test_address_of_a_car_that_the_office_added_for_nobody_opens_nothing(
    runtime: Runtime, office: httpx.AsyncClient
) -> None:
    await offer(office)
    await card(office, "001A2B3C4D5E", kind="MacAddress")
    await card(office, "001A2B3C4D5F")  # of any kind
    for value in ("001A2B3C4D5E", "001A2B3C4D5F"):
        assert (await verdict(runtime, value, "MacAddress")).status == "Invalid"


async def test_cars_address_is_no_cards_value(
    runtime: Runtime, office: httpx.AsyncClient, driver: httpx.AsyncClient
) -> None:
    await card(office, "001A2B3C4D5E", kind="ISO14443")
    assert (await verdict(runtime, "VID:001A2B3C4D5E")).status == "Invalid"
    assert (await verdict(runtime, "00:1A:2B:3C:4D:5E", "MacAddress")).status == "Invalid"


async def test_car_charges_within_its_caps_and_never_where_a_contract_is_demanded(
    runtime: Runtime, office: httpx.AsyncClient, driver: httpx.AsyncClient
) -> None:
    await offer(office)
    await driver.put("/me/autocharge", json={"is_allowed": True})
    await driver.post("/me/cars", json=MAC)
    judged = await verdict(runtime, "001A2B3C4D5E", "MacAddress")
    assert (judged.limit.energy_wh, judged.limit.cost.minor, judged.limit.cost.currency) == (60_000, 4_000, "EUR")
    assert judged.concurrent_max == 1
    assert (await verdict(runtime, "001A2B3C4D5E", "MacAddress", location_id="contracts-only")).status == "Invalid"
    assert (await verdict(runtime, "001A2B3C4D5E", "MacAddress", is_with_contract=True)).status == "Invalid"


async def test_driver_is_told_by_mail_of_each_new_place_once(
    runtime: Runtime, office: httpx.AsyncClient, client_of: ClientOf
) -> None:
    driver = await logged_in(runtime, client_of, "eva@example.org", locale="de-AT")
    await offer(office)
    await driver.put("/me/autocharge", json={"is_allowed": True})
    await driver.post("/me/cars", json=MAC)
    assert await said(runtime, "MailWanted") == []
    for place in ("depot", "depot", "contracts-only", "harbour"):
        await verdict(runtime, "001A2B3C4D5E", "MacAddress", location_id=place)
    mails = await said(runtime, "MailWanted")
    assert len(mails) == 2
    assert "eva@example.org" in mails[0]
    assert "The blue one hat in depot" in mails[0]
    assert "001A2B3C4D5E" not in " ".join(mails)


# ---- what others see of values


async def test_values_are_whole_for_who_may_see_them_and_masked_for_others(
    runtime: Runtime, office: httpx.AsyncClient, client_of: ClientOf
) -> None:
    token_id = await card(office)
    for role, shown in (("operator_admin", "04A1B2C3D4E5F6"), ("support", "04A1B2C3D4E5F6"), ("finance", "***E5F6")):
        client = await client_of(runtime, role)
        found = (await client.get("/id-tokens", params={"value": "04a1b2c3d4e5f6"})).json()["items"]
        assert [token["value"] for token in found] == [shown]
        assert (await client.get(f"/id-tokens/{token_id}")).json()["value"] == shown
    acts = await said(runtime, "ActDone")
    assert sum("id_token.revealed" in act for act in acts) == 2
    assert "04A1B2C3D4E5F6" not in " ".join(acts)

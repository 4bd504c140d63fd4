"""REST of operators, members, roles, location groups and invitations, on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from builders import NOON, ClientOf, MakeRuntime
from voltway.app import catalog
from voltway.contracts.notify import MailWanted
from voltway.kernel import clock
from voltway.kernel.audit import ActDone
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, Role, create_account, operators
from voltway.kernel.auth.tables import accounts
from voltway.kernel.bus.event import Event
from voltway.kernel.runtime import Runtime
from voltway.modules.organisations.settings import OrganisationsSettings
from voltway.modules.organisations.tables import invitations

PASSWORD = "amber plug and a long cable"
SUPPORT = {"role": "support"}


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(*catalog.load(["stations", "organisations"]))


@pytest.fixture
async def admin(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(runtime)


@pytest.fixture
def said(runtime: Runtime) -> list[Event]:
    """What is published from now on."""
    heard: list[Event] = []
    runtime.events.hear(heard.append, (MailWanted, ActDone))
    return heard


@pytest.fixture
def mails(said: list[Event]) -> Callable[[int], Any]:
    """`await mails(1)`: the mails, once there are so many."""

    async def wait(count: int) -> list[MailWanted]:
        for _ in range(500):
            found = [event for event in said if isinstance(event, MailWanted)]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.01)
        raise AssertionError(f"{len(found)} mails, not {count}")

    return wait


def code_in(mail: MailWanted) -> str:
    return mail.text.split("#code=")[1].split()[0]


async def a_person(runtime: Runtime, role: str = "support", email: str = "mo@example.org", **options: Any) -> str:
    operator_id = options.pop("operator_id", DEFAULT_OPERATOR_ID)
    async with runtime.database.begin() as tx:
        return await create_account(tx, email, PASSWORD, "Mo", Role(role), operator_id, **options)


async def logged_in(client: httpx.AsyncClient, email: str = "mo@example.org") -> httpx.AsyncClient:
    answer = await client.post("/login", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    client.headers["x-csrf-token"] = answer.json()["csrf_token"]
    return client


async def a_location(admin: httpx.AsyncClient, name: str = "Here") -> str:
    return str((await admin.post("/locations", json={"name": name})).json()["id"])


def kind_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


# ---- operators


async def test_a_platform_administrator_adds_an_operator_whose_administrator_is_invited(
    runtime: Runtime, client_of: ClientOf, mails: Callable[[int], Any]
) -> None:
    platform, nobody = await client_of(runtime, "platform_admin"), await client_of(runtime, None)
    body = {"slug": "acme", "name": "Acme", "admin_email": "ada@acme.example", "locale": "de"}
    made = await platform.post("/operators", json=body)
    assert made.status_code == 201
    assert "acme" in [each["slug"] for each in (await platform.get("/operators")).json()["items"]]
    (mail,) = await mails(1)
    assert (mail.to, mail.operator_id) == ("ada@acme.example", made.json()["id"])
    assert "Guten Tag" in mail.text
    accept = {"code": code_in(mail), "name": "Ada", "password": PASSWORD}
    assert (await nobody.post("/invitation-acceptances", json=accept)).json()["operator"] == "acme"
    ada = await logged_in(nobody, "ada@acme.example")
    assert (await ada.get("/me")).json()["account"]["operator"] == "acme"
    assert [member["email"] for member in (await ada.get("/members")).json()["items"]] == ["ada@acme.example"]
    assert kind_of(await platform.post("/operators", json=body)) == (409, "slug-taken")


@pytest.mark.parametrize("slug", ["", "-a", "a-", "A", "a b", "a/b", "é", "a" * 41])
async def test_a_slug_fits_into_an_address(runtime: Runtime, client_of: ClientOf, slug: str) -> None:
    platform = await client_of(runtime, "platform_admin")
    assert (await platform.post("/operators", json={"slug": slug, "name": "x"})).status_code == 422


async def test_nobody_of_a_suspended_operator_is_let_in_until_it_is_resumed(
    runtime: Runtime, client_of: ClientOf, stranger_id: str
) -> None:
    platform, nobody = await client_of(runtime, "platform_admin"), await client_of(runtime, None)
    key = await client_of(runtime, operator_id=stranger_id)
    await a_person(runtime, operator_id=stranger_id)
    person = await logged_in(await client_of(runtime, None))
    assert [(await each.get("/me")).status_code for each in (key, person)] == [200, 200]
    for is_suspended, status in ((True, 401), (False, 200)):
        answer = await platform.patch(f"/operators/{stranger_id}", json={"is_suspended": is_suspended})
        assert (answer.json()["suspended_at"] is not None) is is_suspended
        assert [(await each.get("/me")).status_code for each in (key, person)] == [status, status]
        log_in = await nobody.post("/login", json={"email": "mo@example.org", "password": PASSWORD})
        assert log_in.status_code == status
    own = await platform.patch(f"/operators/{DEFAULT_OPERATOR_ID}", json={"is_suspended": True})
    assert kind_of(own) == (409, "own-operator")


# ---- members


async def test_a_change_of_role_and_of_locations_holds_at_once(
    runtime: Runtime, client_of: ClientOf, admin: httpx.AsyncClient
) -> None:
    here, there = await a_location(admin), await a_location(admin, "There")
    group = (await admin.post("/location-groups", json={"name": "North", "location_ids": [there]})).json()
    account_id = await a_person(runtime)
    person = await logged_in(await client_of(runtime, None))

    async def seen() -> set[str]:
        return {each["id"] for each in (await person.get("/locations")).json()["items"]}

    assert await seen() == {here, there}
    for places, expected in (
        ({"location_ids": [here]}, {here}),
        ({"location_group_ids": [group["id"]]}, {there}),
        ({"location_ids": [here], "location_group_ids": [group["id"]]}, {here, there}),
    ):
        grant = {"role": "site_host", **places}
        assert (await admin.patch(f"/members/{account_id}", json={"grant": grant})).status_code == 200
        assert await seen() == expected
    only_group = {"role": "site_host", "location_group_ids": [group["id"]]}
    await admin.patch(f"/members/{account_id}", json={"grant": only_group})
    await admin.put(f"/location-groups/{group['id']}", json={"name": "North", "location_ids": [here]})
    assert await seen() == {here}
    assert kind_of(await admin.delete(f"/location-groups/{group['id']}")) == (409, "in-use")
    assert (await admin.patch(f"/members/{account_id}", json={"is_active": False})).status_code == 200
    assert (await person.get("/locations")).status_code == 401


@pytest.mark.parametrize(
    ("grant", "path"),
    [
        ({"role": "site_host"}, "$.grant"),
        ({"role": "custom"}, "$.grant"),
        ({"role": "driver"}, "$.grant"),
        ({"role": "support", "custom_role_id": "x"}, "$.grant"),
        ({"role": "custom", "custom_role_id": "x"}, "$.grant.custom_role_id"),
        ({"role": "support", "location_ids": ["x"]}, "$.grant.location_ids"),
        ({"role": "support", "location_group_ids": ["x"]}, "$.grant.location_group_ids"),
        ({"role": "king"}, "$.grant.role"),
    ],
)
async def test_a_grant_that_makes_no_sense_is_named(
    runtime: Runtime, admin: httpx.AsyncClient, grant: dict[str, Any], path: str
) -> None:
    account_id = await a_person(runtime)
    for answer in (
        await admin.patch(f"/members/{account_id}", json={"grant": grant}),
        await admin.post("/invitations", json={"email": "new@example.org", "grant": grant}),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path)


async def test_an_operator_keeps_an_administrator(runtime: Runtime, admin: httpx.AsyncClient) -> None:
    last = await a_person(runtime, "operator_admin", "ada@example.org")
    for change in ({"grant": SUPPORT}, {"is_active": False}, {"grant": {"role": "operator_admin", "location_ids": []}}):
        assert kind_of(await admin.patch(f"/members/{last}", json=change)) == (409, "last-administrator")
    assert kind_of(await admin.delete(f"/members/{last}")) == (409, "last-administrator")
    other = await a_person(runtime, "operator_admin", "bo@example.org")
    answers = await asyncio.gather(*(admin.delete(f"/members/{each}") for each in (last, other)))
    assert sorted(answer.status_code for answer in answers) == [204, 409]  # also at the same time


async def test_nobody_changes_who_may_do_more(runtime: Runtime, admin: httpx.AsyncClient, client_of: ClientOf) -> None:
    stronger = await a_person(runtime, "platform_admin")
    assert kind_of(await admin.patch(f"/members/{stronger}", json={"is_active": False})) == (403, "not-yours-to-change")
    assert kind_of(await admin.delete(f"/members/{stronger}")) == (403, "not-yours-to-change")
    platform = await client_of(runtime, "platform_admin")
    assert (await platform.patch(f"/members/{stronger}", json={"is_active": False})).status_code == 200


async def test_nobody_makes_somebody_stronger_than_themselves(runtime: Runtime, admin: httpx.AsyncClient) -> None:
    account_id, most = await a_person(runtime), {"role": "platform_admin"}
    for answer in (
        await admin.patch(f"/members/{account_id}", json={"grant": most}),
        await admin.post("/invitations", json={"email": "new@example.org", "grant": most}),
        await admin.post("/roles", json={"name": "God", "permissions": ["platform"]}),
        await admin.post("/api-keys", json={"name": "x", **most}),
    ):
        assert kind_of(answer) == (403, "permission-missing")


async def test_a_manager_of_members_with_a_role_of_their_own_passes_on_only_what_it_holds(
    runtime: Runtime, admin: httpx.AsyncClient, client_of: ClientOf
) -> None:
    body = {"name": "Team lead", "permissions": ["members:read", "members:write", "stations:read", "admin"]}
    role = (await admin.post("/roles", json=body)).json()
    account_id = await a_person(runtime, "custom", custom_role_id=role["id"])
    lead = await logged_in(await client_of(runtime, None))
    assert kind_of(await lead.post("/api-keys", json={"name": "x", "role": "auditor"})) == (403, "permission-missing")
    key = {"name": "x", "role": "custom", "custom_role_id": role["id"]}
    assert (await lead.post("/api-keys", json=key)).status_code == 201
    wider = {**body, "permissions": [*body["permissions"], "tariffs:write"]}
    assert kind_of(await lead.put(f"/roles/{role['id']}", json=wider)) == (403, "permission-missing")
    assert (await admin.put(f"/roles/{role['id']}", json=wider)).status_code == 200
    assert "tariffs:write" in (await lead.get("/me")).json()["account"]["permissions"]
    assert kind_of(await admin.delete(f"/roles/{role['id']}")) == (409, "in-use")
    assert (await admin.delete(f"/members/{account_id}")).status_code == 204


async def test_with_a_member_go_their_log_ins_and_the_keys_that_they_made(
    runtime: Runtime, admin: httpx.AsyncClient, client_of: ClientOf, said: list[Event]
) -> None:
    account_id = await a_person(runtime, "operator_admin")
    mo = await logged_in(await client_of(runtime, None))
    made = (await mo.post("/api-keys", json={"name": "meter reader", "role": "auditor"})).json()
    key = await client_of(runtime, None)
    key.headers["authorization"] = f"Bearer {made['key']}"
    assert (await key.get("/charging-stations")).status_code == 200
    await a_person(runtime, "operator_admin", "ada@example.org")
    assert (await admin.delete(f"/members/{account_id}")).status_code == 204
    assert (await mo.get("/members")).status_code == 401
    assert (await key.get("/charging-stations")).status_code == 401
    assert (await admin.get("/charging-stations")).status_code == 200
    acts = [event for event in said if isinstance(event, ActDone) and event.action == "member.removed"]
    assert [act.before["api_keys"] for act in acts if act.before] == [["meter reader"]]


# ---- roles


async def test_built_in_roles_are_listed_and_do_not_change(admin: httpx.AsyncClient) -> None:
    roles = (await admin.get("/roles")).json()
    assert {role["id"] for role in roles} == {role.value for role in Role if role is not Role.CUSTOM}
    body = {"name": "x", "permissions": ["stations:read"]}
    assert kind_of(await admin.put("/roles/operations", json=body)) == (409, "built-in-role")
    assert kind_of(await admin.delete("/roles/operations")) == (409, "built-in-role")
    assert (await admin.post("/roles", json=body)).status_code == 201
    assert kind_of(await admin.post("/roles", json=body)) == (409, "name-taken")
    for wrong in ({**body, "permissions": []}, {**body, "name": " "}, {**body, "permissions": ["all"]}):
        assert (await admin.post("/roles", json=wrong)).status_code == 422


async def test_there_is_an_end_to_roles(make_runtime: MakeRuntime, client_of: ClientOf) -> None:
    settings = {"organisations": OrganisationsSettings(roles_max=1)}
    runtime = await make_runtime(*catalog.load(["stations", "organisations"]), settings=settings)
    admin = await client_of(runtime)
    answers = [
        await admin.post("/roles", json={"name": name, "permissions": ["stations:read"]}) for name in ("one", "two")
    ]
    assert [answer.status_code for answer in answers] == [201, 409]


# ---- invitations


async def test_an_invitation_is_for_one_use_and_its_code_is_kept_nowhere(
    runtime: Runtime, admin: httpx.AsyncClient, client_of: ClientOf, mails: Callable[[int], Any], said: list[Event]
) -> None:
    nobody = await client_of(runtime, None)
    body = {"email": "new@example.org", "grant": SUPPORT}
    made = await admin.post("/invitations", json=body)
    (mail,) = await mails(1)
    code = code_in(mail)
    async with runtime.database.read() as tx:
        (row,) = (await tx.execute(sa.select(invitations))).mappings()
    kept = f"{dict(row)} {made.text} {[event for event in said if isinstance(event, ActDone)]}"
    assert code not in kept
    assert kind_of(await admin.post("/invitations", json={**body, "email": "NEW@example.org"})) == (
        409,
        "already-invited",
    )
    accept = {"code": code, "name": "New", "password": PASSWORD}
    weak = await nobody.post("/invitation-acceptances", json={**accept, "password": "password1"})
    assert kind_of(weak) == (422, "weak-password")  # and the code still holds
    answers = await asyncio.gather(*(nobody.post("/invitation-acceptances", json=accept) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 404, 404]
    assert (await admin.get("/invitations")).json()["items"] == []
    assert kind_of(await admin.post("/invitations", json=body)) == (409, "already-member")
    assert (await logged_in(nobody, "new@example.org")).cookies


async def test_codes_that_do_not_hold_are_answered_alike(
    runtime: Runtime, admin: httpx.AsyncClient, client_of: ClientOf, mails: Callable[[int], Any]
) -> None:
    nobody = await client_of(runtime, None)
    for number in range(3):
        await admin.post("/invitations", json={"email": f"{number}@example.org", "grant": SUPPORT})
    withdrawn, renewed, expired = await mails(3)
    pending = {each["email"]: each["id"] for each in (await admin.get("/invitations")).json()["items"]}
    assert (await admin.delete(f"/invitations/{pending['0@example.org']}")).status_code == 204
    assert (await admin.post(f"/invitations/{pending['1@example.org']}/sending")).status_code == 200
    *_, again = await mails(4)
    async with runtime.database.begin() as tx:
        old = sa.update(invitations).where(invitations.c.id == pending["2@example.org"])
        await tx.execute(old.values(expires_at=clock.now() - timedelta(seconds=1)))
    codes = ["made up", *map(code_in, (withdrawn, renewed, expired))]
    told = set()
    for code in codes:
        answer = await nobody.post("/invitation-acceptances", json={"code": code, "name": "Eve", "password": PASSWORD})
        told.add((answer.status_code, answer.json()["type"], answer.json()["detail"]))
    assert len(told) == 1
    assert told.pop()[:2] == (404, "/problems/invitation-not-found")
    accept = {"code": code_in(again), "name": "New", "password": PASSWORD}
    assert (await nobody.post("/invitation-acceptances", json=accept)).status_code == 201


async def test_an_invitation_holds_for_seven_days(admin: httpx.AsyncClient) -> None:
    with clock.frozen(NOON):
        made = (await admin.post("/invitations", json={"email": "new@example.org", "grant": SUPPORT})).json()
    assert made["expires_at"] == "2026-03-08T12:00:00.000Z"


async def test_who_has_an_account_attaches_the_invitation_and_only_their_own(
    runtime: Runtime, admin: httpx.AsyncClient, client_of: ClientOf, stranger_id: str, mails: Callable[[int], Any]
) -> None:
    await a_person(runtime, operator_id=stranger_id)
    await a_person(runtime, email="eve@example.org", operator_id=stranger_id)
    await admin.post("/invitations", json={"email": "Mo@example.org", "grant": {"role": "finance"}})
    (mail,) = await mails(1)
    nobody = await client_of(runtime, None)
    accept = {"code": code_in(mail), "name": "Mo", "password": PASSWORD}
    assert kind_of(await nobody.post("/invitation-acceptances", json=accept)) == (409, "email-taken")
    mo, eve = await logged_in(await client_of(runtime, None)), await client_of(runtime, None)
    await logged_in(eve, "eve@example.org")
    for other in (eve, admin):  # another address; an API key, which is nobody
        answer = await other.post("/invitation-attachments", json={"code": code_in(mail)})
        assert kind_of(answer) == (404, "invitation-not-found")
    assert (await mo.post("/invitation-attachments", json={"code": code_in(mail)})).status_code == 201
    account = (await mo.get("/me")).json()["account"]
    assert (account["operator"], account["role"]) == ("default", "finance")


async def test_what_is_done_is_told_to_the_audit_log(
    runtime: Runtime, admin: httpx.AsyncClient, mails: Callable[[int], Any], said: list[Event]
) -> None:
    account_id = await a_person(runtime)
    await admin.patch(f"/members/{account_id}", json={"grant": {"role": "finance"}})
    await admin.post("/roles", json={"name": "x", "permissions": ["stations:read"]})
    await admin.post("/invitations", json={"email": "new@example.org", "grant": SUPPORT})
    await mails(1)
    acts = {event.action: event for event in said if isinstance(event, ActDone)}
    assert {"member.changed", "role.made", "invitation.made"} <= set(acts)
    changed = acts["member.changed"]
    assert (changed.target_id, changed.before, changed.after) == (account_id, SUPPORT, {"role": "finance"})


async def test_drivers_are_no_members(runtime: Runtime, admin: httpx.AsyncClient) -> None:
    driver = await a_person(runtime, "driver")
    assert (await admin.get("/members")).json()["items"] == []
    assert (await admin.get(f"/members/{driver}")).status_code == 404
    async with runtime.database.read() as tx:
        assert (await tx.execute(sa.select(accounts.c.id))).scalars().all() == [driver]
        assert len((await tx.execute(sa.select(operators.c.id))).all()) == 1

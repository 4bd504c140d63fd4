"""What an operator demands of log-ins, who is switched off, scoped keys, and OAuth clients of machines."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import structlog

from accounts.conftest import MakeBrowser
from accounts.people import EMAIL, PASSWORD, Browser, Mailbox, problem
from accounts.test_second_factors import with_app
from builders import ClientOf
from voltway.contracts.accounts import MemberRemoved
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, Role, api_keys, callers, create_account, throttle
from voltway.kernel.auth.tables import api_keys as api_keys_table
from voltway.kernel.database import Database
from voltway.kernel.runtime import Runtime
from voltway.modules.accounts import handlers
from voltway.modules.accounts.tables import oauth_clients

CLIENT = {"name": "billing export", "role": "finance", "scopes": ["sessions:read", "tariffs:read"]}


async def grace_of(database: Database, role: Role = Role.OPERATIONS, operator_id: str = DEFAULT_OPERATOR_ID) -> str:
    async with database.begin() as tx:
        return await create_account(tx, "grace@example.org", PASSWORD, "Grace", role, operator_id)


# ---- the policy


async def test_a_role_that_needs_a_second_factor_gets_a_grace_and_then_only_its_own_account(
    ada: Browser, new_browser: MakeBrowser, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "REMEMBERED_S", 0.0)
    await grace_of(database, Role.OPERATOR_ADMIN)
    grace = new_browser()
    await grace.log_in("grace@example.org")
    policy = {"mfa_roles": ["operator_admin"], "mfa_grace_days": 1}
    answer = await ada.put("/log-in-policy", json=policy)
    assert answer.status_code == 200
    due = (await grace.get("/me/profile")).json()["mfa_due_at"]
    assert due is not None
    assert (await grace.get("/api-keys")).status_code == 200
    with clock.frozen(clock.now() + timedelta(days=1, minutes=1)):
        late = new_browser()
        assert (await late.log_in("grace@example.org")).status_code == 200
        assert problem(await late.get("/api-keys")) == (403, "mfa-setup-required")
        assert (await late.get("/me/profile")).json()["must_set_up_mfa"] is True
        await with_app(late)
        assert (await late.get("/api-keys")).status_code == 200
    shown = (await ada.get("/log-in-policy")).json()
    assert {**policy, "mfa_since": shown["mfa_since"]} == shown


async def test_who_must_have_a_second_factor_proves_with_it(
    ada: Browser, new_browser: MakeBrowser, database: Database
) -> None:
    await grace_of(database, Role.OPERATOR_ADMIN)
    grace = new_browser()
    await grace.log_in("grace@example.org")
    await with_app(grace)
    assert (await grace.step_up()).status_code == 200
    await ada.put("/log-in-policy", json={"mfa_roles": ["operator_admin"], "mfa_grace_days": 14})
    assert (await grace.get("/me/profile")).json()["must_prove_by_factor"] is True
    for password in (PASSWORD, "wrong"):
        answer = await grace.post("/me/step-up", json={"password": password})
        assert problem(answer) == (403, "password-not-enough")
    assert (await ada.get("/me/profile")).json()["must_prove_by_factor"] is False  # she has none yet
    assert (await ada.step_up()).status_code == 200


async def test_the_policy_is_of_one_operator(
    ada: Browser, runtime: Runtime, client_of: ClientOf, stranger_id: str
) -> None:
    stranger = await client_of(runtime, operator_id=stranger_id)
    await ada.put("/log-in-policy", json={"mfa_roles": ["support"], "mfa_grace_days": 0})
    assert (await stranger.get("/log-in-policy")).json()["mfa_roles"] == []


@pytest.mark.parametrize(
    "body", [{"mfa_roles": ["king"]}, {"mfa_roles": [], "mfa_grace_days": -1}, {"mfa_roles": [], "mfa_grace_days": 366}]
)
async def test_a_wrong_policy_is_refused(ada: Browser, body: dict[str, Any]) -> None:
    assert (await ada.put("/log-in-policy", json=body)).status_code == 422


# ---- switched off


async def test_an_account_that_is_switched_off_is_out_at_once_and_comes_back(
    ada: Browser, new_browser: MakeBrowser, database: Database, mailbox: Mailbox
) -> None:
    grace_id = await grace_of(database)
    grace = new_browser()
    await grace.log_in("grace@example.org")
    await grace.post("/password-resets", json={"email": "grace@example.org"})
    token = await mailbox.token("reset", "grace@example.org")
    path = f"/accounts/{grace_id}/activity"
    answer = await ada.put(path, json={"is_active": False, "reason": "left"})
    assert (answer.status_code, answer.json()) == (200, {"id": grace_id, "is_active": False})
    assert (await grace.get("/me")).status_code == 401
    assert problem(await grace.log_in("grace@example.org")) == (401, "wrong-credentials")
    reset = await grace.post("/password-resets/confirmation", json={"token": token, "password": "a new long one"})
    assert problem(reset) == (422, "link-not-good")
    (act,) = await mailbox.acted("account.disabled")
    assert (act.actor_name, act.before, act.after, act.reason) == (
        "Ada",
        {"is_active": True},
        {"is_active": False},
        "left",
    )
    assert (await ada.put(path, json={"is_active": True})).status_code == 200
    assert (await grace.log_in("grace@example.org")).status_code == 200


async def test_nobody_switches_off_a_stranger_a_higher_one_or_the_last_administrator(
    ada: Browser, account_id: str, database: Database, stranger_id: str
) -> None:
    stranger = await grace_of(database, operator_id=stranger_id)
    off = {"is_active": False}
    assert problem(await ada.put(f"/accounts/{stranger}/activity", json=off)) == (404, "account-not-found")
    assert problem(await ada.put(f"/accounts/{account_id}/activity", json=off)) == (409, "last-administrator")
    async with database.begin() as tx:
        role = Role.PLATFORM_ADMIN
        higher = await create_account(tx, "root@example.org", PASSWORD, "Root", role, DEFAULT_OPERATOR_ID)
    assert problem(await ada.put(f"/accounts/{higher}/activity", json=off)) == (403, "permission-missing")


async def test_an_administrator_erases_who_has_asked_for_it(
    ada: Browser, new_browser: MakeBrowser, database: Database, mailbox: Mailbox, stranger_id: str
) -> None:
    grace_id = await grace_of(database, Role.DRIVER)
    async with database.begin() as tx:
        theirs = await create_account(tx, "eve@example.org", PASSWORD, "Eve", Role.DRIVER, stranger_id)
    assert problem(await ada.post(f"/accounts/{theirs}/erasure")) == (404, "account-not-found")
    assert (await ada.post(f"/accounts/{grace_id}/erasure")).status_code == 204
    assert (await new_browser().log_in("grace@example.org")).status_code == 401
    assert problem(await ada.post(f"/accounts/{grace_id}/erasure")) == (404, "account-not-found")
    on_again = await ada.put(f"/accounts/{grace_id}/activity", json={"is_active": True})
    assert problem(on_again) == (404, "account-not-found")
    (act,) = await mailbox.acted("account.erased")
    assert (act.actor_name, act.target_id) == ("Ada", grace_id)
    assert "grace" not in str(act)


# ---- scoped keys


async def test_a_scoped_key_may_what_it_is_for_and_no_more(ada: Browser, nobody: httpx.AsyncClient) -> None:
    body = {"name": "x", "role": "operator_admin", "scopes": ["tariffs:read", "admin"]}
    made = (await ada.post("/api-keys", json=body)).json()
    headers = {"authorization": f"Bearer {made['key']}"}
    me = (await nobody.get("/me", headers=headers)).json()["account"]
    assert me["permissions"] == ["tariffs:read", "admin"]
    wider = {"name": "y", "role": "operator_admin"}
    assert problem(await nobody.post("/api-keys", json=wider, headers=headers)) == (403, "permission-missing")
    same = {"name": "y", "role": "operator_admin", "scopes": ["tariffs:read"]}
    assert (await nobody.post("/api-keys", json=same, headers=headers)).status_code == 201
    assert (await ada.get("/api-keys")).json()["items"][-1]["scopes"] == ["admin", "tariffs:read"]


async def test_a_scope_beside_the_role_and_an_end_in_the_past_are_refused(ada: Browser) -> None:
    beside = await ada.post("/api-keys", json={"name": "x", "role": "auditor", "scopes": ["commands:send"]})
    assert (beside.status_code, beside.json()["errors"][0]["path"]) == (422, "$.scopes")
    over = await ada.post("/api-keys", json={"name": "x", "role": "auditor", "expires_at": "2020-01-01T00:00:00Z"})
    assert (over.status_code, over.json()["errors"][0]["path"]) == (422, "$.expires_at")


async def test_keys_and_log_ins_are_told_to_the_audit_log_without_secrets(
    ada: Browser, mailbox: Mailbox, new_browser: MakeBrowser
) -> None:
    made = (await ada.post("/api-keys", json={"name": "x", "role": "auditor"})).json()
    await ada.delete(f"/api-keys/{made['id']}")
    other = new_browser()
    await other.log_in(password="a wrong one")
    await other.log_in("my password by mistake@x", "a wrong one")
    await other.log_in()
    assert [act.target_id for act in (await mailbox.acted("api_key.made"))] == [made["id"]]
    assert len(await mailbox.acted("api_key.revoked")) == 1
    assert [act.target_id.startswith("e-mail ") for act in await mailbox.acted("log_in.failed", 2)] == [False, True]
    assert (await mailbox.acted("log_in.done"))[-1].address == "127.0.0.1"
    told = str(mailbox.acts)
    for hidden in (made["key"], PASSWORD, "a wrong one", "my password", other.cookies["voltway_session"], EMAIL):
        assert hidden not in told


async def test_the_log_holds_no_secret(ada: Browser, new_browser: MakeBrowser, mailbox: Mailbox) -> None:
    with structlog.testing.capture_logs() as lines:
        app, codes = await with_app(ada)
        client = await made_client(ada)
        browser = new_browser()
        ticket = (await browser.log_in()).json()["context"]["ticket"]
        for said in ({"recovery_code": "wrong"}, {"recovery_code": codes[0]}):
            await browser.took(await browser.post("/login/second-factor", json={"ticket": ticket, **said}))
        await browser.post("/oauth/token", data=GRANT, headers=basic(client, "wrong"))
        token = (await browser.post("/oauth/token", data=GRANT, headers=basic(client))).json()["access_token"]
        await browser.post("/password-resets", json={"email": EMAIL})
        link = await mailbox.token("reset")
        await browser.post("/password-resets/confirmation", json={"token": link, "password": "password"})
    assert lines  # refusals are logged
    cookie = browser.cookies["voltway_session"]
    for secret in (PASSWORD, app.secret, codes[0], ticket, cookie, client["client_secret"], token, link, EMAIL):
        assert secret not in str(lines)


# ---- OAuth clients


async def made_client(ada: Browser, **changes: Any) -> dict[str, Any]:
    answer = await ada.post("/oauth-clients", json={**CLIENT, **changes})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def basic(client: dict[str, Any], secret: str | None = None) -> dict[str, str]:
    shown = f"{client['id']}:{secret or client['client_secret']}"
    return {"authorization": f"Basic {base64.b64encode(shown.encode()).decode()}"}


GRANT = {"grant_type": "client_credentials"}


async def test_a_client_fetches_a_token_that_may_what_its_scopes_say(ada: Browser, nobody: httpx.AsyncClient) -> None:
    client = await made_client(ada)
    answer = await nobody.post("/oauth/token", data=GRANT, headers=basic(client))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    token = answer.json()
    assert (token["token_type"], token["expires_in"], token["scope"]) == ("Bearer", 900, "sessions:read tariffs:read")
    headers = {"authorization": f"Bearer {token['access_token']}"}
    me = (await nobody.get("/me", headers=headers)).json()["account"]
    assert (me["id"], me["name"], me["permissions"]) == (
        client["id"],
        "billing export",
        ["sessions:read", "tariffs:read"],
    )
    posted = {**GRANT, "client_id": client["id"], "client_secret": client["client_secret"], "scope": "tariffs:read"}
    narrow = await nobody.post("/oauth/token", data=posted)
    assert narrow.json()["scope"] == "tariffs:read"
    assert (await ada.get("/api-keys")).json()["items"] == []  # tokens are no keys of their own
    listed = (await ada.get("/oauth-clients")).json()["items"]
    assert [each["id"] for each in listed] == [client["id"]]
    assert "client_secret" not in listed[0]


async def test_a_token_ends_and_is_deleted(
    ada: Browser, nobody: httpx.AsyncClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "REMEMBERED_S", 0.0)
    client = await made_client(ada)
    token = (await nobody.post("/oauth/token", data=GRANT, headers=basic(client))).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    with clock.frozen(clock.now() + timedelta(minutes=15, seconds=1)):
        assert (await nobody.get("/me", headers=headers)).status_code == 401
        await api_keys.forget_tokens(runtime.database)
        async with runtime.database.read() as tx:
            assert (await tx.execute(sa.select(api_keys_table))).all() == []


async def test_machines_that_a_removed_member_let_in_are_out(
    ada: Browser, nobody: httpx.AsyncClient, runtime: Runtime, database: Database
) -> None:
    client = await made_client(ada)
    token = (await nobody.post("/oauth/token", data=GRANT, headers=basic(client))).json()["access_token"]
    async with database.read() as tx:
        row = (await tx.execute(sa.select(oauth_clients))).one()
    gone = MemberRemoved(operator_id=row.operator_id, at=clock.now(), account_id=row.created_by)
    async with database.begin() as tx:
        await handlers.on_member_removed(runtime, tx, [gone])
    assert (await nobody.post("/oauth/token", data=GRANT, headers=basic(client))).status_code == 401
    assert (await nobody.get("/me", headers={"authorization": f"Bearer {token}"})).status_code == 401


async def test_a_token_is_revoked_by_its_client_only(ada: Browser, nobody: httpx.AsyncClient) -> None:
    client, other = await made_client(ada), await made_client(ada)
    token = (await nobody.post("/oauth/token", data=GRANT, headers=basic(client))).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    for owner, status in ((other, 200), (client, 401)):
        answer = await nobody.post("/oauth/revoke", data={"token": token}, headers=basic(owner))
        assert answer.status_code == 200
        assert (await nobody.get("/me", headers=headers)).status_code == status
    answer = await nobody.post("/oauth/revoke", data={"token": token}, headers=basic(client, "wrong"))
    assert answer.status_code == 401


async def test_a_rotated_secret_overlaps_and_a_revoked_client_takes_its_tokens_along(
    ada: Browser, nobody: httpx.AsyncClient, database: Database
) -> None:
    client = await made_client(ada)
    rotated = (await ada.post(f"/oauth-clients/{client['id']}/rotation")).json()
    assert rotated["client_secret"] != client["client_secret"]
    for shown in (client, rotated):
        assert (await nobody.post("/oauth/token", data=GRANT, headers=basic(shown))).status_code == 200
    with clock.frozen(clock.now() + timedelta(hours=24, seconds=1)):
        assert (await nobody.post("/oauth/token", data=GRANT, headers=basic(client))).status_code == 401
    token = (await nobody.post("/oauth/token", data=GRANT, headers=basic(rotated))).json()["access_token"]
    assert (await nobody.get("/me", headers={"authorization": f"Bearer {token}"})).status_code == 200
    async with database.read() as tx:
        row = (await tx.execute(sa.select(oauth_clients))).one()
    assert rotated["client_secret"].encode() not in row.secret_hash
    assert (await ada.delete(f"/oauth-clients/{client['id']}")).status_code == 204
    assert (await nobody.post("/oauth/token", data=GRANT, headers=basic(rotated))).status_code == 401
    assert (await nobody.get("/me", headers={"authorization": f"Bearer {token}"})).status_code == 401


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({}, 400, "invalid_request"),
        ({**GRANT, "scope": "admin"}, 400, "invalid_scope"),
        ({**GRANT, "scope": "tariffs:read admin"}, 400, "invalid_scope"),
        ({**GRANT, "client_secret": "x"}, 400, "invalid_request"),
        ({**GRANT, "scope": "x" * 9000}, 400, "invalid_request"),
        ({**GRANT, "scope": "a\0b"}, 400, "invalid_request"),
    ],
)
async def test_a_wrong_request_for_a_token_is_answered_as_oauth_wants_it(
    ada: Browser, nobody: httpx.AsyncClient, form: dict[str, str], status: int, error: str
) -> None:
    answer = await nobody.post("/oauth/token", data=form, headers=basic(await made_client(ada)))
    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_a_field_that_stands_twice_and_json_are_refused(ada: Browser, nobody: httpx.AsyncClient) -> None:
    headers = basic(await made_client(ada))
    twice = "grant_type=client_credentials&grant_type=client_credentials"
    form = {**headers, "content-type": "application/x-www-form-urlencoded"}
    assert (await nobody.post("/oauth/token", content=twice, headers=form)).json()["error"] == "invalid_request"
    assert (await nobody.post("/oauth/token", json=GRANT, headers=headers)).json()["error"] == "invalid_request"


async def test_guessing_secrets_is_answered_alike_and_slowed_down(ada: Browser, nobody: httpx.AsyncClient) -> None:
    client = await made_client(ada)
    wrong = await nobody.post("/oauth/token", data=GRANT, headers=basic(client, "wrong"))
    unknown = await nobody.post("/oauth/token", data=GRANT, headers=basic({"id": "nobody"}, "wrong"))
    assert (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content)
    assert wrong.status_code == 401
    assert wrong.headers["www-authenticate"] == 'Basic realm="voltway"'
    for _ in range(throttle.PER_ACCOUNT_AND_ADDRESS.burst - 1):
        await nobody.post("/oauth/token", data=GRANT, headers=basic(client, "wrong"))
    answer = await nobody.post("/oauth/token", data=GRANT, headers=basic(client))
    assert problem(answer) == (429, "too-many-failures")


async def test_clients_of_others_are_not_there_and_nobody_hands_out_more_than_they_have(
    ada: Browser, runtime: Runtime, client_of: ClientOf, stranger_id: str
) -> None:
    client = await made_client(ada)
    stranger = await client_of(runtime, operator_id=stranger_id)
    assert (await stranger.get("/oauth-clients")).json()["items"] == []
    assert problem(await stranger.delete(f"/oauth-clients/{client['id']}")) == (404, "client-not-found")
    assert problem(await stranger.post(f"/oauth-clients/{client['id']}/rotation")) == (404, "client-not-found")
    higher = await ada.post("/oauth-clients", json={**CLIENT, "role": "platform_admin"})
    assert problem(higher) == (403, "permission-missing")
    beside = await ada.post("/oauth-clients", json={**CLIENT, "scopes": ["commands:send"]})
    assert (beside.status_code, beside.json()["errors"][0]["path"]) == (422, "$.scopes")


# ---- drivers


async def test_a_driver_is_shown_with_a_whole_address_to_administrators_only(
    ada: Browser, runtime: Runtime, client_of: ClientOf, database: Database
) -> None:
    async with database.begin() as tx:
        driver_id = await create_account(tx, "dee@example.org", PASSWORD, "Dee", Role.DRIVER, DEFAULT_OPERATOR_ID)
    support = await client_of(runtime, "support")
    whole, masked = await ada.get(f"/drivers/{driver_id}"), await support.get(f"/drivers/{driver_id}")
    assert (whole.json()["email"], whole.json()["name"]) == ("dee@example.org", "Dee")
    assert (masked.json()["email"], masked.json()["is_active"]) == ("d***@example.org", True)
    host = await client_of(runtime, "site_host")
    assert (await host.get(f"/drivers/{driver_id}")).status_code == 403
    grace_id = await grace_of(database)
    assert (await ada.get(f"/drivers/{grace_id}")).status_code == 404  # of the operator's people, but no driver

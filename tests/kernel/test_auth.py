"""Log-ins, sessions of browsers, API keys, and what ends them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from builders import NOON, ClientOf, MakeRuntime, app_of, served
from voltway.kernel import clock
from voltway.kernel.auth import (
    DEFAULT_OPERATOR_ID,
    Permission,
    Role,
    accounts,
    callers,
    create_account,
    create_api_key,
    passwords,
    tables,
    throttle,
)
from voltway.kernel.auth.browser_sessions import ABSOLUTE, IDLE, forget_ended
from voltway.kernel.auth.errors import BadEmail, EmailTaken, TooManyFailures, TooManyLogIns, WeakPassword
from voltway.kernel.auth.resolving import principal_of
from voltway.kernel.auth.roles import PERMISSIONS
from voltway.kernel.database import Database
from voltway.kernel.runtime import Runtime

EMAIL, PASSWORD = "Ada@Example.org", "correct horse battery"
RIGHT = {"email": EMAIL, "password": PASSWORD}


@pytest.fixture
async def account_id(database: Database) -> str:
    async with database.begin() as tx:
        return await create_account(tx, EMAIL, PASSWORD, "Ada", Role.OPERATOR_ADMIN, DEFAULT_OPERATOR_ID)


@pytest.fixture
async def browser(nobody: httpx.AsyncClient, account_id: str) -> httpx.AsyncClient:
    """Logged in, and sends the CSRF token as the console does."""
    answer = await nobody.post("/login", json=RIGHT)
    assert answer.status_code == 200
    nobody.headers["x-csrf-token"] = answer.json()["csrf_token"]
    return nobody


# ---- log-in


async def test_a_log_in_tells_who_one_is_and_sets_a_cookie_scripts_cannot_read(
    nobody: httpx.AsyncClient, account_id: str
) -> None:
    answer = await nobody.post("/login", json={"email": "ada@example.ORG ", "password": PASSWORD})
    assert answer.status_code == 200
    account = answer.json()["account"]
    assert account.pop("permissions") == [
        permission.value for permission in Permission if permission is not Permission.PLATFORM
    ]
    assert account == {
        "id": account_id,
        "email": EMAIL,
        "name": "Ada",
        "role": "operator_admin",
        "operator": "default",
    }
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("voltway_session=")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    me = (await nobody.get("/me")).json()
    assert me["account"]["id"] == account_id
    assert me["csrf_token"] == answer.json()["csrf_token"]


async def test_over_tls_the_cookie_is_bound_to_the_host(nobody: httpx.AsyncClient, account_id: str) -> None:
    answer = await nobody.post("https://localhost/api/v1/login", json=RIGHT)
    assert answer.headers["set-cookie"].startswith("__Host-voltway_session=")
    assert "Secure" in answer.headers["set-cookie"]
    assert "strict-transport-security" in answer.headers


async def test_a_wrong_password_and_an_unknown_address_are_answered_alike(
    nobody: httpx.AsyncClient, account_id: str
) -> None:
    wrong = await nobody.post("/login", json={**RIGHT, "password": "wrong"})
    unknown = await nobody.post("/login", json={"email": "eve@example.org", "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 401
    same = ("type", "title", "status", "detail", "instance", "context")
    assert [wrong.json()[name] for name in same] == [unknown.json()[name] for name in same]
    assert "set-cookie" not in wrong.headers


async def test_an_unknown_address_costs_as_much_hashing_as_a_known_one(
    database: Database, account_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = []
    verify = passwords._verify
    monkeypatch.setattr(passwords, "_verify", lambda *arguments: checked.append(arguments) or verify(*arguments))
    for email in (EMAIL, "eve@example.org"):
        with pytest.raises(accounts.WrongCredentials):
            await accounts.check_credentials(database, email, "wrong")
    (_, known), (_, unknown) = checked
    assert known.split("$")[:4] == unknown.split("$")[:4]  # the same kind, version and cost


@pytest.mark.parametrize("password", ["", passwords.NOBODYS_PASSWORD])
async def test_an_account_without_a_password_is_not_opened_by_any(database: Database, password: str) -> None:
    async with database.begin() as tx:
        await create_account(tx, EMAIL, None, "Ada", Role.AUDITOR, DEFAULT_OPERATOR_ID)
    with pytest.raises(accounts.WrongCredentials):
        await accounts.check_credentials(database, EMAIL, password)


async def test_an_account_that_is_not_active_cannot_log_in(
    nobody: httpx.AsyncClient, database: Database, account_id: str
) -> None:
    async with database.begin() as tx:
        await tx.execute(sa.update(tables.accounts).values(is_active=False))
    assert (await nobody.post("/login", json=RIGHT)).status_code == 401


async def test_a_hash_with_older_parameters_is_renewed_at_log_in(database: Database, account_id: str) -> None:
    old = passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    async with database.begin() as tx:
        await tx.execute(sa.update(tables.accounts).values(password_hash=old))
    await accounts.check_credentials(database, EMAIL, PASSWORD)
    async with database.read() as tx:
        renewed = (await tx.execute(sa.select(tables.accounts.c.password_hash))).scalar_one()
    assert not passwords.is_outdated(renewed)
    await accounts.check_credentials(database, EMAIL, PASSWORD)


async def test_guessing_is_slowed_down_where_it_comes_from_and_nowhere_else(
    nobody: httpx.AsyncClient, account_id: str
) -> None:
    for _ in range(throttle.PER_ACCOUNT_AND_ADDRESS.burst):
        assert (await nobody.post("/login", json={**RIGHT, "password": "wrong"})).status_code == 401
    answer = await nobody.post("/login", json=RIGHT)
    assert (answer.status_code, answer.json()["type"]) == (429, "/problems/too-many-failures")
    assert 0 < int(answer.headers["retry-after"]) <= throttle.PER_ACCOUNT_AND_ADDRESS.refill_s
    elsewhere = httpx.ASGITransport(nobody._transport.app, client=("203.0.113.9", 1))  # type: ignore[attr-defined]
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://localhost/api/v1") as true_user:
        assert (await true_user.post("/login", json=RIGHT)).status_code == 200


def test_failures_are_forgotten_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(clock, "monotonic", lambda: now)
    slowed, rate = throttle.LogInThrottle(), throttle.PER_ACCOUNT_AND_ADDRESS
    for _ in range(rate.burst):
        slowed.check("a@b", "10.0.0.1")
        slowed.count_failure("a@b", "10.0.0.1")
    with pytest.raises(TooManyFailures) as refused:
        slowed.check("A@B ", "10.0.0.1")
    now += refused.value.context["retry_after_s"]
    slowed.check("a@b", "10.0.0.1")
    slowed.count_failure("a@b", "10.0.0.1")
    with pytest.raises(TooManyFailures):
        slowed.check("a@b", "10.0.0.1")


def test_one_address_cannot_try_many_accounts() -> None:
    slowed = throttle.LogInThrottle()
    for number in range(throttle.PER_ADDRESS.burst):
        slowed.count_failure(f"{number}@b", f"2001:db8::{number:x}")  # addresses of one customer
    with pytest.raises(TooManyFailures):
        slowed.check("new@b", "2001:db8::ffff")
    slowed.check("new@b", "2001:db8:0:1::1")


async def test_more_log_ins_than_can_be_checked_are_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "WAITING_MAX", 2)
    results = await asyncio.gather(*(passwords.matches("x", None) for _ in range(5)), return_exceptions=True)
    assert results[:2] == [False, False]
    assert all(isinstance(result, TooManyLogIns) for result in results[2:])


# ---- the browser's session


async def test_a_write_with_the_cookie_needs_the_csrf_token(browser: httpx.AsyncClient) -> None:
    token = browser.headers["x-csrf-token"]
    assert (await browser.post("/notes", json={"text": "a"})).status_code == 201
    for wrong in (None, "", token[:-1], token.upper() + "x"):
        browser.headers.pop("x-csrf-token", None)
        answer = await browser.post(
            "/notes", json={"text": "b"}, headers={"x-csrf-token": wrong} if wrong is not None else {}
        )
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/csrf-token-missing")
    assert (await browser.get("/notes")).status_code == 200


async def test_logging_out_ends_the_session_at_once(browser: httpx.AsyncClient) -> None:
    cookie = browser.cookies["voltway_session"]
    assert (await browser.post("/logout")).status_code == 204
    assert "voltway_session" not in browser.cookies
    browser.cookies.set("voltway_session", cookie)
    assert (await browser.get("/me")).status_code == 401


async def test_a_new_log_in_ends_the_session_before_it(browser: httpx.AsyncClient, database: Database) -> None:
    cookie = browser.cookies["voltway_session"]
    assert (await browser.post("/login", json=RIGHT)).status_code == 200
    assert browser.cookies["voltway_session"] != cookie
    async with database.read() as tx:
        count = sa.select(sa.func.count()).select_from(tables.browser_sessions)
        assert (await tx.execute(count)).scalar_one() == 1


async def test_an_account_that_is_switched_off_is_out_in_seconds(
    runtime: Runtime, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await browser.get("/me")).status_code == 200
    async with runtime.database.begin() as tx:
        await tx.execute(sa.update(tables.accounts).values(is_active=False))
    moment = clock.monotonic() + callers.REMEMBERED_S
    monkeypatch.setattr(clock, "monotonic", lambda: moment)
    assert (await browser.get("/me")).status_code == 401


async def test_the_database_holds_no_cookie(browser: httpx.AsyncClient, database: Database) -> None:
    async with database.read() as tx:
        row = (await tx.execute(sa.select(tables.browser_sessions))).one()
    assert browser.cookies["voltway_session"] not in str(row)


@pytest.mark.parametrize("idle", [True, False])
async def test_a_session_ends_when_it_is_idle_or_old(
    runtime: Runtime, nobody: httpx.AsyncClient, account_id: str, idle: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "REMEMBERED_S", 0.0)
    with clock.frozen(NOON) as move:
        await nobody.post("/login", json=RIGHT)
        step, end = (IDLE, NOON + IDLE) if idle else (timedelta(hours=10), NOON + ABSOLUTE)
        at = NOON
        while at + step < end:
            at += step
            move(at)
            assert (await nobody.get("/me")).status_code == 200, at
        move(end)
        assert (await nobody.get("/me")).status_code == 401
        await forget_ended(runtime.database)
        async with runtime.database.read() as tx:
            assert (await tx.execute(sa.select(tables.browser_sessions))).all() == []


async def test_the_cookie_of_another_installation_opens_nothing(
    browser: httpx.AsyncClient, make_runtime: MakeRuntime, client_of: ClientOf
) -> None:
    other = await client_of(await make_runtime(secret=b"another secret of thirty-two bytes"), None)
    other.cookies = browser.cookies
    assert (await other.get("/me")).status_code == 401


# ---- API keys


async def test_a_key_made_over_rest_works_until_it_is_revoked(
    client: httpx.AsyncClient, nobody: httpx.AsyncClient
) -> None:
    made = (await client.post("/api-keys", json={"name": "script", "role": "auditor"})).json()
    assert made["key"].startswith(made["prefix"])
    headers = {"authorization": f"Bearer {made['key']}"}
    me = (await nobody.get("/me", headers=headers)).json()
    assert (me["account"]["name"], me["account"]["role"], me["csrf_token"]) == ("script", "auditor", None)
    listed = (await client.get("/api-keys")).json()["items"]
    assert made["id"] in [item["id"] for item in listed]
    assert all("key" not in item for item in listed)
    assert (await client.delete(f"/api-keys/{made['id']}")).status_code == 204
    assert (await nobody.get("/me", headers=headers)).status_code == 401
    assert (await client.delete(f"/api-keys/{made['id']}")).status_code == 404


async def test_a_key_ends_when_it_expires(
    runtime: Runtime, nobody: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "REMEMBERED_S", 0.0)
    with clock.frozen(NOON) as move:
        async with runtime.database.begin() as tx:
            key = await create_api_key(
                tx, "auditor", "short", DEFAULT_OPERATOR_ID, runtime.secret, expires_at=NOON + timedelta(minutes=1)
            )
        headers = {"authorization": f"Bearer {key}"}
        assert (await nobody.get("/me", headers=headers)).status_code == 200
        move(NOON + timedelta(minutes=1))
        assert (await nobody.get("/me", headers=headers)).status_code == 401


async def test_a_verified_key_is_not_looked_up_again_for_some_seconds(
    runtime: Runtime, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    find = callers.api_keys.find_by_key
    monkeypatch.setattr(callers.api_keys, "find_by_key", lambda *arguments: asked.append(1) or find(*arguments))
    for _ in range(5):
        assert (await client.get("/unmarked")).status_code == 200
    assert len(asked) == 1


async def test_what_was_read_before_a_revocation_is_not_remembered_after_it() -> None:
    verified = callers.Verified()
    principal = callers.Principal("1", "x", "api_key", Role.AUDITOR, DEFAULT_OPERATOR_ID)
    age = verified.age
    verified.forget()
    verified.put("key", principal, age)
    assert verified.get("key") is None
    verified.put("key", principal, verified.age)
    assert verified.get("key") is principal


async def test_nobody_hands_out_more_than_they_have(runtime: Runtime, client_of: ClientOf) -> None:
    for role, status in (("operator_admin", 403), ("platform_admin", 201), ("operations", 403)):
        client = await client_of(runtime, role)
        answer = await client.post("/api-keys", json={"name": "x", "role": "platform_admin"})
        assert answer.status_code == status, role


async def test_another_operators_keys_are_not_there(runtime: Runtime, client_of: ClientOf, stranger_id: str) -> None:
    client, stranger = await client_of(runtime), await client_of(runtime, operator_id=stranger_id)
    mine = (await client.post("/api-keys", json={"name": "x", "role": "auditor"})).json()
    assert mine["id"] not in [item["id"] for item in (await stranger.get("/api-keys")).json()["items"]]
    assert (await stranger.delete(f"/api-keys/{mine['id']}")).status_code == 404


async def test_only_a_platform_administrator_acts_for_another_operator(
    runtime: Runtime, client_of: ClientOf, stranger_id: str
) -> None:
    platform, admin = await client_of(runtime, "platform_admin"), await client_of(runtime)
    assert (await platform.get("/me")).json()["account"]["operator"] == "default"
    for chosen in ({"headers": {"x-operator": "stranger"}}, {"params": {"operator": "stranger"}}):
        assert (await platform.get("/me", **chosen)).json()["account"]["operator"] == "stranger"
        assert (await admin.get("/me", **chosen)).status_code == 404  # as if there were no such operator
    assert (await admin.get("/me", headers={"x-operator": "default"})).status_code == 200
    assert (await platform.get("/me", headers={"x-operator": "nowhere"})).status_code == 404


async def test_a_site_host_is_bound_to_locations_even_when_none_are_given(runtime: Runtime) -> None:
    for role, given, bound in (
        ("site_host", None, frozenset()),
        ("site_host", ["a"], frozenset({"a"})),
        ("auditor", None, None),
        ("auditor", ["a"], frozenset({"a"})),
    ):
        async with runtime.database.begin() as tx:
            key = await create_api_key(tx, role, "x", DEFAULT_OPERATOR_ID, runtime.secret, location_ids=given)
        async with runtime.database.read() as tx:
            row = await callers.api_keys.find_by_key(tx, key, runtime.secret)
            assert row is not None
            assert (await principal_of(tx, row, "api_key")).location_ids == bound


def test_every_role_has_its_permissions_and_only_administrators_administer() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert {role for role in Role if Permission.ADMIN in PERMISSIONS[role]} == {
        Role.PLATFORM_ADMIN,
        Role.OPERATOR_ADMIN,
    }
    assert all(permission.value.endswith(":read") for permission in PERMISSIONS[Role.AUDITOR])


# ---- accounts and passwords


@pytest.mark.parametrize(
    "password",
    [
        "short77",
        "password",
        "Password123!",
        "voltway2026",
        "qwertyuiop",
        "aaaabbbbcccc",
        "12345678",
        "ada@example.org",
        "x" * 257,
    ],
)
def test_a_password_that_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        passwords.check_policy(password, EMAIL)
    assert refused.value.context["errors"][0]["path"] == "$.password"
    assert password not in refused.value.detail or password == "password"


@pytest.mark.parametrize("password", ["eight ch", "correct horse battery", "пароль длинный", "x1y2z3w4" * 32])
def test_a_good_password_is_taken_whatever_its_characters(password: str) -> None:
    passwords.check_policy(password, EMAIL)


async def test_an_address_has_one_account_whatever_its_case(database: Database, account_id: str) -> None:
    with pytest.raises(EmailTaken):
        async with database.begin() as tx:
            await create_account(tx, EMAIL.upper(), PASSWORD, "Eve", Role.AUDITOR, DEFAULT_OPERATOR_ID)


@pytest.mark.parametrize("email", ["", "ada", "@x", "a b@c", "a@b\nc", f"{'a' * 65}@b", "a@b@c"])
async def test_what_is_no_address_is_refused(database: Database, email: str) -> None:
    with pytest.raises(BadEmail):
        async with database.begin() as tx:
            await create_account(tx, email, PASSWORD, "Eve", Role.AUDITOR, DEFAULT_OPERATOR_ID)


async def test_the_log_in_works_on_a_real_socket(runtime: Runtime, account_id: str) -> None:
    async with served(app_of(runtime)) as url, httpx.AsyncClient(base_url=f"{url}/api/v1") as browser:
        answer = await browser.post("/login", json=RIGHT)
        assert answer.status_code == 200
        assert (await browser.get("/me")).json()["account"]["email"] == EMAIL

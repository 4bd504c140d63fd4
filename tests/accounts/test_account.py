"""One's own account: profile, password, address, consents, log-ins, devices; the copy of one's data, and the end of it."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from accounts.conftest import MakeBrowser
from accounts.people import EMAIL, PASSWORD, Browser, Mailbox, problem
from builders import MakeRuntime, app_of, eventually, served
from voltway.kernel import clock, housekeeping
from voltway.kernel.auth import (
    DEFAULT_OPERATOR_ID,
    Role,
    browser_sessions,
    create_account,
    create_api_key,
    devices,
    tables,
    throttle,
)
from voltway.kernel.database import Database
from voltway.kernel.runtime import Runtime
from voltway.modules.accounts.module import MANIFEST
from voltway.modules.reservations.module import MANIFEST as RESERVATIONS
from voltway.modules.reservations.tables import reservations
from voltway.modules.sessions.module import MANIFEST as SESSIONS
from voltway.modules.sessions.tables import progress, sessions
from voltway.modules.users.module import MANIFEST as USERS
from voltway.modules.users.tables import id_tokens

NEW = "another long password"


async def another_account(database: Database, email: str, role: Role = Role.OPERATOR_ADMIN) -> str:
    async with database.begin() as tx:
        return await create_account(tx, email, PASSWORD, "Grace", role, DEFAULT_OPERATOR_ID)


# ---- profile


async def test_a_profile_is_changed_and_shown(ada: Browser) -> None:
    answer = await ada.patch("/me/profile", json={"name": "Ada L.", "locale": "zh-Hans", "time_zone": "Asia/Shanghai"})
    assert answer.status_code == 200
    shown = (await ada.get("/me/profile")).json()
    assert (shown["name"], shown["locale"], shown["time_zone"]) == ("Ada L.", "zh-Hans", "Asia/Shanghai")
    assert (shown["has_password"], shown["second_factors"], shown["mfa_due_at"]) == (True, [], None)
    assert (await ada.get("/me")).json()["account"]["name"] == "Ada L."


@pytest.mark.parametrize(
    "body", [{"role": "platform_admin"}, {"email": "x@y.z"}, {"is_active": False}, {"name": None}, {"name": "\u202e"}]
)
async def test_a_profile_takes_only_what_one_may_change(ada: Browser, body: dict[str, object]) -> None:
    assert (await ada.patch("/me/profile", json=body)).status_code == 422
    assert (await ada.get("/me")).json()["account"]["role"] == "operator_admin"


async def test_an_api_key_has_no_account(runtime: Runtime, nobody: httpx.AsyncClient) -> None:
    async with runtime.database.begin() as tx:
        key = await create_api_key(tx, "operator_admin", "x", DEFAULT_OPERATOR_ID, runtime.secret)
    headers = {"authorization": f"Bearer {key}"}
    for method, path in (
        ("GET", "/me/profile"),
        ("GET", "/me/sessions"),
        ("POST", "/me/totp"),
        ("POST", "/me/erasure"),
    ):
        assert problem(await nobody.request(method, path, headers=headers)) == (403, "people-only"), path


async def test_nobody_is_asked_who_they_are(nobody: httpx.AsyncClient) -> None:
    for method, path in (
        ("GET", "/me/profile"),
        ("PATCH", "/me/profile"),
        ("POST", "/me/password"),
        ("POST", "/me/step-up"),
        ("GET", "/me/personal-data"),
        ("PUT", "/log-in-policy"),
        ("GET", "/oauth-clients"),
        ("PUT", "/accounts/x/activity"),
    ):
        assert problem(await nobody.request(method, path)) == (401, "unauthenticated"), path


# ---- password and address


async def test_a_new_password_needs_the_old_one_and_ends_the_other_log_ins(
    ada: Browser, new_browser: MakeBrowser, mailbox: Mailbox
) -> None:
    other, cookie = new_browser(), ada.cookies["voltway_session"]
    await other.log_in()
    wrong = await ada.post("/me/password", json={"current_password": "wrong", "password": NEW})
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (422, "$.current_password")
    answer = await ada.took(await ada.post("/me/password", json={"current_password": PASSWORD, "password": NEW}))
    assert answer.status_code == 200
    assert ada.cookies["voltway_session"] != cookie
    assert (await ada.get("/me")).status_code == 200
    assert (await other.get("/me")).status_code == 401
    assert (await other.log_in()).status_code == 401
    assert (await other.log_in(password=NEW)).status_code == 200
    await mailbox.take("password_changed")


async def test_guessing_the_old_password_is_slowed_down(ada: Browser) -> None:
    for _ in range(throttle.PER_ACCOUNT_AND_ADDRESS.burst):
        answer = await ada.post("/me/password", json={"current_password": "wrong", "password": NEW})
        assert answer.status_code == 422
    answer = await ada.post("/me/password", json={"current_password": PASSWORD, "password": NEW})
    assert problem(answer) == (429, "too-many-failures")


async def test_a_new_address_is_proved_before_it_counts_and_the_old_one_is_told(
    ada: Browser, nobody: Browser, mailbox: Mailbox
) -> None:
    assert (await ada.post("/me/email", json={"email": "ada@new.example"})).status_code == 202
    token = await mailbox.token("email_confirm", "ada@new.example")
    assert (await ada.get("/me")).json()["account"]["email"] == EMAIL
    assert (await nobody.post("/email-changes/confirmation", json={"token": token})).status_code == 204
    assert (await ada.get("/me")).json()["account"]["email"] == "ada@new.example"
    replayed = await nobody.post("/email-changes/confirmation", json={"token": token})
    assert problem(replayed) == (422, "link-not-good")
    await mailbox.take("email_changed", EMAIL)
    assert (await nobody.log_in("ada@new.example")).status_code == 200


async def test_an_address_of_somebody_else_is_not_told_from_a_free_one(
    ada: Browser, mailbox: Mailbox, database: Database
) -> None:
    await another_account(database, "grace@example.org")
    answers = [await ada.post("/me/email", json={"email": each}) for each in ("grace@example.org", "free@example.org")]
    assert answers[0].status_code == answers[1].status_code == 202
    assert answers[0].content == answers[1].content
    assert "#" not in (await mailbox.take("exists", "grace@example.org")).text


# ---- consents


async def test_consents_keep_their_history(ada: Browser) -> None:
    for body in (
        {"version": "1", "is_given": True},
        {"version": "1", "is_given": True},
        {"version": "1", "is_given": False},
        {"version": "2", "is_given": True},
    ):
        assert (await ada.put("/me/consents/marketing", json=body)).status_code == 200
    shown = (await ada.get("/me/consents")).json()
    assert [(each["version"], each["is_given"]) for each in shown["history"]] == [
        ("1", True),
        ("1", False),
        ("2", True),
    ]
    assert [(each["kind"], each["version"]) for each in shown["current"]] == [("marketing", "2")]
    assert (await ada.put("/me/consents/soul", json={"version": "1", "is_given": True})).status_code == 422
    assert (await ada.put("/me/consents/terms", json={"version": "x" * 41, "is_given": True})).status_code == 422


# ---- log-ins and devices


async def test_log_ins_are_listed_with_where_from_and_ended_one_by_one(ada: Browser, new_browser: MakeBrowser) -> None:
    other = new_browser("Phone/2.0 " + "x" * 400)
    await other.log_in()
    items = (await ada.get("/me/sessions")).json()["items"]
    assert [(each["is_current"], each["address"], each["user_agent"][:9]) for each in items] == [
        (False, "127.0.0.1", "Phone/2.0"),
        (True, "127.0.0.1", "Test/1.0"),
    ]
    assert len(items[0]["user_agent"]) == browser_sessions.USER_AGENT_LENGTH_MAX
    assert (await ada.delete(f"/me/sessions/{items[0]['id']}")).status_code == 204
    assert (await other.get("/me")).status_code == 401
    assert problem(await ada.delete(f"/me/sessions/{items[0]['id']}")) == (404, "session-not-found")


async def test_all_others_are_ended_at_once(ada: Browser, new_browser: MakeBrowser) -> None:
    others = [new_browser() for _ in range(2)]
    for other in others:
        await other.log_in()
    assert (await ada.delete("/me/sessions")).status_code == 204
    assert [(await each.get("/me")).status_code for each in (ada, *others)] == [200, 401, 401]


async def test_log_ins_and_devices_of_others_are_not_there(
    ada: Browser, new_browser: MakeBrowser, database: Database
) -> None:
    await another_account(database, "grace@example.org")
    grace = new_browser()
    await grace.log_in("grace@example.org")
    (session,) = (await grace.get("/me/sessions")).json()["items"]
    (device,) = (await grace.get("/me/devices")).json()["items"]
    assert problem(await ada.delete(f"/me/sessions/{session['id']}")) == (404, "session-not-found")
    assert problem(await ada.delete(f"/me/devices/{device['id']}")) == (404, "device-not-found")
    assert (await grace.get("/me")).status_code == 200


async def test_a_log_in_from_a_new_browser_is_told_and_a_known_one_is_not(
    ada: Browser, new_browser: MakeBrowser, mailbox: Mailbox, runtime: Runtime
) -> None:
    await ada.post("/logout")
    await ada.log_in()
    other = new_browser("Strange/1.0")
    await other.log_in()
    mail = await mailbox.take("new_device")
    assert "\nStrange/1.0\n127.0.0.1\n" in mail.text
    await eventually(lambda: runtime.events.backlog() == 0)
    assert not mailbox.mails
    assert len((await ada.get("/me/devices")).json()["items"]) == 2


async def test_a_forgotten_device_is_out_and_new_again(
    ada: Browser, new_browser: MakeBrowser, mailbox: Mailbox
) -> None:
    other = new_browser()
    await other.log_in()
    await mailbox.take("new_device")
    newest = (await ada.get("/me/devices")).json()["items"][0]
    assert (await ada.delete(f"/me/devices/{newest['id']}")).status_code == 204
    assert (await other.get("/me")).status_code == 401
    await other.log_in()
    await mailbox.take("new_device")


async def test_guessing_does_not_lock_out_a_browser_that_the_account_knows(
    ada: Browser, new_browser: MakeBrowser
) -> None:
    thief = new_browser()
    for _ in range(throttle.PER_ACCOUNT_AND_ADDRESS.burst):
        assert (await thief.log_in(password="wrong")).status_code == 401
    assert problem(await thief.log_in()) == (429, "too-many-failures")
    await ada.post("/logout")
    assert (await ada.log_in()).status_code == 200  # from the same address
    thief.cookies.set("voltway_device", "x" * 43)
    assert problem(await thief.log_in()) == (429, "too-many-failures")


async def test_devices_are_forgotten_after_half_a_year(ada: Browser, runtime: Runtime) -> None:
    with clock.frozen(clock.now() + devices.KEPT + timedelta(days=1)):
        await devices.forget_unused(runtime.database)
        async with runtime.database.read() as tx:
            assert (await tx.execute(sa.select(tables.devices))).all() == []


# ---- forged cookies, swapped tokens


@pytest.mark.parametrize("cookie", ["", "x", "x" * 43, "../../etc/passwd", "' OR 1=1 --", "x" * 4000])
async def test_a_forged_cookie_is_nobody(new_browser: MakeBrowser, cookie: str) -> None:
    browser = new_browser()
    answer = await browser.get("/me", headers={"cookie": f"voltway_session={cookie}"})
    assert problem(answer) == (401, "unauthenticated")


async def test_the_csrf_token_of_another_log_in_is_refused(
    ada: Browser, new_browser: MakeBrowser, database: Database
) -> None:
    await another_account(database, "grace@example.org")
    grace = new_browser()
    await grace.log_in("grace@example.org")
    ada.headers["x-csrf-token"] = grace.headers["x-csrf-token"]
    assert problem(await ada.patch("/me/profile", json={"name": "Eve"})) == (403, "csrf-token-missing")
    assert (await ada.get("/me")).json()["account"]["name"] == "Ada"


# ---- the copy of one's data, and the end


async def test_the_copy_of_ones_data_has_everything_and_erasure_leaves_nobody(
    make_runtime: MakeRuntime, database: Database
) -> None:
    runtime = await make_runtime(housekeeping.MANIFEST, USERS, SESSIONS, RESERVATIONS, MANIFEST)
    mailbox = Mailbox(runtime)
    me = await another_account(database, "grace@example.org", Role.DRIVER)
    await _records_of(database, me, "04AABB")
    await _records_of(database, "somebody-else", "04CCDD")
    async with served(app_of(runtime)) as url, Browser(base_url=f"{url}/api/v1") as grace:
        await grace.log_in("grace@example.org")
        copy = (await grace.get("/me/personal-data")).json()
        assert copy["account"]["email"] == "grace@example.org"
        assert len(copy["log_ins"]) == len(copy["devices"]) == 1
        assert {name: len(found) for name, found in copy["records"].items()} == {
            "id_tokens": 1,
            "charging_sessions": 1,
            "reservations": 1,
            "bookings": 0,
        }
        assert "04CCDD" not in str(copy)
        assert copy["records"]["charging_sessions"][0]["energy_wh"] == 7000
        assert (await grace.post("/me/erasure")).status_code == 204
        assert (await grace.get("/me")).status_code == 401
        assert problem(await grace.log_in("grace@example.org")) == (401, "wrong-credentials")
    await mailbox.take("erased", "grace@example.org")
    await eventually(lambda: runtime.events.backlog() == 0)
    async with database.read() as tx:
        account = (await tx.execute(sa.select(tables.accounts).where(tables.accounts.c.id == me))).one()
        tokens = (await tx.execute(sa.select(id_tokens).order_by(id_tokens.c.value))).all()
        charges = (await tx.execute(sa.select(sessions).order_by(sessions.c.id_token))).all()
        held = (await tx.execute(sa.select(reservations).order_by(reservations.c.id_token))).all()
        for table in (tables.devices, tables.browser_sessions, tables.tickets):
            assert (await tx.execute(sa.select(table))).all() == []
    assert (account.name, account.password_hash, account.is_active) == ("", "", False)
    assert "grace" not in str(account)
    assert [(row.value, row.status, row.user_id) for row in tokens] == [
        ("04AABB", "blocked", None),
        ("04CCDD", "accepted", "somebody-else"),
    ]
    assert [(row.id_token, row.user_id, row.cost) for row in charges] == [
        ("04CCDD", "somebody-else", '{"paid": 1}'),
        ("erased", None, '{"paid": 1}'),  # the books keep what was paid
    ]
    assert [row.id_token for row in held] == ["04CCDD", "erased"]
    (erasure,) = await mailbox.acted("account.erased")
    assert (erasure.target_id, erasure.actor_name) == (me, "")


async def _records_of(database: Database, user_id: str, token: str) -> None:
    """A token, a charge with it and a reservation for it."""
    now, operator = clock.now(), {"operator_id": DEFAULT_OPERATOR_ID}
    charge = {
        **operator,
        "id": f"s-{token}",
        "visit_id": "v",
        "station_id": "st",
        "station_identity": "CS-1",
        "protocol": "ocpp1.6",
        "transaction_id": token,
        "id_token": token,
        "id_token_id": f"t-{token}",
        "user_id": user_id,
        "state": "ended",
        "is_open": False,
        "started_at": now,
        "start_received_at": now,
        "has_start": True,
        "clock_offset_s": 0,
        "is_priced": True,
        "cost": '{"paid": 1}',
        "review": "",
        "settled_at": now,
    }
    beside = {
        **operator,
        "session_id": f"s-{token}",
        "last_report_at": now,
        "energy_wh": 7000,
        "sequence_count": 0,
        "updated_at": now,
    }
    known = {
        **operator,
        "id": f"t-{token}",
        "value": token,
        "value_key": token.casefold(),
        "kind_key": "",
        "status": "accepted",
        "user_id": user_id,
        "created_at": now,
        "updated_at": now,
        "version": 1,
    }
    held = {
        **operator,
        "id": f"r-{token}",
        "station_id": "st",
        "station_identity": "CS-1",
        "number": 1 if user_id == "somebody-else" else 2,
        "id_token": token,
        "starts_at": now,
        "expires_at": now,
        "state": "used",
        "created_at": now,
        "updated_at": now,
    }
    async with database.begin() as tx:
        for table, row in ((id_tokens, known), (sessions, charge), (progress, beside), (reservations, held)):
            await tx.execute(sa.insert(table).values(**row))


async def test_the_last_administrator_stays(ada: Browser, database: Database) -> None:
    assert problem(await ada.post("/me/erasure")) == (409, "last-administrator")
    await another_account(database, "grace@example.org")
    assert (await ada.post("/me/erasure")).status_code == 204

"""Registration, verified addresses, forgotten passwords; and that nobody learns who has an account."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from accounts.conftest import MakeBrowser
from accounts.people import CONSENTS, EMAIL, PASSWORD, Browser, Mailbox, problem
from builders import MakeRuntime, app_of, eventually, served
from voltway.kernel import clock, housekeeping
from voltway.kernel.auth import tables, throttle
from voltway.kernel.database import Database
from voltway.kernel.runtime import Runtime
from voltway.modules.accounts.handlers import MAILS_AN_HOUR_MAX
from voltway.modules.accounts.module import MANIFEST
from voltway.modules.accounts.texts import TEXTS, compose

GRACE = {"email": "grace@example.org", "name": "Grace Hopper", "locale": "de-AT", "consents": CONSENTS}
NEW = "another long password"


async def test_a_driver_registers_proves_the_address_and_is_logged_in(
    nobody: Browser, mailbox: Mailbox, new_browser: MakeBrowser
) -> None:
    answer = await nobody.post("/registrations", json={**GRACE, "time_zone": "Europe/Vienna"})
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert problem(await nobody.log_in("grace@example.org")) == (401, "wrong-credentials")
    mail = await mailbox.take("verify", "grace@example.org")
    assert mail.subject == "Bestätigen Sie Ihre E-Mail-Adresse"
    assert "Guten Tag Grace Hopper," in mail.text
    token = mail.text.split("#")[1].split()[0]
    assert mail.text.split("#")[0].endswith("http://localhost/app/verify-email")
    answer = await nobody.took(
        await nobody.post("/registrations/confirmation", json={"token": token, "password": PASSWORD})
    )
    assert answer.status_code == 201
    account = answer.json()["account"]
    assert (account["role"], account["operator"], account["permissions"]) == (
        "driver",
        "default",
        ["tokens:own", "bookings:own", "payments:own", "documents:own"],
    )
    profile = (await nobody.get("/me/profile")).json()
    assert (profile["locale"], profile["time_zone"]) == ("de-AT", "Europe/Vienna")
    consents = (await nobody.get("/me/consents")).json()["current"]
    assert {each["kind"]: each["version"] for each in consents} == CONSENTS
    assert (await new_browser().log_in("Grace@Example.org")).status_code == 200
    assert [act.actor_kind for act in (await mailbox.acted("account.registered"))] == ["account"]


async def test_a_link_is_good_once_and_for_a_day(nobody: Browser, mailbox: Mailbox, new_browser: MakeBrowser) -> None:
    await nobody.post("/registrations", json=GRACE)
    token = await mailbox.token("verify", "grace@example.org")
    said = {"token": token, "password": PASSWORD}
    with clock.frozen(clock.now() + timedelta(hours=24, seconds=1)):
        assert problem(await nobody.post("/registrations/confirmation", json=said)) == (422, "link-not-good")
    assert (await nobody.post("/registrations/confirmation", json=said)).status_code == 201
    replayed = await new_browser().post("/registrations/confirmation", json=said)
    assert problem(replayed) == (422, "link-not-good")
    assert replayed.json()["errors"][0]["path"] == "$.token"
    assert "set-cookie" not in replayed.headers


async def test_a_weak_password_does_not_use_the_link_up(nobody: Browser, mailbox: Mailbox) -> None:
    await nobody.post("/registrations", json=GRACE)
    token = await mailbox.token("verify", "grace@example.org")
    weak = await nobody.post("/registrations/confirmation", json={"token": token, "password": "password"})
    assert problem(weak) == (422, "weak-password")
    good = await nobody.post("/registrations/confirmation", json={"token": token, "password": PASSWORD})
    assert good.status_code == 201


async def test_a_taken_address_is_answered_like_a_new_one_and_its_owner_is_told(
    nobody: Browser, mailbox: Mailbox, account_id: str, database: Database
) -> None:
    taken = await nobody.post("/registrations", json={**GRACE, "email": EMAIL.upper()})
    new = await nobody.post("/registrations", json=GRACE)
    assert (taken.status_code, taken.json()) == (new.status_code, new.json())
    assert {name for name in taken.headers if name not in ("date", "x-correlation-id")} == {
        name for name in new.headers if name not in ("date", "x-correlation-id")
    }
    mail = await mailbox.take("exists")
    assert "#" not in mail.text  # no link that would open anything
    await mailbox.take("verify", "grace@example.org")
    async with database.read() as tx:
        assert len((await tx.execute(sa.select(tables.accounts))).all()) == 1


async def test_what_is_asked_is_answered_before_anybody_looks_who_has_the_address(
    make_runtime: MakeRuntime, account_id: str
) -> None:
    """A process in which nobody listens to the requests answers them in the same way, and never reads an account."""
    runtime = await make_runtime(housekeeping.MANIFEST, dataclasses.replace(MANIFEST, listens={}))
    statements: list[str] = []
    for engine in {runtime.database._writer, runtime.database._reader}:
        sa.event.listen(engine.sync_engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    answers = []
    async with served(app_of(runtime)) as url, Browser(base_url=f"{url}/api/v1") as client:
        for email in (EMAIL, "eve@example.org"):
            answers.append(await client.post("/password-resets", json={"email": email}))
            answers.append(await client.post("/registrations", json={**GRACE, "email": email}))
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, b'{"status":"accepted"}')}
    assert any("kernel_operators" in each for each in statements)  # what is said here is heard
    assert not any("kernel_accounts" in each for each in statements)


async def test_a_reset_sets_the_password_ends_all_sessions_and_keeps_the_second_factor(
    ada: Browser, mailbox: Mailbox, new_browser: MakeBrowser, runtime: Runtime
) -> None:
    async with runtime.database.begin() as tx:
        await tx.execute(sa.update(tables.accounts).values(second_factors=["totp"]))
    other = new_browser()
    await other.post("/password-resets", json={"email": " ADA@example.org"})
    token = await mailbox.token("reset")
    weak = await other.post("/password-resets/confirmation", json={"token": token, "password": "ada"})
    assert problem(weak) == (422, "weak-password")
    answer = await other.post("/password-resets/confirmation", json={"token": token, "password": NEW})
    assert answer.status_code == 204
    assert (await ada.get("/me")).status_code == 401
    replayed = await other.post("/password-resets/confirmation", json={"token": token, "password": NEW})
    assert problem(replayed) == (422, "link-not-good")
    assert problem(await other.log_in(EMAIL, PASSWORD)) == (401, "wrong-credentials")
    assert problem(await other.log_in(EMAIL, NEW)) == (401, "second-factor-required")
    await mailbox.take("password_changed")
    assert len(await mailbox.acted("password.reset")) == 1


async def test_a_reset_ends_the_links_that_were_sent_before_and_an_hour_ends_it(
    nobody: Browser, mailbox: Mailbox, account_id: str
) -> None:
    for _ in range(2):
        await nobody.post("/password-resets", json={"email": EMAIL})
    first, second = await mailbox.token("reset"), await mailbox.token("reset")
    with clock.frozen(clock.now() + timedelta(hours=1, seconds=1)):
        late = await nobody.post("/password-resets/confirmation", json={"token": first, "password": NEW})
        assert problem(late) == (422, "link-not-good")
    used = await nobody.post("/password-resets/confirmation", json={"token": second, "password": NEW})
    assert used.status_code == 204
    before = await nobody.post("/password-resets/confirmation", json={"token": first, "password": NEW})
    assert problem(before) == (422, "link-not-good")


async def test_a_link_of_one_kind_is_good_for_no_other(nobody: Browser, mailbox: Mailbox, account_id: str) -> None:
    await nobody.post("/password-resets", json={"email": EMAIL})
    token = await mailbox.token("reset")
    for path in ("/registrations/confirmation", "/email-changes/confirmation"):
        body = {"token": token} | ({"password": NEW} if path.startswith("/reg") else {})
        assert problem(await nobody.post(path, json=body)) == (422, "link-not-good")


async def test_nobody_can_fill_a_mailbox(
    nobody: Browser, mailbox: Mailbox, account_id: str, monkeypatch: pytest.MonkeyPatch, runtime: Runtime
) -> None:
    asked = throttle.MailThrottle.per_account_and_address.burst
    for _ in range(asked):
        assert (await nobody.post("/password-resets", json={"email": EMAIL})).status_code == 202
    for email in (EMAIL, EMAIL.upper()):
        answer = await nobody.post("/password-resets", json={"email": email})
        assert problem(answer) == (429, "too-many-failures")
        assert int(answer.headers["retry-after"]) > 0
    await eventually(lambda: runtime.events.backlog() == 0)
    await eventually(lambda: len(mailbox.mails) >= MAILS_AN_HOUR_MAX)
    assert len(mailbox.mails) == MAILS_AN_HOUR_MAX < asked


async def test_the_database_and_the_events_before_the_mail_hold_no_link(
    nobody: Browser, mailbox: Mailbox, account_id: str, database: Database
) -> None:
    await nobody.post("/password-resets", json={"email": EMAIL})
    token = await mailbox.token("reset")
    async with database.read() as tx:
        rows = (await tx.execute(sa.select(tables.tickets))).all()
    assert len(rows) == 1
    assert token not in str(rows)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"role": "platform_admin"}, "$.role"),
        ({"is_active": True}, "$.is_active"),
        ({"operator_id": "x"}, "$.operator_id"),
        ({"email": "no address"}, "$.email"),
        ({"email": "a@b\r\nBcc: c@d"}, "$.email"),
        ({"email": "x" * 255}, "$.email"),
        ({"name": ""}, "$.name"),
        ({"name": "a\nb"}, "$.name"),
        ({"name": "x" * 201}, "$.name"),
        ({"locale": "d"}, "$.locale"),
        ({"locale": "../../etc"}, "$.locale"),
        ({"time_zone": "Mars/Olympus"}, "$.time_zone"),
        ({"consents": {"terms": "1"}}, "$.consents.privacy"),
        ({"consents": {**CONSENTS, "terms": "0"}}, "$.consents.terms"),
        ({"consents": {**CONSENTS, "soul": "1"}}, "$.consents.soul.[key]"),
    ],
)
async def test_a_wrong_field_is_named_and_fields_that_nobody_may_set_are_refused(
    nobody: httpx.AsyncClient, change: dict[str, object], path: str
) -> None:
    answer = await nobody.post("/registrations", json={**GRACE, **change})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == path


async def test_an_oversized_body_is_refused(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.post("/registrations", json={**GRACE, "name": "x" * 1_100_000})
    assert problem(answer) == (413, "body-too-large")


async def test_an_operator_that_is_not_there_takes_nobody(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.post("/registrations", json={**GRACE, "operator": "nowhere"})
    assert problem(answer) == (404, "operator-not-found")


async def test_registration_can_be_closed(make_runtime: MakeRuntime) -> None:
    runtime = await make_runtime(
        housekeeping.MANIFEST, MANIFEST, settings={"accounts": {"is_registration_open": False}}
    )
    async with served(app_of(runtime)) as url, Browser(base_url=f"{url}/api/v1") as client:
        assert (await client.get("/registrations")).json() == {"is_open": False, "consents": CONSENTS}
        assert problem(await client.post("/registrations", json=GRACE)) == (404, "registration-closed")


async def test_links_begin_with_the_public_address(make_runtime: MakeRuntime) -> None:
    public = {"http": {"public_url": "https://charging.example.org/"}}
    runtime = await make_runtime(housekeeping.MANIFEST, MANIFEST, settings=public)
    mailbox = Mailbox(runtime)
    async with served(app_of(runtime)) as url, Browser(base_url=f"{url}/api/v1") as client:
        await client.post("/registrations", json=GRACE)
        mail = await mailbox.take("verify", "grace@example.org")
    assert "\nhttps://charging.example.org/app/verify-email#" in mail.text


# ---- what the mails say


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_every_mail_is_in_every_language_and_leaves_no_place_open(kind: str, language: str) -> None:
    places = {"name": "Ada", "token": "T0KEN", "device": "Firefox", "address": "203.0.113.9"}
    text = compose(kind, language, url="https://x.example", **places)
    assert "{" not in text.subject + text.body
    assert "Ada" in text.body
    assert "\n" not in text.subject


def test_a_language_that_we_do_not_write_gets_english_and_a_region_its_language() -> None:
    said = {locale: compose("erased", locale, url="", name="A").subject for locale in ("fr", "de_AT", "zh-Hans-CN")}
    assert said == {"fr": "Your account is gone", "de_AT": "Ihr Konto ist gelöscht", "zh-Hans-CN": "您的账户已删除"}


@pytest.mark.parametrize("name", ["Win at http://evil.example", "evil.example", "a@evil", "x\r\nBcc: y"])
def test_a_name_that_is_an_advertisement_is_left_out(name: str) -> None:
    body = compose("verify", "en", url="https://x.example", name=name, token="T").body
    assert body.startswith("Hello,\n")
    assert "evil" not in body
    assert "Bcc" not in body


def test_a_name_with_braces_is_only_a_name() -> None:
    assert "Hello {token}," in compose("verify", "en", url="https://x.example", name="{token}", token="T").body

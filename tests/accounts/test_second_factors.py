"""Passkeys, authenticator apps, recovery codes: how they are set up, and what a log-in asks of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa

from accounts.authenticator import USER_PRESENT, SoftwareKey
from accounts.conftest import MakeBrowser
from accounts.people import EMAIL, PASSWORD, Browser, Mailbox, problem
from builders import MakeRuntime, app_of, served
from voltway.kernel import clock, housekeeping
from voltway.kernel.auth import throttle
from voltway.kernel.database import Database
from voltway.kernel.http.access import LOG_IN_TICKET_LIFETIME
from voltway.modules.accounts import log_in_api
from voltway.modules.accounts.module import MANIFEST
from voltway.modules.accounts.tables import passkeys, recovery_codes, totp


async def with_app(browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """Set an authenticator app up, with the code of a minute ago; the app, and the recovery codes."""
    begun = (await browser.post("/me/totp")).json()
    app = pyotp.TOTP(begun["secret"])
    with clock.frozen(clock.now() - timedelta(minutes=1)):
        answer = await browser.post("/me/totp/confirmation", json={"code": app.at(clock.now())})
    assert answer.status_code == 200
    return app, answer.json()["recovery_codes"]


async def with_passkey(browser: Browser, site: str, **options: Any) -> SoftwareKey:
    """Add a passkey."""
    key = SoftwareKey(site, **options)
    asked = (await browser.post("/me/passkeys/options")).json()["public_key"]
    answer = await browser.post("/me/passkeys", json={"name": "Phone", "credential": key.make(asked)})
    assert answer.status_code == 201, answer.text
    return key


async def first_step(browser: Browser) -> str:
    """The ticket that the right password gives."""
    answer = await browser.log_in()
    assert problem(answer) == (401, "second-factor-required")
    assert "set-cookie" not in answer.headers
    return str(answer.json()["context"]["ticket"])


async def by_passkey(browser: Browser, key: SoftwareKey, **changes: Any) -> Any:
    asked = (await browser.post("/login/passkey/options", json={})).json()["public_key"]
    return await browser.took(await browser.post("/login/passkey", json={"credential": key.sign(asked, **changes)}))


# ---- authenticator apps


async def test_an_app_is_set_up_asked_for_and_each_code_taken_once(
    ada: Browser, new_browser: MakeBrowser, mailbox: Mailbox
) -> None:
    app, codes = await with_app(ada)
    assert len(set(codes)) == 10
    assert (await ada.get("/me/factors")).json() == {"passkeys": [], "has_totp": True, "recovery_codes_left": 10}
    browser = new_browser()
    refused = await browser.log_in()
    context = refused.json()["context"]
    assert (context["methods"], context["expires_in_s"]) == (["totp", "recovery_code"], 600)
    code = app.at(clock.now())
    said = {"ticket": context["ticket"], "code": code}
    answer = await browser.took(await browser.post("/login/second-factor", json=said))
    assert answer.status_code == 200
    assert (await browser.get("/me")).json()["account"]["email"] == EMAIL
    assert (await browser.get("/me/sessions")).json()["items"][0]["method"] == "second_factor"
    other = new_browser()
    replayed = await other.post("/login/second-factor", json={"ticket": await first_step(other), "code": code})
    assert problem(replayed) == (401, "proof-not-good")
    again = await other.post("/login/second-factor", json=said)
    assert problem(again) == (401, "proof-not-good")
    await mailbox.take("factor_changed")
    assert (await mailbox.acted("totp.added"))[0].after == {"second_factors": ["totp"]}


async def test_an_older_code_than_the_last_one_is_not_taken(ada: Browser, new_browser: MakeBrowser) -> None:
    app, _ = await with_app(ada)
    now = clock.now()
    browser = new_browser()
    used = {"ticket": await first_step(browser), "code": app.at(now)}
    assert (await browser.post("/login/second-factor", json=used)).status_code == 200
    older = {"ticket": await first_step(new_browser()), "code": app.at(now - timedelta(seconds=30))}
    assert problem(await new_browser().post("/login/second-factor", json=older)) == (401, "proof-not-good")


async def test_codes_far_from_now_are_not_taken(ada: Browser, new_browser: MakeBrowser) -> None:
    app, _ = await with_app(ada)
    browser = new_browser()
    for away_s in (-120, 120):
        code = app.at(clock.now() + timedelta(seconds=away_s))
        answer = await browser.post("/login/second-factor", json={"ticket": await first_step(browser), "code": code})
        assert problem(answer) == (401, "proof-not-good")


async def test_wrong_codes_end_the_ticket_and_then_hold_up_the_app_but_not_the_owner(
    ada: Browser, new_browser: MakeBrowser, mailbox: Mailbox
) -> None:
    app, codes = await with_app(ada)
    thief = new_browser()
    wrong = str((int(app.at(clock.now())) + 500_000) % 1_000_000).zfill(6)
    for _ in range(2):
        ticket = await first_step(thief)
        for _ in range(log_in_api.ATTEMPTS_MAX):
            answer = await thief.post("/login/second-factor", json={"ticket": ticket, "code": wrong})
            assert problem(answer) == (401, "proof-not-good")
        ended = await thief.post("/login/second-factor", json={"ticket": ticket, "recovery_code": codes[0]})
        assert problem(ended) == (401, "proof-not-good")  # the ticket is over: not even the right thing opens it
    ticket = await first_step(thief)
    answer = await thief.post("/login/second-factor", json={"ticket": ticket, "code": app.at(clock.now())})
    assert problem(answer) == (429, "too-many-failures")
    owner = await thief.post("/login/second-factor", json={"ticket": ticket, "recovery_code": codes[1]})
    assert owner.status_code == 200
    assert len(await mailbox.acted("log_in.failed", 2 * log_in_api.ATTEMPTS_MAX)) == 2 * log_in_api.ATTEMPTS_MAX


async def test_a_ticket_ends_after_ten_minutes(ada: Browser, new_browser: MakeBrowser) -> None:
    _, codes = await with_app(ada)
    browser = new_browser()
    ticket = await first_step(browser)
    with clock.frozen(clock.now() + LOG_IN_TICKET_LIFETIME + timedelta(seconds=1)):
        said = {"ticket": ticket, "recovery_code": codes[0]}
        assert problem(await browser.post("/login/second-factor", json=said)) == (401, "proof-not-good")


async def test_an_app_that_was_not_confirmed_counts_for_nothing(ada: Browser, new_browser: MakeBrowser) -> None:
    begun = (await ada.post("/me/totp")).json()
    assert begun["uri"].startswith("otpauth://totp/Voltway:ada%40example.org?secret=")
    wrong = str((int(pyotp.TOTP(begun["secret"]).now()) + 500_000) % 1_000_000).zfill(6)
    assert problem(await ada.post("/me/totp/confirmation", json={"code": wrong})) == (422, "wrong-code")
    assert (await new_browser().log_in()).status_code == 200
    assert problem(await ada.post("/me/step-up", json={"code": pyotp.TOTP(begun["secret"]).now()})) == (
        401,
        "proof-not-good",
    )
    assert (await ada.delete("/me/totp")).status_code == 204
    answer = await ada.post("/me/totp/confirmation", json={"code": "000000"})
    assert problem(answer) == (409, "nothing-to-confirm")


async def test_the_secret_is_sealed_in_the_database_and_bound_to_its_account(ada: Browser, database: Database) -> None:
    app, codes = await with_app(ada)
    async with database.read() as tx:
        row = (await tx.execute(sa.select(totp))).one()
        hashes = (await tx.execute(sa.select(recovery_codes))).all()
    assert app.secret.encode() not in row.secret
    assert app.byte_secret() not in row.secret
    assert all(code.replace("-", "") not in str(hashes) for code in codes)


async def test_removing_the_last_factor_ends_the_recovery_codes_and_the_second_step(
    ada: Browser, new_browser: MakeBrowser
) -> None:
    await with_app(ada)
    assert (await ada.delete("/me/totp")).status_code == 204
    assert (await ada.get("/me/factors")).json()["recovery_codes_left"] == 0
    assert (await new_browser().log_in()).status_code == 200
    assert problem(await ada.post("/me/recovery-codes")) == (409, "factor-needed")


# ---- recovery codes


async def test_a_recovery_code_opens_once_however_it_is_typed(ada: Browser, new_browser: MakeBrowser) -> None:
    _, codes = await with_app(ada)
    browser = new_browser()
    typed = f" {codes[0].replace('-', ' ')} "
    said = {"ticket": await first_step(browser), "recovery_code": typed}
    assert (await browser.took(await browser.post("/login/second-factor", json=said))).status_code == 200
    other = new_browser()
    again = {"ticket": await first_step(other), "recovery_code": codes[0]}
    assert problem(await other.post("/login/second-factor", json=again)) == (401, "proof-not-good")
    assert (await browser.get("/me/factors")).json()["recovery_codes_left"] == 9


async def test_new_recovery_codes_end_the_old_ones(ada: Browser, new_browser: MakeBrowser) -> None:
    _, codes = await with_app(ada)
    renewed = (await ada.post("/me/recovery-codes")).json()["codes"]
    assert not set(codes) & set(renewed)
    browser = new_browser()
    for code, status in ((codes[0], 401), (renewed[0], 200)):
        said = {"ticket": await first_step(browser), "recovery_code": code}
        assert (await browser.post("/login/second-factor", json=said)).status_code == status


# ---- passkeys


async def test_a_passkey_logs_in_without_a_name_or_password(
    ada: Browser, new_browser: MakeBrowser, site: str, mailbox: Mailbox
) -> None:
    key = await with_passkey(ada, site)
    factors = (await ada.get("/me/factors")).json()
    assert ([each["name"] for each in factors["passkeys"]], factors["recovery_codes_left"]) == (["Phone"], 10)
    browser = new_browser()
    answer = await by_passkey(browser, key)
    assert answer.status_code == 200
    assert answer.json()["account"]["email"] == EMAIL
    assert (await browser.get("/me/sessions")).json()["items"][0]["method"] == "passkey"
    assert [act.after for act in (await mailbox.acted("passkey.added"))] == [
        {"second_factors": ["passkey"], "passkey": "Phone"}
    ]


async def test_with_a_passkey_the_password_alone_does_not_open(
    ada: Browser, new_browser: MakeBrowser, site: str
) -> None:
    key = await with_passkey(ada, site)
    browser = new_browser()
    ticket = await first_step(browser)
    asked = (await browser.post("/login/passkey/options", json={"ticket": ticket})).json()["public_key"]
    assert [each["id"] for each in asked["allowCredentials"]] == [key.sign(asked)["id"]]
    answer = await browser.post("/login/passkey", json={"credential": key.sign(asked)})
    assert answer.status_code == 200


async def test_a_challenge_is_answered_once(ada: Browser, new_browser: MakeBrowser, site: str) -> None:
    key = await with_passkey(ada, site)
    browser = new_browser()
    asked = (await browser.post("/login/passkey/options", json={})).json()["public_key"]
    signed = key.sign(asked)
    assert (await browser.post("/login/passkey", json={"credential": signed})).status_code == 200
    replayed = await new_browser().post("/login/passkey", json={"credential": signed})
    assert problem(replayed) == (401, "proof-not-good")
    signed_again = await new_browser().post("/login/passkey", json={"credential": key.sign(asked)})
    assert problem(signed_again) == (401, "proof-not-good")


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "https://evil.example"},
        {"type": "webauthn.create"},
        {"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
        {"challenge": "not base64url!"},
    ],
    ids=str,
)
async def test_what_was_signed_for_something_else_opens_nothing(
    ada: Browser, new_browser: MakeBrowser, site: str, changes: dict[str, str]
) -> None:
    key = await with_passkey(ada, site)
    assert problem(await by_passkey(new_browser(), key, **changes)) == (401, "proof-not-good")


async def test_a_passkey_that_was_not_unlocked_opens_nothing(ada: Browser, new_browser: MakeBrowser, site: str) -> None:
    key = await with_passkey(ada, site)
    key.flags = USER_PRESENT
    assert problem(await by_passkey(new_browser(), key)) == (401, "proof-not-good")


async def test_a_counter_that_does_not_grow_is_a_copy_and_opens_nothing(
    ada: Browser, new_browser: MakeBrowser, site: str
) -> None:
    key = await with_passkey(ada, site)
    key.sign_count = 5
    assert (await by_passkey(new_browser(), key)).status_code == 200
    key.sign_count = 5  # signs with 6 again
    assert problem(await by_passkey(new_browser(), key)) == (401, "proof-not-good")


async def test_a_forged_signature_and_an_unknown_passkey_are_answered_alike(
    ada: Browser, new_browser: MakeBrowser, site: str
) -> None:
    key = await with_passkey(ada, site)
    forged = SoftwareKey(site, credential_id=key.credential_id, user_handle=key.user_handle)
    unknown = SoftwareKey(site)
    answers = [await by_passkey(new_browser(), each) for each in (forged, unknown)]
    assert [problem(answer) for answer in answers] == [(401, "proof-not-good")] * 2
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


async def test_a_passkey_that_claims_another_owner_opens_nothing(
    ada: Browser, new_browser: MakeBrowser, site: str
) -> None:
    key = await with_passkey(ada, site)
    key.user_handle = b"somebody else"
    assert problem(await by_passkey(new_browser(), key)) == (401, "proof-not-good")


async def test_a_new_passkey_must_answer_a_challenge_of_this_account_and_be_unlocked(ada: Browser, site: str) -> None:
    asked = (await ada.post("/me/passkeys/options")).json()["public_key"]
    for key in (SoftwareKey("https://evil.example"), SoftwareKey(site, flags=USER_PRESENT)):
        fresh = (await ada.post("/me/passkeys/options")).json()["public_key"]
        answer = await ada.post("/me/passkeys", json={"name": "x", "credential": key.make(fresh)})
        assert problem(answer) == (422, "passkey-refused")
    log_in = (await ada.post("/login/passkey/options", json={})).json()["public_key"]
    asked["challenge"] = log_in["challenge"]  # one that was made for a log-in
    answer = await ada.post("/me/passkeys", json={"name": "x", "credential": SoftwareKey(site).make(asked)})
    assert problem(answer) == (422, "passkey-refused")
    assert (await ada.get("/me/factors")).json()["passkeys"] == []


async def test_a_passkey_is_added_once_and_removed(ada: Browser, site: str, database: Database) -> None:
    key = await with_passkey(ada, site)
    asked = (await ada.post("/me/passkeys/options")).json()["public_key"]
    assert [each["id"] for each in asked["excludeCredentials"]] == [key.make(asked)["id"]]
    again = await ada.post("/me/passkeys", json={"name": "x", "credential": key.make(asked)})
    assert problem(again) == (422, "passkey-refused")
    (shown,) = (await ada.get("/me/factors")).json()["passkeys"]
    assert (await ada.delete(f"/me/passkeys/{shown['id']}")).status_code == 204
    assert problem(await ada.delete(f"/me/passkeys/{shown['id']}")) == (404, "passkey-not-found")
    async with database.read() as tx:
        assert (await tx.execute(sa.select(passkeys))).all() == []


async def test_challenges_are_bounded(nobody: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    rate = throttle.Rate(burst=3, refill_s=60.0)
    monkeypatch.setattr(throttle.ChallengeThrottle, "rate", rate)
    statuses = [(await nobody.post("/login/passkey/options", json={})).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


async def test_a_public_address_is_the_site_whatever_host_a_browser_names(
    make_runtime: MakeRuntime, database: Database, account_id: str
) -> None:
    public = {"http": {"public_url": "https://Charging.example.org/here"}}
    runtime = await make_runtime(housekeeping.MANIFEST, MANIFEST, settings=public)
    async with served(app_of(runtime)) as url, Browser(base_url=f"{url}/api/v1") as browser:
        await browser.log_in()
        asked = (await browser.post("/me/passkeys/options")).json()["public_key"]
        assert asked["rp"]["id"] == "charging.example.org"
        for origin, status in ((url, 422), ("https://charging.example.org", 201)):
            fresh = (await browser.post("/me/passkeys/options")).json()["public_key"]
            made = {"name": "x", "credential": SoftwareKey(origin).make(fresh)}
            assert (await browser.post("/me/passkeys", json=made)).status_code == status


async def test_unknown_fields_of_a_credential_are_refused(ada: Browser, site: str) -> None:
    asked = (await ada.post("/me/passkeys/options")).json()["public_key"]
    credential = {**SoftwareKey(site).make(asked), "accountId": "x"}
    answer = await ada.post("/me/passkeys", json={"name": "x", "credential": credential})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "$.credential.accountId")


# ---- what else changes with a factor


async def test_a_new_factor_ends_the_other_log_ins(ada: Browser, new_browser: MakeBrowser, site: str) -> None:
    other = new_browser()
    assert (await other.log_in()).status_code == 200
    await with_passkey(ada, site)
    assert (await ada.get("/me")).status_code == 200
    assert (await other.get("/me")).status_code == 401


async def test_factors_are_changed_only_by_who_has_just_proved_who_they_are(ada: Browser, site: str) -> None:
    later: datetime = clock.now() + timedelta(minutes=10, seconds=1)
    with clock.frozen(later):
        for method, path, body in (
            ("POST", "/me/totp", None),
            ("POST", "/me/totp/confirmation", {"code": "123456"}),
            ("DELETE", "/me/totp", None),
            ("POST", "/me/passkeys/options", None),
            ("DELETE", "/me/passkeys/x", None),
            ("POST", "/me/recovery-codes", None),
            ("POST", "/me/email", {"email": "new@example.org"}),
            ("POST", "/me/erasure", None),
            ("GET", "/me/personal-data", None),
            ("POST", "/api-keys", {"name": "x", "role": "auditor"}),
        ):
            answer = await ada.request(method, path, json=body)
            assert problem(answer) == (403, "step-up-required"), path
        assert (await ada.step_up()).status_code == 200
        assert (await ada.post("/me/totp")).status_code == 200


async def test_step_up_by_code_and_by_passkey(ada: Browser, site: str) -> None:
    app, _ = await with_app(ada)
    key = await with_passkey(ada, site)
    for proof in ({"code": app.at(clock.now())},):
        assert (await ada.step_up(**proof)).status_code == 200
        assert problem(await ada.step_up(**proof)) == (401, "proof-not-good")  # a code is good once
    asked = (await ada.post("/me/step-up/options")).json()["public_key"]
    signed = key.sign(asked)
    assert (await ada.step_up(credential=signed)).status_code == 200
    assert problem(await ada.step_up(credential=signed)) == (401, "proof-not-good")
    for_log_in = (await ada.post("/login/passkey/options", json={})).json()["public_key"]
    assert problem(await ada.step_up(credential=key.sign(for_log_in))) == (401, "proof-not-good")


async def test_step_up_gives_a_new_cookie_and_ends_the_old_one(ada: Browser, new_browser: MakeBrowser) -> None:
    cookie, csrf = ada.cookies["voltway_session"], ada.headers["x-csrf-token"]
    assert (await ada.step_up()).status_code == 200
    assert ada.cookies["voltway_session"] != cookie
    stolen = new_browser()
    stolen.cookies.set("voltway_session", cookie)
    assert (await stolen.get("/me")).status_code == 401
    ada.headers["x-csrf-token"] = csrf
    assert problem(await ada.post("/me/totp")) == (403, "csrf-token-missing")


async def test_guessing_at_step_up_is_slowed_down(ada: Browser) -> None:
    for _ in range(5):
        assert problem(await ada.step_up(password="wrong")) == (401, "proof-not-good")
    assert problem(await ada.step_up(password=PASSWORD)) == (429, "too-many-failures")


@pytest.mark.parametrize("body", [{}, {"password": "a", "code": "123456"}, {"code": "12345"}, {"password": "x" * 1001}])
async def test_step_up_takes_one_proof(ada: Browser, body: dict[str, str]) -> None:
    assert (await ada.post("/me/step-up", json=body)).status_code == 422

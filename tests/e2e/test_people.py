"""People at the console, in a real browser against the real server: by the links of mails, with passkeys, codes and fresh proofs."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import httpx
import pyotp
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from e2e.browser import find_chromium, launch_options, page_options
from e2e.server_process import ServerProcess

pytestmark = pytest.mark.skipif(
    find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"
)

ADMIN, PASSWORD = "admin@voltway.example", "a long enough password 4711"
NEW_PASSWORD = "another long password 1147"
PATIENCE_S = 45.0
MAIL_WITHIN_S = 45.0
STALE = "2020-01-01T00:00:00.000Z"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """On SQLite, where a test can let a proof grow old."""
    server = ServerProcess(tmp_path / "data")
    server.start()
    server.command("admin", "create", "--email", ADMIN, "--password-stdin", typed=f"{PASSWORD}\n")
    yield server
    assert server.stop() == 0
    assert '"level": "error"' not in server.log


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_S * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        yield browser
        await browser.close()


@asynccontextmanager
async def opened(browser: Browser, server: ServerProcess) -> AsyncIterator[Page]:
    """A page in a browser that knows nobody; at the end no script has failed."""
    context = await browser.new_context(base_url=f"http://localhost:{server.http_port}", **page_options())
    context.set_default_timeout(PATIENCE_S * 1000)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await context.close()
    assert errors == []


async def log_in(page: Page, email: str = ADMIN, password: str = PASSWORD) -> None:
    await page.goto("/login")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Log in").click()


async def see_overview(page: Page) -> None:
    await expect(page.get_by_role("heading", name="Overview", exact=True)).to_be_visible()


async def choose_password(page: Page, password: str) -> None:
    await page.get_by_label("New password", exact=True).fill(password)
    await page.get_by_label("The same again").fill(password)


async def link_in_mail(server: ServerProcess, to: str, path: str) -> str:
    """The path, with its secret, of a link in the newest mail to this address."""
    key = await asyncio.to_thread(server.make_key)
    deadline = time.monotonic() + MAIL_WITHIN_S
    async with httpx.AsyncClient(
        base_url=server.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False
    ) as api:
        while time.monotonic() < deadline:
            for mail in (await api.get("/mails")).json()["items"]:
                text = (await api.get(f"/mails/{mail['id']}")).json().get("text") or ""
                if mail["to"] == to and (found := re.search(rf"{path}#\S+", text)):
                    return found.group()
            await asyncio.sleep(0.2)
    raise AssertionError(f"No mail to {to} with a link to {path}.")


async def test_whoever_is_invited_accepts_by_the_mails_link_and_works(server: ServerProcess, browser: Browser) -> None:
    async with opened(browser, server) as page:
        await log_in(page)
        await see_overview(page)
        await page.goto("/staff?tab=invitations")
        await page.get_by_role("button", name="Invite").click()
        await page.get_by_role("dialog").get_by_label("E-mail").fill("ben@voltway.example")
        await page.get_by_role("button", name="Send invitation").click()
        await expect(page.get_by_role("cell", name="ben@voltway.example")).to_be_visible()
    link = await link_in_mail(server, "ben@voltway.example", "/invitation")
    async with opened(browser, server) as page:
        await page.goto(link)
        await page.get_by_label("Name").fill("Ben Okafor")
        await choose_password(page, NEW_PASSWORD)
        await page.get_by_role("button", name="Accept and log in").click()
        await see_overview(page)
        menu = page.get_by_role("navigation", name="Main")
        await expect(menu.get_by_role("link", name="Stations")).to_be_visible()
        await expect(menu.get_by_role("link", name="API access")).to_have_count(0)  # operations may not


async def test_a_forgotten_password_is_set_anew_by_mail(server: ServerProcess, browser: Browser) -> None:
    async with opened(browser, server) as page:
        await page.goto("/login")
        await page.get_by_role("link", name="Forgotten your password?").click()
        await expect(
            page.get_by_role("heading", name="Forgotten your password?")
        ).to_be_visible()  # both pages ask for an e-mail
        await page.get_by_label("E-mail").fill(ADMIN)
        await page.get_by_role("button", name="Send the link").click()
        await expect(page.get_by_text("Look into your mail")).to_be_visible()
        await page.goto(await link_in_mail(server, ADMIN, "/reset-password"))
        await choose_password(page, NEW_PASSWORD)
        assert "#" not in page.url
        await page.get_by_role("button", name="Set password").click()
        await expect(page.get_by_text("Your password is set")).to_be_visible()
        await log_in(page)
        await expect(page.get_by_role("alert")).to_contain_text("wrong")
        await log_in(page, password=NEW_PASSWORD)
        await see_overview(page)


async def test_a_passkey_is_added_and_logs_in_without_name_and_password(
    server: ServerProcess, browser: Browser
) -> None:
    async with opened(browser, server) as page:
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        await devtools.send(
            "WebAuthn.addVirtualAuthenticator",
            {"options": {**options, "isUserVerified": True, "automaticPresenceSimulation": True}},
        )
        await log_in(page)
        await see_overview(page)
        await page.goto("/account?tab=factors")
        await page.get_by_role("button", name="Add passkey").click()
        await page.get_by_label("Name of the passkey").fill("Work laptop")
        await page.get_by_role("button", name="Continue").click()
        await expect(page.get_by_text("Your recovery codes")).to_be_visible()
        await page.get_by_role("button", name="I have kept it").click()
        await expect(page.get_by_role("cell", name="Work laptop", exact=True)).to_be_visible()
        await page.context.clear_cookies()
        await page.goto("/staff")  # and there it comes back to
        await page.get_by_role("button", name="Continue with a passkey").click()
        await expect(page.get_by_role("heading", name="Staff")).to_be_visible()


async def test_an_authenticator_app_is_set_up_and_asked_for(server: ServerProcess, browser: Browser) -> None:
    async with opened(browser, server) as page:
        await log_in(page)
        await see_overview(page)
        await page.goto("/account?tab=factors")
        await page.get_by_role("button", name="Set up authenticator app").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_role("img", name="QR code")).to_be_visible()
        secret = await dialog.locator(".vw-mono").inner_text()
        await dialog.get_by_label("Code", exact=True).fill(pyotp.TOTP(secret).now())
        await dialog.get_by_role("button", name="Confirm").click()
        await expect(page.get_by_text("Your recovery codes")).to_be_visible()
        code = (await page.locator("pre").inner_text()).split()[0]
        await page.get_by_role("button", name="I have kept it").click()
        await page.context.clear_cookies()
        await log_in(page)
        await page.get_by_label("Code", exact=True).fill("000000")
        await page.get_by_role("button", name="Log in").click()
        await expect(page.get_by_role("alert")).to_contain_text("wrong")
        await page.get_by_label("Code", exact=True).fill(code)
        await page.get_by_role("button", name="Log in").click()
        await see_overview(page)


async def test_a_dangerous_act_waits_for_a_fresh_proof_and_then_goes_on(
    server: ServerProcess, browser: Browser
) -> None:
    async with opened(browser, server) as page:
        await log_in(page)
        await see_overview(page)
        await asyncio.to_thread(server.stop)  # what it keeps in memory of log-ins is gone with it
        with closing(sqlite3.connect(server.data_dir / "voltway.db", timeout=20)) as database, database:
            assert database.execute("UPDATE kernel_browser_sessions SET proved_at = ?", (STALE,)).rowcount == 1
        await asyncio.to_thread(server.start)
        await page.goto("/machines")
        await page.get_by_role("button", name="Add API key").click()
        await page.get_by_label("Name").fill("Billing")
        await page.get_by_role("button", name="Create").click()
        proof = page.get_by_role("dialog", name="Confirm that it is you")
        await proof.get_by_label("Password", exact=True).fill("not this one")
        await proof.get_by_role("button", name="Confirm").click()
        await expect(proof.get_by_role("alert")).to_be_visible()
        await proof.get_by_label("Password", exact=True).fill(PASSWORD)
        await proof.get_by_role("button", name="Confirm").click()
        await expect(page.get_by_text("Keep this now")).to_be_visible()
        key = (await page.locator("pre").inner_text()).strip()
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}, trust_env=False) as api:
            assert (await api.get(f"{server.api}/me")).status_code == 200


async def test_the_audit_log_is_verified_and_a_broken_one_is_told(server: ServerProcess, browser: Browser) -> None:
    async with opened(browser, server) as page:
        await log_in(page)
        await see_overview(page)
        await page.goto("/audit")
        await page.get_by_role("button", name="Verify").click()
        await expect(page.get_by_text("The log is whole")).to_be_visible()

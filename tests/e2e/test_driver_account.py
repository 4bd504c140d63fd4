"""A driver's own account in the app, in a real browser at the real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from e2e.browser import find_chromium, launch_options, page_options
from e2e.server_process import ServerProcess
from e2e.test_accessibility import AXE, broken_rules
from e2e.test_driver_pays import DESKTOP, PATIENCE_S, PHONE, link_in_mail, picture

PASSWORD = "a driver's long password"

pytestmark = [
    pytest.mark.skipif(find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"),
    pytest.mark.skipif(not AXE.exists(), reason="needs the web packages: make web"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("account") / "data", environment=on_database)
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_S * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        yield browser
        await browser.close()


async def a_page(server: ServerProcess, browser: Browser, size: dict[str, Any], scheme: str) -> Page:
    options = page_options(scheme) | size
    # A service worker that takes over meanwhile would let requests pass by what `page.route` answers.
    context = await browser.new_context(
        base_url=f"http://localhost:{server.http_port}", reduced_motion="reduce", service_workers="block", **options
    )
    context.set_default_timeout(PATIENCE_S * 1000)
    return await context.new_page()


async def register(server: ServerProcess) -> str:
    """An account of a driver, by the link of the mail; the address."""
    email = f"dana-{uuid4().hex[:8]}@example.org"
    headers = {"Authorization": f"Bearer {server.make_key()}"}
    async with httpx.AsyncClient(base_url=server.api, headers=headers, trust_env=False, timeout=30) as api:
        consents = (await api.get("/registrations")).json()["consents"]
        who = {"email": email, "name": "Dana", "locale": "en", "time_zone": "Europe/Berlin", "operator": "default"}
        assert (await api.post("/registrations", json={**who, "consents": consents})).status_code == 202
        token = (await link_in_mail(api, email)).split("#")[1]
        body = {"token": token, "password": PASSWORD}
        assert (await httpx_anonymous(server, "/registrations/confirmation", body)).is_success
    return email


async def httpx_anonymous(server: ServerProcess, path: str, body: dict[str, str]) -> httpx.Response:
    async with httpx.AsyncClient(base_url=server.api, trust_env=False, timeout=30) as client:
        return await client.post(path, json=body)


@pytest.mark.parametrize(("size", "scheme", "name"), [(PHONE, "light", "phone"), (DESKTOP, "dark", "desktop")])
async def test_driver_adds_a_passkey_and_logs_in_with_it(
    server: ServerProcess, browser: Browser, size: dict[str, Any], scheme: str, name: str
) -> None:
    email = await register(server)
    page = await a_page(server, browser, size, scheme)
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    device |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    # A made device says yes to everything: what is offered where the address is typed must be offered when the test wants it.
    await page.add_init_script(
        "PublicKeyCredential.isConditionalMediationAvailable = async () => window.isOffered === true"
    )
    await page.goto("/app/#/me")
    await expect(page.get_by_role("button", name="Log in with a passkey")).to_be_visible()
    broken = await broken_rules(page)
    await picture(page, f"log-in-{name}")
    await log_in_by_password(page, email)
    await expect(page.get_by_role("heading", name="Hello, Dana")).to_be_visible()

    await page.get_by_text("Add a passkey").click()
    await page.get_by_label("A name by which you know it again").fill("My phone")
    passkeys = page.get_by_role("region", name="Passkeys")
    await passkeys.get_by_role("button", name="Add", exact=True).click()
    await expect(passkeys.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    broken += await broken_rules(page)
    await picture(page, f"passkey-{name}")
    await passkeys.get_by_role("button", name="I have kept them").click()
    await expect(passkeys.get_by_text("My phone")).to_be_visible()

    await page.get_by_role("button", name="Log out").click()
    await page.get_by_role("button", name="Log in with a passkey").click()
    await expect(page.get_by_role("heading", name="Hello, Dana")).to_be_visible()
    await page.evaluate("window.isOffered = true")
    async with page.expect_response(lambda answer: answer.url.endswith("/login/passkey")) as offered:
        await page.get_by_role("button", name="Log out").click()  # and logged in by what is offered, without a button
    assert (await offered.value).status == 200
    await page.evaluate("window.isOffered = false")
    await page.get_by_role("button", name="Log out").click()
    await log_in_by_password(page, email)  # is not enough any more
    await page.get_by_role("button", name="Use a passkey").click()
    await expect(passkeys.get_by_text("last used")).to_be_visible()

    await passkeys.get_by_role("button", name="Remove My phone").click()
    await passkeys.get_by_role("button", name="Yes, remove").click()
    await expect(passkeys.get_by_text("Removed.")).to_be_visible()
    await expect(passkeys.get_by_text("My phone")).to_have_count(0)
    assert broken == []


async def log_in_by_password(page: Page, email: str) -> None:
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in", exact=True).click()


async def test_dangerous_act_with_an_old_log_in_asks_for_a_proof_first(server: ServerProcess, browser: Browser) -> None:
    email = await register(server)
    page = await a_page(server, browser, PHONE, "light")
    await page.goto("/app/#/me")
    await log_in_by_password(page, email)
    await expect(page.get_by_role("heading", name="Hello, Dana")).to_be_visible()
    refusal = {"type": "/problems/step-up-required", "title": "A fresh proof is needed", "status": 403}
    await page.route(
        "**/me/passkeys/options",
        lambda route: route.fulfill(status=403, content_type="application/problem+json", json=refusal),
        times=1,
    )
    await page.get_by_text("Add a passkey").click()
    await page.get_by_label("A name by which you know it again").fill("My phone")
    await page.get_by_role("region", name="Passkeys").get_by_role("button", name="Add", exact=True).click()
    dialog = page.get_by_role("dialog", name="Is it you?")
    await expect(dialog).to_be_visible()
    assert await broken_rules(page) == []
    await picture(page, "prove")
    await dialog.get_by_label("Your password").fill("not this one")
    await dialog.get_by_role("button", name="Go on").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("does not prove")
    await dialog.get_by_label("Your password").fill(PASSWORD)
    async with page.expect_response(lambda answer: answer.url.endswith("/me/passkeys/options")) as again:
        await dialog.get_by_role("button", name="Go on").click()
    assert (await again.value).status == 200
    await expect(dialog).to_be_hidden()

"""Every page of the console, filled by the demo network, against WCAG 2.2 AA in a real browser, in both colour schemes.

What needs layout and colours to be judged; the console's own tests hold its parts against the same rules without them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from e2e.browser import find_chromium, launch_options, page_options
from e2e.server_process import ServerProcess
from voltway.app.demo.network import LOG_INS, PASSWORD

AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LISTS = ("/", "/stations", "/sessions", "/locations", "/tariffs", "/id-tokens", "/id-tokens/import", "/mails")
PEOPLE = (
    *("/account", "/account?tab=factors", "/account?tab=devices", "/account?tab=data", "/staff", "/staff?tab=roles"),
    *(
        "/machines",
        "/fleets",
        "/tickets",
        "/bookings",
        "/bookings?tab=queue",
        "/firmware-campaigns",
        "/templates",
        "/stations/import",
        "/incidents",
        "/detection-rules",
        "/audit",
        "/certificates",
        "/webhooks",
    ),
)
TABS = ("sessions", "timeline", "messages", "variables", "commands", "details")
PATIENCE_S = 45.0

pytestmark = [
    pytest.mark.skipif(find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"),
    pytest.mark.skipif(not AXE.exists(), reason="needs the web packages: make web"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("accessibility") / "data", environment=on_database)
    server.start("--demo")
    yield server
    server.kill()


@pytest.fixture(scope="module")
def addresses(server: ServerProcess) -> list[str]:
    """Each page, once."""
    headers = {"Authorization": f"Bearer {server.make_key()}"}
    with httpx.Client(base_url=server.api, headers=headers, trust_env=False) as client:
        station = client.get("/charging-stations", params={"limit": 1}).json()["items"][0]["id"]
        session = client.get("/sessions", params={"state": "ended", "limit": 1}).json()["items"][0]["id"]
    return [
        *LISTS,
        *PEOPLE,
        *(f"/stations/{station}?tab={tab}" for tab in TABS),
        f"/sessions/{session}",
        "/nothing/here",
    ]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_S * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        yield browser
        await browser.close()


AT_REST = """() => document.getAnimations().every(
    (one) => one.playState !== "running" || one.effect?.getComputedTiming().iterations === Infinity)"""
"""No transition is under way; what turns for ever, such as a sign of work, is left alone."""


async def broken_rules(page: Page) -> list[str]:
    """One line for each rule that the page breaks, with the first place where it does."""
    await expect(page.locator("h1").first).to_be_visible()
    await expect(page.locator(".mantine-Skeleton-root")).to_have_count(0)
    await page.wait_for_function(AT_REST)  # what fades in or out has colours that it does not have
    await page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = (await page.evaluate("rules => axe.run(document, rules)", {"runOnly": RULES}))[
        "violations"
    ]
    return [f"{page.url}: {one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}" for one in found]


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
async def test_pages_can_be_read_and_used_by_everybody(
    server: ServerProcess, addresses: list[str], browser: Browser, color_scheme: str
) -> None:
    origin = f"http://localhost:{server.http_port}"
    context = await browser.new_context(base_url=origin, reduced_motion="reduce", **page_options(color_scheme))
    context.set_default_timeout(PATIENCE_S * 1000)
    page = await context.new_page()
    await page.goto("/")
    await expect(page.get_by_role("button", name="Log in")).to_be_visible()
    broken = await broken_rules(page)
    await page.get_by_label("E-mail").fill(LOG_INS[0].email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    for address in addresses:
        await page.goto(address)
        broken += await broken_rules(page)
    assert broken == []
    await context.close()

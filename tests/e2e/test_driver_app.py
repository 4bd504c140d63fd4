"""A driver who has never been here: finds a place on a phone, looks at it, keeps it, and sees it again without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, async_playwright, expect

from e2e.browser import find_chromium, launch_options, page_options
from e2e.server_process import ServerProcess
from e2e.test_accessibility import AXE, broken_rules
from voltway.app.demo.network import LOCATIONS

PATIENCE_S = 45.0
PHONE = {"viewport": {"width": 390, "height": 844}}

pytestmark = [
    pytest.mark.skipif(find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"),
    pytest.mark.skipif(not AXE.exists(), reason="needs the web packages: make web"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("driver") / "data", environment=on_database)
    server.start("--demo")
    yield server
    server.kill()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_S * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        yield browser
        await browser.close()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
async def test_a_place_is_found_kept_and_seen_again_without_a_network(
    server: ServerProcess, browser: Browser, color_scheme: str
) -> None:
    wanted = LOCATIONS[0]
    context = await browser.new_context(
        base_url=f"http://localhost:{server.http_port}", reduced_motion="reduce", **page_options(color_scheme) | PHONE
    )
    context.set_default_timeout(PATIENCE_S * 1000)
    page = await context.new_page()
    await page.goto("/app/")
    await expect(page.locator(".places > li")).to_have_count(len(LOCATIONS))
    broken = await broken_rules(page)
    await page.get_by_role("button", name="Near me").click()  # the browser was given no leave
    await expect(page.get_by_text("Your position is not available")).to_be_visible()
    await page.get_by_role("searchbox").fill(wanted.name)
    await expect(page.locator(".places > li")).to_have_count(1)
    await page.get_by_role("link", name=wanted.name).click()
    await expect(page.get_by_role("heading", name=wanted.name, level=1)).to_be_visible()
    broken += await broken_rules(page)
    assert broken == []
    await page.get_by_role("button", name="Remember").click()
    await page.evaluate("navigator.serviceWorker.ready")
    await context.set_offline(True)
    await page.reload()
    await expect(page.get_by_role("heading", name=wanted.name, level=1)).to_be_visible()
    await expect(page.get_by_text("No connection. As of")).to_be_visible()
    await expect(page.get_by_role("button", name="Forget")).to_be_visible()
    await context.close()

"""The map: where one can charge, and where an operator's stations stand; with the mouse, the keyboard, and where none can be drawn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from e2e.browser import find_chromium, launch_options, page_options
from e2e.server_process import ServerProcess
from e2e.test_accessibility import AXE, broken_rules
from voltway.app.demo.network import LOCATIONS, LOG_INS, PASSWORD

PATIENCE_S = 90.0  # a browser without a graphics card draws slowly
SIZES = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}

pytestmark = [
    pytest.mark.skipif(find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"),
    pytest.mark.skipif(not AXE.exists(), reason="needs the web packages: make web"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("map") / "data", environment=on_database)
    server.start("--demo")
    yield server
    server.kill()


@asynccontextmanager
async def a_browser(*, draws: bool) -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_S * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options(draws=draws))
        yield browser
        await browser.close()


@asynccontextmanager
async def a_page(server: ServerProcess, browser: Browser, size: str, **options: object) -> AsyncIterator[Page]:
    """A page; no request of it may leave the machine."""
    context = await browser.new_context(
        base_url=f"http://localhost:{server.http_port}",
        reduced_motion="reduce",
        **page_options() | {"viewport": SIZES[size]} | options,  # type: ignore[arg-type]  # Playwright's own names
    )
    context.set_default_timeout(PATIENCE_S * 1000)
    page = await context.new_page()
    abroad: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: None if _is_here(request.url) else abroad.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert (abroad, errors) == ([], [])
    await context.close()


def _is_here(url: str) -> bool:
    return url.startswith(("http://localhost:", "data:", "blob:"))


@pytest.mark.parametrize("size", SIZES)
async def test_a_driver_finds_a_place_on_the_map(server: ServerProcess, size: str) -> None:
    wanted = LOCATIONS[0]
    async with a_browser(draws=True) as browser, a_page(server, browser, size) as page:
        await page.goto("/app/")
        await page.get_by_role("link", name="Map").click()
        await expect(page.locator(".map-point")).to_have_count(len(LOCATIONS))
        await expect(page.locator(".places > li")).to_have_count(len(LOCATIONS))
        broken = await broken_rules(page)

        search = page.get_by_role("combobox", name="Town, street or charging place")
        await search.fill("hambrug")  # typed in a hurry
        await expect(page.get_by_role("listbox").get_by_role("option").first).to_contain_text("Hamburg")
        await expect(page.get_by_text("Source: GeoNames")).to_be_visible()
        broken += await broken_rules(page)
        await search.press("ArrowDown")
        await expect(search).to_have_attribute(
            "aria-activedescendant",
            await page.get_by_role("listbox").get_by_role("option").first.get_attribute("id") or "",
        )
        await search.press("Enter")
        await expect(page.locator(".places > li")).to_have_count(1)  # the list holds what is in view
        await expect(page.locator(".places > li")).to_contain_text(wanted.name)

        await page.get_by_role("button", name=wanted.name).click()
        card = page.get_by_role("article", name=wanted.name)
        await expect(card.get_by_role("heading", name=wanted.name)).to_be_focused()
        await expect(card).to_contain_text("CCS 2")
        await expect(card).to_contain_text("per kWh")
        broken += await broken_rules(page)
        assert broken == []
        await card.get_by_role("link", name="Details and prices").click()
        await expect(page.get_by_role("heading", name=wanted.name, level=1)).to_be_visible()
        await page.get_by_role("link", name="All places").click()  # back to the map, where it was
        await expect(page.locator(".places > li")).to_have_count(1)
        await expect(page.locator(".map-point")).to_have_count(1)


async def test_filters_are_those_of_the_list_and_near_me_leads_there(server: ServerProcess) -> None:
    utrecht = {"latitude": 52.0922, "longitude": 5.1053}
    options = {"geolocation": utrecht, "permissions": ["geolocation"]}
    async with a_browser(draws=True) as browser, a_page(server, browser, "desktop", **options) as page:
        await page.goto("/app/")
        await page.get_by_label("At least").select_option("150000")
        await expect(page.locator(".places > li")).to_have_count(1)
        await page.get_by_role("link", name="Map").click()
        await expect(page.locator(".map-point")).to_have_count(1)
        await expect(page.get_by_label("At least")).to_have_value("150000")
        await page.get_by_label("At least").select_option("0")
        await page.get_by_role("button", name="Near me").click()
        await expect(page.get_by_role("img", name="You are here")).to_be_visible()
        await expect(page.locator(".places > li")).to_have_count(1)
        await expect(page.locator(".places > li")).to_contain_text(LOCATIONS[2].name)
        await expect(page.locator(".places > li")).to_contain_text("0.0")  # kilometres from here


@pytest.mark.parametrize("size", SIZES)
async def test_where_no_map_can_be_drawn_the_list_is_shown_and_says_why(server: ServerProcess, size: str) -> None:
    async with a_browser(draws=False) as browser, a_page(server, browser, size) as page:
        await page.goto("/app/#/map")
        await expect(page.get_by_text("This browser cannot draw the map")).to_be_visible()
        await expect(page.locator(".places > li")).to_have_count(len(LOCATIONS))
        await page.get_by_role("button", name="Near me").click()  # the browser was given no leave
        await expect(page.get_by_text("Your position is not available")).to_be_visible()
        assert await broken_rules(page) == []
        await page.get_by_role("link", name=LOCATIONS[1].name).click()
        await expect(page.get_by_role("heading", name=LOCATIONS[1].name, level=1)).to_be_visible()


async def test_an_operator_sees_the_stations_on_a_map_and_goes_to_those_of_a_place(server: ServerProcess) -> None:
    async with a_browser(draws=True) as browser, a_page(server, browser, "desktop") as page:
        await page.goto("/login")
        await page.get_by_label("E-mail").fill(LOG_INS[0].email)
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Log in").click()
        await expect(page.locator(".map-point")).to_have_count(len(LOCATIONS))
        await expect(page.get_by_role("list", name="Stations in this part of the map")).to_contain_text("offline")
        await page.locator(".map-view").scroll_into_view_if_needed()
        shown = page.locator(".map-point .map-disc, .map-ring").first
        colours = set()
        for scheme in ("light", "dark"):
            await page.locator("html").evaluate("(html, scheme) => html.dataset.mantineColorScheme = scheme", scheme)
            colours.add(await shown.evaluate("one => getComputedStyle(one).fill + getComputedStyle(one).stroke"))
        assert len(colours) == 2, colours
        await page.locator("html").evaluate("html => html.dataset.mantineColorScheme = 'light'")
        assert await broken_rules(page) == []
        await page.get_by_role("button", name=LOCATIONS[0].name).click()
        await expect(page.get_by_role("heading", name="Stations", level=1)).to_be_visible()
        await expect(page.get_by_role("link", name="HAM-01")).to_be_visible()
        await expect(page.get_by_role("link", name="LYS-01")).to_have_count(0)

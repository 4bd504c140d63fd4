"""A driver looks for a place by price and by who may drive in, on a phone, in a real browser, at the real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from builders import eventually
from e2e.browser import find_chromium, launch_options, page_options
from e2e.server_process import ServerProcess
from e2e.test_accessibility import AXE, broken_rules
from e2e.test_driver_pays import PATIENCE_S, PHONE, SITE, picture

pytestmark = [
    pytest.mark.skipif(find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"),
    pytest.mark.skipif(not AXE.exists(), reason="needs the web packages: make web"),
]

PLACES = {"Cheap garage": ("0.30", "public"), "Dear motel": ("0.60", "restricted"), "Silent yard": (None, None)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("finds") / "data", environment=on_database)
    server.start()
    headers = {"Authorization": f"Bearer {server.make_key()}"}
    with httpx.Client(base_url=server.api, headers=headers, trust_env=False, timeout=30) as api:
        for number, (name, (price, access)) in enumerate(PLACES.items()):
            body = SITE | {"name": name, "access": access}
            location_id = api.post("/locations", json=body).raise_for_status().json()["id"]
            evses = [
                {"evse_number": 1, "power_w_max": 50_000, "connectors": [{"connector_number": 1, "type": "cCCS2"}]}
            ]
            station = {"identity": f"FIND-{number}", "location_id": location_id, "evses": evses}
            api.post("/charging-stations", json=station).raise_for_status()
            if price is not None:
                prices = {"start_fee": "0", "price_per_kwh": price, "price_per_minute": "0", "vat_percent": "0"}
                tariff = (
                    api.post("/tariffs", json={"name": name, "currency": "EUR", **prices}).raise_for_status().json()
                )
                targets = {"targets": [{"kind": "location", "id": location_id}]}
                api.put(f"/tariffs/{tariff['id']}/assignments", json=targets).raise_for_status()
    yield server
    server.kill()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_S * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        yield browser
        await browser.close()


async def names(page: Page, *wanted: str) -> None:
    """Wait until the list holds just these."""
    await expect(page.locator(".places strong")).to_have_text(list(wanted))


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("de", "dark")])
async def test_places_are_found_by_price_and_access_and_the_address_says_so(
    server: ServerProcess, browser: Browser, language: str, scheme: str
) -> None:
    async def are_priced() -> bool:
        async with httpx.AsyncClient(base_url=server.api, trust_env=False) as anybody:
            ranges = (
                await anybody.get("/public/locations", params={"price_per_kwh_max": "0.3", "currency": "EUR"})
            ).json()
            return [each["name"] for each in ranges["items"]] == ["Cheap garage", "Silent yard"]

    await eventually(are_priced, 30)
    words = {
        "en": ("At most per kWh", "No price per kWh stated", "Access", "Only for some people"),
        "de": ("Höchstens je kWh", "Kein Preis je kWh angegeben", "Zugang", "Nur für bestimmte Personen"),
    }
    most, unknown, access, restricted = words[language]
    context = await browser.new_context(
        base_url=f"http://localhost:{server.http_port}",
        reduced_motion="reduce",
        **(page_options(scheme) | PHONE | {"locale": language}),
    )
    context.set_default_timeout(PATIENCE_S * 1000)
    page = await context.new_page()
    await page.goto("/app/")
    await names(page, "Cheap garage", "Dear motel", "Silent yard")
    await expect(page.get_by_text(unknown)).to_have_count(0)
    await page.get_by_label(most).select_option("0.3 EUR")
    await names(page, "Cheap garage", "Silent yard")
    await expect(page.get_by_role("link", name="Silent yard")).to_contain_text(unknown)
    await expect(page.get_by_role("link", name="Cheap garage")).to_contain_text(
        "0" + (",30" if language == "de" else ".30")
    )
    broken = await broken_rules(page)
    await picture(page, f"filters-{language}")
    assert page.url.endswith("#/?price=0.3+EUR")
    await page.reload()
    await names(page, "Cheap garage", "Silent yard")
    await expect(page.get_by_label(most)).to_have_value("0.3 EUR")
    await page.get_by_label(access).select_option("public")
    await names(page, "Cheap garage")
    await page.get_by_role("link", name="Cheap garage").click()
    await page.go_back()
    await names(page, "Cheap garage")
    await page.get_by_label(most).select_option("")
    await page.get_by_label(access).select_option("restricted")
    await names(page, "Dear motel")
    await page.get_by_role("link", name={"en": "Map", "de": "Karte"}[language], exact=True).click()
    await expect(page).to_have_url(f"http://localhost:{server.http_port}/app/#/map?access=restricted")
    await names(page, "Dear motel")
    await expect(page.get_by_label(access)).to_have_value("restricted")
    broken += await broken_rules(page)
    await picture(page, f"filters-map-{language}")
    await page.get_by_role("link", name="Dear motel").click()
    await expect(page.get_by_text(restricted)).to_be_visible()
    broken += await broken_rules(page)
    await picture(page, f"filters-place-{language}")
    assert broken == []
    await context.close()

"""An operator at the console, in a real browser: what happens at a station is on the page before anybody reloads it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, Response, async_playwright, expect

from e2e.browser import find_chromium, launch_options, page_options
from e2e.ocpp_stations import connected
from e2e.server_process import ServerProcess

pytestmark = pytest.mark.skipif(
    find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"
)

EMAIL, PASSWORD = "operator@voltway.example", "a long enough password 4711"
TOKEN = "04A1B2C3D4E5F6"
TARIFF = {
    "name": "Everyday",
    "currency": "EUR",
    "start_fee": "0.35",
    "price_per_kwh": "0.39",
    "price_per_minute": "0",
    "vat_percent": "19",
}
LASTS = timedelta(minutes=37)
REGISTER_WH = 1_000_000
PATIENCE_S = 90.0  # of what takes a moment on a busy machine

# kWh at the meter, and what they cost with VAT: (0.35 + round(kWh × 0.39)) × 1.19
COURSE = ((6_000, "6.00 kWh", "€3.20"), (9_000, "9.00 kWh", "€4.59"))
END_WH, END_KWH, END_COST, END_COST_MINOR = 12_345, "12.35 kWh", "€6.14", 614


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("console") / "data", environment=on_database)
    server.start()
    server.command("admin", "create", "--email", EMAIL, "--password-stdin", typed=f"{PASSWORD}\n")
    yield server
    assert server.stop() == 0
    assert '"level": "error"' not in server.log


@pytest.fixture
async def api(server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    key = await asyncio.to_thread(server.make_key)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=server.api, headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_S * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        yield browser
        await browser.close()


@asynccontextmanager
async def opened(browser: Browser, server: ServerProcess, *, refused: int = 401) -> AsyncIterator[Page]:
    """A page in a browser that knows nobody. At the end: no script has failed, and all came from our server and well,
    but for what is `refused`: 401 where nobody has logged in yet, and what a test wants to be."""
    origin = f"http://localhost:{server.http_port}"
    context = await browser.new_context(base_url=origin, **page_options())
    context.set_default_timeout(PATIENCE_S * 1000)
    page = await context.new_page()
    errors: list[str] = []

    def look(response: Response) -> None:
        if urlsplit(response.url).scheme not in ("data", "blob") and not response.url.startswith(f"{origin}/"):
            errors.append(f"from elsewhere: {response.url}")
        if response.status >= 400 and response.status not in (401, refused):
            errors.append(f"{response.status}: {response.url}")

    page.on("response", look)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await context.close()
    assert errors == []


async def log_in(page: Page, password: str = PASSWORD) -> None:
    await page.get_by_label("E-mail").fill(EMAIL)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Log in").click()


async def made(api: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def a_priced_station(api: httpx.AsyncClient, identity: str) -> dict[str, Any]:
    """A station in a network where one card may charge and one tariff holds everywhere."""
    await made(api, "/id-tokens", {"value": TOKEN})
    tariff = await made(api, "/tariffs", TARIFF)
    answer = await api.put(f"/tariffs/{tariff['id']}/assignments", json={"targets": [{"kind": "operator"}]})
    assert answer.is_success, answer.text
    evse = {"evse_number": 1, "power_w_max": 22_000, "connectors": [{"connector_number": 1, "type": "cType2"}]}
    return await made(api, "/charging-stations", {"identity": identity, "evses": [evse]})


def tile(page: Page, label: str) -> Locator:
    """The figure in a session's head."""
    return page.get_by_role("group", name=label, exact=True)


async def test_operator_watches_a_charge_begin_run_and_end_without_reloading(
    server: ServerProcess, api: httpx.AsyncClient, browser: Browser
) -> None:
    identity = "CS-CONSOLE"
    station = await a_priced_station(api, identity)
    async with opened(browser, server) as page:
        await page.goto("/")
        await log_in(page)
        await page.get_by_role("link", name="Stations", exact=True).click()
        await page.get_by_role("link", name=identity).click()
        await expect(page.get_by_role("heading", name=identity)).to_be_visible()
        await expect(page.get_by_text("Not connected")).to_be_visible()
        await page.evaluate("window.isStillTheSamePage = true")

        now = datetime.now(UTC)
        started_at = now - LASTS
        async with connected(server.stations_url, identity, "ocpp2.0.1", station["password"]) as charger:
            assert await charger.boot() == "Accepted"
            await charger.say_status(now, is_occupied=False)
            await expect(page.get_by_text(re.compile(r"^Connected"))).to_be_visible()
            evse = page.get_by_role("region", name="EVSE 1")
            await expect(evse.get_by_text("Available")).to_be_visible()
            await expect(evse.get_by_text("No session")).to_be_visible()

            await charger.say_status(now, is_occupied=True)
            await charger.begin(TOKEN, started_at, REGISTER_WH)
            await expect(evse.get_by_text("Occupied")).to_be_visible()
            await expect(evse.get_by_text("0.00 kWh")).to_be_visible()
            await evse.get_by_role("link", name="Open the session").click()
            await expect(page.get_by_role("heading", name=f"Session at {identity}")).to_be_visible()
            await expect(page.get_by_text("Charging", exact=True)).to_be_visible()

            for step, (energy_wh, energy, cost) in enumerate(COURSE, start=1):
                await charger.meter(started_at + step * LASTS / 4, REGISTER_WH + energy_wh)
                await expect(tile(page, "Energy")).to_contain_text(energy)
                await expect(tile(page, "Cost so far")).to_contain_text(cost)

            await page.get_by_role("button", name="Stop charging").click()
            await page.get_by_role("dialog").get_by_role("button", name="Stop charging").click()
            async with asyncio.timeout(PATIENCE_S):
                await charger.stop_asked.wait()
            await charger.end(now, REGISTER_WH + END_WH)
            await charger.say_status(now, is_occupied=False)
            await expect(page.get_by_text("Ended", exact=True)).to_be_visible()
            await expect(tile(page, "Energy")).to_contain_text(END_KWH)
            await expect(tile(page, "Cost")).to_contain_text(END_COST)

            await page.get_by_role("link", name="Sessions", exact=True).click()
            row = page.get_by_role("row").filter(has_text=identity)
            for text in ("Ended", TOKEN, END_KWH, "37 min", END_COST):
                await expect(row).to_contain_text(text)
        assert await page.evaluate("window.isStillTheSamePage")

    (session,) = (await api.get("/sessions", params={"station_identity": identity})).json()["items"]
    assert (session["energy_wh"], session["cost"]["minor"]) == (END_WH, END_COST_MINOR)


async def test_wrong_password_is_told_and_log_out_ends_the_visit(server: ServerProcess, browser: Browser) -> None:
    async with opened(browser, server) as page:
        await page.goto("/tariffs")
        await log_in(page, password="not the password")
        await expect(page.get_by_role("alert")).to_contain_text("E-mail or password is wrong")
        assert urlsplit(page.url).path == "/login"

        await log_in(page)
        await expect(page).to_have_url(re.compile(r"/tariffs$"))  # where they wanted to go
        await page.get_by_role("button", name="Account").click()
        await expect(page.get_by_text(EMAIL).first).to_be_visible()
        await page.get_by_role("menuitem", name="Log out").click()
        await expect(page.get_by_role("button", name="Log in")).to_be_visible()

        await page.goto("/tariffs")
        await expect(page.get_by_role("button", name="Log in")).to_be_visible()
        assert (await page.request.get("/api/v1/tariffs")).status == 401

"""A driver without an account reports what is wrong, with a photo, and follows it: in a real browser, at the real server."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, FilePayload, Page, async_playwright, expect

from builders import eventually
from desk.test_photos import segment
from e2e.browser import find_chromium, launch_options, page_options
from e2e.server_process import ServerProcess
from e2e.test_accessibility import AXE, broken_rules
from e2e.test_driver_pays import DESKTOP, PASSWORD, PATIENCE_S, PHONE, SITE, picture

pytestmark = [
    pytest.mark.skipif(find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"),
    pytest.mark.skipif(not AXE.exists(), reason="needs the web packages: make web"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[ServerProcess]:
    settings = {"VOLTWAY_PAYMENTS__PROVIDERS": '["sandbox"]'}
    server = ServerProcess(tmp_path_factory.mktemp("reports") / "data", environment=on_database | settings)
    server.start()
    headers = {"Authorization": f"Bearer {server.make_key()}"}
    with httpx.Client(base_url=server.api, headers=headers, trust_env=False, timeout=30) as api:
        prices = {"start_fee": "0.50", "price_per_kwh": "0.40", "price_per_minute": "0", "vat_percent": "19"}
        tariff = api.post("/tariffs", json={"name": "Ad hoc", "currency": "EUR", **prices}).json()
        targets = {"targets": [{"kind": "operator"}]}
        assert api.put(f"/tariffs/{tariff['id']}/assignments", json=targets).is_success
    yield server
    server.kill()


@pytest.fixture
async def api(server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {server.make_key()}"}
    async with httpx.AsyncClient(base_url=server.api, headers=headers, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_S * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        yield browser
        await browser.close()


async def a_charger(api: httpx.AsyncClient, name: str) -> tuple[str, str]:
    """A published location with one charger: its id, and the code on the charger."""
    location = (await api.post("/locations", json=SITE)).json()["id"]
    evses = [{"evse_number": 1, "power_w_max": 50_000, "connectors": [{"connector_number": 1, "type": "cCCS2"}]}]
    body = {"identity": f"REP-{name}", "password": PASSWORD, "name": "A1", "location_id": location, "evses": evses}
    assert (await api.post("/charging-stations", json=body)).status_code == 201
    codes: list[str] = []

    async def is_shown() -> bool:
        answer = await api.get(f"/public/locations/{location}")
        codes[:] = [one["id"] for one in answer.json()["evses"]] if answer.status_code == 200 else []
        return bool(codes)

    await eventually(is_shown, 30)
    return location, codes[0]


async def a_photo(page: Page) -> FilePayload:
    """A real picture, which tells where it was taken."""
    content = await page.screenshot(type="jpeg")
    exif = segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08 53.5436 N 9.9888 E")
    return {"name": "plug.jpg", "mimeType": "image/jpeg", "buffer": content[:2] + exif + content[2:]}


@pytest.mark.parametrize(("size", "scheme", "name"), [(PHONE, "light", "phone"), (DESKTOP, "dark", "desktop")])
async def test_driver_reports_a_problem_with_a_photo_and_sees_it_solved(
    server: ServerProcess, api: httpx.AsyncClient, browser: Browser, size: dict[str, Any], scheme: str, name: str
) -> None:
    location, code = await a_charger(api, name)
    context = await browser.new_context(
        base_url=f"http://localhost:{server.http_port}", reduced_motion="reduce", **(page_options(scheme) | size)
    )
    context.set_default_timeout(PATIENCE_S * 1000)
    page = await context.new_page()
    await page.goto(f"/c/{code}")
    await page.get_by_role("link", name="Report a problem").click()
    await expect(page.get_by_role("heading", name="Report a problem")).to_be_visible()
    await expect(page.get_by_label("What is it about?")).to_have_value(code)
    await page.get_by_label("What is wrong?").select_option("damage")
    await page.get_by_label("In your words").fill("The plug is cracked")
    await page.get_by_label("A photo").set_input_files(await a_photo(page))
    broken = await broken_rules(page)
    await picture(page, f"report-{name}")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Thank you. The operator has it.")).to_be_visible()
    await expect(page.get_by_text("Received: the operator looks at it")).to_be_visible()
    await expect(page.get_by_text("with a photo")).to_be_visible()
    broken += await broken_rules(page)
    await picture(page, f"reports-{name}")

    (ticket,) = (await api.get("/tickets", params={"text": "cracked", "is_open": True})).json()["items"]
    assert (ticket["kind"], ticket["station_identity"], ticket["evse_number"]) == ("damage", f"REP-{name}", 1)
    photo = (await api.get(f"/tickets/{ticket['id']}/photo")).content
    assert b"Exif" not in photo
    assert b"53.5436" not in photo
    encoded = base64.b64encode(photo).decode()
    width = await page.evaluate(
        "async (text) => { const image = new Image(); image.src = `data:image/jpeg;base64,${text}`; await image.decode();"
        " return image.naturalWidth; }",
        encoded,
    )
    assert 0 < width <= 1600

    await api.patch(f"/tickets/{ticket['id']}", json={"state": "waiting", "text": "ordered a new one"})
    await page.reload()
    await expect(page.get_by_text("Somebody is working on it")).to_be_visible()
    await api.patch(f"/tickets/{ticket['id']}", json={"state": "solved"})
    await page.reload()
    await expect(page.get_by_text("Solved")).to_be_visible()
    await expect(page.get_by_text("ordered a new one")).to_have_count(0)
    await page.goto(f"/app/#/places/{location}")
    await page.get_by_role("link", name="Your reports").click()
    await page.get_by_role("button", name="Forget: The plug is cracked").click()
    await expect(page.get_by_text("Nothing was reported on this phone.")).to_be_visible()
    assert broken == []
    await context.close()


async def test_report_gets_through_without_its_photo_and_without_a_network_nothing_is_lost(
    server: ServerProcess, api: httpx.AsyncClient, browser: Browser, tmp_path: Path
) -> None:
    location, _ = await a_charger(api, "offline")
    context = await browser.new_context(
        base_url=f"http://localhost:{server.http_port}", reduced_motion="reduce", **(page_options() | PHONE)
    )
    context.set_default_timeout(PATIENCE_S * 1000)
    page = await context.new_page()
    await page.goto(f"/app/#/places/{location}")
    await page.get_by_role("link", name="Report a problem").click()
    await page.get_by_label("In your words").fill("No light at night")
    await page.get_by_label("A photo").set_input_files(
        {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"no picture at all"}
    )
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Nothing was sent")).to_be_visible()
    await expect(page.get_by_label("In your words")).to_have_value("No light at night")
    await page.context.set_offline(False)
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("The photo did not get through")).to_be_visible()
    (ticket,) = (await api.get("/tickets", params={"text": "No light"})).json()["items"]
    assert (ticket["station_id"], ticket["opened_by"]) == (None, "driver")
    await page.get_by_label("Add a photo to: No light at night").set_input_files(await a_photo(page))
    await expect(page.get_by_text("with a photo")).to_be_visible()
    assert (await api.get(f"/tickets/{ticket['id']}/photo")).status_code == 200
    await context.close()

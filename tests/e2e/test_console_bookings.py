"""The operator's people look after a driver's booking, their place in a queue and the driver as a whole, in a real browser."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from e2e.browser import find_chromium
from e2e.server_process import ServerProcess
from e2e.test_accessibility import broken_rules
from e2e.test_console import api, browser, log_in, made, opened, server  # noqa: F401 - fixtures
from e2e.test_driver_books import RULES, a_driver
from voltway.kernel import clock

pytestmark = pytest.mark.skipif(
    find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"
)

PICTURES = os.environ.get("CONSOLE_PICTURES")
"""A folder: where to put pictures of the pages, for people to look at."""


async def looked_at(page: Page, name: str) -> list[str]:
    """What the page breaks of the rules, on a desk and on a telephone."""
    broken = await broken_rules(page)
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/{name}-1280.png", full_page=True)
    await page.set_viewport_size({"width": 390, "height": 844})
    broken += await broken_rules(page)
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/{name}-390.png", full_page=True)
    await page.set_viewport_size({"width": 1280, "height": 800})
    return broken


async def booked(driver: httpx.AsyncClient, location_id: str) -> dict[str, Any]:
    start = (clock.now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    slot = {"starts_at": clock.to_rfc3339(start), "ends_at": clock.to_rfc3339(start + timedelta(hours=1))}
    return await made(driver, "/me/bookings", {**slot, "location_id": location_id, "rules_version": 1})


async def test_a_booking_is_found_opened_and_cancelled_for_its_driver(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    site = {"name": "Quay", "city": "Hamburg", "country": "DE", "time_zone": "Europe/Berlin"}
    location = await made(api, "/locations", site)
    assert (await api.put(f"/locations/{location['id']}/booking-rules", json=RULES)).is_success
    evse = {"evse_number": 1, "connectors": [{"connector_number": 1, "type": "cCCS2"}]}
    await made(api, "/charging-stations", {"identity": "B-1", "location_id": location["id"], "evses": [evse]})
    async with a_driver(server, api, "dana@voltway.example") as driver, opened(browser, server) as page:
        await made(driver, "/me/id-tokens/app", {})
        booking = await booked(driver, location["id"])
        await made(driver, "/me/queue-places", {"location_id": location["id"]})

        await page.goto("/bookings")
        await log_in(page)
        row = page.get_by_role("row", name=re.compile("B-1"))
        await expect(row).to_contain_text("Confirmed")
        broken = await looked_at(page, "bookings")
        await page.get_by_label("From this day").fill("2020-01-01")
        await page.get_by_label("Until this day").fill("2020-01-02")
        await expect(page.get_by_text("Nothing matches")).to_be_visible()
        await page.goto(f"/bookings?location={location['id']}&state=confirmed")
        await row.get_by_role("link").click()
        await expect(page.get_by_role("heading", name=re.compile("^Quay, "))).to_be_visible()
        broken += await looked_at(page, "booking")
        await page.get_by_role("button", name="Cancel for the driver").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Reason").fill("The street is closed")
        broken += await broken_rules(page)
        await dialog.get_by_role("button", name="Cancel for the driver").click()
        await expect(page.get_by_text("The street is closed")).to_be_visible()
        await expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()
        seen = (await driver.get(f"/me/bookings/{booking['id']}")).json()
        assert (seen["state"], seen["reason"], seen["fee"]) == ("cancelled", "The street is closed", None)

        await page.get_by_role("link", name="Open the driver").click()
        await expect(page.get_by_role("heading", name="Dana")).to_be_visible()
        await expect(page.get_by_text("dana@voltway.example")).to_be_visible()
        await expect(page.get_by_role("table", name="ID tokens").get_by_role("row")).to_have_count(2)
        broken += await looked_at(page, "driver")
        for tab in ("Sessions", "Bookings", "Payments", "Tickets"):
            await page.get_by_role("tab", name=tab).click()
            await expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
            broken += await looked_at(page, f"driver-{tab}")

        await page.goto("/bookings?tab=queue")
        await page.get_by_role("button", name="Take out of the queue").click()
        await dialog.get_by_label("Reason").fill("The site closes")
        await dialog.get_by_role("button", name="Take out of the queue").click()
        await expect(page.get_by_role("table", name="Queue").get_by_text("The site closes")).to_be_visible()
        broken += await looked_at(page, "queue")
        assert broken == []

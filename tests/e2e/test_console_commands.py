"""Commands of different shapes given at the console, in a real browser, to stations that keep what they are told."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from e2e.browser import find_chromium
from e2e.ocpp_stations import Ocpp201, connected
from e2e.server_process import ServerProcess
from e2e.test_accessibility import broken_rules
from e2e.test_console import api, browser, log_in, made, opened, server  # noqa: F401 - fixtures

pytestmark = pytest.mark.skipif(
    find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"
)


async def choose(page: Page, label: str, option: str) -> None:
    await page.get_by_role("combobox", name=label).click()
    await page.get_by_role("option", name=option, exact=True).click()


async def add(api: httpx.AsyncClient, identity: str) -> dict[str, Any]:  # noqa: F811
    evse = {"evse_number": 1, "power_w_max": 22_000, "connectors": [{"connector_number": 1, "type": "cType2"}]}
    return await made(api, "/charging-stations", {"identity": identity, "evses": [evse]})


async def test_commands_of_different_shapes_reach_the_station_as_they_were_filled_in(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    station = await add(api, "C-201")
    async with connected(server.stations_url, "C-201", "ocpp2.0.1", station["password"]) as charger:
        assert isinstance(charger, Ocpp201)
        assert await charger.boot() == "Accepted"
        async with opened(browser, server) as page:
            await page.goto(f"/stations/{station['id']}?tab=commands")
            await log_in(page)

            # A number with its unit, a choice of a set, a choice of what the station has; and its answer.
            await choose(page, "Command", "Ask for composite schedule")
            send = page.get_by_role("button", name="Send", exact=True)
            await expect(send).to_have_attribute("aria-disabled", "true")
            await page.get_by_label("For how long").fill("700000")
            await expect(page.get_by_text("From 1 to 604800")).to_be_visible()
            assert await broken_rules(page) == []
            await page.get_by_label("For how long").fill("600")
            await choose(page, "EVSE", "1")
            await choose(page, "Unit", "W")
            await send.click()
            await expect(page.get_by_role("status").get_by_text("Accepted", exact=True)).to_be_visible()
            await expect(page.get_by_role("status").get_by_text("11000").first).to_be_visible()
            assert charger.told.pop() == (
                "GetCompositeSchedule",
                {"duration": 600, "evse_id": 1, "charging_rate_unit": "W"},
            )

            # Text, an instant in the reader's time, a default; and the question whether it is meant.
            await choose(page, "Command", "Show a message")
            await page.get_by_label("Number").fill("7")
            await page.get_by_label("Text", exact=False).first.fill("Closed for works")
            await page.get_by_label("From", exact=True).fill("2030-01-15T10:30")
            assert await broken_rules(page) == []
            await send.click()
            await page.get_by_role("dialog").get_by_role("button", name="Send").click()
            await expect(page.get_by_role("status").get_by_text("Accepted", exact=True)).to_be_visible()
            action, message = charger.told.pop()
            assert (action, message["id"], message["priority"]) == ("SetDisplayMessage", 7, "NormalCycle")
            assert message["message"]["content"] == "Closed for works"
            assert message["start_date_time"].startswith("2030-01-15T09:30:00")  # Amsterdam, in winter

            # A list of objects.
            await choose(page, "Command", "Set monitors")
            await page.get_by_role("button", name="Add: Monitor").click()
            row = page.get_by_role("group", name="Monitor 1")
            await row.get_by_label("Component", exact=False).first.fill("EVSE")
            await row.get_by_label("Variable", exact=False).first.fill("Power")
            await row.get_by_label("Kind").fill("UpperThreshold")
            await row.get_by_label("Value", exact=False).first.fill("7500.5")
            await row.get_by_label("Severity").fill("12")
            await expect(row.get_by_text("From 0 to 9")).to_be_visible()
            await row.get_by_label("Severity").fill("4")
            assert await broken_rules(page) == []
            await send.click()
            await page.get_by_role("dialog").get_by_role("button", name="Send").click()
            await expect(page.get_by_role("status").get_by_text("Accepted", exact=True)).to_be_visible()
            action, (monitor,) = charger.told.pop()
            assert action == "SetVariableMonitoring"
            assert (monitor["value"], monitor["type"], monitor["severity"]) == (7500.5, "UpperThreshold", 4)
            history = page.get_by_role("table", name="Latest commands")
            await expect(history.get_by_role("row", name=re.compile("Show a message"))).to_contain_text("Accepted")


async def test_what_a_station_cannot_do_is_listed_with_the_reason(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    station = await add(api, "C-16")
    async with connected(server.stations_url, "C-16", "ocpp1.6", station["password"]) as charger:
        assert await charger.boot() == "Accepted"
        async with opened(browser, server) as page:
            await page.goto(f"/stations/{station['id']}?tab=commands")
            await log_in(page)
            await choose(page, "Command", "Ask for base report ocpp1.6 has no get_base_report.")
            await expect(page.get_by_text("The station cannot do this")).to_be_visible()
            send = page.get_by_role("button", name="Send", exact=True)
            await expect(send).to_have_accessible_description("ocpp1.6 has no get_base_report.")
            assert await broken_rules(page) == []
            await page.get_by_role("combobox", name="Command").click()
            await expect(page.get_by_role("option", name="Restart station", exact=True)).to_be_visible()
            assert await broken_rules(page) == []

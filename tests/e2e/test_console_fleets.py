"""Fleets at the console, in a real browser: set up by the staff, used by a car that charges, looked after by their manager."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from e2e.browser import find_chromium
from e2e.ocpp_stations import connected
from e2e.server_process import ServerProcess
from e2e.test_accessibility import broken_rules
from e2e.test_console import TOKEN, a_priced_station, api, browser, log_in, made, opened, server  # noqa: F401 - fixtures

pytestmark = pytest.mark.skipif(
    find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"
)

MANAGER, PASSWORD = "fleet@voltway.example", "another long enough password 4712"


async def cleared(page: Page) -> list[str]:
    """What axe finds once no dialog is on the page any more."""
    await expect(page.get_by_role("dialog")).to_have_count(0)
    return await broken_rules(page)


async def to_tab(page: Page, name: str) -> None:
    await page.get_by_role("tab", name=name, exact=True).click()
    await expect(page.get_by_role("tabpanel", name=name, exact=True)).to_be_visible()


async def choose(page: Page, field: Locator, option: str) -> None:
    await field.click()
    await page.get_by_role("option", name=option).click()


async def test_staff_sets_a_fleet_up_and_takes_it_down(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    for value in ("04FLEET00001", "04FLEET00002"):
        await made(api, "/id-tokens", {"value": value})
    async with opened(browser, server) as page:
        await page.goto("/")
        await log_in(page)
        await page.get_by_role("link", name="Fleets", exact=True).click()
        await expect(page.get_by_text("No fleets yet")).to_be_visible()
        await page.get_by_role("button", name="Add a fleet").first.click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Add a fleet").click()
        await expect(dialog.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
        await dialog.get_by_label("Name").fill("Parcels")
        await dialog.get_by_role("button", name="Add a fleet").click()
        assert await cleared(page) == []
        await page.get_by_role("link", name="Parcels").click()
        await expect(page.get_by_role("heading", name="Parcels")).to_be_visible()

        await to_tab(page, "Cost centres")
        await page.get_by_role("button", name="Add a cost centre").click()
        await dialog.get_by_label("Code").fill("4711")
        await dialog.get_by_label("Name").fill("North")
        await dialog.get_by_role("button", name="Add a cost centre").click()
        await expect(page.get_by_role("row", name="4711 North")).to_be_visible()

        await to_tab(page, "Vehicles")
        await page.get_by_role("button", name="Add a vehicle").click()
        await dialog.get_by_label("Plate").fill("HH-VW 1")
        await dialog.get_by_label("Name").fill("Van")
        await dialog.get_by_label("Battery").fill("77")
        await choose(page, dialog.get_by_role("combobox", name="Cost centre"), "4711 · North")
        await dialog.get_by_role("button", name="Add a vehicle").click()
        vehicle = page.get_by_role("row", name="HH-VW 1")
        await expect(vehicle).to_contain_text("77")
        await expect(vehicle).to_contain_text("4711 · North")
        assert await cleared(page) == []

        await to_tab(page, "Members")
        await page.get_by_role("button", name="Add a member").click()
        await dialog.get_by_role("button", name="Add a member").click()
        await expect(dialog.get_by_text("Choose a card")).to_be_visible()
        await dialog.get_by_role("combobox", name="Card").fill("fleet00001")
        await expect(page.get_by_role("option")).to_have_count(1)
        await page.get_by_role("option", name="04FLEET00001").click()
        await choose(page, dialog.get_by_role("combobox", name="Vehicle"), "HH-VW 1 · Van")
        await dialog.get_by_role("button", name="Add a member").click()
        member = page.get_by_role("row", name="04FLEET00001")
        await expect(member).to_contain_text("HH-VW 1")
        await expect(member).to_contain_text("of the vehicle")
        assert await cleared(page) == []

        await to_tab(page, "Limits")
        await page.get_by_role("button", name="Add a limit").click()
        await choose(page, dialog.get_by_role("combobox", name="Limit of"), "A vehicle")
        await dialog.get_by_text("Money", exact=True).click()
        await dialog.get_by_label("At most").fill("250.50")
        await dialog.get_by_role("button", name="Add a limit").click()
        await expect(dialog.get_by_text("Choose one")).to_be_visible()
        await choose(page, dialog.get_by_role("combobox", name="Which one"), "HH-VW 1 · Van")
        await dialog.get_by_role("button", name="Add a limit").click()
        limit = page.get_by_role("row", name="HH-VW 1")
        await expect(limit).to_contain_text("€0.00 of €250.50 · this month")
        await limit.get_by_role("button", name="Edit").click()
        await dialog.get_by_text("Energy", exact=True).click()
        await dialog.get_by_label("At most").fill("40")
        await dialog.get_by_role("button", name="Save").click()
        await expect(limit).to_contain_text("0.00 kWh of 40.00 kWh")
        assert await cleared(page) == []

        await expect(page.get_by_role("button", name="Delete")).to_have_accessible_description(
            "It still has members or vehicles."
        )
        await to_tab(page, "Vehicles")
        await expect(vehicle.get_by_role("button", name="Remove")).to_have_accessible_description(
            "A member is assigned to it."
        )
        await to_tab(page, "Members")
        await member.get_by_role("button", name="Remove").click()
        await dialog.get_by_role("button", name="Remove").click()
        await expect(page.get_by_text("No members yet")).to_be_visible()
        await to_tab(page, "Vehicles")
        await vehicle.get_by_role("button", name="Remove").click()
        await dialog.get_by_role("button", name="Remove").click()
        await expect(page.get_by_text("No vehicles yet")).to_be_visible()
        await to_tab(page, "Limits")
        await expect(page.get_by_text("No limits yet")).to_be_visible()
        await page.get_by_role("button", name="Edit").click()
        await dialog.get_by_label("Name").fill("Letters")
        await dialog.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", name="Letters")).to_be_visible()
        await page.get_by_role("button", name="Delete").click()
        await dialog.get_by_role("button", name="Delete").click()
        await expect(page.get_by_text("No fleets yet")).to_be_visible()
    assert (await api.get("/fleets")).json()["items"] == []
    for action in ("fleet.changed", "fleet.removed", "vehicle.removed", "fleet_member.removed", "fleet_limits.set"):
        assert (await api.get("/audit-entries", params={"action": action})).json()["items"] != [], action


async def test_what_a_car_charges_is_seen_by_the_manager_who_may_not_do_everything(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    station = await a_priced_station(api, "CS-FLEET")
    [token] = (await api.get("/id-tokens", params={"value": TOKEN})).json()["items"]
    fleet = await made(api, "/fleets", {"name": "Taxis", "time_zone": "UTC"})
    await made(api, "/fleets", {"name": "Of somebody else", "time_zone": "UTC"})
    path = f"/fleets/{fleet['id']}"
    taxi = await made(api, f"{path}/vehicles", {"plate": "B-TX 7", "name": "Taxi"})
    assert (await api.put(f"{path}/members/{token['id']}")).is_success
    assert (await api.put(f"{path}/members/{token['id']}/assignment", json={"vehicle_id": taxi["id"]})).is_success
    limits = [
        {"kind": "fleet", "span": "month", "energy_wh": 20_000},
        {"kind": "fleet", "span": "day", "amount_minor": 600, "currency": "EUR"},
    ]
    assert (await api.put(f"{path}/limits", json={"items": limits})).is_success
    account = ("--email", MANAGER, "--role", "fleet_manager", "--password-stdin")
    server.command("admin", "create", *account, typed=f"{PASSWORD}\n")

    now = datetime.now(UTC)
    async with connected(server.stations_url, "CS-FLEET", "ocpp2.0.1", station["password"]) as charger:
        assert await charger.boot() == "Accepted"
        await charger.begin(TOKEN, now - timedelta(minutes=30), 1_000_000)
        await charger.end(now, 1_012_345)

    async with opened(browser, server) as page:
        await page.goto(f"{path}?tab=managers")
        await log_in(page)
        await page.get_by_role("button", name="Add a manager").click()
        dialog = page.get_by_role("dialog")
        await choose(page, dialog.get_by_role("combobox", name="Manager"), MANAGER)
        await dialog.get_by_role("button", name="Add a manager").click()
        await expect(page.get_by_role("table", name="Managers").get_by_role("row")).to_have_count(2)
        assert await cleared(page) == []

    async with opened(browser, server) as page:
        await page.goto("/")
        await page.get_by_label("E-mail").fill(MANAGER)
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Log in").click()
        row = page.get_by_role("row", name="Taxis")
        # The session is the fleet's, and its price comes a moment later.
        await expect(row).to_contain_text("12.35 kWh of 20.00 kWh · this month")
        await expect(row).to_contain_text("€6.14 of €6.00 · today · used up")
        await expect(page.get_by_text("Of somebody else")).to_have_count(0)
        await expect(page.get_by_role("button", name="Add a fleet")).to_have_accessible_description(
            "Your role does not include this."
        )
        assert await broken_rules(page) == []
        await row.get_by_role("link").click()
        member = page.get_by_role("row", name="B-TX 7")
        await expect(member).to_contain_text(f"***{TOKEN[-4:]}")
        await expect(member.get_by_role("button", name="Remove")).to_have_attribute("aria-disabled", "true")
        await expect(member.get_by_role("button", name="Assign")).not_to_have_attribute("aria-disabled", "true")

        await to_tab(page, "Statements")
        table = page.get_by_role("table", name="Statements")
        await expect(table.get_by_role("row", name="B-TX 7")).to_contain_text("12.35 kWh€5.16€6.14")
        assert await broken_rules(page) == []
        async with page.expect_download() as download:
            await page.get_by_role("link", name="CSV").click()
        assert (await download.value).suggested_filename == f"fleet-{now:%Y-%m}.csv"
        table_text = await asyncio.to_thread((await (await download.value).path()).read_text)
        assert table_text.splitlines()[1] == f"{now:%Y-%m},,B-TX 7,1,12.345,EUR,5.16,6.14"
        last_month = f"{now.replace(day=1) - timedelta(days=1):%B %Y}"
        await choose(page, page.get_by_role("combobox", name="Month"), last_month)
        await expect(page.get_by_text("Nothing was charged in this month")).to_be_visible()
        await to_tab(page, "Managers")
        assert await broken_rules(page) == []

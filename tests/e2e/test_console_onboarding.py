"""How stations come into the network, at the console in a real browser: let in, turned away, by token, and with codes to print."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import Browser, expect

from e2e.browser import find_chromium
from e2e.ocpp_stations import Ocpp16, connected
from e2e.server_process import ServerProcess
from e2e.test_accessibility import broken_rules
from e2e.test_console import api, browser, log_in, made, opened, server  # noqa: F401 - fixtures

pytestmark = pytest.mark.skipif(
    find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"
)


async def test_a_station_that_waits_is_turned_away_and_let_in_after_all(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    station = await made(api, "/charging-stations", {"identity": "W-1", "registration": "pending"})
    async with opened(browser, server) as page:
        await page.goto("/onboarding")
        await log_in(page)
        waiting = page.get_by_role("table", name="Stations that nobody has let in").get_by_role("row", name="W-1")
        await waiting.get_by_role("button", name="Turn away").click()
        await page.get_by_role("dialog").get_by_role("button", name="Turn away").click()
        await expect(waiting).to_have_count(0)
        found = (await api.get(f"/charging-stations/{station['id']}")).json()
        assert found["registration"] == "rejected"

        await page.get_by_text("Turned away", exact=True).click()
        await expect(waiting).to_be_visible()
        assert await broken_rules(page) == []
        await waiting.get_by_role("button", name="Accept").click()
        await expect(waiting).to_have_count(0)
        found = (await api.get(f"/charging-stations/{station['id']}")).json()
        assert found["registration"] == "accepted"


async def test_a_token_lets_stations_in_until_it_is_revoked(
    server: ServerProcess,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    async with opened(browser, server) as page:
        await page.goto("/onboarding")
        await log_in(page)
        await page.get_by_role("button", name="Add a token").first.click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Add a token").click()
        await expect(dialog.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
        await dialog.get_by_label("Name").fill("Depot")
        await dialog.get_by_role("textbox", name="Stations").fill("2")
        await dialog.get_by_role("button", name="Add a token").click()
        token = (await dialog.locator("pre").inner_text()).strip()
        await dialog.get_by_role("button", name="I have kept it").click()
        row = page.get_by_role("row", name="Depot")
        await expect(row.get_by_text("0 of 2")).to_be_visible()
        assert await broken_rules(page) == []

        async with connected(server.stations_url, "T-1", "ocpp1.6", token) as charger:
            assert isinstance(charger, Ocpp16)
            assert await charger.boot() == "Accepted"
        await page.reload()
        await expect(row.get_by_text("1 of 2")).to_be_visible()
        await row.get_by_role("button", name="Revoke").click()
        await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        await expect(row.get_by_text("Revoked")).to_be_visible()
        await expect(row.get_by_role("button")).to_have_count(0)


async def test_codes_of_a_station_and_of_its_location_are_printed(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    place = await made(api, "/locations", {"name": "Quay", "time_zone": "Europe/Amsterdam"})
    stations = [
        await made(
            api,
            "/charging-stations",
            {"identity": f"Q-{number}", "location_id": place["id"], "evses": [{"evse_number": 1}, {"evse_number": 2}]},
        )
        for number in (1, 2)
    ]
    code = (await api.get(f"/charging-stations/{stations[0]['id']}/public-code")).json()["code"]
    async with opened(browser, server) as page:
        await page.goto(f"/stations/{stations[0]['id']}?tab=details")
        await log_in(page)
        await page.get_by_role("link", name="Print the codes").click()
        labels = page.get_by_role("listitem").filter(has=page.get_by_role("img", name=re.compile("QR code of")))
        await expect(labels).to_have_count(2)
        await expect(page.get_by_text(f"{code[:4]}-{code[4:]}-2", exact=True)).to_be_visible()
        await expect(page.get_by_text(re.compile(rf"/c/{code}-1$"))).to_be_visible()
        assert await broken_rules(page) == []
        await page.emulate_media(media="print")
        await expect(page.get_by_role("navigation")).to_be_hidden()
        await expect(labels.first).to_be_visible()
        await page.emulate_media(media="screen")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(urlsplit(request.url).path))
        await expect(page.get_by_text("Some of these labels have no telephone number")).to_be_visible()
        await page.get_by_role("link", name="The whole location").click()
        await expect(labels).to_have_count(4)
        assert [path for path in asked if "code" in path and path.startswith("/api/")] == ["/api/v1/public-codes"]

        await page.goto("/locations")
        await page.get_by_role("row", name=re.compile("Quay")).get_by_role("button", name="Set").click()
        await page.get_by_role("dialog").get_by_label("Helpline").fill("+31 20 123 4567")
        assert await broken_rules(page) == []
        await page.get_by_role("dialog").get_by_role("button", name="Save").click()
        await expect(page.get_by_role("button", name="+31 20 123 4567")).to_be_visible()
        await page.goto(f"/codes?location={place['id']}")
        await expect(labels).to_have_count(4)
        await expect(labels.first).to_contain_text("Help: +31 20 123 4567")
        assert await broken_rules(page) == []


async def test_what_a_new_station_still_lacks_is_listed_and_mended(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    await made(api, "/locations", {"name": "Depot", "time_zone": "Europe/Berlin"})
    await made(api, "/id-tokens", {"value": "TESTER"})
    station = await made(api, "/charging-stations", {"identity": "N-1"})
    now = datetime.now(UTC)
    async with (
        connected(server.stations_url, "N-1", "ocpp1.6", station["password"]) as charger,
        opened(browser, server) as page,
    ):
        assert isinstance(charger, Ocpp16)
        await charger.boot()
        await charger.say_status(now, is_occupied=False)
        await page.goto(f"/stations/{station['id']}?tab=details")
        await log_in(page)
        points = page.get_by_role("region", name="Commissioning")
        point = lambda text: points.get_by_role("listitem").filter(has_text=text)  # noqa: E731
        await expect(point("It is connected: done")).to_be_visible()
        await expect(point("It has a location: to be done")).to_be_visible()
        await expect(point("A car has charged: to be done")).to_be_visible()
        await expect(point("The charge was measured: not yet")).to_be_visible()
        assert await broken_rules(page) == []
        await page.get_by_role("button", name="Change the station").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Name").fill("By the gate")
        await dialog.get_by_role("combobox", name="Location").click()
        await page.get_by_role("option", name="Depot").click()
        await dialog.get_by_label("Power of EVSE 1").fill("22")
        await dialog.get_by_role("combobox", name="Plug 1").click()
        await page.get_by_role("option", name="Type 2", exact=True).click()
        assert await broken_rules(page) == []
        await dialog.get_by_role("button", name="Save").click()
        for text in ("It has a location: done", "All plugs are named: done", "All EVSEs have their power: done"):
            await expect(point(text)).to_be_visible()
        begins = now - timedelta(minutes=30)
        await charger.begin("TESTER", begins, 1_000)
        for minute in range(5, 30, 5):
            await charger.meter(begins + timedelta(minutes=minute), 1_000 + minute * 100)
        await charger.end(now, 4_000)
        await page.reload()
        await expect(point("A car has charged: done")).to_be_visible()
        await expect(point("The charge was measured: done")).to_be_visible()
        await expect(point("The charge has a price: to be done")).to_contain_text("No tariff holds here")
    found = (await api.get(f"/charging-stations/{station['id']}")).json()
    (evse,) = found["evses"]
    assert (found["name"], evse["power_w_max"], evse["connectors"][0]["type"]) == ("By the gate", 22_000, "cType2")
    assert evse["connectors"][0]["status"] == "Available"

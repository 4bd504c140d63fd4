"""Long lists at the console, in a real browser: in order, kept as views, saved as CSV, and many stations told at once."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from e2e.browser import find_chromium
from e2e.ocpp_stations import Ocpp16, connected
from e2e.server_process import ServerProcess
from e2e.test_accessibility import broken_rules
from e2e.test_console import api, browser, log_in, made, opened, server  # noqa: F401 - fixtures

pytestmark = pytest.mark.skipif(
    find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"
)


async def identities(page: Page) -> list[str]:
    links = page.get_by_role("table", name="Stations").get_by_role("link")
    return [text for text in await links.all_inner_texts() if text.startswith("L-")]


async def test_a_list_is_put_in_order_kept_as_a_view_and_saved(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    for identity in ("L-2", "L-3", "L-1"):
        await made(api, "/charging-stations", {"identity": identity})
    async with opened(browser, server) as page:
        await page.goto("/stations?text=L-")
        await log_in(page)
        await page.get_by_role("button", name="Identity").click()
        await expect(page).to_have_url(re.compile("sort=identity"))
        await expect(page.get_by_role("table", name="Stations").get_by_role("link").first).to_have_text("L-1")
        assert await identities(page) == ["L-1", "L-2", "L-3"]
        await page.get_by_role("button", name="Views").click()
        await expect(page.get_by_role("menuitem").first).to_be_visible()
        assert await broken_rules(page) == []
        await page.get_by_role("menuitem", name=re.compile("Save this view")).click()
        await page.get_by_role("dialog").get_by_label("Name").fill("The Ls")
        await page.get_by_role("dialog").get_by_role("button", name="Save").click()
        await expect(page.get_by_role("button", name="The Ls")).to_be_visible()
        async with page.expect_download() as saving:
            await page.get_by_role("button", name="Save as CSV").click()
        saved = (await (await saving.value).path()).read_text().splitlines()
        assert [line.split(",")[0] for line in saved] == ["identity", "L-1", "L-2", "L-3"]

        await page.goto("/stations")  # another day
        await page.get_by_role("button", name="Views").click()
        await page.get_by_role("menuitem", name="The Ls").click()
        await expect(page).to_have_url(re.compile("text=L-"))
        await expect(page.get_by_label("Identity, vendor or model")).to_have_value("L-")
        await expect(page.get_by_role("link", name="L-3")).to_be_visible()
        await expect(page.get_by_role("menu")).to_have_count(0)
        assert await broken_rules(page) == []


async def test_many_stations_are_told_and_each_says_what_became_of_it(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    online = await made(api, "/charging-stations", {"identity": "M-ON"})
    await made(api, "/charging-stations", {"identity": "M-OFF"})
    async with connected(server.stations_url, "M-ON", "ocpp1.6", online["password"]) as charger:
        assert isinstance(charger, Ocpp16)
        assert await charger.boot() == "Accepted"
        async with opened(browser, server) as page:
            await page.goto("/stations?text=M-O")
            await log_in(page)
            await page.get_by_role("checkbox", name="Choose all that are shown").check()
            bar = page.get_by_role("region", name="Chosen stations")
            await expect(bar.get_by_text("2 stations chosen")).to_be_visible()
            assert await broken_rules(page) == []
            await bar.get_by_role("button", name="Restart").click()
            dialog = page.get_by_role("dialog")
            await dialog.get_by_label("Reason").fill("After the storm")
            await dialog.get_by_role("button", name="Tell 2 stations").click()
            await expect(page.get_by_role("heading", name="Restart · 2 stations")).to_be_visible()
            await expect(page.get_by_role("row", name=re.compile("M-ON")).get_by_text("Accepted").first).to_be_visible()
            await expect(page.get_by_role("row", name=re.compile("M-OFF"))).to_contain_text("Station offline")
            assert await broken_rules(page) == []
            await page.get_by_role("link", name="Bulk actions").click()
            await expect(page.get_by_role("link", name="Restart · 2 stations")).to_be_visible()
            assert await broken_rules(page) == []
    acts = (await api.get("/audit-entries", params={"action": "bulk_order.made"})).json()["items"]
    assert [act["reason"] for act in acts] == ["After the storm"]


async def test_of_a_long_list_only_what_is_in_sight_is_in_the_page(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    for start in range(0, 300, 20):
        await asyncio.gather(
            *(made(api, "/charging-stations", {"identity": f"V-{start + index:03d}"}) for index in range(20))
        )
    async with opened(browser, server) as page:
        await page.goto("/stations?text=V-&sort=identity")
        await log_in(page)
        await expect(page.get_by_role("link", name="V-000")).to_be_visible()
        await page.get_by_role("checkbox", name="Choose V-000").check()
        for _ in range(60):
            await page.mouse.wheel(0, 2000)
            if await page.get_by_role("link", name="V-299").count():
                break
            await page.wait_for_timeout(100)
        await expect(page.get_by_role("link", name="V-299")).to_be_visible()
        assert await page.get_by_role("link", name=re.compile("^V-")).count() < 100
        await expect(page.get_by_role("link", name="V-000")).to_have_count(0)
        await page.get_by_role("button", name="Choose all that match").click()
        await expect(page.get_by_text("300 stations chosen")).to_be_visible()
        await page.evaluate("window.scrollTo(0, 0)")
        await expect(page.get_by_role("link", name="V-000")).to_be_visible()
        await expect(page.get_by_role("checkbox", name="Choose V-000")).to_be_checked()


async def test_a_report_is_drawn_and_names_its_places(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    for identity, name in (("R-1", "Kade"), ("R-2", "Markt")):
        place = await made(api, "/locations", {"name": name, "time_zone": "Europe/Amsterdam"})
        station = await made(api, "/charging-stations", {"identity": identity, "location_id": place["id"]})
        async with connected(server.stations_url, identity, "ocpp1.6", station["password"]) as charger:
            assert isinstance(charger, Ocpp16)
            assert await charger.boot() == "Accepted"
            await charger.say_status(datetime.now(UTC), is_occupied=False)
    async with opened(browser, server) as page:
        await page.goto("/reports")
        await log_in(page)
        await page.get_by_role("combobox", name="Kind").click()
        await page.get_by_role("option", name="Utilisation").click()
        for group, names in (("Location", ["Kade", "Markt"]), ("Station", ["R-1", "R-2"])):
            await page.get_by_role("combobox", name="By").click()
            await page.get_by_role("option", name=group).click()
            table = page.get_by_role("table", name="Utilisation")
            for name in names:
                await expect(table.get_by_role("cell", name=name, exact=True)).to_be_visible()
            await expect(page.get_by_role("img", name="Utilisation: Utilisation")).to_be_visible()
        assert await broken_rules(page) == []


async def test_errors_among_many_messages_are_found_and_the_address_says_how(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    record = await made(api, "/charging-stations", {"identity": "M-1"})
    async with connected(server.stations_url, "M-1", "ocpp1.6", record["password"]) as station:
        assert isinstance(station, Ocpp16)
        await station.boot()
        await station._connection.send("nonsense")  # older than what the first page of 100 holds
        for _ in range(60):
            await station.authorize("NOBODY")
    async with opened(browser, server) as page:
        await page.goto(f"/stations/{record['id']}?tab=messages")
        await log_in(page)
        rows = page.get_by_role("tabpanel").get_by_role("listitem")
        await expect(rows.filter(has_text="Authorize").first).to_be_visible()
        await expect(rows.filter(has_text="FormationViolation")).to_have_count(0)
        await page.get_by_label("Only errors").click()
        await expect(rows).to_have_count(1)
        await expect(rows).to_contain_text("FormationViolation")
        await expect(page).to_have_url(re.compile("errors=true"))
        assert await broken_rules(page) == []
        await page.reload()
        await expect(rows).to_have_count(1)
        await page.get_by_text("In", exact=True).click()
        await expect(page.get_by_text("Nothing matches")).to_be_visible()
        await page.get_by_role("button", name="Show all").click()
        await expect(rows.filter(has_text="Authorize").first).to_be_visible()
        await page.get_by_label("Action").fill("BootNotification")
        await expect(rows).to_have_count(2)


async def test_a_session_that_waits_for_a_decision_is_found_and_decided(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    record = await made(api, "/charging-stations", {"identity": "Q-1"})
    await made(api, "/id-tokens", {"value": "CARD"})
    async with connected(server.stations_url, "Q-1", "ocpp1.6", record["password"]) as station:
        await station.boot()
        now = datetime.now(UTC)
        for offset_s, registers in ((7200, (1_000, 9_000)), (3600, (9_000, 2_000))):  # the second counts backwards
            await station.begin("CARD", now - timedelta(seconds=offset_s), registers[0])
            await station.end(now - timedelta(seconds=offset_s - 1800), registers[1])
    async with opened(browser, server) as page:
        await page.goto("/sessions?station=Q-1")
        await log_in(page)
        rows = page.get_by_role("table", name="Sessions").get_by_role("row", name=re.compile("Q-1"))
        await expect(rows).to_have_count(2)
        await page.get_by_text("Needs a decision").click()
        await expect(rows).to_have_count(1)
        await expect(page).to_have_url(re.compile("review=true"))
        assert await broken_rules(page) == []
        await rows.get_by_role("link").click()
        await expect(page.get_by_text("The meter counted backwards")).to_be_visible()
        assert await broken_rules(page) == []
        await page.get_by_role("button", name="Do not bill").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Reason").fill("The meter was changed that day")
        await dialog.get_by_role("button", name="Do not bill").click()
        await expect(page.get_by_text("Somebody decided that it is not billed")).to_be_visible()
        await expect(page.get_by_role("button", name="Do not bill")).to_have_count(0)
    acts = (await api.get("/audit-entries", params={"action": "session.reviewed"})).json()["items"]
    assert [act["reason"] for act in acts] == ["The meter was changed that day"]
    assert (await api.get("/sessions", params={"awaits_review": True})).json()["items"] == []

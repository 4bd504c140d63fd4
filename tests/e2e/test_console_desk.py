"""The support desk at the console, in a real browser: why a station does not charge, a ticket about it, one box that finds
everything, many stations from a file, firmware for many, and all of it in Chinese."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from ocpp.v16 import call
from playwright.async_api import Browser, expect

from e2e.browser import find_chromium
from e2e.ocpp_stations import Ocpp16, connected, rfc3339
from e2e.server_process import ServerProcess
from e2e.test_accessibility import broken_rules
from e2e.test_console import api, browser, log_in, made, opened, server  # noqa: F401 - fixtures

pytestmark = pytest.mark.skipif(
    find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"
)


async def test_a_broken_station_says_why_and_a_ticket_is_opened_and_solved(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    evse = {"evse_number": 1, "connectors": [{"connector_number": 1}]}
    station = await made(api, "/charging-stations", {"identity": "CS-BROKEN", "evses": [evse]})
    async with connected(server.stations_url, "CS-BROKEN", "ocpp1.6", station["password"]) as charger:
        assert isinstance(charger, Ocpp16)
        assert await charger.boot() == "Accepted"
        fault = call.StatusNotification(1, "ConnectorLockFailure", "Faulted", rfc3339(datetime.now(UTC)))  # type: ignore[arg-type]
        await charger.call(fault, suppress=False)
        async with opened(browser, server) as page:
            await page.goto(f"/stations/{station['id']}")
            await log_in(page)
            await expect(
                page.get_by_text("The plug’s lock").or_(page.get_by_text("The plug's lock")).first
            ).to_be_visible()
            await page.get_by_role("tab", name="Timeline").click()
            cause = page.get_by_role("region", name=re.compile("lock does not close"))
            await expect(cause.get_by_text("ConnectorLockFailure")).to_be_visible()
            await expect(cause.get_by_role("button", name="Unlock connector")).to_be_visible()
            evidence = page.get_by_role("button", name=re.compile("Status.*Faulted.*Evidence"))
            await evidence.click()
            await expect(page.get_by_text(re.compile("wire_status")).first).to_be_visible()
            await expect(page.get_by_role("button", name=re.compile("BootNotification")).first).to_be_visible()

            await page.get_by_role("button", name="Open a ticket").click()
            dialog = page.get_by_role("dialog")
            await dialog.get_by_label("Subject").fill("Cable does not come out")
            await dialog.get_by_label("What happened").fill("The driver stands beside it")
            await dialog.get_by_role("button", name="Open a ticket").click()
            await expect(page.get_by_role("heading", name="Cable does not come out")).to_be_visible()
            await expect(page.get_by_text("The driver stands beside it")).to_be_visible()
            await page.get_by_role("button", name="Solved", exact=True).click()
            await expect(page.get_by_role("button", name="Open again")).to_be_visible()
            await page.get_by_role("link", name="CS-BROKEN").click()
            await expect(page.get_by_role("heading", name="CS-BROKEN")).to_be_visible()


async def test_one_box_finds_stations_and_pages_by_the_keyboard_alone(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    await made(api, "/charging-stations", {"identity": "CS-NEEDLE"})
    async with opened(browser, server) as page:
        await page.goto("/stations")
        await log_in(page)
        await expect(page.get_by_role("heading", name="Stations", exact=True)).to_be_visible()
        await page.keyboard.press("Control+k")
        await page.get_by_placeholder(re.compile("^Station, session")).fill("needle")
        await expect(page.get_by_role("option", name=re.compile("CS-NEEDLE"))).to_be_visible()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="CS-NEEDLE")).to_be_visible()
        await page.locator("body").press("/")
        await page.get_by_placeholder(re.compile("^Station, session")).fill("tick")
        await expect(page.get_by_role("option", name="Tickets")).to_be_visible()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Tickets", exact=True)).to_be_visible()


async def test_stations_from_a_file_and_the_console_in_chinese(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
    tmp_path: Path,
) -> None:
    await made(api, "/locations", {"name": "Hall A"})
    file = tmp_path / "stations.csv"
    file.write_text("identity,location,security_profile\nCS-FILE-1,Hall A,1\nCS-FILE-2,Nowhere,1\nCS-FILE-3,,2\n")
    async with opened(browser, server) as page:
        await page.goto("/stations/import")
        await log_in(page)
        await page.locator("input[type=file]").set_input_files(file)
        await expect(page.get_by_text("There is no location “Nowhere”")).to_be_visible()
        await page.get_by_role("button", name="Add 2 stations").click()
        await expect(page.get_by_text("2 added, 2 good, 1 wrong")).to_be_visible()
        async with page.expect_download() as saving:
            await page.get_by_role("button", name="Save the passwords").click()
        saved = (await (await saving.value).path()).read_text().splitlines()
        assert saved[0] == "identity,password"
        assert [line.split(",")[0] for line in saved[1:]] == ["CS-FILE-1", "CS-FILE-3"]
        assert all(len(line.split(",")[1]) >= 16 for line in saved[1:])

        await page.get_by_role("button", name="Language").click()
        await page.get_by_role("menuitem", name="中文").click()
        await expect(page.get_by_role("heading", name="从 CSV 导入")).to_be_visible()
        await page.get_by_role("link", name="充电站", exact=True).first.click()
        await expect(page.get_by_role("link", name="CS-FILE-1")).to_be_visible()
        assert await page.locator("html").get_attribute("lang") == "zh"
    found = (await api.get("/charging-stations", params={"text": "CS-FILE"})).json()["items"]
    assert {each["identity"] for each in found} == {"CS-FILE-1", "CS-FILE-3"}


async def test_a_firmware_campaign_is_planned_started_and_stopped_with_a_reason(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    station = await made(api, "/charging-stations", {"identity": "CS-OLD"})
    async with connected(server.stations_url, "CS-OLD", "ocpp1.6", station["password"]) as charger:
        assert await charger.boot() == "Accepted"
    async with opened(browser, server, refused=422) as page:
        await page.goto("/firmware-campaigns")
        await log_in(page)
        await page.get_by_role("button", name="Upload an image").click()
        upload = page.get_by_role("dialog")
        for label, value in (("Vendor", "Vendor"), ("Model", "Model 16"), ("Version", "9.1"), ("SHA-256", "ab" * 32)):
            await upload.get_by_label(label).fill(value)
        async with page.expect_file_chooser() as choosing:
            await upload.get_by_role("button", name="File").click()
        file = {"name": "nine.bin", "mimeType": "application/octet-stream", "buffer": b"new firmware"}
        await (await choosing.value).set_files([file])  # type: ignore[arg-type]
        await upload.get_by_role("button", name="Upload", exact=True).click()
        await expect(upload.get_by_role("alert")).to_contain_text("another sha256")
        assert (await api.get("/firmware-images")).json()["items"] == []  # what was refused leaves nothing behind
        await upload.get_by_label("SHA-256").fill(hashlib.sha256(b"new firmware").hexdigest())
        await upload.get_by_role("button", name="Upload", exact=True).click()
        await expect(page.get_by_role("table", name="Firmware images").get_by_text("nine.bin")).to_be_visible()
        assert await broken_rules(page) == []
        await page.get_by_role("button", name="Plan a campaign").first.click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Name").fill("Nine for all")
        await dialog.get_by_role("combobox", name="Image").click()
        await page.get_by_role("option", name="Vendor Model 16 9.1").click()
        await expect(dialog.get_by_text(re.compile(r"^For \d+ stations? of Vendor Model 16"))).to_be_visible()
        await dialog.get_by_role("button", name="Plan", exact=True).click()
        await expect(page.get_by_role("heading", name="Nine for all")).to_be_visible()
        await expect(page.get_by_text("Planned")).to_be_visible()
        await page.get_by_role("button", name="Start", exact=True).click()
        await expect(page.get_by_text("Running", exact=True)).to_be_visible()
        await expect(page.get_by_role("link", name="CS-OLD")).to_be_visible()
        await page.get_by_role("button", name="Stop for good").click()
        reason = page.get_by_role("dialog")
        await reason.get_by_label("Reason").fill("Only a try")
        await reason.get_by_role("button", name="Stop for good").click()
        await expect(page.get_by_text("Stopped", exact=True)).to_be_visible()
    acts = (await api.get("/audit-entries", params={"action": "firmware_campaign.changed"})).json()["items"]
    assert [act["reason"] for act in acts] == ["Only a try", None]

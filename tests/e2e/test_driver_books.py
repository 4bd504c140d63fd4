"""A driver books a time and waits in line: in a real browser, at the real server, at stations on real links."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from builders import eventually
from e2e.browser import find_chromium, launch_options, page_options
from e2e.guest_station import GuestStation, guest_station
from e2e.server_process import ServerProcess
from e2e.test_accessibility import AXE, broken_rules
from voltway.kernel import clock

PATIENCE_S = 60.0
SIZES: dict[str, tuple[dict[str, Any], str]] = {
    "phone": ({"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 2}, "light"),
    "desktop": ({"viewport": {"width": 1280, "height": 900}}, "dark"),
}
STATION_PASSWORD = "a station's own password"
PASSWORD = "a driver's long password"
RULES = {
    "is_bookable": True,
    "has_queue": True,
    "hold_minutes": 120,  # a slot of the next two hours is held at once, and one can check in for it
    "no_show_fee_minor": 595,
    "late_cancel_fee_minor": 238,
    "vat_percent": "19",
    "free_cancel_minutes": 180,
}
PICTURES = os.environ.get("DRIVER_PICTURES")
"""A folder: where to put pictures of the pages, for people to look at."""

pytestmark = [
    pytest.mark.skipif(find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"),
    pytest.mark.skipif(not AXE.exists(), reason="needs the web packages: make web"),
]


class Site(NamedTuple):
    """A place with one charger, which is free."""

    location_id: str
    name: str
    station: GuestStation


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[ServerProcess]:
    settings = {"VOLTWAY_PAYMENTS__PROVIDERS": '["sandbox", "wallet"]'}
    server = ServerProcess(tmp_path_factory.mktemp("books") / "data", environment=on_database | settings)
    server.start()
    headers = {"Authorization": f"Bearer {server.make_key()}"}
    with httpx.Client(base_url=server.api, headers=headers, trust_env=False, timeout=30) as api:
        prices = {"start_fee": "0.50", "price_per_kwh": "0.40", "price_per_minute": "0", "vat_percent": "19"}
        tariff = api.post("/tariffs", json={"name": "Ad hoc", "currency": "EUR", **prices}).json()
        targets = {"targets": [{"kind": "operator"}]}
        assert api.put(f"/tariffs/{tariff['id']}/assignments", json=targets).is_success
    yield server
    server.kill()


@pytest.fixture(scope="module")
def key(server: ServerProcess) -> str:
    return server.make_key()


@pytest.fixture
async def api(server: ServerProcess, key: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=server.api, headers=headers, trust_env=False, timeout=30) as client:
        yield client


@asynccontextmanager
async def a_page(server: ServerProcess, size: str) -> AsyncIterator[Page]:
    expect.set_options(timeout=PATIENCE_S * 1000)
    shape, scheme = SIZES[size]
    async with async_playwright() as playwright:
        browser: Browser = await playwright.chromium.launch(**launch_options())
        context = await browser.new_context(
            base_url=f"http://localhost:{server.http_port}", reduced_motion="reduce", **page_options(scheme) | shape
        )
        context.set_default_timeout(PATIENCE_S * 1000)
        yield await context.new_page()
        await browser.close()


@asynccontextmanager
async def a_site(server: ServerProcess, api: httpx.AsyncClient, name: str) -> AsyncIterator[Site]:
    site = {"name": name, "city": "Hamburg", "country": "DE", "time_zone": "Europe/Berlin", "is_published": True}
    location = await made(api, "/locations", site)
    answer = await api.put(f"/locations/{location['id']}/booking-rules", json=RULES)
    assert answer.is_success, answer.text
    evses = [{"evse_number": 1, "connectors": [{"connector_number": 1, "type": "cCCS2"}]}]
    identity = name.replace(" ", "-")
    body = {"identity": identity, "password": STATION_PASSWORD, "location_id": location["id"], "evses": evses}
    await made(api, "/charging-stations", body)
    async with guest_station(server.stations_url, identity, STATION_PASSWORD) as station:

        async def is_free() -> bool:
            answer = await api.get(f"/public/locations/{location['id']}")
            return answer.status_code == 200 and bool(answer.json()["free_count"]) and answer.json()["is_bookable"]

        await eventually(is_free, 30)
        yield Site(location["id"], name, station)


@asynccontextmanager
async def a_driver(server: ServerProcess, api: httpx.AsyncClient, email: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with an account, logged in by the API."""
    async with httpx.AsyncClient(base_url=server.api, trust_env=False, timeout=30) as client:
        consents = (await client.get("/registrations")).json()["consents"]
        who = {"email": email, "name": "Dana", "locale": "en", "time_zone": "Europe/Berlin", "operator": "default"}
        assert (await client.post("/registrations", json={**who, "consents": consents})).is_success
        found: list[str] = []

        async def has_mail() -> bool:
            for mail in (await api.get("/mails")).json()["items"]:
                text = (await api.get(f"/mails/{mail['id']}")).json().get("text") or ""
                if mail["to"] == email and (match := re.search(r"/app/verify-email#(\S+)", text)):
                    found.append(match[1])
            return bool(found)

        await eventually(has_mail, 60)
        person = await client.post("/registrations/confirmation", json={"token": found[0], "password": PASSWORD})
        assert person.is_success, person.text
        client.headers["X-CSRF-Token"] = person.json()["csrf_token"]
        yield client


async def made(client: httpx.AsyncClient, path: str, body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def picture(page: Page, name: str) -> None:
    if PICTURES is not None:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


async def log_in(page: Page, email: str) -> None:
    await page.get_by_role("link", name="Log in").click()
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in", exact=True).click()


@pytest.mark.parametrize("size", SIZES)
async def test_driver_books_changes_cancels_and_checks_in(
    server: ServerProcess, api: httpx.AsyncClient, size: str
) -> None:
    email = f"books-{size}@voltway.example"
    async with a_site(server, api, f"Quay {size}") as site, a_driver(server, api, email), a_page(server, size) as page:
        await page.goto(f"/app/#/places/{site.location_id}")
        await page.get_by_role("link", name="Book a time").click()
        await log_in(page, email)
        rules = page.get_by_role("region", name="Before you book")
        await expect(rules).to_contain_text("If you do not come: €5.95.")
        await expect(rules).to_contain_text(
            "Cancelling is free until 3 h before the start. Cancelling later costs €2.38."
        )
        await page.get_by_role("combobox", name="Day").select_option(index=2)
        await page.get_by_role("radio").first.check()
        await expect(page.get_by_text("Free to cancel until")).to_be_visible()
        broken = await broken_rules(page)
        await picture(page, f"book-{size}")
        await page.get_by_role("button", name="Book", exact=True).click()
        await expect(page.get_by_role("heading", name="Booked")).to_be_visible()
        broken += await broken_rules(page)
        await page.get_by_role("link", name="Bookings and queue").click()
        booking = page.get_by_role("article")
        await expect(booking).to_contain_text("Confirmed")
        broken += await broken_rules(page)
        await picture(page, f"booked-{size}")
        before = await booking.get_by_role("heading").inner_text()

        await booking.get_by_role("link", name="Change").click()
        await expect(page.get_by_role("heading", name="Change the booking")).to_be_visible()
        await page.get_by_role("combobox", name="Day").select_option(index=3)
        await page.get_by_role("combobox", name="For", exact=True).select_option("30")
        await page.get_by_role("radio").first.check()
        await page.get_by_role("button", name="Change to this time").click()
        await expect(page.get_by_role("heading", name="Changed")).to_be_visible()
        await page.get_by_role("link", name="Bookings and queue").click()
        await expect(booking).to_contain_text("Confirmed")
        assert await booking.get_by_role("heading").inner_text() != before
        await booking.get_by_role("button", name="Cancel").click()
        await expect(booking).to_contain_text("That costs nothing.")
        await booking.get_by_role("button", name="Yes, cancel").click()
        await expect(booking).to_contain_text("Cancelled")
        await expect(page.get_by_text("Nothing booked.")).to_be_visible()

        await page.goto(f"/app/#/book/{site.location_id}")
        await page.get_by_role("combobox", name="For", exact=True).select_option("30")
        if not await page.get_by_role("radio").count():  # near midnight there the next slots are tomorrow's
            await expect(page.get_by_role("radio").or_(page.get_by_text("Nothing is free")).first).to_be_visible()
        if not await page.get_by_role("radio").count():
            await page.get_by_role("combobox", name="Day").select_option(index=1)
        await page.get_by_role("radio").first.check()
        await expect(page.get_by_text("can no longer be cancelled free of charge")).to_be_visible()
        await page.get_by_role("button", name="Book", exact=True).click()
        await expect(page.get_by_role("heading", name="Booked")).to_be_visible()
        await page.get_by_role("link", name="Bookings and queue").click()
        await eventually(lambda: bool(site.station.held_for), 30)
        await page.get_by_role("button", name="I am here").click()
        await expect(booking.first).to_contain_text("You are checked in")
        broken += await broken_rules(page)
        await picture(page, f"checked-in-{size}")
        assert broken == []


@pytest.mark.parametrize("size", SIZES)
async def test_driver_waits_in_line_is_called_lets_others_pass_and_leaves(
    server: ServerProcess, api: httpx.AsyncClient, size: str
) -> None:
    email, other_email = f"waits-{size}@voltway.example", f"first-{size}@voltway.example"
    async with (
        a_site(server, api, f"Pier {size}") as site,
        a_driver(server, api, email),
        a_driver(server, api, other_email) as other,
        a_page(server, size) as page,
    ):
        await site.station.say_status(clock.now(), is_occupied=True)
        assert (await other.post("/me/id-tokens/app")).is_success
        first = await made(other, "/me/queue-places", {"location_id": site.location_id})
        await page.goto(f"/app/#/places/{site.location_id}")
        await page.get_by_role("link", name="Wait in line (1 waiting)").click()
        await log_in(page, email)
        await expect(page.get_by_role("heading", name="1 waiting")).to_be_visible()
        broken = await broken_rules(page)
        await picture(page, f"queue-{size}")
        await page.get_by_role("button", name="Join the queue").click()
        await expect(page.get_by_text("1 before you")).to_be_visible()
        assert (await other.delete(f"/me/queue-places/{first['id']}")).is_success
        await expect(page.get_by_text("You are next.")).to_be_visible()
        await picture(page, f"waiting-{size}")
        broken += await broken_rules(page)

        await site.station.say_status(clock.now(), is_occupied=False)
        await expect(page.get_by_role("heading", name="It is your turn")).to_be_visible()
        await expect(page.get_by_role("timer")).to_contain_text("9")
        assert await page.title() == "It is your turn"
        assert site.station.held_for
        broken += await broken_rules(page)
        await picture(page, f"called-{size}")
        await page.get_by_role("button", name="Let others pass").click()
        await expect(page.get_by_text("You let others pass until")).to_be_visible()
        await eventually(lambda: not site.station.held_for, 30)
        await page.get_by_role("button", name="Leave the queue").click()
        await page.get_by_role("button", name="Yes, leave").click()
        await expect(page.get_by_text("You have left the queue.")).to_be_visible()
        broken += await broken_rules(page)
        assert broken == []


async def test_driver_who_is_called_pays_in_the_app_and_is_served(
    server: ServerProcess, api: httpx.AsyncClient
) -> None:
    email = "pays@voltway.example"
    async with a_site(server, api, "Lock") as site, a_driver(server, api, email), a_page(server, "phone") as page:
        await page.goto(f"/app/#/queue/{site.location_id}")
        await log_in(page, email)
        await page.get_by_role("button", name="Join the queue").click()
        await expect(page.get_by_role("heading", name="It is your turn")).to_be_visible()
        card = site.station.held_for
        await page.get_by_role("link", name="Pay and charge").click()
        await page.get_by_role("link", name="Charge here").click()
        await page.get_by_label("Test card").select_option("card_ok")
        await page.get_by_role("button", name="Pay and start").click()
        await expect(page.get_by_text("Plug in your car now")).to_be_visible()
        assert site.station.held_for == site.station.token != card
        await site.station.plug_in()
        await page.goto(f"/app/#/queue/{site.location_id}")
        await expect(page.get_by_text("You are charging.")).to_be_visible()

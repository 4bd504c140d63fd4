"""A driver scans the code on a charger, pays and charges: in a real browser, at the real server, at stations on real links."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from builders import eventually
from e2e.browser import find_chromium, launch_options, page_options
from e2e.guest_station import GuestStation, guest_station
from e2e.server_process import ServerProcess
from e2e.test_accessibility import AXE, broken_rules

PATIENCE_S = 60.0
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 2}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
SITE = {
    "name": "Harbour Quay",
    "address": "Kaiweg 12",
    "city": "Hamburg",
    "postal_code": "20457",
    "country": "DE",
    "time_zone": "Europe/Berlin",
    "is_published": True,
    "help_phone": "+49 40 1234567",
}
PASSWORD = "a station's own password"
DRIVER = {"email": "driver@voltway.example", "password": "a driver's long password"}
PICTURES = os.environ.get("DRIVER_PICTURES")
"""A folder: where to put pictures of the pages, for people to look at."""

pytestmark = [
    pytest.mark.skipif(find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"),
    pytest.mark.skipif(not AXE.exists(), reason="needs the web packages: make web"),
]


class Network(NamedTuple):
    server: ServerProcess
    location_id: str
    key: str


numbers = itertools.count(1)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[Network]:
    settings = {"VOLTWAY_PAYMENTS__PROVIDERS": '["sandbox", "wallet", "voucher"]', "VOLTWAY_PAYMENTS__RETRY_S": "45"}
    server = ServerProcess(tmp_path_factory.mktemp("pays") / "data", environment=on_database | settings)
    server.start()
    key = server.make_key()
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=server.api, headers=headers, trust_env=False, timeout=30) as api:
        location = api.post("/locations", json=SITE).json()
        prices = {"start_fee": "0.50", "price_per_kwh": "0.40", "price_per_minute": "0", "vat_percent": "19"}
        tariff = api.post("/tariffs", json={"name": "Ad hoc", "currency": "EUR", **prices}).json()
        targets = {"targets": [{"kind": "operator"}]}
        assert api.put(f"/tariffs/{tariff['id']}/assignments", json=targets).is_success
    yield Network(server, location["id"], key)
    server.kill()


@pytest.fixture
async def api(network: Network) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {network.key}"}
    async with httpx.AsyncClient(base_url=network.server.api, headers=headers, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_S * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        yield browser
        await browser.close()


@asynccontextmanager
async def a_page(
    network: Network, browser: Browser, size: dict[str, Any], scheme: str = "light"
) -> AsyncIterator[Page]:
    options = page_options(scheme) | size
    context = await browser.new_context(
        base_url=f"http://localhost:{network.server.http_port}", reduced_motion="reduce", **options
    )
    context.set_default_timeout(PATIENCE_S * 1000)
    page = await context.new_page()
    yield page
    await context.close()


@asynccontextmanager
async def at_a_charger(network: Network, api: httpx.AsyncClient) -> AsyncIterator[tuple[GuestStation, str]]:
    """A station of a test's own, and the code that is printed on it."""
    identity = f"PAY-{next(numbers)}"
    connectors = [{"connector_number": 1, "type": "cCCS2"}]
    body = {
        "identity": identity,
        "password": PASSWORD,
        "name": identity.replace("PAY-", "A"),
        "location_id": network.location_id,
    }
    evses = [{"evse_number": 1, "power_w_max": 150_000, "connectors": connectors}]
    made = await api.post("/charging-stations", json={**body, "evses": evses})
    assert made.status_code == 201, made.text
    async with guest_station(network.server.stations_url, identity, PASSWORD) as station:
        found: list[str] = []

        async def is_shown() -> bool:
            answer = await api.get(f"/public/locations/{network.location_id}")
            evses = answer.json()["evses"] if answer.status_code == 200 else []
            found[:] = [one["id"] for one in evses if one["station_name"] == body["name"] and one["state"] == "free"]
            return bool(found)

        await eventually(is_shown, 30)
        yield station, found[0]


async def picture(page: Page, name: str) -> None:
    if PICTURES is not None:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


async def pay(page: Page, code: str, card: str = "card_ok") -> None:
    await page.goto(f"/c/{code}")
    await expect(page.get_by_role("heading", name="Harbour Quay")).to_be_visible()
    await page.get_by_label("Test card").select_option(card)
    await page.get_by_role("button", name="Pay and start").click()


async def payments_at(api: httpx.AsyncClient, station: GuestStation) -> list[dict[str, Any]]:
    found = (await api.get("/charging-stations", params={"identity": station.id})).json()["items"][0]["id"]
    return list((await api.get("/payments", params={"station_id": found})).json()["items"])


@pytest.mark.parametrize(("size", "scheme", "name"), [(PHONE, "light", "phone"), (DESKTOP, "dark", "desktop")])
async def test_guest_scans_pays_charges_and_has_a_receipt(
    network: Network, api: httpx.AsyncClient, browser: Browser, size: dict[str, Any], scheme: str, name: str
) -> None:
    async with at_a_charger(network, api) as (station, code), a_page(network, browser, size, scheme) as page:
        await page.goto(f"/c/{code}")
        await expect(page.get_by_role("heading", name="Harbour Quay")).to_be_visible()
        await expect(page.get_by_text(f"Code {code}")).to_be_visible()
        prices = page.locator(".prices li")
        assert await prices.all_inner_texts() == ["0.476 EUR per kWh", "0.595 EUR per session"]
        await expect(page.locator("output")).to_have_text("about €10.12")  # (20 x 0.40 + 0.50) x 1.19, rounded
        await expect(page.get_by_text("is held on your card now")).to_be_visible()
        broken = await broken_rules(page)
        await picture(page, f"offer-{name}")
        await page.get_by_role("button", name="Pay and start").click()
        await expect(page.get_by_text("Plug in your car now")).to_be_visible()
        broken += await broken_rules(page)
        await picture(page, f"plug-{name}")
        await station.plug_in()
        await station.deliver(12_340)
        await expect(page.locator(".dial strong")).to_have_text("12.34")
        await expect(page.get_by_text("98.5 kW")).to_be_visible()
        await expect(page.get_by_text("battery 57 %")).to_be_visible()
        await expect(page.get_by_text("€6.47")).to_be_visible()  # (12.34 x 0.40 + 0.50) x 1.19
        broken += await broken_rules(page)
        await picture(page, f"live-{name}")
        await page.get_by_role("button", name="Stop charging").click()
        await page.get_by_role("button", name="Yes, stop").click()
        await station.finish(12_340)
        await expect(page.get_by_role("heading", name="Charging is over")).to_be_visible()
        await page.get_by_role("button", name="Cable stuck").click()
        await expect(page.get_by_text("the cable is free")).to_be_visible()
        assert station.was_unlocked
        receipt = page.get_by_role("link", name=re.compile("Open receipt"))
        await expect(receipt).to_be_visible()
        await expect(page.locator("tfoot")).to_contain_text("€6.47")
        broken += await broken_rules(page)
        await picture(page, f"receipt-{name}")
        assert broken == []
        (payment,) = await payments_at(api, station)
        assert (payment["state"], payment["captured"]["minor"]) == ("captured", 647)
        await receipt.click()
        await expect(page.locator("h1")).to_contain_text("VW-R-")


async def test_declined_card_starts_nothing_and_another_one_does(
    network: Network, api: httpx.AsyncClient, browser: Browser
) -> None:
    async with at_a_charger(network, api) as (station, code), a_page(network, browser, PHONE) as page:
        await pay(page, code, "card_declined")
        await expect(page.get_by_text("Your bank has declined the card. Nothing is held.")).to_be_visible()
        assert await broken_rules(page) == []
        await picture(page, "declined")
        assert station.starts == 0
        await page.get_by_role("button", name="Pay another way").click()
        await page.get_by_role("button", name="Pay and start").click()
        await expect(page.get_by_text("Plug in your car now")).to_be_visible()
        assert station.starts == 1
        assert sorted(one["state"] for one in await payments_at(api, station)) == ["failed", "held"]


async def test_bank_asks_to_confirm_and_the_driver_comes_back(
    network: Network, api: httpx.AsyncClient, browser: Browser
) -> None:
    async with at_a_charger(network, api) as (station, code), a_page(network, browser, PHONE) as page:
        await pay(page, code, "card_3ds")
        await expect(page.get_by_text("Your bank wants you to confirm")).to_be_visible()
        await picture(page, "confirm")
        assert station.starts == 0
        await page.get_by_role("link", name="Confirm at your bank").click()
        await page.get_by_role("button", name="Confirm", exact=True).click()
        await page.get_by_role("link", name="Back").click()
        await expect(page.get_by_text("Plug in your car now")).to_be_visible()
        assert station.starts == 1
        async with a_page(network, browser, PHONE) as other:
            await pay(other, code)
            await expect(other.get_by_role("heading", name="Somebody else charges or pays here.")).to_be_visible()
            await expect(other.get_by_text("No money has moved.")).to_be_visible()
        assert len(await payments_at(api, station)) == 1


async def test_station_that_refuses_is_tried_again_with_the_same_hold_and_given_up_at_once(
    network: Network, api: httpx.AsyncClient, browser: Browser
) -> None:
    async with at_a_charger(network, api) as (station, code), a_page(network, browser, PHONE) as page:
        station.answer = "Rejected"
        await pay(page, code)
        await expect(page.get_by_text("The charger has refused to start.")).to_be_visible()
        assert await broken_rules(page) == []
        await picture(page, "refused")
        await page.get_by_role("button", name="Try again, same hold").click()
        await eventually(lambda: station.starts == 2, 30)
        await expect(page.get_by_role("button", name="Try again, same hold")).to_be_enabled()
        await page.get_by_role("button", name="Let the hold go now").click()
        await expect(page.get_by_text("Nothing was taken. What was held is let go.")).to_be_visible()
        (payment,) = await payments_at(api, station)
        assert (payment["state"], payment["captured"]["minor"]) == ("released", 0)


async def test_connection_that_is_lost_in_the_middle_of_paying_pays_once(
    network: Network, api: httpx.AsyncClient, browser: Browser
) -> None:
    async with at_a_charger(network, api) as (station, code), a_page(network, browser, PHONE) as page:
        await page.goto(f"/c/{code}")
        await page.get_by_label("Test card").select_option("card_ok")
        await page.evaluate("navigator.serviceWorker.ready")
        sent: list[str] = []

        async def lose_the_answer(route: Any) -> None:
            """The payment arrives; what the server says to it does not."""
            sent.append(route.request.headers["idempotency-key"])
            await route.fetch()
            await page.context.set_offline(True)
            await route.abort()

        await page.context.route("**/api/v1/charging-starts", lose_the_answer, times=1)
        await page.get_by_role("button", name="Pay and start").click()
        await expect(page.get_by_text("you never pay twice")).to_be_visible()
        await page.reload()  # by the service worker: there is no network
        await expect(page.get_by_text("you never pay twice")).to_be_visible()
        await picture(page, "lost")
        await page.context.set_offline(False)
        await station.plug_in()
        await station.deliver(5_000)
        await expect(page.locator(".dial strong")).to_have_text("5.00")
        await page.context.set_offline(True)
        await expect(page.get_by_text("The car goes on charging. As of")).to_be_visible()
        await page.reload()
        await expect(page.locator(".dial strong")).to_have_text("5.00")
        await page.context.set_offline(False)
        await station.deliver(6_000)
        await expect(page.locator(".dial strong")).to_have_text("6.00")
        assert len(sent) == 1
        (payment,) = await payments_at(api, station)
        assert (payment["state"], payment["held"]["minor"], station.starts) == ("held", 1500, 1)


async def test_forged_and_stale_codes_say_so_before_any_money(
    network: Network, api: httpx.AsyncClient, browser: Browser
) -> None:
    async with at_a_charger(network, api) as (station, code), a_page(network, browser, PHONE) as page:
        await page.goto("/c/AAAABBBB-1")
        await expect(page.get_by_role("heading", name="This code is not one of ours")).to_be_visible()
        assert await broken_rules(page) == []
        await picture(page, "forged")
        await page.get_by_label("Code on the charger").fill(code.lower())
        await page.get_by_role("button", name="Open").click()
        await expect(page.get_by_role("heading", name="Harbour Quay")).to_be_visible()
        await page.goto(f"/c/{code}?t=long-ago")
        await expect(page.get_by_text("This code has run out")).to_be_visible()
        await expect(page.get_by_role("heading", name="Harbour Quay")).to_be_visible()
        await expect(page.get_by_role("button", name="Pay and start")).to_be_disabled()
        assert station.starts == 0


async def test_driver_registers_fills_the_wallet_and_charges_with_it(
    network: Network, api: httpx.AsyncClient, browser: Browser
) -> None:
    async with at_a_charger(network, api) as (station, code), a_page(network, browser, PHONE) as page:
        await register(page, api, DRIVER["email"])
        await page.get_by_role("button", name="Top up").click()
        await expect(page.get_by_test_id("balance")).to_have_text("€25.00")
        assert await broken_rules(page) == []
        await picture(page, "account")
        await page.goto(f"/c/{code}")
        await page.get_by_role("radio", name="Wallet").check()
        await expect(page.get_by_text("of your wallet is set aside")).to_be_visible()
        await page.get_by_label("Stop at the latest at").select_option(label="€20.00")
        await page.get_by_role("button", name="Pay and start").click()
        await expect(page.get_by_text("Plug in your car now")).to_be_visible()
        await station.plug_in()
        await station.deliver(10_000)
        await expect(page.locator(".dial strong")).to_have_text("10.00")
        await page.reload()
        await page.get_by_role("button", name="Stop charging").click()
        await page.get_by_role("button", name="Yes, stop").click()
        await station.finish(10_000)
        await expect(page.get_by_role("link", name=re.compile("Open receipt"))).to_be_visible()
        await page.get_by_role("button", name="Done").click()
        await page.goto("/app/#/me")
        await expect(page.get_by_test_id("balance")).to_have_text("€19.64")  # 25 - (10 x 0.40 + 0.50) x 1.19, rounded
        await expect(page.locator(".rows").first).to_contain_text("Charge")


async def register(page: Page, api: httpx.AsyncClient, email: str) -> None:
    """Open an account, by the link of the mail."""
    await page.goto("/app/#/me")
    await page.get_by_role("button", name="Open an account").click()
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Your name").fill("Dana")
    await page.get_by_label("I agree to the terms").check()
    await page.get_by_label("I have read the privacy notice").check()
    await page.get_by_role("button", name="Send me the link").click()
    await expect(page.get_by_text("A link is on its way")).to_be_visible()
    await page.goto(await link_in_mail(api, email))
    await page.get_by_label("New password").fill(DRIVER["password"])
    await page.get_by_role("button", name="Choose a password").click()
    await expect(page.get_by_role("heading", name="Hello, Dana")).to_be_visible()


async def link_in_mail(api: httpx.AsyncClient, to: str) -> str:
    found: list[str] = []

    async def is_there() -> bool:
        for mail in (await api.get("/mails")).json()["items"]:
            text = (await api.get(f"/mails/{mail['id']}")).json().get("text") or ""
            if mail["to"] == to and (match := re.search(r"/app/verify-email#\S+", text)):
                found.append(match[0])
        return bool(found)

    await eventually(is_there, 60)
    return found[0]


async def add_card(page: Page, card: str) -> Locator:
    """Have a test card kept; the part of the page where it is."""
    part = page.get_by_role("region", name="Payment cards")
    if not await part.get_by_label("Test card").is_visible():
        await part.get_by_text("Add a payment card").click()
    await part.get_by_label("Test card").select_option(card)
    await part.get_by_role("button", name="Keep this card").click()
    return part


async def test_driver_keeps_a_card_and_charges_with_it(
    network: Network, api: httpx.AsyncClient, browser: Browser
) -> None:
    async with at_a_charger(network, api) as (station, code), a_page(network, browser, PHONE) as page:
        await register(page, api, "cards@voltway.example")
        await add_card(page, "card_declined")
        await expect(page.get_by_text("Your bank has declined this card")).to_be_visible()
        part = await add_card(page, "card_ok")
        await expect(part.get_by_text("The card is kept.")).to_be_visible()
        await expect(part.get_by_text("Visa •••• 4242")).to_be_visible()
        await add_card(page, "card_3ds")
        await part.get_by_role("link", name="Confirm at your bank").click()
        await page.get_by_role("button", name="Confirm").click()
        await page.get_by_role("link", name="Back").click()
        await expect(part.get_by_text("Mastercard •••• 3155")).to_be_visible()
        await part.get_by_role("button", name="Make default: Mastercard •••• 3155").click()
        await expect(part.get_by_role("listitem").first).to_contain_text("3155")
        await expect(part.get_by_role("listitem").first).to_contain_text("Default")
        assert await broken_rules(page) == []
        await picture(page, "cards")
        await part.get_by_role("button", name="Remove Mastercard •••• 3155").click()
        await part.get_by_role("button", name="Yes, remove").click()
        await expect(part.get_by_text("3155")).to_have_count(0)

        await page.goto(f"/c/{code}")
        await expect(page.get_by_role("radio", name="Visa •••• 4242")).to_be_checked()
        assert await broken_rules(page) == []
        await picture(page, "cards-offer")
        await page.get_by_role("button", name="Pay and start").click()
        await expect(page.get_by_text("Plug in your car now")).to_be_visible()
        await station.plug_in()
        await station.deliver(10_000)
        await expect(page.locator(".dial strong")).to_have_text("10.00")
        await page.get_by_role("button", name="Stop charging").click()
        await page.get_by_role("button", name="Yes, stop").click()
        await station.finish(10_000)
        await expect(page.get_by_role("link", name=re.compile("Open receipt"))).to_be_visible()
        [paid] = await payments_at(api, station)
        assert (paid["state"], paid["method"], paid["captured"]["minor"]) == ("captured", "card", 536)
